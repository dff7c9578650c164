"""What the compare tab does: check the sentences, ask a model, say what the page shows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import gradio as gr

from textmatch.demo.components.alignment import EMPTY_ALIGNMENT, alignment_value
from textmatch.demo.components.code_snippets.snippets import EMPTY_SNIPPETS, snippets_value
from textmatch.demo.components.corrections import JudgedValue
from textmatch.demo.components.gauge import EMPTY_GAUGE, gauge_value
from textmatch.demo.components.live_compare import Reply
from textmatch.demo.components.messages import EMPTY_MESSAGES
from textmatch.demo.components.table import EMPTY_TABLE, Cell, TableValue, table_value
from textmatch.demo.components.verdict import CANNOT_JUDGE, EMPTY_VERDICT, label_message, no_verdict, verdict_value
from textmatch.demo.examples import EXAMPLES
from textmatch.demo.handlers import visitor_errors
from textmatch.demo.handlers.trust import trust
from textmatch.demo.i18n import VERDICTS, translate
from textmatch.demo.models import Models
from textmatch.errors import TextMatchError
from textmatch.matcher import TextMatcher
from textmatch.results import Explanation, Prediction
from textmatch.text import MAX_CHARACTERS

MAX_LINES = 50
"""Most sentences that one sentence is compared with at once."""

RANKING_COLUMNS = ("compare_candidate", "compare_verdict", "compare_probability", "compare_similarity")
ALL_MODELS_COLUMNS = (
    *("compare_model", "compare_verdict", "compare_probability", "compare_similarity"),
    "compare_time",
)

Box = Literal["1", "2", "line"]
"""Where a sentence stands: in the first box, in the second, or on a line of the second."""


class CompareView(NamedTuple):
    """What the tab shows: the two boxes and the choice of a model, and all that shows an answer."""

    sentence1: Any
    sentence2: Any
    model: Any
    verdict: Any
    gauge: Any
    messages: Any
    corrections: Any
    alignment: Any
    ranking: Any
    all_models: Any
    code: Any

    @property
    def question(self) -> list[Any]:
        """What is asked: both boxes and the model."""
        return list(self[:3])

    @property
    def answer(self) -> dict[str, Any]:
        """What shows an answer, by its name in a `Reply`."""
        return {name: component for name, component in self._asdict().items() if name in AT_REST}


AT_REST: dict[str, Any] = {
    "verdict": EMPTY_VERDICT,
    "gauge": EMPTY_GAUGE,
    "messages": EMPTY_MESSAGES,
    "corrections": None,
    "alignment": EMPTY_ALIGNMENT,
    "ranking": EMPTY_TABLE,
    "all_models": EMPTY_TABLE,
    "code": EMPTY_SNIPPETS,
}
"""What shows an answer → what it shows while there is none."""


@dataclass(frozen=True)
class CompareHandlers:
    """Answers visitors who compare sentences, with the models that the page offers."""

    models: Models

    def compare(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> Reply:
        """Compare two sentences, or rank the lines of the second box if there are several.

        Raises:
            gr.Error: the model cannot be used.
        """
        candidates = split_lines(sentence2)
        reply = _reply(sentence1, sentence2, model)
        reply["problems"] = [sentence_problem(sentence1, "1", request), _second_box_problem(candidates, request)]
        if not any(reply["problems"]):
            with visitor_errors("compare_refused", request):
                reply["answer"] = AT_REST | self._answer(sentence1, candidates, model)
        return reply

    def compare_all(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> Reply:
        """Every model's verdict on the first sentence and the first line of the second box, beside the answer."""
        reply = self.compare(sentence1, sentence2, model, request)
        if reply["answer"]:
            candidate = split_lines(sentence2)[0]
            rows = [[name, *self._row_of(name, sentence1, candidate)] for name in self.models.names]
            caption = {"key": "compare_all_models_caption", "text": candidate}
            reply["answer"]["all_models"] = table_value(_keys(ALL_MODELS_COLUMNS), rows, caption)
        return reply

    def open(self, request: gr.Request) -> tuple[Reply, str]:
        """Answer the address (``?a=…&b=…&model=…``) or the first example.

        A link with one sentence is not compared: its sentence goes into its box.

        Returns:
            The reply, and the model that was asked.
        """
        asked = request.query_params.get("model", "")
        model = asked if asked in self.models.names else self.models.default
        first, second = (request.query_params.get(name, "").replace("\r\n", "\n") for name in ("a", "b"))
        if not (first or second):
            first, second = EXAMPLES[0][:2]
        elif not (first.strip() and second.strip()):
            return _reply(first, second, model, opening=True), model
        return self.compare(first, second, model, request) | {"opening": True}, model

    def _answer(self, sentence1: str, candidates: Sequence[str], model: str) -> dict[str, Any]:
        """The values of all that is not at rest."""
        matcher = self.models[model]
        start = time.perf_counter()
        if len(candidates) == 1:
            shown = self._pair(matcher, matcher.explain(sentence1, candidates[0]))
        else:
            predictions = matcher.predict([(sentence1, candidate) for candidate in candidates])
            shown = {"ranking": _ranking(predictions, matcher)}
        default = model == self.models.default
        answered = {
            "key": "messages_answered_default" if default else "messages_answered",
            "model": model,
            "milliseconds": _milliseconds(start),
        }
        code = snippets_value(sentence1, list(candidates), self.models.default, model)
        return shown | {"messages": answered, "code": code}

    def _pair(self, matcher: TextMatcher, explanation: Explanation) -> dict[str, Any]:
        prediction = explanation.prediction
        found = trust(prediction, matcher.metrics, matcher.max_length)
        if not found.judged:
            return {"verdict": no_verdict(found.warnings), "gauge": gauge_value(prediction, readable=False)}
        return {
            "verdict": verdict_value(prediction.probabilities, found.right, found.warnings, sure=found.sure),
            "gauge": gauge_value(prediction, readable=found.readable),
            "corrections": _judged(prediction, matcher.labels),
            "alignment": alignment_value(explanation),
        }

    def _row_of(self, model: str, sentence1: str, sentence2: str) -> list[Cell]:
        try:
            matcher = self.models[model]
            start = time.perf_counter()
            (prediction,) = matcher.predict([(sentence1, sentence2)])
        except TextMatchError:
            return [{"key": "compare_broken"}, None, None, None]
        took: Cell = {"key": "compare_milliseconds", "milliseconds": _milliseconds(start)}
        return [*_verdict_cells(prediction, matcher), took]


def _reply(sentence1: str, sentence2: str, model: str, *, opening: bool = False) -> Reply:
    """A reply without an answer so far."""
    return {"question": [sentence1, sentence2, model], "problems": ["", ""], "answer": None, "opening": opening}


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


def _ranking(predictions: Sequence[Prediction], matcher: TextMatcher) -> TableValue:
    last = matcher.labels[-1]
    ranked = sorted(predictions, key=lambda prediction: -prediction.probabilities[last])
    caption = {
        "key": "compare_closest" if last in VERDICTS else "compare_ranked",
        "lines": str(len(ranked)),
        "label": last,
    }
    rows = [[prediction.sentence2, *_verdict_cells(prediction, matcher)] for prediction in ranked]
    return table_value(_keys(RANKING_COLUMNS), rows, caption)


def _verdict_cells(prediction: Prediction, matcher: TextMatcher) -> list[Cell]:
    """Verdict, probability of the last class and similarity."""
    found = trust(prediction, matcher.metrics, matcher.max_length)
    if not found.judged:
        return [CANNOT_JUDGE, None, None]
    name = label_message(prediction.label, sure=found.sure)
    share = list(prediction.probabilities.values())[-1]
    return [name if "key" in name else prediction.label, {"chance": share}, f"{100 * prediction.similarity:.0f}"]


def _judged(prediction: Prediction, labels: Sequence[str]) -> JudgedValue | None:
    """The pair as the button for corrections takes it; None if there is more than one other class."""
    if len(labels) != 2:
        return None
    label = labels.index(prediction.label)
    return {"sentence1": prediction.sentence1, "sentence2": prediction.sentence2, "label": label}


def _keys(columns: Sequence[str]) -> list[dict[str, str]]:
    return [{"key": key} for key in columns]


def _milliseconds(start: float) -> str:
    took = (time.perf_counter() - start) * 1000
    return f"{took:.{1 if took < 10 else 0}f}"
