"""Write README's results table from the figures that training and the recipe's benchmark left behind.

python -m benchmarks.results
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROWS = {
    "recipe as printed": ROOT / "benchmarks" / "results" / "recipe_as_printed.json",
    "recipe mended (`siamese`)": ROOT / "benchmarks" / "results" / "siamese.json",
    "**default** (`interaction`)": ROOT / "checkpoints" / "default" / "metrics.json",
}
START, END = "<!-- results: benchmarks/results.py -->", "<!-- /results -->"


def row(name: str, file: Path) -> str:
    """One line of the table."""
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    dev, test = record["dev"], record["test"]
    minutes = record.get("minutes") or sum(epoch["seconds"] for epoch in record["history"]) / 60
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


def main() -> None:
    """Put the table between README's markers and print it."""
    table = [
        "| model | dev accuracy | test accuracy | test AUC | Spearman | ECE | Brier | parameters | MB | minutes |",
        "| --- |" + " ---: |" * 9,
        *(row(name, file) for name, file in ROWS.items()),
    ]
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    between = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    readme.write_text(between.sub("\n\n".join([START, "\n".join(table), END]), text), encoding="utf-8")
    print("\n".join(table))


if __name__ == "__main__":
    main()
