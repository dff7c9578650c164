"""What benchmarks share: how they are asked for figures, and how they give them."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import psutil


class Machine:
    """The machine that a benchmark runs on, and what else it does meanwhile: made before the work, asked after it.

    Times and memory that were measured beside other work are not those of a machine at rest.
    """

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def record(self) -> dict[str, Any]:
        """Its number of cores, and how many of them other programs kept busy since this was made."""
        others = _busy_seconds() - self._busy - (_own_seconds() - self._own)
        return {"cores": os.cpu_count(), "other_work": round(max(others / (time.monotonic() - self._began), 0.0), 2)}


def _busy_seconds() -> float:
    """Processor time that all programs of the machine have used."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def _own_seconds() -> float:
    """Processor time that this program and those it started have used."""
    own = os.times()
    running = 0.0
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            running += sum(child.cpu_times()[:4])
    return own.user + own.system + own.children_user + own.children_system + running


def give(figures: Mapping[str, Any], file: Path | None) -> None:
    """Print figures as JSON and, if there is a `file`, write them there."""
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    print(text)
    if file:
        file.write_text(text + "\n", encoding="utf-8")


def options_of_a_long_run(description: str | None) -> argparse.ArgumentParser:
    """A command line with the options of every long run: when to stop, the seed, and the file for the figures."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin nothing more after this time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, help="a JSON file for the figures")
    return parser


def end_with(figures: Mapping[str, Any], file: Path | None) -> NoReturn:
    """Give the figures of a long run and exit; code 1 if something was ``wrong``."""
    give(figures, file)
    raise SystemExit(bool(figures["wrong"]))
