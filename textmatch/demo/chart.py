"""A line with points: shares 0 to 1 over epochs or over confidences."""

from collections.abc import Sequence

import gradio as gr

from textmatch.demo.component import component


def chart(points: Sequence[tuple[float, float]], *, caption: str, x: str, y: str, diagonal: bool = False) -> gr.HTML:
    """A chart that its accessible name tells in figures.

    Args:
        points: (x, share 0 to 1), in the order of x.
        caption: the key of its title.
        x: the key of the horizontal axis' name.
        y: the key of the points' name.
        diagonal: whether x is a share as well and the line where both are the same is drawn.
    """
    value = {"caption": caption, "x": x, "y": y, "points": [list(point) for point in points], "diagonal": diagonal}
    return component("chart", value, caption, x, y)
