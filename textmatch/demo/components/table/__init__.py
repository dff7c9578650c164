"""The table of the page: the ranking, all models, the figures in About, and Batch's preview and results."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

import gradio as gr

from textmatch.demo.components import Message, component

Heading = str | Message
"""A visitor's column name, or a text of the page."""

Cell = str | int | float | dict[str, float] | Message | None
"""A text, a number, ``{"share": 0 to 1}`` or ``{"chance": probability}`` drawn as a bar, a text of the page, or None
for a dash."""


class TableValue(TypedDict):
    """What a table shows; without rows it is hidden. A visitor's own is laid out for long texts."""

    caption: Message | None
    columns: list[Heading]
    rows: list[list[Cell]]
    visitors: bool


EMPTY_TABLE: TableValue = {"caption": None, "columns": [], "rows": [], "visitors": False}


def table_value(
    columns: Iterable[Heading],
    rows: Iterable[Sequence[Cell]],
    caption: Message | None = None,
    *,
    visitors: bool = False,
) -> TableValue:
    """The value of a table.

    Args:
        columns: The headings, one a column.
        rows: The cells, one a column.
        caption: The title above the table.
        visitors: Whether it is a visitor's.
    """
    return {
        "caption": caption,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "visitors": visitors,
    }


def table(value: TableValue = EMPTY_TABLE, *, elem_id: str) -> gr.HTML:
    """Build a table.

    Args:
        value: What it shows at first, a `TableValue`.
        elem_id: Its id on the page.
    """
    return component("table", value, draws=["table"], elem_id=elem_id)
