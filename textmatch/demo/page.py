"""The page: a heading, the choice of language, and the tabs; and endpoints for programs."""

import json
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api
from starlette.middleware import Middleware

from textmatch.demo import about, batch, compare, search
from textmatch.demo.answers import Answers
from textmatch.demo.language import ChineseFirst, toggle
from textmatch.demo.models import Models
from textmatch.demo.texts import EXAMPLES, TRANSLATIONS, text
from textmatch.demo.theme import theme
from textmatch.tables import MAX_BYTES

FOLDER = Path(__file__).parent

STYLES = ("style.css", "compare.css", "alignment.css", "batch.css", "search.css", "about.css")

TABS_SCRIPT = (FOLDER / "tabs.js").read_text(encoding="utf-8")

LARGEST_FILE = f"{MAX_BYTES >> 20}mb"
"""The largest file that a visitor may send."""

DELETE_CACHE = (600, 3600)
"""Seconds: every ten minutes files older than an hour go. They are API callers'; visitors' go with the visit."""


def build(models: Models) -> gr.Blocks:
    """The page around `models`."""
    answers = Answers(models)
    models[models.default].predict([EXAMPLES[0][1:]])  # the first call loads a dictionary: no visitor waits for that
    page = gr.Blocks(title="句意比较 · textmatch", analytics_enabled=False, delete_cache=DELETE_CACHE)
    with page:
        with gr.Row(elem_id="top"):
            gr.Markdown(text("heading"), elem_id="heading")
            toggle()
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            with gr.Tab(text("compare_tab"), id="compare", elem_id="compare-tab"):
                compare.tab(page, answers)
            with gr.Tab(text("batch_tab"), id="batch", elem_id="batch-tab"):
                batch.tab(models[models.default], models.default)
            with gr.Tab(text("search_tab"), id="search", elem_id="search-tab"):
                search.tab(models[models.default])
            with gr.Tab(text("about_tab"), id="about", elem_id="about-tab"):
                about.tab(models)
        boxes = [block for block in page.blocks.values() if isinstance(block, gr.Textbox) and block.elem_id]
        names = json.dumps([box.elem_id for box in boxes])
        page.load(None, None, [tabs, *boxes], js=f"() => ({TABS_SCRIPT})({names})", api_visibility="private")
        shared: dict[str, Any] = {"concurrency_limit": compare.CONCURRENCY, "concurrency_id": "predict"}
        api(answers.predict, api_name="predict", **shared)
        api(answers.predict_with, api_name="predict_with", **shared)
        api(answers.explain, api_name="explain", **shared)
        api(answers.rank, api_name="rank", **shared)
        api(answers.list_models, api_name="list_models", **shared)
    return page


def launch_options() -> dict[str, Any]:
    """How the page is launched: its looks and languages, and nothing switched on that it does not need."""
    return {
        "theme": theme(),
        "css_paths": [FOLDER / name for name in STYLES],
        "app_kwargs": {"middleware": [Middleware(ChineseFirst)]},
        "i18n": TRANSLATIONS,
        "footer_links": ["api"],
        "mcp_server": True,
        "max_file_size": LARGEST_FILE,
        "enable_monitoring": False,
        "show_error": False,
        "run_history": False,
        "pwa": False,
        "ssr_mode": False,
        "share": False,
    }
