"""What several tests share: the shipped matcher, the real page on a free port, and a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from textmatch import TextMatcher

# The same examples on every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "default"


@pytest.fixture(scope="session")
def matcher() -> TextMatcher:
    """The checkpoint that ships with the project, on the CPU."""
    return TextMatcher.from_pretrained(CHECKPOINT, device="cpu")


@pytest.fixture(scope="session")
def server(matcher: TextMatcher) -> Iterator[str]:
    """The address of the real page."""
    from textmatch.demo import build, launch_options

    page = build(matcher, CHECKPOINT.name)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield url
    page.close(verbose=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, Playwright's own or the system's; tests that need it skip where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        names = ("chromium", "chromium-browser", "google-chrome")
        path = own if Path(own).exists() else next(filter(None, map(shutil.which, names)), None)
        if path is None:
            pytest.skip("no Chromium on this machine")
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield launched
        launched.close()
