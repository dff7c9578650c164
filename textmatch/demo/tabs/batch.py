"""The batch tab: choose a file or paste a table, score it, see how good that was, download the result."""

import json
from typing import Any

import gradio as gr

from textmatch.demo.components.batch_report import batch_report
from textmatch.demo.components.status import WORKING, status, status_value
from textmatch.demo.components.table import table
from textmatch.demo.components.upload_check import upload_check
from textmatch.demo.examples import EXAMPLES
from textmatch.demo.handlers import ENCODING_CHOICES, HIDDEN
from textmatch.demo.handlers.batch import MAX_TABLES, WRITERS, BatchHandlers, BatchView, source_bytes
from textmatch.demo.i18n import text
from textmatch.demo.jobs import discard, run_job, stop_job
from textmatch.demo.sessions import SessionStore
from textmatch.demo.turns import LONG_EVENT
from textmatch.files import TABLE_SUFFIXES
from textmatch.matcher import TextMatcher

EXAMPLE = "\n".join(f"{one} | {two} | {label}" for (one, two, *_), label in zip(EXAMPLES, "100000011010", strict=True))
"""Lines to try the tab with: the compare tab's examples and their labels."""

PROGRESS_TEXTS = {"progress": "batch_progress", "count": "batch_count", "left": "batch_left"}


def tab(matcher: TextMatcher) -> None:
    """Build the tab inside its open ``gr.Tab``.

    Args:
        matcher: scores the pairs.

    Returns:
        What answers the tab's events.
    """
    gr.Markdown(text("batch_intro"), elem_id="batch-intro", elem_classes="tm-intro")
    with gr.Row(elem_id="batch-input"):
        file = gr.File(
            label=text("batch_file"), file_types=list(TABLE_SUFFIXES), height=190, min_width=280, elem_id="batch-file"
        )
        pasted = gr.Textbox(
            label=text("batch_paste"),
            placeholder=text("batch_paste_hint"),
            lines=6,
            max_lines=6,
            min_width=280,
            elem_id="batch-paste",
            html_attributes=gr.InputHTMLAttributes(lang="zh-CN", autocomplete="off", spellcheck=False),
        )
    upload_check("batch-file", TABLE_SUFFIXES)
    example = gr.Button(text("batch_example"), elem_id="batch-example")
    # batch.css shows the setup once a table was read, the outcome once there is one, Stop while a job waits or runs.
    with gr.Column(elem_id="batch-setup"):
        with gr.Row(elem_id="batch-columns"):
            sentence1 = gr.Dropdown(label=text("batch_sentence1"), min_width=160, elem_id="batch-sentence1")
            sentence2 = gr.Dropdown(label=text("batch_sentence2"), min_width=160, elem_id="batch-sentence2")
            label = gr.Dropdown(label=text("batch_label"), min_width=160, elem_id="batch-label")
            sheet = gr.Dropdown(label=text("batch_sheet"), min_width=160, visible=HIDDEN, elem_id="batch-sheet")
            encoding = gr.Dropdown(
                ENCODING_CHOICES,
                label=text("batch_encoding"),
                min_width=160,
                visible=HIDDEN,
                elem_id="batch-encoding",
            )
            header = gr.Checkbox(label=text("batch_header"), min_width=160, elem_id="batch-header")
        preview = table(elem_id="batch-preview")
        with gr.Row(elem_id="batch-actions"):
            start = gr.Button(text("batch_start"), variant="primary", elem_id="batch-start", scale=4, min_width=160)
            stop = gr.Button(text("batch_stop"), elem_id="batch-stop", scale=1, min_width=96)
    line = status(elem_id="batch-status", progress_texts=PROGRESS_TEXTS)
    with gr.Column(elem_id="batch-outcome"):
        with gr.Row(elem_id="batch-downloads"):
            downloads = {kind: _download_button(kind) for kind in WRITERS}
        gr.Markdown(text("batch_formula"), elem_id="batch-formula")
        report = batch_report()
        results = table(elem_id="batch-results")

    tables = SessionStore(MAX_TABLES, source_bytes)
    view = BatchView(
        source=gr.State(None, time_to_live=3600, delete_callback=tables.remove),
        job=gr.State(None, delete_callback=discard),
        file=file,
        pasted=pasted,
        status=line,
        sentence1=sentence1,
        sentence2=sentence2,
        label=label,
        header=header,
        sheet=sheet,
        encoding=encoding,
        preview=preview,
        results=results,
        report=report,
        **downloads,
    )
    _events(BatchHandlers(matcher, view, tables), start, stop, example)


def _events(handlers: BatchHandlers, start: gr.Button, stop: gr.Button, example: gr.Button) -> None:
    view = handlers.view
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    columns = [view.sentence1, view.sentence2, view.label]
    outcome = [view.status, view.results, view.report, view.csv, view.xlsx]
    how = [view.header, view.sheet, view.encoding]
    read = [view.source, view.status, *columns, *how, view.preview, view.results, view.report]

    start.click(None, None, view.status, js=_says(), **quiet)
    start.click(handlers.start, {view.source, view.job, *columns}, [view.job, *outcome], **quiet).then(
        run_job,
        view.job,
        outcome,
        trigger_mode="always_last",  # the new table's job then comes after the last step of the old table's
        **quiet,
    )
    stop.click(None, None, view.status, js=_says("batch_stopping"), **quiet)
    stop.click(stop_job, view.job, outcome, **quiet)
    view.file.upload(None, None, view.status, js=_says("batch_reading"), **quiet)
    view.file.upload(handlers.read_file, [view.file, view.job], [*read, view.file, view.pasted], **quiet)
    pasted = {"inputs": [view.pasted, view.job], "outputs": [*read, view.file]}
    view.pasted.change(handlers.read_pasted, **pasted, trigger_mode="always_last", **quiet)
    example.click(None, None, view.pasted, js=f"() => {json.dumps(EXAMPLE)}", **quiet)
    view.header.input(handlers.read_header, [view.source, view.header, view.job], [*read, view.file], **quiet)
    # These read the file again.
    for setting, read_again in ((view.sheet, handlers.read_sheet), (view.encoding, handlers.read_encoding)):
        again = [view.source, setting, view.job]
        setting.input(read_again, again, [*read, view.file], concurrency_id=LONG_EVENT, **quiet)


def _says(key: str | None = None) -> str:
    """A function for the browser that shows at once that work is under way."""
    return f"() => ({json.dumps(status_value({'key': key} if key else None, progress=WORKING))})"


def _download_button(kind: str) -> gr.DownloadButton:
    label: Any = text(f"batch_download_{kind}")  # Gradio translates it, although its type hint says str
    return gr.DownloadButton(label, elem_id=f"batch-{kind}", min_width=160)
