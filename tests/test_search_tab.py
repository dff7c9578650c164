"""The search tab as its visitors and API callers meet it: over HTTP, and in a real browser."""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from textmatch import TextMatcher
from textmatch.demo import launch_options, search
from textmatch.demo.search import API_SENTENCES, FAQ, FIRST_QUERY, Searches, tab
from textmatch.demo.shelf import Listed, Shelf
from textmatch.demo.texts import WORDS
from textmatch.lists import SUFFIXES, read_table
from textmatch.search import Index
from textmatch.text import MAX_CHARACTERS

LIST = ["怎么开发票", "门店几点开门", "", "楼上的邻居在晒太阳", "怎么开发票？", "班长唱起歌来"]
HOSTILE = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}${", "</script><script>alert(1)</script>")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

Open = Callable[..., Any]


def texts(key: str, language: str = "zh", **fields: object) -> str:
    return WORDS["zh" if language == "zh" else "en"][f"search_{key}"].format(**fields)


@pytest.fixture(scope="module")
def gate() -> Iterator[threading.Event]:
    """Closed, it holds whatever is done with sentences with 慢 in them until it is opened."""
    opened = threading.Event()
    opened.set()
    yield opened
    opened.set()


@pytest.fixture(scope="module")
def home(matcher: TextMatcher, gate: threading.Event) -> Iterator[str]:
    """A page with this one tab, around the shipped model."""

    class Gated(TextMatcher):
        def embed(self, sentences: Any, batch_size: int = 256) -> Any:
            if any("慢" in sentence for sentence in sentences):
                gate.wait(60)
            return super().embed(sentences, batch_size)

        def predict(self, pairs: Any, batch_size: int = 256) -> Any:
            if any("慢" in sentence for pair in pairs for sentence in pair):
                gate.wait(60)
            return super().predict(pairs, batch_size)

    gated = Gated(matcher.config, matcher._vocabulary, matcher._model)
    with gr.Blocks(analytics_enabled=False) as page:
        tab(gated)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield url
    page.close(verbose=False)


# Parts


def test_the_example_is_sixty_different_questions_with_answers() -> None:
    table = read_table(FAQ)
    assert (table.sentence_column, table.answer_column) == ("问题", "答案")
    assert len(set(table.column("问题"))) == len(table.rows) == 60
    assert all(table.column("答案"))


def listed(size: int) -> Listed:
    return Listed(Mock(spec=Index, sentences=["猫"] * size), [], "", 1)


def test_the_shelf_lets_go_of_what_was_longest_out_of_use() -> None:
    shelf = Shelf(10)
    first, second = shelf.put(listed(4)), shelf.put(listed(4))
    assert first != second
    assert shelf.get(first)
    third = shelf.put(listed(4))
    assert shelf.get(second) is None
    assert shelf.get(first)
    assert shelf.get(third)
    shelf.drop(third)
    shelf.drop(None)
    assert shelf.get(third) is None


def test_a_list_that_gave_way_is_never_answered_with_another(matcher: TextMatcher) -> None:
    example = Listed(Index.build(matcher, ["怎么开发票"]), [], "", 1)
    searches = Searches(matcher, example, Shelf(10))
    assert searches.find("发票", "gone") == {"line": {"key": "search_gone"}, "hits": []}
    ((groups, _),) = searches.group(70, "gone", None)[0].run()
    assert (groups["line"], groups["groups"]) == ({"key": "search_gone"}, [])
    assert searches.find("发票", None)["hits"][0]["sentence"] == "怎么开发票"


def test_the_page_groups_only_lists_it_can_manage(matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_GROUPED", 1)
    searches = Searches(matcher, Listed(Index.build(matcher, ["猫", "狗"]), [], "", 1), Shelf(10))
    ((groups, _),) = searches.group(70, None, None)[0].run()
    assert groups["line"] == {"key": "search_too_many", "count": 2, "limit": 1}


# The API


def test_search_gives_the_indexs_answer(client: Client, matcher: TextMatcher) -> None:
    hits = client.predict("发票怎么开", LIST, None, 3, api_name="/search")
    expected = Index.build(matcher, LIST).search("发票怎么开", 3)
    assert [(hit["position"], hit["sentence"]) for hit in hits] == [(hit.position, hit.sentence) for hit in expected]
    assert [hit["probability"] for hit in hits] == pytest.approx([hit.probability for hit in expected], abs=1e-5)


def test_duplicates_gives_the_indexs_groups(client: Client) -> None:
    groups = client.predict(LIST, None, 1, api_name="/duplicates")
    assert [[member["position"] for member in group] for group in groups] == [[0, 4]]


def test_a_file_does_as_well_as_a_list(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("编号,问题\n1,怎么开发票\n2,门店几点开门\n", encoding="utf-8")
    hits = client.predict("门店几点开门？", None, handle_file(str(path)), 1, api_name="/search")
    assert [hit["sentence"] for hit in hits] == ["门店几点开门"]


def test_the_endpoints_are_two_and_described(client: Client) -> None:
    listed = client.view_api(return_format="dict", print_info=False)
    assert set(listed["named_endpoints"]) == {"/search", "/duplicates"}
    assert not listed["unnamed_endpoints"]
    named = listed["named_endpoints"]["/search"]
    assert [parameter["parameter_name"] for parameter in named["parameters"]] == ["query", "sentences", "file", "top_k"]
    assert "most likely to mean the same" in named["description"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((" ", LIST, None, 3), "query is blank"),
        (("很" * (MAX_CHARACTERS + 1), LIST, None, 3), f"{MAX_CHARACTERS + 1} characters"),
        (("猫", None, None, 3), "no list"),
        (("猫", [], None, 3), "no sentence"),
        (("猫", [1, 2], None, 3), "list of strings"),
        (("猫", {"a": 1}, None, 3), "list of strings"),
        (("猫", ["猫"] * (API_SENTENCES + 1), None, 3), "is the most"),
        (("猫", LIST, None, 0), "minimum"),
    ],
)
def test_bad_calls_are_refused_by_name(client: Client, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(*arguments, api_name="/search")


def test_no_file_of_the_server_can_be_named(home: str) -> None:
    stolen = {"path": str(FAQ), "meta": {"_type": "gradio.FileData"}}
    call = f"{home}gradio_api/call/search"
    event = httpx.post(call, json={"data": ["发票", None, stolen, 3]}).json()["event_id"]
    answer = httpx.get(f"{call}/{event}", timeout=60).text
    assert answer.startswith("event: error")
    assert "发票" not in answer


# The page in a browser


@pytest.fixture
def ready() -> str:
    return ".tm-hit"


def ask(page: Any, query: str) -> None:
    page.locator("#search-query :is(input, textarea)").fill(query)


def first_hit(page: Any, sentence: str) -> Any:
    """The first hit, once it is this sentence."""
    hit = page.locator(".tm-hit").first
    hit.locator(".tm-hit-sentence").get_by_text(sentence, exact=True).wait_for()
    return hit


def status(page: Any, key: str, language: str = "zh", **fields: object) -> None:
    page.locator(".tm-search-line").get_by_text(texts(key, language, **fields), exact=True).wait_for()


def own_list(page: Any) -> None:
    page.locator("#search-own > button").click()
    page.locator("#search-load").wait_for()


def paste(page: Any, lines: list[str]) -> None:
    own_list(page)
    page.locator("#search-paste textarea").fill("\n".join(lines))
    page.locator("#search-load").click()


@pytest.mark.parametrize(
    ("locale", "viewport", "scheme"),
    [("zh-CN", DESKTOP, "light"), ("zh-CN", PHONE, "dark"), ("en-US", PHONE, "light")],
    ids=["chinese-desktop", "chinese-phone-dark", "english-phone"],
)
def test_the_first_look_has_a_list_and_an_answer(
    visit: Open, locale: str, viewport: dict[str, int], scheme: str
) -> None:
    page = visit(locale, viewport, scheme)
    language = "zh" if locale == "zh-CN" else "en"
    status(page, "example", language, count=60)
    assert page.locator("#search-query :is(input, textarea)").input_value() == FIRST_QUERY
    assert page.locator(".tm-hit").count() == search.TOP_K
    assert "发票" in page.locator(".tm-hit-sentence").first.inner_text()
    assert page.locator(".tm-hit-answer").first.is_visible()
    shown = page.locator("body").inner_text()
    assert "__i18n__" not in shown
    assert "undefined" not in shown
    own_list(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_results_follow_as_one_types(visit: Open) -> None:
    page = visit()
    box = page.locator("#search-query :is(input, textarea)")
    box.fill("")
    page.locator(".tm-hits-line").get_by_text(texts("hint"), exact=True).wait_for()
    assert page.locator(".tm-hit").count() == 0
    box.press_sequentially("門店附近能停車嗎")
    hit = first_hit(page, "门店附近能停车吗")
    assert hit.locator(".tm-hit-percent").inner_text() == "100%"
    assert hit.get_attribute("data-level") == "same"
    assert texts("same") in hit.inner_text()
    assert texts("overlap", percent="100%") in hit.inner_text()
    box.fill("很" * (MAX_CHARACTERS + 1))
    page.locator(".tm-hits-line").get_by_text(texts("long_query", limit=MAX_CHARACTERS), exact=True).wait_for()


def test_a_pasted_list_is_searched_and_its_bad_lines_are_named(visit: Open) -> None:
    page = visit()
    paste(page, LIST)
    status(page, "pasted", count=5)
    notes = page.locator(".tm-search-notes").inner_text()
    assert texts("blank", number=3) in notes
    assert texts("equal", count=1) in notes
    ask(page, "怎么开发票!")
    hit = page.locator(".tm-hit").first.filter(has_text=texts("row", number=1))  # the example has one like it, too
    hit.wait_for()
    assert texts("copies", count=1) in hit.inner_text()
    page.locator("#search-reset").click()
    status(page, "example", count=60)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_file_is_uploaded_and_its_column_chosen(visit: Open, tmp_path: Path, suffix: str) -> None:
    import openpyxl

    rows = [("标号", "内容", "怎么答"), ("甲", "那只花猫搬家了", "搬到山上"), ("乙", "班长唱起歌来", "很好听")]
    path = tmp_path / f"mine{suffix}"
    if suffix == ".csv":
        path.write_text("\n".join(",".join(row) for row in rows), encoding="gb18030")
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    page = visit()
    own_list(page)
    page.locator("#search-file input[type=file]").set_input_files(path)
    status(page, "chosen", name=path.name, count=2)
    for column, name in (("#search-column", "内容"), ("#search-answer-column", "怎么答")):
        page.locator(f"{column} input").click()
        page.get_by_role("option", name=name).click()
        page.get_by_role("option").first.wait_for(state="detached")
    page.locator("#search-load").click()
    status(page, "list", name=path.name, count=2)
    ask(page, "那只花猫搬家了")
    assert first_hit(page, "那只花猫搬家了").locator(".tm-hit-answer").inner_text() == "搬到山上"


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("en-US", "en")])
def test_a_list_that_cannot_be_used_gets_a_message(visit: Open, tmp_path: Path, locale: str, language: str) -> None:
    page = visit(locale)
    own_list(page)
    page.locator("#search-load").click()
    status(page, "problem", language, text=WORDS["zh" if language == "zh" else "en"]["file_list"])
    path = tmp_path / "broken.jsonl"
    path.write_text('"好"\n{', encoding="utf-8")
    page.locator("#search-file input[type=file]").set_input_files(path)
    status(page, "problem", language, text=WORDS["zh" if language == "zh" else "en"]["file_item"].format(row=2))


def test_indexing_shows_progress_and_can_be_stopped(visit: Open, gate: threading.Event) -> None:
    page = visit()
    gate.clear()
    try:
        paste(page, ["慢慢走", "猫"])
        status(page, "indexing", count=2)
        bar = page.get_by_role("progressbar", name=texts("progress"))
        bar.wait_for()
        page.locator("#search-cancel-load").click()
        status(page, "stopping")
    finally:
        gate.set()
    status(page, "example", count=60)
    assert texts("stopped") in page.locator(".tm-search-notes").inner_text()
    bar.wait_for(state="hidden")
    page.locator("#search-cancel-load").wait_for(state="hidden")
    ask(page, "会员有什么好处")
    first_hit(page, "会员有什么好处")


def test_what_waits_for_its_turn_can_be_stopped_and_asked_for_anew(visit: Open, gate: threading.Event) -> None:
    # Each in a browser of its own: one opens six connections to a server at most, and each page holds two.
    busy, page = [visit(alone=True) for _ in range(search.CONCURRENCY)], visit()
    gate.clear()
    try:
        for other in busy:
            paste(other, ["慢慢走", "猫"])
            status(other, "indexing", count=2)
        paste(page, ["那只花猫搬家了"])
        status(page, "waiting")
        page.locator("#search-cancel-load").click()
        status(page, "example", count=60)
        assert texts("stopped") in page.locator(".tm-search-notes").inner_text()
        page.locator("#search-paste textarea").fill("班长唱起歌来\n门店几点开门")
        page.locator("#search-load").click()
        status(page, "waiting")
    finally:
        gate.set()
    status(page, "pasted", count=2)
    for other in busy:
        status(other, "pasted", count=2)
    page.locator("#search-cancel-load").wait_for(state="hidden")
    ask(page, "班长唱起歌来")
    first_hit(page, "班长唱起歌来")


def test_a_new_list_takes_the_place_of_one_that_is_being_read(visit: Open, gate: threading.Event) -> None:
    page = visit()
    gate.clear()
    try:
        paste(page, ["慢慢走", "猫"])
        status(page, "indexing", count=2)
        page.locator("#search-paste textarea").fill("班长唱起歌来")
        page.locator("#search-load").click()
        status(page, "pasted", count=1)
    finally:
        gate.set()
    ask(page, "班长唱起歌来")
    first_hit(page, "班长唱起歌来")
    status(page, "pasted", count=1)


def test_grouping_can_be_stopped(visit: Open, gate: threading.Event) -> None:
    page = visit()
    paste(page, ["慢慢走回家", "慢慢走回家！", "慢慢地走回家"])
    status(page, "pasted", count=3)
    gate.clear()
    line = page.locator(".tm-groups-line")
    try:
        page.locator("#search-group").click()
        line.get_by_text(texts("grouping"), exact=True).wait_for()
        page.locator("#search-cancel-group").click()
        line.get_by_text(texts("stopping"), exact=True).wait_for()
    finally:
        gate.set()
    line.get_by_text(texts("stopped"), exact=True).wait_for()
    page.locator("#search-cancel-group").wait_for(state="hidden")
    page.locator("#search-group").click()
    page.locator(".tm-group").wait_for()
    page.locator("#search-reset").click()
    line.get_by_text(texts("no_groups_yet"), exact=True).wait_for()


def test_stopping_the_grouping_shows_what_was_found(
    visit: Open, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textmatch.search.BLOCK", 2)
    page = visit()
    paste(page, ["怎么开发票", "门店几点开门", "怎么开发票？", "慢慢走回家", "慢慢走回家！", "慢慢地走回家"])
    status(page, "pasted", count=6)
    gate.clear()
    try:
        page.locator("#search-group").click()
        page.locator("#search-groups").get_by_text(texts("count", done=2, total=4)).wait_for()
        page.locator("#search-cancel-group").click()
        page.locator(".tm-groups-line").get_by_text(texts("stopping"), exact=True).wait_for()
    finally:
        gate.set()
    said = texts("groups_stopped", done=2, total=4, count=1, spare=1)
    page.locator(".tm-groups-line").get_by_text(said, exact=True).wait_for()
    assert page.locator(".tm-group .tm-member-sentence").all_inner_texts() == ["怎么开发票", "怎么开发票？"]
    assert page.locator(".tm-groups-download").is_visible()
    page.locator("#search-cancel-group").wait_for(state="hidden")
    page.locator("#search-group").click()
    page.locator(".tm-group").nth(1).wait_for()


def test_duplicates_are_grouped_and_downloaded(visit: Open) -> None:
    page = visit()
    formula = "=1+1等于几"
    paste(page, [*LIST, formula, f'{formula}"?'])
    status(page, "pasted", count=7)
    threshold = page.locator("#search-threshold input[type=number]")
    threshold.fill("99")
    threshold.press("Tab")
    page.locator("#search-group").click()
    page.locator(".tm-groups-line").get_by_text(texts("groups", count=2, spare=2), exact=True).wait_for()
    assert page.locator(".tm-group").first.locator(".tm-member-sentence").all_inner_texts() == [LIST[0], LIST[4]]
    with page.expect_download() as caught:
        page.locator(".tm-groups-download").click()
    rows = list(csv.reader(io.StringIO(Path(caught.value.path()).read_text(encoding="utf-8-sig"))))
    assert rows[0] == texts("csv").split("|")
    assert rows[1:] == [
        ["1", "1", LIST[0], "1.0000"],
        ["1", "5", LIST[4], "1.0000"],
        ["2", "7", f"'{formula}", "1.0000"],
        ["2", "8", f"'{formula}\"?", "1.0000"],
    ]


def test_nobody_sees_anothers_list(visit: Open) -> None:
    mine, theirs = visit(), visit()
    paste(mine, ["那只花猫搬家了"])
    status(mine, "pasted", count=1)
    ask(theirs, "那只花猫搬家了")
    theirs.locator(".tm-hits-line").get_by_text("5").wait_for()
    status(theirs, "example", count=60)
    ask(mine, "那只花猫搬家了")
    first_hit(mine, "那只花猫搬家了")
    assert "那只花猫搬家了" not in theirs.locator(".tm-hits-list").inner_text()


def test_markup_in_the_list_is_only_text(visit: Open) -> None:
    page = visit()
    paste(page, [*HOSTILE, *HOSTILE])
    status(page, "pasted", count=8)
    for text in HOSTILE:
        ask(page, text)
        first_hit(page, text)
    page.locator("#search-group").click()
    page.locator(".tm-group").first.wait_for()
    assert page.locator("#search-hits img, #search-hits script, #search-groups img, img[src=x]").count() == 0


def test_the_keyboard_reaches_everything_in_order(visit: Open) -> None:
    page = visit()
    own_list(page)
    page.locator("#search-own > button").focus()
    seen: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("(document.activeElement.closest('[id^=search]') || {}).id")
        if name and name not in seen:
            seen.append(name)
    wanted = ["search-paste", "search-file", "search-load", "search-reset", "search-query", "search-threshold"]
    assert [name for name in seen if name in wanted] == wanted
    assert "search-group" in seen


def test_the_upload_takes_the_kinds_of_file_that_can_be_read(visit: Open) -> None:
    page = visit()
    own_list(page)
    assert page.locator("#search-file input[type=file]").get_attribute("accept") == ", ".join(SUFFIXES)
