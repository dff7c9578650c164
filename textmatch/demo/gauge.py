"""The similarity gauge: a semicircle that fills, a number and a word."""

from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.component import component

CLOSE, PARTLY = 0.85, 0.65
"""Similarities from which two sentences are called very close and somewhat close.

On LCQMC dev 96% of the pairs from 0.85 up match, and 62% of those from 0.65 to 0.85.
"""


class Reading(TypedDict):
    """What the gauge shows: a similarity 0 to 1 (None before the first answer) and the word for it."""

    score: float | None
    level: Literal["waiting", "far", "partly", "close"]


WAITING: Reading = {"score": None, "level": "waiting"}


def reading(similarity: float) -> Reading:
    """The gauge's value for a similarity 0 to 1."""
    return {
        "score": similarity,
        "level": "close" if similarity >= CLOSE else "partly" if similarity >= PARTLY else "far",
    }


def gauge() -> gr.HTML:
    """The gauge at rest. Its template is static: what changes is set as attributes and text by the script."""
    keys = ("similarity", "waiting", "far", "partly", "close")
    return component("gauge", WAITING, *keys, elem_id="gauge", limits=[PARTLY, CLOSE])
