"""The panel that shows the comparison as code, to be copied."""

import gradio as gr

from textmatch.demo.components import component
from textmatch.demo.components.code_snippets.snippets import EMPTY_SNIPPETS


def code_snippets() -> gr.HTML:
    """Build the panel. It takes `Snippets`, the code in four ways."""
    return component("code_snippets", EMPTY_SNIPPETS, elem_id="code")
