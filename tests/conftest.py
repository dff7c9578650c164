"""What several tests share: the shipped matcher, the real page on a free port, and a browser."""

import csv
import gzip
import io
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub
import openpyxl
import pyarrow
import pytest
import torch
from hypothesis import settings
from pyarrow import parquet

from benchmarks import chromium
from tests.helpers import OTHER, SAME, Opened, Visit
from tests.hub_server import WRITER, Hub, serving
from textmatch import TextMatcher

# The same examples on every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

torch.set_num_threads(1)  # two processes run the tests: with more threads they wait for each other

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "default"


OTHER_SITE = "127.0.0.2"
"""Another site than the server's 127.0.0.1: addresses have no domain that they could share."""

BLOCKED_STORAGE = """for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });"""


@pytest.fixture(scope="session")
def matcher() -> TextMatcher:
    """The checkpoint that ships with the project, on the CPU."""
    return TextMatcher.from_pretrained(CHECKPOINT, device="cpu")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the real page, with the shipped checkpoint alone; or TEXTMATCH_SERVER, one that runs already."""
    if running := os.environ.get("TEXTMATCH_SERVER"):
        yield running
        return
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
        try:
            launched = chromium.launch(playwright)
        except FileNotFoundError as error:
            pytest.skip(str(error))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def new_page(browser: Any) -> Callable[[str, Visit], Opened]:
    """Opens an empty page and notes what goes wrong on it."""
    contexts: dict[tuple[str, int, str], Any] = {}

    def context_of(visit: Visit) -> Any:
        if not visit.alone and visit.context in contexts:
            return contexts[visit.context]
        context = browser.new_context(
            locale=visit.locale, viewport=visit.viewport, color_scheme=visit.scheme, reduced_motion="reduce"
        )
        if not visit.alone:
            contexts[visit.context] = context
        return context

    def open_empty(home: str, visit: Visit) -> Opened:
        complaints: list[str] = []

        def heard(kind: str, text: str) -> None:
            if kind == "error" and "422" not in text:  # the browser logs a refused input as a failed request
                complaints.append(text)

        def requested(url: str) -> None:
            if not url.startswith((home, "data:", "blob:")):
                complaints.append(f"request to {url}")

        def opened(dialog: Any) -> None:
            complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page = context_of(visit).new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: heard(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requested(request.url))
        page.on("dialog", opened)
        return Opened(page, complaints)

    return open_empty


@pytest.fixture(scope="session")
def kept() -> dict[Any, Opened]:
    """Pages that one test has left and the next may take over, by kind of visitor."""
    return {}


@pytest.fixture(scope="session")
def serve(kept: dict[Any, Opened]) -> Callable[[Any], AbstractContextManager[str]]:
    """Launches a page with the real options: ``with serve(page) as url``."""
    from textmatch.demo import launch_options

    @contextmanager
    def launched(page: Any) -> Iterator[str]:
        _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
        yield url
        page.close(verbose=False)
        for kind in [kind for kind in kept if kind[0] == url]:  # the next page may get the same port
            kept.pop(kind).page.close()

    return launched


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
    return ".tm-verdict:not([data-tone=rest]), #ranking tbody tr, .tm-box-problem:not(:empty), #batch-intro"


@pytest.fixture
def anew() -> Callable[[Any], None] | None:
    """Brings a page that a test has used back to how it opens; where there is no such way, every visit loads it."""
    return None


@pytest.fixture
def visit(
    new_page: Callable[[str, Visit], Opened],
    kept: dict[Any, Opened],
    home: str,
    ready: str,
    anew: Callable[[Any], None] | None,
) -> Iterator[Callable[..., Any]]:
    """Opens the page as a `Visit` says; afterwards nothing may have failed, popped up or left for another host."""
    visits: list[tuple[Any, Opened]] = []

    def open_page(*how: Any, **more: Any) -> Any:
        visit = Visit(*how, **more)
        reusable = anew is not None and not (visit.query or visit.elsewhere or visit.alone)
        kind = (home, *visit.context) if reusable else None
        if opened := kept.pop(kind, None):
            visits.append((kind, opened))
            assert anew is not None
            anew(opened.page)
            return opened.page
        address = visit.elsewhere or home
        opened = new_page(address, visit)
        visits.append((kind, opened))
        opened.page.goto(address + visit.query)
        opened.page.locator(ready).first.wait_for(state="attached")
        return opened.page

    yield open_page
    for kind, opened in visits:
        if kind is None or kind in kept or opened.complaints:
            opened.page.close()
        else:
            kept[kind] = opened
    assert not [complaint for _, opened in visits for complaint in opened.complaints]


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


@pytest.fixture
def outer(browser: Any) -> Iterator[Any]:
    """An empty page in a context whose storage is blocked; afterwards nothing may have failed there."""
    context = browser.new_context(locale="zh-CN")
    context.add_init_script(BLOCKED_STORAGE)
    page = context.new_page()
    page.set_default_timeout(60_000)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    yield page
    context.close()
    assert failed == []


@pytest.fixture(scope="session")
def host() -> Iterator[str]:
    """The address of the other site, which is a real one: browsers keep made-up ones away from this machine."""
    with ThreadingHTTPServer((OTHER_SITE, 0), _Outer) as outer_server:
        threading.Thread(target=outer_server.serve_forever, daemon=True).start()
        yield f"http://{OTHER_SITE}:{outer_server.server_port}"
        outer_server.shutdown()


@pytest.fixture
def framed(outer: Any, host: str) -> Callable[[str], Any]:
    """Opens an address in a frame of the other site."""

    def open_framed(address: str) -> Any:
        outer.goto(f"{host}/?{address}")
        return outer.frame_locator("iframe")

    return open_framed


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub on this machine, and the Hub's client told to ask it, with an empty cache and a token that may write.

    The client reads the environment when it is imported, so its settings are changed where it keeps them.
    """
    with serving() as hub:
        settings = {
            "ENDPOINT": hub.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": hub.url + "/{repo_id}/resolve/{revision}/{filename}",
            "HF_HUB_CACHE": str(tmp_path / "hub-cache"),
            "HF_TOKEN_PATH": str(tmp_path / "no-token"),
            "HF_HUB_DISABLE_XET": True,  # its storage is another service
            "HF_HUB_DISABLE_TELEMETRY": True,
        }
        for name, value in settings.items():
            monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
        monkeypatch.setenv("HF_TOKEN", WRITER)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        huggingface_hub.close_session()  # the next one reads the environment again
        yield hub
        huggingface_hub.close_session()


@pytest.fixture(scope="session")
def write_table() -> Callable[..., Path]:
    """Writes a table in the format that a file's name asks for, without the code under test."""

    def write(path: Path, names: Sequence[str] | None, rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> Path:
        """Write `rows` under the column names, or without a header where there are none."""
        kind = Path(path.name.removesuffix(".gz")).suffix
        lines = [*([names] if names else []), *rows]
        if kind == ".xlsx":
            book = openpyxl.Workbook()
            for line in lines:
                book.active.append(list(line))
            book.save(path)
            return path
        if kind == ".parquet":
            columns = zip(names or (), zip(*rows, strict=True), strict=True)
            parquet.write_table(pyarrow.table(dict(columns)), path)
            return path
        if kind in (".jsonl", ".json"):
            text = "".join(json.dumps(dict(zip(names or (), row, strict=True))) + "\n" for row in rows)
        elif kind == ".csv":
            held = io.StringIO(newline="")
            csv.writer(held).writerows(lines)
            text = held.getvalue()
        else:
            text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
        content = text.encode(encoding)
        path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
        return path

    return write


@pytest.fixture
def labelled(tmp_path: Path, write_table: Callable[..., Path]) -> Path:
    """A file of pairs as Chinese Excel writes it, with a wrong label, a blank sentence and an unknown label."""
    rows = [
        (SAME, SAME, "是"),
        (SAME, OTHER, "否"),
        (SAME, SAME + "呢", "否"),
        ("", OTHER, "否"),
        (OTHER, OTHER, "也许"),
    ]
    return write_table(tmp_path / "pairs.csv", ("句子1", "句子2", "标签"), rows, "gb18030")
