"""The compare tab: one sentence against another, or against several, with a verdict as one types."""

import json
from typing import Any

import gradio as gr

from textmatch.demo.alignment import NOTHING as NO_PICTURE
from textmatch.demo.alignment import alignment
from textmatch.demo.answers import EVERYONE, RANKING, VERDICTS, Answers
from textmatch.demo.code import COPY, code
from textmatch.demo.component import component
from textmatch.demo.gauge import WAITING, gauge
from textmatch.demo.notes import NOTHING, notes
from textmatch.demo.pairs import SURPRISES
from textmatch.demo.snippets import NO_SNIPPETS
from textmatch.demo.table import NO_ROWS, table
from textmatch.demo.texts import EXAMPLES, text

CONCURRENCY = 4
"""Comparisons that run at once: each takes milliseconds, so a few threads keep the queue short."""

PAUSE = 400
"""Milliseconds without a keystroke after which the page asks for an answer."""

LONGEST_LINK = 6000
"""Characters of the longest link; proxies refuse addresses from about 8,000 on."""

NO_VERDICT = {"label": "–", "confidences": []}
"""A label at rest, as the browser knows it."""

EVERYONE_TEXTS = ("compare_everyone_caption", "compare_milliseconds", "compare_broken")

ASK = "() => { document.dispatchEvent(new Event('textmatch:ask')); }"

SWAP = """(first, second) => {
  const [top, ...rest] = second.split("\\n");
  return [top, [first, ...rest].join("\\n")];
}"""

ADD = """(second) => {
  setTimeout(() => document.querySelector("#sentence2 textarea").focus());
  return second.trim() ? second.trimEnd() + "\\n" : second;
}"""

RANDOM = """(first) => {
  const others = %s.filter((pair) => pair[0] !== first);
  return others[Math.floor(Math.random() * others.length)];
}"""

SHOW = """() => {
  document.dispatchEvent(new Event("textmatch:ask"));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector("#pair").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}"""
"""On a phone the examples are far below the answer they bring about."""


def tab(page: gr.Blocks, answers: Answers) -> None:
    """Build the tab's components and events, inside its open ``gr.Tab``."""
    with gr.Row(elem_id="pair"):
        first = _box(1, max_lines=1)
        swap = gr.Button(text("swap"), elem_id="swap", min_width=44, scale=0)
        second = _box(2, max_lines=8)
    with gr.Row(elem_id="actions"):
        compare = gr.Button(text("compare"), variant="primary", elem_id="compare", min_width=160)
        add = gr.Button(text("compare_add"), elem_id="add", min_width=96)
        surprise = gr.Button(text("compare_random"), elem_id="random", min_width=96)
        gr.Button(text("compare_link"), elem_id="link", min_width=96)
        clear = gr.Button(text("clear"), elem_id="clear", min_width=96)
    live = _live()
    with gr.Column(elem_id="answer"):
        with gr.Row(elem_id="result"):
            verdict = gr.Label(label=text("verdict"), elem_id="verdict", min_width=280)
            meter = gauge()
        ranking = table(elem_id="ranking", keys=(*RANKING, *VERDICTS.values(), "compare_closest", "compare_ranked"))
        below = notes()
        picture = alignment()
    chooser, ask_all = _models(answers)
    everyone = table(elem_id="everyone", keys=(*EVERYONE, *VERDICTS.values(), *EVERYONE_TEXTS))
    with gr.Accordion(text("compare_code"), open=False, elem_id="code-panel"):
        snippets = code()
    examples = gr.Examples(
        [[example.sentence1, example.sentence2] for example in EXAMPLES],
        [first, second],
        cache_examples=False,
        examples_per_page=len(EXAMPLES),
        example_labels=[f"{shows}\n{one}\n{two}" for shows, one, two in EXAMPLES],
        label=text("examples"),
        elem_id="examples",
        api_visibility="private",
    )
    gr.Markdown(text("about"), elem_id="reading")

    boxes: list[Any] = [first, second]
    asked: list[Any] = [*boxes, chooser]
    result: list[Any] = [verdict, meter, below, picture, ranking, everyone, snippets]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress_on": [below]}
    shared: dict[str, Any] = {"concurrency_limit": CONCURRENCY, "concurrency_id": "predict"}

    # One event for every way to ask: an answer under way is waited for and the last question asked then, so that no
    # older answer can come after a newer one.
    gr.on(
        [compare.click, first.submit, second.submit, live.submit, chooser.change],
        answers.compare,
        asked,
        result,
        validator=answers.check,
        trigger_mode="always_last",
        show_progress="minimal",
        **quiet,
        **shared,
    )
    page.load(answers.open, chooser, [*boxes, *result], show_progress="minimal", **quiet, **shared)
    ask_all.click(
        answers.everyone,
        asked,
        everyone,
        validator=answers.check,
        api_visibility="private",
        show_progress="minimal",
        **shared,
    )
    at_rest: list[Any] = [NO_VERDICT, WAITING, NOTHING, NO_PICTURE, NO_ROWS, NO_ROWS, NO_SNIPPETS]
    private: dict[str, Any] = {"api_visibility": "private"}
    live.clear(None, None, result, js=f"() => {json.dumps(at_rest)}", **private)
    clear.click(None, None, [*boxes, *result], js=f"() => {json.dumps(['', '', *at_rest])}", **private)
    swap.click(None, boxes, boxes, js=SWAP, **private).then(None, js=ASK, **private)
    add.click(None, second, second, js=ADD, **private)
    surprise.click(None, first, boxes, js=RANDOM % json.dumps(_pairs(), ensure_ascii=False), **private).then(
        None, js=ASK, **private
    )
    examples.load_input_event.then(None, js=SHOW, **private)


def _box(position: int, max_lines: int) -> gr.Textbox:
    """A box in which Enter asks; where it holds more than one line, Shift and Enter begin the next.

    It is filled when the page has loaded: Gradio takes a box's height when it gets its text, which at first would be
    before the page has its width.
    """
    return gr.Textbox(
        label=text(f"sentence{position}"),
        placeholder=text(f"placeholder{position}"),
        lines=1,
        max_lines=max_lines,
        min_width=280,
        elem_id=f"sentence{position}",
        html_attributes=gr.InputHTMLAttributes(lang="zh-CN", enterkeyhint="go", autocomplete="off", spellcheck=False),
    )


def _live() -> gr.HTML:
    """The part that listens to the boxes and speaks of links; it triggers `submit` to ask and `clear` to rest."""
    keys = ("link_empty", "link_long", "link_copied", "not_copied")
    return component(
        "compare",
        None,
        *(f"compare_{key}" for key in keys),
        prelude=COPY,
        elem_id="live",
        pause=PAUSE,
        longest=LONGEST_LINK,
    )


def _models(answers: Answers) -> tuple[gr.Dropdown, gr.Button]:
    """The choice of a model and the button that asks them all; hidden where there is one model only."""
    models = answers.models
    several = len(models.names) > 1
    with gr.Row(elem_id="models", visible=several):
        chooser = gr.Dropdown(
            [(f"{name} · {models.facts(name).card}", name) for name in models.names],
            value=models.default,
            label=text("compare_model"),
            filterable=False,
            elem_id="model",
            scale=3,
        )
        ask_all = gr.Button(text("compare_everyone"), elem_id="ask-all", scale=1, min_width=200)
    return chooser, ask_all


def _pairs() -> list[tuple[str, str]]:
    return [*(example[1:] for example in EXAMPLES), *SURPRISES]
