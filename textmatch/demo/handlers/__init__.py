"""What happens when a visitor asks: the functions behind the events of the tabs.

A handler class is built with its tab's view, a named tuple of the components it updates, and returns `jobs.Updates`:
component → new value. Tests build it with names in place of components.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import gradio as gr

from textmatch.demo.components.table import Heading, TableValue, table_value
from textmatch.demo.i18n import text, translate
from textmatch.errors import BusyError, TextMatchError
from textmatch.files import ENCODINGS, Table, TableError, chosen_encoding

PREVIEW_ROWS = 5
"""Rows shown of a table that was read."""

ENCODING_CHOICES = [(name.upper() if name != "big5" else "Big5", name) for name in ENCODINGS]
"""The encodings as people call them, and as `files` does."""

CELL_LENGTH = 120
"""Characters shown of a cell."""

HIDDEN: Literal["hidden"] = "hidden"
"""For `visible`: not shown, but on the page. What is False Gradio builds once it becomes True, and if the next event
comes before that is done, it may never appear."""

BUSY = {"client": "busy_client", "all": "busy_all"}
"""What a visitor is told when too much work is waiting: their own, or that of all."""


@contextmanager
def visitor_errors(title: str, request: gr.Request) -> Iterator[None]:
    """Show errors that textmatch raises on purpose to the visitor; any other error is a bug and passes.

    Args:
        title: the key of the message's title.
        request: chooses the language.

    Raises:
        gr.Error: in place of a `TextMatchError`.
    """
    try:
        yield
    except TextMatchError as error:
        message = error_message(error, request)
        title = "busy_title" if isinstance(error, BusyError) else title
        raise gr.Error(message, title=translate(title, request), print_exception=False) from None


def table_preview(table: Table, name: str, keys: Sequence[str] = ()) -> TableValue:
    """The first rows of a table as it was read, and how.

    Args:
        table: what was read.
        name: the file's name; empty if it was pasted.
        keys: as in `headings`.
    """
    caption = {
        "key": "batch_pasted" if not name else "batch_read_as" if table.encoding else "batch_read",
        "name": shorten(" · ".join(filter(None, (name, table.sheet)))),
        "rows": f"{len(table.rows):,}",
        "encoding": table.encoding,
    }
    rows = [list(map(shorten, row.values)) for row in table.rows[:PREVIEW_ROWS]]
    return table_value(headings(table, keys), rows, caption, visitors=True)


def headings(table: Table, keys: Sequence[str] = ()) -> list[Heading]:
    """What the columns of a table are called on the page.

    Args:
        table: what was read.
        keys: the page's texts for the columns where they have no names; numbers if there are more columns than keys.
    """
    if table.named:
        return list(map(shorten, table.names))
    if len(table.names) <= len(keys):
        return [{"key": key} for key in keys[: len(table.names)]]
    return [{"key": "table_column", "number": number} for number in range(1, len(table.names) + 1)]


def choice_name(heading: Heading) -> str:
    """The same for a choice: Gradio translates one text in it, but fills in no fields."""
    if isinstance(heading, str):
        return heading
    return f"{text('table_column_word')} {heading['number']}" if "number" in heading else str(text(heading["key"]))


def encoding_choice(table: Table) -> dict[str, Any]:
    """What a dropdown offers where the encoding of a table's file was guessed; UTF-8 is told for certain."""
    guessed = table.encoding not in ("", "UTF-8")
    return gr.update(value=chosen_encoding(table.encoding) or None, visible=visible(guessed))


def visible(shown: object) -> bool | Literal["hidden"]:
    """For `visible` of what events show and hide."""
    return True if shown else HIDDEN


def shorten(value: object) -> str:
    """A cell as text, no longer than is shown."""
    shown = "" if value is None else str(value)
    return shown if len(shown) <= CELL_LENGTH else shown[:CELL_LENGTH] + "…"


def error_message(error: TextMatchError, request: gr.Request | None) -> str:
    """An error's message, in the visitor's language if there is a translation."""
    if isinstance(error, TableError):
        return translate(f"table_error_{error.problem.key}", request, **error.problem.fields)
    if isinstance(error, BusyError):
        return translate(BUSY[error.whose], request, limit=error.limit)
    return str(error)
