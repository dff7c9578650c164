"""The similarity gauge: a semicircle with four zones, a number, a word, and two plain figures below."""

from collections import Counter
from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.components import component
from textmatch.results import Prediction
from textmatch.text import normalise

Level = Literal["waiting", "unread", "apart", "topic", "close", "nearly", "equal"]

ZONES: tuple[tuple[int, Level], ...] = ((20, "apart"), (50, "topic"), (80, "close"), (100, "nearly"))
"""The similarity in percent below which each zone ends, and its word; 100 itself is "equal".

The word follows the rounded number that is shown, so that a number never has two words.
"""


class GaugeValue(TypedDict):
    """What the gauge shows.

    Attributes:
        score: The similarity, 0 to 100; None before the first answer, and where the model cannot say.
        level: The word for it.
        common: Share of characters that both sentences have, 0 to 1.
        cosine: Of the sentence embeddings, -1 to 1.
    """

    score: int | None
    level: Level
    common: float
    cosine: float


EMPTY_GAUGE: GaugeValue = {"score": None, "level": "waiting", "common": 0.0, "cosine": 0.0}


def gauge_value(prediction: Prediction, *, readable: bool = True) -> GaugeValue:
    """The gauge's value for a prediction.

    Args:
        prediction: What the model says.
        readable: Whether it has read enough to say how close the sentences are; if not, the gauge shows no number.
    """
    if not readable:
        return EMPTY_GAUGE | {"level": "unread"}
    score = round(100 * prediction.similarity)
    level: Level = next((word for end, word in ZONES if score < end), "equal")
    common = common_characters(prediction.sentence1, prediction.sentence2)
    return {"score": score, "level": level, "common": common, "cosine": prediction.cosine}


def common_characters(sentence1: str, sentence2: str) -> float:
    """Share of the characters of two sentences, 0 to 1, that the other one has as well, as often."""
    counts = [Counter(normalise(sentence)) for sentence in (sentence1, sentence2)]
    total = sum(count.total() for count in counts)
    return 2 * (counts[0] & counts[1]).total() / total if total else 0.0


def gauge() -> gr.HTML:
    """Build the gauge. It takes a `GaugeValue`."""
    return component("gauge", EMPTY_GAUGE, elem_id="gauge", limits=[end / 100 for end, _ in ZONES[:-1]])
