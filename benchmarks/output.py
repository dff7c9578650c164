"""How a benchmark gives its figures: on standard output, and in a file if one is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def give(figures: Mapping[str, Any], file: Path | None) -> None:
    """Print figures as JSON and, if there is a `file`, write them there."""
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    print(text)
    if file:
        file.write_text(text + "\n", encoding="utf-8")
