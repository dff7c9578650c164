"""How time grows with ten times the pairs, the sentences of a list, and the length: `python -m benchmarks.growth`.

The small and the large one are measured in turn on one thread, in seconds of the processor; figures are medians. Writes
the figures for docs/speed.md.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.batch import sentence
from benchmarks.output import Machine, give
from benchmarks.search import generated
from benchmarks.speed import CHECKPOINT, RESULTS, score_all, seconds
from textmatch import TextMatcher
from textmatch.search import Index

TIMES = 10

PAIRS_OF_A_LENGTH = 256
"""Pairs that are scored to compare lengths."""


def new_pairs(count: int, length: int | None = None) -> list[tuple[str, str]]:
    """Different pairs, with as many characters in each sentence as `length` says."""
    chance = random.Random(1)

    def one() -> str:
        text = sentence(chance)
        while length and len(text) < length:
            text += sentence(chance)
        return text[:length]

    return [(one(), one()) for _ in range(count)]


def works(matcher: TextMatcher, options: argparse.Namespace) -> dict[str, Callable[[int], Callable[[], object]]]:
    """By name what is measured, for a factor of 1 or of `TIMES`."""

    def pairs(factor: int) -> Callable[[], object]:
        return partial(score_all, matcher, new_pairs(options.pairs * factor))

    def index(factor: int) -> Callable[[], object]:
        return partial(Index.build, matcher, generated(options.sentences * factor))

    def duplicates(factor: int) -> Callable[[], object]:
        return Index.build(matcher, generated(options.sentences * factor)).duplicates

    def length(factor: int) -> Callable[[], object]:
        return partial(score_all, matcher, new_pairs(PAIRS_OF_A_LENGTH, options.length * factor))

    return {"pairs": pairs, "index": index, "duplicates": duplicates, "length": length}


@torch.inference_mode()
def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1024)
    parser.add_argument("--sentences", type=int, default=3000)
    parser.add_argument("--length", type=int, default=10, help="characters of a sentence (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS / "speed_growth.json")
    options = parser.parse_args()
    around = Machine()
    torch.set_num_threads(1)
    matcher = TextMatcher.from_pretrained(CHECKPOINT, "cpu", backend="onnx")
    score_all(matcher, new_pairs(64, options.length * TIMES))  # warms up
    figures: dict[str, Any] = {"pairs": options.pairs, "sentences": options.sentences, "length": options.length}
    for name, work in works(matcher, options).items():
        both = {factor: work(factor) for factor in (1, TIMES)}
        spent: dict[int, list[float]] = {factor: [] for factor in both}
        for _ in range(options.rounds):
            for factor, call in both.items():
                spent[factor].append(seconds(call))
        small, large = (statistics.median(each) for each in spent.values())
        figures[f"{name}_seconds"] = [round(small, 2), round(large, 2)]
        figures[f"{name}_growth"] = round(large / small, 1)
    figures["machine"] = around.record()
    give(figures, options.output)


if __name__ == "__main__":
    main()
