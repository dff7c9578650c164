"""textmatch.demo.components: what Gradio may compile, and the table, the status and the chart in a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from tests.helpers import HOSTILE, Visit, expect
from textmatch.demo import components, launch_options
from textmatch.demo.components.chart import chart
from textmatch.demo.components.status import IDLE, WORKING, StatusValue, status, status_value
from textmatch.demo.components.table import EMPTY_TABLE, TableValue, table, table_value
from textmatch.demo.tabs.batch import PROGRESS_TEXTS

FOLDER = Path(components.__file__).parent
COMPILED = sorted([*FOLDER.glob("*/template.html"), *FOLDER.glob("*/style.css")])

TABLES: dict[str, TableValue] = {
    "none": EMPTY_TABLE,
    "visitors": table_value(
        [HOSTILE[0], {"key": "batch_new_probability"}],
        [[HOSTILE[1], "97.3%"], ["短", ""]],
        {"key": "batch_read", "name": HOSTILE[2], "rows": "2"},
        visitors=True,
    ),
    "figures": table_value(
        [{"key": "compare_candidate"}, {"key": "compare_verdict"}, {"key": "compare_probability"}],
        [[HOSTILE[3], {"key": "verdict_matched"}, {"share": 0.25}], ["短", None, 12]],
    ),
}
STATUSES: dict[str, StatusValue] = {
    "none": IDLE,
    "error": status_value({"text": HOSTILE[0]}, messages=[{"text": HOSTILE[1]}], tone="error"),
    "waiting": status_value({"key": "batch_queued"}, progress=WORKING),
    "running": status_value(
        {"key": "batch_running"}, progress={"share": 0.5, "done": "4", "total": "8", "left": "0:07"}
    ),
    "start": status_value({"key": "batch_running"}, progress={"share": 0.0, "done": "0", "total": "8", "left": None}),
}


@pytest.mark.parametrize("file", COMPILED, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_gradio_compiles_is_static(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not [mark for mark in ("${", "{{", "`", "\\") if mark in text]


@pytest.fixture(scope="module")
def page_url() -> Iterator[str]:
    """A page with a table, a status, a chart, and two boxes that name what the first two show."""
    with gr.Blocks(analytics_enabled=False) as page:
        names = [gr.Textbox(elem_id=name) for name in ("show-table", "show-status")]
        shown_table = table(elem_id="table")
        shown_status = status(elem_id="status", progress_texts=PROGRESS_TEXTS)
        chart([(1, 0.8), (2, 0.9)], caption="about_history", x="about_epoch", y="about_figure_accuracy")
        quiet: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple"}
        names[0].submit(TABLES.get, names[0], shown_table, **quiet)
        names[1].submit(STATUSES.get, names[1], shown_status, **quiet)
        page.load(lambda: "ready", None, names[0])
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield url
    page.close(verbose=False)


@pytest.fixture(scope="module")
def page(new_page: Callable[..., Any], page_url: str) -> Iterator[Any]:
    opened = new_page(page_url, Visit("en-US"))
    opened.page.goto(page_url)
    opened.page.wait_for_function("document.querySelector('#show-table :is(textarea, input)')?.value === 'ready'")
    yield opened.page
    opened.page.close()
    assert not opened.complaints


def ask(page: Any, what: str, name: str) -> Any:
    """Show a value in the table or the status; returns it."""
    box = page.locator(f"#show-{what} :is(textarea, input)")
    box.fill(name)
    box.press("Enter")
    shown = page.locator(f".tm-{what}")
    shown.wait_for(state="hidden" if name == "none" else "visible")
    return shown


@pytest.mark.browser
def test_a_visitors_table_shows_texts_as_texts(page: Any) -> None:
    ask(page, "table", "none")
    shown = ask(page, "table", "visitors")
    expect(shown.locator("thead th")).to_have_text([HOSTILE[0], "Probability"])
    expect(shown.locator("tbody td")).to_have_text([HOSTILE[1], "97.3%", "短", ""])
    expect(shown.locator(".tm-caption")).to_contain_text(HOSTILE[2])
    expect(page.get_by_role("table", name=HOSTILE[2])).to_have_count(1)
    expect(shown.locator("img, script")).to_have_count(0)
    colour = "heading => getComputedStyle(heading).color"
    assert shown.locator("th").nth(0).evaluate(colour) != shown.locator("th").nth(1).evaluate(colour)


@pytest.mark.browser
def test_a_table_of_figures_has_row_headings_bars_and_dashes(page: Any) -> None:
    ask(page, "table", "none")
    shown = ask(page, "table", "figures")
    expect(shown.locator("tbody th[scope=row]")).to_have_text([HOSTILE[3], "短"])
    expect(shown.locator("tbody td")).to_have_text(["Same meaning", "25.0%", "–", "12"])
    bar = "cell => getComputedStyle(cell, '::after').width"
    cell = shown.locator(".tm-bar")
    assert float(cell.evaluate(bar)[:-2]) == pytest.approx((cell.bounding_box()["width"] - 32) / 4, abs=1)
    expect(shown.locator(".tm-caption")).to_be_hidden()


@pytest.mark.browser
def test_an_empty_table_and_an_idle_status_take_no_space(page: Any) -> None:
    for what in ("table", "status"):
        ask(page, what, "none")
        expect(page.locator(f"#{what}")).to_be_hidden()


@pytest.mark.browser
def test_a_status_shows_its_line_its_messages_and_its_progress(page: Any) -> None:
    shown = ask(page, "status", "error")
    expect(shown.locator("[role=status] .tm-status-line")).to_have_text(HOSTILE[0])
    expect(shown.locator("[role=status] li")).to_have_text([HOSTILE[1]])
    expect(shown.locator("img")).to_have_count(0)
    expect(shown).to_have_attribute("data-tone", "error")
    expect(shown.locator("progress")).to_be_hidden()

    ask(page, "status", "waiting")
    bar = page.get_by_role("progressbar", name="Progress")
    bar.wait_for()
    assert bar.get_attribute("value") is None
    expect(shown.locator(".tm-progress span")).to_have_text("")
    ask(page, "status", "running")
    shown.locator(".tm-progress span").get_by_text("4 of 8 rows, about 0:07 left").wait_for()
    expect(bar).to_have_attribute("value", "0.5")
    ask(page, "status", "start")
    shown.locator(".tm-progress span").get_by_text("0 of 8 rows", exact=True).wait_for()


@pytest.mark.browser
def test_a_chart_says_its_figures(page: Any) -> None:
    name = page.locator(".tm-chart svg").get_attribute("aria-label")
    assert name.endswith("(Epoch: Accuracy) 1: 80%, 2: 90%")
    expect(page.locator(".tm-chart circle")).to_have_count(2)
