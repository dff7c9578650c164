"""The page as its visitors and API callers meet it: over HTTP, and in a real browser."""

import ast
import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from textmatch import Prediction, TextMatcher
from textmatch.demo.answers import MAX_LINES
from textmatch.demo.gauge import reading
from textmatch.demo.notes import SHOWN, lines
from textmatch.demo.texts import EXAMPLES, LABEL_NAMES, WORDS
from textmatch.text import MAX_CHARACTERS

ROOT = Path(__file__).parents[1]
PAIR = ("怎么给手机充值话费", "手机话费在哪里充值")
HOSTILE = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}${", "</script><script>alert(1)</script>")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

Open = Callable[..., Any]

MODEL = ("model", "str")
JSON = "str | float | bool | list | dict"
ENDPOINTS = {
    "/predict": [("sentence1", "str"), ("sentence2", "str")],
    "/predict_with": [("sentence1", "str"), ("sentence2", "str"), MODEL],
    "/explain": [("sentence1", "str"), ("sentence2", "str"), MODEL],
    "/rank": [("sentence", "str"), ("candidates", "list[str]"), MODEL],
    "/list_models": [],
    "/score_file": [
        ("file", "filepath"),
        *((column, "str") for column in ("sentence1", "sentence2", "label")),
        ("format", "Literal['csv', 'xlsx']"),
    ],
    "/search": [("query", "str"), ("sentences", JSON), ("file", "filepath"), ("top_k", "float")],
    "/duplicates": [("sentences", JSON), ("file", "filepath"), ("threshold", "float")],
}


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


# The API


def test_predict_gives_the_matchers_answer(client: Client, matcher: TextMatcher) -> None:
    label, similarity = client.predict(*PAIR, api_name="/predict")
    expected = matcher.predict([PAIR])[0]
    assert label["label"] == expected.label
    assert {row["label"]: row["confidence"] for row in label["confidences"]} == pytest.approx(expected.probabilities)
    assert label["confidences"][0]["label"] == expected.label
    assert similarity == pytest.approx(expected.similarity)


@pytest.mark.parametrize(
    ("path", "body"),
    [("call/predict", {"data": PAIR}), ("call/v2/predict", {"sentence1": PAIR[0], "sentence2": PAIR[1]})],
    ids=["values", "names"],
)
def test_two_sentences_over_bare_http_are_enough(
    server: str, matcher: TextMatcher, path: str, body: dict[str, Any]
) -> None:
    url = f"{server}gradio_api/{path}"
    event = httpx.post(url, json=body).raise_for_status().json()["event_id"]
    told = httpx.get(f"{url}/{event}").text
    label, similarity = json.loads(told.split("data: ", 1)[1].splitlines()[0])
    expected = matcher.predict([PAIR])[0]
    assert (label["label"], similarity) == (expected.label, pytest.approx(expected.similarity))


def test_a_model_can_be_named(client: Client) -> None:
    own = client.predict(*PAIR, api_name="/predict")
    assert [client.predict(*PAIR, name, api_name="/predict_with") for name in ("", "default")] == [own, own]
    for endpoint, second in (("/predict_with", PAIR[1]), ("/explain", PAIR[1]), ("/rank", [PAIR[1]])):
        with pytest.raises(AppError, match="expected one of default"):
            client.predict(PAIR[0], second, "nobody", api_name=endpoint)


def test_rank_orders_the_candidates_and_takes_many_at_once(client: Client, matcher: TextMatcher) -> None:
    candidates = ["明天会不会下雨", PAIR[1], PAIR[0], "宠物猫一天吃几顿"]
    ranked = client.predict(PAIR[0], candidates, api_name="/rank")
    shares = [row["probability"] for row in ranked]
    assert shares == sorted(shares, reverse=True)
    assert sorted(row["sentence"] for row in ranked) == sorted(candidates)
    expected = {row.sentence2: row for row in matcher.predict([(PAIR[0], text) for text in candidates])}
    for row in ranked:
        answer = expected[row["sentence"]]
        assert (row["label"], row["similarity"]) == (answer.label, pytest.approx(answer.similarity))
        assert row["probability"] == pytest.approx(answer.probabilities["Matched"])


def test_the_models_are_listed_with_what_is_known_of_them(client: Client, matcher: TextMatcher) -> None:
    (row,) = client.predict(api_name="/list_models")
    assert row["name"] == "default"
    assert (row["architecture"], row["parameters"]) == (matcher.config.arch, matcher.metrics["parameters"])
    assert row["test_accuracy"] == matcher.metrics["test"]["accuracy"]
    assert row["megabytes"] > 1


def test_every_endpoint_is_named_typed_and_described_and_no_event_of_the_page_is(client: Client, server: str) -> None:
    listed = client.view_api(return_format="dict", print_info=False)
    parameters = {
        name: [(each["parameter_name"], each["python_type"]["type"]) for each in endpoint["parameters"]]
        for name, endpoint in listed["named_endpoints"].items()
    }
    assert parameters == ENDPOINTS
    assert not listed["unnamed_endpoints"]
    assert all(endpoint["description"] for endpoint in listed["named_endpoints"].values())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for told in (readme, *(texts["compare_code_lead"] for texts in WORDS.values())):
        assert set(re.findall(r"(?<![\w/`.])`?(/[a-z_]+)\b(?![/.])", told)) >= set(ENDPOINTS)
    with pytest.raises(ValueError, match="Cannot find a function"):
        client.predict(*PAIR, api_name="/compare")
    described = httpx.get(f"{server}gradio_api/openapi.json").text
    for event in ("compare", "everyone", "load_example", "open"):
        assert f"/{event}" not in described


def test_an_assistant_finds_the_tools_and_gets_the_same_answer(server: str, matcher: TextMatcher) -> None:
    async def talk() -> tuple[Any, Any, Any]:
        async with (
            streamable_http_client(f"{server}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = await session.list_tools()
            good = await session.call_tool("predict", {"sentence1": PAIR[0], "sentence2": PAIR[1]})
            bad = await session.call_tool("predict", {"sentence1": "", "sentence2": PAIR[1]})
            return tools.tools, good, bad

    with ThreadPoolExecutor(1) as aside:  # the browser's event loop may live in this thread
        tools, good, bad = aside.submit(lambda: asyncio.run(talk())).result(60)
    assert {f"/{tool.name}" for tool in tools} == set(ENDPOINTS)
    for tool in tools:
        assert len(tool.description) > 40
        assert all(each["description"] for each in tool.inputSchema["properties"].values())
    label, similarity = ast.literal_eval(good.content[0].text)  # Gradio answers tools in Python's notation
    expected = matcher.predict([PAIR])[0]
    assert label["label"] == expected.label
    assert similarity == pytest.approx(expected.similarity)
    assert bad.isError
    assert "first sentence is empty" in bad.content[0].text


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (("", PAIR[1]), "first sentence is empty"),
        ((PAIR[0], " \t\n"), "second sentence is empty"),
        ((PAIR[0], "很" * (MAX_CHARACTERS + 1)), f"{MAX_CHARACTERS + 1} characters"),
        ((3, PAIR[1]), "sentence1 must be a string"),
    ],
)
def test_bad_input_is_named(client: Client, sentences: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(*sentences, api_name="/predict")


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ([], "1 to 50"),
        ([PAIR[1]] * (MAX_LINES + 1), f"{MAX_LINES + 1} sentences"),
        ([PAIR[1], " "], "Sentence 2 is empty"),
        ([PAIR[1], 3], "sentence2 must be a string"),
        (["很" * (MAX_CHARACTERS + 1)], f"Sentence 1 has {MAX_CHARACTERS + 1} characters"),
        ("一句", "must be a list"),
    ],
)
def test_bad_candidates_are_named(client: Client, candidates: Any, message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(PAIR[0], candidates, api_name="/rank")


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
    assert page.locator("#verdict h2").inner_text() in LABEL_NAMES.values()
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


@pytest.mark.parametrize(("locale", "other"), [("zh-CN", "en"), ("en-US", "zh")])
def test_the_toggle_changes_every_part_and_keeps_the_sentences(visit: Open, locale: str, other: str) -> None:
    page, texts = visit(locale), WORDS["zh" if other == "zh" else "en"]
    page.locator("#sentence1 input").fill(PAIR[0])
    page.locator("#sentence2 textarea").fill(PAIR[1])
    page.locator(f"#language [lang={other}]").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=texts["compare"], exact=True).wait_for()
    page.locator("#sentence2").get_by_text(texts["sentence2"]).wait_for()
    page.wait_for_function("text => document.querySelector('#sentence1 input').value === text", arg=PAIR[0])
    assert page.locator("#sentence2 textarea").input_value() == PAIR[1]
    assert page.locator("#language [aria-current]").get_attribute("lang") == other
    assert page.locator(".tm-name").inner_text() == texts["similarity"]
    assert page.evaluate("document.documentElement.lang").startswith(other)
    page.locator("#sentence1 input").fill(" ")
    page.locator("#compare").click()
    page.locator("#sentence1 .validation-error").get_by_text(texts["blank1"]).wait_for()


def test_the_language_changes_on_any_tab_and_what_was_typed_stays(visit: Open) -> None:
    page, texts = visit(query="?tab=batch"), WORDS["en"]
    page.locator("#batch-paste textarea").fill("几点开门|什么时候开门")
    page.locator("#batch-preview .tm-caption").wait_for()
    page.get_by_role("tab", name=WORDS["zh"]["search_tab"]).click()
    page.locator("#search-query input").fill("怎么退货")
    page.locator("#language [lang=en]").click()
    page.get_by_role("tab", name=texts["search_tab"], selected=True).wait_for()
    page.wait_for_function("document.querySelector('#search-query input')?.value === '怎么退货'")
    page.get_by_role("tab", name=texts["batch_tab"]).click()
    page.wait_for_function("document.querySelector('#batch-paste textarea')?.value === '几点开门|什么时候开门'")
    page.locator("#batch-preview .tm-caption").wait_for()


def test_arrow_keys_go_from_tab_to_tab_and_the_address_follows(visit: Open) -> None:
    page = visit(query="?tab=nowhere")
    page.get_by_role("tab", name=WORDS["zh"]["compare_tab"], selected=True).focus()
    for key, tab in (
        ("ArrowRight", "batch"),
        ("ArrowLeft", "compare"),
        ("ArrowLeft", "about"),
        ("ArrowRight", "compare"),
        ("End", "about"),
        ("Home", "compare"),
        ("ArrowRight", "batch"),
    ):
        page.keyboard.press(key)
        page.get_by_role("tab", name=WORDS["zh"][f"{tab}_tab"], selected=True).wait_for()
        assert page.evaluate("document.activeElement.dataset.tabId") == tab
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert page.url.endswith(f"?tab={tab}")
    page.locator("#batch-intro").wait_for()


def test_the_page_is_sent_compressed(server: str) -> None:
    answer = httpx.get(server, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.num_bytes_downloaded < len(answer.content) / 3
    assert "asked" in httpx.get(server, headers={"Accept-Encoding": "identity"}).text
