"""The about tab: what the page's models are worth and how they were made, read from each checkpoint's own figures."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from textmatch.config import ModelConfig
from textmatch.demo.chart import chart
from textmatch.demo.models import Models
from textmatch.demo.table import Cell, rows, table
from textmatch.demo.texts import CHINESE, text

SPLITS = ("dev", "test")
FIGURES = ("accuracy", "f1", "auc", "spearman", "ece", "brier")
PERCENT = ("accuracy", "f1", "ece")
"""Figures told in percent; the others are told as they are."""

LITERATURE = Path(__file__).with_name("literature.json")
"""Published accuracies on LCQMC's test split, in %, with their sources; the only figures here that were typed."""


def tab(models: Models) -> None:
    """Build the tab's components, inside its open ``gr.Tab``."""
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
    _training(record, models[models.default].config)
    gr.Markdown(text("about_limits"), elem_classes="tm-prose")


def _results(models: Models) -> None:
    lines: list[list[Cell]] = []
    for name in models.names:
        record = models.facts(name).record
        for split in SPLITS:
            if split in record:
                lines.append([name, _said("split", split), record[split].get("pairs"), *_figures(record[split])])
    columns = ("about_model", "about_split", "about_pairs", *(f"about_{figure}" for figure in FIGURES))
    _section("about_results", columns, lines, ("about_split_dev", "about_split_test"))
    gr.Markdown(text("about_results_note"), elem_classes="tm-prose")


def _figures(split: Mapping[str, Any]) -> list[Cell]:
    return [_figure(name, split.get(name)) for name in FIGURES]


def _figure(name: str, value: float | None) -> Cell:
    if value is None:
        return None
    return f"{100 * value:.1f}%" if name in PERCENT else f"{value:.3f}"


def _literature(name: str, accuracy: float) -> None:
    cited = json.loads(LITERATURE.read_text(encoding="utf-8"))
    lines: list[list[Cell]] = [[entry["system"], f"{entry['accuracy']}%", entry["source"]] for entry in cited]
    lines.append([name, f"{100 * accuracy:.1f}%", {"key": "about_this"}])
    _section("about_literature", ("about_system", "about_accuracy", "about_source"), lines, ("about_this",))


def _behaviour(behaviour: Mapping[str, Mapping[str, int]]) -> None:
    lines: list[list[Cell]] = [
        [_said("behaviour", category), counts["pairs"], {"share": counts["right"] / counts["pairs"]}]
        for category, counts in behaviour.items()
        if counts["pairs"]
    ]
    _section("about_behaviour", ("about_category", "about_pairs", "about_right"), lines, _keys(lines))


def _corpora(corpora: Mapping[str, Mapping[str, float]]) -> None:
    shown = [name for name in FIGURES if any(name in figures for figures in corpora.values())]
    lines: list[list[Cell]] = [
        [_said("corpus", corpus), *(_figure(name, figures.get(name)) for name in shown)]
        for corpus, figures in corpora.items()
    ]
    _section("about_corpora", ("about_corpus", *(f"about_{name}" for name in shown)), lines, _keys(lines))


def _said(kind: str, name: str) -> Cell:
    """The visitor's word for a name in the record, if there is one; else the name."""
    key = f"about_{kind}_{name}"
    return {"key": key} if key in CHINESE else name


def _keys(lines: list[list[Cell]]) -> tuple[str, ...]:
    return tuple(str(line[0]["key"]) for line in lines if isinstance(line[0], dict))


def _reliability(bins: list[Mapping[str, float]]) -> None:
    points = sorted((each["confidence"], each["share"]) for each in bins if each["pairs"])
    chart(points, caption="about_reliability", x="about_confidence", y="about_share", diagonal=True)


def _history(history: list[Mapping[str, float]]) -> None:
    points = [(epoch["epoch"], epoch["dev_accuracy"]) for epoch in history]
    chart(points, caption="about_history", x="about_epoch", y="about_accuracy")


def _training(record: Mapping[str, Any], config: ModelConfig) -> None:
    versions = ", ".join(f"{name} {version}" for name, version in record.get("versions", {}).items())
    minutes = sum(epoch.get("seconds", 0) for epoch in record.get("history", ())) / 60
    facts: dict[str, Cell] = {
        "about_network": {"key": f"about_arch_{config.arch}"},
        "about_parameters": f"{record['parameters']:,}" if "parameters" in record else None,
        "about_reads": {"key": f"about_{config.unit}s", "count": str(config.max_length)},
        "about_corpus": record.get("corpus"),
        "about_command": record.get("command"),
        "about_seed": str(record["training"]["seed"]) if "seed" in record.get("training", {}) else None,
        "about_minutes": f"{minutes:.0f}" if minutes else None,
        "about_machine": f"{record['device']}, {record.get('precision', '')}" if "device" in record else None,
        "about_versions": versions or None,
        "about_date": record.get("date"),
    }
    lines: list[list[Cell]] = [[{"key": key}, value] for key, value in facts.items() if value is not None]
    keys = (*facts, f"about_arch_{config.arch}", f"about_{config.unit}s")
    _section("about_training", ("about_fact", "about_value"), lines, keys)


def _section(key: str, columns: tuple[str, ...], lines: list[list[Cell]], keys: tuple[str, ...] = ()) -> None:
    """A table whose caption is its heading; nothing where there is nothing to show."""
    if lines:
        table(rows(columns, lines, {"key": key}), elem_id=key.replace("_", "-"), keys=(key, *columns, *keys))
