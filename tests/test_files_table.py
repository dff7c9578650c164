"""textmatch.files.table: names of columns, what is recognised, and how problems are worded."""

import json
from pathlib import Path
from string import Formatter

import pytest

from textmatch.errors import DataError
from textmatch.files import ERRORS, Columns, Row, Table, TableError, column_names, free_name
from textmatch.files.table import is_header, made_up_names, unique_names
from textmatch.scoring import PROBLEMS

LOCALES = Path(__file__).parents[1] / "textmatch" / "demo" / "locales"


def rows(*values: tuple[object, ...]) -> list[Row]:
    return [Row(value) for value in values]


def test_column_names_are_unique_and_never_empty() -> None:
    assert unique_names(["备注", " 备注 ", None, "", 7]) == ("备注", "备注 (2)", "column 3", "column 4", "7")
    assert free_name("a", {"a", "a (2)"}) == "a (3)"


def test_columns_are_recognised_in_many_spellings_or_named() -> None:
    table = Table(("文本 １", "备注", "备注 (2)", "TEXT_B", "標籤"), [])
    assert table.columns() == Columns(0, 3, 4)
    assert table.columns("备注", "备注 (2)") == Columns(1, 2, 4)
    assert table.columns(label="备注").label == 1
    assert Table(("text1", "text2"), []).columns() == Columns(0, 1, None)
    with pytest.raises(TableError, match="no column 没有; the columns are: 文本 １, 备注"):
        table.columns("没有")
    with pytest.raises(TableError, match="both sentences would be read from the column TEXT_B"):
        table.columns("TEXT_B", "TEXT_B")
    with pytest.raises(TableError, match="recognised as sentence2; the columns are: sentence1, c"):
        Table(("sentence1", "c"), []).columns()


@pytest.mark.parametrize(
    "header",
    [
        *(
            "text1,text2,label",
            "query,question,label",
            "query,title,label",
            "q1,q2,label",
            "s1,s2,y",
            "text_1,text_2,label",
        ),
        *(
            "句子1,句子2,标签",
            "标准问,相似问,是否相似",
            "问题,相似问题,是否相似",
            "药名1,药名2,是否一致",
            "标题A,标题B,结果",
        ),
        *(
            "question1,question2,is_duplicate",
            "Sentence 1,Sentence 2,Label",
            "甲,乙,标签",
            "甲,乙,丙",
            "左,右,similarity",
        ),
        *("s1,s2,score", "句子一,句子二,相似度"),
    ],
)
def test_columns_as_people_call_them(header: str) -> None:
    names = tuple(header.split(","))
    values = [("怎么退款", "如何退款", "1"), ("几点开门", "几点关门", "0")]
    assert is_header(names, below=values)
    assert Table(names, rows(*values)).columns()[:2] == (0, 1)
    labelled = Table(names, rows(*values)).columns().label
    assert labelled == (None if names[2] == "y" else 2)


@pytest.mark.parametrize(
    "header",
    ["query,title", "q1,q2", "s1,s2", "标准问,相似问", "问题,相似问题", "text1,text2", "query,question", "句子1,句子2"],
)
def test_a_header_of_two_columns_is_not_scored_as_a_pair(header: str) -> None:
    names, pairs = tuple(header.split(",")), [("怎么退款", "如何退款"), ("几点开门", "几点关门")]
    assert is_header(names, below=pairs)
    assert Table(names, rows(*pairs)).columns() == (0, 1, None)
    assert not is_header(pairs[0], below=pairs[1:])


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("id,qid1,qid2,question1,question2,is_duplicate", (3, 4, 5)),
        ("序号,标签,相似问,标准问", (3, 2, 1)),
        ("id1,id2,q1,q2,label", (2, 3, 4)),
        ("q2,q1", (1, 0, None)),
        ("q1,q2,t1,t2", None),
        ("句子1,标题", None),
    ],
)
def test_columns_among_others(header: str, columns: tuple[int | None, ...] | None) -> None:
    table = Table(tuple(header.split(",")), [])
    if columns is None:
        with pytest.raises(TableError, match="no column was recognised"):
            table.columns()
    else:
        assert table.columns() == columns


@pytest.mark.parametrize("name", ["similarity", "相似度", "score"])
def test_a_degree_is_a_label_only_if_every_value_is_one(name: str) -> None:
    names = ("sentence1", "sentence2", name)
    assert Table(names, rows(("甲", "乙", 1.0), ("甲", "丙", "0"), ("丙", "丁", None))).columns().label == 2
    assert Table(names, rows(("甲", "乙", 1.0), ("甲", "丙", 0.5))).columns().label is None
    assert Table(("label", *names), rows((1, "甲", "乙", 1.0))).columns().label == 0


@pytest.mark.parametrize(
    ("first", "below"),
    [
        (("怎么退款", "如何退款", "1"), [("怎么开门", "如何开门", "0")]),
        (("怎么退款", "如何退款", "match"), [("怎么开门", "如何开门", "no")]),
        (("怎么退款", "如何退款", "甲"), [("怎么开门", "如何开门", "乙")] * 3),
        (("怎么退款", "如何退款"), [("怎么开门", "如何开门")]),
        (("型号1", "型号2", "0"), [("怎么开门", "如何开门", "1")]),
        (("7", "怎么退款", "如何退款", "1"), [("8", "怎么开门", "如何开门", "0")]),
        ((7, "怎么退款", "如何退款", None), [(8, "怎么开门", "如何开门", 0)]),
        (("电商", "怎么退款", "如何退款", "甲"), [("电商", "怎么开门", "如何开门", "乙")]),
        (("张三", "怎么退款", "如何退款" * 20, "甲"), [("李四", "怎么开门", "如何开门", "乙")]),
    ],
)
def test_a_row_of_data_is_no_header(first: tuple[object, ...], below: list[tuple[object, ...]]) -> None:
    assert not is_header(first, below=below)
    assert is_header(first, ["怎么退款" if "怎么退款" in first else "型号1"], below)


def test_english_words_above_chinese_rows_are_a_header() -> None:
    below = [("怎么退款", "如何退款"), ("几点开门", "几点关门")]
    assert is_header(("foo", "bar_2"), below=below)
    assert not is_header(("foo", "bar"), below=[*below, ("foo", "如何退款")])
    assert not is_header(("500g", "500g"), below=below)
    assert not is_header(("foo", "吧"), below=below)
    assert not is_header(("foo", "bar"), below=below[:1])


def test_columns_without_names_have_numbers() -> None:
    table = Table(
        made_up_names(4), rows(("1", "怎么退款", "如何退款", "1"), ("2", "几点开门", "几点关门", "0")), header=False
    )
    assert table.columns("2", "3", "4") == table.columns("column 2", "column 3", "column 4") == (1, 2, 3)
    with pytest.raises(TableError, match=r"there is no column 5; the columns are: column 1, "):
        table.columns("2", "5")
    with pytest.raises(TableError, match="--columns says which to read"):
        table.columns()
    assert not is_header(("1", "怎么退款"), ["1", "2"], [("2", "几点开门")])


def test_a_wide_header_of_unknown_names_is_one() -> None:
    first = ("编号", "说法", "另一个说法", "备注", "")
    assert is_header(first, below=[("1", "怎么退款", "如何退款", "", ""), ("2", "怎么开门", "如何开门", "", "")])


def test_how_a_file_is_read_is_said_in_words() -> None:
    first = Row(("问题", "相似问题", "是否相似"))
    table = Table(("问题", "相似问题", "是否相似"), rows(("甲", "乙", "1")), "GB18030", first, start=2, sheet="数据")
    assert table.reading(table.columns()) == (
        "1 rows, sentence1 = 问题, sentence2 = 相似问题, label = 是否相似, sheet 数据, row 2 is the header, GB18030"
    )


def test_names_of_columns_are_given_in_one_option() -> None:
    assert column_names("") == ("", "", "")
    assert column_names("甲, 乙，丙") == ("甲", "乙", "丙")
    assert column_names("甲,乙") == ("甲", "乙", "")
    for text in ("甲", "甲,", "甲,乙,丙,丁"):
        with pytest.raises(DataError, match=f"^--columns {text}: expected the names of two or three columns"):
            column_names(text)


def test_a_repeated_name_does_not_become_another_column() -> None:
    """The second "sentence" is called "sentence (2)", which must not be taken for "sentence2"."""
    first = Row(("sentence", "sentence"))
    table = Table(("sentence", "sentence (2)"), rows(("甲", "乙")), first=first)
    assert table.recognise() == {"sentence1": None, "sentence2": None, "label": None}


def test_the_first_row_can_be_turned_into_the_header_and_back() -> None:
    first = Row(("今天下雨吗", "会下雨吗"))
    other = Row(("几点了", "现在几点"))
    table = Table(("sentence1", "sentence2"), [first, other], "UTF-8", first, header=False, start=3)
    assert (table.named, table.first_number) == (False, 3)
    turned = table.with_header(True)
    assert (turned.names, turned.rows, turned.first_number) == (("今天下雨吗", "会下雨吗"), [other], 4)
    assert turned.with_header(False) == table
    wide = Row("abcd")
    assert Table(tuple("abcd"), [], first=wide).with_header(False).names == tuple(f"column {n}" for n in range(1, 5))
    named_by_format = Table(("text1", "text2"), rows(("甲", "乙")))
    assert named_by_format.with_header(False) is named_by_format


def test_a_list_gives_its_columns_as_text() -> None:
    table = Table(("编号", "問題", "答覆"), rows((1.0, "怎么退货", None), (2.5, "在哪儿", "楼下")))
    assert (table.sentence_column, table.answer_column) == ("問題", "答覆")
    assert table.column() == ["怎么退货", "在哪儿"]
    assert table.column("编号") == ["1", "2.5"]
    assert table.column("答覆") == ["", "楼下"]
    with pytest.raises(TableError, match="no column 丙; the columns are: 编号, 問題, 答覆"):
        table.column("丙")


def test_a_list_without_names() -> None:
    table = Table(("sentence1",), rows(("怎么退货",)), header=False)
    assert (table.named, table.sentence_column, table.answer_column) == (False, "1", None)
    assert table.column() == ["怎么退货"]
    assert table.list_reading() == "1 rows"
    with pytest.raises(TableError, match=r"no column sentence1; the columns are: 1$"):
        table.column("sentence1")
    wide = Table(("sentence1", "sentence2"), rows(("1", "怎么退货"), (2, "在哪儿")), header=False)
    assert (wide.choices, wide.sentence_column, wide.list_reading()) == (
        ("1", "2"),
        "2",
        "2 rows, sentences = column 2",
    )
    assert (wide.column(), wide.column("1")) == (["怎么退货", "在哪儿"], ["1", "2"])
    assert Table(("编号", "说法"), rows(("1", "怎么退货"))).sentence_column == "说法"


def fields(wording: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(wording) if field}


@pytest.mark.parametrize(("wordings", "prefix"), [(ERRORS, "table_error_"), (PROBLEMS, "row_problem_")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_words_every_problem_with_no_field_that_is_not_given(
    wordings: dict[str, str], prefix: str, language: str
) -> None:
    texts = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    for key, wording in wordings.items():
        assert fields(texts[prefix + key]) == fields(wording), key
