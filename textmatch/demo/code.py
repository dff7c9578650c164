"""The panel that shows the comparison as code, to be copied."""

from pathlib import Path

import gradio as gr

from textmatch.demo.snippets import NO_SNIPPETS
from textmatch.demo.texts import words

FOLDER = Path(__file__).parent
COPY = (FOLDER / "copy.js").read_text(encoding="utf-8")
"""The script's function `copyText`, for every component that copies."""


def code() -> gr.HTML:
    """The panel, empty. Code with a visitor's sentences in it reaches the page through `textContent` alone."""
    keys = ("code_lead", "code_python", "code_client", "code_curl", "code_mcp", "copy", "copied", "not_copied")
    return gr.HTML(
        NO_SNIPPETS,
        html_template=(FOLDER / "code.html").read_text(encoding="utf-8"),
        js_on_load=COPY + (FOLDER / "code.js").read_text(encoding="utf-8"),
        elem_id="code",
        words=words(*(f"compare_{key}" for key in keys)),
    )
