"""Read tables of pairs and lists of sentences: CSV, TSV, JSONL, XLSX, Parquet, plain text and pasted lines.

Every reader keeps every row, in order. A row that cannot be read is kept with its problem; only what makes the whole
file useless is a `TableError`. Limits are checked while reading, before much memory is used.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from textmatch.files.table import (
    Columns,
    Limits,
    Problem,
    Row,
    Table,
    TableError,
    is_called,
    made_up_names,
    plain_name,
    unique_names,
)
from textmatch.text import normalise

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".xlsx", ".parquet")
LIST_SUFFIXES = (".txt", ".csv", ".tsv", ".jsonl", ".xlsx")
TABLE_LIMITS = Limits(rows=200_000)
LIST_LIMITS = Limits(rows=1_000_000)

LEGACY_ENCODINGS = ("gb18030", "big5hkscs")
"""What Chinese Excel writes as CSV where it does not write UTF-8: the mainland's and Taiwan's or Hong Kong's."""

EVERYDAY_SHARE = 0.7
"""Share of everyday characters from which text in a legacy encoding is taken for Chinese, and below for noise."""

SHEET_ROWS = 2**20
"""Rows that a worksheet can have."""

BATCH_ROWS = 1024
"""Rows of a Parquet file that are unpacked at a time."""

BROKEN_WORKBOOK = (
    *(zipfile.BadZipFile, zlib.error, SyntaxError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
    *(EOFError, OSError, RuntimeError),
)
"""What openpyxl and the modules below it raise at a damaged workbook; XML's `ParseError` is a `SyntaxError`."""

LINE_END = re.compile(r"\r\n|\r|\n")
REST_OF_LINE = re.compile(r"[^\r\n]*")


class Records(NamedTuple):
    """The rows of a file whose first row may be a header or not.

    Attributes:
        rows: their cells; a row may be shorter or longer than the others.
        encoding: how the text was encoded; empty where it is no text.
        start: number in the file of the first of `rows`, counted from 1.
    """

    rows: Sequence[Sequence[Any]]
    encoding: str = ""
    start: int = 1


class JsonLine(NamedTuple):
    """A line of a JSONL file and what it holds: an object, a string, or the `Problem` that it is neither."""

    line: str
    value: dict[str, Any] | str | Problem


def read_table(
    path: str | Path,
    header_names: Iterable[str] = (),
    *,
    suffixes: Sequence[str] = TABLE_SUFFIXES,
    limits: Limits = TABLE_LIMITS,
) -> Table:
    """Read a file of sentence pairs.

    The first row of CSV, TSV and XLSX is a header if a known name is in it, or if there are more than three columns.
    Text is UTF-8, UTF-16 with its mark, GB18030 or Big5. Quotation marks mean nothing in TSV. Of a workbook the first
    sheet is read, and of its formulas the values they had when it was saved.

    Args:
        path: the file; its kind is in its name.
        header_names: column names that mark the first row as the header, besides the known ones.
        suffixes: the endings that the name may have: some of `TABLE_SUFFIXES`, each perhaps with ``.gz`` after it.
        limits: how much is read.

    Raises:
        TableError: The file is missing, damaged, empty, too large, in an unknown encoding or of another kind.
    """
    path = Path(path)
    with _naming(path):
        kind, content = _read_content(path, suffixes, limits)
        if kind == ".parquet":
            return _parquet(content, limits)
        if kind == ".jsonl":
            text, encoding = decode(content)
            return _table_of_objects(_json_lines(text, limits), encoding)
        return _table_of_records(_records(kind, content, limits), header_names, limits)


def read_pasted(text: str) -> Table:
    """Read pasted pairs, one a line: fields between tabs, or between ``|`` (``｜``) where no line has a tab.

    Blank lines are left out.

    Raises:
        TableError: There are no lines, or too many.
    """
    lines = [line for line in LINE_END.split(text) if line.strip()]
    if "\t" in text:
        rows = [line.split("\t") for line in lines]
    else:
        rows = [[field.strip(" ") for field in re.split("[|｜]", line)] for line in lines]
    TABLE_LIMITS.check(cells=sum(map(len, rows)))
    return _table_of_records(Records(rows), (), TABLE_LIMITS)


def read_list(path: str | Path, *, limits: Limits = LIST_LIMITS) -> Table:
    """Read a file of sentences and what stands beside each.

    A `.txt` file has one sentence a line. In `.csv`, `.tsv` and `.xlsx` the first row names the columns if there are
    several, or if its name is a known one ("question", "问题" …). A line of `.jsonl` is a string or an object.

    Args:
        path: a file whose name ends in one of `LIST_SUFFIXES`; encodings are those of `read_table`.
        limits: how much is read.

    Raises:
        TableError: The file is missing, damaged, empty, too large, in an unknown encoding or of another kind.
    """
    path = Path(path)
    with _naming(path):
        kind, content = _read_content(path, LIST_SUFFIXES, limits)
        if kind == ".txt":
            text, encoding = decode(content)
            return _list_of_lines(text.splitlines(), encoding, limits)
        if kind == ".jsonl":
            text, encoding = decode(content)
            return _list_of_json(_json_lines(text, limits), encoding)
        return _list_of_records(_records(kind, content, limits), limits)


def read_pasted_list(text: str) -> Table:
    """Read pasted sentences, one a line.

    Raises:
        TableError: There are no lines, or too many.
    """
    return _list_of_lines(text.splitlines(), "", LIST_LIMITS)


def read_text(path: str | Path, suffixes: Sequence[str], limits: Limits) -> str:
    """The text of a file whose name ends in one of `suffixes`.

    Raises:
        TableError: The file is missing, damaged, too large, in an unknown encoding or of another kind.
    """
    path = Path(path)
    with _naming(path):
        return decode(_read_content(path, suffixes, limits)[1])[0]


def file_suffix(path: Path, suffixes: Sequence[str]) -> str:
    """The one of `suffixes` that a file's name ends in.

    Raises:
        TableError: It ends in none of them.
    """
    for suffix in suffixes:
        if path.name.lower().endswith(suffix):
            return suffix
    raise TableError("kind", kinds=", ".join(suffixes))


def decode(content: bytes) -> tuple[str, str]:
    """Text and the name of its encoding.

    UTF-8 and UTF-16 can be told for certain. Nearly any bytes can be read as GB18030 or Big5, so those count only if
    most of the characters they give are everyday ones; the better of the two is taken.

    Raises:
        TableError: The bytes are none of these.
    """
    certain = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if (text := _decoded(content, certain)) is not None:
        return text, certain.removesuffix("-sig").upper()
    found = {encoding: _decoded(content, encoding) or "" for encoding in LEGACY_ENCODINGS}
    shares = {encoding: _everyday_share(text) for encoding, text in found.items()}
    best = max(found, key=shares.__getitem__)
    if shares[best] < EVERYDAY_SHARE:
        raise TableError("encoding", line=_line_not_in_utf8(content))
    return found[best], best.upper()


# From path to bytes


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put a file's name before what is wrong with it."""
    try:
        yield
    except TableError as error:
        error.args = (f"{path.name}: {error}",)
        raise


def _read_content(path: Path, suffixes: Sequence[str], limits: Limits) -> tuple[str, bytes]:
    """A file's kind, which is its ending without ``.gz``, and its unpacked bytes."""
    suffix = file_suffix(path, suffixes)
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise TableError("large", size=math.ceil(size / 2**20), limit=limits.file_bytes >> 20)
        content = path.read_bytes()
    except OSError as error:
        raise TableError("unreadable", reason=error.strerror) from None
    if not suffix.endswith(".gz"):
        return suffix, content
    return suffix.removesuffix(".gz"), _gunzip(content, limits)


def _gunzip(content: bytes, limits: Limits) -> bytes:
    unpacked = bytearray()
    try:
        with gzip.open(io.BytesIO(content)) as file:
            while part := file.read(2**20):
                unpacked += part
                limits.check(unpacked_bytes=len(unpacked))
    except (OSError, EOFError, zlib.error):
        raise TableError("gzip") from None
    return bytes(unpacked)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _everyday_share(text: str) -> float:
    """Share of the characters outside ASCII that, simplified, are among GB 2312's 3,755 everyday ones."""
    beyond = "".join(itertools.islice((character for character in text if character > "\x7f"), 5000))
    codes = [character.encode("gb2312", "ignore") for character in normalise(beyond)]
    return sum(b"\xb0" <= code[:1] <= b"\xd7" for code in codes) / max(len(codes), 1)


def _line_not_in_utf8(content: bytes) -> int:
    """Number of the first line that is not UTF-8, from 1."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return 1


# From bytes to rows


def _records(kind: str, content: bytes, limits: Limits) -> Records:
    if kind == ".xlsx":
        return _workbook(content, limits)
    text, encoding = decode(content)
    return Records(_delimited(text, kind, limits), encoding)


def _delimited(text: str, kind: str, limits: Limits) -> list[list[str]]:
    """The fields of each row of a ``.csv``, or of a ``.tsv``, where quotation marks mean nothing."""
    text = _without_blank_end(text)
    delimiter, quoting = ("\t", csv.QUOTE_NONE) if kind == ".tsv" else (",", csv.QUOTE_MINIMAL)
    end = "\0"  # a last row of our own: if it is missing, a quotation mark was not closed
    records: list[list[str]] = []
    cells = pending = 0

    def lines() -> Iterator[str]:
        nonlocal pending
        for line in itertools.chain(io.StringIO(text, newline=""), [end]):
            pending += line.count(delimiter)  # the reader builds a whole row before it hands it over
            limits.check(cells=cells + pending)
            yield line

    try:
        for record in csv.reader(lines(), delimiter=delimiter, quoting=quoting):  # type: ignore[arg-type]
            records.append(record)
            cells, pending = cells + len(record), 0
            limits.check(rows=len(records) - 2, cells=cells)  # besides a header and the end
    except csv.Error as error:
        raise TableError("field", row=len(records) + 1, reason=error) from None
    if records.pop() != [end]:
        raise TableError("quotation", row=len(records) + 1)
    return records


def _without_blank_end(text: str) -> str:
    """The text without blank lines at its end, which many editors leave there."""
    stop = len(text.rstrip())
    rest = REST_OF_LINE.match(text, stop)
    return text[: rest.end()] if stop and rest else ""


def _workbook(content: bytes, limits: Limits) -> Records:
    """The values in a workbook's first sheet, every row as long as the longest, without blank rows around them."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            limits.check(unpacked_bytes=sum(part.file_size for part in archive.infolist()))
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()
        return _sheet_rows(sheet.iter_rows(values_only=True), limits)
    except BROKEN_WORKBOOK:
        raise TableError("workbook") from None


def _sheet_rows(sheet: Iterable[tuple[Any, ...]], limits: Limits) -> Records:
    rows: list[tuple[Any, ...]] = []
    start, width, cells = 1, 0, 0
    for number, values in enumerate(sheet, 1):
        if number > SHEET_ROWS:
            raise TableError("workbook")
        if not values:  # sheets often end in a million formatted but empty rows
            continue
        cells += len(values)
        limits.check(cells=cells)
        length = max((place for place, value in enumerate(values, 1) if value is not None), default=0)
        if not length:
            continue
        start = start if rows else number
        blank = number - start - len(rows)
        width = max(width, length)
        limits.check(rows=len(rows) + blank, columns=width, cells=(len(rows) + blank + 1) * width)
        rows += [()] * blank
        rows.append(values[:length])
    return Records([row + (None,) * (width - len(row)) for row in rows], start=start)


def _json_lines(text: str, limits: Limits) -> list[JsonLine]:
    found: list[JsonLine] = []
    names: set[str] = set()
    values = 0
    for line in text.rstrip().split("\n") if text.strip() else ():
        values += sum(map(line.count, ",[{"))  # no line has more values than these and one
        limits.check(rows=len(found) + 1, cells=values)
        value = _json_value(line)
        if isinstance(value, dict):
            names.update(value)
            limits.check(columns=len(names), cells=len(names) * (len(found) + 1))
        found.append(JsonLine(line, value))
    return found


def _json_value(line: str) -> dict[str, Any] | str | Problem:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Problem("json", {"reason": str(error)})
    return value if isinstance(value, dict | str) else Problem("json", {"reason": type(value).__name__})


def _parquet(content: bytes, limits: Limits) -> Table:
    import pyarrow
    from pyarrow import parquet

    rows: list[Row] = []
    unpacked = 0
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        names = file.schema_arrow.names
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        limits.check(columns=len(names), rows=file.metadata.num_rows, unpacked_bytes=size)
        limits.check(cells=file.metadata.num_rows * len(names))
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            unpacked += batch.nbytes
            limits.check(unpacked_bytes=unpacked)
            rows += map(Row, zip(*(column.to_pylist() for column in batch.columns), strict=True))
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError):
        raise TableError("parquet") from None
    if not rows:
        raise TableError("empty")
    return Table(unique_names(names), rows)


# From rows to a table of pairs


def _table_of_records(records: Records, header_names: Iterable[str], limits: Limits) -> Table:
    if not records.rows:
        raise TableError("empty")
    width = len(records.rows[0])
    limits.check(columns=width)
    rows = [_fit(values, width) for values in records.rows]
    table = Table(made_up_names(width), rows, records.encoding, rows[0], header=False, start=records.start)
    table = table.with_header(_is_header(rows[0].values, header_names))
    if not table.rows:
        raise TableError("empty")
    limits.check(rows=len(table.rows))
    return table


def _is_header(values: Sequence[Any], names: Iterable[str]) -> bool:
    wanted = set(map(plain_name, names))
    return len(values) > len(Columns._fields) or any(
        plain_name(value) in wanted or any(is_called(value, column) for column in Columns._fields) for value in values
    )


def _fit(values: Sequence[Any], width: int) -> Row:
    """A row of exactly `width` values; more are joined in the last."""
    if len(values) == width:
        return Row(values)
    kept = [*values[: width - 1], "\t".join(values[width - 1 :])]
    problem = Problem("fields", {"got": len(values), "expected": width})
    return Row(kept + [""] * (width - len(kept)), problem)


def _table_of_objects(lines: Sequence[JsonLine], encoding: str) -> Table:
    keys = _keys(lines)
    if not keys:
        raise TableError("objects" if lines else "empty")
    return Table(unique_names(keys), [_row_of_object(line, keys) for line in lines], encoding)


def _keys(lines: Sequence[JsonLine]) -> list[str]:
    return list(dict.fromkeys(key for _, value in lines if isinstance(value, dict) for key in value))


def _row_of_object(line: JsonLine, keys: Sequence[str]) -> Row:
    problem = _object_problem(line)
    if problem is None and isinstance(line.value, dict):
        return Row([line.value.get(key) for key in keys])
    return Row([line.line, *[None] * (len(keys) - 1)], problem)


def _object_problem(line: JsonLine) -> Problem | None:
    if isinstance(line.value, Problem):
        return line.value
    if isinstance(line.value, str):
        return Problem("json", {"reason": "str"})
    if "\\u" in line.line:  # half of a surrogate pair is JSON but no text
        try:
            json.dumps(line.value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            return Problem("json", {"reason": str(error)})
    return None


# From rows to a list of sentences


def _list_of_lines(lines: Sequence[str], encoding: str, limits: Limits) -> Table:
    if not any(line.strip() for line in lines):
        raise TableError("list")
    limits.check(rows=len(lines))
    return Table(made_up_names(1), [Row((line,)) for line in lines], encoding, header=False)


def _list_of_records(records: Records, limits: Limits) -> Table:
    width = max(map(len, records.rows), default=0)
    if not width:
        raise TableError("list")
    limits.check(columns=width, cells=width * len(records.rows))
    rows = [Row([*values, *[""] * (width - len(values))]) for values in records.rows]
    table = Table(made_up_names(width), rows, records.encoding, rows[0], header=False, start=records.start)
    (name, *others) = rows[0].values
    table = table.with_header(bool(others) or is_called(name, "sentence") or is_called(name, "sentence1"))
    if not table.rows:
        raise TableError("list")
    limits.check(rows=len(table.rows))
    return table


def _list_of_json(lines: Sequence[JsonLine], encoding: str) -> Table:
    values = [_list_item(line, number) for number, line in enumerate(lines, 1)]
    if not values:
        raise TableError("list")
    keys = _keys(lines)
    if not keys:
        return Table(made_up_names(1), [Row((value,)) for value in values], encoding, header=False)
    rows = [Row([value.get(key) if isinstance(value, dict) else None for key in keys]) for value in values]
    return Table(unique_names(keys), rows, encoding)


def _list_item(line: JsonLine, number: int) -> dict[str, Any] | str:
    if isinstance(line.value, Problem):
        if line.line.strip():
            raise TableError("item", row=number)
        return ""
    return line.value
