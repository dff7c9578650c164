"""The button for a wrong verdict: what is kept in the browser, and the file for training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import OTHER, SAME, expect, visitor
from textmatch.demo.handlers.compare import CompareHandlers
from textmatch.demo.i18n import TEXTS
from textmatch.demo.models import Models
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


@pytest.mark.slow
@pytest.mark.browser
def test_corrections_are_kept_and_downloaded_for_training(visit: Callable[..., Any], tmp_path: Path) -> None:
    texts = TEXTS["zh"]
    page = visit(query=f"?a={SAME}&b={OTHER}", alone=True)
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
