"""The container's parts, without an engine to build it: what it copies, installs, runs as and asks for its health."""

import fnmatch
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.apps import free_port

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of this name."""
    return [line.partition(" ")[2].strip() for line in LINES if line.startswith(f"{name} ")]


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def healthy() -> Iterator[int]:
    """The port of a server that is well."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Health) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_health_check_tells_a_page_that_answers_from_one_that_does_not(healthy: int) -> None:
    command = json.loads(instructions("HEALTHCHECK")[0].partition(" CMD ")[2])

    def status(port: int) -> int:
        environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "no_proxy": "127.0.0.1"}
        return subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False).returncode

    assert status(healthy) == 0
    assert status(free_port()) != 0


def test_what_is_copied_is_there_and_nothing_else_is_sent_to_the_engine() -> None:
    copied = [path for line in instructions("COPY") for path in line.split()[:-1]]
    assert all((ROOT / path).exists() for path in copied)
    nothing, *patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert nothing == "*"
    assert {pattern[1:] for pattern in patterns if pattern.startswith("!")} == set(copied)
    left_out = [pattern for pattern in patterns if not pattern.startswith("!")]
    assert any(fnmatch.fnmatch("checkpoints/mine.training", pattern) for pattern in left_out)


def test_torchs_cpu_build_is_installed_first_and_every_other_package_by_its_hash(tmp_path: Path) -> None:
    (install, _) = instructions("RUN")
    pick, torch, others = (part.strip() for part in install.split("&&"))
    subprocess.run(
        pick.replace("requirements.txt", str(ROOT / "requirements.txt")), shell=True, cwd=tmp_path, check=True
    )
    assert re.fullmatch(r"torch==[\d.]+\n", (tmp_path / "torch.txt").read_text(encoding="utf-8"))
    assert "--index-url https://download.pytorch.org/whl/cpu --requirement torch.txt" in torch
    assert "--require-hashes -r requirements-locked-cpu.txt" in others


def test_the_page_runs_without_rights_at_the_port_that_is_shown() -> None:
    assert instructions("USER") == ["1000"]
    assert "--uid 1000" in instructions("RUN")[1]
    assert LINES.index("USER 1000") < LINES.index('CMD ["python", "app.py"]')
    port = instructions("EXPOSE")[0]
    assert f"GRADIO_SERVER_PORT={port}" in " ".join(instructions("ENV"))
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert f"http://app:{port}/" in (ROOT / "docker" / "nginx.conf").read_text(encoding="utf-8")
    app, nginx = services["app"], services["nginx"]
    assert (app["read_only"], app["cap_drop"], app["tmpfs"]) == (True, ["ALL"], "/tmp")
    assert "ports" not in app  # only nginx can reach it, so that its headers may be believed
    assert nginx["depends_on"] == {"app": {"condition": "service_healthy"}}
    listening = nginx["ports"][0].partition(":")[2]
    assert f"listen {listening};" in (ROOT / "docker" / "nginx.conf").read_text(encoding="utf-8")
    for place in (nginx["volumes"][0].partition(":")[0], app["build"]["context"]):
        assert (ROOT / "docker" / place).exists()
