"""The compare tab: its models, what it answers, the code it shows, and the tab in a browser."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import gradio as gr
import pytest
import torch

from tests.helpers import HOSTILE, PHONE, Held, expect, visitor
from textmatch import TextMatcher, checkpoint
from textmatch.checkpoint import Checkpoint
from textmatch.config import ModelConfig
from textmatch.demo import Models, build
from textmatch.demo.components.code_snippets.snippets import snippets_value
from textmatch.demo.components.live_compare import PAUSE, Reply
from textmatch.demo.examples import EXAMPLES, RANDOM_PAIRS
from textmatch.demo.handlers.compare import AT_REST, MAX_LINES, CompareHandlers
from textmatch.demo.i18n import TEXTS, UNSURE_VERDICTS, VERDICTS
from textmatch.demo.models import Facts
from textmatch.demo.tabs.compare import tab
from textmatch.errors import CheckpointError, InputError
from textmatch.models import build as build_network
from textmatch.text import MAX_CHARACTERS, Vocabulary

ROOT = Path(__file__).parents[1]
CHECKPOINT = ROOT / "checkpoints" / "default"
PAIR = ("怎么给手机充值话费", "手机话费在哪里充值")
QUOTES = ("it's \"双引号\" 'quoted' \\n", "$HOME `date` $(date) {address} 😀 !! %s {}")
HEADLINES = {TEXTS["zh"][key] for key in (*VERDICTS.values(), *UNSURE_VERDICTS.values())}

Open = Callable[..., Any]


def answer(reply: Reply) -> dict[str, Any]:
    """The answer of a reply that has one."""
    assert reply["answer"] is not None
    return reply["answer"]


def small(folder: Path, labels: tuple[str, ...] = ("Not Matched", "Matched")) -> Path:
    """A tiny random checkpoint."""
    torch.manual_seed(1)
    config = ModelConfig(arch="siamese", unit="word", labels=labels, word_dim=4, hidden_size=4, bidirectional=False)
    vocabulary = Vocabulary.build(PAIR, 1, 1)
    network = build_network(config, vocabulary.num_characters, len(vocabulary.words)).eval()
    figures = {"test": {"accuracy": 0.5}, "parameters": 1234}
    checkpoint.save(folder, Checkpoint(config, vocabulary, network, figures), "# small\n")
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped checkpoint, a small one and a broken one."""
    folder = tmp_path_factory.mktemp("checkpoints")
    shutil.copytree(CHECKPOINT, folder / "default")
    small(folder / "small")
    shutil.copytree(folder / "small", folder / "torn")
    (folder / "torn" / "model.safetensors").write_bytes(b"")
    shutil.copytree(folder / "small", folder / ".small.new")
    (folder / "notes").mkdir()
    return folder


# The models


def test_the_models_of_one_folder_are_loaded_when_first_used(checkpoints: Path) -> None:
    models = Models.beside(checkpoints / "default", device="cpu")
    assert models.names == ("default", "small", "torn")
    assert models["small"] is models["small"]
    assert models.facts("small").card == "siamese · 0.00 M · 0.0 MB · test 50.0%"
    with pytest.raises(CheckpointError, match="torn"):
        models["torn"]
    with pytest.raises(InputError, match="expected one of default, small, torn"):
        models["../small"]


def test_facts_of_a_checkpoint_without_figures(tmp_path: Path) -> None:
    folder = small(tmp_path / "plain")
    (folder / "metrics.json").write_text("[]")
    facts = Models({"plain": folder}).facts("plain")
    assert (facts.parameters, facts.accuracy) == (0, None)
    assert Facts("siamese", 0, 1.25, {}).card == "siamese · 1.2 MB"


# The answers


@pytest.fixture(scope="module")
def handlers() -> CompareHandlers:
    """Those of a page with the shipped checkpoint alone."""
    return CompareHandlers(Models({"default": CHECKPOINT}, device="cpu"))


@pytest.fixture(scope="module")
def small_handlers(checkpoints: Path) -> CompareHandlers:
    """Those of a page with a tiny random checkpoint alone."""
    return CompareHandlers(Models({"small": checkpoints / "small"}, device="cpu"))


@pytest.mark.slow
def test_every_example_gets_a_verdict_a_gauge_and_a_picture(handlers: CompareHandlers, matcher: TextMatcher) -> None:
    expected = matcher.predict([example[:2] for example in EXAMPLES])
    for example, prediction in zip(EXAMPLES, expected, strict=True):
        shown = answer(handlers.compare(*example[:2], "default", visitor()))
        assert shown.keys() == AT_REST.keys()
        (share,) = (each["share"] for each in shown["verdict"]["shares"] if each["name"]["key"] == "verdict_matched")
        assert share == pytest.approx(prediction.probabilities["Matched"], abs=1e-6)
        assert shown["verdict"]["headline"]["key"] in (VERDICTS[prediction.label], UNSURE_VERDICTS[prediction.label])
        assert shown["gauge"]["score"] == round(100 * prediction.similarity)
        assert shown["gauge"]["cosine"] == pytest.approx(prediction.cosine, abs=1e-6)
        assert shown["alignment"]["rows"][0]
        assert shown["ranking"]["rows"] == shown["all_models"]["rows"] == []


@pytest.mark.parametrize("labels", [("Not Matched", "Matched"), ("no", "maybe", "yes")])
def test_only_the_default_labels_get_chinese_names(tmp_path: Path, labels: tuple[str, ...]) -> None:
    handlers = CompareHandlers(Models({"other": small(tmp_path / "other", labels)}, device="cpu"))
    shown = answer(handlers.compare(*PAIR, "other", visitor()))["verdict"]
    known = [{"key": VERDICTS[label]} if label in VERDICTS else {"text": label} for label in labels]
    assert [each["name"] for each in shown["shares"]] in (known, known[::-1]) or len(labels) == 3
    assert shown["right"] is None
    ranking = answer(handlers.compare(PAIR[0], "\n".join(PAIR), "other", visitor()))["ranking"]
    assert len(ranking["rows"]) == 2
    assert ranking["caption"]["key"] == ("compare_closest" if labels[-1] == "Matched" else "compare_ranked")


def test_several_lines_are_ranked_and_nothing_else_is_shown(handlers: CompareHandlers) -> None:
    shown = answer(handlers.compare(PAIR[0], f"红烧茄子怎么做\n\n{PAIR[0]}", "default", visitor()))
    assert [row[0] for row in shown["ranking"]["rows"]] == [PAIR[0], "红烧茄子怎么做"]
    assert shown["ranking"]["rows"][0][1] == {"key": "verdict_matched"}
    foreign = answer(handlers.compare(PAIR[0], f"good morning\n{PAIR[0]}", "default", visitor()))["ranking"]
    assert ["good morning", {"key": "gauge_unread"}, None, None] in foreign["rows"]
    assert {name: shown[name] for name in ("verdict", "alignment", "gauge")} == {
        name: AT_REST[name] for name in ("verdict", "alignment", "gauge")
    }


def test_blank_lines_do_not_count(small_handlers: CompareHandlers) -> None:
    pair = answer(small_handlers.compare(PAIR[0], f"\n  \n{PAIR[1]}\n", "small", visitor()))
    assert pair["ranking"]["rows"] == []
    lines = "\n\n".join([PAIR[1]] * MAX_LINES)
    assert len(answer(small_handlers.compare(PAIR[0], lines, "small", visitor()))["ranking"]["rows"]) == MAX_LINES
    assert all(f"{MAX_LINES} " in texts["compare_sentence_2"] for texts in TEXTS.values())
    assert small_handlers.compare(PAIR[0], lines + "\n又一句", "small", visitor())["problems"][1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_blank_and_overlong_boxes_get_a_message_in_the_visitors_language(
    small_handlers: CompareHandlers, language: str
) -> None:
    texts = TEXTS["zh" if language == "zh" else "en"]
    reply = small_handlers.compare("  ", "很" * (MAX_CHARACTERS + 1), "small", visitor(language))
    assert reply["answer"] is None
    assert reply["problems"] == [
        texts["sentence_blank_1"],
        texts["sentence_long_2"].format(length=MAX_CHARACTERS + 1, limit=MAX_CHARACTERS),
    ]


def test_the_page_opens_with_the_first_example_or_what_the_address_holds(checkpoints: Path) -> None:
    handlers = CompareHandlers(Models.beside(checkpoints / "small", device="cpu"))
    reply, model = handlers.open(visitor())
    assert (reply["question"], model) == ([*EXAMPLES[0][:2], "small"], "small")
    assert reply["opening"]
    shared, model = handlers.open(visitor(a="甲", b="乙\r\n丙", model="default"))
    assert (shared["question"], model) == (["甲", "乙\n丙", "default"], "default")
    assert len(answer(shared)["ranking"]["rows"]) == 2
    assert handlers.open(visitor(model="../small"))[1] == "small"


@pytest.mark.parametrize("query", [{"a": "只有一句"}, {"b": "只有一句"}])
def test_a_link_with_one_sentence_keeps_it(small_handlers: CompareHandlers, query: dict[str, str]) -> None:
    reply, _ = small_handlers.open(visitor("zh", **query))
    assert reply["question"][:2] == [query.get("a", ""), query.get("b", "")]
    assert (reply["answer"], reply["problems"]) == (None, ["", ""])


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"a": "很" * (MAX_CHARACTERS + 1), "b": "好"}, f"{MAX_CHARACTERS + 1}"),
        ({"a": "1", "b": "\n".join("2" * (MAX_LINES + 1))}, f"{MAX_LINES + 1}"),
    ],
    ids=["long", "many"],
)
def test_a_link_that_cannot_be_compared_is_refused_in_words(
    small_handlers: CompareHandlers, query: dict[str, str], reason: str
) -> None:
    reply, _ = small_handlers.open(visitor("zh", **query))
    assert reply["question"][:2] == [query["a"], query["b"]]
    assert reason in "".join(reply["problems"])
    assert reply["answer"] is None


def test_all_models_answer_and_a_broken_one_says_so(checkpoints: Path) -> None:
    handlers = CompareHandlers(Models.beside(checkpoints / "small", device="cpu"))
    rows = answer(handlers.compare_all(PAIR[0], f"{PAIR[1]}\n又一句", "small", visitor()))["all_models"]["rows"]
    assert [row[0] for row in rows] == ["small", "default", "torn"]
    assert isinstance(rows[1][2]["chance"], float)
    assert handlers.compare_all("", PAIR[1], "small", visitor())["answer"] is None
    assert rows[2][1:] == [{"key": "compare_broken"}, None, None, None]
    with pytest.raises(gr.Error, match=r"model\.safetensors"):
        handlers.compare(*PAIR, "torn", visitor())


@pytest.mark.slow
def test_the_choice_of_a_model_is_shown_only_if_there_are_several(checkpoints: Path) -> None:
    for models, several in (
        (Models({"small": checkpoints / "small"}, device="cpu"), False),
        (Models.beside(checkpoints / "small", device="cpu"), True),
    ):
        with gr.Blocks() as page:
            tab(page, models)
        (row,) = (block for block in page.blocks.values() if getattr(block, "elem_id", None) == "models")
        assert row.visible == several


# The code


def run_as_script(source: str) -> None:
    """Run Python where no event loop runs, as a script would."""
    with ThreadPoolExecutor(1) as aside:
        aside.submit(exec, compile(source, "snippet", "exec"), {"__name__": "__main__"}).result(60)


@pytest.mark.slow
@pytest.mark.parametrize(
    "candidates",
    [pytest.param((QUOTES[1],), id="one"), pytest.param((PAIR[1], *QUOTES), id="many", marks=pytest.mark.slow)],
)
def test_every_piece_of_code_runs_and_gives_the_answer(
    server: str,
    matcher: TextMatcher,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    candidates: tuple[str, ...],
) -> None:
    monkeypatch.chdir(ROOT)
    first = QUOTES[0]
    expected = matcher.predict([(first, candidate) for candidate in candidates])
    pieces = {
        name: server.join(parts) for name, parts in snippets_value(first, candidates, "default", "default").items()
    }
    printed = {}
    for name in ("python", "client", "mcp"):
        run_as_script(pieces[name])
        printed[name] = capsys.readouterr().out
    printed["curl"] = subprocess.run(
        ["bash", "-euc", pieces["curl"]], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for output in printed.values():
        for prediction in expected:
            assert any(
                float(number) == pytest.approx(prediction.similarity) for number in re.findall(r"\d\.\d+", output)
            )


def test_another_model_is_named_in_the_code() -> None:
    pieces = snippets_value(*PAIR[:1], PAIR[1:], "default", "small")
    assert "checkpoints/small" in pieces["python"][0]
    for parts in (pieces["client"], pieces["curl"], pieces["mcp"]):
        assert "small" in parts[-1]
        assert "predict_with" in "".join(parts)


# The page in a browser


def write(page: Any, sentence1: str, sentence2: str) -> None:
    page.locator("#sentence1 textarea").fill(sentence1)
    page.locator("#sentence2 textarea").fill(sentence2)


def boxes(page: Any) -> tuple[str, str]:
    return page.locator("#sentence1 textarea").input_value(), page.locator("#sentence2 textarea").input_value()


def clear(page: Any) -> None:
    page.locator("#clear").click()
    page.locator(".tm-gauge[data-level=waiting]").wait_for()


def verdict(page: Any) -> str:
    """The verdict, once it answers what stands in the boxes."""
    page.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    return str(page.locator("#verdict h2").inner_text())


@pytest.mark.slow
@pytest.mark.browser
def test_enter_button_swap_and_clear(visit: Open) -> None:
    page = visit()
    clear(page)
    expect(page.locator("#sentence1 textarea")).to_have_value("")
    expect(page.locator("#sentence2 textarea")).to_have_value("")
    write(page, *PAIR)
    page.locator("#sentence2 textarea").press("Enter")
    assert verdict(page) in HEADLINES

    clear(page)
    write(page, *PAIR)
    page.locator("#swap").click()
    page.wait_for_function("text => document.querySelector('#sentence1 textarea').value === text", arg=PAIR[1])
    assert boxes(page) == (PAIR[1], PAIR[0])
    page.locator("#compare").click()
    assert verdict(page) in HEADLINES
    page.get_by_text("毫秒").wait_for()


@pytest.mark.browser
@pytest.mark.slow
def test_an_example_on_a_phone_brings_its_answer_into_view(visit: Open) -> None:
    page = visit(viewport=PHONE)
    page.locator("#examples .tm-example").last.click()
    page.wait_for_function("() => document.querySelector('#verdict h2').getBoundingClientRect().top > 0")
    assert page.locator("#verdict h2").bounding_box()["y"] < PHONE["height"]


@pytest.mark.browser
@pytest.mark.slow
def test_the_gauge_reads_the_same_aloud(visit: Open) -> None:
    page = visit()
    meter = page.get_by_role("meter", name=TEXTS["zh"]["gauge_similarity"], exact=True)
    page.locator("#answer[data-state=fresh]").wait_for()
    number, word = page.locator(".tm-number").inner_text(), page.locator(".tm-word").inner_text()
    expect(meter).to_have_attribute("aria-valuenow", number)
    expect(meter).to_have_attribute("aria-valuetext", f"{number}, {word}")
    assert page.evaluate("getComputedStyle(document.querySelector('.tm-hand')).transitionDuration") == "0s"


FOCUS = """() => {
  const focused = document.activeElement;
  const ringed = (part) => part && parseFloat(getComputedStyle(part).outlineWidth) >= 2
    && getComputedStyle(part).outlineStyle === "solid";
  const named = focused.closest("#code") ?? focused.closest("[id]");
  return [named?.id ?? "", ringed(focused) || ringed(focused.closest(".tm-pair-box")), focused.tagName];
}"""
"""Where the focus is: the nearest name, whether a ring shows it, the kind of element."""


@pytest.mark.browser
@pytest.mark.slow
def test_the_keyboard_alone_goes_through_everything_and_back(visit: Open, several: str) -> None:
    page = visit(elsewhere=several)
    page.locator("#sentence1 textarea").focus()
    page.keyboard.insert_text("龘")
    page.locator(".tm-chip").filter(has_text="龘").wait_for()
    stops: list[Any] = [page.evaluate(FOCUS)]
    while stops[-1][0] != "code-panel" and len(stops) < 40:
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))
    names = [name for name, *_ in stops]
    order = ["sentence1", "swap", "sentence2", "compare", "add", "random", "link", "clear", "model", "ask-all"]
    assert [name for name in names if name in order] == order
    assert names[-1] == "code-panel"
    assert [name for name, seen, _ in stops if not seen] == []

    page.keyboard.press("Enter")
    page.locator("#code pre").first.wait_for()
    inside: list[Any] = []
    while not inside or (inside[-1][0] == "code" and len(inside) < 12):
        page.keyboard.press("Tab")
        inside.append(page.evaluate(FOCUS))
    assert [tag for _, _, tag in inside[:-1]] == ["BUTTON", "PRE"] * 4
    assert [name for name, seen, _ in inside if not seen] == []
    for _ in range(len(inside) + len(stops) - 1):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUS)[0] == "sentence1"


@pytest.mark.browser
@pytest.mark.slow
def test_a_new_answer_leaves_the_focus_among_the_words(visit: Open) -> None:
    page = visit()
    page.locator(".tm-chip").first.focus()
    page.locator("#examples .tm-example").nth(1).evaluate("example => example.click()")
    page.locator(".tm-chip").filter(has_text="爱").first.wait_for()
    expect(page.locator(".tm-chip:focus")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize(
    "text", [HOSTILE[0], *(pytest.param(text, marks=pytest.mark.slow) for text in HOSTILE[1:])], ids=repr
)
def test_markup_in_the_boxes_is_only_text(visit: Open, text: str) -> None:
    long = "很" * 300 + text
    page = visit(query=f"?{urlencode({'a': text, 'b': long})}")
    assert verdict(page) == TEXTS["zh"]["gauge_unread"]  # the first has no Chinese
    assert boxes(page) == (text, long)
    expect(page.locator(".tm-warnings li").first).to_be_visible()
    expect(page.locator("#verdict img, #verdict script, img[src=x]")).to_have_count(0)
    page = visit(query=f"?{urlencode({'a': f'猫{text}', 'b': f'狗{text}'})}")
    assert verdict(page) in HEADLINES
    expect(page.locator("#alignment")).to_be_visible()
    expect(page.locator("#alignment img, #alignment script, img[src=x]")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.browser
def test_messages_stand_below_the_boxes_and_go_with_the_next_answer(visit: Open) -> None:
    page, texts = visit(), TEXTS["zh"]
    write(page, "  ", "很" * (MAX_CHARACTERS + 1))
    page.locator("#compare").click()
    message = page.locator("#foot1").get_by_text(texts["sentence_blank_1"])
    message.wait_for()
    too_long = texts["sentence_long_2"].format(length=MAX_CHARACTERS + 1, limit=MAX_CHARACTERS)
    page.locator("#foot2").get_by_text(too_long).wait_for()
    write(page, *PAIR)
    page.locator("#compare").click()
    message.wait_for(state="detached")


def asks(page: Any) -> list[dict[str, Any]]:
    """The questions the page sends, as they are sent."""
    sent: list[dict[str, Any]] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if "queue/join" in request.url else None)
    return sent


def code_shown(page: Any, text: str) -> None:
    """Wait until the code is that of a comparison with `text`."""
    page.wait_for_function(
        "text => document.querySelector('[data-name=curl] pre')?.textContent.includes(text)", arg=text
    )


def open_code(page: Any) -> None:
    page.locator("#code-panel > button").click()
    page.locator("#code pre").first.wait_for()


@pytest.mark.slow
@pytest.mark.browser
def test_typing_asks_once_when_it_pauses(visit: Open) -> None:
    page = visit(alone=True)  # a clock is the context's
    open_code(page)
    sent = asks(page)
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)  # or a slow machine pauses in the middle
    page.locator("#sentence1 textarea").fill("")
    page.locator("#sentence1 textarea").press_sequentially("二十个字打完以后才问一次不然服务器受不了")
    assert sent == []
    page.clock.run_for(PAUSE)
    page.clock.resume()
    code_shown(page, "服务器受不了")
    assert len(sent) == 1
    assert verdict(page) in HEADLINES


@pytest.mark.slow
@pytest.mark.browser
def test_an_emptied_box_lays_the_result_to_rest(visit: Open) -> None:
    page = visit()
    sent = asks(page)
    page.locator("#sentence1 textarea").fill("")
    page.locator(".tm-gauge[data-level=waiting]").wait_for()
    assert sent == []


@pytest.mark.slow
@pytest.mark.browser
def test_a_stale_answer_is_followed_by_the_right_one(visit: Open) -> None:
    page = visit()
    open_code(page)
    held = Held(page)
    page.locator("#sentence1 textarea").fill("第一次写的句子")
    held.wait()
    sent = asks(page)
    page.locator("#sentence1 textarea").fill("后来又改了的句子")
    page.locator("#sentence1 textarea").press("Enter")
    held.release()
    code_shown(page, "后来又改了的句子")
    assert [question["data"][0] for question in sent] == ["后来又改了的句子"]


@pytest.mark.slow
@pytest.mark.browser
def test_several_lines_become_a_ranking(visit: Open) -> None:
    page = visit()
    write(page, PAIR[0], f"红烧茄子怎么做\n\n{PAIR[0]}")
    page.locator("#ranking tbody tr").nth(1).wait_for()
    expect(page.locator("#ranking tbody th")).to_have_text([PAIR[0], "红烧茄子怎么做"])
    expect(page.locator("#ranking thead th").first).to_have_text(TEXTS["zh"]["compare_candidate"])
    expect(page.locator("#ranking tbody tr").first).to_contain_text(TEXTS["zh"]["verdict_matched"])
    expect(page.locator("#verdict")).to_be_hidden()
    expect(page.locator("#alignment")).to_be_hidden()
    write(page, *PAIR)
    assert verdict(page) in HEADLINES
    expect(page.locator("#ranking")).to_be_hidden()


@pytest.mark.browser
@pytest.mark.slow
def test_a_line_can_be_added_without_a_keyboard_trick(visit: Open) -> None:
    page = visit(viewport=PHONE)
    write(page, *PAIR)
    page.locator("#add").click()
    page.wait_for_function("document.activeElement.matches('#sentence2 textarea')")
    page.wait_for_function("document.activeElement.value.endsWith('\\n')")
    page.keyboard.insert_text("红烧茄子怎么做")
    page.locator("#ranking tbody tr").nth(1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.browser
@pytest.mark.slow
def test_swap_exchanges_the_first_line(visit: Open) -> None:
    page = visit()
    write(page, "甲", "乙\n丙")
    page.locator("#swap").click()
    page.wait_for_function("document.querySelector('#sentence1 textarea').value === '乙'")
    assert boxes(page) == ("乙", "甲\n丙")


@pytest.mark.browser
@pytest.mark.slow
def test_a_random_pair_is_new_and_answered(visit: Open) -> None:
    page = visit()
    before = boxes(page)
    sent = asks(page)
    page.locator("#random").click()
    page.wait_for_function("text => document.querySelector('#sentence1 textarea').value !== text", arg=before[0])
    now = boxes(page)
    assert now != before
    assert now in [example[:2] for example in (*RANDOM_PAIRS, *EXAMPLES)]
    open_code(page)
    code_shown(page, now[1])
    assert [tuple(question["data"][:2]) for question in sent] == [now]


@pytest.mark.slow
@pytest.mark.browser
def test_a_copied_link_opens_the_same_comparison(visit: Open, server: str) -> None:
    sentences = (HOSTILE[3] + QUOTES[0], "\n".join([*HOSTILE, QUOTES[1]]))
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    write(page, *sentences)
    page.locator("#link").click()
    page.get_by_text(TEXTS["zh"]["compare_link_copied"]).wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(link).query) == {"a": [sentences[0]], "b": [sentences[1]]}
    other = visit(query=link.removeprefix(server))
    assert boxes(other) == sentences
    expect(other.locator("img[src=x], #answer script")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.slow
def test_what_is_too_long_for_a_link_is_said(visit: Open) -> None:
    page = visit()
    write(page, "很" * MAX_CHARACTERS, "长" * MAX_CHARACTERS)
    page.locator("#link").click()
    page.get_by_role("status").get_by_text(TEXTS["zh"]["compare_link_long"]).wait_for()


@pytest.mark.slow
@pytest.mark.browser
def test_the_code_is_that_of_the_comparison_shown(visit: Open, server: str) -> None:
    page = visit("en-US")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_code(page)
    write(page, *QUOTES)
    code_shown(page, "$HOME")
    expected = snippets_value(QUOTES[0], QUOTES[1:], "default", "default")
    for name, parts in expected.items():
        assert page.locator(f"[data-name={name}] pre").text_content() == server.join(parts)
    page.locator("[data-name=curl] button").click()
    page.get_by_text(TEXTS["en"]["copy_done"], exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()").rstrip("\n") == server.join(expected["curl"]).rstrip("\n")


@pytest.fixture(scope="module")
def several(checkpoints: Path, serve: Callable[..., Any]) -> Iterator[str]:
    """The address of a page that offers three checkpoints, one of them broken."""
    with serve(build(Models.beside(checkpoints / "default", device="cpu"))) as url:
        yield url


@pytest.mark.browser
@pytest.mark.slow
def test_another_model_can_be_chosen_and_all_be_asked(visit: Open, several: str) -> None:
    page = visit(elsewhere=several)
    page.locator("#model input").click()
    options = page.get_by_role("option").all_inner_texts()
    assert [option.strip("✓ \n").split(" · ")[0] for option in options] == ["default", "small", "torn"]
    assert "siamese" in options[1]
    page.get_by_role("option").nth(1).click()
    page.locator("#messages").get_by_text("small").wait_for()
    assert "model=small" in page.url  # which stays when the page is loaded anew
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#link").click()
    page.get_by_text(TEXTS["zh"]["compare_link_copied"]).wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(link).query)["model"] == ["small"]
    other = visit(elsewhere=several, query=link.removeprefix(several))
    other.locator("#messages").get_by_text("small").wait_for()
    expect(other.locator("#model input")).to_have_value(re.compile("^small"))
    page.locator("#ask-all").click()
    page.locator("#everyone tbody tr").first.wait_for()
    expect(page.locator("#everyone tbody th")).to_have_text(["default", "small", "torn"])
    page.locator("#everyone").get_by_text(TEXTS["zh"]["compare_broken"]).wait_for()
    held = Held(page)
    page.locator("#compare").click()
    page.locator("#sentence1 textarea").fill("后来又改了的句子")
    held.wait()
    assert float(page.locator("#everyone").evaluate("each => getComputedStyle(each).opacity")) < 0.5
    held.release()
    page.locator("#everyone").wait_for(state="hidden")
    page.locator("#model input").click()
    page.get_by_role("option").nth(2).click()
    page.locator(".toast-body").get_by_text("model.safetensors").wait_for()
