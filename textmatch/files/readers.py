"""Read tables of pairs and lists of sentences: CSV, TSV, JSONL, XLSX, Parquet, plain text and pasted lines.

Every reader keeps every row, in order. A row that cannot be read is kept with its problem; only what makes the whole
file useless is a `TableError`. Limits are checked while reading, before much memory is used; and as nobody foresees
every hostile file, `read_table` and `read_list` read in a process of its own that has limits of memory and time.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

from textmatch.files import process
from textmatch.files.encodings import decode, encoding_name, encoding_of, lines
from textmatch.files.table import (
    Limits,
    Problem,
    Row,
    Table,
    TableError,
    is_called,
    is_header,
    is_list_header,
    known_columns,
    made_up_names,
    plain_name,
    unique_names,
)
from textmatch.files.workbooks import read_workbook

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".json", ".xlsx", ".parquet")
LIST_SUFFIXES = (".txt", ".csv", ".tsv", ".jsonl", ".json", ".xlsx")
BINARY_SUFFIXES = (".xlsx", ".parquet")
TABLE_LIMITS = Limits(rows=200_000, memory=256 * 2**20, seconds=28)
LIST_LIMITS = Limits(rows=1_000_000, memory=256 * 2**20, seconds=28)

TITLE_ROWS = 10
"""Rows above the header, each with one cell at most, that are taken for the title of a table."""

DEEPEST = 20
"""Lists and objects inside each other in a line of JSON."""

HEADER_ROWS = 100
"""Rows by which it is told whether the first is a header."""

SEPARATED_ROWS = 10
"""Rows besides the first by which it is told what stands between the fields of a CSV file."""

BATCH_ROWS = 1024
"""Rows of a Parquet file that are unpacked at a time."""

LINE_END = re.compile(r"\r\n|\r|\n")

SEPARATOR_LINE = re.compile(r"sep=([,;\t|: ])[\r\n]*", re.IGNORECASE)
"""The first line by which Excel tells itself what stands between the fields of a CSV file."""


class Records(NamedTuple):
    """The rows of a file whose first row may be a header or not.

    Attributes:
        rows: their cells; a row may be shorter or longer than the others.
        encoding: how the text was encoded; empty where it is no text.
        start: number in the file of the first of `rows`, counted from 1.
        sheet: the worksheet's name, if the workbook has several; empty otherwise.
        sheets: the names of all worksheets, if there are several.
    """

    rows: Sequence[Sequence[Any]]
    encoding: str = ""
    start: int = 1
    sheet: str = ""
    sheets: tuple[str, ...] = ()


class JsonRow(NamedTuple):
    """A line of a JSONL file.

    Attributes:
        values: an object's values in the order of all keys so far; empty if the line is no object.
        text: the string that the line is, or the line itself if it has a problem.
        problem: that it is neither an object nor a string.
    """

    values: tuple[Any, ...]
    text: str | None = None
    problem: Problem | None = None


class Request(NamedTuple):
    """What to read, as `read_table` or `read_list` were asked."""

    kind: Literal["table", "list"]
    path: Path
    header_names: tuple[str, ...]
    suffixes: tuple[str, ...]
    limits: Limits
    sheet: str = ""
    encoding: str = ""


def read_table(  # noqa: PLR0913 - each is told by whoever knows the file
    path: str | Path,
    header_names: Iterable[str] = (),
    *,
    suffixes: Sequence[str] = TABLE_SUFFIXES,
    limits: Limits = TABLE_LIMITS,
    sheet: str = "",
    encoding: str = "",
) -> Table:
    """Read a file of sentence pairs. A `.json` file holds JSON Lines, as `.jsonl` does, or one list; `.txt` is `.tsv`.

    The first row of CSV, TSV and XLSX is a header if a known name is in it, or by the rows below it
    (`table.is_header`); a title above the header is left out. Text is UTF-8, UTF-16 with its mark, GB18030 or Big5.
    Quotation marks mean nothing in TSV. Of a workbook the first sheet with a known header is read, or else the first
    with two columns.

    Args:
        path: the file; its kind is in its name.
        header_names: column names that mark the first row as the header, besides the known ones.
        suffixes: the endings that the name may have: some of `TABLE_SUFFIXES`, each perhaps with ``.gz`` after it.
        limits: how much is read.
        sheet: the name of the sheet of a workbook; empty to choose it by what is in it.
        encoding: that of a file of text, one of `ENCODINGS`; empty to recognise it.

    Raises:
        TableError: The file is missing, damaged, empty, too large, in an unknown encoding or of another kind, or has no
            such sheet.
    """
    names, kinds = tuple(header_names), tuple(suffixes)
    return _read(Request("table", Path(path).absolute(), names, kinds, limits, sheet, encoding))


def read_list(path: str | Path, *, limits: Limits = LIST_LIMITS, sheet: str = "", encoding: str = "") -> Table:
    """Read a file of sentences and what stands beside each.

    A `.txt` file has one sentence a line, unless every line has a tab: then it is a table. In `.csv`, `.tsv`, `.xlsx`
    and such a table the first row is the header if a known name ("question", "问题" …) is in it, or if there are
    several columns and it does not look like the rows below it (`table.is_list_header`). A line of `.jsonl`, or an
    item of a list in `.json`, is a string or an object.

    Args:
        path: a file whose name ends in one of `LIST_SUFFIXES`; encodings are those of `read_table`.
        limits: how much is read.
        sheet: the name of the sheet of a workbook; empty to choose it by what is in it.
        encoding: that of a file of text, one of `ENCODINGS`; empty to recognise it.

    Raises:
        TableError: The file is missing, damaged, empty, too large, in an unknown encoding or of another kind, or has no
            such sheet.
    """
    return _read(Request("list", Path(path).absolute(), (), LIST_SUFFIXES, limits, sheet, encoding))


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


def read_pasted_list(text: str) -> Table:
    """Read pasted sentences, one a line, or a table where every line has a tab. Blank lines at the end are left out.

    Raises:
        TableError: There are no lines, or too many.
    """
    lines = LINE_END.split(text)
    while lines and not lines[-1].strip():
        lines.pop()
    return _list_of_lines(["\n".join(lines)], "", LIST_LIMITS)


def read_text(path: str | Path, suffixes: Sequence[str], limits: Limits, encoding: str = "") -> str:
    """The text of a file whose name ends in one of `suffixes`.

    Args:
        path: the file.
        suffixes: the endings that its name may have.
        limits: how much is read.
        encoding: one of `ENCODINGS`; empty to recognise it.

    Raises:
        TableError: The file is missing, damaged, too large, in an unknown encoding or of another kind.
    """
    path = Path(path)
    with naming(path), _opened(path, file_suffix(path, suffixes), limits) as file:
        return decode(file.read(), encoding)[0]


def file_suffix(path: Path, suffixes: Sequence[str]) -> str:
    """The one of `suffixes` that a file's name ends in.

    Raises:
        TableError: It ends in none of them, or is a folder.
    """
    if path.is_dir():
        raise TableError("folder")
    for suffix in suffixes:
        if path.name.lower().endswith(suffix):
            return suffix
    raise TableError("kind", kinds=", ".join(suffixes))


def parse(request: Request) -> Table:
    """Read a file in this process.

    Raises:
        TableError: as `read_table`; the message does not name the file.
    """
    suffix, limits = file_suffix(request.path, request.suffixes), request.limits
    kind = suffix.removesuffix(".gz")
    if kind == ".txt" and request.kind == "table":  # as data sets have them, and spreadsheets save "Unicode text"
        kind = ".tsv"
    if request.sheet and kind != ".xlsx":
        raise TableError("sheet", name=request.sheet, names="–")
    if request.encoding and kind in BINARY_SUFFIXES:
        raise TableError("decode", encoding=request.encoding, names="–")
    with _opened(request.path, suffix, limits) as file:
        if kind == ".parquet":
            return _parquet(file, limits)
        if kind in (".jsonl", ".json"):
            encoding = encoding_of(file, request.encoding)
            text = lines(file, encoding, limits, "\n")
            keys, rows = _json_rows(_lines_of_json(text) if kind == ".json" else text, limits)
            make = _table_of_objects if request.kind == "table" else _list_of_json
            return make(keys, rows, encoding_name(encoding))
        if kind == ".txt":
            encoding = encoding_of(file, request.encoding)
            return _list_of_lines(lines(file, encoding, limits), encoding_name(encoding), limits)
        if request.kind == "table":
            records = _records(kind, file, request, _has_both_names(request.header_names))
            return _table_of_records(records, request.header_names, limits)
        return _list_of_records(_records(kind, file, request, _has_sentence_name), limits)


# From path to bytes


def _read(request: Request) -> Table:
    limits = request.limits
    with naming(request.path):
        if limits.seconds is None or not process.AVAILABLE:
            return parse(request)
        file_suffix(request.path, request.suffixes)
        return process.read(request, limits)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put a file's name before what is wrong with it."""
    try:
        yield
    except TableError as error:
        error.args = (f"{path.name}: {error}",)
        raise


@contextmanager
def _opened(path: Path, suffix: str, limits: Limits) -> Iterator[BinaryIO]:
    """A file, unpacked if its ending is ``.gz``."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > limits.file_bytes:
                raise TableError("large", size=math.ceil(size / 2**20), limit=limits.file_bytes >> 20)
            yield _gunzip(file, limits) if suffix.endswith(".gz") else file
    except FileNotFoundError:
        raise TableError("missing") from None
    except OSError as error:
        raise TableError("unreadable", reason=error.strerror) from None


def _gunzip(packed: BinaryIO, limits: Limits) -> BinaryIO:
    unpacked = bytearray()
    try:
        with gzip.open(packed) as file:
            while part := file.read(2**20):
                unpacked += part
                limits.check(unpacked_bytes=len(unpacked))
    except (OSError, EOFError, zlib.error):
        raise TableError("gzip") from None
    return io.BytesIO(unpacked)


# From bytes to rows


def _records(kind: str, file: BinaryIO, request: Request, is_header: Callable[[Sequence[Any]], bool]) -> Records:
    """The rows of a file, without a title above the row that `is_header`."""
    limits = request.limits
    if kind == ".xlsx":
        sheet = read_workbook(file, limits, is_header, request.sheet)
        records = Records(sheet.rows, start=sheet.start, sheet=sheet.name, sheets=sheet.names)
        return _without_title(records, is_header)
    encoding = encoding_of(file, request.encoding)
    return _without_title(_delimited(lines(file, encoding, limits), kind, encoding_name(encoding), limits), is_header)


def _without_title(records: Records, is_header: Callable[[Sequence[Any]], bool]) -> Records:
    for place, values in enumerate(records.rows[:TITLE_ROWS]):
        if is_header(values):
            return records._replace(rows=records.rows[place:], start=records.start + place)
        if sum(value not in (None, "") for value in values) > 1:
            break
    return records


def _delimited(text: Iterator[str], kind: str, encoding: str, limits: Limits) -> Records:
    """The fields of each row of a ``.csv``, or of a ``.tsv``, where quotation marks mean nothing."""
    delimiter, quoting = ("\t", csv.QUOTE_NONE) if kind == ".tsv" else (",", csv.QUOTE_MINIMAL)
    first = next(text, "")
    start = 1
    if kind == ".csv" and (separator := SEPARATOR_LINE.fullmatch(first)):
        delimiter, first, start = separator[1], next(text, ""), 2
    elif kind == ".csv":
        delimiter = _separator(first, *(looked_at := list(itertools.islice(text, SEPARATED_ROWS))))
        text = itertools.chain(looked_at, text)
    end = "\0"  # a last row of our own: if it is missing, a quotation mark was not closed
    records: list[tuple[str, ...]] = []
    cells = pending = 0

    def counted() -> Iterator[str]:
        nonlocal pending
        for line in itertools.chain([first] if first else [], text, [end]):
            pending += line.count(delimiter)  # the reader builds a whole row before it hands it over
            limits.check(cells=cells + pending)
            yield line

    try:
        for record in csv.reader(counted(), delimiter=delimiter, quoting=quoting):  # type: ignore[arg-type]
            records.append(tuple(record))
            cells, pending = cells + len(record), 0
            limits.check(rows=len(records) - 2, cells=cells)  # besides a header and the end
    except csv.Error as error:
        raise TableError("field", row=len(records) + start, reason=str(error)) from None
    if records.pop() != (end,):
        raise TableError("quotation", row=len(records) + start)
    return Records(records, encoding, start)


def _separator(*lines: str) -> str:
    """What stands between the fields of a CSV file: commas, or tabs or semicolons that every line has instead."""
    for separator in () if any("," in line for line in lines) else "\t;":
        counts = {line.count(separator) for line in lines if line.strip()}
        if len(counts) == 1 and counts != {0}:
            return separator
    return ","


def _json_rows(text: Iterator[str], limits: Limits) -> tuple[list[str], list[JsonRow]]:
    """All keys of the objects in a JSONL file, and its lines."""
    rows: list[JsonRow] = []
    keys: dict[str, None] = {}
    values = 0
    for line in text:
        values += sum(map(line.count, ",[{"))  # no line has more values than these and one
        limits.check(rows=len(rows) + 1, cells=values)
        value = _json_value(line)
        if isinstance(value, dict):
            keys.update(dict.fromkeys(value))
            limits.check(columns=len(keys), cells=len(keys) * (len(rows) + 1))
            rows.append(JsonRow(tuple([value.get(key) for key in keys])))
        elif isinstance(value, str):
            rows.append(JsonRow((), value))
        else:
            rows.append(JsonRow((), line.rstrip("\r\n"), value))
    return list(keys), rows


def _lines_of_json(text: Iterator[str]) -> Iterator[str]:
    """The lines of a ``.json`` file: one for each item of the list that it is, or else those that it has."""
    whole = "".join(text)
    items: Any = None
    if whole.lstrip().startswith("["):
        with suppress(ValueError, RecursionError):
            items = json.loads(whole)
    yield from io.StringIO(whole) if items is None else map(json.dumps, items)


def _json_value(line: str) -> dict[str, Any] | str | Problem:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Problem("json", {"reason": str(error)})
    if not isinstance(value, dict | str):
        return Problem("json", {"reason": type(value).__name__})
    if line.count("[") + line.count("{") > DEEPEST and _is_deeper(value, DEEPEST):
        return Problem("json", {"reason": f"more than {DEEPEST} lists or objects inside each other"})
    if "\\u" in line:  # half of a surrogate pair is JSON but no text
        whole = (
            json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        )
        value = json.loads(whole)
    return value  # type: ignore[no-any-return]


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deeper(each, levels - 1) for each in inner)


def _parquet(file: BinaryIO, limits: Limits) -> Table:
    import pyarrow
    from pyarrow import parquet

    rows: list[Row] = []
    unpacked = 0
    try:
        schema = parquet.read_schema(file)
        # A few bytes can refer a thousand times to one long text: as a dictionary it is unpacked once.
        texts = [field.name for field in schema if _is_text(field.type)]
        source = parquet.ParquetFile(file, read_dictionary=texts)
        metadata, width = source.metadata, len(schema.names)
        size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        limits.check(columns=width, rows=metadata.num_rows, unpacked_bytes=size, cells=metadata.num_rows * width)
        for batch in source.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            unpacked += sum(map(_unpacked_bytes, batch.columns))
            limits.check(unpacked_bytes=unpacked)
            rows += map(Row, zip(*map(_column_values, batch.columns), strict=True))
    except MemoryError:  # Arrow's is an `ArrowException`, too
        raise
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, LookupError):
        raise TableError("parquet") from None
    if not rows:
        raise TableError("empty")
    if len(rows) != metadata.num_rows:
        raise TableError("parquet")
    return Table(unique_names(schema.names), rows)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return any(is_kind(kind) for is_kind in (types.is_string, types.is_large_string, types.is_binary))


def _unpacked_bytes(column: Any) -> int:
    """Bytes of a column once each of its rows has its own value."""
    from pyarrow import compute, types

    if not types.is_dictionary(column.type):
        return int(column.nbytes)
    if not _is_text(column.type.value_type):
        return int(column.indices.nbytes)
    lengths = compute.binary_length(column.dictionary).take(column.indices.drop_null())
    return int(compute.sum(lengths.cast("int64")).as_py() or 0)


def _column_values(column: Any) -> list[Any]:
    """A column's values: text, numbers, dates, lists and dictionaries; any other type as text."""
    import pyarrow
    from pyarrow import compute, types

    if types.is_dictionary(column.type):
        used = compute.unique(column.indices.drop_null())
        words = dict(zip(used.to_pylist(), _column_values(column.dictionary.take(used)), strict=True))
        return [words.get(index) for index in column.indices.to_pylist()]
    if types.is_binary(column.type):
        return [value and value.decode("utf-8", "replace") for value in column.to_pylist()]
    is_plain = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_boolean)
    if any(is_kind(column.type) for is_kind in is_plain):
        return list(column.to_pylist())
    if column.type in (pyarrow.date32(), *map(pyarrow.timestamp, ("s", "ms", "us"))):
        with suppress(ValueError, OverflowError):  # a year that Python does not have
            return list(column.to_pylist())
    with suppress(pyarrow.ArrowException):
        return list(column.cast(pyarrow.string()).to_pylist())
    return list(column.to_pylist())


# From rows to a table of pairs


def _table_of_records(records: Records, header_names: Iterable[str], limits: Limits) -> Table:
    first = next((place for place, values in enumerate(records.rows) if not _is_blank(values)), None)
    if first is None:
        raise TableError("empty")
    records = records._replace(rows=records.rows[first:], start=records.start + first)
    width = len(records.rows[0])
    limits.check(columns=width, cells=width * len(records.rows))
    rows = [_fit(values, width) for values in records.rows]
    table = _unnamed(records, rows, width)
    below = [row.values for row in rows[1:HEADER_ROWS]]
    table = table.with_header(is_header(rows[0].values, header_names, below))
    if not table.rows:
        raise TableError("empty")
    limits.check(rows=len(table.rows))
    return table


def _is_blank(values: Sequence[Any]) -> bool:
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in values)


def _has_both_names(header_names: Sequence[str]) -> Callable[[Sequence[Any]], bool]:
    """Tells rows that name both sentence columns, or all of `header_names`."""
    wanted = set(map(plain_name, header_names))

    def has_both(values: Sequence[Any]) -> bool:
        known = known_columns(values)
        both = bool(known["sentence1"] and known["sentence2"])
        return both or bool(wanted and wanted <= set(map(plain_name, values)))

    return has_both


def _has_sentence_name(values: Sequence[Any]) -> bool:
    """Whether a row names the column of sentences and another one."""
    return len(values) > 1 and any(is_called(value, "sentence") or is_called(value, "sentence1") for value in values)


def _fit(values: Sequence[Any], width: int) -> Row:
    """A row of exactly `width` values; more are joined in the last."""
    if len(values) == width:
        return Row(values)
    kept = (*values[: width - 1], "\t".join(values[width - 1 :]))
    problem = Problem("fields", {"got": len(values), "expected": width})
    return Row(kept + ("",) * (width - len(kept)), problem)


def _unnamed(records: Records, rows: Sequence[Row], width: int) -> Table:
    """A table whose first row is not yet read as a header."""
    return Table(
        made_up_names(width),
        rows,
        records.encoding,
        rows[0],
        header=False,
        start=records.start,
        sheet=records.sheet,
        sheets=records.sheets,
    )


def _table_of_objects(keys: Sequence[str], rows: Sequence[JsonRow], encoding: str) -> Table:
    if not keys:
        raise TableError("objects" if rows else "empty")
    return Table(unique_names(keys), [_row_of_object(row, len(keys)) for row in rows], encoding)


def _row_of_object(row: JsonRow, width: int) -> Row:
    if row.text is None:
        return Row(row.values + (None,) * (width - len(row.values)))
    return Row((row.text, *[None] * (width - 1)), row.problem or Problem("json", {"reason": "str"}))


# From rows to a list of sentences


def _list_of_lines(text: Iterable[str], encoding: str, limits: Limits) -> Table:
    """One sentence a line, or a table where every line has a tab."""
    rows: list[Row] = []
    for line in itertools.chain.from_iterable(map(str.splitlines, text)):
        rows.append(Row((line,)))
        limits.check(rows=len(rows) - 1)  # besides a header
    if not rows:
        raise TableError("list")
    if all("\t" in row.values[0] for row in rows if row.values[0]):
        return _list_of_records(Records([row.values[0].split("\t") for row in rows], encoding), limits)
    limits.check(rows=len(rows))
    return Table(made_up_names(1), rows, encoding, header=False)


def _list_of_records(records: Records, limits: Limits) -> Table:
    width = max(map(len, records.rows), default=0)
    if not width:
        raise TableError("list")
    limits.check(columns=width, cells=width * len(records.rows))
    rows = [Row((*values, *[""] * (width - len(values)))) for values in records.rows]
    table = _unnamed(records, rows, width)
    below = [row.values for row in rows[1:HEADER_ROWS]]
    table = table.with_header(is_list_header(rows[0].values, below))
    if not table.rows:
        raise TableError("list")
    limits.check(rows=len(table.rows))
    return table


def _list_of_json(keys: Sequence[str], rows: Sequence[JsonRow], encoding: str) -> Table:
    for number, row in enumerate(rows, 1):
        if row.problem and row.text and row.text.strip():
            raise TableError("item", row=number)
    if not rows:
        raise TableError("list")
    if not keys:
        texts = ("" if row.problem or row.text is None else row.text for row in rows)
        return Table(made_up_names(1), [Row((text,)) for text in texts], encoding, header=False)
    width = len(keys)
    return Table(unique_names(keys), [Row(row.values + (None,) * (width - len(row.values))) for row in rows], encoding)
