"""What several tests share: the shipped matcher, the real page on a free port, and a browser."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

from textmatch import TextMatcher

# The same examples on every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

torch.set_num_threads(1)  # two processes run the tests: with more threads they wait for each other

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "default"


@pytest.fixture(scope="session")
def matcher() -> TextMatcher:
    """The checkpoint that ships with the project, on the CPU."""
    return TextMatcher.from_pretrained(CHECKPOINT, device="cpu")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the real page, with the shipped checkpoint alone."""
    from textmatch.demo import Models, build, launch_options

    page = build(Models({CHECKPOINT.name: CHECKPOINT}, device="cpu"))
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


@dataclass(frozen=True)
class Opened:
    """A page of the browser and what went wrong on it."""

    page: Any
    complaints: list[str]


@pytest.fixture(scope="session")
def new_page(browser: Any) -> Callable[..., Any]:
    """Opens an empty page and notes what goes wrong on it.

    Visitors of one kind share a browser context, so that what one has downloaded serves the next; `alone` is for those
    who change the context itself.
    """
    contexts: dict[tuple[str, int, str], Any] = {}

    def open_empty(
        home: str, complaints: list[str], locale: str, viewport: dict[str, int], scheme: str, alone: bool = False
    ) -> Any:
        def heard(kind: str, text: str) -> None:
            if kind == "error" and "422" not in text:  # the browser logs a refused input as a failed request
                complaints.append(text)

        def requested(url: str) -> None:
            if not url.startswith((home, "data:", "blob:")):
                complaints.append(f"request to {url}")

        def opened(dialog: Any) -> None:
            complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        kind = (locale, viewport["width"], scheme)
        context = contexts.get(kind)
        if context is None or alone:
            context = browser.new_context(
                locale=locale, viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
            )
        if not alone:
            contexts[kind] = context
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: heard(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requested(request.url))
        page.on("dialog", opened)
        return page

    return open_empty


@pytest.fixture(scope="session")
def kept() -> dict[Any, Opened]:
    """Pages that one test has left and the next may take over, by kind of visitor."""
    return {}


@pytest.fixture(scope="session")
def home(server: str) -> str:
    """Where `visit` and `client` go; a test file with a page of its own says so by a fixture of this name."""
    return server


@pytest.fixture(scope="module")
def client(home: str) -> Iterator[Any]:
    """A program that asks the page."""
    from gradio_client import Client

    asking = Client(home, verbose=False)
    yield asking
    asking.close()


@pytest.fixture
def ready() -> str:
    """What is on the page once it can be used; as `home`, for each test file to say."""
    return "#verdict .confidence-set, #ranking tbody tr"


@pytest.fixture
def anew() -> Callable[[Any], None] | None:
    """Brings a page that a test has used back to how it opens; where there is no such way, every visit loads it."""
    return None


@pytest.fixture
def visit(
    new_page: Callable[..., Any],
    kept: dict[Any, Opened],
    home: str,
    ready: str,
    anew: Callable[[Any], None] | None,
) -> Iterator[Callable[..., Any]]:
    """Opens the page; afterwards nothing may have failed, popped up or left for another host."""
    visits: list[tuple[Any, Opened]] = []

    def open_page(
        locale: str = "zh-CN",
        viewport: dict[str, int] | None = None,
        scheme: str = "light",
        query: str = "",
        elsewhere: str | None = None,
        alone: bool = False,
    ) -> Any:
        viewport = viewport or {"width": 1280, "height": 900}
        plain = anew is not None and not (query or elsewhere or alone)
        kind = (home, locale, viewport["width"], scheme) if plain else None
        opened = kept.pop(kind, None)
        if opened is None:
            complaints: list[str] = []
            page = new_page(elsewhere or home, complaints, locale, viewport, scheme, alone)
            opened = Opened(page, complaints)
            visits.append((kind, opened))
            opened.page.goto((elsewhere or home) + query)
            opened.page.locator(ready).first.wait_for(state="attached")
        else:
            visits.append((kind, opened))
            assert anew is not None
            anew(opened.page)
        return opened.page

    yield open_page
    for kind, opened in visits:
        if kind is None or kind in kept or opened.complaints:
            opened.page.close()
        else:
            kept[kind] = opened
    assert not [complaint for _, opened in visits for complaint in opened.complaints]
