"""The tab for whole files: drop or paste a table, score it, see how good that was, and take it home."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy
import torch
from gradio.utils import get_upload_folder

from textmatch.demo.component import component
from textmatch.demo.job import Job, View, drop, progress
from textmatch.demo.refusal import refusal
from textmatch.demo.texts import EXAMPLES, WORDS, language_of, say, text
from textmatch.matcher import TextMatcher
from textmatch.scoring import CHUNK, NEW_COLUMNS, PROBLEMS, Score, result_names, result_rows, score
from textmatch.search import Stop
from textmatch.tables import KINDS, Columns, Table, TableError, read, read_lines, write_csv, write_xlsx

CONCURRENCY = 2
"""Files scored at once: a long one then does not keep a short one waiting for its end."""

MAX_PASTED = 1_000_000
"""Characters of pasted lines."""

PREVIEW_ROWS, RESULT_ROWS, MISTAKES = 5, 50, 10
"""Rows shown before scoring and after it, and the worst mistakes of each kind that go to the browser."""

CELL = 120
"""Characters shown of a cell."""

EXAMPLE = "\n".join(f"{one} | {two} | {label}" for (_, one, two), label in zip(EXAMPLES, "100000011010", strict=True))
"""Lines to try the tab with: the compare tab's examples and their labels."""

VERDICTS = {"Matched": "batch_matched", "Not Matched": "batch_not_matched"}
"""The default labels' names; a model with others shows its own."""

NO_LABEL = -1
"""The choice that there is no label column."""

WRITERS = {"csv": write_csv, "xlsx": write_xlsx}

KEPT = (gr.skip(),) * len(WRITERS)
"""The download buttons as they are."""


@dataclass(frozen=True)
class Source:
    """What a visitor brought: a table, and what its file is called without the ending; empty for pasted lines."""

    table: Table
    name: str


@dataclass(frozen=True)
class Batch:
    """Whole tables scored by one matcher, loaded from the checkpoint called `name`."""

    matcher: TextMatcher
    name: str

    def read_file(self, path: str | None, before: Job | None, request: gr.Request) -> tuple[Any, ...]:
        """Read an uploaded file, which is deleted at once, and show its first rows."""
        if path is None:
            return *_nothing(None), gr.skip()
        drop(before)
        try:
            source = Source(read(path), Path(path).stem)
        except TableError as error:
            return *_nothing(_complaint(error, request)), gr.skip()
        finally:
            Path(path).unlink(missing_ok=True)
        return *_shown(source, request), ""

    def read_pasted(self, lines: str, before: Job | None, request: gr.Request) -> tuple[Any, ...]:
        """Read pasted lines and show the first; a box that was emptied, as an upload does, changes nothing."""
        if not lines.strip():
            return (gr.skip(),) * 10
        drop(before)
        if len(lines) > MAX_PASTED:
            message = say("batch_too_long", request, length=len(lines), limit=MAX_PASTED)
            return _nothing({"state": "error", "message": message})
        try:
            return _shown(Source(read_lines(lines), ""), request)
        except TableError as error:
            return _nothing(_complaint(error, request))

    def read_header(
        self, source: Source | None, header: bool, before: Job | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """Read the first row anew, as the header or not."""
        drop(before)
        return _shown(Source(source.table.with_header(header), source.name), request) if source else _nothing(None)

    def enter(
        self,
        source: Source | None,
        before: Job | None,
        sentence1: int,
        sentence2: int,
        label: int,
        request: gr.Request,
    ) -> View:
        """Take a place in the queue, unless this table has one: (job, status, results, report, download buttons)."""
        if before and before.going:
            return gr.skip(), *before.now
        drop(before)
        if source is None:
            return None, {"state": "error", "message": say("batch_gone", request)}, None, None, *KEPT
        if sentence1 == sentence2:
            return None, _complaint(TableError("same", name=source.table.names[sentence1]), request), None, None, *KEPT
        columns = Columns(sentence1, sentence2, None if label == NO_LABEL else label)
        folder = _folder()
        waiting = {"state": "queued"}, None, None, *KEPT
        cancelled = {"state": "cancelled"}, None, None, *KEPT
        return Job(self._scoring(source, columns, folder, request), waiting, cancelled, folder), *waiting

    def _scoring(
        self, source: Source, columns: Columns, folder: Path, request: gr.Request
    ) -> Generator[View, None, View]:
        """Score a table, saying how far it is; stopped, show what is done."""
        scores: list[Score] = []
        start, total = time.monotonic(), len(source.table.rows)
        quiet = (gr.skip(), gr.skip(), *KEPT)
        yield {"state": "running"} | progress(start, 0, total), *quiet
        with suppress(Stop):
            for chunk in score(self.matcher, source.table, columns, CHUNK, _problems(request)):
                scores += chunk
                yield {"state": "running"} | progress(start, len(scores), total), *quiet
            yield {"state": "writing"}, *quiet
        files = [_write(source, scores, folder, kind) for kind in WRITERS]
        failed = sum(one.probability is None for one in scores)
        status = {
            "state": "done" if len(scores) == total else "stopped",
            "done": f"{len(scores):,}",
            "total": f"{total:,}",
            "failed": f"{failed:,}" if failed else None,
        }
        return (
            status,
            self._results(source.table, scores, request),
            self._report(source.table, columns, scores, request),
            *(gr.DownloadButton(value=str(file)) for file in files),
        )

    def score_file(
        self,
        file: str,
        sentence1: str,
        sentence2: str,
        label: str,
        format: str,  # noqa: A002 - the name that API callers read
        request: gr.Request,
    ) -> tuple[str, dict[str, Any]]:
        """Score a file of Chinese sentence pairs: say of each pair whether the two sentences mean the same.

        Takes a CSV, TSV, JSONL, XLSX or Parquet file of up to 64 MB and 200,000 rows and returns the same rows in the
        same order with four more columns: probability (0 to 1 that the pair means the same), prediction (the label),
        similarity (0 to 1) and problem (empty, or what is wrong with that row; a row that cannot be scored has no
        probability and does not stop the others).

        Args:
            file: the file; its name must end in .csv, .tsv, .jsonl, .xlsx or .parquet.
            sentence1: name of the column with the first sentences; empty to recognise it.
            sentence2: name of the column with the second sentences; empty to recognise it.
            label: name of a column with labels to compare with (0/1, class names, 是/否); empty to recognise one.
            format: "csv" or "xlsx", the format of the returned file.
            request: filled in by Gradio.

        Returns:
            The scored file, and a summary: rows, failed, the columns that were read, the encoding, and with labels
            the figures (accuracy, f1, auc, ece, brier, confusion).
        """
        if not file:
            raise gr.Error(say("batch_nofile", request), title=say("batch_refused", request), print_exception=False)
        try:
            named = [name for name in (sentence1, sentence2, label) if name]
            source = Source(read(file, named), Path(file).stem)
            columns = source.table.columns(sentence1 or "", sentence2 or "", label or "")
        except TableError as error:
            message = _complaint(error, request)["message"]
            raise gr.Error(message, title=say("batch_refused", request), print_exception=False) from None
        finally:
            Path(file).unlink(missing_ok=True)
        chunks = score(self.matcher, source.table, columns, problems=_problems(request))
        scores = [one for chunk in chunks for one in chunk]
        names = source.table.names
        summary = {
            "rows": len(scores),
            "failed": sum(one.probability is None for one in scores),
            "columns": {column: None if place is None else names[place] for column, place in columns._asdict().items()},
            "encoding": source.table.encoding,
            "figures": _figures(scores) if len(self.matcher.labels) == 2 else None,
        }
        return str(_write(source, scores, _folder(), "xlsx" if format == "xlsx" else "csv")), summary

    def _results(self, table: Table, scores: list[Score], request: gr.Request) -> dict[str, Any]:
        rows = [
            [*row[:-4], _percent(row[-4]), self._shown_label(row[-3], request), _percent(row[-2]), row[-1]]
            for row, _ in zip(result_rows(table, scores), range(RESULT_ROWS), strict=False)
        ]
        names = [*table.names, *(f"batch_{name}" for name in NEW_COLUMNS)]
        caption = {"key": "batch_results", "shown": f"{len(rows):,}", "rows": f"{len(scores):,}"}
        return {"caption": caption, "names": _cells(names), "rows": list(map(_cells, rows)), "new": len(NEW_COLUMNS)}

    def _shown_label(self, label: str, request: gr.Request) -> str:
        return say(VERDICTS[label], request) if set(self.matcher.labels) == set(VERDICTS) and label else label

    def _report(
        self, table: Table, columns: Columns, scores: list[Score], request: gr.Request
    ) -> dict[str, Any] | None:
        if columns.label is None or len(self.matcher.labels) != 2:
            return None
        from textmatch.metrics import reliability, threshold_counts

        figures = _figures(scores)
        if figures is None:
            return {"pairs": 0}
        probability, labels = _labelled(scores)
        both = torch.tensor([[1 - share, share] for share in probability.tolist()])
        bins = reliability(both, torch.from_numpy(labels))
        errors = sorted(
            (abs(one.probability - one.label), number, one)
            for number, one in enumerate(scores)
            if one.probability is not None and one.label is not None
        )
        worst = [[entry for entry in reversed(errors) if entry[2].label == c][:MISTAKES] for c in (0, 1)]
        return {
            "pairs": len(labels),
            "labels": [self._shown_label(label, request) for label in self.matcher.labels],
            "auc": figures["auc"],
            "ece": figures["ece"],
            "counts": threshold_counts(probability, labels),
            "bins": [[one["confidence"], one["share"], one["pairs"]] for one in bins],
            "mistakes": [
                {
                    "row": number + 1,
                    "sentence1": _cell(table.rows[number].values[columns.sentence1]),
                    "sentence2": _cell(table.rows[number].values[columns.sentence2]),
                    "label": one.label,
                    "probability": one.probability,
                }
                for _, number, one in sorted(worst[0] + worst[1], reverse=True)
            ],
        }


def tab(matcher: TextMatcher, name: str) -> None:
    """Build the tab inside an open `gr.Tab`, around `matcher`, whose checkpoint is called `name`."""
    batch = Batch(matcher, name)
    source = gr.State(None, time_to_live=3600)
    job = gr.State(None, delete_callback=drop)
    gr.Markdown(text("batch_intro"), elem_id="batch-intro", elem_classes="tm-intro")
    with gr.Row(elem_id="batch-input"):
        file = gr.File(
            label=text("batch_file"), file_types=list(KINDS), height=190, min_width=280, elem_id="batch-file"
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
    refusal("batch-file", KINDS)
    example = gr.Button(text("batch_example"), elem_id="batch-example")
    with gr.Column(elem_id="batch-setup"):  # shown by the style sheet once there is something in it
        with gr.Row(elem_id="batch-columns"):
            choices = [
                gr.Dropdown(label=text(f"batch_{column}"), min_width=160, elem_id=f"batch-{column}")
                for column in Columns._fields
            ]
            header = gr.Checkbox(label=text("batch_header"), min_width=160, elem_id="batch-header")
        preview = _html("table", "batch-preview", None, "batch_read", "batch_read_as", "batch_pasted")
        with gr.Row(elem_id="batch-actions"):
            start = gr.Button(text("batch_start"), variant="primary", elem_id="batch-start", scale=4, min_width=160)
            stop = gr.Button(text("batch_stop"), elem_id="batch-stop", scale=1, min_width=96)
    states = ("reading", "queued", "running", "stopping", "cancelled", "writing", "done", "stopped")
    said = (*states, "done_all", "stopped_all", "progress", "count", "left")
    status = _html("status", "batch-status", {"state": "idle"}, *(f"batch_{key}" for key in said))
    with gr.Column(elem_id="batch-outcome"):
        with gr.Row(elem_id="batch-downloads"):
            downloads = [_download(kind) for kind in WRITERS]
        gr.Markdown(text("batch_formula"), elem_id="batch-formula")
        report = _html("report", "batch-report", None, *(key for key in WORDS["en"] if key.startswith("batch_r_")))
        results = _html("table", "batch-results", None, "batch_results", *(f"batch_{name}" for name in NEW_COLUMNS))

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on(start.click, None, None, status, js="() => ({ state: 'waiting' })", **quiet)
    outcome = [status, results, report, *downloads]
    start.click(batch.enter, [source, job, *choices], [job, *outcome], **quiet).then(
        _turn,
        job,
        outcome,
        concurrency_limit=CONCURRENCY,
        concurrency_id="batch",
        trigger_mode="always_last",  # a start while the old table's last chunk is under way comes after it
        **quiet,
    )
    stop.click(None, None, status, js="() => ({ state: 'stopping' })", **quiet)
    stop.click(Job.stop, job, outcome, **quiet)
    shown = [source, status, *choices, header, preview, results, report]
    file.upload(None, None, status, js="() => ({ state: 'reading' })", **quiet)
    file.upload(batch.read_file, [file, job], [*shown, file, pasted], **quiet)
    pasted.change(batch.read_pasted, [pasted, job], [*shown, file], trigger_mode="always_last", **quiet)
    example.click(None, None, pasted, js=f"() => {json.dumps(EXAMPLE)}", **quiet)
    header.input(batch.read_header, [source, header, job], [*shown, file], **quiet)
    _endpoint(batch)


def _endpoint(batch: Batch) -> None:
    """The endpoint `/score_file`, on components that are never shown: `gr.api` takes no files."""
    with gr.Row(visible=False):
        file = gr.File(label="file")
        named = [gr.Textbox(label=label) for label in Columns._fields]
        format_ = gr.Radio(list(WRITERS), value="csv", label="format")
        scored, summary = gr.File(label="scored file"), gr.JSON(label="summary")
        gr.Button().click(
            batch.score_file,
            [file, *named, format_],
            [scored, summary],
            api_name="score_file",
            concurrency_limit=CONCURRENCY,
            concurrency_id="batch",
        )


def _html(template: str, elem_id: str, value: Any, *keys: str) -> gr.HTML:
    """A static template whose script writes `value` as text, in the words called `keys`."""
    return component(f"batch_{template}", value, *keys, elem_id=elem_id)


def _download(kind: str) -> gr.DownloadButton:
    label: Any = text(f"batch_{kind}")  # Gradio translates it, but says it takes a string only
    return gr.DownloadButton(label, elem_id=f"batch-{kind}", min_width=160)


def _shown(source: Source, request: gr.Request) -> tuple[Any, ...]:
    """The outputs once a table has been read."""
    table = source.table
    if table.first and not table.header and len(table.names) <= len(Columns._fields):  # the names are our own
        own = tuple(say(f"batch_name_{column}", request) for column in Columns._fields)
        table = replace(table, names=own[: len(table.names)])
        source = replace(source, table=table)
    found = table.recognise()
    columns = [(_cell(name), place) for place, name in enumerate(table.names)]
    others = [place for place in range(len(table.names)) if place not in found.values()]
    picked = [found[column] if found[column] is not None else others.pop(0) if others else 0 for column in found][:2]
    label = NO_LABEL if found["label"] is None else found["label"]
    no_label = [(say("batch_no_label", request), NO_LABEL)]
    kind = "pasted" if not source.name else "read_as" if table.encoding else "read"
    caption = {"key": f"batch_{kind}", "encoding": table.encoding}
    rows = [_cells(row.values) for row in table.rows[:PREVIEW_ROWS]]
    preview = {
        "caption": caption | {"name": _cell(source.name), "rows": f"{len(table.rows):,}"},
        "names": _cells(table.names),
        "rows": rows,
        "new": 0,
    }
    return (
        source,
        {"state": "idle"},
        *(gr.Dropdown(choices=columns, value=place) for place in picked),
        gr.Dropdown(choices=no_label + columns, value=label),
        gr.Checkbox(value=table.header, visible=table.first is not None),
        preview,
        None,
        None,
        None,
    )


def _nothing(status: dict[str, Any] | None) -> tuple[Any, ...]:
    """The outputs while there is no table."""
    return None, status or {"state": "idle"}, *(gr.skip(),) * 4, None, None, None, None


def _complaint(error: TableError, request: gr.Request) -> dict[str, Any]:
    message = say(f"file_{error.problem.key}", request, **error.problem.fields)
    return {"state": "error", "message": message}


def _problems(request: gr.Request) -> dict[str, str]:
    return {key: WORDS[language_of(request)][f"batch_p_{key}"] for key in PROBLEMS}


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="scored-", dir=get_upload_folder()))


def _write(source: Source, scores: list[Score], folder: Path, kind: str) -> Path:
    path = folder / f"{source.name or 'pairs'}.scored.{kind}"
    WRITERS[kind](path, result_names(source.table), result_rows(source.table, scores))
    return path


def _labelled(scores: list[Score]) -> tuple[Any, Any]:
    """Probabilities and classes of the rows that have both, as arrays."""
    both = [(one.probability, one.label) for one in scores if one.probability is not None and one.label is not None]
    return numpy.array([p for p, _ in both], dtype=float), numpy.array([label for _, label in both], dtype=int)


def _figures(scores: list[Score]) -> dict[str, Any] | None:
    """Figures of a two-class model on the labelled rows; None where there are none."""
    from textmatch.metrics import evaluate

    probability, labels = _labelled(scores)
    if len(set(labels.tolist())) < 2:
        return None
    similarity = [one.similarity for one in scores if one.probability is not None and one.label is not None]
    both = torch.tensor([[1 - p, p] for p in probability.tolist()])
    return asdict(evaluate(both, torch.tensor(similarity), torch.tensor(labels)))


def _turn(job: Job | None) -> Iterator[Any]:
    """The turn of the visitor's newest start, if it was not refused; it may have been done in the turn of an older."""
    yield from job.run() if job else [gr.skip()]


def _cells(values: Any) -> list[str]:
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    shown = "" if value is None else str(value)
    return shown if len(shown) <= CELL else shown[:CELL] + "…"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
