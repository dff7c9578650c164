"""Measure what each part of the default's training adds: short runs on a twelfth of the pairs, evaluated on all of dev.

    python -m benchmarks.ablation ../shared/data/lcqmc paraphrases checkpoints/words

Each row leaves one part out. Test is not read. Rows that have figures already are not run again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpora import write
from textmatch.files import load_splits

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "ablation.json"
EVERY, EPOCHS = 12, 2


@dataclass(frozen=True)
class Row:
    """A run: its options, and whether it uses the second corpus and the pretrained start."""

    options: tuple[str, ...] = ()
    also: bool = True
    init: bool = True


ROWS = {
    "all of it": Row(),
    "all of it, seed 2": Row(("--seed", "2")),
    "all of it, seed 3": Row(("--seed", "3")),
    "without pretraining": Row(("--min-words", "2"), init=False),
    "without `paraphrases/`": Row(also=False),
    "without augmented and template pairs": Row(("--augmented-pairs", "0", "--template-pairs", "0")),
    "without transitive pairs": Row(("--transitive-pairs", "0")),
    "without the length prior": Row(("--no-length-prior",)),
    "without the contrastive loss": Row(("--contrastive-weight", "0")),
    "without weight averaging": Row(("--ema-decay", "0")),
    "without token dropout": Row(("--token-dropout", "0")),
}


def run(row: Row, folder: Path, init: Path) -> dict[str, float]:
    """Train one row and return its figures on dev."""
    output = folder / "model"
    command = [sys.executable, "train.py", "--data", str(folder / "main"), "--epochs", str(EPOCHS), *row.options]
    command += ["--also", str(folder / "second")] if row.also else []
    command += ["--init", str(init)] if row.init else []
    subprocess.run([*command, "--output", str(output), "--overwrite"], check=True, cwd=ROOT)
    record = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    suite = record["behaviour"].values()
    figures: dict[str, float] = {key: record["dev"][key] for key in ("accuracy", "auc", "spearman")}
    return figures | {"behaviour": sum(part["right"] for part in suite) / sum(part["pairs"] for part in suite)}


def main() -> None:
    """Run the rows that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("also", type=Path)
    parser.add_argument("init", type=Path)
    options = parser.parse_args()
    figures = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for corpus, part in (("main", options.data), ("second", options.also)):
            splits = load_splits(part)
            write(splits.train[::EVERY], folder / corpus / "train.tsv")
            write(splits.dev if corpus == "main" else splits.dev[::EVERY], folder / corpus / "dev.tsv")
        for name, row in ROWS.items():
            if name not in figures:
                figures[name] = run(row, folder, options.init.resolve())
                RESULTS.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
