"""A table whose headings follow the visitor's language and whose cells are text and nothing else."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

import gradio as gr

from textmatch.demo.component import component

Words = dict[str, str]
"""The key of a text of ours, as `key`, and the fields to fill in."""

Cell = None | str | float | dict[str, float] | Words
"""Nothing, a text, a number, ``{"share": 0 to 1}`` for a bar, or words of ours."""


class Rows(TypedDict):
    """What a table shows: a caption, the keys of its headings, and its rows; without rows it hides itself."""

    caption: Words | None
    columns: list[str]
    rows: list[list[Cell]]


NO_ROWS: Rows = {"caption": None, "columns": [], "rows": []}


def rows(columns: Sequence[str], cells: Iterable[Sequence[Cell]], caption: Words | None = None) -> Rows:
    """A table's value."""
    return {"caption": caption, "columns": list(columns), "rows": [list(row) for row in cells]}


def table(value: Rows = NO_ROWS, *, elem_id: str, keys: Iterable[str]) -> gr.HTML:
    """A table; `keys` are the texts it may need. What is in it reaches the page through `textContent` alone."""
    return component("table", value, *keys, elem_id=elem_id, elem_classes="tm-holder")
