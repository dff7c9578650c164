"""The page under calls of one pair, beside a bare Gradio page that echoes: rates, times, memory, start.

    python -m benchmarks.server --seconds 20 --clients 8 32 64

Both servers are up and asked in turn; each client asks again as soon as it is answered. ``gradio`` is the endpoint
`/predict` of Gradio's queue, which the echo has, too; ``plain`` is the address `/predict` beside it. Writes the figures
for docs/speed.md.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

from benchmarks.load import ECHO, Record, Visitor, megabytes, new_client, start_server, until_up
from benchmarks.output import Machine, give

OUTPUT = Path(__file__).resolve().parent / "results" / "speed_server.json"

COMMANDS = {"page": [sys.executable, "app.py"], "echo": [sys.executable, "-c", "import torch\n" + ECHO]}

Server = tuple["Popen[bytes]", str]


async def main() -> None:
    """Start both servers, ask them, write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement (default: %(default)s)")
    parser.add_argument("--clients", type=int, nargs="+", default=[8, 32, 64])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    around, servers = Machine(), dict[str, Server]()
    record: dict[str, Any] = {"seconds": options.seconds, "start": {}, "clients": {}}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, command in COMMANDS.items():
                record["start"][name] = await started(servers, name, command, Path(folder))
            for count in options.clients:
                record["clients"][count] = await _asked(servers, count, options.seconds)
        finally:
            for process, _ in servers.values():
                process.terminate()
                process.wait(30)
    record["machine"] = around.record()
    give(record, options.output)


async def started(servers: dict[str, Server], name: str, command: list[str], folder: Path) -> dict[str, float]:
    """Start a server; seconds until its first answer, and its memory then."""
    began = time.monotonic()
    server = servers[name] = start_server(command, folder / name)
    await until_up(server[1], server[0])
    visitor = new_visitor(server[1], 0)
    await visitor.pair("predict")
    await visitor.http.aclose()
    return {"seconds": round(time.monotonic() - began, 2), "megabytes": megabytes(server[0].pid)}


async def _asked(servers: dict[str, Server], count: int, seconds: float) -> dict[str, dict[str, float]]:
    """What `count` clients see of each server."""
    found = {}
    ways: dict[str, tuple[str, Callable[[Visitor], Awaitable[None]]]] = {
        "echo": ("echo", lambda visitor: visitor.pair("predict")),
        "gradio": ("page", lambda visitor: visitor.pair("predict")),
        "plain": ("page", Visitor.plain),
    }
    for name, (server, ask) in ways.items():
        process, url = servers[server]
        before = megabytes(process.pid)
        found[name] = await _rate(url, ask, count, seconds)
        found[name]["kb_a_call"] = round(1000 * (megabytes(process.pid) - before) / max(found[name]["calls"], 1), 1)
    return found


async def _rate(url: str, ask: Callable[[Visitor], Awaitable[None]], count: int, seconds: float) -> dict[str, float]:
    """Calls a second, and their times in milliseconds."""
    visitors = [new_visitor(url, number) for number in range(count)]
    began = time.monotonic()

    async def visit(visitor: Visitor) -> None:
        while time.monotonic() < began + seconds:
            await ask(visitor)
        await visitor.http.aclose()

    await asyncio.gather(*map(visit, visitors))
    spent = time.monotonic() - began
    records = [visitor.record for visitor in visitors]
    times = sorted(each for record in records for some in record.times.values() for each in some)
    return {
        "calls": len(times),
        "refused": sum(record.refused.total() for record in records),
        "errors": sum(record.errors.total() + record.lost.total() for record in records),
        "calls_a_second": round(len(times) / spent, 1),
        "p50_ms": round(1000 * times[len(times) // 2]),
        "p95_ms": round(1000 * times[int(len(times) * 0.95)]),
    }


def new_visitor(url: str, number: int) -> Visitor:
    """A visitor who has not asked anything yet."""
    return Visitor(new_client(url, number), Record(), random.Random(number), b"")


if __name__ == "__main__":
    asyncio.run(main())
