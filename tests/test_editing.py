"""Words changed in the picture: the boxes, the verdict and the needle follow, and the answer before stays in view."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers import PHONE, expect
from textmatch.demo.i18n import TEXTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUERY = "?a=屏幕亮度怎么调高&b=屏幕亮度怎么调低"


def chip(page: Any, word: str) -> Any:
    return page.locator(".tm-words").nth(1).locator(".tm-chip").filter(has_text=word).first


def second(page: Any, sentence: str) -> None:
    """Wait until the second box and the answer are those of a sentence."""
    page.wait_for_function("text => document.querySelector('#sentence2 textarea').value === text", arg=sentence)
    page.locator("#answer[data-state=fresh] .tm-why[data-state=drawn]").wait_for()


def sides(page: Any) -> list[str]:
    """The verdicts before and after."""
    page.locator(".tm-before:not([hidden])").wait_for()
    return list(page.locator(".tm-side-verdict").all_inner_texts())


def test_a_word_becomes_its_counterpart_and_the_verdict_turns(visit: Callable[..., Any]) -> None:
    page, texts = visit(viewport=PHONE, query=QUERY), TEXTS["zh"]
    number = page.locator(".tm-number").inner_text()
    chip(page, "低").click()
    page.locator(".tm-edit-meet").click()
    second(page, "屏幕亮度怎么调高")
    before, after = sides(page)
    assert before.startswith(texts["verdict_not_matched"])
    assert before.endswith(number)
    assert after.startswith(texts["verdict_matched"])
    expect(page.locator(".tm-number")).to_have_text("100")
    expect(page.locator(".tm-verdict[data-tone=same]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator(".tm-before-back").click()
    second(page, "屏幕亮度怎么调低")
    page.locator(".tm-before").wait_for(state="hidden")
    expect(page.locator(".tm-number")).to_have_text(number)


def test_the_keyboard_changes_moves_and_takes_out(visit: Callable[..., Any]) -> None:
    page = visit(query=QUERY)
    chip(page, "屏幕").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("电脑")
    page.keyboard.press("Enter")
    second(page, "电脑亮度怎么调低")
    sides(page)
    expect(page.locator(":focus")).to_contain_text("电脑")
    page.keyboard.press("Alt+ArrowRight")
    second(page, "亮度电脑怎么调低")
    expect(page.locator(":focus")).to_contain_text("电脑")
    page.keyboard.press("Delete")
    second(page, "亮度怎么调低")
    # Something typed in a box begins anew.
    page.locator("#sentence2 textarea").fill("亮度怎么调低呢")
    second(page, "亮度怎么调低呢")
    page.locator(".tm-before").wait_for(state="hidden")
