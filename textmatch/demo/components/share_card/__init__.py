"""The card to share: a picture of the verdict, the gauge and the aligned words, drawn in the browser."""

import gradio as gr

from textmatch.demo.components import component


def share_card(model: str) -> gr.HTML:
    """Build the button and the dialogue with the picture. It takes a `Reply` with a picture in it, or None.

    Args:
        model: The model that a link need not name.
    """
    return component("share_card", None, draws=["share_card"], elem_id="card", model=model)
