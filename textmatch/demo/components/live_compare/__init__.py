"""What the Compare tab does in the browser: asks while someone types, shows an answer only beside its own question."""

from typing import Any, TypedDict

import gradio as gr

from textmatch.demo.components import component

PAUSE = 200
"""Milliseconds without a keystroke after which the page asks for an answer."""

PATIENCE = 6000
"""Milliseconds without an answer after which the page says that none has come."""

LONGEST_LINK = 6000
"""Characters of the longest link to a comparison; proxies refuse addresses from about 8,000 on."""


class Reply(TypedDict):
    """What the server says to a question.

    Attributes:
        question: What was asked: both boxes and the model. The reply is dropped if the page holds another one by then.
        problems: What is wrong with each box; empty texts if nothing is.
        answer: Component → its new value, by the names in `CompareView`; None if the question was refused.
        opening: Whether the page has just opened. Then the question goes into the boxes, if they are empty.
    """

    question: list[str]
    problems: list[str]
    answer: dict[str, Any] | None
    opening: bool


def live_compare(model: str) -> gr.HTML:
    """Build the line that says whether a link was copied, and that no answer has come. It takes a `Reply`.

    It triggers `submit` to ask, `apply` when its reply is to be shown, and `clear` when nothing is.

    Args:
        model: The model that is chosen at first.
    """
    return component("live_compare", elem_id="live", model=model, pause=PAUSE, patience=PATIENCE, longest=LONGEST_LINK)
