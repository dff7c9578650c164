"""The page: a heading, the choice of language and the tabs; and the endpoints for programs."""

import json
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from textmatch.demo import api
from textmatch.demo.components.language_switch import language_switch
from textmatch.demo.examples import EXAMPLES
from textmatch.demo.i18n import TRANSLATIONS, LocaleMiddleware, text
from textmatch.demo.models import Models
from textmatch.demo.tabs import about, batch, compare, search
from textmatch.demo.theme import theme
from textmatch.files import MAX_BYTES

FOLDER = Path(__file__).parent

TABS_SCRIPT = (FOLDER / "tabs.js").read_text(encoding="utf-8")

DELETE_CACHE = (600, 3600)
"""Seconds: every ten minutes files older than an hour are deleted: API callers' ones; a visitor's go with the visit."""


def build(models: Models) -> gr.Blocks:
    """Build the page around `models`."""
    matcher = models[models.default]
    matcher.predict([EXAMPLES[0][1:]])  # loads jieba's dictionary, so that no visitor waits for it
    page = gr.Blocks(title="句意比较 · textmatch", analytics_enabled=False, delete_cache=DELETE_CACHE)
    with page:
        with gr.Row(elem_id="top"):
            gr.Markdown(text("page_heading"), elem_id="heading")
            language_switch()
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            with gr.Tab(text("page_compare"), id="compare", elem_id="compare-tab"):
                compare.tab(page, models)
            with gr.Tab(text("page_batch"), id="batch", elem_id="batch-tab"):
                batch.tab(matcher)
            with gr.Tab(text("page_search"), id="search", elem_id="search-tab"):
                search.tab(matcher)
            with gr.Tab(text("page_about"), id="about", elem_id="about-tab"):
                about.tab(models)
        boxes = [block for block in page.blocks.values() if isinstance(block, gr.Textbox) and block.elem_id]
        names = json.dumps([box.elem_id for box in boxes])
        restore = f"() => {{ {TABS_SCRIPT} return restore({names}); }}"
        page.load(None, None, [tabs, *boxes], js=restore, api_visibility="private")
        api.register(models)
    return page


def launch_options() -> dict[str, Any]:
    """The arguments of `launch`: looks, languages, limits; what the page does not need is switched off."""
    return {
        "theme": theme(),
        "css_paths": [FOLDER / "style.css", *sorted((FOLDER / "tabs").glob("*.css"))],
        "app_kwargs": {"middleware": [Middleware(LocaleMiddleware)]},
        "i18n": TRANSLATIONS,
        "footer_links": ["api"],
        "mcp_server": True,
        "max_file_size": f"{MAX_BYTES >> 20}mb",
        "enable_monitoring": False,
        "show_error": False,
        "run_history": False,
        "pwa": False,
        "ssr_mode": False,
        "share": False,
    }
