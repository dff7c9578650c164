"""The examples of the Compare tab: a row of buttons, each with a pair for the boxes."""

import gradio as gr

from textmatch.demo.components import component
from textmatch.demo.examples import EXAMPLES, RANDOM_PAIRS


def examples() -> gr.HTML:
    """Build the row. It takes no value; a click writes into the boxes and asks."""
    return component(
        "examples",
        elem_id="examples",
        pairs=[example._asdict() for example in (*EXAMPLES, *RANDOM_PAIRS)],
    )
