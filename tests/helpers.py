"""What several test files share that is no fixture."""

from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

HOSTILE = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}${", "</script><script>alert(1)</script>")
"""Texts that would run as code if the page took them for markup or for a template."""

SAME, OTHER = "明天早上几点开门", "红烧茄子怎样做才不油腻"
"""Two sentences on different things."""

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


def visitor(language: str = "en", **query: str) -> Any:
    """The request of a visitor whose browser prefers `language`, with `query` in the address."""
    return Mock(headers={"accept-language": language}, query_params=query)


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
