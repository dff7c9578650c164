"""The links to the page in each language. A click changes the texts in place: what was typed and found stays."""

from pathlib import Path

import gradio as gr

from textmatch.demo.components import component

FRONTEND = Path(gr.__file__).parent / "templates" / "frontend" / "assets"


def language_switch() -> gr.HTML:
    """Build the links. They take no value."""
    (core,) = (path.name for path in FRONTEND.glob("core-*.js"))
    return component("language_switch", elem_id="language", core=core)
