"""The about tab: every figure is the checkpoint's own, and what a checkpoint does not have is not shown."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import gradio as gr
import pytest

from tests.helpers import PHONE, expect
from textmatch.config import Arch
from textmatch.corpora import all_corpora
from textmatch.demo import Models
from textmatch.demo.i18n import TEXTS
from textmatch.demo.tabs import about
from textmatch.demo.tabs.about import LITERATURE
from textmatch.errors import CheckpointError

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "default"
BEHAVIOUR = {
    "negation": {"pairs": 4, "right": 3},
    "new": {"pairs": 2, "right": 2},
    "none": {"pairs": 0, "right": 0},
}
CORPORA = {
    "lcqmc": {"split": "test", "pairs": 12, "accuracy": 0.85, "f1": 0.86, "auc": 0.94},
    "other": {"accuracy": 0.7},
}
RELIABILITY = [
    {"confidence": 0.9, "share": 0.88, "pairs": 40},
    {"confidence": 0.55, "share": 0.6, "pairs": 10},
    {"confidence": 0.7, "share": 0.0, "pairs": 0},
]


def shown(models: Models) -> dict[str, Any]:
    """The value of every table and chart of the tab, by the key of its title."""
    with gr.Blocks() as page:
        about.tab(models)
    values = [block.value for block in page.blocks.values() if isinstance(block, gr.HTML)]
    return {
        value["caption"]["key"] if isinstance(value["caption"], dict) else value["caption"]: value for value in values
    }


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    """What the tab shows of the shipped checkpoint."""
    return shown(Models({"default": CHECKPOINT}, device="cpu"))


@pytest.fixture
def with_record(tmp_path: Path) -> Callable[..., Models]:
    """The shipped checkpoint with other figures."""

    def make(record: dict[str, Any]) -> Models:
        folder = tmp_path / "default"
        shutil.copytree(CHECKPOINT, folder)
        (folder / "metrics.json").write_text(json.dumps(record), encoding="utf-8")
        return Models({"default": folder}, device="cpu")

    return make


def test_the_results_are_those_of_the_record(shipped: dict[str, Any]) -> None:
    record = json.loads((CHECKPOINT / "metrics.json").read_text(encoding="utf-8"))
    results = shipped["about_results"]["rows"]
    assert [row[:3] for row in results] == [
        ["default", {"key": f"about_split_{split}"}, record[split]["pairs"]] for split in ("dev", "test", "test_new")
    ]
    test = record["test"]
    assert results[1][3:] == [
        f"{100 * test['accuracy']:.1f}%",
        f"{100 * test['f1']:.1f}%",
        *(f"{test[name]:.3f}" for name in ("auc", "spearman")),
        f"{100 * test['ece']:.1f}%",
        f"{test['brier']:.3f}",
    ]
    facts = {row[0]["key"]: row[1] for row in shipped["about_training"]["rows"]}
    learnt = [row[0] for row in shipped["about_learnt"]["rows"]]
    assert learnt == all_corpora(record)
    assert {record["corpus"], *record["corpora"], "kinds", "generated", "unlabelled"} <= set(learnt)  # of earlier runs
    assert all("key" in row[1] for row in shipped["about_learnt"]["rows"])  # each has a name in the visitor's language
    assert facts["about_command"] == record["command"]
    assert facts["about_parameters"] == f"{record['parameters']:,}"


@pytest.mark.slow
def test_the_epochs_of_a_run_are_drawn() -> None:
    folder = CHECKPOINT.with_name("siamese")
    epochs = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["history"]
    points = shown(Models({"siamese": folder}, device="cpu"))["about_history"]["points"]
    assert points == [[epoch["epoch"], epoch["dev_accuracy"]] for epoch in epochs]


def test_the_literature_is_cited_beside_the_own_figure(shipped: dict[str, Any]) -> None:
    cited = json.loads(LITERATURE.read_text(encoding="utf-8"))
    rows = shipped["about_literature"]["rows"]
    assert [row[0] for row in rows[:-1]] == [entry["system"] for entry in cited]
    assert all(entry["source"] for entry in cited)
    assert rows[-1][0] == "default"


def test_what_a_record_has_is_shown(with_record: Callable[..., Models]) -> None:
    values = shown(with_record({"behaviour": BEHAVIOUR, "corpora": CORPORA, "reliability": RELIABILITY}))
    assert values["about_behaviour"]["rows"] == [
        [{"key": "about_behaviour_negation"}, 4, {"share": 0.75}],
        ["new", 2, {"share": 1.0}],
    ]
    assert values["about_corpora"]["columns"] == [
        {"key": f"about_{key}"} for key in ("corpus", "split", "pairs", "figure_accuracy", "figure_f1", "figure_auc")
    ]
    assert values["about_corpora"]["rows"] == [
        [{"key": "about_corpus_lcqmc"}, {"key": "about_split_test"}, 12, "85.0%", "86.0%", "0.940"],
        ["other", None, None, "70.0%", None, None],
    ]
    assert values["about_reliability"]["points"] == [[0.55, 0.6], [0.9, 0.88]]


def test_what_a_record_lacks_is_not(with_record: Callable[..., Models]) -> None:
    values = shown(with_record({"test": {"accuracy": 0.5}, "history": [], "training": {}}))
    assert values.keys() == {"about_results", "about_training"}
    assert values["about_results"]["rows"] == [
        ["default", {"key": "about_split_test"}, None, "50.0%", None, None, None, None, None]
    ]


def test_every_architecture_is_described() -> None:
    for texts in TEXTS.values():
        assert {f"about_arch_{arch}" for arch in get_args(Arch)} <= texts.keys()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "texts"),
    [pytest.param("zh-CN", TEXTS["zh"], id="zh"), pytest.param("en-US", TEXTS["en"], id="en")],
)
def test_the_tab_speaks_the_visitors_language(visit: Callable[..., Any], locale: str, texts: dict[str, str]) -> None:
    page = visit(locale, PHONE)
    page.get_by_role("tab").filter(has_text=texts["page_about"]).click()
    page.get_by_role("table", name=texts["about_results"], exact=True).wait_for()
    page.get_by_role("img", name=texts["about_reliability"]).wait_for()
    page.locator("#about-learnt").get_by_text(texts["about_corpus_kinds"]).wait_for()
    page.get_by_text(texts["about_results_shares"]).wait_for()
    expect(page.locator("#about-results thead th").nth(3)).to_have_text(texts["about_figure_accuracy"])
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tables = page.locator("[id^=about-] .tm-scroll")
    assert tables.evaluate_all("tables => tables.filter((table) => table.scrollWidth > table.clientWidth).length") == 0
    first = page.get_by_role("table", name=texts["about_results"]).get_by_role("row").nth(1)
    cells = first.get_by_role("cell")
    expect(cells).to_have_count(len(page.locator("#about-results thead th").all()) - 1)
    heading = cells.last.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert texts["about_figure_brier"] in heading


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metrics", "config"),
    [
        ('{"test": 5, "dev": {"accuracy": "high", "f1": null}, "parameters": "many"}', '{"model": "lstm"}'),
        ('{"test": {"accuracy": NaN}, "parameters": 1e400}', '{"model": {"arch": ["x"]}}'),
        ("[" * 100_000, "[" * 100_000),
        ("", "version https://git-lfs"),
    ],
)
def test_a_damaged_neighbour_does_not_stop_the_page(tmp_path: Path, metrics: str, config: str) -> None:
    own, neighbour = tmp_path / "own", tmp_path / "neighbour"
    shutil.copytree(Path(__file__).parents[1] / "checkpoints" / "overlap", own)
    neighbour.mkdir()
    (neighbour / "metrics.json").write_text(metrics, encoding="utf-8")
    (neighbour / "config.json").write_text(config, encoding="utf-8")
    models = Models.beside(own, "cpu")
    assert models.names == ("own", "neighbour")
    with gr.Blocks():
        about.tab(models)
    assert models.facts("neighbour").card.endswith("0.0 MB")
    with pytest.raises(CheckpointError):
        models["neighbour"]
