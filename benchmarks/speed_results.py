"""Write the tables of docs/speed.md and its plot from committed figures: `python -m benchmarks.speed_results`.

A table without figures is left as it is.

The figures are those of `benchmarks.speed`, `server`, `memory`, `training` and `growth`.
"""

from __future__ import annotations

from typing import Any

from benchmarks.results import RESULTS, ROOT, fill, read_record
from benchmarks.speed_bars import bars

PAGE, PLOT = ROOT / "docs" / "speed.md", ROOT / "docs" / "img" / "speed.png"


def _records(table: str) -> dict[int, dict[str, Any]]:
    """The records of a table by their number of threads."""
    found = map(read_record, sorted(RESULTS.glob(f"speed_{table}_*.json")))
    return {record["threads"]: record for record in found}


def pair() -> list[str]:
    """The table of one pair."""
    records = _records("pair")
    head = "".join(f" {threads} thread{'s' * (threads > 1)}, ms | × |" for threads in records)
    names = next(iter(records.values()))["milliseconds"]
    return [
        f"| one warm pair |{head}",
        "| --- |" + " ---: |" * 2 * len(records),
        *(
            f"| {name} |"
            + "".join(f" {each['milliseconds'][name]:.2f} | {each['ratio'][name]:,.1f} |" for each in records.values())
            for name in names
        ),
    ]


def file() -> list[str]:
    """The table of many pairs."""
    records = _records("file")
    head = "".join(f" {threads} thread{'s' * (threads > 1)}, pairs/s | × | of the limit |" for threads in records)
    names = next(iter(records.values()))["pairs_a_second"]

    def cells(record: dict[str, Any], name: str) -> str:
        share = record["share_of_limit"].get(name)
        limit = "" if share is None else f"{share:.0%}"
        return f" {record['pairs_a_second'][name]:,} | {record['ratio'][name]:,.1f} | {limit} |"

    return [
        f"| a file of pairs |{head}",
        "| --- |" + " ---: |" * 3 * len(records),
        *(f"| {name} |" + "".join(cells(record, name) for record in records.values()) for name in names),
    ]


def search() -> list[str]:
    """The table of lists."""
    (record, *_) = _records("search").values()
    return [
        "| a list of sentences | | |",
        "| --- | ---: | ---: |",
        f"| index | {record['sentences']:,} sentences | {record['index_cpu_seconds']} s of a core |",
        f"| query, p50 | {record['sentences']:,} sentences | {record['query_ms']} ms |",
        *(
            [f"| duplicates | {record['duplicates_of']:,} sentences | {record['duplicates_cpu_seconds']} s of a core |"]
            if "duplicates_of" in record
            else []
        ),
    ]


def server() -> list[str]:
    """The table of the page under load."""
    record = read_record(RESULTS / "speed_server.json")
    lines = [
        "| clients | echo, calls/s | `/predict` in Gradio | plain `/predict` | p95: echo | in Gradio | plain |",
        "| ---: |" + " ---: |" * 6,
    ]
    for count, ways in record["clients"].items():
        echo, gradio, plain = (ways[name] for name in ("echo", "gradio", "plain"))
        share, plain_share = (each["calls_a_second"] / echo["calls_a_second"] for each in (gradio, plain))
        lines.append(
            f"| {count} | {echo['calls_a_second']} | {gradio['calls_a_second']} ({share:.0%}) | "
            f"{plain['calls_a_second']} ({plain_share:.0%}) | "
            f"{' | '.join(str(each['p95_ms']) + ' ms' for each in (echo, gradio, plain))} |"
        )
    page, bare = record["start"]["page"], record["start"]["echo"]
    below = (
        f"From start to the first answer: {page['seconds']} s, the echo page with PyTorch {bare['seconds']} s. Memory "
        f"then: {page['megabytes']:.0f} MB and {bare['megabytes']:.0f} MB."
    )
    return [*lines, "", below]


def memory() -> list[str]:
    """The table of start and memory."""
    record = read_record(RESULTS / "speed_memory.json")
    page, bare, kept = record["start"]["page"], record["start"]["echo"], record["kb_a_call"]
    return [
        "| | the page | the echo with PyTorch |",
        "| --- | ---: | ---: |",
        f"| start to first answer | {page['seconds']:.1f} s | {bare['seconds']:.1f} s |",
        f"| memory then | {page['megabytes']:.0f} MB | {bare['megabytes']:.0f} MB |",
        f"| kept of a call, in Gradio | {kept['gradio']:.0f} kB | |",
        f"| kept of a call, plain | {kept['plain']:.0f} kB | |",
        f"| kept of a file of {record['rows']:,} rows | {record['kept_mb']:.0f} MB | |",
    ]


def training() -> list[str]:
    """The table of training."""
    record = read_record(RESULTS / "speed_training.json")
    one, two = (record["pairs_a_second"][processes] for processes in ("1", "2"))
    return [
        "| training | pairs/s | |",
        "| --- | ---: | ---: |",
        f"| one process, one thread | {one:.0f} | {record['share_of_limit']:.0%} of the limit |",
        f"| two processes | {two:.0f} | {record['two_processes']:.2f} × |",
    ]


def growth() -> list[str]:
    """The table of growth."""
    record = read_record(RESULTS / "speed_growth.json")
    names = {
        "pairs": f"{record['pairs']:,} pairs of a file",
        "index": f"index of {record['sentences']:,} sentences",
        "duplicates": f"duplicates of {record['sentences']:,} sentences",
        "length": f"pairs with sentences of {record['length']} characters",
    }
    rows = (
        f"| {name} | {record[key + '_seconds'][0]} s | {record[key + '_seconds'][1]} s | {record[key + '_growth']} × |"
        for key, name in names.items()
    )
    return ["| | | ten times as much | |", "| --- | ---: | ---: | ---: |", *rows]


def plot() -> None:
    """Draw the times of one pair on one thread."""
    from matplotlib.figure import Figure

    times: dict[str, float] = _records("pair")[1]["milliseconds"]
    names = sorted(times, key=lambda name: -times[name])
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    colours = ["#4f46e5" if name.startswith("textmatch") else "#9ca3af" for name in names]
    bars = axes.barh(names, [times[name] for name in names], color=colours)
    axes.bar_label(bars, [f"{times[name]:.3g} ms" for name in names], padding=3)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_xlabel("one pair on one core, ms (log scale)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PLOT, dpi=150)


def main() -> None:
    """Write all tables and the plot."""
    tables = (pair, file, search, server, memory, training, growth)
    measured = [table for table in tables if any(RESULTS.glob(f"speed_{table.__name__}*.json"))]
    fill(PAGE, [bars, *measured])
    plot()


if __name__ == "__main__":
    main()
