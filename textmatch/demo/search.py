"""The search tab: a list of questions, the nearest to what one types, and those that mean the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from textmatch.demo.component import component
from textmatch.demo.job import Job, View, drop, progress
from textmatch.demo.refusal import refusal
from textmatch.demo.shelf import Listed, Shelf
from textmatch.demo.texts import say, text
from textmatch.errors import DataError, InputError, TextMatchError
from textmatch.lists import SUFFIXES, lines, read_table
from textmatch.matcher import TextMatcher
from textmatch.search import Hit, Index, Step, Stop
from textmatch.tables import TableError
from textmatch.text import MAX_CHARACTERS

SHELF = 1_000_000
"""Sentences of all visitors' lists together, some 2 GB; one list may have as many (`lists.MAX_ROWS`)."""

CONCURRENCY = 2
"""Lists indexed, and grouped, at once: a long one then does not keep a short one waiting for its end."""

API_SENTENCES = 10_000
"""Sentences an API call may bring: it embeds them anew each time."""

TOP_K, CANDIDATES = 5, 60
"""Hits shown, and sentences the pair model judges for each: few enough to keep up with typing."""

MAX_GROUPED = 100_000
"""Sentences the page groups: some minutes of work at worst."""

THRESHOLD = 0.7
"""Probability from which two sentences are called duplicates at first."""

FAULTS_SHOWN = 5
"""Left-out lines that are named."""

FIRST_QUERY = "发票怎么开"
"""What is asked of the example list before anyone types."""

FAQ = Path(__file__).with_name("faq.tsv")
NO_COLUMN = ""

Value = dict[str, Any]
"""What a template draws: keys of texts with their fields, numbers, and sentences that are only ever text."""

PROGRESS = "search_waiting search_stopping search_progress search_count search_left"
"""Texts of whatever takes long."""

AT_WORK: Value = {"share": None}
"""How far something is (`progress`) while nobody can say."""

HIDE, SHOW = gr.update(visible=False), gr.update(visible=True)

T = TypeVar("T")


@dataclass(frozen=True)
class Searches:
    """Answers for visitors and API callers, with the example list and the shelf of all others."""

    matcher: TextMatcher
    example: Listed
    shelf: Shelf

    def look(self, file: str | None, request: gr.Request) -> tuple[Any, Any, Value]:
        """Offer the columns of an uploaded file."""
        try:
            table = read_table(file or "")
        except TextMatchError as error:
            hide = gr.update(visible=False)
            return hide, hide, _status("search_problem", text=_tell(error, request))
        named = bool(table.columns)
        none = (say("search_no_answer", request), NO_COLUMN)
        return (
            gr.update(choices=list(table.columns), value=table.sentence_column, visible=named),
            gr.update(choices=[none, *table.columns], value=table.answer_column or NO_COLUMN, visible=named),
            _status("search_chosen", name=_name(file), count=len(table.rows)),
        )

    def load(
        self,
        pasted: str,
        file: str | None,
        column: str | None,
        answer: str | None,
        key: str | None,
        before: Job | None,
        request: gr.Request,
    ) -> View:
        """Put down that the visitor's list is to be indexed: (job, key, status, stop button)."""
        drop(before)
        views = self._loading(pasted, file, column, answer, key, request)
        listed = self._listed(key)
        status = _ready(listed) if listed else _status("search_gone")
        status["notes"] = [{"key": "search_stopped"}, *status["notes"]]
        waiting = gr.skip(), _status("search_waiting", AT_WORK), SHOW
        return Job(views, waiting, stopped=(gr.skip(), status, HIDE)), *waiting

    def _loading(
        self,
        pasted: str,
        file: str | None,
        column: str | None,
        answer: str | None,
        key: str | None,
        request: gr.Request,
    ) -> Generator[View, None, View]:
        """Index a list, saying how far it is: (key, status, stop button)."""
        try:
            table = read_table(file) if file else lines(pasted.rstrip())
            sentences = table.column(column if file and table.columns else None)
            answers = table.column(answer) if file and answer else []
            index = yield from _ticking(
                Index.steps(self.matcher, sentences),
                lambda far: (gr.skip(), _status("search_indexing", far, count=len(sentences)), gr.skip()),
            )
        except TextMatchError as error:
            return gr.skip(), _status("search_problem", text=_tell(error, request)), HIDE
        self.shelf.drop(key)
        listed = Listed(index, answers, _name(file), table.first)
        return self.shelf.put(listed), _ready(listed), HIDE

    def reset(self, key: str | None, loading: Job | None) -> tuple[None, Value, Any]:
        """Forget the visitor's list and go back to the example: (key, status, stop button)."""
        drop(loading)
        self.shelf.drop(key)
        return None, _ready(self.example), HIDE

    def find(self, query: str, key: str | None) -> Value:
        """The nearest to `query` in the visitor's list."""
        listed = self._listed(key)
        if not listed:
            return {"line": {"key": "search_gone"}, "hits": []}
        if not query.strip():
            return {"line": {"key": "search_hint"}, "hits": []}
        if len(query) > MAX_CHARACTERS:
            return {"line": {"key": "search_long_query", "limit": MAX_CHARACTERS}, "hits": []}
        try:
            hits = listed.index.search(query, TOP_K, CANDIDATES)
        except InputError:
            return {"line": {"key": "search_hint"}, "hits": []}
        same = sum(hit.probability >= 0.5 for hit in hits)
        line = {"key": "search_found" if same else "search_none", "count": same, "shown": len(hits)}
        return {"line": line, "hits": [_shown(hit, listed) for hit in hits]}

    def group(self, threshold: float, key: str | None, before: Job | None) -> View:
        """Put down that the duplicates in the visitor's list are wanted: (job, groups, stop button)."""
        drop(before)
        waiting = _groups("search_waiting", AT_WORK), SHOW
        return Job(self._grouping(threshold / 100, key), waiting, stopped=(_groups("search_stopped"), HIDE)), *waiting

    def _grouping(self, threshold: float, key: str | None) -> Generator[View, None, View]:
        """Group a list, saying how far it is: (groups, stop button)."""
        listed = self._listed(key)
        if not listed:
            return _groups("search_gone"), HIDE
        if len(listed.index) > MAX_GROUPED:
            return _groups("search_too_many", count=len(listed.index), limit=MAX_GROUPED), HIDE
        found, (done, total) = yield from _ticking(
            listed.index.duplicate_steps(threshold), lambda far: (_groups("search_grouping", far), gr.skip())
        )
        if done < total:
            line = "search_groups_stopped" if done else "search_stopped"
        else:
            line = "search_groups" if found else "search_no_groups"
        spare = sum(len(group.members) - 1 for group in found)
        shown = _groups(line, count=len(found), spare=spare, done=f"{done:,}", total=f"{total:,}")
        return shown | {"groups": [[_shown(hit, listed) for hit in group.members] for group in found]}, HIDE

    def ungroup(self, grouping: Job | None) -> View:
        """What is shown of duplicates in a list that is new: (groups, stop button)."""
        drop(grouping)
        return _groups("search_no_groups_yet"), HIDE

    def search(
        self, query: str, sentences: list[str] | None, file: str | None, top_k: float, request: gr.Request
    ) -> list[dict[str, Any]]:
        """Find the sentences of a list that are most likely to mean the same as a query, in Chinese.

        Args:
            query: the sentence to look for.
            sentences: the list to search, at most 10,000 sentences; leave it out to send a file instead.
            file: a .txt, .csv, .tsv, .jsonl or .xlsx file with the list, one sentence in each row.
            top_k: how many hits at most, 1 to 100.
            request: the caller's; not a parameter of the endpoint.

        Returns:
            Hits, nearest first (by probability plus overlap), each with its position in the list (from 0), sentence,
            probability that it means the same, similarity of the two as the model sees them, and overlap of their
            characters (all three 0 to 1).
        """
        index = self._indexed(sentences, file, request)
        try:
            hits = index.search(query, min(int(top_k), 100))
        except TextMatchError as error:
            raise _refusal(error, request) from None
        return [_row(hit) for hit in hits]

    def duplicates(
        self, sentences: list[str] | None, file: str | None, threshold: float, request: gr.Request
    ) -> list[list[dict[str, Any]]]:
        """Group the Chinese sentences of a list that mean the same.

        Args:
            sentences: the list, at most 10,000 sentences; leave it out to send a file instead.
            file: a .txt, .csv, .tsv, .jsonl or .xlsx file with the list, one sentence in each row.
            threshold: probability from which two sentences count as the same, 0 to 1.
            request: the caller's; not a parameter of the endpoint.

        Returns:
            Groups of at least two, largest first. Each member has its position in the list (from 0), sentence,
            probability that it means the same as the first member (0 to 1) and similarity to it (0 to 1).
        """
        index = self._indexed(sentences, file, request)
        try:
            groups = index.duplicates(threshold)
        except TextMatchError as error:
            raise _refusal(error, request) from None
        return [[_row(hit) for hit in group.members] for group in groups]

    def _listed(self, key: str | None) -> Listed | None:
        return self.example if key is None else self.shelf.get(key)

    def _indexed(self, sentences: list[str] | None, file: str | None, request: gr.Request) -> Index:
        try:
            if sentences is None and file is None:
                raise InputError("there is no list: expected sentences, or a file")
            found = read_table(file).column() if sentences is None and file else sentences
            if not isinstance(found, list) or not all(isinstance(sentence, str) for sentence in found):
                raise InputError("sentences: expected a list of strings")
            if len(found) > API_SENTENCES:
                raise InputError(f"the list has {len(found):,} sentences; {API_SENTENCES:,} is the most")
            return Index.build(self.matcher, found)
        except TextMatchError as error:
            raise _refusal(error, request) from None


def tab(matcher: TextMatcher) -> None:
    """Build the tab inside an open `gr.Tab` (or page).

    Args:
        matcher: what embeds and judges.
    """
    table = read_table(FAQ)
    index = Index.build(matcher, table.column())
    example = Listed(index, table.column(table.answer_column), "", table.first)
    searches = Searches(matcher, example, Shelf(SHELF))
    key = gr.State(None, delete_callback=searches.shelf.drop)
    loading, grouping = gr.State(None, delete_callback=drop), gr.State(None, delete_callback=drop)

    gr.Markdown(text("search_intro"), elem_classes="tm-intro")
    with gr.Column(elem_id="search-source"):
        status = _template(
            "search_status",
            _ready(example),
            "search_example search_list search_pasted search_chosen search_indexing search_stopped search_gone "
            "search_problem search_equal search_cut search_left_out search_blank search_long search_broken " + PROGRESS,
        )
        cancel_load = gr.Button(text("search_cancel"), elem_id="search-cancel-load", visible=False)
        with gr.Accordion(text("search_own"), open=False, elem_id="search-own"):
            pasted = gr.Textbox(
                label=text("search_paste"),
                placeholder=text("search_paste_placeholder"),
                lines=6,
                max_lines=12,
                elem_id="search-paste",
                html_attributes=gr.InputHTMLAttributes(lang="zh-CN", spellcheck=False),
            )
            file = gr.File(label=text("search_file"), file_types=list(SUFFIXES), height=150, elem_id="search-file")
            refusal("search-file", SUFFIXES)
            with gr.Row(elem_id="search-columns"):
                column = gr.Dropdown(label=text("search_column"), visible=False, elem_id="search-column")
                answer = gr.Dropdown(label=text("search_answer_column"), visible=False, elem_id="search-answer-column")
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
    hits = _template(
        "search_hits",
        searches.find(FIRST_QUERY, None),
        "search_hint search_gone search_long_query search_found search_none search_same search_other "
        "search_similarity search_overlap search_row search_copies",
    )
    with gr.Column(elem_id="search-duplicates"):
        gr.Markdown(text("search_duplicates"), elem_classes="tm-intro")
        with gr.Row(elem_id="search-duplicates-controls"):
            threshold = gr.Slider(
                50, 99, THRESHOLD * 100, step=1, label=text("search_threshold"), elem_id="search-threshold"
            )
            group = gr.Button(text("search_group_button"), elem_id="search-group")
            cancel_group = gr.Button(text("search_cancel"), elem_id="search-cancel-group", visible=False)
        groups = _template(
            "search_groups",
            _groups("search_no_groups_yet"),
            "search_no_groups_yet search_gone search_too_many search_grouping search_groups search_no_groups "
            "search_groups_stopped search_stopped search_first search_group search_more_groups search_more_members "
            "search_row search_download search_csv " + PROGRESS,
        )

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # Each press of a button has its turn: the job of a later one may be done in the turn of an earlier one.
    heavy: dict[str, Any] = quiet | {"concurrency_limit": CONCURRENCY, "trigger_mode": "multiple"}
    light: dict[str, Any] = quiet | {"concurrency_limit": 4, "concurrency_id": "search-light"}
    again: dict[str, Any] = {"fn": searches.find, "inputs": [query, key], "outputs": hits} | light

    file.upload(searches.look, file, [column, answer, status], **light)
    file.upload(None, None, pasted, js="() => ''", **quiet)
    file.clear(None, None, [column, answer], js=_hide_columns(), **quiet)
    pasted.input(None, None, [file, column, answer], js=_hide_columns("null, "), **quiet)
    load.click(
        searches.load, [pasted, file, column, answer, key, loading], [loading, key, status, cancel_load], **light
    ).success(Job.run, loading, [key, status, cancel_load], concurrency_id="search-load", **heavy)
    reset.click(searches.reset, [key, loading], [key, status, cancel_load], **light)
    reset.click(None, None, [pasted, file, column, answer], js=_emptied(), **quiet)
    hits.submit(trigger_mode="always_last", **again)
    key.change(**again)
    key.change(searches.ungroup, grouping, [groups, cancel_group], **light)
    group.click(searches.group, [threshold, key, grouping], [grouping, groups, cancel_group], **light).success(
        Job.run, grouping, [groups, cancel_group], concurrency_id="search-group", **heavy
    )
    cancel_load.click(None, None, status, js=_shows(_status("search_stopping", AT_WORK)), **quiet)
    cancel_load.click(Job.stop, loading, [key, status, cancel_load], **light)
    cancel_group.click(None, None, groups, js=_shows(_groups("search_stopping", AT_WORK)), **quiet)
    cancel_group.click(Job.stop, grouping, [groups, cancel_group], **light)
    _endpoints(searches)


def _endpoints(searches: Searches) -> None:
    """`/search` and `/duplicates`, for programs; their components are never shown."""
    hidden: dict[str, Any] = {"visible": False}
    calls: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "search-api"}
    door = gr.Button(**hidden)
    sentences, file = gr.JSON(label="sentences", **hidden), gr.File(label="file", type="filepath", **hidden)
    query, top_k = gr.Textbox(label="query", **hidden), gr.Number(5, label="top_k", minimum=1, maximum=100, **hidden)
    threshold = gr.Number(THRESHOLD, label="threshold", minimum=0, maximum=1, **hidden)
    hits, groups = gr.JSON(label="hits", **hidden), gr.JSON(label="groups", **hidden)
    door.click(searches.search, [query, sentences, file, top_k], hits, api_name="search", **calls)
    door.click(searches.duplicates, [sentences, file, threshold], groups, api_name="duplicates", **calls)


def _template(name: str, value: Value, texts: str) -> gr.HTML:
    """A static template; a visitor's text reaches it through `textContent` alone."""
    prelude = Path(__file__).with_name("search_progress.js").read_text(encoding="utf-8")
    return component(name, value, *texts.split(), prelude=prelude, elem_id=name.replace("_", "-"))


def _ticking(steps: Generator[Step, None, T], shown: Callable[[Value], View]) -> Generator[View, None, T]:
    """Run steps, yielding what `shown` makes of how far they are, and return their result; a `Stop` is for them."""
    start, far = time.monotonic(), AT_WORK
    while True:
        try:
            try:
                yield shown(far)
            except Stop as stop:
                steps.throw(stop)
            far = progress(start, *next(steps))
        except StopIteration as end:
            result: T = end.value
            return result


def _status(key: str, progress: Value | None = None, **fields: object) -> Value:
    return {"line": {"key": key, **fields}, "notes": [], "progress": progress}


def _groups(key: str, progress: Value | None = None, **fields: object) -> Value:
    return {"line": {"key": key, **fields}, "groups": [], "progress": progress}


def _ready(listed: Listed) -> Value:
    """The list in use, and what of it was left out."""
    index = listed.index
    skipped = index.skipped
    usable = len(index.sentences) - len(skipped)
    key = "search_list" if listed.name else "search_example" if listed.answers else "search_pasted"
    notes: list[dict[str, Any]] = []
    if usable > len(index):
        notes.append({"key": "search_equal", "count": usable - len(index)})
    if index.cut:
        notes.append({"key": "search_cut", "count": index.cut, "limit": index.matcher.max_length})
    notes += [
        {"key": f"search_{fault.reason}", "number": fault.position + listed.first} for fault in skipped[:FAULTS_SHOWN]
    ]
    if len(skipped) > FAULTS_SHOWN:
        notes.append({"key": "search_left_out", "count": len(skipped) - FAULTS_SHOWN})
    return {"line": {"key": key, "name": listed.name, "count": usable}, "notes": notes, "progress": None}


def _shown(hit: Hit, listed: Listed) -> Value:
    return {
        "sentence": hit.sentence,
        "answer": listed.answers[hit.position] if listed.answers else "",
        "number": hit.position + listed.first,
        "copies": list(hit.copies),
        "probability": hit.probability,
        "similarity": hit.similarity,
        "overlap": hit.overlap,
    }


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "position": hit.position,
        "sentence": hit.sentence,
        "probability": hit.probability,
        "similarity": hit.similarity,
        "overlap": hit.overlap,
    }


def _name(file: str | None) -> str:
    return Path(file).name if file else ""


def _tell(error: TextMatchError, request: gr.Request) -> str:
    """What is wrong, in the visitor's language where we have the words for it."""
    if isinstance(error, TableError):
        return say(f"file_{error.problem.key}", request, **error.problem.fields)
    if isinstance(error, InputError | DataError):
        return say("search_nothing", request, limit=MAX_CHARACTERS)
    return str(error)


def _refusal(error: TextMatchError, request: gr.Request) -> gr.Error:
    return gr.Error(str(error), title=say("search_refused", request), print_exception=False)


def _shows(value: Value) -> str:
    return f"() => ({json.dumps(value)})"


def _hide_columns(before: str = "") -> str:
    hide = json.dumps({"visible": False, "value": None, "__type__": "update"})
    return f"() => [{before}{hide}, {hide}]"


def _emptied() -> str:
    hide = json.dumps({"visible": False, "value": None, "__type__": "update"})
    return f"() => ['', null, {hide}, {hide}]"
