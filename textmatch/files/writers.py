"""Write tables that Excel opens as they were meant."""

from __future__ import annotations

import csv
import datetime
import itertools
import json
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

EXACT = 10**15
"""From here on Excel rounds a number's digits."""

NOT_IN_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")


def write_csv(target: Path | TextIO, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV: to a file with the mark by which Excel knows UTF-8, or to an open stream as it is.

    Values stand as they are: a cell that begins with ``=``, ``+``, ``-`` or ``@`` is a formula to a spreadsheet that
    opens the file. Use `write_xlsx` where that matters.
    """
    if isinstance(target, Path):
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            return write_csv(file, names, rows)
    writer = csv.writer(target)
    writer.writerow(names)
    writer.writerows(map(_field, row) for row in rows)
    return None


def write_xlsx(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a workbook in which every text stays text, whatever it begins with.

    Characters that a workbook cannot hold become U+FFFD, and a text is cut after Excel's 32,767 characters.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("textmatch")
    for row in itertools.chain([names], rows):
        sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _field(value: Any) -> Any:
    """A value as a CSV field can hold it."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value


def _cell(sheet: Any, value: Any) -> Any:
    """A value as a workbook's cell can hold it: numbers and dates that Excel keeps exactly, anything else as text."""
    from openpyxl.cell import WriteOnlyCell

    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < EXACT:
        return value
    if isinstance(value, datetime.date) and value.year > 1900 and getattr(value, "tzinfo", None) is None:
        return value
    text = NOT_IN_XML.sub("\ufffd", str(_field(value)))
    if not text.startswith(("=", "+", "-", "@", "#")):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = True  # it stays text when somebody edits the cell
    return cell
