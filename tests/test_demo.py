"""The page as a whole: `app.py`, languages, tabs."""

import os
import runpy
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest

from tests.apps import free_port
from tests.helpers import DESKTOP, PHONE, expect
from textmatch.demo.examples import EXAMPLES, RANDOM_PAIRS
from textmatch.demo.i18n import SCRIPT, TEXTS, VERDICTS

ROOT = Path(__file__).parents[1]
PAIR = ("怎么给手机充值话费", "手机话费在哪里充值")

Open = Callable[..., Any]


def test_examples_are_distinct_and_hold_the_recipes_pair() -> None:
    pairs = {example[:2] for example in EXAMPLES}
    assert len(pairs) == len(EXAMPLES) >= 10
    assert ("我不爱吃剁椒鱼头,但是我爱吃鱼头", "我爱吃土豆,但是不爱吃地瓜") in pairs
    assert len(pairs | {example[:2] for example in RANDOM_PAIRS}) == len(EXAMPLES) + len(RANDOM_PAIRS) >= 30


# The script


@pytest.mark.parametrize("option", ["--checkpoint", "--collect"])
def test_what_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", option, str(tmp_path / "nowhere" / "nothing")])
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(free_port()))
    with pytest.raises(SystemExit) as ended:
        run_app()
    message = str(ended.value.code)  # Python prints it to stderr and exits with 1
    assert message.startswith("app.py: ")
    assert "nowhere" in message
    assert len(message.splitlines()) == 1


def run_app() -> None:
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


def test_a_busy_port_is_one_line_at_once_and_no_other_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py"])
    monkeypatch.setattr("textmatch.demo.models.Models.beside", Mock(side_effect=AssertionError))  # nothing is loaded
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("GRADIO_SERVER_PORT", str(port))
        with pytest.raises(
            SystemExit, match=rf"^app\.py: the page cannot answer at 127\.0\.0\.1, port {port}: .* in use"
        ):
            run_app()
    for wrong in ("many", "0", "70000", "²"):
        monkeypatch.setenv("GRADIO_SERVER_PORT", wrong)
        with pytest.raises(SystemExit, match=f"^app.py: GRADIO_SERVER_PORT={wrong}: expected a number from 1 to 65535"):
            run_app()
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(free_port()))
    monkeypatch.setenv("GRADIO_SERVER_NAME", "192.0.2.1")  # nobody has this address
    with pytest.raises(SystemExit, match=r"^app\.py: the page cannot answer at 192\.0\.2\.1, .*: Cannot assign"):
        run_app()


def test_the_port_is_the_one_that_readme_names(monkeypatch: pytest.MonkeyPatch) -> None:
    app = runpy.run_path(str(ROOT / "app.py"))
    assert f"http://127.0.0.1:{app['PORT']}" in (ROOT / "README.md").read_text(encoding="utf-8")
    launched = Mock()
    monkeypatch.setattr(sys, "argv", ["app.py"])
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(free_port()))
    app["main"].__globals__["prepare"] = lambda *_: (launched, {"quiet": True})
    app["main"]()
    launched.launch.assert_called_once_with(server_port=int(os.environ["GRADIO_SERVER_PORT"]), quiet=True)


def test_ctrl_c_while_the_page_loads_leaves_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py"])
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(free_port()))
    monkeypatch.setattr("textmatch.demo.models.Models.beside", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(SystemExit) as ended:
        run_app()
    assert (ended.value.code, capsys.readouterr().err) == (130, "\napp.py: stopped\n")


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


@pytest.mark.slow
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


@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "viewport", "scheme"),
    [
        pytest.param("zh-CN", PHONE, "dark", id="chinese-phone-dark"),
        pytest.param("en-US", DESKTOP, "light", id="english-desktop", marks=pytest.mark.slow),
    ],
)
def test_the_first_look(visit: Open, locale: str, viewport: dict[str, int], scheme: str) -> None:
    page = visit(locale, viewport, scheme)
    shown = page.locator("body").inner_text()
    heading = TEXTS["zh" if locale == "zh-CN" else "en"]["page_heading"].splitlines()[0].removeprefix("# ")
    expect(page.locator("h1")).to_have_text([heading])
    texts = TEXTS["zh" if locale == "zh-CN" else "en"]
    assert page.locator("#verdict h2").inner_text() in [texts[key] for key in VERDICTS.values()]
    assert "__i18n__" not in shown
    assert "translation_metadata" not in shown
    assert page.evaluate("document.documentElement.lang") == locale.removesuffix("-US")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "query", "language"),
    [
        ("zh", "", "zh-CN"),
        ("zh-Hans-CN", "", "zh-CN"),
        ("zh-HK", "", "zh-TW"),
        ("zh-CN", "?lang=en", "en"),
        ("fr", "?lang=zh", "zh-CN"),
        ("fr", "?lang=zh-TW", "zh-TW"),
        ("fr", "", "fr"),
    ],
)
def test_the_script_turns_every_locale_into_one_that_gradio_knows(
    browser: Any, locale: str, query: str, language: str
) -> None:
    page = browser.new_page(locale=locale)
    page.route("**/*", lambda route: route.fulfill(body=SCRIPT, content_type="text/html"))
    page.goto(f"http://127.0.0.1/{query}")
    assert page.evaluate("navigator.language") == language
    assert page.evaluate("document.documentElement.lang") == (language if language.startswith("zh") else "")
    page.close()


@pytest.mark.browser
@pytest.mark.slow
def test_hong_kong_gets_a_whole_language(visit: Open) -> None:
    page = visit("zh-HK")
    expect(page.locator("#compare")).to_have_text(TEXTS["zh-TW"]["compare_start"])
    expect(page.locator(".tm-verdict-title")).to_have_text(TEXTS["zh-TW"]["compare_verdict"])
    assert "__i18n__" not in page.locator("body").inner_text()


@pytest.mark.slow
@pytest.mark.browser
def test_the_toggle_changes_every_part_and_keeps_the_sentences(visit: Open) -> None:
    page, texts = visit(), TEXTS["en"]
    page.locator("#sentence1 textarea").fill(PAIR[0])
    page.locator("#sentence2 textarea").fill(PAIR[1])
    page.locator("#language [lang=en]").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=texts["compare_start"], exact=True).wait_for()
    page.locator("#sentence2").get_by_text(texts["compare_sentence_2"]).wait_for()
    page.wait_for_function("text => document.querySelector('#sentence1 textarea').value === text", arg=PAIR[0])
    expect(page.locator("#sentence2 textarea")).to_have_value(PAIR[1])
    expect(page.locator("#language [aria-current]")).to_have_attribute("lang", "en")
    expect(page.locator(".tm-name")).to_have_text(texts["gauge_similarity"])
    assert page.evaluate("document.documentElement.lang").startswith("en")
    page.locator("#sentence1 textarea").fill(" ")
    page.locator("#compare").click()
    page.locator("#foot1").get_by_text(texts["sentence_blank_1"]).wait_for()


@pytest.mark.browser
@pytest.mark.slow
def test_uploads_results_and_the_list_survive_a_change_of_language(visit: Open, labelled: Path) -> None:
    page, texts = visit(query="?tab=batch"), TEXTS["zh-TW"]
    page.locator("#batch-file input[type=file]").set_input_files(labelled)
    page.locator("#batch-preview tbody tr").first.wait_for()
    page.locator("#batch-start").click()
    page.locator(".tm-report:not([hidden]) svg").wait_for()
    page.locator(".tm-report input").fill("70")
    results = page.locator("#batch-results tbody tr").count()
    page.get_by_role("tab", name=TEXTS["zh"]["page_search"]).click()
    page.locator("#search-own > button").click()
    page.locator("#search-paste textarea").fill("怎么退货\n什么时候发货")
    page.locator("#search-load").click()
    page.get_by_text(TEXTS["zh"]["search_pasted"].format(count=2)).wait_for()
    page.locator("#search-query input").fill("如何退货")
    page.locator("#language [lang=zh-TW]").click()
    page.get_by_text(texts["search_pasted"].format(count=2)).wait_for()
    expect(page.locator("#search-query input")).to_have_value("如何退货")
    # What has not been opened yet is in the new language, too.
    for tab in ("page_compare", "page_about", "page_batch"):
        page.get_by_role("tab", name=texts[tab], exact=True).click()
    page.get_by_text(texts["batch_results"].format(shown=results, rows=results)).wait_for()
    expect(page.locator(".tm-report output")).to_have_text("70%")
    with page.expect_download() as download:
        page.locator("#batch-csv").click()
    assert download.value.suggested_filename.endswith(".csv")
    page.get_by_role("tab", name=texts["page_search"]).click()
    page.locator("#search-query input").fill("发货时间")
    page.locator(".tm-hit-sentence").get_by_text("什么时候发货").wait_for()
    expect(page.locator(".tm-hit")).to_have_count(2)


@pytest.mark.browser
@pytest.mark.slow
def test_texts_inside_gradios_components_follow_the_language(visit: Open) -> None:
    page = visit(query="?tab=batch")
    drop = page.locator("#batch-file [data-testid=upload-text]")
    expect(drop).to_contain_text(TEXTS["zh"]["upload_drop"])
    page.locator("#batch-paste textarea").fill("今天下雨|明天下雨")
    label = page.locator("#batch-label input")
    expect(label).to_have_value(TEXTS["zh"]["batch_no_label"])
    page.locator("#language [lang=en]").click()
    expect(label).to_have_value(TEXTS["en"]["batch_no_label"])
    for key in ("upload_drop", "upload_or", "upload_click"):
        expect(drop).to_contain_text(TEXTS["en"][key])
    # The columns have no names of their own, so they are called as the page calls them.
    expect(page.locator("#batch-preview thead th").first).to_have_text(TEXTS["en"]["batch_name_sentence1"])
    expect(page.locator("#batch-sentence1 input")).to_have_value(TEXTS["en"]["batch_name_sentence1"])
    label.click()
    expect(page.get_by_role("option").first).to_contain_text(TEXTS["en"]["batch_no_label"])
    page.keyboard.press("Escape")
    page.locator("#batch-start").click()
    page.locator("#batch-results tbody tr").first.wait_for()
    page.locator("#language [lang=zh-TW]").click()
    names = [TEXTS["zh-TW"][f"batch_name_{name}"] for name in ("sentence1", "sentence2")]
    for table in ("#batch-preview", "#batch-results"):
        assert page.locator(f"{table} thead th").all_inner_texts()[:2] == names
    page.get_by_role("tab", name=TEXTS["zh-TW"]["page_search"]).click()
    page.locator("#search-own > button").click()
    page.locator("#search-paste textarea").fill("1\t怎么退货\n2\t何时发货")
    column = page.locator("#search-column input")
    expect(column).to_have_value(TEXTS["zh-TW"]["table_column"].format(number=2))
    page.locator("#language [lang=en]").click()
    expect(column).to_have_value(TEXTS["en"]["table_column"].format(number=2))
    expect(page.locator("#search-preview thead th").last).to_have_text(TEXTS["en"]["table_column"].format(number=2))


@pytest.mark.slow
@pytest.mark.browser
def test_arrow_keys_go_from_tab_to_tab_and_the_address_follows(visit: Open) -> None:
    page = visit(query="?tab=nowhere")
    page.get_by_role("tab", name=TEXTS["zh"]["page_compare"], selected=True).focus()
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
        page.get_by_role("tab", name=TEXTS["zh"][f"page_{tab}"], selected=True).wait_for()
        assert page.evaluate("document.activeElement.dataset.tabId") == tab
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert page.url.endswith(f"?tab={tab}")
    page.locator("#batch-intro").wait_for()
