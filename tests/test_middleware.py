"""What every request passes: headers, limits, and the end of work that nobody waits for any more."""

import threading
import time
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.helpers import run_async
from tests.test_api import LIST
from textmatch.demo import middleware
from textmatch.demo.middleware import MAX_BODY, POLICY, ErrorMiddleware, SafetyMiddleware
from textmatch.search import Index, Step


@pytest.mark.parametrize("path", ["", "config", "gradio_api/info", "nowhere"])
def test_browsers_are_told_to_be_careful(server: str, path: str) -> None:
    headers = httpx.get(f"{server}{path}").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == POLICY
    assert "http" not in POLICY  # no other host


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Gradio-Server"])
def test_nobody_else_says_where_the_page_is(server: str, header: str) -> None:
    root = httpx.get(f"{server}config", headers={header: "http://elsewhere.example"}).json()["root"]
    assert root == server.rstrip("/")


@pytest.mark.parametrize(("trusted", "host"), [("", ""), ("10.0.0.1", "page.example")])
def test_a_proxy_that_is_trusted_may_say_it(monkeypatch: pytest.MonkeyPatch, trusted: str, host: str) -> None:
    async def told(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.headers.get("x-forwarded-host", ""))

    monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
    asked = TestClient(SafetyMiddleware(Starlette(routes=[Route("/", told)])))
    assert asked.get("/", headers={"X-Forwarded-Host": "page.example"}).text == host


@pytest.mark.parametrize("declared", [True, False])
def test_a_large_body_is_refused(server: str, declared: bool) -> None:
    parts = [b'{"data": ["', b"a" * MAX_BODY, b'", ""]}']
    content: Any = b"".join(parts) if declared else iter(parts)
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{server}gradio_api/call/predict", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "the request is larger than 8 MB"


def test_a_file_may_be_larger_than_other_requests(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "MAX_BODY", 1000)
    files = {"files": ("a.csv", b"a" * 2000)}
    assert httpx.post(f"{server}gradio_api/upload", files=files).status_code == 200
    monkeypatch.setattr(middleware, "MAX_UPLOAD", 1000)
    assert httpx.post(f"{server}gradio_api/upload", files=files).status_code == 413


def test_a_second_answer_is_dropped() -> None:
    """Gradio's MCP server may send one, at which the server would cut the connection."""

    async def twice(scope: Any, receive: Any, send: Any) -> None:
        for text in ("first", "second"):
            await PlainTextResponse(text)(scope, receive, send)

    sent: list[Any] = []

    async def noted(message: Any) -> None:
        sent.append(message)

    run_async(ErrorMiddleware(twice)({"type": "http"}, Mock(), noted))
    assert [message.get("body") for message in sent] == [None, b"first"]


def test_work_ends_when_its_caller_has_left(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(*_: Any) -> Any:
        try:
            while True:
                begun.set()
                time.sleep(0.01)
                yield Step(0, 1)
        finally:
            ended.set()

    monkeypatch.setattr(Index, "duplicate_steps", endless)
    url = f"{server}gradio_api/call/v2/duplicates"
    event = httpx.post(url, json={"sentences": LIST}).json()["event_id"]
    with httpx.stream("GET", f"{url}/{event}"):
        assert begun.wait(60)
    assert ended.wait(60)
