"""What the compare tab does: check the sentences, ask a model, say what the page shows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import gradio as gr

from textmatch.demo.components.alignment import EMPTY_ALIGNMENT, alignment_value
from textmatch.demo.components.code_snippets.snippets import EMPTY_SNIPPETS, snippets_value
from textmatch.demo.components.gauge import EMPTY_GAUGE, gauge_value
from textmatch.demo.components.messages import EMPTY_MESSAGES, messages_value
from textmatch.demo.components.table import EMPTY_TABLE, Cell, TableValue, table_value
from textmatch.demo.examples import EXAMPLES
from textmatch.demo.handlers import visitor_errors
from textmatch.demo.i18n import LABEL_NAMES, VERDICTS, translate
from textmatch.demo.jobs import Updates
from textmatch.demo.models import Models
from textmatch.errors import InputError, TextMatchError
from textmatch.matcher import TextMatcher
from textmatch.results import Explanation, Prediction
from textmatch.text import MAX_CHARACTERS

MAX_LINES = 50
"""Most sentences that one sentence is compared with at once."""

NO_VERDICT = {"label": "–", "confidences": []}
"""The verdict before the first answer, in the form that the browser has it."""

RANKING_COLUMNS = ("compare_candidate", "compare_verdict", "compare_probability", "compare_similarity")
ALL_MODELS_COLUMNS = (
    *("compare_model", "compare_verdict", "compare_probability", "compare_similarity"),
    "compare_time",
)

Box = Literal["1", "2", "line"]
"""Where a sentence stands: in the first box, in the second, or on a line of the second."""


class CompareView(NamedTuple):
    """The components that the handlers update: the two boxes, and what shows the answer."""

    sentence1: Any
    sentence2: Any
    verdict: Any
    gauge: Any
    messages: Any
    alignment: Any
    ranking: Any
    all_models: Any
    code: Any

    @property
    def boxes(self) -> list[Any]:
        """The text boxes."""
        return [self.sentence1, self.sentence2]

    @property
    def answer(self) -> list[Any]:
        """Everything that shows an answer."""
        return list(self[2:])

    @property
    def empty(self) -> Updates:
        """What these show before the first answer."""
        return {
            self.verdict: NO_VERDICT,
            self.gauge: EMPTY_GAUGE,
            self.messages: EMPTY_MESSAGES,
            self.alignment: EMPTY_ALIGNMENT,
            self.ranking: EMPTY_TABLE,
            self.all_models: EMPTY_TABLE,
            self.code: EMPTY_SNIPPETS,
        }


@dataclass(frozen=True)
class CompareHandlers:
    """Answers visitors who compare sentences, with the models that the page offers."""

    models: Models
    view: CompareView

    def check(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> list[dict[str, Any]]:
        """Validate both boxes before the queue; a message stands below the box it is about."""
        del model  # it comes from a list
        candidates = split_lines(sentence2)
        messages = (sentence_problem(sentence1, "1", request), _second_box_problem(candidates, request), "")
        return [dict(gr.validate(not message, message)) for message in messages]

    def compare(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> Updates:
        """Compare two sentences, or rank the lines of the second box if there are several."""
        with visitor_errors("compare_refused", request):
            candidates = _checked_candidates(sentence1, sentence2, request)
            matcher = self.models[model]
            start = time.perf_counter()
            if len(candidates) == 1:
                updates = self._pair(matcher, matcher.explain(sentence1, candidates[0]))
            else:
                predictions = matcher.predict([(sentence1, candidate) for candidate in candidates])
                updates = {self.view.verdict: "–", self.view.ranking: _ranking(predictions, matcher.labels)}
        answered = {
            "key": "messages_answered",
            "model": model,
            "device": str(matcher.device).upper(),
            "milliseconds": _milliseconds(start),
        }
        updates = self.view.empty | updates
        updates[self.view.messages] = updates[self.view.messages] | {"answer": answered}
        updates[self.view.code] = snippets_value(sentence1, candidates, self.models.default, model)
        return updates

    def compare_all(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> Updates:
        """Every model's verdict on the first sentence and the first line of the second box."""
        del model
        with visitor_errors("compare_refused", request):
            candidate = _checked_candidates(sentence1, sentence2, request)[0]
        rows = [[name, *self._row_of(name, sentence1, candidate)] for name in self.models.names]
        caption = {"key": "compare_all_models_caption", "text": candidate}
        return {self.view.all_models: table_value(_keys(ALL_MODELS_COLUMNS), rows, caption)}

    def open(self, model: str, request: gr.Request) -> Updates:
        """Fill the boxes from the address (``?a=…&b=…``) or with the first example, and answer."""
        example1, example2 = EXAMPLES[0][1:]
        first, second = request.query_params.get("a", ""), request.query_params.get("b", "")
        if not (first or second):
            return self._filled(example1, example2, model, request)
        problem = sentence_problem(first, "1", request) or _second_box_problem(split_lines(second), request)
        if not problem:
            return self._filled(first, second, model, request)
        updates = self._filled(example1, example2, model, request)
        messages = updates[self.view.messages]
        refused = {"key": "messages_link_refused", "reason": problem}
        updates[self.view.messages] = messages | {"messages": [refused, *messages["messages"]]}
        return updates

    def _filled(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> Updates:
        boxes = {self.view.sentence1: sentence1, self.view.sentence2: sentence2}
        return boxes | self.compare(sentence1, sentence2, model, request)

    def _pair(self, matcher: TextMatcher, explanation: Explanation) -> Updates:
        prediction = explanation.prediction
        names = {label: _label_name(label, matcher.labels) for label in matcher.labels}
        return {
            self.view.verdict: {names[label]: share for label, share in prediction.probabilities.items()},
            self.view.gauge: gauge_value(prediction.similarity),
            self.view.messages: messages_value(prediction, names[prediction.label], {}, matcher.max_length),
            self.view.alignment: alignment_value(explanation),
        }

    def _row_of(self, model: str, sentence1: str, sentence2: str) -> list[Cell]:
        try:
            matcher = self.models[model]
            start = time.perf_counter()
            (prediction,) = matcher.predict([(sentence1, sentence2)])
        except TextMatchError:
            return [{"key": "compare_broken"}, None, None, None]
        took: Cell = {"key": "compare_milliseconds", "milliseconds": _milliseconds(start)}
        return [*_verdict_cells(prediction), took]


def split_lines(text: str) -> list[str]:
    """The sentences in the second box: its lines that are not blank."""
    return [line for line in text.splitlines() if line.strip()]


def sentence_problem(sentence: Any, box: Box, request: gr.Request, line: int = 0) -> str:
    """What is wrong with a sentence, in the visitor's language; empty if nothing.

    Args:
        sentence: what was given, which may be anything if it comes over the API.
        box: where it stands.
        request: chooses the language.
        line: the number of its line, from 1, if it stands on one.
    """
    if not isinstance(sentence, str):
        return f"sentence{line or box} must be a string, got {type(sentence).__name__}"
    if not sentence.strip():
        return translate(f"sentence_blank_{box}", request, number=line)
    if len(sentence) > MAX_CHARACTERS:
        fields = {"number": line, "length": len(sentence), "limit": MAX_CHARACTERS}
        return translate(f"sentence_long_{box}", request, **fields)
    return ""


def candidates_problem(candidates: Sequence[Any], request: gr.Request) -> str:
    """What is wrong with a list of sentences to compare with, in the visitor's language; empty if nothing."""
    if len(candidates) > MAX_LINES:
        return translate("compare_many", request, lines=len(candidates), limit=MAX_LINES)
    problems = (sentence_problem(each, "line", request, line) for line, each in enumerate(candidates, start=1))
    return next(filter(None, problems), "")


def _second_box_problem(candidates: list[str], request: gr.Request) -> str:
    if len(candidates) > 1:
        return candidates_problem(candidates, request)
    return sentence_problem(candidates[0] if candidates else "", "2", request)


def _checked_candidates(sentence1: str, sentence2: str, request: gr.Request) -> list[str]:
    candidates = split_lines(sentence2)
    problem = sentence_problem(sentence1, "1", request) or _second_box_problem(candidates, request)
    if problem:
        raise InputError(problem)
    return candidates


def _ranking(predictions: Sequence[Prediction], labels: tuple[str, ...]) -> TableValue:
    last = labels[-1]
    ranked = sorted(predictions, key=lambda prediction: -prediction.probabilities[last])
    caption = {
        "key": "compare_closest" if last in VERDICTS else "compare_ranked",
        "lines": str(len(ranked)),
        "label": last,
    }
    rows = [[prediction.sentence2, *_verdict_cells(prediction)] for prediction in ranked]
    return table_value(_keys(RANKING_COLUMNS), rows, caption)


def _verdict_cells(prediction: Prediction) -> list[Cell]:
    """Verdict, probability of the last class and similarity."""
    key = VERDICTS.get(prediction.label)
    share = list(prediction.probabilities.values())[-1]
    return [{"key": key} if key else prediction.label, {"share": share}, f"{prediction.similarity:.2f}"]


def _keys(columns: Sequence[str]) -> list[dict[str, str]]:
    return [{"key": key} for key in columns]


def _label_name(label: str, labels: Sequence[str]) -> str:
    """A label's name in the verdict: in both languages if the model has the default labels."""
    return LABEL_NAMES[label] if set(labels) == set(LABEL_NAMES) else label


def _milliseconds(start: float) -> str:
    took = (time.perf_counter() - start) * 1000
    return f"{took:.{1 if took < 10 else 0}f}"
