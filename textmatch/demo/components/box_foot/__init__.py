"""The line below a text box: how many characters it holds, what is wrong with it, and a button that empties it."""

import gradio as gr

from textmatch.demo.components import component
from textmatch.text import MAX_CHARACTERS


def box_foot(number: int) -> gr.HTML:
    """Build the line below the box `#sentence1` or `#sentence2`. It takes no value.

    Args:
        number: 1 or 2.
    """
    return component("box_foot", elem_id=f"foot{number}", elem_classes="tm-foot", number=number, limit=MAX_CHARACTERS)
