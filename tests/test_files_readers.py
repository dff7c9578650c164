"""textmatch.files.readers: every kind of file is read row by row, and a hostile one is refused before it costs much."""

import datetime
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tests.helpers import write_workbook
from textmatch.errors import DataError
from textmatch.files import (
    ENCODINGS,
    LIST_SUFFIXES,
    ROW_PROBLEMS,
    TABLE_SUFFIXES,
    Columns,
    DataOptions,
    Table,
    TableError,
    load_splits,
    read_list,
    read_pairs,
    read_pasted,
    read_pasted_list,
    read_table,
    sentence_problem,
)
from textmatch.files.encodings import decode
from textmatch.files.readers import LIST_LIMITS, TABLE_LIMITS
from textmatch.files.splits import PAIR_SUFFIXES
from textmatch.files.table import Limits

Write = Callable[..., Path]
NAMES = ("sentence1", "sentence2", "label")
ROWS = [("怎么修改登录密码", "登录密码在哪里修改", "1"), ('他说"明天, 再来"', "NA", "0")]
SMALL = Limits(rows=3, columns=4, cells=12, file_bytes=100_000, unpacked_bytes=100_000)


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def values(table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values) for row in table.rows]


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def refused(read: Callable[..., Any], path: Path, *arguments: Any, **options: Any) -> TableError:
    with pytest.raises(TableError) as caught:
        read(path, *arguments, **options)
    assert str(caught.value).startswith(f"{path.name}: ")
    return caught.value


# Every row, once and in order


def cells(kind: str) -> st.SearchStrategy[str]:
    """Text that a file of this kind can hold."""
    separators = "\t\r\n" if kind.startswith(".tsv") else ""
    if kind == ".xlsx":  # no control characters, and no formula: a first sign that means nothing
        characters = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="_")
        return st.text(characters, max_size=6).map("文".__add__)
    characters = st.characters(exclude_categories=["Cs"], exclude_characters=separators)
    return st.text(characters, min_size=1, max_size=6).filter(str.strip)


@pytest.mark.parametrize("kind", PAIR_SUFFIXES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_row_comes_back_once_and_in_order(tmp_path: Path, write_table: Write, kind: str, data: Any) -> None:
    row = st.tuples(cells(kind), cells(kind), st.sampled_from(["0", "1", "不同"]))
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    path = write_table(tmp_path / f"pairs{kind}", NAMES, rows)
    assert [pair[:3] for pair in read_pairs(path)] == rows
    if kind in TABLE_SUFFIXES:
        assert values(read_table(path)) == rows
    if kind in LIST_SUFFIXES:
        assert values(read_list(path)) == rows


def test_the_last_cell_of_a_table_may_be_empty(tmp_path: Path) -> None:
    for name, mark in (("a.tsv", "\t"), ("a.csv", ",")):
        path = put(tmp_path / name, mark.join(NAMES) + "\n" + mark.join(("甲", "乙", "")) + "\n\n \n")
        assert read_table(path).rows == [(("甲", "乙", ""), None)]


# Headers and encodings


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".jsonl", ".xlsx", ".parquet"])
@pytest.mark.parametrize(
    "names",
    [
        ("text1", "text2", "labels"),
        ("query1", "query2", "label"),
        ("Question1", "QUESTION2 ", "label"),
        ("premise", "hypothesis", "gold_label"),
        ("text_a", "Text B", "标签"),
        ("文本 １", "TEXT_B", "標籤"),
        ("問題1", "问题二", "是否同義"),
    ],
)
def test_page_lists_and_training_understand_the_same_headers(
    tmp_path: Path, write_table: Write, kind: str, names: tuple[str, ...]
) -> None:
    path = write_table(tmp_path / f"pairs{kind}", names, ROWS)
    assert [pair[:3] for pair in read_pairs(path)] == ROWS
    table = read_table(path)
    assert (table.columns(), values(table)) == (Columns(0, 1, 2), ROWS)
    if kind in LIST_SUFFIXES:
        assert read_list(path).column() == [row[0] for row in ROWS]


@pytest.mark.parametrize("name", ["question", "问题", "標題", "text1"])
def test_a_list_of_one_column_may_have_a_header(tmp_path: Path, name: str) -> None:
    table = read_list(put(tmp_path / "a.csv", f"{name}\n怎么退货\n"))
    assert (table.names, table.column(), table.first_number) == ((name,), ["怎么退货"], 2)


def test_a_table_without_a_header(tmp_path: Path) -> None:
    path = put(tmp_path / "pairs.csv", "今天下雨吗,会下雨吗\n几点了,现在几点\n")
    table = read_table(path)
    assert (table.names, len(table.rows), table.header) == (("sentence1", "sentence2"), 2, False)
    assert read_table(path, ["今天下雨吗"]).header
    assert read_table(put(path, "a,b,c,d\n1,2,3,4\n")).names == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("gb18030", "GB18030"), ("big5", "BIG5HKSCS")],
)
def test_what_excel_writes_is_read_and_its_encoding_named(
    tmp_path: Path, write_table: Write, encoding: str, name: str
) -> None:
    first, second = ("請問圖書館幾點關門", "今天的天氣怎麼樣") if encoding == "big5" else ("请问图书馆几点关门", "很长")
    path = write_table(tmp_path / "pairs.csv", NAMES, [(first, second, "1")], encoding)
    for table in (read_table(path), read_list(path)):
        assert (table.encoding, values(table)) == (name, [(first, second, "1")])
    assert [pair[:3] for pair in read_pairs(path)] == [(first, second, "1")]
    lines = read_list(put(tmp_path / "a.txt", f"{first}\r\n{second}\r\n".encode(encoding)))
    assert (lines.encoding, lines.column()) == (name, [first, second])


@pytest.mark.parametrize("encoding", ["shift-jis", "latin-1"])
def test_other_encodings_are_refused_rather_than_misread(encoding: str) -> None:
    text = {"shift-jis": "学校,先生,猫が好きな人の文章です", "latin-1": "élève, à la crème brûlée, où ça"}[encoding]
    with pytest.raises(TableError, match="line 2 is not UTF-8"):
        decode(b"a,b\n" + text.encode(encoding) * 3)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_can_be_set_where_it_cannot_be_told(tmp_path: Path, encoding: str) -> None:
    """So rare are these characters that the bytes look like noise."""
    text = "sentence1,sentence2,label\n驫麤,驫,1\n"
    path = put(tmp_path / "a.csv", text.encode(encoding.replace("big5", "big5hkscs")))
    table = read_table(path, encoding=encoding)
    assert (values(table), read_list(path, encoding=encoding).column()) == ([("驫麤", "驫", "1")], ["驫麤"])
    assert load_splits([path, path], DataOptions(encoding=encoding, labels=("0", "1"))).train[0][:2] == ("驫麤", "驫")
    if encoding in ("gb18030", "big5"):
        assert refused(read_table, path).problem.key == "encoding"
    other = "gb18030" if encoding == "utf-16" else "utf-8"
    if encoding != "utf-8":
        assert refused(read_table, path, encoding=other).problem.key == "decode"
    text_file = put(tmp_path / "train.txt", "驫麤|驫\n".encode(encoding.replace("big5", "big5hkscs")))
    assert load_splits([text_file] * 2, DataOptions(encoding=encoding, labels=("0", "1"))).train[0].label == "1"


def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "sentence1,sentence2\n甲,乙\n")
    with pytest.raises(TableError, match="not in the encoding latin-1; expected one of utf-8, utf-16, gb18030, big5"):
        read_table(path, encoding="latin-1")
    assert refused(read_table, put(tmp_path / "a.xlsx", PAIR), encoding="utf-8").problem.key == "decode"


# Bad rows are named and kept


def test_bad_rows_of_a_csv(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.csv", "sentence1,sentence2\n甲,乙\n只有一个\n\n一,二,三\n丙,丁\n"))
    assert values(table) == [("甲", "乙"), ("只有一个", ""), ("", ""), ("一", "二\t三"), ("丙", "丁")]
    assert [row.problem and row.problem.fields["got"] for row in table.rows] == [None, 1, 0, 3, None]


@pytest.mark.parametrize(("kind", "mark"), [(".csv", ","), (".tsv", "\t"), (".txt", "\t")])
def test_blank_lines_above_the_first_row_are_no_rows(tmp_path: Path, kind: str, mark: str) -> None:
    lines = ["", " ", mark, f"今天下雨吗{mark}会下雨吗", f"几点了{mark}现在几点"]
    table = read_table(put(tmp_path / f"a{kind}", "\n".join(lines)))
    assert values(table) == [("今天下雨吗", "会下雨吗"), ("几点了", "现在几点")]
    assert table.first_number == 4
    assert refused(read_table, put(tmp_path / f"b{kind}", "\n".join(lines[:3]))).problem.key == "empty"


def test_bad_rows_of_json_lines(tmp_path: Path) -> None:
    lines = [
        '{"text1": "甲", "text2": "乙"}',
        "{broken",
        '"text"',
        '{"text1": "\\ud800", "text2": "乙"}',
        '{"text2": 3, "x": null}',
        "[" * 100_000,
    ]
    table = read_table(put(tmp_path / "a.jsonl", "\n".join(lines)))
    assert table.names == ("text1", "text2", "x")
    assert [bool(row.problem) for row in table.rows] == [False, True, True, False, False, True]
    assert values(table)[1] == ("{broken", None, None)
    assert values(table)[4] == (None, 3, None)


def test_a_workbook_with_blank_rows_and_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for row in ([], ["句子1", "句子2", None], ["甲", "乙"], [], [3, None], ["", None]):
        book.active.append(row)
    book.active["A5000"].number_format = "0.00"
    book.save(path)
    table = read_table(path)
    assert values(table) == [("甲", "乙"), (None, None), (3, None)]
    assert table.first_number == 3


def test_json_that_is_one_list_is_read_as_json_lines_are(tmp_path: Path) -> None:
    rows = [{"text1": "甲", "text2": "\ud800乙"}, {"text1": "丙", "text2": None, "label": 1}]
    listed = read_table(put(tmp_path / "a.json", json.dumps(rows, indent=1)))
    lines = read_table(put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert listed == lines
    text = "\n".join(map(json.dumps, rows))
    assert read_table(put(tmp_path / "lines.json", text)) == lines  # what others call .json
    assert read_list(put(tmp_path / "b.json", '["猫", "狗"]')).column() == ["猫", "狗"]
    for broken in ('["猫", "狗"', "[" * 9999, "3"):
        assert refused(read_table, put(tmp_path / "c.json", broken)).problem.key == "objects"


# As a spreadsheet program reads


def test_the_line_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    for mark in ",;\t":
        content = f"sep={mark}\r\n" + mark.join(NAMES) + "\r\n" + mark.join(("甲", "乙", "1")) + "\r\n"
        table = read_table(put(tmp_path / "a.csv", content))
        assert (table.names, values(table), table.first_number) == (NAMES, [("甲", "乙", "1")], 3)
    assert values(read_list(put(tmp_path / "a.csv", "sep=;\n问题;答案\n甲;乙\n"))) == [("甲", "乙")]


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_what_stands_between_the_fields_of_a_csv_file_is_told_by_its_first_rows(tmp_path: Path, mark: str) -> None:
    rows = [NAMES, ("甲", "乙", "1"), ("丙", "丁", "0")]
    table = read_table(put(tmp_path / "a.csv", "\n".join(map(mark.join, rows)) + "\n"))
    assert (table.names, values(table)) == (NAMES, rows[1:])
    for line in ("丙,丁", "丙"):  # a comma, or not in every row: then commas stand between the fields
        table = read_list(put(tmp_path / "b.csv", f"甲{mark}乙\n{line}\n"))
        assert f"甲{mark}乙" in [*table.names, *(cell for row in values(table) for cell in row)]


@pytest.mark.parametrize("kind", [".csv", ".xlsx"])
def test_a_title_above_the_header_is_no_row(tmp_path: Path, write_table: Write, kind: str) -> None:
    rows = [("客服问答对照表", None, None), (None, None, None), NAMES, ("甲", "乙", "1")]
    table = read_table(write_table(tmp_path / f"a{kind}", None, rows))
    assert (table.names, [tuple(map(str, row)) for row in values(table)]) == (NAMES, [("甲", "乙", "1")])
    assert table.first_number == 4
    listed = [("常见问题", None), ("问题", "答案"), ("怎么退货", "七天内")]
    assert read_list(write_table(tmp_path / f"b{kind}", None, listed)).column() == ["怎么退货"]
    pairs = [("甲", "乙"), ("sentence1", "sentence2"), ("丙", "丁")]  # what stands above is a pair, no title
    assert len(read_table(write_table(tmp_path / f"c{kind}", None, pairs)).rows) == 3


def test_rare_characters_in_a_legacy_encoding(tmp_path: Path) -> None:
    text = "菜名1,菜名2\n饕餮宴,饕餮大餐\n糍粑,糯米糍粑\n荸荠,马蹄\n"
    table = read_table(put(tmp_path / "a.csv", text.encode("gb18030")))
    assert (table.encoding, values(table)[:2]) == ("GB18030", [("饕餮宴", "饕餮大餐"), ("糍粑", "糯米糍粑")])


def test_the_sheet_with_the_data_is_read_and_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["说明：由客服部整理"])
    book.create_chartsheet("图")
    other = book.create_sheet("别的")
    other.append(["日期", "人"])
    data = book.create_sheet("数据")
    for row in (["客服问答", None], NAMES[:2], ["甲", "乙"]):
        data.append(row)
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx")
    assert (table.sheet, table.names, values(table)) == ("数据", NAMES[:2], [("甲", "乙")])
    assert read_table(tmp_path / "a.xlsx", sheet="别的").sheet == "别的"
    with pytest.raises(TableError, match=r"a\.xlsx: there is no sheet 没有; the sheets are: .*, 数据"):
        read_table(tmp_path / "a.xlsx", sheet="没有")
    with pytest.raises(TableError, match="there is no sheet 数据; the sheets are: –"):
        read_table(put(tmp_path / "a.csv", b"a,b\n"), sheet="数据")
    data.sheet_state = "hidden"
    shown = book.create_sheet("新")
    shown.append(NAMES[:2])
    shown.append(["丙", "丁"])
    book.save(tmp_path / "hidden.xlsx")
    assert read_table(tmp_path / "hidden.xlsx").sheet == "新"
    assert read_table(tmp_path / "hidden.xlsx", sheet="数据").sheet == "数据"
    book.remove(shown)
    book.remove(data)
    book.save(tmp_path / "b.xlsx")
    assert read_table(tmp_path / "b.xlsx").sheet == "别的"
    book.remove(other)
    book.save(tmp_path / "c.xlsx")
    assert (read_table(tmp_path / "c.xlsx").sheet, read_list(tmp_path / "c.xlsx").column()) == (
        "",
        ["说明：由客服部整理"],
    )


def test_an_empty_first_sheet_is_passed_over(tmp_path: Path) -> None:
    sheets = {"Sheet1": [], "Sheet2": [NAMES[:2], ("甲", "乙")]}
    table = read_table(write_workbook(tmp_path / "a.xlsx", sheets))
    assert (table.sheet, values(table)) == ("Sheet2", [("甲", "乙")])
    assert "sheet Sheet2 (not Sheet1)" in table.reading(table.columns())


def test_a_chart_sheet_without_a_chart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (NAMES[:2], ("甲", "乙")):
        book.active.append(row)
    book.create_chartsheet("图", 0)
    book.save(tmp_path / "a.xlsx")
    assert values(read_table(tmp_path / "a.xlsx")) == [("甲", "乙")]


def test_a_merged_cell_has_its_value_in_each_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (NAMES, ("甲", "乙", 1), (None, "丙", 1), (None, "丁", 0), ("戊", "己", 0)):
        sheet.append(row)
    for cells in ("A3:A4", "A2:A4", "B5:C9", "D1:D5", "A7:A9"):
        sheet.merge_cells(cells)
    sheet["A2"] = "甲"
    book.save(tmp_path / "a.xlsx")
    assert [row[0] for row in values(read_table(tmp_path / "a.xlsx"))] == ["甲", "甲", "甲", "戊"]


@pytest.mark.parametrize("kind", [".xlsx", ".csv"])
def test_the_error_of_a_formula_is_no_sentence(tmp_path: Path, write_table: Write, kind: str) -> None:
    rows = [("#N/A", "甲", "1"), ("甲", "#REF!", "1"), ("NA", "#号键在哪", "0")]
    path = write_table(tmp_path / f"a{kind}", NAMES, rows)
    if kind == ".xlsx":  # as Excel stores it, not as text
        assert openpyxl.load_workbook(path).active["A2"].data_type == "e"
    wrong = [sentence_problem(value, "s") for row in values(read_table(path)) for value in row[:2]]
    assert [problem and problem.message(ROW_PROBLEMS) for problem in wrong] == [
        *("s is the error of a formula: #N/A", None, None, "s is the error of a formula: #REF!", None, None)
    ]
    assert read_list(path).column("sentence2") == ["甲", "", "#号键在哪"]
    if kind == ".csv":  # published corpora have such texts
        assert [pair.sentence1 for pair in read_pairs(path)] == ["#N/A", "甲", "NA"]
        return
    with pytest.raises(DataError, match="row 2: sentence1 is the error of a formula, #N/A; expected text"):
        read_pairs(path)


def test_escaped_characters_of_a_workbook(tmp_path: Path) -> None:
    rows = [("你好_x000D_\n谢谢", "_x0041__x"), ("_xD800_", "_x005F_x000D_")]
    table = read_list(put(tmp_path / "a.xlsx", workbook(("问题", "答案"), *rows)))
    assert values(table) == [("你好\n谢谢", "A_x"), ("\ufffd", "_x000D_")]


# Odd values


def test_odd_types_of_parquet_are_text_or_null(tmp_path: Path) -> None:
    day = datetime.datetime(2024, 5, 1, 9, 30)
    columns: dict[str, tuple[Any, list[Any], list[Any]]] = {
        "sentence1": (pyarrow.string(), ["甲", None], ["甲", None]),
        "sentence2": (pyarrow.binary(), ["乙".encode(), b"\xff"], ["乙", "\ufffd"]),
        "large": (pyarrow.large_string(), ["大", None], ["大", None]),
        "decimal": (pyarrow.decimal128(5, 2), [Decimal("1.50"), None], ["1.50", None]),
        "day": (pyarrow.timestamp("us"), [day, None], [day, None]),
        "far": (pyarrow.date32(), [10**7, 0], ["29349-01-26", "1970-01-01"]),
        "nanoseconds": (pyarrow.timestamp("ns"), [1, None], ["1970-01-01 00:00:00.000000001", None]),
        "zone": (pyarrow.timestamp("s", "Asia/Shanghai"), [day, None], ["2024-05-01 17:30:00.000+0800", None]),
        "nothing": (pyarrow.null(), [None, None], [None, None]),
        "list": (pyarrow.list_(pyarrow.int64()), [[1], None], [[1], None]),
        "category": (pyarrow.dictionary(pyarrow.int8(), pyarrow.string()), ["猫", None], ["猫", None]),
        "number": (pyarrow.dictionary(pyarrow.int8(), pyarrow.int64()), [7, None], [7, None]),
    }
    arrays = {name: pyarrow.array(given, kind) for name, (kind, given, _) in columns.items()}
    parquet.write_table(pyarrow.table(arrays), tmp_path / "a.parquet")
    for limits in (TABLE_LIMITS, Limits(rows=2)):
        table = read_table(tmp_path / "a.parquet", limits=limits)
        got = dict(zip(table.names, zip(*values(table), strict=True), strict=True))
        assert {name: list(each) for name, each in got.items()} == {name: want for name, (*_, want) in columns.items()}


def test_half_a_surrogate_reaches_no_name_and_no_cell(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", '{"text1": "甲", "text2": "乙\\ud83d\\ude00\\uDE00", "\\ud800": 1}\n')
    assert (read_table(path).names, values(read_table(path))) == (
        ("text1", "text2", "\ufffd"),
        [("甲", "乙😀\ufffd", 1)],
    )
    path = put(tmp_path / "a.jsonl", '{"text": "甲", "answer": "\\ud800乙"}\n"\\udfff"\n{"\\udabc": 1}\n')
    table = read_list(path)
    assert (table.names, table.column("answer")) == (("text", "answer", "\ufffd"), ["\ufffd乙", "", ""])


def test_a_number_of_any_length_and_any_nesting(tmp_path: Path) -> None:
    lines = (
        '{"text1": "甲", "text2": "乙", "label": ' + value + "}"
        for value in ("1" * 4299, "1" * 5000, "[" * 25 + "]" * 25)
    )
    table = read_table(put(tmp_path / "a.jsonl", "\n".join(lines)))
    assert [bool(row.problem) for row in table.rows] == [False, True, True]


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.jsonl", json.dumps({"x" * 10**6: 1, "sentence1": "甲", "sentence2": "乙"})))
    assert max(map(len, table.names)) == 100


# Lists


def test_every_kind_of_list_gives_the_same_table(tmp_path: Path, write_table: Write) -> None:
    names, rows = ("问题", "答案"), [("怎么退货", "七天内"), ('他说"好"', "a,b"), ("", "空")]
    for kind in LIST_SUFFIXES[1:]:
        table = read_list(write_table(tmp_path / f"a{kind}", names, rows))
        assert (table.names, table.first_number) == (names, 1 if kind in (".jsonl", ".json") else 2)
        assert [table.column(name) for name in names] == list(map(list, zip(*rows, strict=True)))
    assert read_list(put(tmp_path / "b.CSV", "甲,甲,\n1,2,3\n")).names == ("甲", "甲 (2)", "column 3")
    assert values(read_list(put(tmp_path / "c.csv", "问题\n怎么,退货\n"))) == [("怎么", "退货")]


def test_a_list_of_plain_lines(tmp_path: Path) -> None:
    expected = (False, ["怎么退货", "", "在哪儿"], 1)
    lines = "怎么退货\n\n在哪儿\n"
    files: dict[str, str | bytes] = {
        "a.txt": lines,
        "b.csv": lines,
        "c.tsv": lines,
        "d.jsonl": '"怎么退货"\n\n"在哪儿"\n',
    }
    files["e.xlsx"] = workbook(("怎么退货",), (None,), ("在哪儿",))
    tables = [read_list(put(tmp_path / name, content)) for name, content in files.items()]
    for table in (*tables, read_pasted_list(lines)):
        assert (table.named, table.column(), table.first_number) == expected


def test_a_list_of_objects_and_of_numbers(tmp_path: Path) -> None:
    table = read_list(put(tmp_path / "a.jsonl", '{"text": "猫", "n": 1.0}\n"狗"\n{"text": 2}\n'))
    assert (table.column("text"), table.column("n")) == (["猫", "", "2"], ["1", "", ""])
    assert read_list(put(tmp_path / "a.xlsx", workbook(("question",), (2.0,), ("猫",)))).column() == ["2", "猫"]


@pytest.mark.parametrize(
    ("first", "header"),
    [
        (("内容", "怎么答"), True),
        (("编号", "说法"), True),
        (("怎么退货？", "答案"), True),
        (("怎么退货？", "七天内"), False),
        (("怎么退货", "七天内可以退。"), False),
        (("1", "怎么退货"), False),
        (("售前", "能退货吗"), False),
        (("售后", "怎么退货"), False),
    ],
)
def test_the_first_row_of_a_wide_list_is_a_header_unless_it_looks_like_data(
    tmp_path: Path, write_table: Write, first: tuple[str, str], header: bool
) -> None:
    rows = [first, ("售后", "几点关门"), ("2", "在哪儿")]
    lines = "\n".join(map("\t".join, rows))
    table = read_list(write_table(tmp_path / "a.csv", None, rows))
    assert (table.header, len(table.rows)) == (header, 3 - header)
    # A table as a spreadsheet program puts it on the clipboard, and as it saves "Unicode text".
    assert read_pasted_list(lines + "\n\t\n") == replace(table, encoding="")
    assert read_list(put(tmp_path / "a.txt", lines)) == table
    assert not read_pasted_list(f"{lines}\n没有制表符").named


# Pasted lines


def test_pasted_lines() -> None:
    table = read_pasted("怎么走 | 路怎么走 | 1\r\n\n几点了｜现在几点|0\n")
    assert values(table) == [("怎么走", "路怎么走", "1"), ("几点了", "现在几点", "0")]
    assert values(read_pasted("a|b\tc\n")) == [("a|b", "c")]
    assert read_pasted("问题1|问题2\n甲|乙").names == ("问题1", "问题2")
    assert values(read_pasted(f"甲{' ' * 50_000}乙|丙")) == [(f"甲{' ' * 50_000}乙", "丙")]  # in no time
    with pytest.raises(TableError, match="no rows"):
        read_pasted(" \n")
    with pytest.raises(TableError, match="no sentences"):
        read_pasted_list(" \n")


# What is refused


def test_the_limits_of_the_page() -> None:
    assert (TABLE_LIMITS.rows, LIST_LIMITS.rows) == (200_000, 1_000_000)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.doc", "x", "kind"),
        ("none.csv", None, "missing"),
        ("a.csv", " \n", "empty"),
        ("a.csv", "sentence1,sentence2\n", "empty"),
        ("a.xlsx", workbook(), "empty"),
        ("a.jsonl", " \n", "empty"),
        ("a.csv", 'sentence1,sentence2\na,b\n"c,d\ne,f\n', "quotation"),
        ("a.csv", 'sentence1,sentence2\n"' + "x" * 200_000, "field"),
        ("a.csv", bytes(range(128, 256)), "encoding"),
        ("a.jsonl", "[1]\n3\n", "objects"),
        ("a.xlsx", "PK nothing", "workbook"),
        ("a.xlsx", workbook()[:500], "workbook"),
        ("a.parquet", "PAR1 nothing PAR1", "parquet"),
    ],
)
def test_what_is_no_table(tmp_path: Path, name: str, content: str | bytes | None, key: str) -> None:
    path = tmp_path / name if content is None else put(tmp_path / name, content)
    assert refused(read_table, path).problem.key == key


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.parquet", "x", "kind"),
        ("a.txt", "", "list"),
        ("a.csv", "\n\n", "list"),
        ("a.csv", "问题,答案\n", "list"),
        ("a.jsonl", "", "list"),
        ("a.jsonl", '"x"\n{', "item"),
        ("a.jsonl", "3\n", "item"),
        ("a.xlsx", workbook(), "list"),
    ],
)
def test_what_is_no_list(tmp_path: Path, name: str, content: str, key: str) -> None:
    assert refused(read_list, put(tmp_path / name, content)).problem.key == key


@pytest.mark.parametrize("kind", TABLE_SUFFIXES)
def test_rows_and_columns_have_a_limit(tmp_path: Path, write_table: Write, kind: str) -> None:
    def written(rows: int, columns: int) -> Path:
        names = ["sentence1", *(f"x{i}" for i in range(columns - 1))]
        return write_table(tmp_path / f"a{kind}", names, [("甲",) * columns] * rows)

    limits = Limits(rows=3, columns=4)
    assert len(read_table(written(3, 4), limits=limits).rows) == 3
    assert refused(read_table, written(4, 4), limits=limits).problem == ("rows", {"limit": 3})
    assert refused(read_table, written(3, 5), limits=limits).problem.key == "columns"
    assert refused(read_table, written(3, 4), limits=Limits(rows=3, cells=11)).problem.key == "cells"
    if kind in LIST_SUFFIXES:
        assert len(read_list(written(3, 4), limits=limits).rows) == 3
        assert refused(read_list, written(4, 4), limits=limits).problem.key == "rows"
        assert refused(read_list, written(3, 5), limits=limits).problem.key == "columns"
    assert refused(read_list, put(tmp_path / "a.txt", "猫\n" * 4), limits=limits).problem.key == "rows"


def merges(count: int) -> bytes:
    return b'<mergeCells><mergeCell ref="A1:A1000000"/>' + b'<mergeCell ref="A1:A2"/>' * count + b"</mergeCells>"


def repacked(content: bytes, old: bytes = b"", new: bytes = b"", method: int = zipfile.ZIP_STORED) -> bytes:
    """A workbook without a date, and with something else in its sheet's XML."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(held, "w") as target:
        for name in source.namelist():
            if name != "docProps/core.xml":
                part = source.read(name)
                target.writestr(zipfile.ZipInfo(name), part.replace(old, new) if "sheet1" in name else part, method)
    return held.getvalue()


def inflated(size: int) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * size)
    return held.getvalue()


def repeated(text: str, rows: int) -> bytes:
    held = io.BytesIO()
    parquet.write_table(pyarrow.table({"sentence1": [text] * rows, "sentence2": [text] * rows}), held)
    return held.getvalue()


def referred(text: str, rows: int) -> bytes:
    """Parquet with one text and references to it: the sizes in its header say nothing of what it unfolds to."""
    content = repeated(text, rows)
    held = io.BytesIO()
    column = pyarrow.array([text] * rows).dictionary_encode()
    parquet.write_table(pyarrow.table({"sentence1": column, "sentence2": column}), held, compression="zstd")
    assert len(held.getvalue()) < len(content) * 2
    return held.getvalue()


PAIR = workbook(("sentence1", "sentence2"), ("甲", "乙"))


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", "a,b\n" * 30_000, "large"),
        ("a.csv", "," * 1000, "cells"),
        ("a.csv", "a,b,c,d\n" + "a\n" * 3, "cells"),
        ("a.csv", "a,b\n" + "\n" * 5000 + "a", "rows"),
        ("a.tsv", "\t" * 1000 + "a", "cells"),
        ("a.csv", '",",",\n' * 1000, "cells"),
        ("a.csv", "甲," + '"\n",' * 1000, "cells"),
        ("a.csv", "a,b\n" * 5000, "rows"),
        ("a.jsonl", '{"a": ' + "[" * 1000 + "]" * 1000 + "}", "cells"),
        ("a.jsonl", "".join(json.dumps({f"a{i}": i}) + "\n" for i in range(5)), "rows"),
        ("a.jsonl", json.dumps({f"a{i}": i for i in range(9)}), "columns"),
        ("a.xlsx", inflated(1_000_000), "unpacked"),
        ("a.xlsx", repacked(PAIR, b'r="B2"', b'r="XFD2"'), "cells"),
        ("a.xlsx", repacked(PAIR, b'<row r="2"', b'<row r="99999999"'), "workbook"),
        ("a.xlsx", repacked(PAIR, b'<row r="2"', b'<row r="1"'), "workbook"),  # openpyxl would leave it out
        ("a.xlsx", repacked(PAIR, b"</row>", b'<c r="XFD1"/></row>'), "cells"),
        ("a.xlsx", repacked(PAIR, b"</row>", b"<c/>" * 99 + b"</row>"), "cells"),
        ("a.xlsx", repacked(PAIR, b"</sheetData>", b"</sheetData>" + merges(20)), "cells"),
        ("a.xlsx", repacked(PAIR, method=zipfile.ZIP_LZMA).replace(b"\x09\x04\x05\0", b"\x09\x04\x05\0?"), "workbook"),
        ("a.parquet", repeated("水" * 10_000, 4), "rows"),
        ("a.parquet", repeated("水" * 10_000, 3), "unpacked"),
        ("a.parquet", referred("水" * 10_000, 3), "unpacked"),
        ("a.csv.gz", gzip.compress(b"0" * 1_000_000, mtime=0), "unpacked"),
        ("a.csv.gz", gzip.compress(b"a,b\n", mtime=0)[:-9], "gzip"),
    ],
)
def test_a_hostile_file_is_refused(tmp_path: Path, name: str, content: str | bytes, key: str) -> None:
    path = put(tmp_path / name, content)
    assert refused(read_table, path, suffixes=PAIR_SUFFIXES, limits=SMALL).problem.key == key


@pytest.mark.parametrize("kind", [".xlsx", ".parquet", ".jsonl", ".csv"])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_damaged_file_raises_nothing_else(
    tmp_path: Path, write_table: Write, kind: str, damage: list[tuple[int, int]]
) -> None:
    content = write_table(tmp_path / f"a{kind}", NAMES, ROWS).read_bytes()
    damaged = bytearray(repacked(content) if kind == ".xlsx" else content)
    for place, byte in damage:
        damaged[place % len(damaged)] = byte
    try:
        table = read_table(put(tmp_path / f"b{kind}", bytes(damaged)))
    except TableError:
        return
    assert all(len(row.values) == len(table.names) for row in table.rows)
