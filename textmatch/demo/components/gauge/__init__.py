"""The similarity gauge: a semicircle that fills, a number and a word."""

from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.components import component

CLOSE, PARTLY = 0.85, 0.65
"""Similarities from which two sentences are called very close and somewhat close.

On LCQMC dev 96% of the pairs from 0.85 up match, and 62% of those from 0.65 to 0.85.
"""


class GaugeValue(TypedDict):
    """What the gauge shows: a similarity from 0 to 1, None before the first answer, and the word for it."""

    score: float | None
    level: Literal["waiting", "far", "partly", "close"]


EMPTY_GAUGE: GaugeValue = {"score": None, "level": "waiting"}


def gauge_value(similarity: float) -> GaugeValue:
    """The gauge's value for a similarity from 0 to 1."""
    level: Literal["far", "partly", "close"] = (
        "close" if similarity >= CLOSE else "partly" if similarity >= PARTLY else "far"
    )
    return {"score": similarity, "level": level}


def gauge() -> gr.HTML:
    """Build the gauge. It takes a `GaugeValue`."""
    keys = ("gauge_similarity", "gauge_waiting", "gauge_far", "gauge_partly", "gauge_close")
    return component("gauge", EMPTY_GAUGE, keys=keys, elem_id="gauge", limits=[PARTLY, CLOSE])
