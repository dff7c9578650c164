"""The about tab: how good the models are and how the default one was trained, read from their metrics files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from textmatch.corpora import all_corpora, current_name
from textmatch.demo.components.chart import chart
from textmatch.demo.components.table import Cell, table, table_value
from textmatch.demo.i18n import TEXTS, text
from textmatch.demo.models import Models

Rows = list[list[Cell]]

SPLITS = ("dev", "test", "test_new")
"""``test_new`` is test without the pairs that train holds, too."""
FIGURES = ("accuracy", "f1", "auc", "spearman", "ece", "brier")
PERCENT = ("accuracy", "f1", "ece")
"""Figures shown in percent; the others are shown with three digits."""

LITERATURE = Path(__file__).parents[1] / "data" / "literature.json"
"""Published accuracies on LCQMC's test split, in %, with their sources; no other figure here was typed by hand."""


def tab(models: Models) -> None:
    """Build the tab inside its open ``gr.Tab``. What a checkpoint does not record is left out."""
    facts = models.facts(models.default)
    record = facts.record
    gr.Markdown(text("about_lead"), elem_classes="tm-intro")
    _results(models)
    if record.get("corpus") == "lcqmc" and facts.accuracy is not None:
        _literature(models.default, facts.accuracy)
    if "behaviour" in record:
        _behaviour(record["behaviour"])
    if "corpora" in record:
        _corpora(record["corpora"])
    with gr.Row(elem_classes="tm-charts"):
        if record.get("reliability"):
            _reliability(record["reliability"])
        if record.get("history"):
            _history(record["history"])
    _learnt(record)
    _training(models, record)
    gr.Markdown(text("about_limits"), elem_classes="tm-prose")


def _results(models: Models) -> None:
    rows: Rows = []
    for name in models.names:
        record = models.facts(name).record
        for split in SPLITS:
            if split in record:
                figures = [_figure(each, record[split].get(each)) for each in FIGURES]
                rows.append([name, _named(f"about_split_{split}", split), record[split].get("pairs"), *figures])
    columns = ("about_model", "about_split", "about_pairs", *_figure_keys(FIGURES))
    _section("about_results", columns, rows)
    gr.Markdown(text("about_results_note"), elem_classes="tm-prose")
    if models.facts(models.default).record.get("dev_also_scores"):
        gr.Markdown(text("about_results_shares"), elem_classes="tm-prose")


def _literature(name: str, accuracy: float) -> None:
    published = json.loads(LITERATURE.read_text(encoding="utf-8"))
    rows: Rows = [[entry["system"], f"{entry['accuracy']}%", entry["source"]] for entry in published]
    rows.append([name, _figure("accuracy", accuracy), {"key": "about_this"}])
    _section("about_literature", ("about_system", "about_figure_accuracy", "about_source"), rows)


def _behaviour(behaviour: Mapping[str, Mapping[str, int]]) -> None:
    rows: Rows = [
        [_named(f"about_behaviour_{category}", category), counts["pairs"], {"share": counts["right"] / counts["pairs"]}]
        for category, counts in behaviour.items()
        if counts["pairs"]
    ]
    _section("about_behaviour", ("about_category", "about_pairs", "about_right"), rows)


def _corpora(corpora: Mapping[str, Mapping[str, Any]]) -> None:
    shown = [name for name in FIGURES if any(name in figures for figures in corpora.values())]
    rows: Rows = [
        [
            _named(f"about_corpus_{current_name(corpus)}", corpus),
            {"key": f"about_split_{figures['split']}"} if "split" in figures else None,
            figures.get("pairs"),
            *(_figure(name, figures.get(name)) for name in shown),
        ]
        for corpus, figures in corpora.items()
        if figures
    ]
    _section("about_corpora", ("about_corpus", "about_split", "about_pairs", *_figure_keys(shown)), rows)


def _reliability(bins: Sequence[Mapping[str, float]]) -> None:
    points = sorted((each["confidence"], each["share"]) for each in bins if each["pairs"])
    chart(points, caption="about_reliability", x="about_confidence", y="about_share", diagonal=True)


def _history(history: Sequence[Mapping[str, float]]) -> None:
    points = [(epoch["epoch"], epoch["dev_accuracy"]) for epoch in history]
    chart(points, caption="about_history", x="about_epoch", y="about_figure_accuracy")


def _learnt(record: Mapping[str, Any]) -> None:
    """Every corpus that the default model, or one that it came from, was trained on."""
    rows: Rows = [[corpus, _named(f"about_corpus_{corpus}", "")] for corpus in all_corpora(record)]
    _section("about_learnt", ("about_corpus", "about_what"), rows)


def _training(models: Models, record: Mapping[str, Any]) -> None:
    config = models[models.default].config
    versions = ", ".join(f"{name} {version}" for name, version in record.get("versions", {}).items())
    minutes = sum(epoch.get("seconds", 0) for epoch in record.get("history", ())) / 60
    facts: dict[str, Cell] = {
        "about_checkpoint": _version(models),
        "about_network": {"key": f"about_arch_{config.arch}"},
        "about_parameters": f"{record['parameters']:,}" if "parameters" in record else None,
        "about_reads": {"key": f"about_reads_{config.unit}", "count": str(config.max_length)},
        "about_command": record.get("command"),
        "about_seed": str(record["training"]["seed"]) if "seed" in record.get("training", {}) else None,
        "about_minutes": f"{minutes:.0f}" if minutes else None,
        "about_machine": f"{record['device']}, {record.get('precision', '')}" if "device" in record else None,
        "about_versions": versions or None,
        "about_date": record.get("date"),
    }
    rows: Rows = [[{"key": key}, value] for key, value in facts.items() if value is not None]
    _section("about_training", ("about_fact", "about_value"), rows)


def _version(models: Models) -> str:
    """Which checkpoint exactly: its name, and its commit on the Hub or the beginning of its weights' SHA-256."""
    weights = models.facts(models.default).sha256[:12]
    exact = f"commit {models.commit}" if models.commit else weights and f"SHA-256 {weights}"
    return " · ".join(filter(None, (models.default, exact)))


def _section(key: str, columns: Sequence[str], rows: Rows) -> None:
    """A table with `key` as its heading; nothing if there are no rows."""
    if rows:
        headings = [{"key": column} for column in columns]
        value = table_value(headings, rows, {"key": key})
        table(value, elem_id=key.replace("_", "-"))


def _named(key: str, name: str) -> Cell:
    """The text `key` for a name in the record, or the name itself if there is no such text."""
    return {"key": key} if key in TEXTS["en"] else name


def _figure(name: str, value: float | None) -> Cell:
    if value is None:
        return None
    return f"{100 * value:.1f}%" if name in PERCENT else f"{value:.3f}"


def _figure_keys(names: Sequence[str]) -> list[str]:
    return [f"about_figure_{name}" for name in names]
