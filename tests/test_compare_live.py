"""No answer stands beside another question than its own: what is dimmed, emptied and dropped, in a browser."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers import Held, Visit, expect
from textmatch.demo.components.live_compare import PATIENCE, PAUSE
from textmatch.demo.i18n import TEXTS
from textmatch.text import MAX_CHARACTERS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAME = ("今天下雨", "今天下雨了")
OTHER = ("今天下雨", "红烧茄子怎么做")

Open = Callable[..., Any]

HEADLINES = """() => {
  const headline = document.querySelector("#verdict h2");
  window.headlines = [];
  new MutationObserver(() => window.headlines.push(headline.textContent)).observe(headline, { childList: true });
}"""
"""Begins to note every verdict that is shown."""


def write(page: Any, sentence1: str, sentence2: str) -> None:
    page.locator("#sentence1 textarea").fill(sentence1)
    page.locator("#sentence2 textarea").fill(sentence2)


def answered(page: Any) -> None:
    """Wait until the answer is that to what stands in the boxes."""
    page.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()


def at_rest(page: Any) -> None:
    """Wait until no answer is shown."""
    page.locator("#answer[data-state=fresh] .tm-verdict[data-tone=rest]").wait_for()
    expect(page.locator(".tm-gauge[data-level=waiting]")).to_have_count(1)
    expect(page.locator(".tm-chip, #ranking tbody tr")).to_have_count(0)


def test_any_change_of_a_box_dims_the_answer_at_once(visit: Open) -> None:
    page = visit(alone=True)
    write(page, *SAME)
    answered(page)
    for number in (1, 2):
        page.locator(f"#sentence{number} textarea").press("End")
        held = Held(page)
        page.keyboard.insert_text("吗")
        expect(page.locator("#answer")).to_have_attribute("data-state", "stale")
        assert float(page.locator("#result").evaluate("each => getComputedStyle(each).opacity")) < 0.5
        held.release()
        answered(page)


def test_a_button_that_changes_the_boxes_dims_the_answer(visit: Open) -> None:
    page = visit()
    write(page, *SAME)
    answered(page)
    for button in ("#swap", "#random", "#foot2 .tm-box-clear"):
        held = Held(page)
        page.locator(button).click()
        if button.startswith("#foot"):
            at_rest(page)
            continue
        page.locator("#answer[data-state=stale]").wait_for()
        held.release()
        answered(page)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("很" * (MAX_CHARACTERS + 1), TEXTS["zh"]["sentence_long_2"]),
        ("很\n" * 60, TEXTS["zh"]["compare_many"]),
    ],
    ids=["long", "many"],
)
def test_a_refusal_empties_the_answer_and_says_why(visit: Open, text: str, said: str) -> None:
    page = visit()
    write(page, *SAME)
    answered(page)
    page.locator("#sentence2 textarea").fill(text)
    at_rest(page)
    reason = said.format(length=MAX_CHARACTERS + 1, lines=60, limit=50 if "\n" in text else MAX_CHARACTERS)
    page.locator("#foot2 [role=alert]").get_by_text(reason, exact=True).wait_for()
    expect(page.locator("#sentence2 textarea")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#foot1 [role=alert]")).to_have_text("")
    write(page, *SAME)
    answered(page)
    expect(page.locator("#foot2 [role=alert]")).to_have_text("")


def test_a_busy_server_empties_the_answer(new_page: Any, server: str) -> None:
    page = new_page(server, Visit()).page  # a refused request is an error in the browser's log
    page.goto(server)
    answered(page)
    page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "busy"}))
    write(page, *SAME)
    at_rest(page)
    page.unroute("**/queue/join*")
    page.locator("#compare").click()
    answered(page)
    page.close()


def test_a_lost_connection_hides_the_answer_and_keeps_the_sentences(new_page: Any, server: str) -> None:
    page = new_page(server, Visit(alone=True)).page
    page.goto(server)
    answered(page)
    page.route("**/gradio_api/**", lambda route: route.abort())
    page.clock.install()
    write(page, *SAME)
    page.clock.run_for(PAUSE + PATIENCE)
    page.locator("#answer[data-state=gone]").wait_for(state="attached")
    expect(page.locator("#verdict h2")).to_be_hidden()
    page.get_by_text(TEXTS["zh"]["compare_no_answer"]).wait_for()
    page.evaluate("window.lost = true")
    page.unroute("**/gradio_api/**")  # Gradio notices and loads the page again
    page.wait_for_function(
        "text => !window.lost && document.querySelector('#sentence2 textarea')?.value === text", arg=SAME[1]
    )
    expect(page.locator("#sentence1 textarea")).to_have_value(SAME[0])
    answered(page)
    page.close()


def asked_again(visit: Open) -> tuple[Any, Held]:
    """A page with an answer that has asked once more, and what keeps the second question from the server."""
    page = visit()
    write(page, *SAME)
    answered(page)
    page.evaluate(HEADLINES)
    held = Held(page)
    page.locator("#compare").click()
    held.wait()
    return page, held


def test_an_answer_that_comes_after_clear_is_dropped(visit: Open) -> None:
    page, held = asked_again(visit)
    page.locator("#clear").click()
    at_rest(page)
    with page.expect_response("**/queue/join*"):
        held.release()
    page.locator("#sentence1 textarea").fill("又写了一句")  # which is no question yet
    page.wait_for_timeout(1500)
    at_rest(page)
    assert page.evaluate("window.headlines") == [TEXTS["zh"]["verdict_waiting"]]


def test_an_answer_whose_question_has_changed_is_dropped(visit: Open) -> None:
    page, held = asked_again(visit)
    write(page, *OTHER)
    held.release()
    answered(page)
    assert page.evaluate("window.headlines") == [TEXTS["zh"]["verdict_not_matched"]]


def test_what_was_typed_while_the_page_loaded_stays(browser: Any, server: str) -> None:
    page = browser.new_page(locale="zh-CN")
    held = Held(page)
    page.goto(server)
    page.locator("#sentence1 textarea").fill(SAME[0])
    page.locator("#sentence2 textarea").fill(SAME[1])
    held.release()
    answered(page)
    page.wait_for_timeout(500)
    expect(page.locator("#sentence1 textarea")).to_have_value(SAME[0])
    expect(page.locator("#sentence2 textarea")).to_have_value(SAME[1])
    page.close()
