"""The links to the page in Chinese and in English; they take along the tab and what was typed."""

import gradio as gr

from textmatch.demo.components import component
from textmatch.demo.components.live_compare import LONGEST_LINK


def language_switch() -> gr.HTML:
    """Build the two links. They take no value."""
    return component("language_switch", elem_id="language", longest=LONGEST_LINK)
