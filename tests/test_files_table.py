"""textmatch.files.table: names of columns, what is recognised, and how problems are worded."""

import json
from pathlib import Path
from string import Formatter

import pytest

from textmatch.files import ERRORS, Columns, Row, Table, TableError, free_name
from textmatch.files.table import unique_names
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
    assert (table.named, table.sentence_column, table.answer_column) == (False, None, None)
    assert table.column() == ["怎么退货"]
    with pytest.raises(TableError, match="no column sentence1; the columns are: –"):
        table.column("sentence1")


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
