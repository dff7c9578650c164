"""What the search tab does: index a visitor's list, find the sentences nearest to a query, group duplicates."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import gradio as gr

from textmatch.demo.components import Message
from textmatch.demo.components.duplicate_groups import EMPTY_GROUPS
from textmatch.demo.components.search_hits import HitsValue, HitValue, HitVerdict
from textmatch.demo.components.status import WORKING, StatusValue, status_value
from textmatch.demo.components.table import EMPTY_TABLE
from textmatch.demo.handlers import (
    HIDDEN,
    choice_name,
    encoding_choice,
    error_message,
    headings,
    table_preview,
    visible,
)
from textmatch.demo.handlers.trust import is_sure
from textmatch.demo.i18n import text, translate
from textmatch.demo.jobs import NO_CHANGE, Job, Updates, discard, progress
from textmatch.demo.sessions import SENTENCE_BYTES, SessionStore, StoredIndex
from textmatch.demo.turns import ROOM
from textmatch.errors import BusyError, InputError, TextMatchError
from textmatch.files import Table, TableError, chosen_encoding, read_list, read_pasted_list
from textmatch.matcher import TextMatcher
from textmatch.search import Hit, Index, Step, Stop
from textmatch.text import MAX_CHARACTERS

TOP_K, CANDIDATES = 5, 60
"""Hits shown, and sentences that the pair model judges for each query: few enough to keep up with typing."""

MAX_GROUPED = 100_000
"""Sentences of a list that the page groups: about 20 minutes of a core (docs/speed.md)."""

SKIPPED_SHOWN = 5
"""Skipped rows that are named; of the others only the number is told."""

NO_COLUMN = ""
"""The choice that there is no column with answers."""

SHOW, HIDE = gr.update(visible=True), gr.update(visible=HIDDEN)

NOTHING = gr.update(value=None, visible=HIDDEN)
"""Of a choice that there is not."""

T = TypeVar("T")


class SearchView(NamedTuple):
    """The components that the handlers read and update."""

    key: Any
    loading: Any
    grouping: Any
    status: Any
    stop_loading: Any
    pasted: Any
    file: Any
    column: Any
    answer_column: Any
    sheet: Any
    encoding: Any
    header: Any
    offered: Any
    preview: Any
    query: Any
    hits: Any
    threshold: Any
    groups_status: Any
    groups: Any
    stop_grouping: Any

    @property
    def choices(self) -> list[Any]:
        """What a visitor chooses of a list: the columns, the sheet, the encoding, and whether row 1 is a header."""
        return [self.column, self.answer_column, self.sheet, self.encoding, self.header]


class Reading(NamedTuple):
    """How a visitor wants a list read: sheet and encoding ("" to guess), whether row 1 is a header (None to guess)."""

    sheet: str = ""
    encoding: str = ""
    header: bool | None = None

    def table(self, file: str | None, pasted: str) -> Table:
        """Read a file, or without one what was pasted.

        Raises:
            TableError: it cannot be used.
        """
        table = read_list(file, sheet=self.sheet, encoding=self.encoding) if file else read_pasted_list(pasted)
        return table.with_header(self.header)


class Offered(NamedTuple):
    """The sheet and the encoding of the list whose columns are offered, as the choices name them."""

    sheet: str
    encoding: str


@dataclass(frozen=True)
class SearchHandlers:
    """Searches the visitors' lists with one matcher.

    Attributes:
        matcher: embeds and compares the sentences.
        example: the list of visitors who have brought none.
        store: the lists that visitors have brought.
        view: the tab's components.
    """

    matcher: TextMatcher
    example: StoredIndex
    store: SessionStore[StoredIndex]
    view: SearchView

    def read_columns(self, file: str | None, request: gr.Request) -> Updates:
        """Offer the columns of an uploaded file, and its sheets if it has several."""
        return self._offered(file, "", Reading(), request)

    def read_sheet(self, file: str | None, sheet: str, offered: Offered | None, request: gr.Request) -> Updates:
        """Offer the columns of another sheet of a workbook."""
        if offered and sheet == offered.sheet:
            return NO_CHANGE  # a choice that the Tab key only passes triggers its event, too
        return self._offered(file, "", Reading(sheet=sheet), request)

    def read_encoding(self, file: str | None, encoding: str, offered: Offered | None, request: gr.Request) -> Updates:
        """Offer the columns of the file as it reads in another encoding."""
        if offered and encoding == offered.encoding:
            return NO_CHANGE
        return self._offered(file, "", Reading(encoding=encoding), request)

    def read_pasted(self, pasted: str, file: str | None, request: gr.Request) -> Updates:
        """Offer the columns of a pasted table; of lines that are none, nothing. An upload empties the box."""
        if file and not pasted:
            return NO_CHANGE
        offered = self._offered(None, pasted, Reading(), request) if "\t" in pasted else self._no_columns()
        return {self.view.file: None} | offered

    def read_header(self, inputs: dict[Any, Any], request: gr.Request) -> Updates:
        """Offer the columns anew, with the first row as the header or as a row like the others."""
        view = self.view
        reading = Reading(inputs[view.sheet] or "", inputs[view.encoding] or "", inputs[view.header])
        return self._offered(inputs[view.file], inputs[view.pasted], reading, request)

    def _offered(self, file: str | None, pasted: str, reading: Reading, request: gr.Request) -> Updates:
        """What the page shows of a list that was read."""
        view = self.view
        try:
            table = reading.table(file, pasted)
        except TextMatchError as error:
            return self._no_columns() | {view.status: _problem(error, request)}
        if not file and len(table.names) == 1:
            return self._no_columns()
        choices = list(zip(map(choice_name, headings(table)), table.choices, strict=True))
        no_answers = (str(text("search_no_answer")), NO_COLUMN)
        answer, several = table.answer_column or NO_COLUMN, len(table.names) > 1
        name = _file_name(file)
        key = "search_chosen" if name else "search_chosen_pasted"
        return {
            view.column: gr.update(choices=choices, value=table.sentence_column, visible=visible(several)),
            view.answer_column: gr.update(choices=[no_answers, *choices], value=answer, visible=visible(several)),
            view.sheet: gr.update(choices=list(table.sheets), value=table.sheet or None, visible=visible(table.sheets)),
            view.encoding: encoding_choice(table),
            view.header: gr.update(value=table.header, visible=visible(table.first is not None)),
            view.offered: Offered(table.sheet, chosen_encoding(table.encoding)),
            view.preview: table_preview(table, name),
            view.status: status_value({"key": key, "name": name, "count": len(table.rows)}),
        }

    def _no_columns(self) -> Updates:
        """What the page shows while there are no columns to choose."""
        view = self.view
        hidden = dict.fromkeys(view.choices, NOTHING)
        return hidden | {view.offered: None, view.preview: EMPTY_TABLE, view.status: gr.skip()}

    def load(self, inputs: dict[Any, Any], request: gr.Request) -> Updates:
        """Queue the indexing of the visitor's list."""
        view = self.view
        discard(inputs[view.loading])
        stored = self._stored(inputs[view.key])
        status = self._ready(stored) if stored else status_value({"key": "search_gone"})
        status["messages"].insert(0, {"key": "search_stopped"})
        waiting = {view.status: status_value({"key": "search_waiting"}, progress=WORKING), view.stop_loading: SHOW}
        cancelled = {view.status: status, view.stop_loading: HIDE}
        return {view.loading: Job(self._loading(inputs, request), waiting, cancelled)} | waiting

    def _loading(self, inputs: dict[Any, Any], request: gr.Request) -> Generator[Updates, None, Updates]:
        """Index a list in steps and put it in the place of the visitor's former one."""
        view = self.view
        file, pasted = inputs[view.file], inputs[view.pasted]
        column, answer, sheet, encoding, header = (inputs[each] for each in view.choices)
        if file and pasted:  # an upload empties the box, so this is newer, and the choices are still the file's
            file = column = answer = sheet = encoding = None
        try:
            # Without a column the list was not shown yet, so nobody has said what its first row is.
            table = Reading(sheet or "", encoding or "", header if column else None).table(file, pasted)
            sentences, answers = table.column(column), table.column(answer) if answer else []
            line = {"key": "search_indexing", "count": len(sentences)}
            with ROOM.taken(SENTENCE_BYTES * len(sentences)):
                index = yield from _with_progress(
                    Index.steps(self.matcher, sentences), lambda far: {view.status: status_value(line, progress=far)}
                )
        except TextMatchError as error:
            return {view.status: _problem(error, request), view.stop_loading: HIDE}
        self.store.remove(inputs[view.key])
        stored = StoredIndex(index, answers, _file_name(file), table.first_number)
        return {view.key: self.store.add(stored), view.status: self._ready(stored), view.stop_loading: HIDE}

    def reset(self, key: str | None, loading: Job | None) -> Updates:
        """Forget the visitor's list and go back to the example."""
        discard(loading)
        self.store.remove(key)
        view = self.view
        return {view.key: None, view.status: self._ready(self.example), view.stop_loading: HIDE}

    def find(self, query: str, key: str | None) -> HitsValue:
        """The sentences of the visitor's list that are nearest to `query`."""
        return hits_value(query, self._stored(key))

    def group(self, threshold: float, key: str | None, before: Job | None) -> Updates:
        """Queue the search for duplicates in the visitor's list; `threshold` is in percent."""
        discard(before)
        view = self.view
        waiting = self._groups({"key": "search_waiting"}, WORKING) | {view.stop_grouping: SHOW}
        cancelled = self._groups({"key": "search_stopped"}) | {view.stop_grouping: HIDE}
        return {view.grouping: Job(self._grouping(threshold / 100, key), waiting, cancelled)} | waiting

    def _grouping(self, threshold: float, key: str | None) -> Generator[Updates, None, Updates]:
        """Group the duplicates of a list in steps; if it is stopped, show the groups that are known by then."""
        hide = {self.view.stop_grouping: HIDE}
        stored = self._stored(key)
        if stored is None:
            return self._groups({"key": "search_gone"}) | hide
        if len(stored.index) > MAX_GROUPED:
            line = {"key": "search_too_many", "count": len(stored.index), "limit": MAX_GROUPED}
            return self._groups(line) | hide
        groups, (done, total) = yield from _with_progress(
            stored.index.duplicate_steps(threshold), lambda far: self._groups({"key": "search_grouping"}, far)
        )
        if done < total:
            key = "search_groups_stopped" if done else "search_stopped"
        else:
            key = "search_groups" if groups else "search_no_groups"
        spare = sum(len(group.members) - 1 for group in groups)
        line = {
            "key": key,
            "threshold": f"{100 * threshold:.0f}",
            "count": len(groups),
            "spare": spare,
            "done": f"{done:,}",
            "total": f"{total:,}",
        }
        members = [[_hit_value(hit, stored) for hit in group.members] for group in groups]
        return self._groups(line) | {self.view.groups: members} | hide

    def ungroup(self, grouping: Job | None) -> Updates:
        """Remove the groups of a list that is no longer used."""
        discard(grouping)
        return self._groups({"key": "search_no_groups_yet"}) | {self.view.stop_grouping: HIDE}

    def _groups(self, line: Message, far: Mapping[str, object] | None = None) -> Updates:
        """A line about the groups, and none of them."""
        return {self.view.groups_status: status_value(line, progress=far), self.view.groups: EMPTY_GROUPS}

    def _ready(self, stored: StoredIndex) -> StatusValue:
        return ready_status(stored, is_example=stored is self.example)

    def _stored(self, key: str | None) -> StoredIndex | None:
        return self.example if key is None else self.store.get(key)


def hits_value(query: str, stored: StoredIndex | None) -> HitsValue:
    """The sentences of a list that are nearest to `query`; None is a list that was removed."""

    def answer(key: str, hits: list[HitValue] | None = None, **fields: int) -> HitsValue:
        return {"query": query, "line": {"key": key, **fields}, "hits": hits or []}

    if stored is None:
        return answer("search_gone")
    if len(query) > MAX_CHARACTERS:
        return answer("search_long_query", limit=MAX_CHARACTERS)
    try:
        hits = stored.index.search(query, CANDIDATES, CANDIDATES)
    except InputError:  # nothing is typed yet
        return answer("search_hint")
    # The index ranks by probability and common characters; here the number that is shown chooses and sorts.
    best = sorted(hits, key=lambda hit: (-hit.probability, -hit.similarity))[:TOP_K]
    values = [_hit_value(hit, stored) for hit in best]
    same = sum(value["verdict"] == "same" for value in values)
    return answer("search_found" if same else "search_none", values, count=same, shown=len(best))


def ready_status(stored: StoredIndex, is_example: bool = False) -> StatusValue:
    """Which list is used, and what of it was merged, cut or skipped."""
    index = stored.index
    usable = len(index.sentences) - len(index.skipped)
    messages: list[Message] = []
    if usable > len(index):
        messages.append({"key": "search_equal", "count": usable - len(index)})
    if index.cut:
        messages.append({"key": "search_cut", "count": index.cut, "limit": index.matcher.max_length})
    messages += [
        {"key": f"search_skipped_{row.reason}", "number": row.position + stored.first_number}
        for row in index.skipped[:SKIPPED_SHOWN]
    ]
    if len(index.skipped) > SKIPPED_SHOWN:
        messages.append({"key": "search_skipped_more", "count": len(index.skipped) - SKIPPED_SHOWN})
    key = "search_list" if stored.name else "search_example" if is_example else "search_pasted"
    return status_value({"key": key, "name": stored.name, "count": usable}, messages=messages)


def _with_progress(
    steps: Generator[Step, None, T], shown: Callable[[Mapping[str, object]], Updates]
) -> Generator[Updates, None, T]:
    """Run steps and return their result; before each yield what `shown` makes of the progress so far.

    `Stop` is thrown on into the steps.
    """
    start = time.monotonic()
    far = WORKING
    while True:
        try:
            try:
                yield shown(far)
            except Stop as stop:
                steps.throw(stop)
            far = progress(start, *next(steps))
        except StopIteration as finished:
            result: T = finished.value
            return result


def _hit_value(hit: Hit, stored: StoredIndex) -> HitValue:
    return {
        "sentence": hit.sentence,
        "answer": stored.answers[hit.position] if stored.answers else "",
        "number": hit.position + stored.first_number,
        "copies": list(hit.copies),
        "verdict": _verdict(hit.probability, stored),
        "probability": hit.probability,
        "similarity": hit.similarity,
        "overlap": hit.overlap,
    }


def _verdict(probability: float, stored: StoredIndex) -> HitVerdict:
    """What is said of a hit; "unsure" where such a verdict was too often wrong."""
    matcher = stored.index.matcher
    probabilities = dict(zip(matcher.labels, (1 - probability, probability), strict=True))
    if not is_sure(probabilities, matcher.metrics):
        return "unsure"
    return "same" if probability >= 0.5 else "other"


def _problem(error: TextMatchError, request: gr.Request) -> StatusValue:
    """Why a list cannot be used. An index only fails because no sentence is left."""
    if isinstance(error, TableError | BusyError):
        message = error_message(error, request)
    else:
        message = translate("search_nothing", request, limit=MAX_CHARACTERS)
    return status_value({"key": "search_problem", "text": message}, tone="error")


def _file_name(file: str | None) -> str:
    return Path(file).name if file else ""
