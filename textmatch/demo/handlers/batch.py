"""What the batch tab does: read a table, score it in steps, say how good that was, write the result files."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import gradio as gr
import numpy
import torch

from textmatch.demo.components.batch_report import ReportValue
from textmatch.demo.components.status import IDLE, WORKING, StatusValue, status_value
from textmatch.demo.components.table import EMPTY_TABLE, Cell, Heading, TableValue, table_value
from textmatch.demo.components.verdict import label_message
from textmatch.demo.handlers import (
    CELL_LENGTH,
    choice_name,
    encoding_choice,
    error_message,
    headings,
    shorten,
    table_preview,
    visible,
)
from textmatch.demo.i18n import TEXTS, VERDICTS, request_language, text, translate
from textmatch.demo.jobs import NO_CHANGE, Job, Updates, discard, progress
from textmatch.demo.sessions import SessionStore, table_bytes
from textmatch.demo.turns import ROOM
from textmatch.demo.uploads import RESULTS, UPLOAD_FOLDER
from textmatch.files import (
    Columns,
    Table,
    TableError,
    chosen_encoding,
    label_class,
    read_pasted,
    read_table,
    write_csv,
    write_xlsx,
)
from textmatch.matcher import TextMatcher
from textmatch.scoring import NEW_COLUMNS, PROBLEMS, Score, result_names, result_rows, score
from textmatch.search import Stop

MAX_PASTED = 1_000_000
"""Characters of pasted lines."""

RESULT_ROWS, MISTAKES = 50, 10
"""Rows shown after scoring, and the worst mistakes of each class that the report lists."""

LOOKED_AT = 500
"""Rows by which columns without a known name are told apart."""

PAIR_NAMES = [f"batch_name_{column}" for column in Columns._fields]
"""The keys of what the columns of a table of pairs are called where they have no names."""

NO_LABELS: ReportValue = {
    "pairs": 0,
    "labels": [],
    "auc": 0.0,
    "ece": 0.0,
    "counts": [],
    "bins": [],
    "mistakes": [],
}
"""The report if no label is known."""

NO_LABEL = -1
"""The choice that there is no label column."""

Format = Literal["csv", "xlsx"]
WRITERS = {"csv": write_csv, "xlsx": write_xlsx}


@dataclass(frozen=True)
class Source:
    """What a visitor wants scored: a table, and its file's name and path, empty if it was pasted."""

    table: Table
    name: str
    path: str = ""

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        return self.name.removesuffix(".gz").rpartition(".")[0] or self.name or "pairs"


class Wording(NamedTuple):
    """How result files name the new columns, in the order of `scoring.NEW_COLUMNS`, and the labels."""

    columns: Sequence[str] = NEW_COLUMNS
    labels: Mapping[str, str] = {}


ENGLISH = Wording()
"""The names that programs get."""


MAX_TABLES = 512 << 20
"""Bytes of all visitors' tables together, about."""


def source_bytes(source: Source) -> int:
    """About how much memory a source takes."""
    return table_bytes(source.table)


class BatchView(NamedTuple):
    """The components that the handlers read and update."""

    source: Any
    job: Any
    file: Any
    pasted: Any
    status: Any
    sentence1: Any
    sentence2: Any
    label: Any
    header: Any
    sheet: Any
    encoding: Any
    preview: Any
    results: Any
    report: Any
    csv: Any
    xlsx: Any


@dataclass(frozen=True)
class BatchHandlers:
    """Scores visitors' tables with one matcher.

    Attributes:
        matcher: scores the pairs.
        view: the tab's components.
        tables: what visitors have brought; a session holds the key of its own.
    """

    matcher: TextMatcher
    view: BatchView
    tables: SessionStore[Source] = field(default_factory=lambda: SessionStore(MAX_TABLES, source_bytes))

    def read_file(self, path: str | None, before: Job | None, request: gr.Request) -> Updates:
        """Read an uploaded file and show its first rows; `before` is the visitor's earlier job."""
        if path is None:
            return self._no_table()
        discard(before)
        try:
            source = Source(read_table(path), Path(path).name, path)
        except TableError as error:
            updates = self._no_table(_error(error_message(error, request)))
        else:
            updates = self._table(source)
        return updates | {self.view.pasted: ""}

    def read_pasted(self, lines: str, before: Job | None, request: gr.Request) -> Updates:
        """Read pasted lines and show the first ones. An upload empties the box, which changes nothing."""
        if not lines.strip():
            return NO_CHANGE
        discard(before)
        if len(lines) > MAX_PASTED:
            message = translate("batch_too_long", request, length=len(lines), limit=MAX_PASTED)
            return self._no_table(_error(message))
        try:
            return self._table(Source(read_pasted(lines), ""))
        except TableError as error:
            return self._no_table(_error(error_message(error, request)))

    def read_header(self, key: str | None, header: bool, before: Job | None) -> Updates:
        """Read the first row again, as the header or as a row like the others."""
        discard(before)
        source = self.tables.get(key)
        self.tables.remove(key)
        if source is None:
            return self._no_table()
        return self._table(replace(source, table=source.table.with_header(header)))

    def read_sheet(self, key: str | None, sheet: str, before: Job | None, request: gr.Request) -> Updates:
        """Read another sheet of the visitor's workbook."""
        if (source := self.tables.get(key)) and sheet == source.table.sheet:
            return NO_CHANGE  # a choice that the Tab key only passes triggers its event, too
        return self._read_again(key, before, request, lambda path: read_table(path, sheet=sheet))

    def read_encoding(self, key: str | None, encoding: str, before: Job | None, request: gr.Request) -> Updates:
        """Read the visitor's file in another encoding."""
        if (source := self.tables.get(key)) and encoding == chosen_encoding(source.table.encoding):
            return NO_CHANGE
        return self._read_again(key, before, request, lambda path: read_table(path, encoding=encoding))

    def _read_again(
        self, key: str | None, before: Job | None, request: gr.Request, read: Callable[[str], Table]
    ) -> Updates:
        discard(before)
        source = self.tables.get(key)
        self.tables.remove(key)
        if source is None:
            return self._no_table()
        try:
            return self._table(replace(source, table=read(source.path)))
        except TableError as error:
            return self._no_table(_error(error_message(error, request)))

    def start(self, inputs: dict[Any, Any], request: gr.Request) -> Updates:
        """Put a job in the queue, unless this table already has one there."""
        view = self.view
        source, before = self.tables.get(inputs[view.source]), inputs[view.job]
        if before and before.active:
            return dict(before.latest)
        discard(before)
        if source is None:
            return {view.job: None, view.status: _error(translate("batch_gone", request))}
        columns = Columns(inputs[view.sentence1], inputs[view.sentence2], inputs[view.label])
        if problem := _columns_problem(columns, source.table):
            return {view.job: None, view.status: _error(error_message(problem, request))}
        if columns.label == NO_LABEL:
            columns = columns._replace(label=None)
        empty = {view.results: EMPTY_TABLE, view.report: None}
        waiting = {view.status: _working("batch_queued")} | empty
        cancelled = {view.status: status_value({"key": "batch_cancelled"})} | empty
        folder = _result_folder()
        job = Job(self._scoring(inputs[view.source], columns, folder, request), waiting, cancelled, folder)
        return {view.job: job} | waiting

    def _scoring(
        self, key: str | None, columns: Columns, folder: Path, request: gr.Request
    ) -> Generator[Updates, None, Updates]:
        """Score a table in steps; if it is stopped, show what is done by then.

        It has only the table's key until it begins: jobs that wait, or are never run, would keep what was removed.
        """
        source = self.tables.get(key)
        if source is None:
            return {self.view.status: _error(translate("batch_gone", request))}
        with ROOM.taken(source_bytes(source)):
            return (yield from self._scored(source, columns, folder, request))

    def _scored(
        self, source: Source, columns: Columns, folder: Path, request: gr.Request
    ) -> Generator[Updates, None, Updates]:
        view, table = self.view, source.table
        scores: list[Score] = []
        start, total = time.monotonic(), len(table.rows)
        yield {view.status: _working("batch_running", progress(start, 0, total))}
        with suppress(Stop):
            for chunk in score(self.matcher, table, columns, problems=row_problems(request)):
                scores += chunk
                yield {view.status: _working("batch_running", progress(start, len(scores), total))}
            yield {view.status: _working("batch_writing")}
        wording = self._wording(request)
        written = _with_own_names(source, request)
        files = {kind: write_scores(written, scores, folder, kind, wording) for kind in WRITERS}
        return {
            view.status: _finished(scores, total),
            view.results: self._results(table, scores),
            view.report: self._report(table, columns, scores),
            view.csv: gr.DownloadButton(value=str(files["csv"])),
            view.xlsx: gr.DownloadButton(value=str(files["xlsx"])),
        }

    def _wording(self, request: gr.Request) -> Wording:
        """The visitor's language for the result files."""
        labels = {label: translate(VERDICTS[label], request) for label in self.matcher.labels if label in VERDICTS}
        return Wording([translate(f"batch_new_{name}", request) for name in NEW_COLUMNS], labels)

    def _table(self, source: Source) -> Updates:
        """What the page shows of a table that was read."""
        table = source.table
        choices = [(name, place) for place, name in enumerate(map(choice_name, headings(table, PAIR_NAMES)))]
        columns = likely_columns(table, self.matcher.labels)
        no_label = [(str(text("batch_no_label")), NO_LABEL)]
        view = self.view
        return self._no_table() | {
            view.source: self.tables.add(source),
            view.sentence1: gr.Dropdown(choices=choices, value=columns.sentence1),
            view.sentence2: gr.Dropdown(choices=choices, value=columns.sentence2),
            view.label: gr.Dropdown(
                choices=no_label + choices, value=NO_LABEL if columns.label is None else columns.label
            ),
            view.header: gr.Checkbox(value=table.header, visible=visible(table.first is not None)),
            view.sheet: gr.Dropdown(
                choices=list(table.sheets), value=table.sheet or None, visible=visible(table.sheets)
            ),
            view.encoding: encoding_choice(table),
            view.preview: table_preview(table, source.name, PAIR_NAMES),
        }

    def _no_table(self, status: StatusValue = IDLE) -> Updates:
        """What the page shows while there is no table."""
        view = self.view
        return {
            view.source: None,
            view.file: None,
            view.status: status,
            view.preview: EMPTY_TABLE,
            view.results: EMPTY_TABLE,
            view.report: None,
        }

    def _results(self, table: Table, scores: Sequence[Score]) -> TableValue:
        """The first rows with their scores."""
        shown = scores[:RESULT_ROWS]
        rows = [
            [*map(shorten, row.values), *self._new_cells(each)] for row, each in zip(table.rows, shown, strict=False)
        ]
        new: list[Heading] = [{"key": f"batch_new_{name}"} for name in NEW_COLUMNS]
        caption = {"key": "batch_results", "shown": f"{len(shown):,}", "rows": f"{len(scores):,}"}
        return table_value([*headings(table, PAIR_NAMES), *new], rows, caption, visitors=True)

    def _new_cells(self, score: Score) -> list[Cell]:
        """A row's probability, label, similarity and problem."""
        named = score.prediction and set(self.matcher.labels) == set(VERDICTS)
        verdict: Cell = {"key": VERDICTS[score.prediction]} if named else score.prediction
        probability: Cell = "" if score.probability is None else {"chance": score.probability}
        similarity = "" if score.similarity is None else f"{100 * score.similarity:.0f}"
        return [probability, verdict, similarity, shorten(score.problem)]

    def _report(self, table: Table, columns: Columns, scores: Sequence[Score]) -> ReportValue | None:
        """How the scores agree with the labels; None if there are no labels or the model has more than two classes."""
        if columns.label is None or len(self.matcher.labels) != 2:
            return None
        from textmatch.metrics import reliability, threshold_counts

        labelled = Labelled.of(scores)
        figures = labelled.figures()
        if figures is None:
            return NO_LABELS
        bins = reliability(labelled.distributions, torch.from_numpy(labelled.labels))
        return {
            "pairs": len(labelled.rows),
            "labels": [label_message(label) for label in self.matcher.labels],
            "auc": figures["auc"],
            "ece": figures["ece"],
            "counts": [list(counts) for counts in threshold_counts(labelled.probabilities, labelled.labels)],
            "bins": [[each["confidence"], each["share"], each["pairs"]] for each in bins],
            "mistakes": [
                {
                    "row": row + 1,
                    "sentence1": shorten(table.rows[row].values[columns.sentence1]),
                    "sentence2": shorten(table.rows[row].values[columns.sentence2]),
                    "label": label,
                    "probability": probability,
                }
                for row, label, probability in labelled.worst()
            ],
        }


class Labelled(NamedTuple):
    """The scored rows whose label is known.

    Attributes:
        rows: their numbers in the table, from 0.
        probabilities: of the last class, `[N]`, float64.
        similarities: `[N]`, float64.
        labels: the classes that their labels name, `[N]`, int64.
    """

    rows: list[int]
    probabilities: numpy.ndarray
    similarities: numpy.ndarray
    labels: numpy.ndarray

    @classmethod
    def of(cls, scores: Sequence[Score]) -> Labelled:
        """Take the rows that have both a probability and a label."""
        found = [
            (row, each.probability, each.similarity, each.label)
            for row, each in enumerate(scores)
            if each.probability is not None and each.label is not None
        ]
        return cls(
            [row for row, *_ in found],
            numpy.array([probability for _, probability, _, _ in found], dtype=numpy.float64),
            numpy.array([similarity for _, _, similarity, _ in found], dtype=numpy.float64),
            numpy.array([label for *_, label in found], dtype=numpy.int64),
        )

    @property
    def distributions(self) -> torch.Tensor:
        """The probabilities of both classes, `[N, 2]`, float32."""
        return torch.tensor([[1 - p, p] for p in self.probabilities.tolist()])

    def figures(self) -> dict[str, Any] | None:
        """How good a two-class model is on these rows; None if they do not have both labels."""
        from textmatch.metrics import compute_metrics

        if len(set(self.labels.tolist())) < 2:
            return None
        similarity = torch.tensor(self.similarities.tolist())
        return asdict(compute_metrics(self.distributions, similarity, torch.from_numpy(self.labels)))

    def worst(self) -> list[tuple[int, int, float]]:
        """(row, label, probability) of the rows of each class farthest from their label, the worst first."""
        rows = list(zip(self.rows, self.labels.tolist(), self.probabilities.tolist(), strict=True))
        rows.sort(key=lambda row: (abs(row[2] - row[1]), row[0]), reverse=True)
        worst = [row for label in (0, 1) for row in [each for each in rows if each[1] == label][:MISTAKES]]
        return [row for row in rows if row in worst]


def row_problems(request: gr.Request) -> dict[str, str]:
    """The wording of what may be wrong with a row, in the visitor's language; see `scoring.PROBLEMS`."""
    return {key: TEXTS[request_language(request)][f"row_problem_{key}"] for key in PROBLEMS}


def write_scores(
    source: Source, scores: Sequence[Score], folder: Path | None, kind: str, wording: Wording = ENGLISH
) -> Path:
    """Write the rows that have a score as a CSV or XLSX file; without a `folder` into a new one."""
    path = (folder or _result_folder()) / f"{source.stem}.scored.{kind}"
    path.parent.mkdir(exist_ok=True)  # an empty folder does not last as long as a long run
    named = [each._replace(prediction=wording.labels.get(each.prediction, each.prediction)) for each in scores]
    WRITERS[kind](path, result_names(source.table, wording.columns), result_rows(source.table, named))
    return path


def _result_folder() -> Path:
    """A new folder where Gradio may send files from."""
    return Path(tempfile.mkdtemp(prefix=RESULTS, dir=UPLOAD_FOLDER))


def _with_own_names(source: Source, request: gr.Request) -> Source:
    """Name the columns in the visitor's language if the file has no names."""
    table = source.table
    if table.named:
        return source
    names = [
        each if isinstance(each, str) else translate(**each, request=request) for each in headings(table, PAIR_NAMES)
    ]
    return replace(source, table=replace(table, names=tuple(names)))


def likely_columns(table: Table, labels: Sequence[str]) -> Columns:
    """The columns that a person would choose.

    Those whose names are known; else the two that look most like sentences, and the one whose cells are all labels.

    Args:
        table: with at least one column.
        labels: the model's classes.
    """
    found = table.recognise()
    sample = [row.values for row in table.rows[:LOOKED_AT]]
    cells = [[str(row[place]).strip() for row in sample if row[place] is not None] for place in range(len(table.names))]
    free = [place for place in range(len(table.names)) if place not in found.values()]
    best = sorted(free, key=lambda place: -_sentence_like(cells[place]))
    wanted = [column for column in ("sentence1", "sentence2") if found[column] is None]
    found |= dict(zip(wanted, sorted(best[: len(wanted)]), strict=False))
    if found["label"] is None:
        rest = [place for place in free if place not in found.values()]
        found["label"] = next((place for place in rest if _label_like(cells[place], labels)), None)
    return Columns(found["sentence1"] or 0, found["sentence2"] or 0, found["label"])


def _columns_problem(columns: Columns, table: Table) -> TableError | None:
    """What is wrong with the visitor's choice of columns; None if nothing."""
    for column in ("sentence1", "sentence2"):
        if getattr(columns, column) is None:
            return TableError("unrecognised", column=column, names=", ".join(table.names))
    if columns.sentence1 == columns.sentence2:
        return TableError("same", name=table.names[columns.sentence1])
    return None


def _sentence_like(cells: Sequence[str]) -> float:
    """How much a column looks like sentences: its letters and characters, where few cells are alike."""
    letters = sum(sum(character.isalpha() for character in cell[:CELL_LENGTH]) for cell in cells)
    return letters / max(len(cells), 1) * len(set(cells)) / max(len(cells), 1)


def _label_like(cells: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether a column's cells are labels, of more than one kind."""
    classes = {label_class(cell, labels) for cell in cells if cell}
    return None not in classes and len(classes) > 1


def _finished(scores: Sequence[Score], total: int) -> StatusValue:
    failed = sum(each.probability is None for each in scores)
    some, every = ("batch_done", "batch_done_all") if len(scores) == total else ("batch_stopped", "batch_stopped_all")
    return status_value(
        {
            "key": some if failed else every,
            "done": f"{len(scores):,}",
            "total": f"{total:,}",
            "failed": f"{failed:,}",
        }
    )


def _working(key: str, far: dict[str, Any] | None = None) -> StatusValue:
    return status_value({"key": key}, progress=far or WORKING)


def _error(message: str) -> StatusValue:
    return status_value({"text": message}, tone="error")
