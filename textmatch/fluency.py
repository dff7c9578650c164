"""How usual a sentence is: a table of which characters follow each other.

The table was counted by `benchmarks/fluency.py`. It holds figures only, no text.
"""

from __future__ import annotations

import gzip
import math
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "fluency.gz"
"""Lines of: length of the runs, power of two of their count, the runs themselves without a space between them."""

EDGE = " "
"""Stands before and after a sentence."""

CONTEXT = 2
"""Characters by which the next one is judged."""

BACK_OFF = math.log(0.3)
"""Added for each character of context that has to be left out."""


@cache
def _counts() -> dict[str, float]:
    """Logarithms of the counts, in the middle between two powers of two."""
    counts: dict[str, float] = {}
    for line in gzip.decompress(TABLE.read_bytes()).decode("utf-8").split("\n"):
        size, power, runs = line.split("\t")
        step, value = int(size), (int(power) + 0.5) * math.log(2)
        counts.update((runs[i : i + step], value) for i in range(0, len(runs), step))
    counts[""] = math.log(sum(math.exp(value) for run, value in counts.items() if len(run) == 1))
    return counts


def fit(before: str, word: str, after: str) -> float:
    """How well a word goes with what stands around it: the gain in log-likelihood over the parts by themselves.

    Args:
        before: the normalised text before it, from the sentence's start.
        word: the word; if empty, the two texts are joined.
        after: the text after it, to the sentence's end.

    Returns:
        0 if nothing is known; above 0 the word is usual there, below 0 it is not.
    """
    # What stands farther away is as usual with the word as without it.
    parts = [part for part in ((EDGE + before)[-CONTEXT:], word, (after + EDGE)[:CONTEXT]) if part]
    return _log_likelihood("".join(parts)) - math.fsum(map(_log_likelihood, parts))


def _log_likelihood(text: str) -> float:
    return math.fsum(_character(text[max(0, i - CONTEXT) : i], text[i]) for i in range(len(text)))


def _character(context: str, character: str) -> float:
    """Logarithm of the probability of a character after two others ("stupid back-off", Brants et al. 2007)."""
    counts = _counts()
    for start in range(len(context) + 1):
        if (run := context[start:] + character) in counts and context[start:] in counts:
            return start * BACK_OFF + counts[run] - counts[context[start:]]
    return (len(context) + 1) * BACK_OFF - counts[""]
