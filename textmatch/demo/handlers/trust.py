"""How far a prediction can be trusted: how often such a verdict was right, and what the model cannot judge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from textmatch.demo.components import Message
from textmatch.results import Prediction
from textmatch.text import lacking_chinese, normalise

RIGHT = 0.75
"""Share of right verdicts below which the page says that the model is not sure."""

SURE = 0.65
"""Confidence below which it says so where a checkpoint does not record how often it was right."""

SCORES = ("scores", "dev_also_scores")
"""In ``metrics.json`` the scored collections of labelled pairs, each with its ``[class][bin]`` counts. The first is the
last split of the main corpus; those that calibrated the model beside it count as much."""

FEW = 50
"""Labelled pairs that a share must at least come from."""

SHOWN = 30
"""Characters shown of a part that was not read, or of a list of unknown characters."""

CANTONESE = re.compile("[嘅咗喺冇佢哋嚟嗰啲嘢瞓攞噉咁乜嘥]|唔(?=[係该該好知使得会會可想要去到见見系])")
"""Characters that written Cantonese uses and standard Chinese does not."""


class Record(NamedTuple):
    """How often a verdict at a confidence was right, on labelled pairs.

    Attributes:
        share: of right ones, 0 to 1; every collection of pairs counts as much, however large it is.
        pairs: number of the labelled pairs with this verdict at about this confidence.
        collections: number of the collections that they come from.
    """

    share: float
    pairs: int
    collections: int


class Trust(NamedTuple):
    """How far a prediction can be trusted.

    Attributes:
        sure: whether the verdict may stand without "not sure".
        right: how often such a verdict was right, in words; None if that is not known.
        warnings: what the model could not judge.
        readable: whether the model has read enough of both sentences to say how close they are.
        judged: whether there is a verdict at all; not on a sentence without Chinese.
    """

    sure: bool
    right: Message | None
    warnings: list[Message]
    readable: bool
    judged: bool


def trust(prediction: Prediction, metrics: Mapping[str, Any], limit: int) -> Trust:
    """Say how far a prediction can be trusted.

    Args:
        prediction: what the model says.
        metrics: the checkpoint's ``metrics.json``, of which `SCORES` are used, where it has them: for each class the
            number of labelled pairs by probability of the last class, in bins of equal width.
        limit: characters of a sentence that the model reads.
    """
    record = right_share(prediction.probabilities, metrics)
    sure = is_sure(prediction.probabilities, metrics)
    doubts = _doubts(prediction)
    right: Message | None = None
    if record and not doubts:
        right = {
            "key": "verdict_right" if record.collections == 1 else "verdict_right_both",
            # Rounded down: below three in four the page says "not sure", and then no 75% may stand there.
            "share": f"{min(int(100 * record.share), 99)}%",
            "pairs": f"{record.pairs:,}",
        }
    readable = all(doubt["key"] == "warning_cantonese" for doubt in doubts)
    judged = not any(doubt["key"].startswith("warning_no_chinese") for doubt in doubts)
    return Trust(sure and not doubts, right, [*doubts, *_notes(prediction, limit)], readable, judged)


def is_sure(probabilities: Mapping[str, float], metrics: Mapping[str, Any]) -> bool:
    """Whether a verdict at this confidence is right often enough; see `trust` for the arguments."""
    record = right_share(probabilities, metrics)
    return record.share >= RIGHT if record else max(probabilities.values()) >= SURE


def right_share(probabilities: Mapping[str, float], metrics: Mapping[str, Any]) -> Record | None:
    """How often a two-class model's verdict was right at about this confidence; None if that is not known.

    The two verdicts are counted apart: a model that has seen more pairs of one class in training than there are is
    too ready to say it, and then the same confidence means less on that side.
    """
    found = [metrics.get(name) or [] for name in SCORES]
    collections = [scores for scores in found if len(scores) == 2 and any(map(any, scores))]
    if not collections or len(probabilities) != 2:
        return None
    last = list(probabilities.values())[1]
    pairs, right, every = 0, 0.0, 0.0
    for scores in collections:
        at = min(int(last * len(scores[0])), len(scores[0]) - 1)
        counts, total = [each[at] for each in scores], sum(map(sum, scores))
        pairs += sum(counts)
        right += counts[last >= 0.5] / total
        every += sum(counts) / total
    return Record(right / every, pairs, len(collections)) if pairs >= FEW else None


def _doubts(prediction: Prediction) -> list[Message]:
    """What the model cannot judge at all: the verdict may not stand as it is."""
    sentences = (prediction.sentence1, prediction.sentence2)
    if normalise(sentences[0]) == normalise(sentences[1]):  # no model is needed for that
        return []
    if without := lacking_chinese(*sentences):
        return [{"key": "warning_no_chinese" if len(without) == 2 else f"warning_no_chinese_{without[0]}"}]
    doubts: list[Message] = []
    says_same = prediction.label == list(prediction.probabilities)[-1]
    if any(CANTONESE.search(sentence) for sentence in sentences):
        doubts.append({"key": "warning_cantonese"})
    if says_same and prediction.truncated[0] != prediction.truncated[1]:
        doubts.append({"key": "warning_tail"})
    if says_same and set(prediction.unknown[0]) != set(prediction.unknown[1]):
        doubts += _unknown(prediction)
    return doubts


def _notes(prediction: Prediction, limit: int) -> list[Message]:
    """What was not read, and what was not known where that need not change the verdict."""
    notes: list[Message] = [
        {"key": f"warning_cut_{number}", "limit": str(limit), "text": _shorten(rest)}
        for number, rest in enumerate(prediction.truncated, 1)
        if rest
    ]
    says_same = prediction.label == list(prediction.probabilities)[-1]
    if not says_same or set(prediction.unknown[0]) == set(prediction.unknown[1]):
        notes += _unknown(prediction)
    return notes


def _unknown(prediction: Prediction) -> list[Message]:
    return [
        {"key": f"warning_unknown_{number}", "text": _shorten(" ".join(dict.fromkeys(tokens)))}
        for number, tokens in enumerate(prediction.unknown, 1)
        if tokens
    ]


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
