"""Tables of any origin, read row by row: a row that cannot be read is named and kept, the others go on.

`textmatch.data` reads files to train on and stops at the first mistake; this module reads what people have at hand and
wants every row back, in order, with its own columns.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import json
import math
import re
import zipfile
import zlib
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from textmatch.data import COLUMN_NAMES
from textmatch.errors import DataError
from textmatch.text import normalise

KINDS = (".csv", ".tsv", ".jsonl", ".xlsx", ".parquet")
MAX_BYTES = 64 * 2**20
MAX_ROWS = 200_000
MAX_COLUMNS = 256
MAX_UNPACKED_BYTES = 512 * 2**20
"""What a compressed file may grow to: a few kilobytes can hold gigabytes of nothing."""

LEGACY_ENCODINGS = ("gb18030", "big5hkscs")
"""What Chinese Excel writes as CSV where it does not write UTF-8: the mainland's and Taiwan's or Hong Kong's."""

USUAL = 0.7
"""Share of everyday characters from which text in a legacy encoding is taken for Chinese, and below for noise."""


EXACT = 10**15
"""From here on Excel rounds a number's digits."""

NOT_IN_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")

ERRORS = {
    "kind": "the kind of file is unknown; expected a name that ends in {kinds}",
    "unreadable": "the file cannot be read ({reason}); try it once more",
    "large": "the file has {size} MB; at most {limit} MB are read: split it into smaller files",
    "unpacked": "unpacked the file has more than {limit} MB; at most that much is read",
    "encoding": "the text is in an unknown encoding; expected a file saved as UTF-8",
    "quotation": "row {row}: a quotation mark is not closed; expected a second one",
    "field": "row {row}: {reason}; is a quotation mark not closed?",
    "workbook": "this is not a readable XLSX workbook; expected one without a password, saved as .xlsx",
    "parquet": "this is not a whole Parquet file",
    "objects": "no line is a JSON object; expected one in each, with sentence1 and sentence2",
    "empty": "there are no rows; expected sentence1, sentence2 and perhaps label in each",
    "list": "there are no sentences; expected one in each row",
    "item": "row {row}: neither a JSON string nor a JSON object",
    "rows": "there are more than {limit} rows; at most that many are read",
    "columns": "there are {got} columns; at most {limit} are read",
    "column": "there is no column {name}; the columns are: {names}",
    "unrecognised": "no column was recognised as {column}; the columns are: {names}",
    "same": "both sentences would be read from the column {name}; expected two columns",
}
"""Why a whole table cannot be used."""


class Problem(NamedTuple):
    """What is wrong: a key of `scoring.PROBLEMS` or of `ERRORS`, and the fields to fill in."""

    key: str
    fields: dict[str, Any]


class TableError(DataError):
    """A whole table cannot be used.

    Args:
        key: why, a key of `ERRORS`.
        fields: what to fill in.
    """

    def __init__(self, key: str, **fields: Any) -> None:
        super().__init__(ERRORS[key].format(**fields))
        self.problem = Problem(key, fields)


class Row(NamedTuple):
    """As many values as the table has columns, and what went wrong in reading them, if anything did."""

    values: Sequence[Any]
    problem: Problem | None = None


class Columns(NamedTuple):
    """Which columns to read, counted from 0; without a label column `label` is None."""

    sentence1: int
    sentence2: int
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows under its own column names.

    Attributes:
        names: column names, none twice and none empty.
        rows: the rows below the header, in the file's order.
        encoding: how the text was encoded, where the format leaves that open; empty otherwise.
        first: the first row, if it may be a header or not; None where the format says.
        header: whether `first` is the header, so that it is not among the rows.
    """

    names: tuple[str, ...]
    rows: Sequence[Row]
    encoding: str = ""
    first: Row | None = None
    header: bool = True

    def with_header(self, header: bool) -> Table:
        """The same table with its first row read as the header, or as a row like the others."""
        if self.first is None or header == self.header:
            return self
        rows = self.rows[1:] if header else [self.first, *self.rows]
        width = len(self.names)
        names = self.first.values if header else tuple(COLUMN_NAMES) if width <= len(COLUMN_NAMES) else [None] * width
        return Table(unique(names[:width]), rows, self.encoding, self.first, header)

    def recognise(self) -> dict[str, int | None]:
        """For sentence1, sentence2 and label the first column that is called so, or None.

        Names are those of `data.COLUMN_NAMES`, whatever their width, case, spaces and punctuation.
        """
        plain = [normalise(name) for name in self.names]
        return {
            column: next((i for i, name in enumerate(plain) if name in set(map(normalise, names))), None)
            for column, names in COLUMN_NAMES.items()
        }

    def columns(self, sentence1: str = "", sentence2: str = "", label: str = "") -> Columns:
        """The columns called so; those left empty are recognised.

        Raises:
            TableError: There is no such column, no sentence column was recognised, or both are the same.
        """
        found = self.recognise()
        for column, name in (("sentence1", sentence1), ("sentence2", sentence2), ("label", label)):
            if name:
                found[column] = self.names.index(name) if name in self.names else None
            if found[column] is None and (name or column != "label"):
                key = "column" if name else "unrecognised"
                raise TableError(key, name=name, column=column, names=", ".join(self.names))
        first, second = found["sentence1"], found["sentence2"]
        assert first is not None
        assert second is not None
        if first == second:
            raise TableError("same", name=self.names[first])
        return Columns(first, second, found["label"])


def read(path: str | Path, header_names: Iterable[str] = ()) -> Table:
    """Read a file whose name ends in one of `KINDS`.

    CSV and TSV may come without a header. They are UTF-8, UTF-16 with its mark, GB18030 or Big5. Of a workbook the
    first sheet is read, and of its formulas the values they had when it was saved.

    Args:
        path: the file; its kind is in its name.
        header_names: column names that mark the first row as the header, besides the known ones.

    Raises:
        TableError: The file is missing, damaged, empty, too large, in an unknown encoding or of another kind.
    """
    path = Path(path)
    with naming(path):
        return _read(path.suffix.lower(), content(path, KINDS), header_names)


def read_lines(text: str) -> Table:
    """Read pasted lines: fields between tabs, or between ``|`` (``｜``) where no line has a tab; no blank lines.

    Raises:
        TableError: There are no lines, or too many.
    """
    lines = "\n".join(line.strip("\r") for line in text.split("\n") if line.strip())
    if "\t" not in lines:
        lines = re.sub(r" *[|｜] *", "\t", lines)
    return _with_first_row(delimited(lines, ".tsv"))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put a file's name before what is wrong with it."""
    try:
        yield
    except TableError as error:
        error.args = (f"{path.name}: {error}",)
        raise


def content(path: Path, kinds: Sequence[str]) -> bytes:
    """The bytes of a file whose name ends in one of `kinds`.

    Raises:
        TableError: The file is of another kind, missing or too large.
    """
    if path.suffix.lower() not in kinds:
        raise TableError("kind", kinds=", ".join(kinds))
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise TableError("large", size=math.ceil(size / 2**20), limit=MAX_BYTES >> 20)
        return path.read_bytes()
    except OSError as error:
        raise TableError("unreadable", reason=error.strerror) from None


def decode(content: bytes) -> tuple[str, str]:
    """Text and the name of its encoding.

    UTF-8 and UTF-16 say what they are. Nearly any bytes can be read as GB18030 or Big5, so those count only if what
    they give consists of everyday characters for the most part; the better of the two is taken.

    Raises:
        TableError: The bytes are none of these.
    """
    certain = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if (text := _decoded(content, certain)) is not None:
        return text, certain.removesuffix("-sig").upper()
    found = {encoding: _decoded(content, encoding) or "" for encoding in LEGACY_ENCODINGS}
    best = max(found, key=lambda encoding: _usual(found[encoding]))
    if _usual(found[best]) < USUAL:
        raise TableError("encoding")
    return found[best], best.upper()


def free_name(name: str, taken: Container[str]) -> str:
    """`name`, or the first of `name (2)`, `name (3)` … that is not taken."""
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(candidate for candidate in itertools.chain([name], numbered) if candidate not in taken)


def write_csv(target: Path | TextIO, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV: to a file with the mark by which Excel knows UTF-8, or to an open stream as it is.

    Values stand as they are: a cell that begins with ``=``, ``+``, ``-`` or ``@`` is a formula to a spreadsheet that
    opens the file. `write_xlsx` is the way around that.
    """
    if isinstance(target, Path):
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            return write_csv(file, names, rows)
    writer = csv.writer(target)
    writer.writerow(names)
    writer.writerows(map(_plain, row) for row in rows)
    return None


def write_xlsx(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a workbook in which every text is a text, whatever it begins with.

    Characters that a workbook cannot hold become U+FFFD, and a text is cut after Excel's 32,767 characters.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("textmatch")
    for row in itertools.chain([names], rows):
        sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _read(kind: str, content: bytes, header_names: Iterable[str]) -> Table:
    if kind == ".xlsx":
        return _with_first_row(workbook(content), header_names)
    if kind == ".parquet":
        return _parquet(content)
    text, encoding = decode(content)
    if kind == ".jsonl":
        return _jsonl(text, encoding)
    return _with_first_row(delimited(text, kind), header_names, encoding)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _usual(text: str) -> float:
    """Share of the characters outside ASCII that, simplified, are among GB 2312's 3,755 everyday ones."""
    beyond = "".join(itertools.islice((character for character in text if character > "\x7f"), 5000))
    codes = [character.encode("gb2312", "ignore") for character in normalise(beyond)]
    return sum(b"\xb0" <= code[:1] <= b"\xd7" for code in codes) / max(len(codes), 1)


def delimited(text: str, kind: str) -> list[Sequence[Any]]:
    """The fields of each line of a ``.csv``, or of a ``.tsv``, where quotation marks mean nothing.

    Raises:
        TableError: A quotation mark is not closed, or there are too many rows.
    """
    end = "\0"  # a last row of our own: if it is swallowed, a quotation mark is open
    lines = io.StringIO(f"{text.rstrip()}\n{end}", newline="")
    how: Any = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if kind == ".tsv" else {"delimiter": ","}
    records: list[Sequence[Any]] = []
    try:
        for record in csv.reader(lines, **how):
            records.append(record)
            if len(records) > MAX_ROWS + 2:
                raise TableError("rows", limit=MAX_ROWS)
    except csv.Error as error:
        raise TableError("field", row=len(records) + 1, reason=error) from None
    if records.pop() != [end]:
        raise TableError("quotation", row=len(records) + 1)
    return records if text.strip() else []


def workbook(content: bytes) -> list[Sequence[Any]]:
    """The values in a workbook's first sheet, every row as long as the longest, without blank rows around them.

    Raises:
        TableError: It is damaged or too large.
    """
    from xml.etree.ElementTree import ParseError

    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_unpacked(sum(part.file_size for part in archive.infolist()))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        book.worksheets[0].reset_dimensions()
        rows: list[Sequence[Any]] = []
        blank = 0
        for values in book.worksheets[0].iter_rows(values_only=True):
            if all(value is None for value in values):  # sheets often end in a million formatted but empty rows
                blank += bool(rows)
                continue
            rows += [()] * blank + [values]
            blank = 0
            if len(rows) > MAX_ROWS + 1:
                raise TableError("rows", limit=MAX_ROWS)
    except (zipfile.BadZipFile, zlib.error, ParseError, LookupError, ValueError, TypeError, OSError):
        raise TableError("workbook") from None
    width = max((i for row in rows for i, value in enumerate(row, 1) if value is not None), default=0)
    return [[*row[:width], *[None] * (width - len(row))] for row in rows]


def _parquet(content: bytes) -> Table:
    import pyarrow
    from pyarrow import parquet

    rows: list[Row] = []
    size = 0
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        names = unique(file.schema_arrow.names)
        if file.metadata.num_rows > MAX_ROWS:
            raise TableError("rows", limit=MAX_ROWS)
        for batch in file.iter_batches(batch_size=1024):
            size += batch.nbytes
            _check_unpacked(size)
            rows += map(Row, zip(*(column.to_pylist() for column in batch.columns), strict=True))
    except (pyarrow.ArrowException, OSError):
        raise TableError("parquet") from None
    if not rows:
        raise TableError("empty")
    return Table(names, rows)


def _jsonl(text: str, encoding: str) -> Table:
    lines = text.rstrip().split("\n")
    if len(lines) > MAX_ROWS:
        raise TableError("rows", limit=MAX_ROWS)
    found = [_object(line) for line in lines]
    keys = list(dict.fromkeys(key for values in found if values is not None for key in values))
    if not keys:
        raise TableError("objects")
    rest = [None] * (len(keys) - 1)
    rows = [
        Row([line, *rest], Problem("json", {})) if values is None else Row([values.get(key) for key in keys])
        for line, values in zip(lines, found, strict=True)
    ]
    return Table(unique(keys), rows, encoding)


def _object(line: str) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
        json.dumps(values, ensure_ascii=False).encode()  # half of a surrogate pair is JSON but no text
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _with_first_row(records: Sequence[Sequence[Any]], header_names: Iterable[str] = (), encoding: str = "") -> Table:
    if not records:
        raise TableError("empty")
    width = len(records[0])
    first, *rows = (_fit(values, width) for values in records)
    named = {normalise(name) for names in (*COLUMN_NAMES.values(), header_names) for name in names}
    header = width > len(COLUMN_NAMES) or any(normalise(str(value)) in named for value in first.values)
    table = Table(unique(first.values), rows, encoding, first).with_header(header)
    if not table.rows:
        raise TableError("empty")
    if len(table.rows) > MAX_ROWS:
        raise TableError("rows", limit=MAX_ROWS)
    return table


def _fit(values: Sequence[Any], width: int) -> Row:
    if len(values) == width:
        return Row(values)
    kept = [*values[: width - 1], "\t".join(values[width - 1 :])]
    problem = Problem("fields", {"got": len(values), "expected": width})
    return Row(kept + [""] * (width - len(kept)), problem)


def unique(header: Sequence[Any]) -> tuple[str, ...]:
    """Column names, none twice and none empty.

    Raises:
        TableError: There are too many.
    """
    if len(header) > MAX_COLUMNS:
        raise TableError("columns", got=len(header), limit=MAX_COLUMNS)
    names: list[str] = []
    for number, value in enumerate(header, 1):
        name = "" if value is None else str(value).strip()
        names.append(free_name(name or f"column {number}", names))
    return tuple(names)


def _check_unpacked(size: int) -> None:
    if size > MAX_UNPACKED_BYTES:
        raise TableError("unpacked", limit=MAX_UNPACKED_BYTES >> 20)


def _plain(value: Any) -> Any:
    """What a CSV field can hold."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value


def _cell(sheet: Any, value: Any) -> Any:
    """What a workbook's cell can hold: numbers and dates that Excel keeps exactly, anything else as text."""
    from openpyxl.cell import WriteOnlyCell

    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < EXACT:
        return value
    if isinstance(value, datetime.date) and value.year > 1900 and getattr(value, "tzinfo", None) is None:
        return value
    text = NOT_IN_XML.sub("\ufffd", str(_plain(value)))
    if not text.startswith(("=", "+", "-", "@", "#")):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = True  # it stays a text when somebody edits the cell
    return cell
