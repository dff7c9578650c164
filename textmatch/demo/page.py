"""The page: a heading, the choice of language and the tabs; and the endpoints for programs."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi.exceptions import RequestValidationError
from gradio.routes import App

from textmatch.demo import api
from textmatch.demo.collecting import Collector
from textmatch.demo.components.language_switch import language_switch
from textmatch.demo.events import Page
from textmatch.demo.examples import EXAMPLES
from textmatch.demo.i18n import TRANSLATIONS, text
from textmatch.demo.memory import giving_back
from textmatch.demo.middleware import middleware, unreadable
from textmatch.demo.models import Models
from textmatch.demo.routes import ROUTES
from textmatch.demo.sessions import Inboxes, Sessions
from textmatch.demo.tabs import about, batch, compare, play, search
from textmatch.demo.theme import theme
from textmatch.demo.tools import Tools
from textmatch.demo.uploads import keep_swept
from textmatch.files import MAX_BYTES

FOLDER = Path(__file__).parent

TABS_SCRIPT = (FOLDER / "tabs.js").read_text(encoding="utf-8")

MAX_EVENTS, MAX_QUEUED = 256, 256
"""Events that are under way at once, and those that Gradio queues besides. Those under way wait in `turns`, which
refuses work long before."""

MAX_SESSIONS = 1000
"""Visitors' sessions that are remembered, about 0.1 MB each besides their lists and tables."""


def build(models: Models, collector: Collector | None = None) -> Page:
    """Build the page around `models`.

    Args:
        models: what answers.
        collector: where corrections go that visitors send to the page's owner; None if they cannot send any.
    """
    keep_swept()
    matcher = models[models.default]
    for same_or_not in (EXAMPLES[0], EXAMPLES[3]):
        matcher.explain(*same_or_not[:2])  # loads dictionaries and word lists, so that no visitor waits for them
    # Gradio counts every call for a monitoring page that is switched off, and computes its figures after each.
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
    page = Page(title="句意比较 · textmatch", analytics_enabled=False)
    page.queue(max_size=MAX_QUEUED, default_concurrency_limit=None)
    with page:
        with gr.Row(elem_id="top"):
            gr.Markdown(text("page_heading"), elem_id="heading")
            language_switch()
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            with gr.Tab(text("page_compare"), id="compare", elem_id="compare-tab"):
                compare.tab(page, models, collects=collector is not None)
            with gr.Tab(text("page_batch"), id="batch", elem_id="batch-tab"):
                batch.tab(matcher)
            with gr.Tab(text("page_search"), id="search", elem_id="search-tab"):
                search.tab(matcher)
            with gr.Tab(text("page_play"), id="play", elem_id="play-tab"):
                play.tab(matcher)
            with gr.Tab(text("page_about"), id="about", elem_id="about-tab"):
                about.tab(models)
        boxes = [block for block in page.blocks.values() if isinstance(block, gr.Textbox) and block.elem_id]
        names = json.dumps([box.elem_id for box in boxes])
        restore = f"() => {{ {TABS_SCRIPT} return restore({names}); }}"
        page.load(None, None, [tabs, *boxes], js=restore, api_visibility="private")
        page.endpoints = api.register(models)
        page.collector = collector
    return page


@asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[None]:
    """Put our tools and sessions in the place of Gradio's when the server starts; give memory back while it runs."""
    page = app.get_blocks()
    if page.mcp_server_obj:
        Tools(page.mcp_server_obj).register()
    app.state_holder = Sessions(page)
    queue: Any = page._queue  # noqa: SLF001 - Gradio has no public name for it
    queue.pending_messages_per_session = Inboxes(queue)
    async with giving_back():
        yield


def launch_options() -> dict[str, Any]:
    """The arguments of `launch`: looks, languages, limits; what the page does not need is switched off."""
    return {
        "theme": theme(),
        "css_paths": [FOLDER / "style.css", *sorted((FOLDER / "tabs").glob("*.css"))],
        "app_kwargs": {
            "routes": ROUTES,
            "middleware": middleware(),
            "exception_handlers": {RequestValidationError: unreadable},
            "lifespan": lifespan,
        },
        "i18n": TRANSLATIONS,
        "footer_links": ["api"],
        "mcp_server": True,
        "max_threads": MAX_EVENTS,
        "state_session_capacity": MAX_SESSIONS,
        "max_file_size": f"{MAX_BYTES >> 20}mb",
        "enable_monitoring": False,
        "show_error": False,
        "run_history": False,
        "pwa": False,
        "ssr_mode": False,
        "share": False,
    }
