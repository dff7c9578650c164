"""The chart of the page: points, joined by a line, over shares or over epochs. Batch's report draws it as well."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

import gradio as gr

from textmatch.demo.components import component


class ChartValue(TypedDict):
    """What a chart shows; `caption`, `x` and `y` are keys of texts, a point is its x and a share from 0 to 1."""

    caption: str
    x: str
    y: str
    points: list[list[float]]
    diagonal: bool


def chart(points: Iterable[Sequence[float]], *, caption: str, x: str, y: str, diagonal: bool = False) -> gr.HTML:
    """Build a chart. Its accessible name gives the figures.

    Args:
        points: (x, share from 0 to 1), in the order of x.
        caption: The key of its title.
        x: The key of the horizontal axis' name.
        y: The key of the vertical axis' name.
        diagonal: Whether x is a share as well; the line where both shares are equal is then drawn.
    """
    value: ChartValue = {
        "caption": caption,
        "x": x,
        "y": y,
        "points": [list(point) for point in points],
        "diagonal": diagonal,
    }
    return component("chart", value, draws=["chart"])
