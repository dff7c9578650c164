"""The bars of docs/speed.md: what should be reached, beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from benchmarks.results import RESULTS, read_record

Figures = Mapping[str, Any]

OWN = "textmatch, ONNX Runtime"


class Bar(NamedTuple):
    """A figure and what it should be.

    Attributes:
        what: it says.
        record: the file in `RESULTS`, ``speed_RECORD.json``.
        read: takes the figure from the record.
        target: what it should be.
        form: how it is written.
        at_most: whether it should be at most that, rather than at least.
    """

    what: str
    record: str
    read: Callable[[Figures], float]
    target: float
    form: str
    at_most: bool = True

    def row(self) -> str:
        """The line of the table."""
        sign = "≤" if self.at_most else "≥"
        start = f"| {self.what} | {sign} {self.form.format(self.target)} |"
        file = RESULTS / f"speed_{self.record}.json"
        if not file.exists():
            return f"{start} not measured | |"
        figure = self.read(read_record(file))
        reached = figure <= self.target if self.at_most else figure >= self.target
        return f"{start} {self.form.format(figure)} | {'yes' if reached else '**no**'} |"


def bars() -> list[str]:
    """The table of what should be reached."""
    return ["| | target | measured | reached |", "| --- | ---: | ---: | --- |", *(bar.row() for bar in BARS)]


def _ratio(record: Figures) -> float:
    return float(record["ratio"][OWN])


def _share(way: str) -> Callable[[Figures], float]:
    """The smallest share of the echo's calls a second, over all numbers of clients."""

    def read(record: Figures) -> float:
        counts = record["clients"].values()
        return min(float(ways[way]["calls_a_second"] / ways["echo"]["calls_a_second"]) for ways in counts)

    return read


def _p95(way: str) -> Callable[[Figures], float]:
    return lambda record: float(record["clients"]["32"][way]["p95_ms"] / record["clients"]["32"]["echo"]["p95_ms"])


def _over_the_echo(record: Figures) -> float:
    return float(record["start"]["page"]["megabytes"] - record["start"]["echo"]["megabytes"])


def _start(record: Figures) -> float:
    return float(record["start"]["page"]["seconds"] / record["start"]["echo"]["seconds"])


def _figure(*keys: str) -> Callable[[Figures], float]:
    def read(record: Figures) -> float:
        found: Any = record
        for key in keys:
            found = found[key]
        return float(found)

    return read


BARS = (
    Bar("one pair against the cross-encoder, one thread", "pair_1", _ratio, 50, "{:.0f} ×", at_most=False),
    Bar("the same, two threads", "pair_2", _ratio, 25, "{:.0f} ×", at_most=False),
    Bar("a file of pairs against the cross-encoder, one thread", "file_1", _ratio, 70, "{:.0f} ×", at_most=False),
    Bar("the same, two threads", "file_2", _ratio, 70, "{:.0f} ×", at_most=False),
    Bar(
        "a file of pairs, share of the limit, one thread",
        "file_1",
        _figure("share_of_limit", OWN),
        0.8,
        "{:.0%}",
        at_most=False,
    ),
    Bar("`/predict` in Gradio, share of the echo's rate", "server", _share("gradio"), 0.9, "{:.0%}", at_most=False),
    Bar("plain `/predict`, share of the echo's rate", "server", _share("plain"), 0.9, "{:.0%}", at_most=False),
    Bar("p95 of 32 clients against the echo, in Gradio", "server", _p95("gradio"), 1.5, "{:.2f} ×"),
    Bar("the same, plain", "server", _p95("plain"), 1.5, "{:.2f} ×"),
    Bar("kept of a call without a session, in Gradio", "memory", _figure("kb_a_call", "gradio"), 40, "{:.0f} kB"),
    Bar("the same, plain", "memory", _figure("kb_a_call", "plain"), 40, "{:.0f} kB"),
    Bar("memory at start over the echo with PyTorch", "memory", _over_the_echo, 120, "{:.0f} MB"),
    Bar("kept after a file of 100,000 rows", "memory", _figure("kept_mb"), 40, "{:.0f} MB"),
    Bar("start to first answer, against the echo with PyTorch", "memory", _start, 1.15, "{:.2f} ×"),
    Bar("search in 100,000 sentences, p50", "search_1", _figure("query_ms"), 50, "{:.0f} ms"),
    Bar("index of 100,000 sentences", "search_1", _figure("index_cpu_seconds"), 20, "{:.0f} s of a core"),
    Bar("duplicates of 100,000 sentences", "search_1", _figure("duplicates_cpu_seconds"), 100, "{:.0f} s of a core"),
    Bar(
        "training on one core, share of the limit",
        "training",
        _figure("share_of_limit"),
        0.6,
        "{:.0%}",
        at_most=False,
    ),
    Bar("training, two processes against one", "training", _figure("two_processes"), 1.9, "{:.2f} ×", at_most=False),
    Bar("time of 10 × the pairs", "growth", _figure("pairs_growth"), 11, "{:.1f} ×"),
    Bar("time of 10 × the sentences, index", "growth", _figure("index_growth"), 11, "{:.1f} ×"),
    Bar("time of 10 × the sentences, duplicates", "growth", _figure("duplicates_growth"), 11, "{:.1f} ×"),
    Bar("time of 10 × the length", "growth", _figure("length_growth"), 12, "{:.1f} ×"),
)
