"""textmatch.files.writers: what is written is opened by Excel as it was meant."""

import csv
import datetime
import io
from pathlib import Path
from typing import Any

import openpyxl

from textmatch.files import write_csv, write_xlsx


def test_a_csv_is_utf8_for_excel(tmp_path: Path) -> None:
    rows = [("甲\n乙", None), ("=1+1", 0.5), ({"a": "乙"}, 1)]
    write_csv(tmp_path / "a.csv", ("句子", "x"), rows)
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert found == [["句子", "x"], ["甲\n乙", ""], ["=1+1", "0.5"], ['{"a": "乙"}', "1"]]
    stream = io.StringIO(newline="")
    write_csv(stream, ("句子", "x"), rows)
    assert stream.getvalue() == content.decode("utf-8-sig")


def test_a_workbook_has_no_formula_and_loses_no_digit(tmp_path: Path) -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "=", "普通", "a\x00b\uffff"]
    day = datetime.datetime(2024, 2, 29, 8, 30)
    values: list[Any] = [*texts, 123456789012345678, [1, "乙"], 0.25, True, float("nan"), day]
    write_xlsx(tmp_path / "a.xlsx", ["=名字"], [[value] for value in values])
    cells = [cell for (cell,) in openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows()]
    assert {cell.data_type for cell in cells[: len(texts) + 1]} == {"s"}
    shown = ["=名字", *texts[:-1], "a\ufffdb\ufffd", "123456789012345678", '[1, "乙"]', 0.25, True, "nan", day]
    assert [cell.value for cell in cells] == shown
    assert [cell.quotePrefix for cell in cells[:3]] == [True] * 3
