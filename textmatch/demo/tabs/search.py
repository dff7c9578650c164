"""The search tab: a list of questions, those nearest to what one types, and those that mean the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from textmatch.demo.components.duplicate_groups import EMPTY_GROUPS, duplicate_groups
from textmatch.demo.components.search_hits import search_hits
from textmatch.demo.components.status import WORKING, status, status_value
from textmatch.demo.components.table import EMPTY_TABLE, table
from textmatch.demo.components.upload_check import upload_check
from textmatch.demo.handlers import ENCODING_CHOICES, HIDDEN
from textmatch.demo.handlers.search import SearchHandlers, SearchView, hits_value, ready_status
from textmatch.demo.i18n import text
from textmatch.demo.jobs import discard, run_job, stop_job
from textmatch.demo.sessions import SessionStore, StoredIndex, list_bytes
from textmatch.files import LIST_SUFFIXES, read_list
from textmatch.matcher import TextMatcher
from textmatch.search import Index

CAPACITY = 1 << 30
"""Bytes of all visitors' lists together, about: half a million sentences. A single list may be larger."""

THRESHOLD = 0.7
"""Probability from which two sentences are duplicates, unless the visitor chooses another."""

FAQ = Path(__file__).parents[1] / "data" / "faq.tsv"
"""The example list: a bookshop's questions and answers."""

FIRST_QUERY = "发票怎么开"
"""The query that stands in the box at first."""

PROGRESS_TEXTS = {"progress": "search_progress", "count": "search_count", "left": "search_left"}


def tab(matcher: TextMatcher) -> None:
    """Build the tab inside its open `gr.Tab` (or page).

    Args:
        matcher: embeds and compares the sentences.

    Returns:
        What answers the tab's events.
    """
    example, store = _example(matcher), SessionStore(CAPACITY, list_bytes)
    gr.Markdown(text("search_intro"), elem_classes="tm-intro")
    with gr.Column(elem_id="search-source"):
        line = status(ready_status(example, is_example=True), elem_id="search-status", progress_texts=PROGRESS_TEXTS)
        stop_loading = gr.Button(text("search_stop"), elem_id="search-cancel-load", visible=HIDDEN)
        with gr.Accordion(text("search_own"), open=False, elem_id="search-own"):
            pasted = gr.Textbox(
                label=text("search_paste"),
                placeholder=text("search_paste_placeholder"),
                lines=6,
                max_lines=12,
                elem_id="search-paste",
                html_attributes=gr.InputHTMLAttributes(lang="zh-CN", spellcheck=False),
            )
            file = gr.File(label=text("search_file"), file_types=list(LIST_SUFFIXES), height=150, elem_id="search-file")
            upload_check("search-file", LIST_SUFFIXES)
            with gr.Row(elem_id="search-columns"):
                column = gr.Dropdown(label=text("search_column"), visible=HIDDEN, elem_id="search-column")
                sheet = gr.Dropdown(label=text("batch_sheet"), visible=HIDDEN, elem_id="search-sheet")
                encoding = gr.Dropdown(
                    ENCODING_CHOICES, label=text("batch_encoding"), visible=HIDDEN, elem_id="search-encoding"
                )
                answers = gr.Dropdown(
                    label=text("search_answer_column"), visible=HIDDEN, elem_id="search-answer-column"
                )
                header = gr.Checkbox(label=text("batch_header"), visible=HIDDEN, elem_id="search-header")
            preview = table(elem_id="search-preview")
            with gr.Row(elem_id="search-own-buttons"):
                load = gr.Button(text("search_load"), variant="primary", elem_id="search-load")
                reset = gr.Button(text("search_reset"), elem_id="search-reset")
    query = gr.Textbox(
        FIRST_QUERY,
        label=text("search_query"),
        placeholder=text("search_query_placeholder"),
        lines=1,
        max_lines=1,
        elem_id="search-query",
        html_attributes=gr.InputHTMLAttributes(
            lang="zh-CN", enterkeyhint="search", autocomplete="off", spellcheck=False
        ),
    )
    hits = search_hits(hits_value(FIRST_QUERY, example))
    with gr.Column(elem_id="search-duplicates"):
        gr.Markdown(text("search_duplicates"), elem_classes="tm-intro")
        with gr.Row(elem_id="search-duplicates-controls"):
            threshold = gr.Slider(
                50, 99, THRESHOLD * 100, step=1, label=text("search_threshold"), elem_id="search-threshold"
            )
            group = gr.Button(text("search_group_button"), elem_id="search-group")
            stop_grouping = gr.Button(text("search_stop"), elem_id="search-cancel-group", visible=HIDDEN)
        groups_status = status(
            status_value({"key": "search_no_groups_yet"}),
            elem_id="search-groups-status",
            progress_texts=PROGRESS_TEXTS,
        )
        groups = duplicate_groups()

    view = SearchView(
        key=gr.State(None, delete_callback=store.remove),
        loading=gr.State(None, delete_callback=discard),
        grouping=gr.State(None, delete_callback=discard),
        status=line,
        stop_loading=stop_loading,
        pasted=pasted,
        file=file,
        column=column,
        answer_column=answers,
        sheet=sheet,
        encoding=encoding,
        header=header,
        offered=gr.State(None),
        preview=preview,
        query=query,
        hits=hits,
        threshold=threshold,
        groups_status=groups_status,
        groups=groups,
        stop_grouping=stop_grouping,
    )
    handlers = SearchHandlers(matcher, example, store, view)
    _list_events(handlers, load, reset)
    _search_events(handlers, group)


FAILED = "() => { document.dispatchEvent(new Event('textmatch:search-failed')); }"

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# Every click gets its own place in the queue: that of an earlier click may run the job of a later one.
EVERY_CLICK: dict[str, Any] = QUIET | {"trigger_mode": "multiple"}


def _list_events(handlers: SearchHandlers, load: gr.Button, reset: gr.Button) -> None:
    """Bring a list, index it, stop that, go back to the example."""
    view = handlers.view
    choices, outcome = view.choices, [view.key, view.status, view.stop_loading]
    columns, shown = [*choices, view.preview], [*choices, view.offered, view.preview, view.status]
    hidden = [*[{"visible": HIDDEN, "value": None, "__type__": "update"}] * len(choices), EMPTY_TABLE]

    reading = status_value({"key": "batch_reading"}, progress=WORKING)
    view.file.upload(None, None, [view.pasted, *columns, view.status], js=_returns("", *hidden, reading), **QUIET)
    view.file.upload(handlers.read_columns, view.file, shown, **QUIET)
    view.sheet.input(handlers.read_sheet, [view.file, view.sheet, view.offered], shown, **QUIET)
    view.encoding.input(handlers.read_encoding, [view.file, view.encoding, view.offered], shown, **QUIET)
    view.header.input(handlers.read_header, {view.file, view.pasted, *choices}, shown, **QUIET)
    view.file.clear(None, None, columns, js=_returns(*hidden), **QUIET)
    pasted = {"inputs": [view.pasted, view.file], "outputs": [view.file, *shown]}
    view.pasted.change(handlers.read_pasted, **pasted, trigger_mode="always_last", **QUIET)
    inputs = {view.pasted, view.file, *choices, view.key, view.loading}
    load.click(handlers.load, inputs, [view.loading, *outcome], **QUIET).success(
        run_job, view.loading, outcome, **EVERY_CLICK
    )
    reset.click(handlers.reset, [view.key, view.loading], outcome, **QUIET)
    reset.click(None, None, [view.pasted, view.file, *columns], js=_returns("", None, *hidden), **QUIET)
    stopping = status_value({"key": "search_stopping"}, progress=WORKING)
    view.stop_loading.click(None, None, view.status, js=_returns(stopping), **QUIET)
    view.stop_loading.click(stop_job, view.loading, outcome, **QUIET)


def _search_events(handlers: SearchHandlers, group: gr.Button) -> None:
    """Search while the visitor types; find duplicates, and stop that. A new list empties both."""
    view = handlers.view
    outcome = [view.groups_status, view.groups, view.stop_grouping]
    find: dict[str, Any] = {"fn": handlers.find, "inputs": [view.query, view.key], "outputs": view.hits} | QUIET

    view.hits.submit(trigger_mode="always_last", **find).failure(None, js=FAILED, api_visibility="private")
    view.key.change(**find)
    view.key.change(handlers.ungroup, view.grouping, outcome, **QUIET)
    inputs = [view.threshold, view.key, view.grouping]
    group.click(handlers.group, inputs, [view.grouping, *outcome], **QUIET).success(
        run_job, view.grouping, outcome, **EVERY_CLICK
    )
    stopping = status_value({"key": "search_stopping"}, progress=WORKING)
    view.stop_grouping.click(
        None, None, [view.groups_status, view.groups], js=_returns(stopping, EMPTY_GROUPS), **QUIET
    )
    view.stop_grouping.click(stop_job, view.grouping, outcome, **QUIET)


def _example(matcher: TextMatcher) -> StoredIndex:
    faq = read_list(FAQ)
    return StoredIndex(Index.build(matcher, faq.column()), faq.column(faq.answer_column), "", faq.first_number)


def _returns(*values: Any) -> str:
    """A function for the browser that returns these values, one per output."""
    return f"() => ({json.dumps(values[0] if len(values) == 1 else values)})"
