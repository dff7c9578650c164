"""The list of the sentences nearest to what was typed."""

from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.components import Message, component
from textmatch.demo.components.live_compare import PATIENCE

HitVerdict = Literal["same", "unsure", "other"]


class HitValue(TypedDict):
    """One hit.

    Attributes:
        sentence: The sentence in the visitor's list.
        answer: What the list has as its answer, or nothing.
        number: The number of its row.
        copies: Rows that hold an equal sentence.
        verdict: Whether it means the same, or the model is not sure.
        probability: That it means the same as the query, 0 to 1.
        similarity: As the model sees the two, 0 to 1.
        overlap: Shared characters, 0 to 1.
    """

    sentence: str
    answer: str
    number: int
    copies: list[int]
    verdict: HitVerdict
    probability: float
    similarity: float
    overlap: float


class HitsValue(TypedDict):
    """What the list shows: the query that it answers, a line above it, and the hits, the most probable first."""

    query: str
    line: Message
    hits: list[HitValue]


def search_hits(value: HitsValue) -> gr.HTML:
    """Build the list. It takes a `HitsValue`, and triggers `submit` when typing in `#search-query` has paused.

    Hits are dimmed as long as another query stands in the box, and hidden if no answer comes.
    """
    return component("search_hits", value, elem_id="search-hits", patience=PATIENCE)
