"""Components of our own: a static template, a script that fills it in, and the words that the script needs.

The script sets attributes and `textContent` alone: Gradio compiles what it renders into a template, and a visitor's
text in it would run.
"""

from pathlib import Path
from typing import Any

import gradio as gr

from textmatch.demo.texts import words

FOLDER = Path(__file__).parent


def component(name: str, value: Any = None, *keys: str, prelude: str = "", **options: Any) -> gr.HTML:
    """The component of the files `name`.html and `name`.js.

    Args:
        name: of the two files, without their suffixes.
        value: what it shows at first.
        keys: of the texts that its script writes, in both languages.
        prelude: JavaScript that its script builds on.
        options: further arguments and props of `gr.HTML`.
    """
    return gr.HTML(
        value,
        html_template=_read(f"{name}.html"),
        js_on_load=_read("words.js") + prelude + _read(f"{name}.js"),
        words=words(*keys),
        **options,
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
