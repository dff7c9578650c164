"""The plain addresses: one request, one answer."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.test_api import PAIR
from textmatch import TextMatcher, __version__
from textmatch.demo.i18n import TEXTS
from textmatch.demo.turns import SHORT

WEIGHTS = Path(__file__).parents[1] / "checkpoints" / "default" / "model.safetensors"


def test_two_sentences_get_an_answer_in_one_request(server: str, matcher: TextMatcher) -> None:
    answer = httpx.post(f"{server}predict", json={"sentence1": PAIR[0], "sentence2": PAIR[1], "model": None}).json()
    expected = matcher.predict([PAIR])[0]
    assert answer["label"] == expected.label
    assert answer["similarity"] == pytest.approx(expected.similarity)
    confidences = {each["label"]: each["confidence"] for each in answer["confidences"]}
    assert confidences == pytest.approx(expected.probabilities)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"sentence1": PAIR[0]}, "sentence2 must be a string"),
        ({"sentence1": " ", "sentence2": PAIR[1]}, TEXTS["en"]["sentence_blank_1"]),
        ({"sentence1": PAIR[0], "sentence2": PAIR[1], "model": []}, "expected one of default"),
        ({"sentence1": PAIR[0], "sentence2": PAIR[1], "models": "x"}, "got ['models']"),
        ([PAIR], "expected a JSON object"),
        (None, "expected a JSON object"),
    ],
)
def test_what_does_not_fit_is_told(server: str, sent: Any, message: str) -> None:
    answer = httpx.post(f"{server}predict", json=sent)
    assert answer.status_code == 422
    assert message in answer.json()["error"]


def test_no_json_is_told_and_so_is_too_much_work(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "expected a JSON object" in httpx.post(f"{server}predict", content=b"\xff{").json()["error"]
    monkeypatch.setattr(SHORT, "per_client", 0)
    sent = {"sentence1": PAIR[0], "sentence2": PAIR[1]}
    answer = httpx.post(f"{server}predict", json=sent, headers={"accept-language": "zh"})
    assert answer.json()["error"] == TEXTS["zh"]["busy_client"].format(limit=0)
    assert answer.json()["title"] == TEXTS["zh"]["busy_title"]


def test_the_server_says_what_it_serves(server: str) -> None:
    told = httpx.get(f"{server}health").json()
    assert told == {
        "status": "ok",
        "version": __version__,
        "checkpoint": "default",
        "models": ["default"],
        "commit": None,
        "weights_sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
        "short": 0,
        "long": 0,
    }
