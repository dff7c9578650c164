"""The game: you against the model."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers import PHONE, expect
from textmatch import TextMatcher
from textmatch.demo.i18n import TEXTS
from textmatch.demo.quiz_pairs import MOST_WRONG, PAIRS, ROUNDS, rounds


def games(matcher: TextMatcher) -> list[dict[str, Any]]:
    return [each["pair"] | {"share": each["share"]} for each in rounds(matcher)]


def test_the_answers_are_the_models_and_some_are_wrong(matcher: TextMatcher) -> None:
    asked = games(matcher)
    assert len(asked) == ROUNDS == len({(each["sentence1"], each["sentence2"]) for each in asked})
    told = matcher.predict([(each["sentence1"], each["sentence2"]) for each in asked])
    assert [each["share"] for each in asked] == pytest.approx(
        [each.probabilities["Matched"] for each in told], abs=1e-4
    )
    assert 1 <= sum(each["same"] != (each["share"] >= 0.5) for each in asked) <= MOST_WRONG
    assert sum(pair.same for pair in PAIRS) == len(PAIRS) / 2
    assert not any(" same" in pair.gloss.lower() for pair in PAIRS)  # shown before the guess


@pytest.mark.browser
@pytest.mark.slow
def test_a_whole_game_is_counted(visit: Callable[..., Any], matcher: TextMatcher) -> None:
    page, texts = visit("en-US", viewport=PHONE, query="?tab=play"), TEXTS["en"]
    asked = games(matcher)
    model = 0
    for number, each in enumerate(asked, start=1):
        page.get_by_text(texts["quiz_count"].format(number=number, count=ROUNDS)).wait_for()
        page.locator(".tm-quiz-gloss").get_by_text(each["gloss"]).wait_for()
        expect(page.locator(".tm-quiz-said")).not_to_contain_text(texts["quiz_right"])
        page.locator(".tm-quiz-same" if each["same"] or number == 1 else ".tm-quiz-different").click()
        model += each["same"] == (each["share"] >= 0.5)
        you = number - (not asked[0]["same"])
        said = texts["quiz_score"].format(count=number, you=you, model=model)
        page.locator(".tm-quiz-score").get_by_text(said).wait_for()
        page.keyboard.press("Enter")  # the next pair: the button has the focus
    page.get_by_text(texts["quiz_over"]).wait_for()
    expect(page.locator(".tm-quiz-all li")).to_have_count(ROUNDS)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("#language [lang=zh-TW]").click()
    page.get_by_text(TEXTS["zh-TW"]["quiz_over"]).wait_for()
    page.locator(".tm-quiz-next").click()
    page.get_by_text(TEXTS["zh-TW"]["quiz_count"].format(number=1, count=ROUNDS)).wait_for()
