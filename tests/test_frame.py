"""The page in a frame of another site whose storage the browser blocks, as on a Space in a private window."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.helpers import expect
from textmatch.demo.i18n import TEXTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOST = "127.0.0.2"
"""Another site than the server's 127.0.0.1: addresses have no domain that they could share."""

BLOCKED = """for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });"""


@pytest.fixture
def outer(browser: Any) -> Iterator[Any]:
    """An empty page in a context whose storage is blocked; afterwards nothing may have failed there."""
    context = browser.new_context(locale="zh-CN")
    context.add_init_script(BLOCKED)
    page = context.new_page()
    page.set_default_timeout(60_000)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    yield page
    context.close()
    assert failed == []


class _Outer(BaseHTTPRequestHandler):
    """Answers with an empty page that shows the address after the ``?`` in a frame."""

    def do_GET(self) -> None:
        address = self.path.partition("?")[2]
        body = f'<!doctype html><title>outer</title><iframe src="{address}" width="1200" height="800"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """The address of the other site, which is a real one: browsers keep made-up ones away from this machine."""
    with ThreadingHTTPServer((HOST, 0), _Outer) as outer_server:
        threading.Thread(target=outer_server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{outer_server.server_port}"
        outer_server.shutdown()


@pytest.fixture
def framed(outer: Any, host: str) -> Callable[[str], Any]:
    """Opens an address in a frame of the other site."""

    def open_framed(address: str) -> Any:
        outer.goto(f"{host}/?{address}")
        return outer.frame_locator("iframe")

    return open_framed


def test_a_comparison_survives_a_change_of_language_and_a_reload(framed: Callable[[str], Any], server: str) -> None:
    frame = framed(server)
    frame.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    expect(frame.locator("[role=alert]:not(:empty)")).to_have_count(0)
    frame.locator("#sentence1 textarea").fill("图书馆几点开门")
    frame.locator("#sentence2 textarea").fill("图书馆什么时候开门")
    frame.locator("#answer[data-state=fresh]").wait_for()
    frame.locator("#language [lang=en]").click()
    frame.get_by_text(TEXTS["en"]["compare_sentence_1"], exact=True).wait_for()
    frame.locator("body").evaluate("location.reload()")  # as Gradio does when a lost connection is back
    frame.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    expect(frame.locator("#sentence1 textarea")).to_have_value("图书馆几点开门")
    expect(frame.locator("#sentence2 textarea")).to_have_value("图书馆什么时候开门")


def test_the_address_opens_a_tab_and_what_was_typed_there_stays(framed: Callable[[str], Any], server: str) -> None:
    frame = framed(f"{server}?tab=search")
    frame.locator("#search-query :is(input, textarea)").fill("怎么退货")
    frame.locator("#language [lang=en]").click()
    frame.get_by_role("tab", name=TEXTS["en"]["page_search"], selected=True).wait_for()
    frame.locator("#search-hits li").first.wait_for()
    frame.locator("body").evaluate("location.reload()")
    frame.get_by_role("tab", name=TEXTS["en"]["page_search"], selected=True).wait_for()
    frame.locator("#search-query").get_by_role("textbox").wait_for()
    expect(frame.locator("#search-query :is(input, textarea)")).to_have_value("怎么退货")
