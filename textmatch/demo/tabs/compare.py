"""The compare tab: one sentence against another or against several, answered while the visitor types."""

import json
from typing import Any

import gradio as gr

from textmatch.demo.components.alignment import alignment
from textmatch.demo.components.box_foot import box_foot
from textmatch.demo.components.code_snippets import code_snippets
from textmatch.demo.components.corrections import corrections
from textmatch.demo.components.examples import examples
from textmatch.demo.components.gauge import gauge
from textmatch.demo.components.live_compare import live_compare
from textmatch.demo.components.messages import messages
from textmatch.demo.components.share_card import share_card
from textmatch.demo.components.table import table
from textmatch.demo.components.verdict import verdict
from textmatch.demo.examples import EXAMPLES, RANDOM_PAIRS
from textmatch.demo.handlers.compare import AT_REST, CompareHandlers, CompareView
from textmatch.demo.i18n import text
from textmatch.demo.models import Models

PRIVATE: dict[str, Any] = {"api_visibility": "private"}

ASK = "() => { document.dispatchEvent(new Event('textmatch:ask')); }"

CHANGED = "(model) => { document.dispatchEvent(new CustomEvent('textmatch:changed', { detail: model })); }"

FAILED = "() => { document.dispatchEvent(new Event('textmatch:failed')); }"

SHOW = """(reply) => {
  const boxes = [...document.querySelectorAll("#pair textarea")];
  const fills = reply.opening && boxes.every((box) => !box.value);
  const values = [...reply.question.slice(0, 2).map((text) => (fills ? text : undefined))];
  values.push(...%s.map((name) => reply.answer?.[name]));
  values.push(reply.answer?.alignment.verdict ? reply : null);
  return values.map((value) => ({ __type__: "update", ...(value === undefined ? {} : { value }) }));
}"""
"""Puts a reply on the page, the whole of it into the card; the one that opens it also into the boxes, if they are
empty."""

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


def tab(page: gr.Blocks, models: Models, *, collects: bool = False) -> None:
    """Build the tab inside its open ``gr.Tab``.

    Args:
        page: the page.
        models: what answers.
        collects: whether visitors may send their corrections to the owner of the page.
    """
    with gr.Row(elem_id="pair"):
        sentence1 = _sentence_box(1)
        swap = gr.Button(text("compare_swap"), elem_id="swap", min_width=44, scale=0)
        sentence2 = _sentence_box(2)
    with gr.Row(elem_id="actions"):
        gr.Button(text("compare_start"), variant="primary", elem_id="compare", min_width=160)
        add = gr.Button(text("compare_add"), elem_id="add", min_width=64)
        random = gr.Button(text("compare_random"), elem_id="random", min_width=64)
        gr.Button(text("compare_link"), elem_id="link", min_width=64)
        clear = gr.Button(text("compare_clear"), elem_id="clear", min_width=64)
    live = live_compare(models.default)
    examples()
    with gr.Column(elem_id="answer"):
        with gr.Row(elem_id="result"):
            said = verdict()
            meter = gauge()
        ranking = table(elem_id="ranking")
        with gr.Row(elem_id="below"):
            below = messages()
            wrong = corrections(collects=collects)
            card = share_card(models.default)
        picture = alignment()
    model, ask_all = _model_choice(models)
    all_models = table(elem_id="everyone")
    with gr.Accordion(text("compare_code"), open=False, elem_id="code-panel"):
        code = code_snippets()
    gr.Markdown(text("compare_reading"), elem_id="reading")

    view = CompareView(sentence1, sentence2, model, said, meter, below, wrong, picture, ranking, all_models, code)
    handlers = CompareHandlers(models)
    shown: dict[str, Any] = {"show_progress": "minimal", "show_progress_on": [below]} | PRIVATE

    # All ways to ask are one event: while an answer is under way only the last question is kept. The reply goes to
    # `live`, which shows it if it still answers what stands in the boxes.
    page.load(handlers.open, None, [live, model], **shown)
    live.submit(handlers.compare, view.question, live, trigger_mode="always_last", **shown).failure(
        None, js=FAILED, **PRIVATE
    )
    ask_all.click(handlers.compare_all, view.question, live, **shown).failure(None, js=FAILED, **PRIVATE)
    boxes = [sentence1, sentence2]
    live.apply(None, live, [*boxes, *view.answer.values(), card], js=SHOW % json.dumps(list(view.answer)), **PRIVATE)
    at_rest = json.dumps([*(AT_REST[name] for name in view.answer), None])
    live.clear(None, None, [*view.answer.values(), card], js=f"() => {at_rest}", **PRIVATE)
    gr.on([sentence1.change, sentence2.change, model.change], None, model, js=CHANGED, **PRIVATE)
    clear.click(None, None, boxes, js="() => ['', '']", **PRIVATE).then(None, js=ASK, **PRIVATE)
    swap.click(None, boxes, boxes, js=SWAP, **PRIVATE).then(None, js=ASK, **PRIVATE)
    add.click(None, sentence2, sentence2, js=ADD, **PRIVATE)
    pairs = json.dumps([example[:2] for example in (*EXAMPLES, *RANDOM_PAIRS)], ensure_ascii=False)
    random.click(None, sentence1, boxes, js=RANDOM % pairs, **PRIVATE).then(None, js=ASK, **PRIVATE)


def _sentence_box(number: int) -> gr.Textbox:
    """A box in which Enter asks and Shift with Enter begins a new line, and the line below it.

    It is filled by the first reply, not here: Gradio measures a box's height when it gets its text, and before the page
    has loaded the width is not known.
    """
    with gr.Column(elem_classes="tm-pair-box", min_width=280):
        box = gr.Textbox(
            label=text(f"compare_sentence_{number}"),
            placeholder=text(f"compare_placeholder_{number}"),
            lines=1,
            max_lines=8,
            elem_id=f"sentence{number}",
            html_attributes=gr.InputHTMLAttributes(
                lang="zh-CN", enterkeyhint="go", autocomplete="off", spellcheck=False
            ),
        )
        box_foot(number)
    return box


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
