"""The links to the page in Chinese and in English; what was typed and loaded stays."""

import gradio as gr

from textmatch.demo.components import component


def language_switch() -> gr.HTML:
    """Build the two links. They take no value, and trigger `select` before the page is loaded anew."""
    return component("language_switch", elem_id="language")
