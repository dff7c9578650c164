"""Chromium, for the scripts that look at the page and for the tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""What the system's Chromium may be called, the lightest first."""


def launch(playwright: Any) -> Any:
    """Start Playwright's own Chromium or the system's.

    Raises:
        FileNotFoundError: there is none on this machine.
    """
    own = playwright.chromium.executable_path
    path = own if Path(own).exists() else next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise FileNotFoundError(f"no Chromium on this machine; expected Playwright's, or one of {', '.join(NAMES)}")
    switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return playwright.chromium.launch(executable_path=path, args=switches)
