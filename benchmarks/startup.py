"""How long from starting `python app.py` to the page, and to the first answer; and how long a warm answer takes.

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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIR = ("怎么学好英语", "如何才能把英语学好")


def one_run() -> tuple[float, float]:
    """Seconds to the page and to the first answer, from process start."""
    from gradio_client import Client

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = time.perf_counter()
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port)}
    app = subprocess.Popen([sys.executable, ROOT / "app.py"], env=environment, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                urllib.request.urlopen(url, timeout=10).read()
                break
            except OSError:
                time.sleep(0.02)
        page = time.perf_counter() - start
        Client(url, verbose=False).predict(*PAIR, api_name="/predict")
        return page, time.perf_counter() - start
    finally:
        app.terminate()
        app.wait()


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
    """Print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    pages, answers = zip(*(one_run() for _ in range(parser.parse_args().runs)), strict=True)
    print(f"page:         {statistics.median(pages):.1f} s ({min(pages):.1f} to {max(pages):.1f})")
    print(f"first answer: {statistics.median(answers):.1f} s ({min(answers):.1f} to {max(answers):.1f})")
    print(f"warm pair:    {warm_pair():.1f} ms")


if __name__ == "__main__":
    main()
