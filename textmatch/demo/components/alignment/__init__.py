"""The picture of why: two rows of words, lines between aligned words, and what would change the verdict.

A word can be changed, taken out or moved in the picture; the change goes into the boxes, and the answer before it stays
in view.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.components import Message, component
from textmatch.results import Counterfactual, Edit, Explanation, Trial, Word

TELLING = 0.2
"""Importance from which a word is marked as a reason."""

LABEL_TEXTS = {"Matched": "alignment_matched", "Not Matched": "alignment_not_matched"}
"""Class → key of its text; other classes are shown by their own names."""


class ChipValue(TypedDict):
    """A word of the picture.

    Attributes:
        text: The word as it stands in the sentence.
        start: Its first character in the shown sentence, from 0.
        end: The character after its last one.
        importance: How much the verdict hangs on it, -1 to 1; None if not tried.
        trial: What was tried with it: both sentences made to agree here, the word put back where it stands in the other
            sentence, or taken out of one.
        confidence: In the verdict after that, 0 to 1.
        alone: In the verdict if the sentences differed in nothing but this, 0 to 1.
        mark: What the word is a reason for: that the sentences mean the same, or that they differ.
        shared: Whether it is aligned with the same word.
        aligned: Whether it is aligned with a word of the other sentence.
        known: Whether the model has learnt the word.
        unknown: Its characters that the model has not learnt.
        cut: Whether the model did not read it, or not all of it.
    """

    text: str
    start: int
    end: int
    importance: float | None
    trial: Trial | None
    confidence: float | None
    alone: float | None
    mark: Literal["same", "different", "none"]
    shared: bool
    aligned: bool
    known: bool
    unknown: list[str]
    cut: bool


class VerdictValue(TypedDict):
    """A class: the key of its text, empty if it has none, its own name, and the model's confidence from 0 to 1."""

    key: str
    name: str
    confidence: float


class PartValue(TypedDict):
    """A piece of a changed sentence."""

    text: str
    kind: Literal["same", "deleted", "inserted"]


class CounterfactualValue(TypedDict):
    """A change that turns the verdict: the new verdict, the edits, and the changed sentences (1 or 2)."""

    verdict: VerdictValue
    edits: list[Message]
    sentences: list[tuple[int, list[PartValue]]]


class AlignmentValue(TypedDict):
    """What the picture shows; without a verdict it is at rest.

    Attributes:
        verdict: The model's verdict.
        score: The similarity, 0 to 100.
        texts: Both sentences as they are shown.
        rows: The words of both sentences.
        lines: (word of the first row, word of the second row, strength from 0 to 1).
        messages: Keys of texts about the picture as a whole.
        counterfactual: What turns the verdict, if something was found.
        weakness: What keeps the meaning and turns the verdict all the same, if something was found.
    """

    verdict: VerdictValue | None
    score: int
    texts: list[str]
    rows: list[list[ChipValue]]
    lines: list[tuple[int, int, float]]
    messages: list[str]
    counterfactual: CounterfactualValue | None
    weakness: CounterfactualValue | None


EMPTY_ALIGNMENT: AlignmentValue = {
    "verdict": None,
    "score": 0,
    "texts": ["", ""],
    "rows": [[], []],
    "lines": [],
    "messages": [],
    "counterfactual": None,
    "weakness": None,
}


def alignment_value(explanation: Explanation) -> AlignmentValue:
    """The picture's value for an explanation."""
    messages = {
        "alignment_equality": explanation.alignment == "equality",
        "alignment_plain": not all(explanation.as_given),
        "alignment_partial": not explanation.complete,
    }
    (first, second), pairs = explanation.words, explanation.aligned_pairs
    equal = [(pair.first, pair.second) for pair in pairs if first[pair.first].plain == second[pair.second].plain]
    shared = {place for i, j in equal for place in ((0, i), (1, j))}
    return {
        "verdict": _verdict(explanation.prediction.label, explanation.prediction.probabilities),
        "score": round(100 * explanation.prediction.similarity),
        "texts": list(explanation.texts),
        "rows": [
            [_chip(word, (side, i) in shared) for i, word in enumerate(row)]
            for side, row in enumerate(explanation.words)
        ],
        "lines": [(pair.first, pair.second, round(pair.strength, 4)) for pair in explanation.aligned_pairs],
        "messages": [key for key, holds in messages.items() if holds],
        "counterfactual": _counterfactual(explanation, explanation.counterfactual),
        "weakness": _counterfactual(explanation, explanation.weakness),
    }


def alignment() -> gr.HTML:
    """Build the picture, at rest. It takes an `AlignmentValue`."""
    return component("alignment", EMPTY_ALIGNMENT, elem_id="alignment")


def _chip(word: Word, shared: bool) -> ChipValue:
    return {
        "text": word.text,
        "start": word.start,
        "end": word.end,
        "importance": _rounded(word.importance),
        "trial": word.trial,
        "confidence": _rounded(word.confidence),
        "alone": _rounded(word.alone),
        "mark": _mark(word),
        "shared": shared,
        "aligned": word.aligned,
        "known": word.known,
        "unknown": list(word.unknown),
        "cut": word.cut,
    }


def _rounded(share: float | None) -> float | None:
    return share if share is None else round(share, 4)


def _mark(word: Word) -> Literal["same", "different", "none"]:
    importance = word.importance or 0.0
    if abs(importance) < TELLING:
        return "none"
    return "same" if (word.trial == "remove") == (importance > 0) else "different"


def _verdict(label: str, probabilities: Mapping[str, float]) -> VerdictValue:
    return {"key": LABEL_TEXTS.get(label, ""), "name": label, "confidence": round(probabilities[label], 4)}


def _counterfactual(explanation: Explanation, found: Counterfactual | None) -> CounterfactualValue | None:
    if found is None:
        return None
    return {
        "verdict": _verdict(found.prediction.label, found.prediction.probabilities),
        "edits": _edits(found),
        "sentences": [
            (number, _parts(explanation.texts[number - 1], explanation.words[number - 1], edits))
            for number in (1, 2)
            if (edits := {edit.word: edit for edit in found.edits if edit.sentence == number})
        ],
    }


def _edits(found: Counterfactual) -> list[Message]:
    """What is done to the sentence; two words that take each other's place are one edit."""
    edits = found.edits
    kinds: list[str] = [edit.kind for edit in edits]
    if len(edits) == 2 and (edits[0].text, edits[0].replacement) == (edits[1].replacement, edits[1].text):
        kinds = ["exchange"]
    return [
        {"key": f"alignment_edit_{kind}_{edit.sentence}", "word": edit.text, "replacement": edit.replacement}
        for kind, edit in zip(kinds, edits, strict=False)
    ]


def _parts(text: str, row: tuple[Word, ...], edits: dict[int, Edit]) -> list[PartValue]:
    """The sentence in pieces: what stays, what is deleted, what is inserted in its place."""
    parts: list[PartValue] = []
    at = 0
    for number, edit in sorted(edits.items()):
        word = row[number]
        parts += [
            {"text": text[at : word.start], "kind": "same"},
            {"text": edit.text, "kind": "deleted"},
            {"text": edit.replacement, "kind": "inserted"},
        ]
        at = word.end
    return [part for part in [*parts, PartValue(text=text[at:], kind="same")] if part["text"]]
