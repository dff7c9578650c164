"""A first visit: how much of it is ours to load, and whether things jump while they arrive."""

from typing import Any

import pytest

from benchmarks.startup import ANSWER, SHIFTS
from tests.helpers import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_BYTES = 400_000

GRADIOS = ("/assets/", "/static/", "/svelte/")
"""Where Gradio's own files lie, which the browser keeps; all else that a visit fetches is ours."""

MOST_SHIFT = 0.1
"""Cumulative layout shift below which browsers call a page good."""


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_first_visit_is_small_and_nothing_jumps(
    browser: Any, server: str, viewport: dict[str, int], locale: str
) -> None:
    context = browser.new_context(locale=locale, viewport=viewport)
    page = context.new_page()
    sizes: dict[str, float] = {}
    addresses: dict[str, str] = {}
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.requestWillBeSent", lambda sent: addresses.update({sent["requestId"]: sent["request"]["url"]}))
    network.on("Network.loadingFinished", lambda end: sizes.update({end["requestId"]: end["encodedDataLength"]}))
    page.add_init_script(SHIFTS)
    page.goto(server)
    page.locator(ANSWER).wait_for()
    page.wait_for_timeout(1000)  # what comes late may still push something away
    shifts = page.evaluate("window.shifts")
    own = {addresses[each]: size for each, size in sizes.items() if not any(g in addresses[each] for g in GRADIOS)}
    context.close()
    assert server in own
    assert 50_000 < sum(own.values()) <= MOST_BYTES, own
    assert sum(value for value, *_ in shifts) < MOST_SHIFT, shifts
