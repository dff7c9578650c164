"""The page behind a real nginx, below a path, with the configuration that the compose file uses."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from gradio_client import Client

from tests.apps import App, free_port, running
from tests.helpers import OTHER, SAME, Visit
from textmatch.demo.i18n import SCRIPT

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
DOCKER = ROOT / "docker"
CONFIGURATION = """
daemon off; error_log {folder}/error.log; pid {folder}/pid;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; {server} }}
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The page, told what the compose file tells it."""
    service = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]["app"]
    with running(ROOT, tmp_path_factory.mktemp("app") / "log", service["environment"]) as running_app:
        yield running_app


@pytest.fixture(scope="module", params=["taken away", "kept"])
def home(request: pytest.FixtureRequest, app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's address behind nginx, which takes the path away as ours does, or keeps it."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    server = (DOCKER / "nginx.conf").read_text(encoding="utf-8")
    server = server.replace("listen 8080", f"listen 127.0.0.1:{port}")
    server = server.replace("http://app:7860/", app.url if request.param == "taken away" else app.url.rstrip("/"))
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, server=server), encoding="utf-8")
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t"], check=True)
    nginx = subprocess.Popen(command)
    yield f"http://127.0.0.1:{port}/demo/"
    nginx.terminate()
    nginx.wait(10)
    assert "error" not in (folder / "error.log").read_text(encoding="utf-8").replace("connect() failed", "")


def test_every_way_in_works_below_the_path(home: str) -> None:
    assert httpx.get(home.rstrip("/")).headers["location"].endswith("/demo/")
    assert httpx.get(f"{home}config").json()["root"] == home.rstrip("/")
    assert SCRIPT.decode() in httpx.get(home).text
    assert httpx.get(f"{home}preview.png").headers["content-type"] == "image/png"
    assert httpx.get(f"{home}health").json()["status"] == "ok"
    answer = httpx.post(f"{home}predict", json={"sentence1": SAME, "sentence2": OTHER}).json()
    label, similarity = Client(home, verbose=False).predict(SAME, OTHER, api_name="/predict")
    assert (label["label"], similarity) == (answer["label"], answer["similarity"])


@pytest.mark.browser
def test_the_page_asks_for_nothing_outside_its_path(home: str, new_page: Callable[..., Any]) -> None:
    opened = new_page(home, Visit(locale="zh-CN", alone=True))
    opened.page.goto(home)
    opened.page.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    opened.page.close()
    assert opened.complaints == []
