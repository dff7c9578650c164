"""Write README's results table from the figures that training and the recipe's benchmark left behind.

python -m benchmarks.results
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from textmatch.card import starts

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
# Name → figures; the commands that make them stand in DEVELOPERS.md.
ROWS = {
    "character overlap (`overlap`)": RESULTS / "overlap.json",
    "recipe as printed": RESULTS / "recipe_as_printed.json",
    "recipe mended (`siamese`)": RESULTS / "siamese.json",
    "siamese BiLSTM (`bilstm`)": RESULTS / "bilstm.json",
    "interaction, made pairs, length prior": RESULTS / "first_light.json",
    "**default**": ROOT / "checkpoints" / "default" / "metrics.json",
}
OTHERS = ("atec", "bq", "covid", "chip2019")


def read(file: Path) -> dict[str, Any]:
    """A committed record."""
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def epochs(record: Mapping[str, Any]) -> set[float]:
    """The seconds of every epoch that a checkpoint came from, those of its starts included, each once."""
    return {epoch["seconds"] for epoch in record.get("history", ())}.union(*map(epochs, starts(record)))


def row(name: str, file: Path) -> str:
    """One line of the table of models."""
    record = read(file)
    dev, test = record["dev"], record["test"]
    minutes = record.get("minutes") or sum(epochs(record)) / 60
    megabytes = record.get("megabytes") or record["parameters"] * 2 / 1e6  # checkpoints are in half precision
    cells = (
        name,
        f"{100 * dev['accuracy']:.1f}",
        f"{100 * test['accuracy']:.1f}",
        f"{test['auc']:.3f}",
        f"{test['spearman']:.3f}",
        f"{100 * test['ece']:.1f}",
        f"{test['brier']:.3f}",
        f"{record['parameters'] / 1e6:.2f} M",
        f"{megabytes:.1f}",
        f"{minutes:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def models() -> list[str]:
    """The table of models on LCQMC."""
    return [
        "| model | dev accuracy | test accuracy | test AUC | Spearman | ECE | Brier | parameters | MB | minutes |",
        "| --- |" + " ---: |" * 9,
        *(row(name, file) for name, file in ROWS.items() if file.exists()),
    ]


def corpora() -> list[str]:
    """The table of other corpora: the default beside an interaction model trained on each alone."""
    together = read(ROWS["**default**"])["corpora"]
    lines = [
        "| corpus | pairs | accuracy, alone | **default** | best F1, alone | **default** | AUC, alone | **default** |",
        "| --- |" + " ---: |" * 7,
    ]
    for name in OTHERS:
        file = RESULTS / f"alone_{name}.json"
        if not file.exists():
            continue
        alone, own = read(file)["test"], together[name]
        cells = [f"{100 * figures['accuracy']:.1f}" for figures in (alone, own)]
        cells += [f"{figures[key]:.3f}" for key in ("best_f1", "auc") for figures in (alone, own)]
        lines.append(f"| {name} | {own['pairs']:,} | {' | '.join(cells)} |")
    return lines


def ablation() -> list[str]:
    """The table of what each part of training is worth (`benchmarks.ablation`)."""
    found = read(RESULTS / "ablation.json")
    seeds = [found.pop(name) for name in list(found) if name.startswith("all of it")]
    lines = ["| training | dev accuracy | dev AUC | Spearman | behaviour |", "| --- |" + " ---: |" * 4]
    shown = {"accuracy": "{:.1%}", "auc": "{:.4f}", "spearman": "{:.3f}", "behaviour": "{:.1%}"}
    spread = [
        f"{form.format(mean(one[key] for one in seeds))} ± {form.format(stdev(one[key] for one in seeds))}"
        for key, form in shown.items()
    ]
    lines.append(f"| all of it, {len(seeds)} seeds | {' | '.join(spread)} |")
    for name, figures in found.items():
        lines.append(f"| {name} | {' | '.join(form.format(figures[key]) for key, form in shown.items())} |")
    return lines


def behaviour() -> list[str]:
    """The table of the behaviour suite."""
    found = read(ROWS["**default**"])["behaviour"]
    return [
        "| " + " | ".join(found) + " |",
        "|" + " ---: |" * len(found),
        "| " + " | ".join(f"{part['right'] / part['pairs']:.0%}" for part in found.values()) + " |",
    ]


def main() -> None:
    """Put the tables between README's markers and print them."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for table in (models, ablation, corpora, behaviour):
        start, end = f"<!-- {table.__name__}: benchmarks/results.py -->", f"<!-- /{table.__name__} -->"
        lines = "\n".join(table())
        print(lines)
        between = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        text = between.sub("\n\n".join([start, lines, end]), text)
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
