"""What benchmarks share: how they are asked for figures, and how they give them."""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn


def machine() -> dict[str, Any]:
    """What else the machine does: its cores and its load average over one minute, asked before a benchmark starts.

    Times and memory that were measured beside a load of one or more are not those of a machine at rest.
    """
    return {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}


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
