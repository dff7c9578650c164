"""What the page and its API do with sentences: check them, ask a model, shape the answer."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypeVar

import gradio as gr

from textmatch.demo.alignment import NOTHING, Drawing, drawing
from textmatch.demo.gauge import WAITING, Reading, reading
from textmatch.demo.models import Models
from textmatch.demo.notes import Lines, lines
from textmatch.demo.snippets import Snippets, snippets
from textmatch.demo.table import NO_ROWS, Cell, Rows, rows
from textmatch.demo.texts import EXAMPLES, LABEL_NAMES, say
from textmatch.errors import TextMatchError
from textmatch.matcher import Prediction
from textmatch.text import MAX_CHARACTERS

T = TypeVar("T")

MAX_LINES = 50
"""Most sentences that one sentence is compared with at once."""

RANKING = ("compare_candidate", "compare_verdict", "compare_probability", "compare_similarity")
EVERYONE = ("compare_model", "compare_verdict", "compare_probability", "compare_similarity", "compare_time")
VERDICTS = {"Matched": "compare_matched", "Not Matched": "compare_not_matched"}
"""The headings of the two tables, and the texts that stand in them for the default labels."""


class Answer(NamedTuple):
    """What the page shows of a comparison, a field for each component; one of verdict and ranking is at rest."""

    verdict: dict[str, float] | str
    gauge: Reading
    notes: Lines
    why: Drawing
    ranking: Rows
    everyone: Rows
    code: Snippets


@dataclass(frozen=True)
class Answers:
    """Answers for visitors and API callers from the models that the page offers."""

    models: Models

    # For the page

    def check(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> list[dict[str, Any]]:
        """Judge both boxes, each with a message in the visitor's language; the model comes from a list."""
        del model
        messages = (_fault(sentence1, "1", request), _fault_of_lines(sentence2, request), "")
        return [dict(gr.validate(not message, message)) for message in messages]

    def compare(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> Answer:
        """Answer a visitor: a verdict on a pair, or a ranking if the second box holds several lines."""
        self._refuse(_fault_of_boxes(sentence1, sentence2, request), request)
        candidates = split(sentence2)
        start = time.perf_counter()
        if len(candidates) == 1:
            explanation = self._ask(lambda: self.models[model].explain(sentence1, candidates[0]), request)
            predictions, why = [explanation.prediction], drawing(explanation)
        else:
            pairs = [(sentence1, candidate) for candidate in candidates]
            predictions, why = self._ask(lambda: self.models[model].predict(pairs), request), NOTHING
        answered = {
            "key": "answered",
            "model": model,
            "device": str(self.models[model].device).upper(),
            "milliseconds": _milliseconds(start),
        }
        labels, limit = self.models[model].labels, self.models[model].max_length
        code = snippets(sentence1, candidates, self.models.default, model)
        if len(candidates) > 1:
            below: Lines = {"verdict": "", "answer": answered, "notes": []}
            return Answer("–", WAITING, below, why, _ranking(predictions, labels), NO_ROWS, code)
        (prediction,) = predictions
        shown = {_shown(label, labels): share for label, share in prediction.probabilities.items()}
        below = lines(prediction, _shown(prediction.label, labels), answered, limit)
        return Answer(shown, reading(prediction.similarity), below, why, NO_ROWS, NO_ROWS, code)

    def everyone(self, sentence1: str, sentence2: str, model: str, request: gr.Request) -> Rows:
        """Every model's verdict on the first sentence and the first line of the second box."""
        del model
        self._refuse(_fault_of_boxes(sentence1, sentence2, request), request)
        second = split(sentence2)[0]
        table = [[name, *self._one_of_all(name, sentence1, second)] for name in self.models.names]
        return rows(EVERYONE, table, {"key": "compare_everyone_caption", "text": second})

    def open(self, model: str, request: gr.Request) -> tuple[Any, ...]:
        """Fill the boxes from the address (``?a=…&b=…``) or with the first example, and answer."""
        first, second = request.query_params.get("a", ""), request.query_params.get("b", "")
        fault = ""
        if first or second:
            fault = _fault_of_boxes(first, second, request)
        if fault or not (first or second):
            first, second = EXAMPLES[0][1:]
        answer = self.compare(first, second, model, request)
        if fault:
            answer.notes["notes"].insert(0, {"key": "compare_link_refused", "reason": fault})
        return first, second, *answer

    # For programs

    def predict(self, sentence1: str, sentence2: str, request: gr.Request) -> tuple[dict[str, Any], float]:
        """Say whether two Chinese sentences mean the same.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters; the order makes no difference.
            request: who asks; Gradio gives it.

        Returns:
            The label with the confidence of every class, most likely first.
            The similarity of the two sentences, 0 to 1.
        """
        return self.predict_with(sentence1, sentence2, "", request)

    def predict_with(
        self, sentence1: str, sentence2: str, model: str, request: gr.Request
    ) -> tuple[dict[str, Any], float]:
        """Say whether two Chinese sentences mean the same, as a chosen model sees it.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters; the order makes no difference.
            model: a name that `list_models` gives; empty for the page's own model.
            request: who asks; Gradio gives it.

        Returns:
            The label with the confidence of every class, most likely first.
            The similarity of the two sentences, 0 to 1.
        """
        self._refuse(_fault(sentence1, "1", request) or _fault(sentence2, "2", request), request)
        name = model or self.models.default
        (prediction,) = self._ask(lambda: self.models[name].predict([(sentence1, sentence2)]), request)
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
        confidences = [{"label": label, "confidence": share} for label, share in ranked]
        return {"label": prediction.label, "confidences": confidences}, prediction.similarity

    def explain(self, sentence1: str, sentence2: str, request: gr.Request, model: str = "") -> dict[str, Any]:
        """Say why the model judges two Chinese sentences as it does.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters.
            model: a name that `list_models` gives; empty for the page's own model.
            request: who asks; Gradio gives it.

        Returns:
            The prediction; each sentence's words with their effect (the predicted class's probability with the word
            minus that without it) and whether they met a word of the other sentence; the pairs of words that met; and
            the smallest change found that turns the verdict, or null.
        """
        self._refuse(_fault(sentence1, "1", request) or _fault(sentence2, "2", request), request)
        name = model or self.models.default
        return asdict(self._ask(lambda: self.models[name].explain(sentence1, sentence2), request))

    def rank(self, sentence: str, candidates: list[str], request: gr.Request, model: str = "") -> list[dict[str, Any]]:
        """Compare one Chinese sentence with many and rank them, the most likely to mean the same first.

        Args:
            sentence: a Chinese sentence, at most 500 characters.
            candidates: the sentences to compare it with, at most 50 of at most 500 characters each.
            model: a name that `list_models` gives; empty for the page's own model.
            request: who asks; Gradio gives it.

        Returns:
            For each candidate its sentence, its label, the probability of the last class (Matched) and the similarity.
        """
        if not isinstance(candidates, list) or not candidates:
            self._refuse(f"candidates must be a list of 1 to {MAX_LINES} sentences, got {candidates!r:.40}", request)
        self._refuse(_fault(sentence, "1", request) or _fault_of_many(candidates, request), request)
        name = model or self.models.default
        pairs = [(sentence, candidate) for candidate in candidates]
        predictions = self._ask(lambda: self.models[name].predict(pairs), request)
        last = self.models[name].labels[-1]
        found = [
            {
                "sentence": prediction.sentence2,
                "label": prediction.label,
                "probability": prediction.probabilities[last],
                "similarity": prediction.similarity,
            }
            for prediction in predictions
        ]
        return sorted(found, key=lambda row: -row["probability"])

    def list_models(self) -> list[dict[str, Any]]:
        """List the models that can be asked, the page's own first.

        Returns:
            For each model its name, architecture, number of parameters, size in MB and test accuracy (0 to 1, or null).
        """
        return [
            {
                "name": name,
                "architecture": facts.arch,
                "parameters": facts.parameters,
                "megabytes": facts.megabytes,
                "test_accuracy": facts.accuracy,
            }
            for name, facts in ((name, self.models.facts(name)) for name in self.models.names)
        ]

    def _one_of_all(self, model: str, sentence1: str, sentence2: str) -> list[Cell]:
        try:
            matcher = self.models[model]
            start = time.perf_counter()
            (prediction,) = matcher.predict([(sentence1, sentence2)])
        except TextMatchError:
            return [{"key": "compare_broken"}, None, None, None]
        return [*_judged(prediction), {"key": "compare_milliseconds", "milliseconds": _milliseconds(start)}]

    def _ask(self, question: Callable[[], T], request: gr.Request) -> T:
        """The answer to a question to a model, or its message."""
        try:
            return question()
        except TextMatchError as error:
            raise gr.Error(str(error), title=say("refused", request), print_exception=False) from None

    @staticmethod
    def _refuse(fault: str, request: gr.Request) -> None:
        if fault:
            raise gr.Error(fault, title=say("refused", request), print_exception=False)


def split(text: str) -> list[str]:
    """The sentences in the second box: its lines that are not blank."""
    return [line for line in text.splitlines() if line.strip()]


def _fault_of_boxes(sentence1: str, sentence2: str, request: gr.Request) -> str:
    return _fault(sentence1, "1", request) or _fault_of_lines(sentence2, request)


def _fault_of_lines(text: str, request: gr.Request) -> str:
    candidates = split(text)
    return _fault_of_many(candidates, request) if len(candidates) > 1 else _fault(text, "2", request)


def _fault_of_many(candidates: list[str], request: gr.Request) -> str:
    if len(candidates) > MAX_LINES:
        return say("compare_many", request, lines=len(candidates), limit=MAX_LINES)
    return next(filter(None, (_fault(line, "line", request, n) for n, line in enumerate(candidates, 1))), "")


def _fault(sentence: Any, which: str, request: gr.Request, number: int = 0) -> str:
    """What is wrong with a sentence, in the visitor's language; `which` is "1", "2" or "line" with its number."""
    if not isinstance(sentence, str):
        return f"sentence{number or which} must be a string, got {type(sentence).__name__}"
    if not sentence.strip():
        return say(f"blank{which}", request, number=number)
    if len(sentence) > MAX_CHARACTERS:
        return say(f"long{which}", request, number=number, length=len(sentence), limit=MAX_CHARACTERS)
    return ""


def _ranking(predictions: list[Prediction], labels: tuple[str, ...]) -> Rows:
    last = labels[-1]
    ranked = sorted(predictions, key=lambda prediction: -prediction.probabilities[last])
    caption = {
        "key": "compare_closest" if last in VERDICTS else "compare_ranked",
        "lines": str(len(ranked)),
        "label": last,
    }
    return rows(RANKING, ([prediction.sentence2, *_judged(prediction)] for prediction in ranked), caption)


def _judged(prediction: Prediction) -> list[Cell]:
    share = list(prediction.probabilities.values())[-1]
    known = VERDICTS.get(prediction.label)
    return [{"key": known} if known else prediction.label, {"share": share}, f"{prediction.similarity:.2f}"]


def _shown(label: str, labels: tuple[str, ...]) -> str:
    """A label as the page names it: the default two are known in both languages."""
    return LABEL_NAMES[label] if set(labels) == set(LABEL_NAMES) else label


def _milliseconds(start: float) -> str:
    took = (time.perf_counter() - start) * 1000
    return f"{took:.{1 if took < 10 else 0}f}"
