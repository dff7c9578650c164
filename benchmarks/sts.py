"""How well `Prediction.similarity` follows people's gradings: Spearman's correlation on Chinese STS-B.

python -m benchmarks.sts ../shared/data/stsb/test.tsv.gz
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

from scipy.stats import spearmanr

from textmatch import TextMatcher

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print the correlations of the similarity, the probability and the cosine, and the mean similarity by grade."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="gzipped TSV of two sentences and a score from 0 to 5")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default")
    options = parser.parse_args()
    with gzip.open(options.file, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    matcher = TextMatcher.from_pretrained(options.checkpoint, device="cpu")
    predictions = matcher.predict([(first, second) for first, second, _ in rows])
    scores = [float(score) for *_, score in rows]
    views = {
        "similarity": [prediction.similarity for prediction in predictions],
        "probability": [prediction.probabilities[matcher.labels[-1]] for prediction in predictions],
        "cosine": [prediction.cosine for prediction in predictions],
    }
    for name, values in views.items():
        print(f"{name:<12}{spearmanr(values, scores).statistic:.4f}")
    for grade in range(6):
        near = [view for view, score in zip(views["similarity"], scores, strict=True) if round(score) == grade]
        print(f"grade {grade}: mean similarity {sum(near) / len(near):.2f} over {len(near)} pairs")


if __name__ == "__main__":
    main()
