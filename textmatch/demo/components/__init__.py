"""The page's own components, one folder each.

A folder holds a static `template.html`, a `script.js` that fills it in, a `style.css` that applies to this component
alone, and the Python that builds the component and its value. `shared.js` stands in front of every script, and
`shared.css` in front of every style.

Gradio compiles a template as JavaScript, so a visitor's text in it would run. Scripts therefore write text through
`textContent` only, and no template or style sheet contains a placeholder.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parent

Message = dict[str, Any]
"""``{"key": ...}``, one of the page's texts, with the fields to fill in; or ``{"text": ...}``, a text as it is."""


def component(name: str, value: Any = None, *, draws: Iterable[str] = (), **options: Any) -> gr.HTML:
    """Build the component in the folder `name`.

    Args:
        name: The folder.
        value: What the component shows at first.
        draws: Components that its script draws inside it, with their `draw.js` and their style.
        options: Further arguments of `gr.HTML`, and properties that the script reads from `props`.
    """
    scripts = ["shared.js", *(f"{other}/draw.js" for other in draws), f"{name}/script.js"]
    styles = ["shared.css", *(f"{folder}/style.css" for folder in dict.fromkeys([*draws, name]))]
    return gr.HTML(
        value,
        html_template=_read(f"{name}/template.html"),
        css_template="\n".join(map(_read, styles)),
        js_on_load="\n".join(map(_read, scripts)),
        **options,
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
