"""Start and memory of the page, beside a bare Gradio page with PyTorch: `python -m benchmarks.memory`.

Both are started in turn, several times. One page then gets calls without a session, and at last a file of many rows:
what it keeps of each. Writes the figures for docs/speed.md.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.batch import sentence
from benchmarks.load import REST, Record, Visitor, end, megabytes, new_client
from benchmarks.output import Machine, give
from benchmarks.server import COMMANDS, Server, new_visitor, started

OUTPUT = Path(__file__).resolve().parent / "results" / "speed_memory.json"

WARM, CLIENTS = 200, 8
"""Calls before memory is looked at, and how many clients make them."""

HOURS = 4 * 3600.0
"""Seconds that a file may take."""


async def main() -> None:
    """Start the servers, ask the page, write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5, help="of each server (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=800, help="of each kind (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the file (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    around = Machine()
    record: dict[str, Any] = {"starts": options.starts, "calls": options.calls, "rows": options.rows}
    with tempfile.TemporaryDirectory() as folder:
        record["start"] = await _starts(options.starts, Path(folder))
        servers: dict[str, Server] = {}
        try:
            await started(servers, "page", COMMANDS["page"], Path(folder))
            record |= await _kept(servers["page"], options.calls, options.rows)
        finally:
            for server in servers.values():
                end(server)
    record["machine"] = around.record()
    give(record, options.output)


async def _starts(count: int, folder: Path) -> dict[str, dict[str, float]]:
    """Seconds until a server's first answer and its memory then, the medians of some starts."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in COMMANDS}
    for _ in range(count):
        for name, command in COMMANDS.items():
            servers: dict[str, Server] = {}
            try:
                found[name].append(await started(servers, name, command, folder))
            finally:
                end(servers[name])
    return {
        name: {key: round(statistics.median(each[key] for each in starts), 2) for key in starts[0]}
        for name, starts in found.items()
    }


async def _kept(server: Server, calls: int, rows: int) -> dict[str, Any]:
    """What the page keeps of calls without a session, in kB each, and of a file, in MB."""
    process, url = server
    ways: dict[str, Callable[[Visitor], Awaitable[None]]] = {
        "gradio": lambda visitor: visitor.pair("predict"),
        "plain": Visitor.plain,
    }
    kilobytes = {}
    for name, ask in ways.items():
        await _ask(url, ask, WARM)
        before = megabytes(process.pid)
        await _ask(url, ask, calls)
        kilobytes[name] = round(1000 * (megabytes(process.pid) - before) / calls, 1)
    before, began = megabytes(process.pid), time.monotonic()
    chance = random.Random(1)
    file = "sentence1,sentence2\n" + "".join(f"{sentence(chance)},{sentence(chance)}\n" for _ in range(rows))
    visitor = Visitor(new_client(url, 0), Record(), chance, file.encode(), HOURS)
    await visitor.score()
    await visitor.http.aclose()
    seconds = time.monotonic() - began
    peak = megabytes(process.pid)
    await asyncio.sleep(REST)
    return {
        "kb_a_call": kilobytes,
        "file_seconds": round(seconds),
        "file_scored": len(visitor.record.times["score_file"]) == 1,
        "before_file_mb": before,
        "after_file_mb": peak,
        "kept_mb": round(megabytes(process.pid) - before, 1),
    }


async def _ask(url: str, ask: Callable[[Visitor], Awaitable[None]], calls: int) -> None:
    """Some clients make calls, each one after the other."""

    async def visit(number: int) -> None:
        visitor = new_visitor(url, number)
        for _ in range(calls // CLIENTS):
            await ask(visitor)
        await visitor.http.aclose()

    await asyncio.gather(*map(visit, range(CLIENTS)))


if __name__ == "__main__":
    asyncio.run(main())
