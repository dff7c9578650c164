"""Mixed visitors ask a page for a while: errors, lost jobs, times beside a bare Gradio echo, and memory over time.

    python -m benchmarks.load --seconds 1800 --clients 64 --output benchmarks/results/load.json

Visitors compare, explain, rank, search, group, score files, of which all take the same, cancel, and leave in the
middle. Afterwards a bare echo page gets as many visitors; and the page is killed while visitors are there, and started
again. Prints the record as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.output import Machine, give

ROOT = Path(__file__).parents[1]

THINGS = ("发票", "快递", "会员卡", "优惠券", "门店", "退货", "密码", "账单", "座位", "菜谱")
QUESTIONS = ("怎么办理{}", "{}在哪里看", "我想换一个{}", "{}丢了怎么办", "为什么没有收到{}")

ECHO = """
import sys, gradio as gr
def echo(sentence1: str, sentence2: str) -> str:
    return sentence1
with gr.Blocks() as page:
    gr.api(echo, api_name="predict", concurrency_limit=4)
page.launch(server_port=int(sys.argv[1]), quiet=True)
"""

BUSY = ("requests are already here", "Many visitors are here")


PATIENCE = 60.0
"""Seconds that a last answer may take."""

LONGEST = 600.0
"""Seconds after which a visitor waits no longer."""

WARM = 300.0
"""Seconds after which memory should grow no more."""

REST = 45.0
"""Seconds of rest before memory is looked at again."""

ECHO_SECONDS, KILLED_SECONDS = 120.0, 15.0
"""Longest time that the echo page is asked, and that the page is asked before it is killed."""


@dataclass
class Record:
    """What was seen.

    Attributes:
        times: kind of call → seconds of each.
        refused: kind of call → how many were refused because of too much work.
        errors: what went wrong → how often.
        lost: kind of call → calls whose stream ended without an answer.
        late: kind of call → calls that had none after `Visitor.patience` seconds.
    """

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Visitor:
    """A client of the page.

    Attributes:
        http: asks the page, from an address of its own.
        record: where it notes what it sees.
        chance: what it does next.
        file: the table that every visitor sends.
        patience: seconds after which it waits for an answer no longer.
    """

    http: httpx.AsyncClient
    record: Record
    chance: random.Random
    file: bytes
    patience: float = LONGEST

    def sentence(self) -> str:
        """A sentence of few different ones."""
        return self.chance.choice(QUESTIONS).format(self.chance.choice(THINGS))

    async def call(self, kind: str, data: dict[str, Any], leave: bool = False) -> None:
        """Call an endpoint and wait for its answer, or leave in the middle."""
        start, url = time.monotonic(), f"/gradio_api/call/v2/{kind}"
        joined = await self.http.post(url, json=data)
        if joined.status_code != 200:
            self.record.errors[f"{kind}: HTTP {joined.status_code}"] += 1
            return
        name = told = ""
        try:
            async with (
                asyncio.timeout(self.chance.uniform(0.05, 1) if leave else self.patience),
                self.http.stream("GET", f"{url}/{joined.json()['event_id']}") as stream,
            ):
                async for line in stream.aiter_lines():
                    name, told = (line.removeprefix("event: "), told) if line.startswith("event: ") else (name, line)
                    if name in ("complete", "error") and told.startswith("data: "):
                        break
        except TimeoutError:
            if not leave:
                self.record.late[kind] += 1
            return
        if leave:
            return
        if name == "complete":
            self.record.times[kind].append(time.monotonic() - start)
        elif any(text in told for text in BUSY):
            self.record.refused[kind] += 1
        elif name == "error":
            self.record.errors[f"{kind}: {told[:120]}"] += 1
        else:
            self.record.lost[kind] += 1

    async def pair(self, kind: str) -> None:
        """Compare or explain two sentences."""
        await self.call(kind, {"sentence1": self.sentence(), "sentence2": self.sentence()})

    async def plain(self) -> None:
        """Compare two sentences at the plain address."""
        start = time.monotonic()
        data = {"sentence1": self.sentence(), "sentence2": self.sentence()}
        answer = await self.http.post("/predict", json=data)
        if answer.status_code == 200:
            self.record.times["plain"].append(time.monotonic() - start)
        elif any(text in answer.text for text in BUSY):
            self.record.refused["plain"] += 1
        else:
            self.record.errors[f"plain: HTTP {answer.status_code}"] += 1

    async def rank(self) -> None:
        """Compare a sentence with ten."""
        await self.call("rank", {"sentence": self.sentence(), "candidates": [self.sentence() for _ in range(10)]})

    async def search(self, kind: str = "search", leave: bool = False) -> None:
        """Search a list, or group it."""
        sentences = [self.sentence() + str(number % 40) for number in range(200)]
        await self.call(
            kind, {"sentences": sentences} | ({"query": self.sentence()} if kind == "search" else {}), leave
        )

    async def score(self, leave: bool = False) -> None:
        """Upload the file that all upload, and score it."""
        sent = await self.http.post("/gradio_api/upload", files={"files": ("same.csv", self.file)})
        if sent.status_code != 200:
            self.record.errors[f"upload: HTTP {sent.status_code}"] += 1
            return
        file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        await self.call("score_file", {"file": file}, leave)

    async def visit(self, until: float) -> None:
        """Do one thing after the other."""
        ways: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (lambda: self.pair("predict"), 30),
            (self.plain, 15),
            (lambda: self.pair("explain"), 15),
            (self.rank, 8),
            (self.search, 8),
            (lambda: self.search(leave=True), 4),
            (lambda: self.search("duplicates"), 4),
            (lambda: self.search("duplicates", leave=True), 4),
            (self.score, 6),
            (lambda: self.score(leave=True), 4),
        ]
        while time.monotonic() < until:
            (way,) = self.chance.choices([way for way, _ in ways], [weight for _, weight in ways])
            try:
                await way()
            except httpx.HTTPError as error:
                self.record.errors[f"connection: {type(error).__name__}"] += 1
            await asyncio.sleep(self.chance.uniform(0, 1))


def main() -> None:
    """Start the servers, ask them, print the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rows", type=int, default=400, help="rows of the file that is scored (default: %(default)s)")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        record = asyncio.run(_measured(options, Path(folder)))
    give(record, options.output)


async def _measured(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    around = Machine()
    page = await _up([sys.executable, "app.py"], folder / "page")
    try:
        record, curve = await _ask(options, page, folder / "page")
        await asyncio.sleep(REST)
        rested, left = megabytes(page[0].pid), folder_megabytes(folder / "page")
    finally:
        end(page)
    echo = await _up([sys.executable, "-c", ECHO], folder / "echo")
    try:
        bare = await _ask_echo(options, echo[1])
    finally:
        end(echo)
    memory = [each["megabytes"] for each in curve if each["seconds"] >= min(WARM, options.seconds / 2)]
    part = max(1, len(memory) // 5)
    return {
        "seconds": options.seconds,
        "clients": options.clients,
        "calls": {kind: _figures(times) for kind, times in sorted(record.times.items())},
        "echo": _figures(bare.times["predict"]),
        "refused": dict(record.refused),
        "errors": dict(record.errors + bare.errors),
        "lost": dict(record.lost),
        "late": dict(record.late),
        "memory_growth": round(median(memory[-part:]) / median(memory[:part]) - 1, 3),
        "memory_after_rest_mb": rested,
        "temporary_folder_mb": {"most": max(each["folder"] for each in curve), "after_rest": left},
        "after_a_kill": await _killed(options, folder / "killed"),
        "curve": curve,
        "machine": around.record(),
    }


async def _killed(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Kill the page while visitors are there, start it again: what is left, and whether it answers."""
    page = await _up([sys.executable, "app.py"], folder)
    asked = argparse.Namespace(**vars(options) | {"seconds": KILLED_SECONDS})
    visits = asyncio.ensure_future(_ask(asked, page, folder))
    await asyncio.sleep(KILLED_SECONDS * 0.8)
    left = folder_megabytes(folder)
    page[0].kill()
    page[0].wait()
    visits.cancel()
    await asyncio.gather(visits, return_exceptions=True)
    again = await _up([sys.executable, "app.py"], folder)
    try:
        async with new_client(again[1], 0) as http:
            answer = await http.post("/predict", json={"sentence1": "什么时候开门", "sentence2": "几点开门"})
        return {"left_mb": left, "after_start_mb": folder_megabytes(folder), "answers": answer.status_code == 200}
    finally:
        end(again)


async def _ask(
    options: argparse.Namespace, page: tuple[subprocess.Popen[bytes], str], folder: Path
) -> tuple[Record, list[dict[str, float]]]:
    """All visitors for the whole time; meanwhile the server's memory and that of its temporary folder."""
    record, curve, began = Record(), list[dict[str, float]](), time.monotonic()
    rows = "".join(
        f"{QUESTIONS[n % 5].format(THINGS[n % 10])}{n},{THINGS[n % 7]}在哪{n}\n" for n in range(options.rows)
    )
    file, until = ("sentence1,sentence2\n" + rows).encode(), began + options.seconds

    async def watch() -> None:
        while time.monotonic() < until:
            now = {"seconds": round(time.monotonic() - began), "megabytes": megabytes(page[0].pid)}
            curve.append(now | {"folder": folder_megabytes(folder)})
            await asyncio.sleep(max(options.seconds / 60, 1))

    clients = [new_client(page[1], number) for number in range(options.clients)]
    visitors = [Visitor(http, record, random.Random(n), file) for n, http in enumerate(clients)]
    watching = asyncio.ensure_future(watch())
    visits = [asyncio.ensure_future(visitor.visit(until)) for visitor in visitors]
    _, late = await asyncio.wait(visits, timeout=options.seconds + PATIENCE)
    for visit in late:
        visit.cancel()
    record.late["at the end"] += len(late)
    await asyncio.gather(watching, *visits, return_exceptions=True)
    for http in clients:
        await http.aclose()
    return record, curve


async def _ask_echo(options: argparse.Namespace, url: str) -> Record:
    """As many visitors as before ask the echo page."""
    record, until = Record(), time.monotonic() + min(options.seconds / 4, ECHO_SECONDS)

    async def visit(visitor: Visitor) -> None:
        while time.monotonic() < until:
            await visitor.pair("predict")
            await asyncio.sleep(visitor.chance.uniform(0, 1))
        await visitor.http.aclose()

    visitors = [Visitor(new_client(url, n), record, random.Random(n), b"") for n in range(options.clients)]
    await asyncio.gather(*(visit(visitor) for visitor in visitors))
    return record


def new_client(url: str, number: int) -> httpx.AsyncClient:
    """A client with an address of its own in the loopback range, so that each is a visitor of its own."""
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number % 250 + 1}")
    return httpx.AsyncClient(base_url=url, transport=transport, timeout=LONGEST)


def start_server(command: list[str], folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server with a temporary folder of its own; the process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(exist_ok=True)
    settings = {"GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(folder), "GRADIO_ANALYTICS_ENABLED": "False"}
    process = subprocess.Popen(
        [*command, *([str(port)] if "-c" in command else [])],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
    )
    return process, f"http://127.0.0.1:{port}"


async def _up(command: list[str], folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server and wait until it answers."""
    server = start_server(command, folder)
    await until_up(server[1], server[0])
    return server


def end(server: tuple[subprocess.Popen[bytes], str]) -> None:
    """Ask a server to end, and wait until it has."""
    server[0].terminate()
    server[0].wait(60)


async def until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    async with httpx.AsyncClient() as http:
        while process.poll() is None:
            with suppress(httpx.TransportError):
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    sys.exit("the server did not start")


def megabytes(pid: int) -> float:
    """Memory that a process holds (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def folder_megabytes(folder: Path) -> float:
    """Size of the files below a folder."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # gone in the meantime
            size += path.stat().st_size
    return round(size / 1e6, 1)


def _figures(times: list[float]) -> dict[str, int]:
    """How many, and the median, 95th percentile and maximum in milliseconds."""
    if not times:
        return {"calls": 0}
    ordered = sorted(times)
    shares = {"p50": ordered[len(ordered) // 2], "p95": ordered[int(len(ordered) * 0.95)], "max": ordered[-1]}
    return {"calls": len(ordered)} | {name: round(seconds * 1000) for name, seconds in shares.items()}


if __name__ == "__main__":
    main()
