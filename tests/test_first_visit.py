"""A first visit: how much of it is ours to load, and that nothing jumps."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.helpers import DESKTOP, PHONE, Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OWN = ("/", "/theme.css", "/preview.png")
"""What is ours; all else are files of Gradio's, which the browser keeps."""

MOST_BYTES, MOST_SHIFT = 400_000, 0.1

SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


def test_what_is_ours_is_small(server: str) -> None:
    sent = [httpx.get(server.rstrip("/") + path, headers={"Accept-Encoding": "gzip"}) for path in OWN]
    assert sum(answer.num_bytes_downloaded for answer in sent) <= MOST_BYTES


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_jumps(new_page: Callable[..., Any], server: str, viewport: dict[str, int]) -> None:
    page = new_page(server, Visit(viewport=viewport, alone=True)).page
    page.add_init_script(SHIFTS)
    page.goto(server)
    page.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    page.wait_for_timeout(1000)
    assert page.evaluate("window.shifts") < MOST_SHIFT
    page.close()
