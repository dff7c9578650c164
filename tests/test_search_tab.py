"""The search tab: lists, hits and duplicates, and the tab in a browser."""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import pytest

from tests.helpers import DESKTOP, HOSTILE, PHONE, Held, Visit, expect, visitor, write_workbook
from textmatch import TextMatcher
from textmatch.demo.components.search_hits import HitsValue
from textmatch.demo.components.status import WORKING
from textmatch.demo.handlers import HIDDEN
from textmatch.demo.handlers.search import NO_COLUMN, SKIPPED_SHOWN, TOP_K, SearchHandlers, SearchView
from textmatch.demo.i18n import TEXTS
from textmatch.demo.i18n import text as page_text
from textmatch.demo.jobs import NO_CHANGE, Job
from textmatch.demo.sessions import SENTENCE_BYTES, SessionStore, StoredIndex, list_bytes
from textmatch.demo.tabs.search import FAQ, FIRST_QUERY, tab
from textmatch.files import LIST_SUFFIXES, read_list
from textmatch.search import Hit, Index
from textmatch.text import MAX_CHARACTERS

LIST = ["怎么开发票", "门店几点开门", "", "楼上的邻居在晒太阳", "怎么开发票？", "班长唱起歌来"]
VIEW = SearchView(*SearchView._fields)

Open = Callable[..., Any]


def texts(key: str, language: str = "zh", **fields: object) -> str:
    return TEXTS["zh" if language == "zh" else "en"][f"search_{key}"].format(**fields)


@pytest.fixture
def handlers(matcher: TextMatcher) -> SearchHandlers:
    example = StoredIndex(Index.build(matcher, LIST[:2]), ["在订单页", "九点"], "", 1)
    return SearchHandlers(matcher, example, SessionStore(10**6, list_bytes), VIEW)


def pasted(*lines: str, **others: Any) -> dict[Any, Any]:
    """What Load gets from the tab."""
    choices = dict.fromkeys(("column", "answer_column", "sheet", "encoding", "header"))
    empty = {"file": None, "key": None, "loading": None} | choices
    return {"pasted": "\n".join(lines)} | empty | others


def finish(job: Job) -> dict[Any, Any]:
    """Run a job; all that it has put on the page."""
    shown: dict[Any, Any] = {}
    for update in job.run():
        shown |= update
    return shown


def empty_hits(query: str, key: str, **fields: object) -> HitsValue:
    return {"query": query, "line": {"key": key, **fields}, "hits": []}


def line(updates: dict[Any, Any], status: str = "status") -> str:
    return str(updates[status]["line"]["key"])


# The store


def stored(size: int) -> StoredIndex:
    return StoredIndex(Mock(spec=Index, sentences=["猫"] * size), [], "", 1)


def test_the_store_removes_what_was_used_longest_ago() -> None:
    store = SessionStore(10 * SENTENCE_BYTES, list_bytes)
    first, second = store.add(stored(4)), store.add(stored(4))
    assert first != second
    assert store.get(first)
    third = store.add(stored(4))
    assert store.get(second) is None
    assert store.get(first)
    assert store.get(third)
    store.remove(third)
    store.remove(None)
    assert store.get(third) is None
    huge = store.add(stored(11))
    assert store.get(huge)
    assert store.get(first) is None


# Lists


def test_the_example_is_sixty_different_questions_with_answers() -> None:
    table = read_list(FAQ)
    assert (table.sentence_column, table.answer_column) == ("问题", "答案")
    assert len(set(table.column("问题"))) == len(table.rows) == 60
    assert all(table.column("答案"))


def test_a_pasted_list_is_searched_and_its_bad_rows_are_named(handlers: SearchHandlers) -> None:
    many = ["  "] * SKIPPED_SHOWN
    loading = handlers.load(pasted(*LIST, "很" * (MAX_CHARACTERS + 1), *many, "猫"), visitor())
    assert line(loading) == "search_waiting"
    assert loading["status"]["progress"] == WORKING
    shown = finish(loading["loading"])
    assert shown["status"]["line"] == {"key": "search_pasted", "name": "", "count": 6}
    assert shown["status"]["progress"] is None
    assert shown["status"]["messages"] == [
        {"key": "search_equal", "count": 1},
        {"key": "search_skipped_blank", "number": 3},
        {"key": "search_skipped_long", "number": 7},
        *({"key": "search_skipped_blank", "number": number} for number in (8, 9, 10)),
        {"key": "search_skipped_more", "count": 2},
    ]
    hit = handlers.find("怎么开发票!", shown["key"])["hits"][0]
    assert (hit["sentence"], hit["number"], hit["copies"], hit["answer"]) == ("怎么开发票", 1, [4], "")
    assert handlers.find("怎么开发票", None)["hits"][0]["answer"] == "在订单页"


def test_a_files_columns_are_offered_and_the_chosen_ones_used(handlers: SearchHandlers, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = [("标号", "内容", "怎么答"), ("甲", "那只花猫搬家了", "搬到山上"), ("乙", "班长唱起歌来", "很好听")]
    path.write_text("\n".join(",".join(row) for row in rows), encoding="gb18030")
    offered = handlers.read_columns(str(path), visitor())
    assert offered["status"]["line"] == {"key": "search_chosen", "name": "mine.csv", "count": 2}
    assert (offered["column"]["choices"], offered["column"]["visible"]) == ([(name, name) for name in rows[0]], True)
    assert (offered["preview"]["columns"], offered["preview"]["rows"]) == (list(rows[0]), list(map(list, rows[1:])))
    assert (offered["header"]["value"], offered["header"]["visible"]) == (True, True)
    assert (offered["column"]["value"], offered["answer_column"]["value"]) == ("标号", NO_COLUMN)
    chosen = pasted(file=str(path), column="内容", answer_column="怎么答")
    shown = finish(handlers.load(chosen, visitor())["loading"])
    assert shown["status"]["line"] == {"key": "search_list", "name": "mine.csv", "count": 2}
    hit = handlers.find("那只花猫搬家了", shown["key"])["hits"][0]
    assert (hit["sentence"], hit["answer"], hit["number"]) == ("那只花猫搬家了", "搬到山上", 2)


def test_another_sheet_can_be_chosen(handlers: SearchHandlers, tmp_path: Path) -> None:
    sheets = {
        "旧": [("那只花猫", "备注"), ("班长唱起歌来", "略")],
        "新": [("编号", "问题"), ("1", "怎么开发票")],
    }
    write_workbook(tmp_path / "a.xlsx", sheets)
    offered = handlers.read_columns(str(tmp_path / "a.xlsx"), visitor())
    assert handlers.read_sheet(str(tmp_path / "a.xlsx"), "新", offered["offered"], visitor()) is NO_CHANGE
    assert (offered["sheet"]["choices"], offered["sheet"]["value"]) == (["旧", "新"], "新")
    offered = handlers.read_sheet(str(tmp_path / "a.xlsx"), "旧", offered["offered"], visitor())
    assert offered["column"]["choices"] == [(name, name) for name in ("那只花猫", "备注")]
    chosen = pasted(file=str(tmp_path / "a.xlsx"), sheet="旧", column="备注")
    shown = finish(handlers.load(chosen, visitor())["loading"])
    assert shown["status"]["line"]["count"] == 1


def test_the_encoding_is_offered_where_it_was_guessed(handlers: SearchHandlers, tmp_path: Path) -> None:
    path, plain = tmp_path / "mine.csv", tmp_path / "plain.csv"
    path.write_bytes("问题,答案\n那只花猫搬家了,搬到山上\n班长唱起歌来,略\n".encode("gb18030"))
    plain.write_text("问题,答案\n那只花猫搬家了,搬到山上\n", encoding="utf-8")
    assert handlers.read_columns(str(plain), visitor())["encoding"]["visible"] == HIDDEN
    offered = handlers.read_columns(str(path), visitor())
    assert (offered["encoding"]["value"], offered["encoding"]["visible"]) == ("gb18030", True)
    assert handlers.read_encoding(str(path), "gb18030", offered["offered"], visitor()) is NO_CHANGE
    other = handlers.read_encoding(str(path), "big5", offered["offered"], visitor())
    assert (other["encoding"]["value"], other["preview"]["caption"]["encoding"]) == ("big5", "BIG5HKSCS")
    assert other["preview"]["rows"] != offered["preview"]["rows"]
    with_header = handlers.read_header(pasted(file=str(path), encoding="big5", header=False), visitor())
    assert with_header["encoding"]["value"] == "big5"
    chosen = pasted(file=str(path), encoding="big5", column=other["column"]["value"], header=True)
    shown = finish(handlers.load(chosen, visitor())["loading"])
    assert handlers.find("班", shown["key"])["hits"][0]["sentence"] in [row[0] for row in other["preview"]["rows"]]
    refused = handlers.read_encoding(str(path), "utf-8", other["offered"], visitor())
    assert "not in the encoding utf-8" in str(refused["status"])
    assert refused["offered"] is None


def test_a_list_without_a_header_has_no_columns_to_choose(handlers: SearchHandlers, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("那只花猫搬家了\n班长唱起歌来\n", encoding="utf-8")
    offered = handlers.read_columns(str(path), visitor())
    assert (offered["column"]["visible"], offered["answer_column"]["visible"]) == (HIDDEN, HIDDEN)
    assert line(finish(handlers.load(pasted(file=str(path)), visitor())["loading"])) == "search_list"


def test_a_visitor_says_that_the_first_row_is_no_header(handlers: SearchHandlers, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("那只花猫,搬到山上\n班长唱起歌来,很好听\n", encoding="utf-8")
    assert handlers.read_columns(str(path), visitor())["header"]["value"]
    offered = handlers.read_header(pasted(file=str(path), header=False), visitor("en"))
    word = str(page_text("table_column_word"))  # which the browser translates
    assert offered["column"]["choices"] == [(f"{word} 1", "1"), (f"{word} 2", "2")]
    assert offered["preview"]["columns"] == [{"key": "table_column", "number": number} for number in (1, 2)]
    assert offered["column"]["value"] == "1"
    chosen = pasted(file=str(path), column="1", answer_column="2", header=False)
    shown = finish(handlers.load(chosen, visitor())["loading"])
    hit = handlers.find("那只花猫", shown["key"])["hits"][0]
    assert (hit["sentence"], hit["answer"], hit["number"]) == ("那只花猫", "搬到山上", 1)


def test_a_pasted_table_has_columns_to_choose_and_pasted_lines_have_none(handlers: SearchHandlers) -> None:
    lines = ["编号\t内容\t回答", "1\t那只花猫搬家了\t搬到山上", "2\t班长唱起歌来\t很好听"]
    offered = handlers.read_pasted("\n".join(lines), "a.csv", visitor())
    assert offered["file"] is None
    assert offered["status"]["line"] == {"key": "search_chosen_pasted", "name": "", "count": 2}
    assert (offered["column"]["value"], offered["answer_column"]["value"]) == ("内容", "回答")
    assert offered["preview"]["caption"]["key"] == "batch_pasted"
    shown = finish(handlers.load(pasted(*lines), visitor())["loading"])
    assert shown["status"]["line"] == {"key": "search_pasted", "name": "", "count": 2}
    assert handlers.find("班长唱起歌来", shown["key"])["hits"][0]["number"] == 3
    for other in ("那只花猫搬家了\n班长唱起歌来", "那只花猫搬家了\t搬到山上\n班长唱起歌来", ""):
        offered = handlers.read_pasted(other, None, visitor())
        assert (offered["column"]["visible"], offered["preview"]["rows"]) == (HIDDEN, [])
    assert handlers.read_pasted("", "a.csv", visitor()) == NO_CHANGE  # an upload has emptied the box


def test_what_was_pasted_after_an_upload_is_used(handlers: SearchHandlers, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("编号,内容\n1,那只花猫搬家了\n", encoding="utf-8")
    chosen = pasted("班长唱起歌来", "猫", file=str(path), column="内容", header=True)
    shown = finish(handlers.load(chosen, visitor())["loading"])
    assert shown["status"]["line"] == {"key": "search_pasted", "name": "", "count": 2}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_list_that_cannot_be_used_gets_a_message(handlers: SearchHandlers, tmp_path: Path, language: str) -> None:
    texts = TEXTS["zh" if language == "zh" else "en"]
    path = tmp_path / "broken.jsonl"
    path.write_text('"好"\n{', encoding="utf-8")
    broken = handlers.read_columns(str(path), visitor(language))
    assert broken["status"]["line"] == {
        "key": "search_problem",
        "text": texts["table_error_item"].format(row=2),
    }
    assert (broken["status"]["tone"], broken["column"]["visible"]) == ("error", HIDDEN)
    for lines, text in (
        ([], texts["table_error_list"]),
        (["很" * (MAX_CHARACTERS + 1)], texts["search_nothing"].format(limit=MAX_CHARACTERS)),
    ):
        shown = finish(handlers.load(pasted(*lines), visitor(language))["loading"])
        assert shown["status"]["line"] == {"key": "search_problem", "text": text}
        assert "key" not in shown


def test_loading_that_is_stopped_leaves_the_list_in_use(handlers: SearchHandlers) -> None:
    mine = finish(handlers.load(pasted("猫"), visitor())["loading"])["key"]
    job = handlers.load(pasted("狗", key=mine), visitor())["loading"]
    steps = job.run()
    assert line(next(steps)) == "search_indexing"
    job.stop()
    (end,) = steps
    assert line(end) == "search_pasted"
    assert end["status"]["messages"][0] == {"key": "search_stopped"}
    assert handlers.find("猫", mine)["hits"][0]["sentence"] == "猫"
    assert line(handlers.reset(mine, None)) == "search_example"
    assert handlers.find("猫", mine) == empty_hits("猫", "search_gone")


def test_a_list_that_was_removed_is_never_answered_with_another(handlers: SearchHandlers) -> None:
    assert handlers.find("发票", "gone") == empty_hits("发票", "search_gone")
    shown = finish(handlers.group(70, "gone", None)["grouping"])
    assert (line(shown, "groups_status"), shown["groups"]) == ("search_gone", [])
    assert line(handlers.load(pasted("猫", key="gone"), visitor())["loading"].stop()) == "search_gone"


def test_a_query_that_cannot_be_searched_says_why(handlers: SearchHandlers) -> None:
    assert handlers.find(" ", None) == empty_hits(" ", "search_hint")
    long = "很" * (MAX_CHARACTERS + 1)
    assert handlers.find(long, None) == empty_hits(long, "search_long_query", limit=MAX_CHARACTERS)


def test_hits_are_chosen_and_sorted_by_the_number_they_show_and_none_is_called_the_same_where_none_is(
    handlers: SearchHandlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        Hit(number % 2, text, probability, 0.5, overlap)
        for number, (text, probability, overlap) in enumerate(
            [
                ("甲", 0.3, 0.9),
                ("乙", 0.6, 0.5),
                ("丙", 0.7, 0.1),
                ("丁", 0.01, 0.9),
                ("戊", 0.02, 0.8),
                ("己", 0.65, 0.0),
            ]
        )
    ]
    monkeypatch.setattr(Index, "search", lambda *_: found)
    shown = handlers.find("甲", None)
    assert [hit["sentence"] for hit in shown["hits"]] == ["丙", "己", "乙", "甲", "戊"]
    assert [hit["verdict"] for hit in shown["hits"]] == ["unsure", "unsure", "unsure", "other", "other"]
    assert shown["line"]["key"] == "search_none"
    found[0] = Hit(0, "甲", 0.99, 0.5, 0.9)
    shown = handlers.find("甲", None)
    assert (shown["line"]["key"], shown["line"]["count"]) == ("search_found", 1)


# Duplicates


def test_duplicates_are_grouped_until_somebody_stops_it(
    handlers: SearchHandlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textmatch.search.BLOCK", 2)
    lines = ["怎么开发票", "门店几点开门", "怎么开发票？", "慢慢走回家", "慢慢走回家！", "慢慢地走回家"]
    key = finish(handlers.load(pasted(*lines), visitor())["loading"])["key"]
    whole = finish(handlers.group(70, key, None)["grouping"])
    assert line(whole, "groups_status") == "search_groups"
    assert [[member["number"] for member in group] for group in whole["groups"]] == [[4, 5, 6], [1, 3]]

    job = handlers.group(70, key, None)["grouping"]
    for updates in (steps := job.run()):
        if updates["groups_status"]["progress"] != WORKING:
            break
    job.stop()
    (end,) = steps
    assert end["groups_status"]["line"] == {
        "key": "search_groups_stopped",
        "threshold": "70",
        "count": 1,
        "spare": 1,
        "done": "2",
        "total": "4",
    }
    assert [[member["sentence"] for member in group] for group in end["groups"]] == [["怎么开发票", "怎么开发票？"]]

    job = handlers.group(70, key, None)["grouping"]
    steps = job.run()
    next(steps)
    job.stop()
    assert line(next(steps), "groups_status") == "search_stopped"


def test_without_duplicates_it_says_so(handlers: SearchHandlers) -> None:
    assert line(finish(handlers.group(99, None, None)["grouping"]), "groups_status") == "search_no_groups"


def test_the_page_groups_only_lists_it_can_manage(handlers: SearchHandlers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.demo.handlers.search.MAX_GROUPED", 1)
    shown = finish(handlers.group(70, None, None)["grouping"])
    assert shown["groups_status"]["line"] == {"key": "search_too_many", "count": 2, "limit": 1}


# The page in a browser


@pytest.fixture(scope="module")
def gate() -> Iterator[threading.Event]:
    """Closed, it holds whatever is done with sentences with 慢 in them until it is opened."""
    opened = threading.Event()
    opened.set()
    yield opened
    opened.set()


@pytest.fixture(scope="module")
def home(matcher: TextMatcher, gate: threading.Event, serve: Callable[..., Any]) -> Iterator[str]:
    """A page with this one tab, around the shipped model."""

    def gated(method: Callable[..., Any]) -> Callable[..., Any]:
        def wait(self: TextMatcher, items: Any, *others: Any) -> Any:
            if "慢" in str(items):
                gate.wait(60)
            return method(self, items, *others)

        return wait

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextMatcher, "embed", gated(TextMatcher.embed))
        patch.setattr(TextMatcher, "predict", gated(TextMatcher.predict))
        with gr.Blocks(analytics_enabled=False) as page:
            tab(matcher)
        with serve(page) as url:
            yield url


@pytest.fixture
def ready() -> str:
    return ".tm-hit"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once the server knows that a job is to be stopped; the page says so before."""
    known, stop = threading.Event(), Job.stop

    def noted(job: Job) -> Any:
        updates = stop(job)
        known.set()
        return updates

    monkeypatch.setattr(Job, "stop", noted)
    return known


def ask(page: Any, query: str) -> None:
    page.locator("#search-query :is(input, textarea)").fill(query)


def first_hit(page: Any, sentence: str) -> Any:
    """The first hit, once it is this sentence."""
    hit = page.locator(".tm-hit").first
    hit.locator(".tm-hit-sentence").get_by_text(sentence, exact=True).wait_for()
    return hit


def status(page: Any, key: str, language: str = "zh", **fields: object) -> None:
    """Wait until the status of the list says this."""
    page.locator("#search-status p").get_by_text(texts(key, language, **fields), exact=True).wait_for()


def groups_status(page: Any, key: str, **fields: object) -> None:
    """Wait until the status of the duplicates says this."""
    page.locator("#search-groups-status p").get_by_text(texts(key, "zh", **fields), exact=True).wait_for()


def own_list(page: Any) -> None:
    if not page.locator("#search-load").is_visible():
        page.locator("#search-own > button").click()
        page.locator("#search-load").wait_for()


def paste(page: Any, lines: list[str]) -> None:
    own_list(page)
    page.locator("#search-paste textarea").fill("\n".join(lines))
    page.locator("#search-load").click()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "viewport", "scheme"),
    [
        pytest.param("zh-CN", DESKTOP, "light", id="chinese-desktop"),
        pytest.param("en-US", PHONE, "dark", id="english-phone-dark"),
    ],
)
def test_the_first_look_has_a_list_and_an_answer(
    visit: Open, locale: str, viewport: dict[str, int], scheme: str
) -> None:
    page = visit(locale, viewport, scheme, alone=True)
    status(page, "example", language="zh" if locale == "zh-CN" else "en", count=60)
    expect(page.locator("#search-query :is(input, textarea)")).to_have_value(FIRST_QUERY)
    expect(page.locator(".tm-hit")).to_have_count(TOP_K)
    expect(page.locator(".tm-hit-sentence").first).to_contain_text("发票")
    expect(page.locator(".tm-hit-answer").first).to_be_visible()
    shown = page.locator("body").inner_text()
    assert "__i18n__" not in shown
    assert "undefined" not in shown
    own_list(page)
    expect(page.locator("#search-file input[type=file]")).to_have_attribute("accept", ", ".join(LIST_SUFFIXES))
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.slow
@pytest.mark.browser
def test_results_follow_as_one_types(visit: Open) -> None:
    page = visit()
    box = page.locator("#search-query :is(input, textarea)")
    box.fill("")
    page.locator(".tm-hits-line").get_by_text(texts("hint"), exact=True).wait_for()
    expect(page.locator(".tm-hit")).to_have_count(0)
    box.press_sequentially("門店附近能停車嗎")
    hit = first_hit(page, "门店附近能停车吗")
    expect(hit.locator(".tm-hit-percent")).to_have_text("> 99%")
    expect(hit).to_have_attribute("data-level", "same")
    expect(hit).to_contain_text(texts("same"))
    expect(hit).to_contain_text(texts("overlap", percent="100%"))
    expect(page.locator(".tm-hits-line")).to_contain_text(texts("found", count=1, shown=TOP_K).split("，")[0])
    box.fill("很" * (MAX_CHARACTERS + 1))
    page.locator(".tm-hits-line").get_by_text(texts("long_query", limit=MAX_CHARACTERS), exact=True).wait_for()


@pytest.mark.slow
@pytest.mark.browser
def test_hits_stand_beside_their_own_query_only(new_page: Any, home: str) -> None:
    page = new_page(home, Visit(alone=True)).page  # a refused request is an error in the browser's log
    page.goto(home)
    page.locator(".tm-hits[data-state=fresh] .tm-hit").first.wait_for()
    held = Held(page)
    ask(page, "怎么退货")
    expect(page.locator(".tm-hits")).to_have_attribute("data-state", "stale")
    assert float(page.locator(".tm-hits-list").evaluate("each => getComputedStyle(each).opacity")) < 0.5
    held.release()
    page.locator(".tm-hits[data-state=fresh]").wait_for()
    page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "busy"}))
    ask(page, "发票怎么开")
    page.locator(".tm-hits-line").get_by_text(texts("no_result"), exact=True).wait_for()
    expect(page.locator(".tm-hits-list")).to_be_hidden()
    page.unroute("**/queue/join*")
    page.locator("#search-query :is(input, textarea)").press("Enter")
    page.locator(".tm-hits[data-state=fresh] .tm-hit").first.wait_for()
    page.close()


@pytest.mark.slow
@pytest.mark.browser
def test_a_file_is_uploaded_and_its_column_chosen(visit: Open, tmp_path: Path) -> None:
    rows = [("标号", "内容", "怎么答"), ("甲", "那只花猫搬家了", "搬到山上"), ("乙", "班长唱起歌来", "很好听")]
    path = write_workbook(tmp_path / "mine.xlsx", {"Sheet": rows})
    page = visit()
    own_list(page)
    page.evaluate(
        """() => { window.said = []; const line = document.querySelector("#search-status");
        new MutationObserver(() => window.said.push(line.textContent)).observe(line,
          {childList: true, subtree: true, characterData: true}); }"""
    )
    page.locator("#search-file input[type=file]").set_input_files(path)
    status(page, "chosen", name=path.name, count=2)
    assert any(TEXTS["zh"]["batch_reading"] in line for line in page.evaluate("window.said"))
    header = page.locator("#search-header input")
    header.uncheck()
    status(page, "chosen", name=path.name, count=3)
    assert page.locator("#search-preview thead").inner_text().split() == ["列", "1", "列", "2", "列", "3"]
    header.check()
    status(page, "chosen", name=path.name, count=2)
    for column, name in (("#search-column", "内容"), ("#search-answer-column", "怎么答")):
        page.locator(f"{column} input").click()
        page.get_by_role("option", name=name).click()
        page.get_by_role("option").first.wait_for(state="detached")
    page.locator("#search-load").click()
    status(page, "list", name=path.name, count=2)
    ask(page, "那只花猫搬家了")
    expect(first_hit(page, "那只花猫搬家了").locator(".tm-hit-answer")).to_have_text("搬到山上")
    page.locator("#search-paste textarea").fill("说法\t答案\n那只花猫搬家了\t在楼上\n班长唱起歌来\t很好听")
    status(page, "chosen_pasted", count=2)
    expect(page.locator("#search-preview tbody tr")).to_have_count(2)
    page.locator("#search-load").click()
    status(page, "pasted", count=2)
    page.locator(".tm-hit-answer").first.get_by_text("在楼上").wait_for()
    page.locator("#search-paste textarea").fill("猫")
    page.locator("#search-preview").get_by_role("table").wait_for(state="hidden")


@pytest.mark.slow
@pytest.mark.browser
def test_a_list_that_cannot_be_used_gets_a_message_and_the_next_is_used(visit: Open) -> None:
    page = visit()
    own_list(page)
    page.locator("#search-load").click()
    status(page, "problem", text=TEXTS["zh"]["table_error_list"])
    paste(page, LIST)
    status(page, "pasted", count=5)
    messages = page.locator("#search-status li").all_inner_texts()
    assert messages == [texts("equal", count=1), texts("skipped_blank", number=3)]
    ask(page, "怎么开发票!")
    hit = page.locator(".tm-hit").first.filter(has_text=texts("row", number=1))  # the example has one like it, too
    hit.wait_for()
    expect(hit).to_contain_text(texts("copies", count=1))
    page.locator("#search-reset").click()
    status(page, "example", count=60)


@pytest.mark.slow
@pytest.mark.browser
def test_indexing_shows_progress_and_can_be_stopped(visit: Open, gate: threading.Event, told: threading.Event) -> None:
    page = visit()
    gate.clear()
    try:
        paste(page, ["慢慢走", "猫"])
        status(page, "indexing", count=2)
        bar = page.get_by_role("progressbar", name=texts("progress"))
        bar.wait_for()
        page.locator("#search-cancel-load").click()
        status(page, "stopping")
        assert told.wait(60)
    finally:
        gate.set()
    status(page, "example", count=60)
    expect(page.locator("#search-status")).to_contain_text(texts("stopped"))
    bar.wait_for(state="hidden")
    page.locator("#search-cancel-load").wait_for(state="hidden")
    ask(page, "会员有什么好处")
    first_hit(page, "会员有什么好处")


@pytest.mark.browser
@pytest.mark.slow
def test_what_waits_for_its_turn_can_be_stopped_and_asked_for_anew(visit: Open, gate: threading.Event) -> None:
    # Each in a browser of its own: one opens six connections to a server at most, and each page holds two.
    busy, page = [visit(alone=True)], visit()
    gate.clear()
    try:
        for other in busy:
            paste(other, ["慢慢走", "猫"])
            status(other, "indexing", count=2)
        paste(page, ["那只花猫搬家了"])
        status(page, "waiting")
        page.locator("#search-cancel-load").click()
        status(page, "example", count=60)
        expect(page.locator("#search-status")).to_contain_text(texts("stopped"))
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


@pytest.mark.slow
@pytest.mark.browser
def test_a_new_list_takes_the_place_of_one_that_is_being_read(visit: Open, gate: threading.Event) -> None:
    page = visit()
    gate.clear()
    try:
        paste(page, ["慢慢走", "猫"])
        status(page, "indexing", count=2)
        page.locator("#search-paste textarea").fill("班长唱起歌来")
        page.locator("#search-load").click()
        page.wait_for_timeout(500)  # a visitor's second list waits for the first one's step to end
    finally:
        gate.set()
    status(page, "pasted", count=1)
    ask(page, "班长唱起歌来")
    first_hit(page, "班长唱起歌来")
    status(page, "pasted", count=1)


@pytest.mark.browser
@pytest.mark.slow
def test_stopping_the_grouping_shows_what_was_found(
    visit: Open, gate: threading.Event, monkeypatch: pytest.MonkeyPatch, told: threading.Event
) -> None:
    monkeypatch.setattr("textmatch.search.BLOCK", 2)
    page = visit()
    paste(page, ["怎么开发票", "门店几点开门", "怎么开发票？", "慢慢走回家", "慢慢走回家！", "慢慢地走回家"])
    status(page, "pasted", count=6)
    gate.clear()
    try:
        page.locator("#search-group").click()
        page.locator("#search-groups-status").get_by_text(texts("count", done=2, total=4)).wait_for()
        page.locator("#search-cancel-group").click()
        groups_status(page, "stopping")
        assert told.wait(60)
    finally:
        gate.set()
    groups_status(page, "groups_stopped", done=2, total=4, count=1, spare=1)
    expect(page.locator(".tm-group .tm-member-sentence")).to_have_text(["怎么开发票", "怎么开发票？"])
    expect(page.locator(".tm-groups-download")).to_be_visible()
    page.locator("#search-cancel-group").wait_for(state="hidden")
    page.locator("#search-group").click()
    page.locator(".tm-group").nth(1).wait_for()
    page.locator("#search-reset").click()
    groups_status(page, "no_groups_yet")


@pytest.mark.slow
@pytest.mark.browser
def test_duplicates_are_grouped_and_downloaded(visit: Open) -> None:
    page = visit()
    formula = "=1+1等于几"
    paste(page, [*LIST, formula, f'{formula}"?'])
    status(page, "pasted", count=7)
    threshold = page.locator("#search-threshold input[type=number]")
    threshold.fill("99")
    threshold.press("Tab")
    page.locator("#search-group").click()
    groups_status(page, "groups", threshold=99, count=2, spare=2)
    expect(page.locator(".tm-group").first.locator(".tm-member-sentence")).to_have_text([LIST[0], LIST[4]])
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


@pytest.mark.slow
@pytest.mark.browser
def test_nobody_sees_anothers_list(visit: Open) -> None:
    mine, theirs = visit(), visit(alone=True)
    paste(mine, ["那只花猫搬家了"])
    status(mine, "pasted", count=1)
    ask(theirs, "那只花猫搬家了")
    theirs.locator(".tm-hits-line").get_by_text("5").wait_for()
    status(theirs, "example", count=60)
    ask(mine, "那只花猫搬家了")
    first_hit(mine, "那只花猫搬家了")
    assert "那只花猫搬家了" not in theirs.locator(".tm-hits-list").inner_text()


@pytest.mark.slow
@pytest.mark.browser
def test_markup_in_the_list_is_only_text(visit: Open) -> None:
    page = visit()
    paste(page, [*HOSTILE, *HOSTILE])
    status(page, "pasted", count=8)
    for text in HOSTILE:
        ask(page, text)
        first_hit(page, text)
    page.locator("#search-group").click()
    page.locator(".tm-group").first.wait_for()
    expect(page.locator("#search-hits img, #search-hits script, #search-groups img, img[src=x]")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.slow
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
