"""The panel that shows the comparison as code, to be copied."""

from pathlib import Path

import gradio as gr

from textmatch.demo.component import component
from textmatch.demo.snippets import NO_SNIPPETS

COPY = Path(__file__).with_name("copy.js").read_text(encoding="utf-8")
"""The script's function `copyText`, for every component that copies."""


def code() -> gr.HTML:
    """The panel, empty. Code with a visitor's sentences in it reaches the page through `textContent` alone."""
    keys = ("code_lead", "code_python", "code_client", "code_curl", "code_mcp", "copy", "copied", "not_copied")
    return component("code", NO_SNIPPETS, *(f"compare_{key}" for key in keys), prelude=COPY, elem_id="code")
