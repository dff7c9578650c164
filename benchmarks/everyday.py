"""How often a checkpoint is right on everyday pairs, kind by kind.

The suite has 28 kinds of pairs (idioms, numbers, negation, roles …), written for this purpose by people who had not
read the training pairs. `dev.tsv` is there to look at its mistakes; `test.tsv` is scored once for each reported
checkpoint.

    python -m benchmarks.everyday                    # dev
    python -m benchmarks.everyday --split test --json
    python -m benchmarks.everyday --record           # writes the scores of dev into the checkpoint's metrics.json
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from textmatch import TextMatcher
from textmatch.checkpoint import METRICS
from textmatch.evaluation import score_counts
from textmatch.files import Pair
from textmatch.metrics import compute_metrics

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).with_name("everyday")
CONFIDENT = 0.9


@dataclass(frozen=True, slots=True)
class Kind:
    """Shares of right predictions in one kind, or in all: of all pairs, of those that match, of those that do not."""

    pairs: int
    accuracy: float
    same: float
    different: float


def read_suite(split: str) -> list[tuple[str, str, str, int]]:
    """Kind, both sentences and label of each pair."""
    with (FOLDER / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["kind"], row["sentence1"], row["sentence2"], int(row["label"])) for row in rows]


def figures(probabilities: list[float], labels: list[int]) -> Kind:
    """The figures of some pairs with both labels among them."""
    right = [(probability > 0.5) == bool(label) for probability, label in zip(probabilities, labels, strict=True)]
    by_label = [[r for r, label in zip(right, labels, strict=True) if label == wanted] for wanted in (0, 1)]
    different, same = (sum(part) / len(part) for part in by_label)
    return Kind(len(right), sum(right) / len(right), same, different)


def record_scores(matcher: TextMatcher, file: Path) -> None:
    """Write how pairs of the dev half were scored into a checkpoint's figures, as `train.py --dev-also` does."""
    pairs = [Pair(first, second, str(label)) for _, first, second, label in read_suite("dev")]
    figures = {**matcher.metrics, "dev_also_scores": score_counts(matcher, pairs)}
    file.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Score the suite and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default")
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    matcher = TextMatcher.from_pretrained(options.checkpoint, device="cpu")
    if options.record:
        record_scores(matcher, options.checkpoint / METRICS)
        return
    suite = read_suite(options.split)
    predictions = matcher.predict([(first, second) for _, first, second, _ in suite])
    last = matcher.labels[-1]
    probabilities = [prediction.probabilities[last] for prediction in predictions]
    labels = [label for *_, label in suite]
    groups: dict[str, list[int]] = defaultdict(list)
    for i, (kind, *_) in enumerate(suite):
        groups[kind].append(i)
    kinds = {
        kind: figures([probabilities[i] for i in rows], [labels[i] for i in rows]) for kind, rows in groups.items()
    }
    kinds["all"] = figures(probabilities, labels)
    whole = compute_metrics(
        torch.tensor([[1 - probability, probability] for probability in probabilities]),
        torch.tensor([prediction.similarity for prediction in predictions]),
        torch.tensor(labels),
    )
    wrong = sum(abs(p - label) > CONFIDENT for p, label in zip(probabilities, labels, strict=True)) / len(labels)
    if options.json:
        shown = {"kinds": {kind: asdict(part) for kind, part in kinds.items()}, "wrong_and_confident": wrong}
        print(json.dumps(shown | {"auc": whole.auc, "ece": whole.ece}, ensure_ascii=False, indent=1))
        return
    print(f"{'kind':<20}{'pairs':>6}{'right':>8}{'same':>8}{'different':>11}")
    for kind, part in kinds.items():
        print(f"{kind:<20}{part.pairs:>6}{part.accuracy:>8.1%}{part.same:>8.1%}{part.different:>11.1%}")
    print(f"AUC {whole.auc:.4f}  ECE {whole.ece:.3f}  wrong with more than {CONFIDENT:.0%}: {wrong:.1%}")


if __name__ == "__main__":
    main()
