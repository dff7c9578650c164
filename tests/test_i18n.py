"""The page's texts: both languages have them all, and each is used."""

import re
from pathlib import Path
from string import Formatter

import httpx
import pytest
from starlette.responses import HTMLResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from tests.helpers import visitor
from textmatch.demo.components.gauge import common_characters, gauge_value
from textmatch.demo.handlers import error_message
from textmatch.demo.i18n import (
    SCRIPT,
    TEXTS,
    UNSURE_VERDICTS,
    VERDICTS,
    Language,
    LocaleMiddleware,
    request_language,
    translate,
)
from textmatch.demo.traditional import traditional
from textmatch.files import ERRORS, TableError
from textmatch.results import Prediction
from textmatch.scoring import NEW_COLUMNS, PROBLEMS

DEMO = Path(__file__).parents[1] / "textmatch" / "demo"
SOURCES: dict[Path, str] = {}
"""The page's code by file; a component's files together, by its folder."""
for path in sorted([*DEMO.rglob("*.py"), *DEMO.rglob("*.js")]):
    place = path.parent if path.parents[1].name == "components" else path
    SOURCES[place] = SOURCES.get(place, "") + path.read_text(encoding="utf-8")
GROUPS = "|".join(sorted({key.split("_")[0] for key in TEXTS["en"]}))
FOLDERS = {path.name for path in (DEMO / "components").iterdir()}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_all_languages_have_every_text_with_the_same_fields() -> None:
    english = TEXTS["en"]
    for texts in TEXTS.values():
        assert list(texts) == list(english)
        for key in english:
            assert fields(texts[key]) == fields(english[key]), key


def test_the_traditional_texts_are_made_of_the_simplified_ones() -> None:
    assert traditional(TEXTS["zh"]) == TEXTS["zh-TW"]
    assert traditional({"a": "软件有 {rows} 行 2 列"}) == {"a": "軟體有 {rows} 列 2 欄"}


def test_each_language_has_one_kind_of_quotation_marks() -> None:
    marks: dict[Language, str] = {"zh": "“”", "zh-TW": "「」", "en": '"'}
    for language, texts in TEXTS.items():
        assert set("".join(texts.values())) & set('“”「」"') == set(marks[language])


def test_each_verdict_has_one_name() -> None:
    for texts in TEXTS.values():
        assert texts["verdict_matched"] == texts["alignment_matched"] == texts["search_same"]
        assert texts["verdict_not_matched"] == texts["alignment_not_matched"] == texts["search_other"]
        for verdict in UNSURE_VERDICTS.values():
            assert texts[verdict].startswith(texts["search_unsure"])
    assert not [key for key, text in TEXTS["en"].items() if re.search(r"\bmatch(ed|es)?\b", text)]


WORDED = {
    "search_none": ("没有一句意思很可能相同", "没有找到意思相同的句子"),
    "batch_intro": ("一次比较很多句", "批量比较"),
    "report_mistakes": ("错得最远的在前", "错得最离谱的句对"),
    "report_title": ("和标签比一比", "与标注对比"),
    "alignment_alone": ("没有对上的词", "没有对应的词"),
    "messages_answered_default": ("答出", "主模型 · {milliseconds} 毫秒"),
    "batch_sentence1": ("第一句在", "第一句所在列"),
}
"""Words that a reader of Chinese stumbled over → those that took their place, where they stand."""

WORDED_ENGLISH = {
    "search_intro": ("Find questions alike", "Find similar questions"),
    "alignment_alone": ("Met no word", "No counterpart"),
    "search_threshold": ("How sure to be", "Minimum confidence"),
}


def test_words_that_readers_stumbled_over_are_gone() -> None:
    for language, worded in (("zh", WORDED), ("en", WORDED_ENGLISH)):
        texts = TEXTS["zh" if language == "zh" else "en"]
        for key, (old, new) in worded.items():
            assert new in texts[key]
            assert not any(old in text for text in texts.values())


def test_every_text_is_used() -> None:
    """A key stands in a source as it is, or is put together there: its beginning stands before a field.

    A beginning of one word would let the whole group pass, so then the rest of the key must stand in that source, too.
    """
    used: set[str] = set()
    for source in SOURCES.values():
        used |= set(re.findall(r"[\"'.]([a-z0-9_]+)", source))
        words = set(re.findall(r"\w+", source))
        for begun in re.findall(r"[\"'`]((?:[a-z0-9]+_)+)\$?\{", source):
            begins = {key for key in TEXTS["en"] if key.startswith(begun)}
            long = begun.count("_") > 1
            used |= {
                key
                for key in begins
                if long or words & {key.removeprefix(begun), key.removeprefix(begun).rstrip("_12")}
            }
    assert [key for key in TEXTS["en"] if key not in used] == []


def test_every_used_text_exists() -> None:
    for path, source in SOURCES.items():
        quoted = set(re.findall(rf"[\"']((?:{GROUPS})_[a-z0-9_]+)[\"'\]), ]", source))
        quoted |= set(re.findall(r"\bwords\.([a-z0-9_]+)", source))
        assert {key for key in quoted if key not in TEXTS["en"]} <= FOLDERS, path


def test_every_message_about_a_file_has_a_text() -> None:
    english = TEXTS["en"]
    assert {key for key in english if key.startswith("table_error_")} == {f"table_error_{key}" for key in ERRORS}
    assert {key for key in english if key.startswith("row_problem_")} == {f"row_problem_{key}" for key in PROBLEMS}
    for key, wording in ERRORS.items():
        assert fields(wording) >= fields(english[f"table_error_{key}"]), key
    for key, wording in PROBLEMS.items():
        assert fields(wording) >= fields(english[f"row_problem_{key}"]), key
    assert {f"batch_new_{name}" for name in NEW_COLUMNS} | set(VERDICTS.values()) <= english.keys()


def test_the_gauge_has_a_word_for_every_similarity() -> None:
    def shown(similarity: float) -> tuple[int | None, str]:
        pair = Prediction("你好", "您好", "", {}, similarity, ("", ""), ((), ()), cosine=0.5)
        return gauge_value(pair)["score"], gauge_value(pair)["level"]

    for score, level in ((0, "apart"), (20, "topic"), (49, "topic"), (50, "close"), (80, "nearly"), (99, "nearly")):
        # Whatever is rounded to the same number has the same word.
        assert {shown((score + part) / 100) for part in (-0.49, 0.0, 0.49) if score or part >= 0} == {(score, level)}
    assert shown(1.0) == (100, "equal")
    assert common_characters("一二三", "三四五六七") == 0.25
    assert common_characters("，", "。") == 0.0


@pytest.mark.parametrize(
    ("accepted", "asked", "language"),
    [
        ("zh-CN,zh;q=0.9,zh-TW;q=0.8", "", "zh"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("fr", "zh", "zh"),
        ("zh-TW", "en", "en"),
        ("zh-Hant-HK,en", "", "zh-TW"),
        ("en", "zh-TW", "zh-TW"),
    ],
)
def test_the_address_decides_the_language_and_else_the_browser(accepted: str, asked: str, language: Language) -> None:
    asking = visitor(accepted, lang=asked) if asked else visitor(accepted)
    assert request_language(asking) == language
    chosen = TEXTS[language]
    assert translate("sentence_long_1", asking, length=501, limit=500) == chosen["sentence_long_1"].format(
        length=501, limit=500
    )
    assert error_message(TableError("rows", limit=5), asking) == chosen["table_error_rows"].format(limit=5)


def test_without_a_request_the_language_is_english() -> None:
    assert request_language(None) == "en"


@pytest.mark.parametrize("path", ["/", "/demo/"], ids=["taken away", "kept"])
def test_the_script_is_in_the_page_whether_a_proxy_keeps_its_prefix_or_not(path: str) -> None:
    async def answer_all(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse("<head></head>")(scope, receive, send)

    page = LocaleMiddleware(answer_all, change=lambda page, _: page + b"changed")
    asking = TestClient(page, root_path="/demo")  # as Gradio has it of GRADIO_ROOT_PATH
    answer = asking.get(path).text
    assert SCRIPT.decode() in answer
    assert answer.endswith("changed")
    assert asking.get(f"{path}config").text == "<head></head>"


@pytest.mark.slow
def test_the_page_is_sent_compressed_and_with_the_script_that_sets_the_language(server: str) -> None:
    answer = httpx.get(server, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.num_bytes_downloaded < len(answer.content) / 3
    for plain in (answer.text, httpx.get(server, headers={"Accept-Encoding": "identity"}).text):
        assert plain.index('"language"') < plain.index("gradio")
