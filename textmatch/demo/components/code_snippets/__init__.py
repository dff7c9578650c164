"""The panel that shows the comparison as code, to be copied."""

import gradio as gr

from textmatch.demo.components import component
from textmatch.demo.components.code_snippets.snippets import EMPTY_SNIPPETS


def code_snippets() -> gr.HTML:
    """Build the panel. It takes `Snippets`, the code in four ways."""
    keys = (
        *("code_lead", "code_python", "code_client", "code_curl", "code_mcp"),
        *("copy_button", "copy_done", "copy_failed"),
    )
    return component("code_snippets", EMPTY_SNIPPETS, keys=keys, elem_id="code")
