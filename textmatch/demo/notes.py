"""The lines under a result: who answered, how fast, and what the model could not read."""

from typing import TypedDict

import gradio as gr

from textmatch.demo.component import component
from textmatch.matcher import Prediction

SHOWN = 30
"""Characters of a cut-off rest or a list of unknown characters that a note shows."""

SURE = 0.65
"""Confidence below which the page says that the model is not sure."""

Note = dict[str, str]
"""The key of a text and the fields to fill in."""


class Lines(TypedDict):
    """The verdict for screen readers, the notes, and the line that says who answered or what to do."""

    verdict: str
    answer: Note
    notes: list[Note]


NOTHING: Lines = {"verdict": "", "answer": {"key": "hint"}, "notes": []}


def lines(prediction: Prediction, verdict: str, answer: Note, limit: int) -> Lines:
    """What to say about a prediction by a model that reads `limit` characters per sentence."""
    unsure = max(prediction.probabilities.values()) < SURE
    notes: list[Note] = [{"key": "unsure"}] if unsure else []
    for position, (rest, unknown) in enumerate(zip(prediction.truncated, prediction.unknown, strict=True), start=1):
        if rest:
            notes.append({"key": f"cut{position}", "limit": str(limit), "text": _shorten(rest)})
        if unknown:
            notes.append({"key": f"unknown{position}", "text": _shorten(" ".join(dict.fromkeys(unknown)))})
    return {"verdict": verdict, "answer": answer, "notes": notes}


def notes() -> gr.HTML:
    """The lines, empty. A visitor's text reaches the page through `textContent` alone."""
    keys = ("hint", "answered", "unsure", "cut1", "cut2", "unknown1", "unknown2", "compare_link_refused")
    return component("notes", NOTHING, *keys, elem_id="notes")


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
