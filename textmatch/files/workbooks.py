"""Read a workbook: choose the sheet with the data, and return its values row by row."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from lzma import LZMAError
from typing import Any, BinaryIO, NamedTuple
from xml.parsers import expat

from textmatch.files.table import Limits, TableError

SHEET_ROWS = 2**20
"""Rows that a worksheet can have."""

LOOKED_AT = 20
"""Rows at the top of a sheet by which it is chosen among several."""

BROKEN_WORKBOOK = (
    *(zipfile.BadZipFile, zlib.error, SyntaxError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
    *(EOFError, OSError, RuntimeError, expat.ExpatError, LZMAError),
)
"""What openpyxl and the modules below it raise at a damaged workbook; XML's `ParseError` is a `SyntaxError`."""

ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""How a workbook writes a character that XML cannot hold, such as a carriage return: ``_x000D_``."""

IsHeader = Callable[[Sequence[Any]], bool]


class Sheet(NamedTuple):
    """The values in one worksheet.

    Attributes:
        rows: every row as long as the longest, without blank rows around them.
        start: number in the sheet of the first of `rows`, counted from 1.
        name: the sheet's name if the workbook has several; empty otherwise.
        names: those of all sheets, if there are several.
    """

    rows: list[tuple[Any, ...]]
    start: int
    name: str
    names: tuple[str, ...] = ()


class _Merged(NamedTuple):
    """Cells of one column that are merged: rows (from 1) and column (from 0)."""

    first: int
    last: int
    column: int


def read_workbook(file: BinaryIO, limits: Limits, is_header: IsHeader, name: str = "") -> Sheet:
    """The values in the sheet of a workbook that has the data.

    That is the one called `name`, if it is given. Otherwise it is the first in which a row near the top `is_header`, or
    else the first with two columns, or else the first that is not empty; hidden sheets come last. Of formulas the
    values are read that they had when the workbook was saved. A cell merged over several rows has its value in each of
    them.

    Raises:
        TableError: this is no workbook, it has more than is read, or it has no sheet with this name.
    """
    from openpyxl.reader.excel import ExcelReader

    try:
        with zipfile.ZipFile(file) as archive:
            limits.check(unpacked_bytes=sum(part.file_size for part in archive.infolist()))
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.read_chartsheet = lambda *_: None  # it has no rows, and openpyxl fails at one without a drawing
        reader.read()
        paths = {sheet.name: rel.target for sheet, rel in reader.parser.find_sheets()}
        for sheet in reader.wb.worksheets:
            sheet.reset_dimensions()
        sheet = _called(name, reader.wb.worksheets) if name else _sheet_with_data(reader.wb.worksheets, is_header)
        with reader.archive.open(paths[sheet.title]) as part:
            merged = _check_part(part, limits)
        rows, start = _rows(sheet.iter_rows(values_only=True), merged, limits)
        names = tuple(each.title for each in reader.wb.worksheets)
        return Sheet(rows, start, sheet.title, names) if len(names) > 1 else Sheet(rows, start, "")
    except BROKEN_WORKBOOK:
        raise TableError("workbook") from None


def _called(name: str, sheets: Sequence[Any]) -> Any:
    for sheet in sheets:
        if sheet.title.strip() == name.strip():
            return sheet
    raise TableError("sheet", name=name, names=", ".join(sheet.title for sheet in sheets))


def _sheet_with_data(sheets: Sequence[Any], is_header: IsHeader) -> Any:
    if len(sheets) == 1:
        return sheets[0]
    sheets = sorted(sheets, key=lambda sheet: sheet.sheet_state != "visible")  # a hidden one only if no other has data
    tops = [list(_top(sheet)) for sheet in sheets]
    with_header = (sheet for sheet, top in zip(sheets, tops, strict=True) if any(map(is_header, top)))
    wide = (sheet for sheet, top in zip(sheets, tops, strict=True) if any(len(row) > 1 for row in top))
    filled = (sheet for sheet, top in zip(sheets, tops, strict=True) if top)
    return next(with_header, None) or next(wide, None) or next(filled, None) or sheets[0]


def _top(sheet: Any) -> Iterator[list[Any]]:
    """The cells with a value of the rows at the top, without blank rows."""
    for values in sheet.iter_rows(max_row=LOOKED_AT, values_only=True):
        if found := [value for value in values if value is not None]:
            yield found


def _check_part(part: Any, limits: Limits) -> list[_Merged]:
    """Go through a sheet's XML once, before its values are read; return what is merged over several rows.

    openpyxl skips a row in silence if its number is not above the one before, and takes as much memory as a damaged
    sheet asks for. So this looks first, and holds nothing.
    """
    from openpyxl.utils import range_boundaries

    number = cells = 0
    merged: list[_Merged] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal number, cells
        kind = name.rpartition(" ")[2]
        if kind == "row":
            before, number = number, int(attributes.get("r", number + 1))
            if not before < number <= SHEET_ROWS:
                raise TableError("workbook")
        elif kind == "c":
            cells += 1
            limits.check(cells=cells)
        elif kind == "mergeCell":
            column, first, _, last = range_boundaries(attributes["ref"])
            limits.check(cells=len(merged))
            if None not in (column, first, last) and last > first:
                merged.append(_Merged(first, last, column - 1))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.ParseFile(part)
    return merged


def _rows(
    sheet: Iterable[tuple[Any, ...]], merged: Sequence[_Merged], limits: Limits
) -> tuple[list[tuple[Any, ...]], int]:
    rows: list[tuple[Any, ...]] = []
    start, width, cells = 1, 0, 0
    for number, values in enumerate(sheet, 1):
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
        rows.append(tuple(map(_value, values[:length])))
    rows = [row + (None,) * (width - len(row)) for row in rows]
    _fill(rows, start, merged, limits)
    return rows, start


def _fill(rows: list[tuple[Any, ...]], start: int, merged: Sequence[_Merged], limits: Limits) -> None:
    """Put the value of merged cells in each of their rows."""
    filled = 0
    for first, last, column in merged:
        if first < start or first - start >= len(rows) or column >= len(rows[first - start]):
            continue
        value = rows[first - start][column]
        below = range(first - start + 1, min(last - start + 1, len(rows)))
        filled += len(below)
        limits.check(cells=filled)
        for place in below:
            row = rows[place]
            if row[column] is None:
                rows[place] = (*row[:column], value, *row[column + 1 :])


def _value(value: Any) -> Any:
    """A cell's value, an escaped character in it written out."""
    if not isinstance(value, str) or "_x" not in value:
        return value
    text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), value).replace("\r\n", "\n")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
