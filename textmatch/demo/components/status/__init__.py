"""The status line with a progress bar: Batch, and Search's list and duplicates."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.components import Message, component


class StatusValue(TypedDict):
    """What a status shows; with nothing to say it is hidden.

    Attributes:
        line: The state in one line.
        messages: What else there is to say, one line each.
        progress: How far the work is, or None where none is under way: `share` from 0 to 1, or None where that is not
            known; and where it is known the texts `done`, `total` and `left` (minutes and seconds, or None).
        tone: Whether the line is an error.
    """

    line: Message | None
    messages: list[Message]
    progress: Mapping[str, object] | None
    tone: Literal["info", "error"]


WORKING: Mapping[str, object] = {"share": None}
"""The progress of work whose end nobody knows yet."""


def status_value(
    line: Message | None = None,
    *,
    messages: Sequence[Message] = (),
    progress: Mapping[str, object] | None = None,
    tone: Literal["info", "error"] = "info",
) -> StatusValue:
    """The value of a status; see `StatusValue`."""
    return {"line": line, "messages": list(messages), "progress": progress, "tone": tone}


IDLE = status_value()


def status(value: StatusValue = IDLE, *, elem_id: str, progress_texts: Mapping[str, str]) -> gr.HTML:
    """Build a status line. Only a new text is read out by a screen reader; the bar moves in silence.

    Args:
        value: What it shows at first, a `StatusValue`.
        elem_id: Its id on the page.
        progress_texts: The keys of the bar's texts: `progress` is its name, `count` and `left` stand beside it without
            and with the time left.
    """
    return component("status", value, elem_id=elem_id, progress_texts=dict(progress_texts))
