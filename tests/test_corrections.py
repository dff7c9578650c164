"""The button for a wrong verdict: what is kept in the browser, and the file for training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers import OTHER, SAME, expect, visitor
from textmatch.demo import build
from textmatch.demo.collecting import MOST_PAIRS, Collector
from textmatch.demo.handlers.compare import CompareHandlers
from textmatch.demo.i18n import TEXTS
from textmatch.demo.models import Models
from textmatch.errors import InputError
from textmatch.files.splits import Pair, read_pairs

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "overlap"


def test_the_button_gets_the_pair_and_the_class_that_it_was_given() -> None:
    handlers = CompareHandlers(Models({"overlap": CHECKPOINT}, device="cpu"))
    for other, label in ((SAME, 1), (OTHER, 0)):
        answer = handlers.compare(SAME, other, "overlap", visitor())["answer"]
        assert answer is not None
        assert answer["corrections"] == {"sentence1": SAME, "sentence2": other, "label": label}
    ranked = handlers.compare(SAME, f"{SAME}\n{OTHER}", "overlap", visitor())["answer"]
    assert ranked is not None
    assert ranked["corrections"] is None


GOOD = {"sentence1": SAME, "sentence2": OTHER, "label": 1}


def test_collected_corrections_are_a_file_for_training(tmp_path: Path) -> None:
    collector = Collector.to(tmp_path / "sent.jsonl")
    assert collector.keep([GOOD, GOOD | {"sentence2": "a\nb", "label": 0}]) == 2
    assert collector.keep([GOOD | {"label": 0}]) == 1
    pairs = read_pairs(tmp_path / "sent.jsonl")
    assert pairs == [Pair(SAME, OTHER, "1"), Pair(SAME, "a\nb", "0"), Pair(SAME, OTHER, "0")]
    with pytest.raises(InputError, match="cannot be written"):
        Collector.to(tmp_path)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (None, "expected a list of 1 to"),
        ([], "expected a list of 1 to"),
        ([GOOD] * (MOST_PAIRS + 1), "expected a list of 1 to"),
        ([GOOD, "x"], "correction 2: expected an object"),
        ([GOOD | {"more": 1}], "correction 1: expected an object"),
        ([GOOD | {"sentence1": " "}], "correction 1: sentence1"),
        ([GOOD | {"sentence2": "很" * 501}], "correction 1: sentence2"),
        ([GOOD | {"label": True}], "label: expected 0 or 1, got True"),
        ([GOOD | {"label": 2}], "label: expected 0 or 1, got 2"),
        ([GOOD | {"sentence1": "\ud800"}], "half of a character"),
    ],
)
def test_nothing_else_is_collected(tmp_path: Path, sent: Any, message: str) -> None:
    collector = Collector.to(tmp_path / "sent.jsonl")
    with pytest.raises(InputError, match=message):
        collector.keep(sent)
    assert (tmp_path / "sent.jsonl").read_bytes() == b""


def test_a_full_file_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.demo.collecting.MOST_BYTES", 200)
    collector = Collector.to(tmp_path / "sent.jsonl")
    collector.keep([GOOD])
    with pytest.raises(InputError, match="no more are taken"):
        collector.keep([GOOD])
    assert len(read_pairs(tmp_path / "sent.jsonl")) == 1


@pytest.mark.slow
def test_a_page_that_collects_nothing_says_so(server: str) -> None:
    assert httpx.post(f"{server}corrections", json=[GOOD]).status_code == 404


@pytest.mark.slow
@pytest.mark.browser
def test_corrections_are_sent_where_the_owner_collects_them(
    visit: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path
) -> None:
    file, texts = tmp_path / "sent.jsonl", TEXTS["zh"]
    with serve(build(Models({"overlap": CHECKPOINT}, device="cpu"), Collector.to(file))) as url:
        page = visit(elsewhere=url, query=f"?a={SAME}&b={OTHER}", alone=True)
        page.locator(".tm-wrong").click()
        page.locator(".tm-corrections-said").get_by_text(texts["correction_stored"]).wait_for()
        assert file.read_bytes() == b""  # not before the visitor says so
        page.locator(".tm-corrections-send").get_by_text(texts["correction_send"]).click()
        page.locator(".tm-corrections-said").get_by_text(texts["correction_sent"]).wait_for()
        assert read_pairs(file) == [Pair(SAME, OTHER, "1")]
        expect(page.locator(".tm-corrections-send")).to_be_hidden()
        assert httpx.post(f"{url}corrections", json=[{}]).status_code == 422
        assert httpx.post(f"{url}corrections", content=b"{").status_code == 422
        page.locator(".tm-wrong").click()
        page.route("**/corrections", lambda route: route.fulfill(status=422, json={}))
        page.locator(".tm-corrections-send").click()
        page.locator(".tm-corrections-said").get_by_text(texts["correction_unsent"]).wait_for()
        expect(page.locator(".tm-corrections-download")).to_be_visible()  # and it is kept
        page.close()


@pytest.mark.slow
@pytest.mark.browser
def test_corrections_are_kept_and_downloaded_for_training(visit: Callable[..., Any], tmp_path: Path) -> None:
    texts = TEXTS["zh"]
    page = visit(query=f"?a={SAME}&b={OTHER}", alone=True)
    expect(page.locator(".tm-corrections-send")).to_be_hidden()
    page.locator(".tm-wrong").get_by_text(texts["correction_wrong"]).click()
    said = page.locator(".tm-corrections-said")
    said.get_by_text(texts["correction_kept"].format(count=1) + texts["correction_stored"]).wait_for()
    page.locator(".tm-wrong").get_by_text(texts["correction_undo"]).click()
    expect(said).to_have_text("")
    page.locator(".tm-wrong").click()
    page.reload()
    page.locator(".tm-wrong").get_by_text(texts["correction_undo"]).wait_for()
    with page.expect_download() as caught:
        page.locator(".tm-corrections-download").click()
    path = tmp_path / str(caught.value.suggested_filename)
    caught.value.save_as(path)
    assert read_pairs(path) == [Pair(SAME, OTHER, "1")]
    page.locator(".tm-corrections-forget").click()
    expect(page.locator(".tm-corrections-download")).to_be_hidden()
