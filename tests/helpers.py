"""What several test files share that is no fixture."""

import asyncio
import signal
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import Mock

import openpyxl

from textmatch import TextMatcher
from textmatch.text import Encoded

Result = TypeVar("Result")

HOSTILE = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}${", "</script><script>alert(1)</script>")
"""Texts that would run as code if the page took them for markup or for a template."""

SAME, OTHER = "明天早上几点开门", "红烧茄子怎样做才不油腻"
"""Two sentences on different things."""

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


def expect(shown: Any) -> Any:
    """Playwright's assertions on a locator: they wait, because a page draws after an action, not within it."""
    from playwright import sync_api  # there are tests for machines without a browser

    sync_api.expect.set_options(timeout=60_000)
    return sync_api.expect(shown)


class Held:
    """Keeps the next question of a page from the server until it is released."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.routes: list[Any] = []
        page.route("**/queue/join*", lambda route: self.routes.append(route), times=1)

    def wait(self) -> None:
        """Wait until the question has been asked: a page shows that it will ask before it does."""
        ends = time.monotonic() + 60
        while not self.routes:
            assert time.monotonic() < ends, "no question was asked"
            self.page.wait_for_timeout(20)

    def release(self) -> None:
        """Let the question through."""
        self.wait()
        self.routes[0].continue_()


def hear_ctrl_c() -> None:
    """Called in a process that is started: what a shell runs in the background ignores Ctrl-C, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write an XLSX file with several sheets, by name; the first one is the active one."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def visitor(language: str = "en", **query: str) -> Any:
    """The request of a visitor whose browser prefers `language`, with `query` in the address."""
    return Mock(headers={"accept-language": language}, query_params=query, session_hash="", request=None)


@dataclass(frozen=True)
class Visit:
    """Who opens the page, and how.

    Attributes:
        locale: the browser's language.
        viewport: size of the window.
        scheme: "light" or "dark".
        query: what follows the page's address.
        elsewhere: another page's address.
        alone: whether the visitor gets a browser context of its own, for tests that change the context itself.
    """

    locale: str = "zh-CN"
    viewport: dict[str, int] = field(default_factory=lambda: DESKTOP)
    scheme: str = "light"
    query: str = ""
    elsewhere: str | None = None
    alone: bool = False

    @property
    def context(self) -> tuple[str, int, str]:
        """Visitors that agree in this share a browser context, so that what one has downloaded serves the next."""
        return self.locale, self.viewport["width"], self.scheme


@dataclass(frozen=True)
class Opened:
    """A page of the browser and what went wrong on it."""

    page: Any
    complaints: list[str]


def encoded(ids: Iterable[int]) -> Encoded:
    """A sentence with these character ids, each a word of its own with an id that is higher by 100."""
    characters = tuple(ids)
    plain = "".join(map(chr, characters))
    return Encoded(
        plain=plain,
        characters=characters,
        words=tuple(i + 100 for i in characters),
        covering=tuple(plain),
        sounds=(0,) * len(characters),
        quantities=(),
        terms=(),
        truncated="",
        unknown=(),
    )


def reading(matcher: TextMatcher, length: int) -> TextMatcher:
    """The same network, which reads fewer positions of each sentence."""
    return TextMatcher(replace(matcher.config, max_length=length), matcher.vocabulary, matcher.model, matcher.metrics)


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine, run in a thread of its own: the browser's tests have a loop running in this one."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()
