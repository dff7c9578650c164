"""Pairs that training learns from in a second, on one core and with two processes: `python -m benchmarks.training`.

`train.py` fine-tunes the default checkpoint on made pairs, in turn by itself and under torchrun with two processes of
one thread each; the seconds are those of the last epoch. The limit is the time that the multiplications alone would
take, three times those of scoring, at the speed of a large matrix product on one core. Writes the figures for
docs/speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.batch import sentence
from benchmarks.output import Machine, give
from benchmarks.speed import CHECKPOINT, RESULTS, ROOT, multiplications, multiplications_a_second
from textmatch import TextMatcher
from textmatch.files import write_csv

EPOCHS, BATCH, DEV = 2, 128, 32

PASSES = 3
"""Forward, and backward for the weights and for what goes into them."""

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]


def rate(processes: int, pairs: int, folder: Path) -> float:
    """Pairs a second of the last epoch."""
    output = folder / f"checkpoint-{processes}"
    command = [
        *([*TORCHRUN, str(processes)] if processes > 1 else []),
        *("train.py", "--device", "cpu", "--data", str(folder / "train.csv"), str(folder / "dev.csv")),
        *("--init", str(CHECKPOINT), "--epochs", str(EPOCHS), "--batch-size", str(BATCH // processes)),
        # An epoch has the pairs of the file, and no others.
        *(f"{made}=0" for made in ("--augmented-pairs", "--transitive-pairs", "--template-pairs")),
        *("--output", str(output), "--overwrite"),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    history = json.loads((output / "metrics.json").read_text(encoding="utf-8"))["history"]
    return pairs / float(history[-1]["seconds"])


def write_pairs(folder: Path, count: int) -> float:
    """Write pairs to train on; the multiplications of a pair, forward and backward."""
    chance = random.Random(1)
    pairs = [(sentence(chance), sentence(chance)) for _ in range(count)]
    rows = [(*pair, number % 2) for number, pair in enumerate(pairs)]
    for name, some in (("train", rows), ("dev", rows[:DEV])):
        write_csv(folder / f"{name}.csv", ("sentence1", "sentence2", "label"), some)
    return PASSES * multiplications(TextMatcher.from_pretrained(CHECKPOINT, "cpu"), pairs)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS / "speed_training.json")
    options = parser.parse_args()
    around = Machine()
    torch.set_num_threads(1)
    rates: dict[int, list[float]] = {1: [], 2: []}
    limits: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        needed = write_pairs(Path(folder), options.pairs)
        for _ in range(options.rounds):
            for processes, found in rates.items():
                limits.append(multiplications_a_second() / needed)
                found.append(rate(processes, options.pairs, Path(folder)))
    one, two = (statistics.median(found) for found in rates.values())
    limit = statistics.median(limits)
    record: dict[str, Any] = {
        "pairs": options.pairs,
        "rounds": options.rounds,
        "pairs_a_second": {"1": round(one, 1), "2": round(two, 1)},
        "limit_pairs_a_second": round(limit, 1),
        "share_of_limit": round(one / limit, 3),
        "two_processes": round(two / one, 2),
        "machine": around.record(),
    }
    give(record, options.output)


if __name__ == "__main__":
    main()
