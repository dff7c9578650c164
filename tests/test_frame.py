"""The page in a frame of another site whose storage the browser blocks, as on a Space in a private window."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers import expect
from textmatch.demo.i18n import TEXTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_comparison_survives_a_change_of_language_and_a_reload(framed: Callable[[str], Any], server: str) -> None:
    frame = framed(server)
    frame.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    expect(frame.locator("[role=alert]:not(:empty)")).to_have_count(0)
    frame.locator("#sentence1 textarea").fill("图书馆几点开门")
    frame.locator("#sentence2 textarea").fill("图书馆什么时候开门")
    frame.locator("#answer[data-state=fresh]").wait_for()
    frame.locator("#language [lang=en]").click()
    frame.get_by_text(TEXTS["en"]["compare_sentence_1"], exact=True).wait_for()
    frame.locator("body").evaluate("location.reload()")  # as Gradio does when a lost connection is back
    frame.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    expect(frame.locator("#sentence1 textarea")).to_have_value("图书馆几点开门")
    expect(frame.locator("#sentence2 textarea")).to_have_value("图书馆什么时候开门")


def test_the_address_opens_a_tab_and_what_was_typed_there_stays(framed: Callable[[str], Any], server: str) -> None:
    frame = framed(f"{server}?tab=search")
    frame.locator("#search-query :is(input, textarea)").fill("怎么退货")
    frame.locator("#language [lang=en]").click()
    frame.get_by_role("tab", name=TEXTS["en"]["page_search"], selected=True).wait_for()
    frame.locator("#search-hits li").first.wait_for()
    frame.locator("body").evaluate("location.reload()")
    frame.get_by_role("tab", name=TEXTS["en"]["page_search"], selected=True).wait_for()
    frame.locator("#search-query").get_by_role("textbox").wait_for()
    expect(frame.locator("#search-query :is(input, textarea)")).to_have_value("怎么退货")
