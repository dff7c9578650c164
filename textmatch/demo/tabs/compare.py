"""The compare tab: one sentence against another or against several, answered while the visitor types."""

import json
from typing import Any

import gradio as gr

from textmatch.demo.components.alignment import alignment
from textmatch.demo.components.code_snippets import code_snippets
from textmatch.demo.components.gauge import gauge
from textmatch.demo.components.live_compare import live_compare
from textmatch.demo.components.messages import messages
from textmatch.demo.components.table import table
from textmatch.demo.examples import EXAMPLES, RANDOM_PAIRS
from textmatch.demo.handlers.compare import ALL_MODELS_COLUMNS, RANKING_COLUMNS, CompareHandlers, CompareView
from textmatch.demo.i18n import VERDICTS, text
from textmatch.demo.models import Models

CONCURRENCY: dict[str, Any] = {"concurrency_limit": 4, "concurrency_id": "predict"}
"""Comparisons that run at once, by visitors and over the API: each takes milliseconds, so four keep the queue short."""

PRIVATE: dict[str, Any] = {"api_visibility": "private"}

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

SHOW_ANSWER = """() => {
  document.dispatchEvent(new Event("textmatch:ask"));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector("#pair").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}"""
"""On a phone the examples are far below the answer."""


def tab(page: gr.Blocks, models: Models) -> None:
    """Build the tab inside its open ``gr.Tab``."""
    with gr.Row(elem_id="pair"):
        sentence1 = _sentence_box(1, max_lines=1)
        swap = gr.Button(text("compare_swap"), elem_id="swap", min_width=44, scale=0)
        sentence2 = _sentence_box(2, max_lines=8)
    with gr.Row(elem_id="actions"):
        compare = gr.Button(text("compare_start"), variant="primary", elem_id="compare", min_width=160)
        add = gr.Button(text("compare_add"), elem_id="add", min_width=96)
        random = gr.Button(text("compare_random"), elem_id="random", min_width=96)
        gr.Button(text("compare_link"), elem_id="link", min_width=96)
        clear = gr.Button(text("compare_clear"), elem_id="clear", min_width=96)
    live = live_compare()
    with gr.Column(elem_id="answer"):
        with gr.Row(elem_id="result"):
            verdict = gr.Label(label=text("compare_verdict"), elem_id="verdict", min_width=280)
            meter = gauge()
        captions = ("compare_closest", "compare_ranked")
        ranking = table(elem_id="ranking", keys=(*RANKING_COLUMNS, *VERDICTS.values(), *captions))
        below = messages()
        picture = alignment()
    model, ask_all = _model_choice(models)
    cells = ("compare_all_models_caption", "compare_milliseconds", "compare_broken")
    all_models = table(elem_id="everyone", keys=(*ALL_MODELS_COLUMNS, *VERDICTS.values(), *cells))
    with gr.Accordion(text("compare_code"), open=False, elem_id="code-panel"):
        code = code_snippets()
    examples = gr.Examples(
        [[example.sentence1, example.sentence2] for example in EXAMPLES],
        [sentence1, sentence2],
        cache_examples=False,
        examples_per_page=len(EXAMPLES),
        example_labels=[f"{shows}\n{one}\n{two}" for shows, one, two in EXAMPLES],
        label=text("compare_examples"),
        elem_id="examples",
        **PRIVATE,
    )
    gr.Markdown(text("compare_reading"), elem_id="reading")

    view = CompareView(sentence1, sentence2, verdict, meter, below, picture, ranking, all_models, code)
    handlers = CompareHandlers(models, view)
    asked: dict[str, Any] = {"inputs": [*view.boxes, model], "validator": handlers.check}
    shown: dict[str, Any] = {"show_progress": "minimal"} | PRIVATE | CONCURRENCY

    # All ways to ask are one event: while an answer is under way only the last question is kept, so no older answer can
    # arrive after a newer one.
    gr.on(
        [compare.click, sentence1.submit, sentence2.submit, live.submit, model.change],
        handlers.compare,
        outputs=view.answer,
        trigger_mode="always_last",
        show_progress_on=[below],
        **asked,
        **shown,
    )
    page.load(handlers.open, model, [*view.boxes, *view.answer], show_progress_on=[below], **shown)
    ask_all.click(handlers.compare_all, outputs=all_models, **asked, **shown)
    at_rest = list(view.empty.values())
    live.clear(None, None, list(view.empty), js=f"() => {json.dumps(at_rest)}", **PRIVATE)
    emptied = json.dumps(["", "", *at_rest])
    clear.click(None, None, [*view.boxes, *view.empty], js=f"() => {emptied}", **PRIVATE)
    swap.click(None, view.boxes, view.boxes, js=SWAP, **PRIVATE).then(None, js=ASK, **PRIVATE)
    add.click(None, sentence2, sentence2, js=ADD, **PRIVATE)
    pairs = json.dumps([*(example[1:] for example in EXAMPLES), *RANDOM_PAIRS], ensure_ascii=False)
    random.click(None, sentence1, view.boxes, js=RANDOM % pairs, **PRIVATE).then(None, js=ASK, **PRIVATE)
    examples.load_input_event.then(None, js=SHOW_ANSWER, **PRIVATE)


def _sentence_box(number: int, max_lines: int) -> gr.Textbox:
    """A box in which Enter asks, and Shift with Enter begins a new line if it holds several.

    It is filled by `CompareHandlers.open`, not here: Gradio measures a box's height when it gets its text, and before
    the page has loaded the width is not known.
    """
    return gr.Textbox(
        label=text(f"compare_sentence_{number}"),
        placeholder=text(f"compare_placeholder_{number}"),
        lines=1,
        max_lines=max_lines,
        min_width=280,
        elem_id=f"sentence{number}",
        html_attributes=gr.InputHTMLAttributes(lang="zh-CN", enterkeyhint="go", autocomplete="off", spellcheck=False),
    )


def _model_choice(models: Models) -> tuple[gr.Dropdown, gr.Button]:
    """The choice of a model and the button that asks them all; hidden if there is only one model."""
    with gr.Row(elem_id="models", visible=len(models.names) > 1):
        model = gr.Dropdown(
            [(f"{name} · {models.facts(name).card}", name) for name in models.names],
            value=models.default,
            label=text("compare_model"),
            filterable=False,
            elem_id="model",
            scale=3,
        )
        ask_all = gr.Button(text("compare_all_models"), elem_id="ask-all", scale=1, min_width=200)
    return model, ask_all
