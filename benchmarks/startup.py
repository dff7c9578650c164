"""Time until the page is up and gives its first result, and what a visitor's browser waits for and downloads.

The browser (Chromium) opens the page twice: with an empty cache, then with what the first visit left in it. The layout
shift is what browsers count of things that jump (cumulative layout shift; good is below 0.1).

python -m benchmarks.startup --runs 5
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import chromium

ROOT = Path(__file__).resolve().parent.parent
PAIR = ("怎么学好英语", "如何才能把英语学好")
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
ANSWER = "#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])"
SHIFTS = """
  window.shifts = [];
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  const moved = ({ node, previousRect, currentRect }) =>
    `${node?.id || node?.className || node?.nodeName}: ${place(previousRect)} -> ${place(currentRect)}`;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) window.shifts.push([value, ...sources.map(moved)]);
  }).observe({ type: "layout-shift", buffered: true });
"""


class Visit(NamedTuple):
    """What a visitor's browser measured.

    Attributes:
        painted: seconds from navigation to the first paint.
        answered: seconds from navigation to the first result.
        megabytes: MB downloaded.
        responses: in how many responses.
        shift: layout shift up to a second after the first result.
    """

    painted: float
    answered: float
    megabytes: float
    responses: float
    shift: float


@contextmanager
def app() -> Iterator[str]:
    """Run `python app.py`; its address, once it is up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port)}
    process = subprocess.Popen([sys.executable, ROOT / "app.py"], env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        while True:
            try:
                urllib.request.urlopen(url, timeout=10).read()
                break
            except OSError:
                time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait()


def one_start() -> tuple[float, float]:
    """Seconds from the start of the process to the page and to the first result."""
    from gradio_client import Client

    start = time.perf_counter()
    with app() as url:
        page = time.perf_counter() - start
        Client(url, verbose=False).predict(*PAIR, api_name="/predict")
        return page, time.perf_counter() - start


def visits(runs: int) -> dict[str, list[Visit]]:
    """The first and the second visit of `runs` visitors with each screen."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[Visit]] = defaultdict(list)
    with app() as url, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for screen, (width, height) in [*SCREENS.items()] * runs:
            context = browser.new_context(locale="zh-CN", viewport={"width": width, "height": height})
            for number in ("first", "second"):
                found[f"{number} visit, {screen}"].append(one_visit(context.new_page(), url))
            context.close()
        browser.close()
    return found


def one_visit(page: Any, url: str) -> Visit:
    """Open the page and wait for the result of its example."""
    fetched: list[float] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: fetched.append(event["encodedDataLength"]))
    page.add_init_script(SHIFTS)
    page.goto(url)
    answered = page.wait_for_function(f"document.querySelector({ANSWER!r}) && performance.now()").json_value()
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.wait_for_timeout(1000)
    shift = sum(float(value) for value, *_ in page.evaluate("window.shifts"))
    page.close()
    return Visit(painted / 1000, answered / 1000, sum(fetched) / 1e6, float(sum(map(bool, fetched))), shift)


def warm_pair() -> float:
    """Median milliseconds of one pair in a warm matcher, from strings to Prediction."""
    from textmatch import TextMatcher

    matcher = TextMatcher.from_pretrained(ROOT / "checkpoints" / "default")
    times = []
    for _ in range(60):
        start = time.perf_counter()
        matcher.predict([PAIR])
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[10:])


def main() -> None:
    """Measure, and print medians with minimum and maximum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    pages, answers = zip(*(one_start() for _ in range(runs)), strict=True)
    print(f"server:  page {spread(pages)} s, first answer {spread(answers)} s")
    print(f"matcher: warm pair {warm_pair():.1f} ms")
    for name, seen in visits(runs).items():
        painted, answered, megabytes, requests, shift = map(spread, zip(*seen, strict=True))
        print(f"{name}: painted {painted} s, answered {answered} s, fetched {megabytes} MB in {requests} responses")
        print(f"{' ' * len(name)}  layout shift {shift}")


def spread(values: Sequence[float]) -> str:
    """The median, with minimum and maximum."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
