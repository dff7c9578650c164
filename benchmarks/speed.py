"""How fast pairs are compared, beside other ways: one command a table, each writes its figures for docs/speed.md.

    python -m benchmarks.speed pair --threads 1       # one warm pair, from strings to `Prediction`
    python -m benchmarks.speed file --threads 1       # many pairs: pairs a second, and how near the machine's limit
    python -m benchmarks.speed search --threads 1     # a list: indexing, searching, grouping duplicates
    python -m benchmarks.speed_results                # the tables and the plot

All are asked in turn on the same threads; figures are medians. With one thread the time is that of the processor, so
that other work on the machine does not count; with more it is that of the clock. The limit is the time that the
network's multiplications alone would take at the speed at which this machine multiplies two large matrices, measured in
between.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.batch import sentence
from benchmarks.output import Machine, give
from benchmarks.peers import BERT_BASE, MINI_LM, BiEncoder, CrossEncoder, StaticEmbedding, TextPair
from benchmarks.search import generated
from textmatch import TextMatcher
from textmatch.demo.examples import EXAMPLES
from textmatch.files import Columns, Row, Table
from textmatch.models import InteractionLSTM
from textmatch.scoring import score
from textmatch.search import Index

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
CHECKPOINT, RECIPE = ROOT / "checkpoints" / "default", ROOT / "checkpoints" / "siamese"
CROSS_ENCODER = "BERT-base cross-encoder"

BATCH = 32
"""Pairs that a transformer gets at a time, sorted by length."""

MATRIX = 1024
"""Rows and columns of the matrices that are multiplied to measure the machine."""

Compare = Callable[[Sequence[TextPair]], object]


def own(checkpoint: Path) -> dict[str, TextMatcher]:
    """Matchers of this project, by name."""
    return {
        "textmatch, ONNX Runtime": TextMatcher.from_pretrained(checkpoint, "cpu", backend="onnx"),
        "textmatch, PyTorch": TextMatcher.from_pretrained(checkpoint, "cpu"),
        "the recipe (siamese LSTM)": TextMatcher.from_pretrained(RECIPE, "cpu"),
    }


def others() -> dict[str, Compare]:
    """Other ways to compare pairs, by name."""
    return {
        "static embedding": StaticEmbedding().score,
        "MiniLM cross-encoder": CrossEncoder(MINI_LM).score,
        "BERT-base bi-encoder": BiEncoder(BERT_BASE).score,
        CROSS_ENCODER: CrossEncoder(BERT_BASE).score,
    }


def pair(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds of one warm pair."""
    times: dict[str, list[float]] = {}
    found = {name: matcher.predict for name, matcher in own(options.checkpoint).items()} | others()
    for number in range(-2, options.rounds):  # two rounds to warm up
        for one, two, *_ in EXAMPLES:
            for name, compare in found.items():
                spent = seconds(partial(compare, [(one, two)]))
                if number >= 0:
                    times.setdefault(name, []).append(1000 * spent)
    medians = {name: statistics.median(each) for name, each in times.items()}
    return {
        "pairs": len(EXAMPLES) * options.rounds,
        "milliseconds": {name: round(each, 2) for name, each in medians.items()},
        "ratio": {name: round(medians[CROSS_ENCODER] / each, 1) for name, each in medians.items()},
    }


def file(options: argparse.Namespace) -> dict[str, Any]:
    """Pairs a second of a file's pairs; transformers read a sample of them."""
    chance = random.Random(1)
    pairs = [(sentence(chance), sentence(chance)) for _ in range(options.pairs)]
    sample = sorted(pairs[: options.sample], key=lambda pair: len(pair[0] + pair[1]))
    rates: dict[str, list[float]] = {}
    limits: list[float] = []
    matchers, peers = own(options.checkpoint), others()
    for matcher in matchers.values():
        score_all(matcher, pairs[:BATCH])  # reads dictionaries
    for _ in range(options.rounds):
        for name, matcher in matchers.items():
            spent = seconds(partial(score_all, matcher, pairs))
            rates.setdefault(name, []).append(len(pairs) / spent)
        for name, compare in peers.items():
            batches = [sample[start : start + BATCH] for start in range(0, len(sample), BATCH)]
            compare(batches[0][:2])
            spent = seconds(lambda compare=compare, batches=batches: [compare(batch) for batch in batches])  # type: ignore[misc]
            rates.setdefault(name, []).append(len(sample) / spent)
        limits.append(multiplications_a_second() / multiplications(matchers["textmatch, PyTorch"], pairs))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    limit = statistics.median(limits)
    return {
        "pairs": options.pairs,
        "sample": options.sample,
        "pairs_a_second": {name: round(each) for name, each in medians.items()},
        "ratio": {name: round(each / medians[CROSS_ENCODER], 1) for name, each in medians.items()},
        "limit_pairs_a_second": round(limit),
        "share_of_limit": {name: round(medians[name] / limit, 3) for name in list(matchers)[:2]},
    }


def search(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds to index a list and to group its duplicates, and milliseconds of a query."""
    matcher = TextMatcher.from_pretrained(options.checkpoint, "cpu", backend="onnx")
    sentences = generated(options.sentences)
    matcher.predict([(sentences[0], sentences[1])])
    began = time.process_time()
    index = Index.build(matcher, sentences)
    indexed = time.process_time() - began
    queries = [query for query, *_ in EXAMPLES for _ in range(options.rounds)]
    index.search(queries[0])
    times = [seconds(partial(index.search, query)) for query in queries]
    found = {
        "sentences": len(index),
        "index_cpu_seconds": round(indexed, 1),
        "query_ms": round(1000 * statistics.median(times), 1),
    }
    if options.duplicates:
        part = Index.build(matcher, sentences[: options.duplicates])
        began = time.process_time()
        groups = part.duplicates()
        spent = round(time.process_time() - began, 1)
        found |= {"duplicates_of": len(part), "groups": len(groups), "duplicates_cpu_seconds": spent}
    return found


def score_all(matcher: TextMatcher, pairs: Sequence[TextPair]) -> None:
    """Score pairs as the page and the command line score a file."""
    for _ in score(matcher, Table(("a", "b"), [Row(pair) for pair in pairs]), Columns(0, 1)):
        pass


def multiplications(matcher: TextMatcher, pairs: Sequence[TextPair]) -> float:
    """Multiplications that the network needs for a pair, those of its matrices."""
    model = matcher.model
    assert isinstance(model, InteractionLSTM)
    matrices = [*model.encoder.parameters(), *model.composer.parameters(), *model.compare.parameters()]
    a_position = sum(matrix.numel() for matrix in matrices if matrix.dim() == 2)
    return a_position * sum(len(one) + len(two) for one, two in pairs) / len(pairs)


def multiplications_a_second() -> float:
    """How fast this machine multiplies two large matrices."""
    one, two = torch.rand(MATRIX, MATRIX), torch.rand(MATRIX, MATRIX)
    return MATRIX**3 / statistics.median(seconds(lambda: one @ two) for _ in range(9))


def seconds(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    call()
    return clock() - start


@torch.inference_mode()
def main() -> None:
    """Measure one table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("pair", "file", "search"))
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=8192, help="pairs of the file (default: %(default)s)")
    parser.add_argument("--sentences", type=int, default=100_000, help="of the list (default: %(default)s)")
    parser.add_argument("--duplicates", type=int, default=100_000, help="sentences that are grouped; 0 for none")
    parser.add_argument("--sample", type=int, default=64, help="pairs that the transformers read")
    parser.add_argument("--output", type=Path, help="default: benchmarks/results/speed_TABLE_THREADS.json")
    options = parser.parse_args()
    around = Machine()
    torch.set_num_threads(options.threads)
    figures = {"threads": options.threads} | {"pair": pair, "file": file, "search": search}[options.table](options)
    figures["machine"] = around.record()
    give(figures, options.output or RESULTS / f"speed_{options.table}_{options.threads}.json")


if __name__ == "__main__":
    main()
