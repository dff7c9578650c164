"""Starting app.py in a process of its own, and waiting until it answers."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE = 180
"""Seconds until the page must answer."""


@dataclass(frozen=True)
class App:
    """A running page: where it answers, and the file with everything that it printed."""

    url: str
    log: Path


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> Iterator[App]:
    """Run `python app.py` in `folder` until the block ends.

    Args:
        folder: where app.py is.
        log: the file for what it prints.
        environment: variables beside this process's own.
        before: what starts the interpreter, such as `setpriv`.
        arguments: of app.py.
    """
    port = free_port()
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables = own | {"GRADIO_SERVER_PORT": str(port)} | dict(environment or {})
    with log.open("w", encoding="utf-8") as sink:
        command = [*before, sys.executable, "app.py", *arguments]
        app = subprocess.Popen(command, cwd=folder, env=variables, stdout=sink, stderr=sink)
    try:
        url = f"http://127.0.0.1:{port}/"
        deadline = time.monotonic() + PATIENCE
        while not _answers(url):
            if time.monotonic() > deadline or app.poll() is not None:
                raise AssertionError(f"the page does not answer: {log.read_text(encoding='utf-8')}")
            time.sleep(0.2)
        yield App(url, log)
    finally:
        app.terminate()
        app.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}health").status_code == 200
    except httpx.TransportError:
        return False
