"""The button by a verdict that keeps a wrongly judged pair, and the file of all that were kept."""

from typing import TypedDict

import gradio as gr

from textmatch.demo.components import component


class JudgedValue(TypedDict):
    """A judged pair: its sentences, and the number of the class that the model gave it, 0 or 1."""

    sentence1: str
    sentence2: str
    label: int


def corrections(*, collects: bool) -> gr.HTML:
    """Build the button. It takes a `JudgedValue`, or None while there is nothing to correct.

    Corrections stay in the visitor's browser. The file that it makes of them is JSON Lines with the other class as the
    label, as `train.py --also` reads.

    Args:
        collects: Whether there is a button, too, that sends them to the owner of the page (`demo.collecting`).
    """
    return component("corrections", None, elem_id="corrections", collects=collects)
