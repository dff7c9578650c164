"""The page as its visitors and API callers meet it: over HTTP, and in a real browser."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from textmatch import Prediction, TextMatcher
from textmatch.demo.answers import MAX_CHARACTERS, Answers
from textmatch.demo.gauge import reading
from textmatch.demo.notes import SHOWN, lines
from textmatch.demo.texts import EXAMPLES, LABEL_NAMES, WORDS

ROOT = Path(__file__).parents[1]
PAIR = ("怎么给手机充值话费", "手机话费在哪里充值")
HOSTILE = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}${", "</script><script>alert(1)</script>")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

Open = Callable[..., Any]


def prediction(**changes: Any) -> Prediction:
    fields: dict[str, Any] = {
        "sentence1": PAIR[0],
        "sentence2": PAIR[1],
        "label": "Matched",
        "probabilities": {"Not Matched": 0.1, "Matched": 0.9},
        "similarity": 0.9,
        "truncated": ("", ""),
        "unknown": ((), ()),
    }
    return Prediction(**(fields | changes))


# Texts and parts


def test_both_languages_have_every_text_with_the_same_fields() -> None:
    chinese, english = WORDS["zh"], WORDS["en"]
    assert chinese.keys() == english.keys()
    for key in chinese:
        assert set(re.findall(r"{\w+}", chinese[key])) == set(re.findall(r"{\w+}", english[key])), key


def test_examples_are_distinct_and_hold_the_recipe_pair() -> None:
    pairs = {example[1:] for example in EXAMPLES}
    assert len(pairs) == len(EXAMPLES) >= 10
    assert ("我不爱吃剁椒鱼头,但是我爱吃鱼头", "我爱吃土豆,但是不爱吃地瓜") in pairs


def test_the_gauge_has_a_word_for_every_similarity() -> None:
    assert [reading(value)["level"] for value in (0.0, 0.5, 0.8, 1.0)] == ["far", "far", "partly", "close"]


def test_notes_say_what_was_cut_unknown_and_unsure() -> None:
    answer = {"key": "answered"}
    assert lines(prediction(), "same", answer, 64)["notes"] == []
    odd = prediction(
        truncated=("", "很" * (SHOWN + 5)),
        unknown=(("龘", "靐"), ()),
        probabilities={"Not Matched": 0.45, "Matched": 0.55},
    )
    assert lines(odd, "same", answer, 64)["notes"] == [
        {"key": "unsure"},
        {"key": "unknown1", "text": "龘 靐"},
        {"key": "cut2", "limit": "64", "text": "很" * SHOWN + "…"},
    ]


@pytest.mark.parametrize("labels", [("Not Matched", "Matched"), ("no", "maybe", "yes")])
def test_only_the_default_labels_get_chinese_names(matcher: TextMatcher, labels: tuple[str, ...]) -> None:
    answer = prediction(label=labels[-1], probabilities=dict.fromkeys(labels, 1 / len(labels)))
    other = Mock(spec=matcher, labels=labels, max_length=64, **{"predict.return_value": [answer]})
    shown, _, below = Answers(other, "other").compare(*PAIR, Mock(headers={}))
    assert tuple(shown) == tuple(LABEL_NAMES.get(label, label) for label in labels)
    assert below["verdict"] == LABEL_NAMES.get(labels[-1], labels[-1])


# The API


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[Client]:
    with_client = Client(server, verbose=False)
    yield with_client
    with_client.close()


def test_predict_gives_the_matchers_answer(client: Client, matcher: TextMatcher) -> None:
    label, similarity = client.predict(*PAIR, api_name="/predict")
    expected = matcher.predict([PAIR])[0]
    assert label["label"] == expected.label
    assert {row["label"]: row["confidence"] for row in label["confidences"]} == pytest.approx(expected.probabilities)
    assert label["confidences"][0]["label"] == expected.label
    assert similarity == pytest.approx(expected.similarity)


def test_predict_is_the_only_endpoint(client: Client, server: str) -> None:
    listed = client.view_api(return_format="dict", print_info=False)
    assert set(listed["named_endpoints"]) == {"/predict"}
    assert not listed["unnamed_endpoints"]
    names = [parameter["parameter_name"] for parameter in listed["named_endpoints"]["/predict"]["parameters"]]
    assert names == ["sentence1", "sentence2"]
    with pytest.raises(ValueError, match="Cannot find a function"):
        client.predict(*PAIR, api_name="/compare")
    described = httpx.get(f"{server}gradio_api/openapi.json").text
    assert "compare" not in described
    assert "load_example" not in described


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (("", PAIR[1]), "first sentence is empty"),
        ((PAIR[0], " \t\n"), "second sentence is empty"),
        ((PAIR[0], "很" * (MAX_CHARACTERS + 1)), f"{MAX_CHARACTERS + 1} characters"),
        ((3, PAIR[1]), "sentence1 must be a string"),
    ],
)
def test_bad_input_is_named(client: Client, sentences: tuple[Any, str], message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(*sentences, api_name="/predict")


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_only_text(client: Client, text: str) -> None:
    label, _ = client.predict(text, PAIR[0], api_name="/predict")
    assert label["label"] in LABEL_NAMES


# The script


def test_a_bad_checkpoint_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "app.py"), "--checkpoint", str(tmp_path / "nowhere")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere" in done.stderr


WATCHED = """
import runpy, sys
def watch(event, values):
    name = values[0] if event == "socket.getaddrinfo" else values[1] if event == "socket.connect" else "localhost"
    name = name[0] if isinstance(name, tuple) else name
    if name not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"):
        print("REACHED OUT TO", name, file=sys.stderr, flush=True)
sys.addaudithook(watch)
sys.argv = ["app.py"]
runpy.run_path("app.py", run_name="__main__")
"""


def test_the_app_starts_and_reaches_out_to_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(port))
    log = tmp_path / "log"
    with log.open("w") as sink:
        app = subprocess.Popen([sys.executable, "-c", WATCHED], cwd=ROOT, stdout=sink, stderr=sink)
    try:
        assert _answers(f"http://127.0.0.1:{port}/", app)
        time.sleep(0.5)
    finally:
        app.terminate()
        app.wait(10)
    assert "REACHED OUT" not in log.read_text()


def _answers(url: str, app: subprocess.Popen[bytes], patience: float = 120.0) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and app.poll() is None:
        try:
            return httpx.get(url).status_code == 200
        except httpx.TransportError:
            time.sleep(0.2)
    return False


# The page in a browser


@pytest.fixture
def visit(browser: Any, server: str) -> Iterator[Open]:
    """Opens the page; afterwards nothing may have failed, popped up or left for another host."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def heard(kind: str, text: str) -> None:
        if kind == "error" and "422" not in text:  # the browser logs a refused input as a failed request
            complaints.append(text)

    def requested(url: str) -> None:
        if not url.startswith((server, "data:", "blob:")):
            complaints.append(f"request to {url}")

    def opened(dialog: Any) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_page(locale: str = "zh-CN", viewport: dict[str, int] = DESKTOP, scheme: str = "light") -> Any:
        context = browser.new_context(locale=locale, viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: heard(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requested(request.url))
        page.on("dialog", opened)
        page.goto(server)
        page.locator("#verdict .confidence-set").first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def write(page: Any, sentence1: str, sentence2: str) -> None:
    page.locator("#sentence1 input").fill(sentence1)
    page.locator("#sentence2 input").fill(sentence2)


def boxes(page: Any) -> tuple[str, str]:
    return page.locator("#sentence1 input").input_value(), page.locator("#sentence2 input").input_value()


def clear(page: Any) -> None:
    page.locator("#clear").click()
    page.locator(".tm-gauge[data-level=waiting]").wait_for()


def verdict(page: Any) -> str:
    """The verdict, once the gauge shows an answer."""
    page.locator(".tm-gauge:not([data-level=waiting])").wait_for()
    page.locator("#verdict .confidence-set").first.wait_for()
    return str(page.locator("#verdict h2").inner_text())


@pytest.mark.parametrize(
    ("locale", "viewport", "scheme"),
    [
        ("zh-CN", DESKTOP, "light"),
        ("zh-CN", PHONE, "dark"),
        ("en-US", DESKTOP, "dark"),
        ("en-US", PHONE, "light"),
    ],
    ids=["chinese-desktop", "chinese-phone-dark", "english-desktop-dark", "english-phone"],
)
def test_the_first_look(visit: Open, locale: str, viewport: dict[str, int], scheme: str) -> None:
    page = visit(locale, viewport, scheme)
    shown = page.locator("body").inner_text()
    heading = WORDS["zh" if locale == "zh-CN" else "en"]["heading"].splitlines()[0].removeprefix("# ")
    assert page.locator("h1").all_inner_texts() == [heading]
    assert verdict(page) in LABEL_NAMES.values()
    assert "__i18n__" not in shown
    assert "translation_metadata" not in shown
    assert page.evaluate("document.documentElement.lang") == locale.removesuffix("-US")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")


@pytest.mark.parametrize(("locale", "language"), [("zh", "zh"), ("zh-Hans-CN", "zh"), ("zh-HK", "zh"), ("fr", "en")])
def test_other_locales_get_a_whole_language(visit: Open, locale: str, language: str) -> None:
    page = visit(locale)
    texts = WORDS["zh" if language == "zh" else "en"]
    assert page.locator("#compare").inner_text() == texts["compare"]
    assert page.locator(".tm-name").inner_text() == texts["similarity"]
    assert "__i18n__" not in page.locator("body").inner_text()


def test_enter_button_swap_and_clear(visit: Open) -> None:
    page = visit()
    clear(page)
    assert boxes(page) == ("", "")
    write(page, *PAIR)
    page.locator("#sentence2 input").press("Enter")
    assert verdict(page) in LABEL_NAMES.values()

    clear(page)
    write(page, *PAIR)
    page.locator("#swap").click()
    page.wait_for_function("text => document.querySelector('#sentence1 input').value === text", arg=PAIR[1])
    assert boxes(page) == (PAIR[1], PAIR[0])
    page.locator("#compare").click()
    assert verdict(page) in LABEL_NAMES.values()
    page.get_by_text("毫秒").wait_for()


def test_every_example_answers_at_once(visit: Open) -> None:
    page = visit()
    buttons = page.locator("#examples button.gallery-item")
    assert buttons.count() == len(EXAMPLES)
    for index, example in enumerate(EXAMPLES):
        clear(page)
        buttons.nth(index).click()
        assert verdict(page) in LABEL_NAMES.values()
        assert boxes(page) == example[1:]


def test_an_example_on_a_phone_brings_its_answer_into_view(visit: Open) -> None:
    page = visit(viewport=PHONE)
    page.locator("#examples button.gallery-item").last.click()
    page.wait_for_function("() => document.querySelector('#verdict h2').getBoundingClientRect().top > 0")
    assert page.locator("#verdict h2").bounding_box()["y"] < PHONE["height"]


def test_the_gauge_reads_the_same_aloud(visit: Open) -> None:
    page = visit()
    meter = page.get_by_role("meter", name=WORDS["zh"]["similarity"], exact=True)
    number, word = page.locator(".tm-number").inner_text(), page.locator(".tm-word").inner_text()
    assert meter.get_attribute("aria-valuenow") == number.removesuffix("%")
    assert meter.get_attribute("aria-valuetext") == f"{number}, {word}"
    assert page.evaluate("getComputedStyle(document.querySelector('.tm-hand')).transitionDuration") == "0s"
    assert page.get_by_role("status").filter(has_text=" · ").count() == 1


def test_the_keyboard_goes_through_the_page_in_order(visit: Open) -> None:
    page = visit()
    page.locator("#sentence1 input").focus()
    seen = []
    for _ in range(4):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(document.activeElement.closest('[id]') || {}).id"))
    assert seen == ["swap", "sentence2", "compare", "clear"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_markup_in_the_boxes_is_only_text(visit: Open, matcher: TextMatcher) -> None:
    page = visit()
    for text in HOSTILE:
        clear(page)
        write(page, text, "很" * matcher.max_length + text)
        page.locator("#compare").click()
        assert verdict(page) in LABEL_NAMES.values()
        assert boxes(page)[0] == text
        assert page.locator("#notes li").count() >= 1
        assert page.locator("#notes img, #notes script, img[src=x]").count() == 0


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("en-US", "en")])
def test_blank_and_overlong_boxes_get_a_message(visit: Open, locale: str, language: str) -> None:
    page, texts = visit(locale), WORDS["zh" if language == "zh" else "en"]
    write(page, "  ", "很" * (MAX_CHARACTERS + 1))
    page.locator("#compare").click()
    message = page.locator("#sentence1 .validation-error").get_by_text(texts["blank1"])
    message.wait_for()
    too_long = texts["long2"].format(length=MAX_CHARACTERS + 1, limit=MAX_CHARACTERS)
    page.locator("#sentence2 .validation-error").get_by_text(too_long).wait_for()
    write(page, *PAIR)
    page.locator("#compare").click()
    message.wait_for(state="detached")
