"""The answer on the page: never quite certain, in doubt where it must be, in view, with its sense in English."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.helpers import DESKTOP, PHONE, Visit, expect
from textmatch import TextMatcher
from textmatch.demo.components.live_compare import PAUSE
from textmatch.demo.examples import EXAMPLES
from textmatch.demo.i18n import TEXTS

Open = Callable[..., Any]

ALIKE = (
    "这个周末我们部门打算去郊外的水库边上烧烤，小张负责租车，小刘负责买肉和饮料，炭和烤架由行政准备，每个人自己带一把折叠椅，"
    "孩子也可以一起来，早上九点在公司楼下集合，晚上六点以前回到市区，路上大约要一个半小时，如果天气不好就改到下个月的第一个星期六，最后说一句，"
)
"""More than 128 characters, which was once all that the model read."""


def asked(sentence1: str, sentence2: str) -> str:
    return f"?a={quote(sentence1)}&b={quote(sentence2)}"


@pytest.mark.parametrize(
    ("one", "two"), [("大家都同意了", "大家都反对"), ("活动照常举行", "活动已经取消"), ("费用由公司出", "费用由个人出")]
)
def test_sentences_that_part_after_a_long_time_are_not_the_same(matcher: TextMatcher, one: str, two: str) -> None:
    assert len(ALIKE) > 128
    (prediction,) = matcher.predict([(ALIKE + one, ALIKE + two)])
    assert prediction.truncated == ("", "")
    assert prediction.label == "Not Matched"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(
    ("sentences", "warning"),
    [
        (("I love you", "I hate you"), "warning_no_chinese"),
        (("😀", "😭"), "warning_no_chinese"),
        (("今天下雨", "It rains today"), "warning_no_chinese_2"),
        (("我唔知道", "我不知道"), "warning_cantonese"),
    ],
)
def test_what_it_cannot_judge_is_said_where_the_verdict_stands(
    visit: Open, sentences: tuple[str, str], warning: str
) -> None:
    page, texts = visit(query=asked(*sentences)), TEXTS["zh"]
    judged = warning == "warning_cantonese"
    page.locator(f".tm-verdict[data-tone={'unsure' if judged else 'none'}]").wait_for()
    expect(page.locator(".tm-warnings li")).to_have_text([texts[warning]])
    headline = texts["search_unsure" if judged else "gauge_unread"]
    assert page.locator("#verdict h2").inner_text().startswith(headline)
    expect(page.locator(".tm-shares li")).to_have_count(2 if judged else 0)
    expect(page.locator("#alignment")).to_be_visible(visible=judged)  # no word is a reason for no verdict
    expect(page.locator(".tm-right")).to_have_text("")
    headline, said = (page.locator(each).bounding_box() for each in ("#verdict h2", ".tm-warnings li"))
    assert 0 <= said["y"] - headline["y"] - headline["height"] < 40
    if not judged:
        expect(page.locator(".tm-wrong")).to_be_hidden()
        expect(page.locator(".tm-number")).to_have_text("–")
        expect(page.locator(".tm-word")).to_have_text(texts["gauge_unread"])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_what_is_wrong_with_a_box_stands_inside_it_and_the_feet_of_both_at_the_bottom(
    visit: Open, viewport: dict[str, int]
) -> None:
    page = visit(query=asked("今天下雨", "今天不下雨"), viewport=viewport)
    page.locator("#sentence2 textarea").fill("雨\n" * 60)
    expect(page.locator("#foot2 .tm-box-problem")).not_to_be_empty()
    expect(page.locator("#verdict h2")).to_have_text(TEXTS["zh"]["verdict_waiting"])
    for box in page.locator(".tm-pair-box").all():
        frame, foot, cross = (
            shown.bounding_box() for shown in (box, box.locator(".tm-box-foot"), box.locator(".tm-box-clear"))
        )
        ends = [each["y"] + each["height"] for each in (frame, foot, cross)]
        assert ends[0] - 6 < ends[1] < ends[0]
        assert ends[1] - 1 <= ends[2] <= ends[1]
        assert frame["x"] + frame["width"] - cross["x"] - cross["width"] < 24


@pytest.mark.slow
@pytest.mark.browser
def test_nothing_is_ever_certain_and_two_plain_figures_stand_below_the_gauge(visit: Open) -> None:
    page, texts = visit(query=asked("今天下雨", "今天下雨")), TEXTS["zh"]
    expect(page.locator(".tm-shares .tm-share")).to_have_text(["> 99%", "< 1%"])
    expect(page.locator(".tm-number")).to_have_text("100")
    expect(page.locator(".tm-common")).to_have_text(texts["gauge_common"].format(percent="100%"))
    expect(page.locator(".tm-cosine")).to_have_text(texts["gauge_cosine"].format(cosine="1.00"))
    assert "100%" not in page.locator("#verdict").inner_text()
    page.locator("#sentence2 textarea").fill("红烧茄子怎么做")
    page.locator("#answer[data-state=fresh] .tm-verdict[data-tone=different]").wait_for()
    expect(page.locator(".tm-shares .tm-share")).to_have_text(["> 99%", "< 1%"])
    expect(page.locator(".tm-common")).to_have_text(texts["gauge_common"].format(percent="0%"))
    right = page.locator(".tm-right").inner_text()
    assert "两组" in right
    assert "100%" not in right


@pytest.mark.slow
@pytest.mark.browser
def test_a_phone_shows_the_verdict_without_scrolling(visit: Open) -> None:
    page = visit(viewport=PHONE)
    assert page.evaluate("scrollY") == 0
    headline = page.locator("#verdict h2").bounding_box()
    assert headline["y"] + headline["height"] <= PHONE["height"]
    examples = page.locator(".tm-examples-row").bounding_box()
    assert examples["height"] < 60  # one row, not a card for each


@pytest.mark.slow
@pytest.mark.browser
def test_the_boxes_are_equal_start_level_count_and_grow(visit: Open) -> None:
    page = visit(viewport=DESKTOP)
    one, two = (page.locator(f"#sentence{number} textarea") for number in (1, 2))
    first, second = one.bounding_box(), two.bounding_box()
    assert first["y"] == pytest.approx(second["y"], abs=1)
    assert first["width"] == pytest.approx(second["width"], abs=2)
    assert first["height"] == pytest.approx(second["height"], abs=1)
    one.fill("很" * 120)
    two.fill("一\n二\n三")
    expect(page.locator("#foot1 .tm-box-count")).to_have_text(TEXTS["zh"]["box_count"].format(count=120, limit=500))
    expect(page.locator("#foot2 .tm-box-count")).to_contain_text("3")
    page.wait_for_function(
        "height => document.querySelector('#sentence1 textarea').clientHeight > 1.5 * height", arg=first["height"]
    )
    assert two.bounding_box()["height"] > 1.5 * second["height"]
    assert one.bounding_box()["y"] == pytest.approx(two.bounding_box()["y"], abs=1)
    page.locator("#foot2 .tm-box-clear").click()
    expect(two).to_have_value("")
    expect(two).to_be_focused()
    expect(one).to_have_value("很" * 120)


def test_it_answers_200_ms_after_a_key() -> None:
    assert PAUSE == 200


@pytest.mark.slow
@pytest.mark.browser
def test_english_readers_get_the_sense_of_an_example(visit: Open) -> None:
    page = visit("en-US")
    expect(page.locator(".tm-gloss")).to_have_text(EXAMPLES[0].gloss)
    page.locator(".tm-example").nth(3).click()
    expect(page.locator(".tm-gloss")).to_have_text(EXAMPLES[3].gloss)
    page.locator("#sentence1 textarea").fill("别的句子")
    expect(page.locator(".tm-gloss")).to_have_text("")
    page.locator("#language [lang='zh-CN']").click()
    expect(page.locator(".tm-gloss")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("name", "box"), [("a", 1), ("b", 2)])
def test_a_link_with_one_sentence_keeps_it(new_page: Open, server: str, name: str, box: int) -> None:
    page = new_page(server, Visit()).page
    page.goto(f"{server}?{name}=只有这一句")
    expect(page.locator(f"#sentence{box} textarea")).to_have_value("只有这一句")
    expect(page.locator(f"#sentence{3 - box} textarea")).to_have_value("")
    page.locator(".tm-verdict[data-tone=rest]").wait_for()
    page.close()
