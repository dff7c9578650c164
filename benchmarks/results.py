"""Write the tables of README.md and docs/results.md from committed figures: `python -m benchmarks.results`.

The figures are those of training (`metrics.json`), `benchmarks.recipe_as_printed`, `benchmarks.everyday` and
`benchmarks.ablation`; published ones are those of the page's About tab.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from textmatch.corpora import start_records

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "results.md"
PUBLISHED = ROOT / "textmatch" / "demo" / "data" / "literature.json"
DEFAULT = ROOT / "checkpoints" / "default" / "metrics.json"
MODELS = {
    "character overlap (`overlap`)": RESULTS / "overlap.json",
    "recipe as printed": RESULTS / "recipe_as_printed.json",
    "recipe corrected (`siamese`)": RESULTS / "siamese.json",
    "siamese BiLSTM (`bilstm`)": RESULTS / "bilstm.json",
    "version 0.1: interaction, made pairs, length prior": RESULTS / "first_light.json",
    "**default**": DEFAULT,
}
OTHER_CORPORA = ("atec", "bq", "covid", "chip2019")


def read_record(file: Path) -> dict[str, Any]:
    """A committed record of figures."""
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def summary() -> list[str]:
    """The table in README: the recipe, the default, and the best published figure that we know."""
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    best = max(published, key=lambda entry: float(re.findall(r"[\d.]+", entry["accuracy"])[-1]))
    rows = [("the recipe: siamese LSTM, cosine", MODELS["recipe corrected (`siamese`)"]), ("**default**", DEFAULT)]
    return [
        "| model | accuracy |",
        "| --- | ---: |",
        *(f"| {name} | {100 * read_record(file)['test']['accuracy']:.1f}% |" for name, file in rows),
        f"| best published that we know: {best['system']} ({best['source']}) | {best['accuracy']}% |",
    ]


def models() -> list[str]:
    """The table of models on LCQMC."""
    return [
        "| model | dev accuracy | test accuracy | test AUC | Spearman | ECE | Brier | parameters | MB | minutes |",
        "| --- |" + " ---: |" * 9,
        *(_model_row(name, read_record(file)) for name, file in MODELS.items()),
    ]


def _model_row(name: str, record: Mapping[str, Any]) -> str:
    dev, test = record["dev"], record["test"]
    minutes = record.get("minutes") or sum(_epoch_seconds(record)) / 60
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


def _epoch_seconds(record: Mapping[str, Any]) -> set[float]:
    """The seconds of every epoch that a checkpoint came from, each epoch once."""
    own = {epoch["seconds"] for epoch in record.get("history", ())}
    return own.union(*map(_epoch_seconds, start_records(record)))


def corpora() -> list[str]:
    """The table of other corpora: the default beside an interaction model trained on each corpus alone."""
    default = read_record(DEFAULT)["corpora"]
    lines = [
        "| corpus | pairs | accuracy, alone | **default** | best F1, alone | **default** | AUC, alone | **default** |",
        "| --- |" + " ---: |" * 7,
    ]
    for name in OTHER_CORPORA:
        both = (read_record(RESULTS / f"alone_{name}.json")["test"], default[name])
        cells = [f"{100 * figures['accuracy']:.1f}" for figures in both]
        cells += [f"{figures[key]:.3f}" for key in ("best_f1", "auc") for figures in both]
        lines.append(f"| {name} | {default[name]['pairs']:,} | {' | '.join(cells)} |")
    return lines


def ablation() -> list[str]:
    """The table of what each part of training adds (`benchmarks.ablation`)."""
    rows = read_record(RESULTS / "ablation.json")
    seeds = [rows.pop(name) for name in list(rows) if name.startswith("all of it")]
    formats = {"accuracy": "{:.1%}", "auc": "{:.4f}", "spearman": "{:.3f}", "behaviour": "{:.1%}"}
    spread = [
        f"{form.format(mean(one[key] for one in seeds))} ± {form.format(stdev(one[key] for one in seeds))}"
        for key, form in formats.items()
    ]
    return [
        "| training | dev accuracy | dev AUC | Spearman | behaviour |",
        "| --- |" + " ---: |" * 4,
        f"| all of it, {len(seeds)} seeds | {' | '.join(spread)} |",
        *(
            f"| {name} | {' | '.join(form.format(figures[key]) for key, form in formats.items())} |"
            for name, figures in rows.items()
        ),
    ]


def behaviour() -> list[str]:
    """The table of the behaviour suite."""
    categories = read_record(DEFAULT)["behaviour"]
    return [
        "| " + " | ".join(categories) + " |",
        "|" + " ---: |" * len(categories),
        "| " + " | ".join(f"{part['right'] / part['pairs']:.0%}" for part in categories.values()) + " |",
    ]


def everyday() -> list[str]:
    """The table of everyday pairs (`benchmarks.everyday --split test --json`)."""
    record = read_record(RESULTS / "everyday.json")
    below = (
        f"AUC {record['auc']:.3f}, ECE {record['ece']:.1%}; wrong with more than 90% confidence: "
        f"{record['wrong_and_confident']:.1%}."
    )
    rows = [
        f"| {'**all**' if kind == 'all' else kind} | {part['pairs']:,} | "
        + " | ".join(f"{part[key]:.1%}" for key in ("accuracy", "same", "different"))
        + " |"
        for kind, part in record["kinds"].items()
    ]
    head = ["| kind | pairs | right | of those that match | of those that do not |", "| --- |" + " ---: |" * 4]
    return [*head, *rows, "", below]


def fill(page: Path, tables: Sequence[Callable[[], list[str]]]) -> None:
    """Put each table between its markers in the page, and print it."""
    text = page.read_text(encoding="utf-8")
    for table in tables:
        start, end = f"<!-- {table.__name__}: benchmarks/results.py -->", f"<!-- /{table.__name__} -->"
        lines = "\n".join(table())
        print(lines)
        between = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        text = between.sub("\n\n".join([start, lines, end]), text)
    page.write_text(text, encoding="utf-8")


def main() -> None:
    """Write all tables."""
    fill(README, (summary,))
    fill(PAGE, (models, everyday, ablation, corpora, behaviour))


if __name__ == "__main__":
    main()
