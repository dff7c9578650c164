"""The picture of why: two rows of words, lines between those that met, and what would turn the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.component import component
from textmatch.demo.texts import CHINESE
from textmatch.explain import Change, Explanation, Flip, Word

TELLING = 0.05
"""Effect from which a word is marked as speaking for or against the verdict."""

LABEL_TEXTS = {"Matched": "alignment_matched", "Not Matched": "alignment_not_matched"}
"""Text for a class that has one; other classes are shown by their own names."""


class Chip(TypedDict):
    """A word of the picture; `effect` is -1 to 1 or None, `mark` what it does to the verdict."""

    text: str
    effect: float | None
    mark: Literal["for", "against", "none"]
    met: bool
    known: bool
    unknown: list[str]
    cut: bool


class Verdict(TypedDict):
    """A class by the key of its text, or else by its `name`, with the model's confidence 0 to 1."""

    key: str
    name: str
    confidence: float


class Part(TypedDict):
    """A piece of a changed sentence."""

    text: str
    kind: Literal["same", "gone", "new"]


class Turn(TypedDict):
    """What turns the verdict: each change as the key of its text and its fields, and the changed sentences."""

    verdict: Verdict
    changes: list[dict[str, str]]
    sentences: list[tuple[int, list[Part]]]


class Drawing(TypedDict):
    """What the picture shows; `lines` are (word of the first row, word of the second row, strength 0 to 1)."""

    verdict: Verdict | None
    rows: list[list[Chip]]
    lines: list[tuple[int, int, float]]
    notes: list[str]
    turn: Turn | None


NOTHING: Drawing = {"verdict": None, "rows": [[], []], "lines": [], "notes": [], "turn": None}


def drawing(explanation: Explanation) -> Drawing:
    """The picture's value for an explanation, in plain JSON values."""
    notes = {
        "alignment_equality": explanation.alignment == "equality",
        "alignment_plain": not all(explanation.as_given),
        "alignment_partial": not explanation.complete,
    }
    return {
        "verdict": _verdict(explanation.prediction.label, explanation.prediction.probabilities),
        "rows": [[_chip(word) for word in row] for row in explanation.words],
        "lines": [(meeting.first, meeting.second, round(meeting.strength, 4)) for meeting in explanation.meetings],
        "notes": [key for key, holds in notes.items() if holds],
        "turn": _turn(explanation, explanation.flip) if explanation.flip else None,
    }


def alignment() -> gr.HTML:
    """The picture at rest. Its template is static: words come as text and lines as attributes, by the script."""
    keys = (key for key in CHINESE if key.startswith("alignment_"))
    return component("alignment", NOTHING, *keys, elem_id="alignment")


def _chip(word: Word) -> Chip:
    effect = word.effect or 0.0
    return {
        "text": word.text,
        "effect": word.effect if word.effect is None else round(word.effect, 4),
        "mark": "for" if effect >= TELLING else "against" if effect <= -TELLING else "none",
        "met": word.met,
        "known": word.known,
        "unknown": list(word.unknown),
        "cut": word.cut,
    }


def _verdict(label: str, probabilities: Mapping[str, float]) -> Verdict:
    return {"key": LABEL_TEXTS.get(label, ""), "name": label, "confidence": round(probabilities[label], 4)}


def _turn(explanation: Explanation, flip: Flip) -> Turn:
    return {
        "verdict": _verdict(flip.prediction.label, flip.prediction.probabilities),
        "changes": [
            {"key": f"alignment_{change.kind}{change.sentence}", "word": change.text, "replacement": change.replacement}
            for change in flip.changes
        ],
        "sentences": [
            (number, _parts(explanation.texts[number - 1], explanation.words[number - 1], changes))
            for number in (1, 2)
            if (changes := {change.word: change for change in flip.changes if change.sentence == number})
        ],
    }


def _parts(text: str, row: tuple[Word, ...], changes: dict[int, Change]) -> list[Part]:
    """The sentence in pieces: what stays, what goes, what comes in its place."""
    parts: list[Part] = []
    at = 0
    for number, change in sorted(changes.items()):
        word = row[number]
        parts += [
            {"text": text[at : word.start], "kind": "same"},
            {"text": change.text, "kind": "gone"},
            {"text": change.replacement, "kind": "new"},
        ]
        at = word.end
    return [part for part in [*parts, Part(text=text[at:], kind="same")] if part["text"]]
