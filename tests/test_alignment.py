"""textmatch.demo.components.alignment: its value, and what a browser makes of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from tests.helpers import DESKTOP, PHONE, Opened, Visit, expect
from tests.helpers import HOSTILE as MARKUP
from textmatch import Prediction, TextMatcher
from textmatch.demo import launch_options
from textmatch.demo.components.alignment import EMPTY_ALIGNMENT, TELLING, alignment, alignment_value
from textmatch.demo.i18n import TEXTS
from textmatch.results import AlignedPair, Counterfactual, Edit, Explanation, Word

ZH, EN = TEXTS["zh"], TEXTS["en"]

HOSTILE = (*MARKUP, "{word}")

Open = Callable[..., Any]


def prediction(one: str, two: str, share: float, label: str = "Matched", other: str = "Not Matched") -> Prediction:
    return Prediction(one, two, label, {label: share, other: 1 - share}, 0.5, ("", ""), ((), ()))


def row(text: str, *cuts: str, **first: Any) -> tuple[Word, ...]:
    """Words of `text`, which the `cuts` join to; `first` changes the first of them."""
    places = [(len("".join(cuts[:i])), len("".join(cuts[: i + 1]))) for i in range(len(cuts))]
    words = [Word(text[a:b], text[a:b], a, b, True, (), False, aligned=True) for a, b in places]
    return (replace(words[0], **first), *words[1:])


ONE, TWO = "窗台太冷花会冻死", "阳台不冷花会冻死"
TRIED: dict[str, Any] = {"trial": "agree", "confidence": 0.96, "alone": 0.1, "aligned": False}
SIMPLE = Explanation(
    prediction=prediction(ONE, TWO, 0.88, "Not Matched", "Matched"),
    texts=(ONE, TWO),
    as_given=(True, True),
    words=(
        row(ONE, "窗台", "太", "冷", "花", "会", "冻死", importance=0.4, trial="agree", confidence=0.48, alone=0.4),
        row(TWO, "阳台", "不", "冷", "花", "会", "冻死", importance=-0.3, **TRIED),
    ),
    aligned_pairs=(AlignedPair(0, 2, 0.25), AlignedPair(2, 2, 0.97), *(AlignedPair(i, i, 1.0) for i in (3, 4, 5))),
    alignment="attention",
    counterfactual=Counterfactual((Edit(2, 1, "swap", "不", "太"),), prediction(ONE, "阳台太冷花会冻死", 0.7)),
    complete=True,
)
ODD = replace(
    SIMPLE,
    texts=("龘" + ONE[2:], TWO),
    as_given=(False, True),
    words=(
        row("龘" + ONE[2:], "龘", "太", "冷", "花", "会", "冻死", unknown=("龘",), known=False, aligned=False),
        (*SIMPLE.words[1][:5], replace(SIMPLE.words[1][5], cut=True, aligned=False)),
    ),
    aligned_pairs=SIMPLE.aligned_pairs[1:3],
    alignment="equality",
    counterfactual=None,
    complete=False,
)
MOVED = replace(
    SIMPLE,
    words=(row(ONE, "窗台", "太", "冷", "花", "会", "冻死", importance=0.4, trial="exchange"), SIMPLE.words[1]),
)
WEAK = replace(
    SIMPLE,
    counterfactual=None,
    weakness=Counterfactual((Edit(1, 0, "swap", "窗台", "请问窗台"),), prediction("请问" + ONE, TWO, 0.62)),
)
CASES = {
    "simple": SIMPLE,
    "weak": WEAK,
    "moved": MOVED,
    "odd": ODD,
    "hostile": replace(
        SIMPLE,
        prediction=prediction("a", "b", 0.6, HOSTILE[0], HOSTILE[1]),
        texts=("".join(HOSTILE), "".join(HOSTILE)),
        words=(row("".join(HOSTILE), *HOSTILE, unknown=HOSTILE), row("".join(HOSTILE), *HOSTILE)),
        aligned_pairs=tuple(AlignedPair(i, i, 1.0) for i in range(len(HOSTILE))),
        counterfactual=Counterfactual(
            (Edit(1, 0, "swap", HOSTILE[0], HOSTILE[1]), Edit(2, 1, "delete", HOSTILE[1])),
            prediction("a", "b", 0.6, HOSTILE[2], HOSTILE[3]),
        ),
    ),
    "wide": replace(
        SIMPLE,
        texts=("x" * 120 + "花" * 60, TWO),
        words=(row("x" * 120 + "花" * 60, "x" * 120, *"花" * 60), SIMPLE.words[1]),
        counterfactual=Counterfactual((Edit(1, 0, "delete", "x" * 120),), prediction("a", "b", 0.6)),
    ),
}


# The value


@pytest.mark.parametrize("explanation", CASES.values(), ids=CASES)
def test_a_value_is_plain_json(explanation: Explanation) -> None:
    value = alignment_value(explanation)
    again = json.loads(json.dumps(value))
    assert again.keys() == EMPTY_ALIGNMENT.keys()
    assert [[chip["text"] for chip in chips] for chips in again["rows"]] == [
        [word.text for word in words] for words in explanation.words
    ]
    assert [tuple(line[:2]) for line in again["lines"]] == [
        (pair.first, pair.second) for pair in explanation.aligned_pairs
    ]


@pytest.mark.slow
def test_a_real_explanation_can_be_drawn(matcher: TextMatcher) -> None:
    value = alignment_value(matcher.explain("阳台上的花该几天浇一次水", "陽台的花多久浇一次水？"))
    assert "".join(chip["text"] for chip in value["rows"][1]) == "陽台的花多久浇一次水"
    assert value["messages"] == []


@pytest.mark.parametrize(
    ("importance", "trial", "mark"),
    [
        (None, None, "none"),
        (0.0, "agree", "none"),
        (TELLING, "agree", "different"),
        (-TELLING, "agree", "same"),
        (TELLING, "exchange", "different"),
        (TELLING, "remove", "same"),
        (-TELLING, "remove", "different"),
        (-TELLING / 2, "remove", "none"),
    ],
)
def test_a_mark_says_what_a_word_is_a_reason_for(importance: float | None, trial: Any, mark: str) -> None:
    words = (row(ONE, "窗台", "太", "冷", "花", "会", "冻死", importance=importance, trial=trial), SIMPLE.words[1])
    assert alignment_value(replace(SIMPLE, words=words))["rows"][0][0]["mark"] == mark


def test_a_counterfactual_shows_what_is_deleted_and_inserted() -> None:
    turn = alignment_value(SIMPLE)["counterfactual"]
    assert turn is not None
    assert turn["verdict"] == {"key": "alignment_matched", "name": "Matched", "confidence": 0.7}
    assert turn["edits"] == [{"key": "alignment_edit_swap_2", "word": "不", "replacement": "太"}]
    ((number, parts),) = turn["sentences"]
    assert number == 2
    assert [(part["kind"], part["text"]) for part in parts] == [
        ("same", "阳台"),
        ("deleted", "不"),
        ("inserted", "太"),
        ("same", "冷花会冻死"),
    ]
    two = replace(
        SIMPLE,
        counterfactual=Counterfactual(
            (Edit(1, 5, "delete", "冻死"), Edit(1, 0, "swap", "窗台", "阳台")), SIMPLE.prediction
        ),
    )
    turn = alignment_value(two)["counterfactual"]
    assert turn is not None
    assert "".join(part["text"] for part in turn["sentences"][0][1] if part["kind"] != "deleted") == "阳台太冷花会"


def test_words_that_take_each_others_place_are_one_edit() -> None:
    edits = (Edit(1, 0, "swap", "窗台", "花"), Edit(1, 3, "swap", "花", "窗台"))
    turn = alignment_value(replace(SIMPLE, counterfactual=Counterfactual(edits, SIMPLE.prediction)))["counterfactual"]
    assert turn is not None
    assert turn["edits"] == [{"key": "alignment_edit_exchange_1", "word": "窗台", "replacement": "花"}]


def test_an_unusual_explanation_has_messages() -> None:
    assert alignment_value(ODD)["messages"] == ["alignment_equality", "alignment_plain", "alignment_partial"]


# The picture in a browser


@pytest.fixture(scope="module")
def page_url() -> Iterator[str]:
    """A page with nothing but the picture and a box that names the case to draw."""
    with gr.Blocks(analytics_enabled=False) as page:
        case = gr.Textbox(elem_id="case")
        picture = alignment()
        case.submit(
            lambda name: alignment_value(CASES[name]) if name else EMPTY_ALIGNMENT,
            case,
            picture,
            show_progress="hidden",
            trigger_mode="multiple",
        )
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield url
    page.close(verbose=False)


@pytest.fixture(scope="module")
def opened() -> Iterator[dict[tuple[str, int, str], Opened]]:
    """Pages by language and colour scheme: opening one takes most of the time."""
    pages: dict[tuple[str, int, str], Opened] = {}
    yield pages
    for opened in pages.values():
        opened.page.close()


@pytest.fixture
def show(opened: dict[tuple[str, int, str], Opened], new_page: Callable[..., Opened], page_url: str) -> Iterator[Open]:
    """Shows the picture with a case drawn, at rest before; afterwards nothing may have failed or popped up."""

    def shown(case: str, locale: str = "zh-CN", viewport: dict[str, int] = DESKTOP, scheme: str = "light") -> Any:
        visit = Visit(locale, scheme=scheme)
        if visit.context not in opened:
            opened[visit.context] = new_page(page_url, visit)
            opened[visit.context].page.goto(page_url)
        page = opened[visit.context].page
        page.set_viewport_size(viewport)
        page.mouse.move(0, 0)
        rest(page)
        if case:
            draw(page, case)
        return page

    yield shown
    assert not [complaint for each in opened.values() for complaint in each.complaints]


def rest(page: Any) -> None:
    page.locator(".tm-why").wait_for()
    if page.locator(".tm-why[data-state=drawn]").count():
        ask(page, "")
    page.locator(".tm-why[data-state=rest]").wait_for()


def draw(page: Any, case: str) -> None:
    ask(page, case)
    page.locator(".tm-why[data-state=drawn]").wait_for()


def ask(page: Any, case: str) -> None:
    box = page.locator("#case textarea, #case input").first
    box.fill(case)
    box.press("Enter")


def chip(page: Any, side: int, number: int) -> Any:
    return page.locator(".tm-words").nth(side).locator(".tm-chip").nth(number)


def said(page: Any) -> Any:
    return page.locator(".tm-why-say")


def line_ends(page: Any) -> Any:
    """How far each line's two ends lie from the chips they join, in pixels."""
    return page.evaluate(
        """ends => {
          const origin = document.querySelector(".tm-stage").getBoundingClientRect();
          const rows = [...document.querySelectorAll(".tm-words")].map((row) => [...row.children]);
          return [...document.querySelectorAll(".tm-line")].map((line, i) => {
            const at = (length) => line.getPointAtLength(length);
            return [at(0), at(line.getTotalLength())].map((point, side) => {
              const box = rows[side][ends[i][side]].getBoundingClientRect();
              const y = side ? box.top : box.bottom;
              return Math.hypot(point.x + origin.x - box.x - box.width / 2, point.y + origin.y - y);
            });
          });
        }""",
        [[pair.first, pair.second] for pair in SIMPLE.aligned_pairs],
    )


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("locale", "texts"), [("zh-CN", ZH), ("en-US", EN)])
def test_at_rest_and_drawn_it_says_what_to_do(show: Open, locale: str, texts: dict[str, str]) -> None:
    page = show("", locale)
    expect(said(page)).to_have_text(texts["alignment_rest"])
    expect(page.locator("#alignment h2")).to_have_text(texts["alignment_title"])
    expect(page.locator(".tm-stage")).to_be_hidden()
    draw(page, "simple")
    verdict = {"verdict": texts["alignment_not_matched"], "confidence": "88%"}
    expect(said(page)).to_have_text(texts["alignment_hint"].format(**verdict))
    assert "{" not in page.locator("#alignment").inner_text()
    turn = texts["alignment_turn"].format(verdict=texts["alignment_matched"], confidence="70%")
    change = texts["alignment_edit_swap_2"].format(word="不", replacement="太")
    expect(page.locator(".tm-turn")).to_have_text(turn + change + texts["alignment_stop"])
    assert [text.strip('“”"') for text in page.locator(".tm-turn mark").all_inner_texts()] == ["不", "太"]
    expect(page.locator(".tm-turned del")).to_have_text("不")
    expect(page.locator(".tm-turned ins")).to_have_text("太")
    expect(page.locator(".tm-weak")).to_be_hidden()
    rest(page)
    expect(said(page)).to_have_text(texts["alignment_rest"])


@pytest.mark.slow
@pytest.mark.browser
def test_a_weakness_of_the_model_is_shown_apart(show: Open) -> None:
    page = show("weak")
    expect(page.locator(".tm-turn")).to_have_text("")
    said_of_it = ZH["alignment_weak"].format(verdict=ZH["alignment_matched"], confidence="62%")
    change = ZH["alignment_edit_swap_1"].format(word="窗台", replacement="请问窗台")
    expect(page.locator(".tm-weak-turn")).to_have_text(said_of_it + change + ZH["alignment_stop"])
    expect(page.locator(".tm-weak ins")).to_have_text("请问窗台")
    rest(page)
    expect(page.locator(".tm-weak")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.browser
def test_the_keyboard_walks_the_words_and_each_says_its_part(show: Open) -> None:
    page = show("simple")
    page.locator("#case textarea, #case input").first.focus()
    page.keyboard.press("Tab")
    expect(chip(page, 0, 0)).to_be_focused()
    agree = ZH["alignment_agree"].format(word="窗台", verdict="意思不同", **{"with": "88%"}, without="48%", alone="40%")
    expect(said(page)).to_have_text(agree + ZH["alignment_met"].format(words="“冷”"))
    expect(page.locator(".tm-line.tm-lit")).to_have_count(1)
    page.keyboard.press("ArrowDown")  # to the word it met
    expect(chip(page, 1, 2)).to_be_focused()
    expect(said(page)).to_contain_text("“窗台”、“冷”")
    page.keyboard.press("Home")
    expect(said(page)).to_contain_text(ZH["alignment_unmet"])
    expect(page.locator(".tm-lit")).to_have_count(0)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(chip(page, 0, 5)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(said(page)).to_contain_text(ZH["alignment_shared"].format(word="会"))
    page.keyboard.press("Tab")  # one stop a row: on to the word last visited in the second
    expect(chip(page, 1, 5)).to_be_focused()
    page.keyboard.press("Tab")  # then to what changes it, and the word stays
    expect(page.locator(":focus")).to_have_value(chip(page, 1, 5).locator(".tm-text").inner_text())
    expect(page.locator(".tm-chip.tm-near").first).to_be_visible()


@pytest.mark.browser
def test_the_mouse_shows_and_the_focus_stays(show: Open) -> None:
    page = show("simple")
    chip(page, 0, 2).hover()
    expect(said(page)).to_contain_text("“冷”")
    chip(page, 0, 0).click()
    chip(page, 1, 3).hover()
    expect(said(page)).to_contain_text("“花”")
    page.locator("h2").hover()
    expect(said(page)).to_contain_text("“窗台”")


@pytest.mark.browser
def test_a_tap_chooses_a_word(show: Open) -> None:
    page = show("simple", viewport=PHONE)
    chip(page, 1, 1).evaluate("chip => chip.click()")
    expect(said(page)).to_contain_text("“不”")


@pytest.mark.slow
@pytest.mark.browser
def test_the_same_is_there_to_be_heard(show: Open) -> None:
    page = show("simple", "en-US")
    expect(page.get_by_role("toolbar", name="First sentence").get_by_role("button")).to_have_count(6)
    word = page.get_by_role("toolbar", name="Second sentence").get_by_role("button").first
    name = word.get_attribute("aria-label")
    assert name.startswith(f"阳台, {EN['alignment_same']}, {EN['alignment_alone']}, ")
    assert 'If both sentences agreed at "阳台", confidence in "Different meaning" would go from 88% to 96%' in name
    expect(page.locator(".tm-stage svg")).to_have_attribute("aria-hidden", "true")


@pytest.mark.browser
def test_marks_and_legend_do_not_go_by_colour_alone(show: Open) -> None:
    page = show("simple")
    expect(chip(page, 0, 0).locator(".tm-sign")).to_have_text("≠")
    expect(chip(page, 1, 0).locator(".tm-sign")).to_have_text("=")
    expect(page.locator(".tm-sign")).to_have_count(2)
    style = "chip => getComputedStyle(chip).borderTopStyle"
    assert (chip(page, 1, 0).evaluate(style), chip(page, 0, 0).evaluate(style)) == ("dashed", "solid")
    shown = page.locator(".tm-legend li").all_inner_texts()
    keys = ("same", "different", "alone", "line")
    assert [any(ZH[f"alignment_{key}"] in text for text in shown) for key in keys] == [True] * 4
    assert not any(ZH["alignment_unread"] in text or ZH["alignment_strange"] in text for text in shown)


@pytest.mark.slow
@pytest.mark.browser
def test_a_word_that_changed_places_is_marked_as_moved(show: Open) -> None:
    page = show("moved")
    expect(chip(page, 0, 0).locator(".tm-sign")).to_have_text("⇄")
    expect(page.locator(".tm-legend")).to_contain_text("⇄" + ZH["alignment_moved"])
    chip(page, 0, 0).focus()
    expect(said(page)).to_contain_text("换回另一句里的位置")


@pytest.mark.browser
def test_colour_means_one_thing(show: Open) -> None:
    page = show("simple")
    colour = "sign => getComputedStyle(sign).backgroundColor"
    different, same = (chip(page, side, 0).locator(".tm-sign").evaluate(colour) for side in (0, 1))
    samples = page.evaluate(
        """() => ["close", "far"].map((name) => {
          const part = document.querySelector(".tm-why").appendChild(document.createElement("i"));
          part.style.backgroundColor = `var(--${name})`;
          const shown = getComputedStyle(part).backgroundColor;
          part.remove();
          return shown;
        })"""
    )
    assert [same, different] == samples  # the gauge's and the verdict's colours
    assert page.locator(".tm-turned ins").evaluate("node => getComputedStyle(node).color") not in samples


@pytest.mark.browser
def test_unknown_and_cut_words_and_other_ways_are_said(show: Open) -> None:
    page = show("odd")
    expect(chip(page, 0, 0).locator(".tm-odd")).to_have_text("?")
    chip(page, 0, 0).focus()
    expect(said(page)).to_have_text(
        ZH["alignment_untried"].format(word="龘") + ZH["alignment_unmet"] + "模型没学过：龘。"
    )
    chip(page, 1, 5).focus()
    expect(said(page)).to_have_text(ZH["alignment_cut"].format(word="冻死"))
    crossed = "chip => getComputedStyle(chip.querySelector('.tm-text')).textDecorationLine"
    assert chip(page, 1, 5).evaluate(crossed) == "line-through"
    notes = page.locator(".tm-why-messages li").all_inner_texts()
    assert notes == [ZH[f"alignment_{key}"] for key in ("equality", "plain", "partial")]
    expect(page.locator(".tm-turn")).to_have_text("")  # nothing good turns it: nothing is said
    expect(page.locator(".tm-turned p")).to_have_count(0)


@pytest.mark.browser
def test_hostile_text_stays_text(show: Open) -> None:
    page = show("hostile")
    for side in (0, 1):
        for i, text in enumerate(HOSTILE):
            assert chip(page, side, i).locator(".tm-text").evaluate("node => node.textContent") == text
            chip(page, side, i).focus()
            expect(said(page)).to_contain_text(f"“{text}”")
    marked = [text.strip("“”") for text in page.locator(".tm-turn mark").all_text_contents()]
    assert marked == [HOSTILE[0], HOSTILE[1], HOSTILE[1]]
    assert HOSTILE[2] in page.locator(".tm-turn").evaluate("node => node.textContent")
    expect(page.locator("#alignment :is(img, script)")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.parametrize("case", ["simple", "wide", "hostile"])
def test_it_fits_a_phone(show: Open, case: str) -> None:
    page = show(case, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    inside = page.evaluate(
        """() => {
          const card = document.querySelector("#alignment").getBoundingClientRect();
          return [...document.querySelectorAll(".tm-chip, .tm-why p, .tm-why li")]
            .map((part) => part.getBoundingClientRect())
            .filter((box) => box.width)
            .every((box) => box.left >= card.left && box.right <= card.right);
        }"""
    )
    assert inside
    heights = page.locator(".tm-chip").evaluate_all("chips => chips.map((chip) => chip.offsetHeight)")
    assert min(heights) >= 44


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(show: Open, scheme: str) -> None:
    page = show("simple", scheme=scheme)
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    for part in (".tm-why-say", ".tm-legend li", ".tm-text", ".tm-turned del", ".tm-turned ins", ".tm-sign"):
        assert page.locator(part).first.evaluate(CONTRAST) >= 4.5, part


CONTRAST = """node => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = [];
  for (let part = node; part; part = part.parentElement) over.unshift(getComputedStyle(part).backgroundColor);
  const paint = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); };
  const light = () => {
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  over.forEach(paint);
  const ground = light();
  paint(getComputedStyle(node).color);
  const [low, high] = [ground, light()].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""


@pytest.mark.slow
@pytest.mark.browser
def test_lines_join_their_words_and_follow_a_resize(show: Open) -> None:
    page = show("simple")
    shape = "() => document.querySelector('.tm-line').getAttribute('d')"
    before = page.evaluate(shape)
    assert max(max(ends) for ends in line_ends(page)) < 2
    page.set_viewport_size({"width": 320, "height": 800})
    page.wait_for_function(f"before => ({shape})() !== before", arg=before)
    assert max(max(ends) for ends in line_ends(page)) < 2
    tops = page.locator(".tm-words").first.locator(".tm-chip").evaluate_all("chips => chips.map((c) => c.offsetTop)")
    assert len(set(tops)) > 1  # the row has wrapped, and the lines still meet their words
