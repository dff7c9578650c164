"""The page: two boxes, a verdict, a gauge and examples; and one endpoint for programs, `/predict`."""

import json
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api
from starlette.middleware import Middleware

from textmatch.demo.answers import Answers
from textmatch.demo.gauge import WAITING, gauge
from textmatch.demo.language import ChineseFirst
from textmatch.demo.notes import NOTHING, notes
from textmatch.demo.texts import EXAMPLES, TRANSLATIONS, text
from textmatch.demo.theme import theme
from textmatch.matcher import TextMatcher

CONCURRENCY = 4
"""Comparisons that run at once: each takes milliseconds, so a few threads keep the queue short."""

NO_VERDICT = {"label": "–", "confidences": []}
"""A label at rest, as the browser knows it."""

SWAP = "(first, second) => [second, first]"

SHOW = """() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector("#pair").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}"""
"""On a phone the examples are far below the answer they bring about."""


def build(matcher: TextMatcher, name: str = "default") -> gr.Blocks:
    """The page around `matcher`, whose checkpoint is called `name` on it."""
    answers = Answers(matcher, name)
    matcher.predict([EXAMPLES[0][1:]])  # the first call loads a dictionary: no visitor should wait for that
    page = gr.Blocks(title="句意比较 · textmatch", analytics_enabled=False)
    with page:
        gr.Markdown(text("heading"), elem_id="heading")
        with gr.Row(elem_id="pair"):
            first = _box(1)
            swap = gr.Button(text("swap"), elem_id="swap", min_width=44, scale=0)
            second = _box(2)
        with gr.Row(elem_id="actions"):
            compare = gr.Button(text("compare"), variant="primary", elem_id="compare", scale=4, min_width=160)
            clear = gr.Button(text("clear"), elem_id="clear", scale=1, min_width=96)
        with gr.Column(elem_id="answer"):
            with gr.Row(elem_id="result"):
                verdict = gr.Label(label=text("verdict"), elem_id="verdict", min_width=280)
                meter = gauge()
            below = notes()
        boxes: list[Any] = [first, second]
        result: list[Any] = [verdict, meter, below]
        shared: dict[str, Any] = {"concurrency_limit": CONCURRENCY, "concurrency_id": "predict"}

        gr.on(
            [compare.click, first.submit, second.submit],
            answers.compare,
            boxes,
            result,
            validator=answers.check,
            api_visibility="private",
            show_progress="hidden",
            **shared,
        )
        page.load(answers.compare, boxes, result, api_visibility="private", show_progress="hidden", **shared)
        swap.click(None, boxes, boxes, js=SWAP, api_visibility="private")
        clear.click(None, None, [*boxes, *result], js=_clear(), api_visibility="private")
        examples = gr.Examples(
            [[example.sentence1, example.sentence2] for example in EXAMPLES],
            boxes,
            result,
            answers.compare,
            cache_examples=False,
            run_on_click=True,
            examples_per_page=len(EXAMPLES),
            example_labels=[f"{shows}\n{first}\n{second}" for shows, first, second in EXAMPLES],
            label=text("examples"),
            elem_id="examples",
            api_visibility="private",
        )
        examples.dataset.click(None, js=SHOW, api_visibility="private")
        gr.Markdown(text("about"), elem_id="about")
        api(answers.predict, api_name="predict", **shared)
    return page


def launch_options() -> dict[str, Any]:
    """How the page is launched: its looks and languages, and nothing switched on that it does not need."""
    return {
        "theme": theme(),
        "css_paths": [Path(__file__).parent / "style.css"],
        "app_kwargs": {"middleware": [Middleware(ChineseFirst)]},
        "i18n": TRANSLATIONS,
        "footer_links": ["api"],
        "max_file_size": "1kb",
        "enable_monitoring": False,
        "show_error": False,
        "run_history": False,
        "pwa": False,
        "ssr_mode": False,
        "share": False,
    }


def _box(position: int) -> gr.Textbox:
    sentence = EXAMPLES[0][position]
    return gr.Textbox(
        sentence,
        label=text(f"sentence{position}"),
        placeholder=text(f"placeholder{position}"),
        lines=1,
        max_lines=1,
        min_width=280,
        elem_id=f"sentence{position}",
        html_attributes=gr.InputHTMLAttributes(lang="zh-CN", enterkeyhint="go", autocomplete="off", spellcheck=False),
    )


def _clear() -> str:
    """The script that empties the boxes and lays the result to rest."""
    return f"() => {json.dumps(['', '', NO_VERDICT, WAITING, NOTHING])}"
