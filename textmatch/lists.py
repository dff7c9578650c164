"""Read a list of sentences, and what stands beside each, from a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textmatch import tables
from textmatch.tables import TableError

SUFFIXES = (".txt", ".csv", ".tsv", ".jsonl", ".xlsx")

MAX_ROWS = 1_000_000
"""Rows that are read of a list; tables (.csv, .tsv, .xlsx) end sooner, at `tables.MAX_ROWS`."""

SENTENCE_NAMES = (
    "sentence",
    "text",
    "question",
    "query",
    "title",
    "sentence1",
    "句子",
    "问题",
    "问句",
    "標題",
    "标题",
    "問題",
)
ANSWER_NAMES = ("answer", "answers", "reply", "response", "答案", "回答", "答复", "回复", "答覆", "回覆")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file.

    Attributes:
        columns: their names; empty where the file has but one column and no header.
        rows: each as long as `columns`, or one cell without columns; an empty cell is "".
        first: the number of the first row in the file, from 1.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first: int

    def column(self, name: str | None = None) -> list[str]:
        """The cells of a column; None takes the one that is called like a sentence, or else the first.

        Raises:
            TableError: there is no such column.
        """
        if name is None:
            name = self.sentence_column
        if name is not None and name not in self.columns:
            raise TableError("column", name=name, names=", ".join(self.columns) or "–")
        place = 0 if name is None else self.columns.index(name)
        return [row[place] for row in self.rows]

    @property
    def sentence_column(self) -> str | None:
        """The column that is called like a sentence, or else the first one; None where columns have no names."""
        return _named(self.columns, SENTENCE_NAMES) or next(iter(self.columns), None)

    @property
    def answer_column(self) -> str | None:
        """The column that is called like an answer, if there is one."""
        return _named(self.columns, ANSWER_NAMES)


def read_table(path: str | Path) -> Table:
    """Read a file of sentences.

    A `.txt` file has one sentence a line. In `.csv`, `.tsv` and `.xlsx` the first row names the columns if there are
    several, or if its name is a usual one ("question", "问题" …). A line of `.jsonl` is a string or an object.

    Args:
        path: a file whose name ends in one of `SUFFIXES`; its encoding as `tables.read` takes it.

    Raises:
        TableError: the file is missing, empty, too long, damaged or of an unknown kind.
    """
    path = Path(path)
    with tables.naming(path):
        return _read(path.suffix.lower(), tables.content(path, SUFFIXES))


def lines(text: str) -> Table:
    """The table of a list with one sentence a line.

    Raises:
        TableError: There are no lines, or too many.
    """
    if not text.strip():
        raise TableError("list")
    return Table((), _limited([(line,) for line in text.splitlines()]), 1)


def _read(kind: str, content: bytes) -> Table:
    if kind == ".xlsx":
        return _tabular(tables.workbook(content))
    text, _ = tables.decode(content)
    if kind == ".txt":
        return lines(text)
    return _objects(text) if kind == ".jsonl" else _tabular(tables.delimited(text, kind))


def _named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    return next((column for column in columns if column.strip().lower() in names), None)


def _limited(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    if len(rows) > MAX_ROWS:
        raise TableError("rows", limit=MAX_ROWS)
    return tuple(rows)


def _tabular(records: Sequence[Sequence[Any]]) -> Table:
    width = max(map(len, records), default=0)
    if not width:
        raise TableError("list")
    first, *rest = whole = [(*map(_cell, record), *[""] * (width - len(record))) for record in records]
    if width == 1 and not _named(first, SENTENCE_NAMES):
        return Table((), _limited(whole), 1)
    if not rest:
        raise TableError("list")
    return Table(tables.unique(first), _limited(rest), 2)


def _objects(text: str) -> Table:
    values = [_value(line, number) for number, line in enumerate(text.rstrip().splitlines(), 1)]
    if not values:
        raise TableError("list")
    columns = tuple(dict.fromkeys(name for value in values if isinstance(value, dict) for name in value))
    if not columns:
        return Table((), _limited([(str(value),) for value in values]), 1)
    rows = [[value.get(name) if isinstance(value, dict) else None for name in columns] for value in values]
    return Table(columns, _limited([tuple(map(_cell, row)) for row in rows]), 1)


def _value(line: str, number: int) -> str | dict[str, Any]:
    try:
        value = json.loads(line) if line.strip() else ""
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, str | dict):
        raise TableError("item", row=number)
    return value


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
