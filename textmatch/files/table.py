"""A table as every reader returns it: column names, rows, and what is wrong with a row or with the whole file."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from textmatch.errors import DataError
from textmatch.files.labels import is_label
from textmatch.text import has_chinese, normalise

MAX_BYTES = 64 * 2**20
"""Largest file that is read from a visitor or for the command line."""

EXACT = 1e15
"""From here on not every digit of a spreadsheet's number is right."""

LONGEST_NAME = 100
"""Characters of a column's name; what a file has beyond that is left out."""

LONGEST_KNOWN_NAME = 100
"""Characters from which a cell is too long to be the name of a known column."""

# What people and public data sets call the columns.
KNOWN_NAMES: dict[str, tuple[str, ...]] = {
    "sentence1": (
        *("sentence1", "text1", "query1", "question1", "premise", "text_a", "sentence_a"),
        *("句子1", "句子一", "句子a", "文本1", "文本一", "文本a", "问题1", "问题一", "问题a", "问句1", "第一句"),
    ),
    "sentence2": (
        *("sentence2", "text2", "query2", "question2", "hypothesis", "text_b", "sentence_b"),
        *("句子2", "句子二", "句子b", "文本2", "文本二", "文本b", "问题2", "问题二", "问题b", "问句2", "第二句"),
    ),
    "label": (
        *("label", "labels", "gold_label", "is_duplicate", "is_match", "is_similar", "标签", "类别", "标注", "标记"),
        *("标注结果", "人工标注", "判断结果", "结果", "是否匹配", "是否相同", "是否同义", "是否相似", "是否一致"),
        *("是否重复", "是否等价", "相似与否"),
    ),
    "sentence": (
        "sentence",
        "text",
        "question",
        "query",
        "title",
        "句子",
        "问题",
        "问句",
        "标题",
        "标准问",
        "标准问题",
    ),
    "answer": ("answer", "answers", "reply", "response", "答案", "回答", "答复", "回复"),
}
"""The known names of each column; width, case, spaces, punctuation and traditional characters make no difference."""

KNOWN_PAIRS = (
    *(("query", "title"), ("query", "question"), ("query", "candidate"), ("query", "sentence"), ("query", "text")),
    *(("query", "doc"), ("question", "candidate"), ("question", "similar question"), ("sentence", "paraphrase")),
    *(("text", "paraphrase"), ("original", "paraphrase"), ("source", "target"), ("left", "right")),
    *(("标准问", "相似问"), ("标准问题", "相似问题"), ("标准问法", "相似问法"), ("标准句", "相似句")),
    *(("问题", "相似问题"), ("问题", "相似问"), ("问句", "相似问句"), ("句子", "相似句子"), ("句子", "相似句")),
    *(("用户问题", "标准问题"), ("用户问题", "标准问"), ("用户问", "标准问"), ("问题", "标准问题"), ("问题", "标准问")),
    *(("原句", "改写"), ("原句", "改写句"), ("原文", "改写"), ("文本", "对比文本"), ("标题", "相似标题")),
)
"""Names that stand for the two sentences only together."""

NUMBERED = re.compile(r"(?P<stem>.{1,10}?) ?(?P<number>[12ab一二])")
"""A name such as q1, s2, 药名一, title b: two columns with the same stem are the two sentences."""

NUMBERED_OTHERS = frozenset(("id", "qid", "sid", "uid", "编号", "序号", "label", "score"))
"""Stems of numbered columns that hold no sentences."""

DEGREES = ("similarity", "score", "相似度", "相似性", "得分", "分数")
"""Names of a column that holds labels if all of its values are labels; otherwise it holds degrees."""

FORMULA_ERRORS = frozenset(
    (
        *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!"),
        *("#GETTING_DATA", "#CONNECT!", "#BLOCKED!", "#UNKNOWN!", "#BUSY!", "#PYTHON!"),
    )
)
"""What a spreadsheet program shows, and writes into files of text, where a formula has no value."""

NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*%?")

ENGLISH_NAME = re.compile(r"[A-Za-z][A-Za-z _.-]*[0-9]?")
"""What a column may be called in English."""

SENTENCE_ENDS = ("。", "？", "?", "！", "!", "…", "吗", "呢", "吧", "了")
"""What no name of a column ends in."""

LONGEST_SHORT_NAME = 50
"""Characters from which a cell of a wide table is no name of a column."""

ERRORS = {
    "kind": "the kind of file is unknown; expected a name that ends in {kinds}",
    "folder": "this is a folder; expected a file",
    "missing": "there is no such file",
    "unreadable": "the file cannot be read ({reason}); try it once more",
    "large": "the file has {size} MB; at most {limit} MB are read: split it into smaller files",
    "unpacked": "unpacked the file has more than {limit} MB; at most that much is read",
    "gzip": "this is not a whole gzip file",
    "encoding": "the text is in an unknown encoding: line {line} is not UTF-8; expected a file saved as UTF-8 "
    "(--encoding says which it is)",
    "decode": "the text is not in the encoding {encoding}; expected one of {names}, or none, to have it recognised",
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
    "cells": "there are more than {limit} cells; at most that many are read",
    "heavy": "reading the file takes more than {limit} MB of memory; split it into smaller files",
    "slow": "reading the file takes more than {limit} seconds; split it into smaller files",
    "failed": "the file is damaged, or of a kind that cannot be read; expected it as a spreadsheet program saves it",
    "sheet": "there is no sheet {name}; the sheets are: {names}",
    "column": "there is no column {name}; the columns are: {names}",
    "unrecognised": "no column was recognised as {column}; the columns are: {names} (--columns says which to read)",
    "same": "both sentences would be read from the column {name}; expected two columns",
}
"""Why a whole file cannot be used."""

ROW_PROBLEMS = {
    "fields": "{got} fields; expected {expected}",
    "json": "not a JSON object",
    "missing": "{sentence} is missing",
    "blank": "{sentence} is blank",
    "type": "{sentence} is not text but {type}",
    "formula": "{sentence} is the error of a formula: {value}",
}
"""Why one row cannot be used."""


class Problem(NamedTuple):
    """What is wrong: the key of a wording, in `ERRORS` or `ROW_PROBLEMS` for example, and the fields to fill in."""

    key: str
    fields: dict[str, Any]

    def message(self, wordings: Mapping[str, str]) -> str:
        """The problem in words."""
        return wordings[self.key].format(**self.fields)


class TableError(DataError):
    """A whole file cannot be used.

    Args:
        key: why, a key of `ERRORS`.
        fields: what to fill in.
    """

    def __init__(self, key: str, **fields: Any) -> None:
        self.problem = Problem(key, fields)
        super().__init__(self.problem.message(ERRORS))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read; the readers check it as they go, so a hostile file costs no more than this.

    Attributes:
        rows: rows below the header.
        columns: columns of a table.
        cells: cells of a table, empty ones included.
        file_bytes: size of the file as it was sent.
        unpacked_bytes: what a compressed file may grow to: a few kilobytes can hold gigabytes of zeros.
        memory: bytes that reading may take; None for no limit.
        seconds: that reading may take, a process of its own included; None for no limit.

    With `seconds` a file is read in a process of its own (`files.process`).
    """

    rows: int
    columns: int = 256
    cells: int = 10_000_000
    file_bytes: int = MAX_BYTES
    unpacked_bytes: int = 512 * 2**20
    memory: int | None = None
    seconds: float | None = None

    def check(self, *, rows: int = 0, columns: int = 0, cells: int = 0, unpacked_bytes: int = 0) -> None:
        """Refuse a file that has more than is read.

        Raises:
            TableError: One of the counts is over its limit.
        """
        if columns > self.columns:
            raise TableError("columns", got=columns, limit=self.columns)
        if rows > self.rows:
            raise TableError("rows", limit=self.rows)
        if cells > self.cells:
            raise TableError("cells", limit=self.cells)
        if unpacked_bytes > self.unpacked_bytes:
            raise TableError("unpacked", limit=self.unpacked_bytes >> 20)


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
    """A file's rows, of pairs or of sentences, under its own column names.

    Attributes:
        names: column names, none twice and none empty; made up where the file has none.
        rows: the rows below the header, in the file's order.
        encoding: how the text was encoded, where the format leaves that open; empty otherwise.
        first: the first row, if it may be a header or not; None where the format says.
        header: whether the columns have names of their own: `first` is the header, or the format names them.
        start: number in the file of the first row that is not blank, header or not, counted from 1.
        sheet: the worksheet's name, if the workbook has several; empty otherwise.
        sheets: the names of all worksheets, if there are several.
    """

    names: tuple[str, ...]
    rows: Sequence[Row]
    encoding: str = ""
    first: Row | None = None
    header: bool = True
    start: int = 1
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether the columns have names of their own."""
        return self.header

    @property
    def first_number(self) -> int:
        """Number in the file of the first of `rows`, counted from 1."""
        return self.start + (self.header and self.first is not None)

    @property
    def choices(self) -> tuple[str, ...]:
        """What `column` takes: the names of the columns, or their numbers from 1 where they have no names."""
        return self.names if self.named else tuple(map(str, range(1, len(self.names) + 1)))

    @property
    def sentence_column(self) -> str:
        """The one of `choices` that is called like a sentence, or else the first that has more than numbers."""
        texts = (name for place, name in enumerate(self.choices) if self._holds_text(place))
        return self._first_called("sentence", "sentence1") or next(texts, self.choices[0])

    @property
    def answer_column(self) -> str | None:
        """The column of a list that is called like an answer, if there is one."""
        return self._first_called("answer")

    def with_header(self, header: bool | None) -> Table:
        """The same table with its first row read as the header, or as a row like the others; None leaves it."""
        if header is None or self.first is None or header == self.header:
            return self
        rows = self.rows[1:] if header else [self.first, *self.rows]
        names = unique_names(self.first.values) if header else made_up_names(len(self.names))
        return replace(self, names=names, rows=rows, header=header)

    def matches(self) -> dict[str, list[int]]:
        """For sentence1, sentence2 and label every column that is called so, counted from 0."""
        if not self.header and len(self.names) > len(Columns._fields):  # the names are made up, and say nothing
            return {column: [] for column in Columns._fields}
        # A column that is called "text" twice has become "text (2)", which is none of these names.
        written = self.first.values if self.first is not None and self.header else self.names
        found = known_columns(written)
        if not found["label"]:
            degrees = [place for place, name in enumerate(written) if plain_name(name) in map(plain_name, DEGREES)]
            found["label"] = degrees[:1] if len(degrees) == 1 and self._holds_labels(degrees[0]) else []
        width = len(self.names)
        if width == len(found) and not found["sentence1"] and not found["sentence2"]:
            label = found["label"] or ([width - 1] if self._holds_labels(width - 1) else [])
            if len(label) == 1:  # the other two are the sentences
                first, second = (place for place in range(width) if place != label[0])
                found = {"sentence1": [first], "sentence2": [second], "label": label}
        return found

    def recognise(self) -> dict[str, int | None]:
        """For sentence1, sentence2 and label the first column that is called so, or None."""
        return {column: next(iter(places), None) for column, places in self.matches().items()}

    def columns(self, sentence1: str = "", sentence2: str = "", label: str = "") -> Columns:
        """The columns with these names, or where columns have no names with these numbers; the others are recognised.

        Raises:
            TableError: There is no such column, no sentence column was recognised, or both are the same.
        """
        found = self.recognise()
        for column, name in (("sentence1", sentence1), ("sentence2", sentence2), ("label", label)):
            if name:
                found[column] = _place(name, self.names, self.choices)
            elif found[column] is None and column != "label":
                raise TableError("unrecognised", column=column, names=", ".join(self.names))
        first, second = found["sentence1"], found["sentence2"]
        assert first is not None
        assert second is not None
        if first == second:
            raise TableError("same", name=self.names[first])
        return Columns(first, second, found["label"])

    def reading(self, columns: Columns) -> str:
        """How the file is read, in words, for people to check: rows, columns, and what was guessed."""
        read = zip(Columns._fields, columns, strict=True)
        return self._reading(f"{column} = {self.names[place]}" for column, place in read if place is not None)

    def list_reading(self, column: str | None = None) -> str:
        """How a list is read, in words: rows, the column with the sentences, and what was guessed.

        Args:
            column: as in `column`.
        """
        name = column or self.sentence_column
        if len(self.names) == 1 and not self.named:
            return self._reading([])
        return self._reading([f"sentences = {name if self.named else f'column {name}'}"])

    def _reading(self, columns: Iterable[str]) -> str:
        parts = [f"{len(self.rows):,} rows", *columns]
        if self.sheet:
            others = [sheet for sheet in self.sheets if sheet != self.sheet]
            parts.append(f"sheet {self.sheet}" + (f" (not {', '.join(others)})" if others else ""))
        if self.first is not None:
            parts.append(f"row {self.start} is {'the header' if self.header else 'no header'}")
        if self.encoding not in ("", "UTF-8"):
            parts.append(self.encoding)
        return ", ".join(parts)

    def column(self, name: str | None = None) -> list[str]:
        """The cells of a list's column as text; a missing one and the error of a formula as "".

        Args:
            name: one of `choices`; None takes `sentence_column`.

        Raises:
            TableError: There is no such column.
        """
        name = name or self.sentence_column
        place = _place(name, self.choices)
        texts = (_text(row.values[place]) for row in self.rows)
        return ["" if text in FORMULA_ERRORS else text for text in texts]

    def _holds_labels(self, place: int) -> bool:
        """Whether every cell of a column that is not blank is a known name of a class."""
        values = (row.values[place] for row in self.rows if not row.problem)
        filled = [value for value in values if not is_missing(value) and str(value).strip()]
        return bool(filled) and all(map(is_label, filled))

    def _holds_text(self, place: int) -> bool:
        """Whether a column has a cell that is neither blank nor a number."""
        return any((text := _text(row.values[place]).strip()) and not NUMBER.fullmatch(text) for row in self.rows)

    def _first_called(self, *columns: str) -> str | None:
        called = (name for name in self.names if any(is_called(name, column) for column in columns))
        return next(called, None) if self.named else None


def _place(name: str, *ways: Sequence[str]) -> int:
    """Where the column is that is called so in one of these ways to name all columns.

    Raises:
        TableError: there is none; the message has the first way.
    """
    for names in ways:
        if name in names:
            return names.index(name)
    raise TableError("column", name=name, names=", ".join(ways[0]))


def is_called(name: Any, column: str) -> bool:
    """Whether a cell is one of the known names of a column, a key of `KNOWN_NAMES`."""
    return plain_name(name) in _plain_names(column)


def known_columns(names: Sequence[Any]) -> dict[str, list[int]]:
    """For sentence1, sentence2 and label the places of the columns whose names are known, counted from 0."""
    found = {
        column: [place for place, name in enumerate(names) if is_called(name, column)] for column in Columns._fields
    }
    if not found["sentence1"] and not found["sentence2"] and (pair := _known_pair(list(map(plain_name, names)))):
        found |= {"sentence1": [pair[0]], "sentence2": [pair[1]]}
    return found


def _known_pair(names: list[str]) -> tuple[int, int] | None:
    """The places of the one pair of names that stand for the two sentences only together."""
    for one, other in ((plain_name(one), plain_name(other)) for one, other in KNOWN_PAIRS):
        if names.count(one) == names.count(other) == 1:
            return names.index(one), names.index(other)
    stems: dict[str, dict[str, int]] = {}
    for place, name in enumerate(names):
        if (numbered := NUMBERED.fullmatch(name)) and numbered["stem"] not in NUMBERED_OTHERS:
            stems.setdefault(numbered["stem"], {})[numbered["number"]] = place
    pairs = [
        (places[one], places[other])
        for places in stems.values()
        for one, other in ("12", "ab", "一二")
        if {one, other} <= places.keys()
    ]
    return pairs[0] if len(pairs) == 1 else None


def is_header(values: Sequence[Any], names: Iterable[str] = (), below: Sequence[Sequence[Any]] = ()) -> bool:
    """Whether the first row of a table of pairs names its columns.

    It does if it holds one of `names` or a known name. Else a wide row does unless it looks like the rows below it; one
    of three cells if the last is no label while all those below are; and one of two English words above Chinese ones.

    Args:
        values: the cells of the row.
        names: column names that are given.
        below: the cells of some of the rows below it.
    """
    wanted = {plain_name(name) for name in names if not NUMBER.fullmatch(name)}  # a number tells a column's place
    if any(plain_name(value) in wanted for value in values):
        return True
    if any(is_label(value) and plain_name(value) != "y" for value in values):
        return any(is_called(value, column) for value in values for column in Columns._fields)
    if any(known_columns(values).values()):
        return True
    last = [row[-1] for row in below if len(row) == len(values)]
    if len(values) == len(Columns._fields):
        return len(last) > 1 and values[-1] not in last and all(map(is_label, last))
    if len(values) < len(Columns._fields):
        return (
            len(below) > 1
            and all(map(_is_english, values))
            and all(has_chinese(str(cell)) for row in below for cell in row)
        )
    return not _looks_like_data(values, below)


def is_list_header(values: Sequence[Any], below: Sequence[Sequence[Any]] = ()) -> bool:
    """Whether the first row of a list names its columns: it holds a known name, or is wide and no row like the others.

    Args:
        values: the cells of the row.
        below: the cells of some of the rows below it.
    """
    if any(is_called(value, column) for value in values for column in ("sentence", "sentence1", "answer")):
        return True
    return len(values) > 1 and not _looks_like_data(values, below)


def _is_english(value: Any) -> bool:
    return ENGLISH_NAME.fullmatch(str(value).strip()) is not None


def _looks_like_data(values: Sequence[Any], below: Sequence[Sequence[Any]]) -> bool:
    """Whether a cell is a number, long, ends as a sentence does, or is the same as one below it in its column."""
    columns = itertools.zip_longest(*below)
    return any(
        isinstance(value, int | float)
        or NUMBER.fullmatch(text)
        or len(text) > LONGEST_SHORT_NAME
        or text.endswith(SENTENCE_ENDS)
        or value in column
        for value, column in itertools.zip_longest(values, columns, fillvalue=())
        if value is not None and (text := str(value).strip())
    )


def column_names(text: str) -> tuple[str, str, str]:
    """The names of the sentence columns and of the label column, as they are given: ``a,b`` or ``a,b,y``.

    Raises:
        DataError: there are fewer than two names or more than three.
    """
    names = [name.strip() for name in re.split("[,，]", text)] if text else ["", ""]
    if len(names) not in (2, 3) or (text and not all(names)):
        raise DataError(f"--columns {text}: expected the names of two or three columns: sentence1,sentence2,label")
    return (names[0], names[1], names[2] if len(names) == len(Columns._fields) else "")


def plain_name(name: Any) -> str:
    """A column's name without what makes no difference: width, case, spaces, punctuation, traditional characters."""
    text = str(name)
    return normalise(text) if len(text) <= LONGEST_KNOWN_NAME else text


@cache
def _plain_names(column: str) -> frozenset[str]:
    return frozenset(map(plain_name, KNOWN_NAMES[column]))


def made_up_names(width: int) -> tuple[str, ...]:
    """Names for the columns of a table that has none: those of a pair if there are at most three."""
    return unique_names(Columns._fields[:width] if width <= len(Columns._fields) else [None] * width)


def unique_names(header: Iterable[Any]) -> tuple[str, ...]:
    """The cells of a header as column names, none twice and none empty."""
    names: dict[str, None] = {}
    for number, value in enumerate(header, 1):
        name = "" if value is None else str(value).strip()[:LONGEST_NAME].rstrip()
        names[free_name(name or f"column {number}", names)] = None
    return tuple(names)


def free_name(name: str, taken: Container[str]) -> str:
    """`name`, or the first of `name (2)`, `name (3)` … that is not taken."""
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(candidate for candidate in itertools.chain([name], numbered) if candidate not in taken)


def sentence_text(value: Any) -> Any:
    """A cell of a sentence column as text: numbers, dates and truth values as a spreadsheet shows them.

    What is neither (nothing, a list) stays as it is, for `sentence_problem` to say.
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    if isinstance(value, datetime.date | datetime.time):
        return str(value)
    if isinstance(value, int | float) and not is_missing(value):
        return _text(value)
    return value


def sentence_problem(value: Any, name: str) -> Problem | None:
    """What is wrong with a cell of the sentence column called `name`; None if it holds text."""
    if isinstance(value, str):
        if value.strip() in FORMULA_ERRORS:
            return Problem("formula", {"sentence": name, "value": value.strip()})
        return None if value.strip() else Problem("blank", {"sentence": name})
    if is_missing(value):
        return Problem("missing", {"sentence": name})
    return Problem("type", {"sentence": name, "type": type(value).__name__})


def is_missing(value: Any) -> bool:
    """Whether a cell has no value: null, or NaN, the missing value of data frames."""
    return value is None or value != value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < EXACT else str(value)
