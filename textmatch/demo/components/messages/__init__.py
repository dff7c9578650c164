"""The lines under a result: who answered, how fast, and what the model could not read."""

from typing import TypedDict

import gradio as gr

from textmatch.demo.components import Message, component
from textmatch.results import Prediction

SHOWN = 30
"""Characters shown of a part that was cut off, or of a list of unknown characters."""

SURE = 0.65
"""Confidence below which the page says that the model is not sure."""


class MessagesValue(TypedDict):
    """What the lines say.

    Attributes:
        verdict: The verdict, for screen readers only.
        answer: The last line: who answered, or what to do.
        messages: What else a visitor should know about the result.
    """

    verdict: str
    answer: Message
    messages: list[Message]


EMPTY_MESSAGES: MessagesValue = {"verdict": "", "answer": {"key": "messages_hint"}, "messages": []}


def messages_value(prediction: Prediction, verdict: str, answer: Message, limit: int) -> MessagesValue:
    """The lines about a prediction.

    Args:
        prediction: What the model found.
        verdict: The predicted label as the page names it.
        answer: The last line.
        limit: How many characters of a sentence the model reads.
    """
    messages: list[Message] = [{"key": "messages_unsure"}] if max(prediction.probabilities.values()) < SURE else []
    for position, (rest, unknown) in enumerate(zip(prediction.truncated, prediction.unknown, strict=True), start=1):
        if rest:
            messages.append({"key": f"messages_cut_{position}", "limit": str(limit), "text": _shorten(rest)})
        if unknown:
            messages.append({"key": f"messages_unknown_{position}", "text": _shorten(" ".join(dict.fromkeys(unknown)))})
    return {"verdict": verdict, "answer": answer, "messages": messages}


def messages() -> gr.HTML:
    """Build the lines. They take a `MessagesValue`."""
    keys = (
        *("messages_hint", "messages_answered", "messages_unsure", "messages_link_refused"),
        *("messages_cut_1", "messages_cut_2", "messages_unknown_1", "messages_unknown_2"),
    )
    return component("messages", EMPTY_MESSAGES, keys=keys, elem_id="messages")


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
