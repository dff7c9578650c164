"""textmatch.files.readers: every kind of file is read row by row, and a hostile one is refused before it costs much."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from textmatch.files import (
    LIST_SUFFIXES,
    TABLE_SUFFIXES,
    Columns,
    Table,
    TableError,
    read_list,
    read_pairs,
    read_pasted,
    read_pasted_list,
    read_table,
)
from textmatch.files.readers import LIST_LIMITS, TABLE_LIMITS, decode
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
    assert read_pairs(path) == rows
    if kind in TABLE_SUFFIXES:
        assert values(read_table(path)) == rows
    if kind in LIST_SUFFIXES:
        assert values(read_list(path)) == rows


def test_the_last_cell_of_a_table_may_be_empty(tmp_path: Path) -> None:
    for name, mark in (("a.tsv", "\t"), ("a.csv", ",")):
        path = put(tmp_path / name, mark.join(NAMES) + "\n" + mark.join(("甲", "乙", "")) + "\n\n \n")
        assert read_table(path).rows == [(["甲", "乙", ""], None)]


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
    assert read_pairs(path) == ROWS
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
    assert read_pairs(path) == [(first, second, "1")]
    lines = read_list(put(tmp_path / "a.txt", f"{first}\r\n{second}\r\n".encode(encoding)))
    assert (lines.encoding, lines.column()) == (name, [first, second])


@pytest.mark.parametrize("encoding", ["shift-jis", "latin-1"])
def test_other_encodings_are_refused_rather_than_misread(encoding: str) -> None:
    text = {"shift-jis": "学校,先生,猫が好きな人の文章です", "latin-1": "élève, à la crème brûlée, où ça"}[encoding]
    with pytest.raises(TableError, match="line 2 is not UTF-8"):
        decode(b"a,b\n" + text.encode(encoding) * 3)


# Bad rows are named and kept


def test_bad_rows_of_a_csv(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.csv", "sentence1,sentence2\n甲,乙\n只有一个\n\n一,二,三\n丙,丁\n"))
    assert values(table) == [("甲", "乙"), ("只有一个", ""), ("", ""), ("一", "二\t三"), ("丙", "丁")]
    assert [row.problem and row.problem.fields["got"] for row in table.rows] == [None, 1, 0, 3, None]


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
    assert [bool(row.problem) for row in table.rows] == [False, True, True, True, False, True]
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


# Lists


def test_every_kind_of_list_gives_the_same_table(tmp_path: Path, write_table: Write) -> None:
    names, rows = ("问题", "答案"), [("怎么退货", "七天内"), ('他说"好"', "a,b"), ("", "空")]
    for kind in LIST_SUFFIXES[1:]:
        table = read_list(write_table(tmp_path / f"a{kind}", names, rows))
        assert (table.names, table.first_number) == (names, 1 if kind == ".jsonl" else 2)
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
        ("none.csv", None, "unreadable"),
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


def repacked(content: bytes, old: bytes = b"", new: bytes = b"") -> bytes:
    """A workbook without a date, and with something else in its sheet's XML."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name != "docProps/core.xml":
                part = source.read(name)
                target.writestr(zipfile.ZipInfo(name), part.replace(old, new) if "sheet1" in name else part)
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


PAIR = workbook(("sentence1", "sentence2"), ("甲", "乙"))


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", "a,b\n" * 30_000, "large"),
        ("a.csv", "," * 1000, "cells"),
        ("a.csv", '",",",\n' * 1000, "cells"),
        ("a.csv", "甲," + '"\n",' * 1000, "cells"),
        ("a.csv", "a,b\n" * 5000, "rows"),
        ("a.jsonl", '{"a": ' + "[" * 1000 + "]" * 1000 + "}", "cells"),
        ("a.jsonl", "".join(json.dumps({f"a{i}": i}) + "\n" for i in range(5)), "rows"),
        ("a.jsonl", json.dumps({f"a{i}": i for i in range(9)}), "columns"),
        ("a.xlsx", inflated(1_000_000), "unpacked"),
        ("a.xlsx", repacked(PAIR, b'r="B2"', b'r="XFD2"'), "cells"),
        ("a.xlsx", repacked(PAIR, b'<row r="2"', b'<row r="99999999"'), "workbook"),
        ("a.parquet", repeated("水" * 10_000, 4), "rows"),
        ("a.parquet", repeated("水" * 10_000, 3), "unpacked"),
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
