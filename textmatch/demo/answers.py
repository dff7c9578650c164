"""What the page and its API do with two sentences: check them, ask the matcher, shape the answer."""

import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from textmatch.demo.gauge import Reading, reading
from textmatch.demo.notes import Lines, lines
from textmatch.demo.texts import LABEL_NAMES, say
from textmatch.errors import InputError
from textmatch.matcher import Prediction, TextMatcher

MAX_CHARACTERS = 500
"""Longest sentence the page and the API accept; the model may read less and then says so."""


@dataclass(frozen=True)
class Answers:
    """Answers for visitors and API callers from one matcher, loaded from the checkpoint called `name`."""

    matcher: TextMatcher
    name: str

    def check(self, sentence1: str, sentence2: str, request: gr.Request) -> list[dict[str, Any]]:
        """Judge both boxes, each with a message in the visitor's language."""
        return [_judge(text, position, request) for position, text in enumerate((sentence1, sentence2), start=1)]

    def compare(self, sentence1: str, sentence2: str, request: gr.Request) -> tuple[dict[str, float], Reading, Lines]:
        """Answer a visitor: confidences by shown name, the gauge's reading and the lines below."""
        start = time.perf_counter()
        prediction = self._predict(sentence1, sentence2, request)
        milliseconds = (time.perf_counter() - start) * 1000
        names = LABEL_NAMES if set(self.matcher.labels) == set(LABEL_NAMES) else {}
        shown = {names.get(label, label): share for label, share in prediction.probabilities.items()}
        verdict = names.get(prediction.label, prediction.label)
        answer = {
            "key": "answered",
            "model": self.name,
            "device": str(self.matcher.device).upper(),
            "milliseconds": f"{milliseconds:.{1 if milliseconds < 10 else 0}f}",
        }
        return shown, reading(prediction.similarity), lines(prediction, verdict, answer, self.matcher.max_length)

    def predict(self, sentence1: str, sentence2: str, request: gr.Request) -> tuple[dict[str, Any], float]:
        """Say whether two Chinese sentences mean the same.

        Returns the label with the confidence of every class, most likely first, and the similarity from 0 to 1.
        """
        for position, sentence in enumerate((sentence1, sentence2), start=1):
            if not isinstance(sentence, str):
                raise gr.Error(
                    f"sentence{position} must be a string, got {type(sentence).__name__}", print_exception=False
                )
        prediction = self._predict(sentence1, sentence2, request)
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
        confidences = [{"label": label, "confidence": share} for label, share in ranked]
        return {"label": prediction.label, "confidences": confidences}, prediction.similarity

    def _predict(self, sentence1: str, sentence2: str, request: gr.Request) -> Prediction:
        for verdict in self.check(sentence1, sentence2, request):
            if not verdict["is_valid"]:
                raise gr.Error(verdict["message"], title=say("refused", request), print_exception=False)
        try:
            return self.matcher.predict([(sentence1, sentence2)])[0]
        except InputError as error:
            raise gr.Error(str(error), title=say("refused", request), print_exception=False) from None


def _judge(sentence: str, position: int, request: gr.Request) -> dict[str, Any]:
    message = ""
    if not sentence.strip():
        message = say(f"blank{position}", request)
    elif len(sentence) > MAX_CHARACTERS:
        message = say(f"long{position}", request, length=len(sentence), limit=MAX_CHARACTERS)
    return dict(gr.validate(not message, message))
