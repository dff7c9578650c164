"""How a benchmark gives its figures: on standard output, and in a file if one is asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


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
