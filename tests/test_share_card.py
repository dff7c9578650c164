"""The card to share: a picture that is drawn, saved and copied in the browser."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers import PHONE, expect
from textmatch.demo.i18n import TEXTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUERY = "?a=今天下雨&b=今天不下雨"

RED, TEAL = (180, 69, 31), (15, 118, 110)


def made(page: Any) -> Any:
    """Make the card; the picture in its dialogue."""
    page.locator(".tm-card-make").click()
    picture = page.get_by_role("dialog").get_by_role("img")
    picture.wait_for()
    page.wait_for_function("document.querySelector('.tm-card-picture').naturalWidth > 0")
    return picture


def test_one_click_makes_a_picture_that_can_be_saved_and_copied(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(query=QUERY, alone=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    picture = made(page)
    assert TEXTS["zh"]["verdict_not_matched"] in picture.get_attribute("alt")
    assert "今天不下雨" in picture.get_attribute("alt")
    with page.expect_download() as caught:
        page.locator(".tm-card-save").click()
    caught.value.save_as(tmp_path / "card.png")
    card = Image.open(tmp_path / "card.png").convert("RGB")
    colours = {colour for _, colour in card.getcolors(1 << 20) or ()}
    assert card.width == 2160
    assert RED in colours
    assert TEAL not in colours

    page.locator(".tm-card-copy").click()
    page.get_by_text(TEXTS["zh"]["card_copied"]).wait_for()
    copied = "async () => (await (await navigator.clipboard.read())[0].getType('image/png')).size"
    assert page.evaluate(copied) > 10_000
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


WRITTEN = """() => {
  const write = CanvasRenderingContext2D.prototype.fillText;
  window.written = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    window.written.push(text);
    write.call(this, text, ...place);
  };
}"""
"""Begins to note every text that is written on a canvas."""


def test_the_link_of_the_pair_stands_on_the_card(visit: Callable[..., Any]) -> None:
    page = visit(query=QUERY)
    page.evaluate(WRITTEN)
    made(page)
    address = page.evaluate("location.host + location.pathname")
    assert f"{address}{QUERY}" in page.evaluate("window.written")
    page.locator(".tm-card-close").click()
    long = "今天下雨" * 60
    page.locator("#sentence2 textarea").fill(long)
    page.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    made(page)
    assert page.evaluate("window.written").count(address.removesuffix("/")) == 1


def test_a_card_belongs_to_the_answer_that_is_shown(visit: Callable[..., Any]) -> None:
    page = visit(viewport=PHONE, query=QUERY)
    page.locator("#sentence2 textarea").fill("今天下雨了")
    page.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=different])").wait_for()
    expect(made(page)).to_have_attribute("alt", re.compile("今天下雨了"))
    assert page.locator(".tm-card-shown").evaluate("each => each.scrollWidth <= innerWidth")
    page.locator(".tm-card-close").click()
    page.locator("#clear").click()
    page.locator(".tm-card-make").wait_for(state="hidden")
    page.locator("#sentence1 textarea").fill("今天下雨")
    page.locator("#sentence2 textarea").fill("今天下雨了\n明天下雨")
    page.locator("#ranking tbody tr").first.wait_for()
    expect(page.locator(".tm-card-make")).to_be_hidden()
