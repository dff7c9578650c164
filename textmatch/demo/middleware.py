"""What every request passes before Gradio sees it: limits, headers, and a look at whether its sender is still there."""

from __future__ import annotations

import os
import secrets
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
from fastapi.exceptions import RequestValidationError
from gradio.route_utils import FnIndexInferError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textmatch.demo.events import note
from textmatch.demo.i18n import LocaleMiddleware, translate
from textmatch.demo.preview import PreviewMiddleware, with_preview
from textmatch.demo.turns import LONG, SHORT, VISIT
from textmatch.files import MAX_BYTES

UPLOAD = "/gradio_api/upload"

MAX_BODY, MAX_UPLOAD = 8 << 20, MAX_BYTES + (1 << 20)
"""Bytes of a request, and of one that uploads a file. Parsed JSON takes up to twenty times its size."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio's page has scripts and styles in it, and compiles templates.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
"""Nothing on the page may load from another host or send anything there, not even a script that got into it."""

SAFETY = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}

FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")


def middleware() -> list[Middleware]:
    """Everything that a request passes, from the outside in."""
    return [
        Middleware(SafetyMiddleware),
        Middleware(ErrorMiddleware),
        Middleware(BodyMiddleware),
        Middleware(LeavingMiddleware),
        Middleware(PreviewMiddleware),
        Middleware(LocaleMiddleware, change=with_preview),
    ]


async def unreadable(_: Request, error: Exception) -> JSONResponse:
    """Name the fields of a request that do not fit. FastAPI would also repeat them, which fails for odd values."""
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    told = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)[:500]
    return JSONResponse({"detail": told, "error": told}, 422)


class SafetyMiddleware:
    """Adds headers that make a browser careful; takes away those that only a trusted proxy may set.

    Gradio builds addresses on the page from ``X-Forwarded-Host``, which anybody can send. uvicorn trusts the proxies
    that ``FORWARDED_ALLOW_IPS`` names, and so does this.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.trusting = bool(os.environ.get("FORWARDED_ALLOW_IPS"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFETY.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] == "http" and not self.trusting:
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in FORWARDED]
        await self.app(scope, receive, send_safely)


class ErrorMiddleware:
    """Answers with a message where Gradio would fail with a bare 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = ended = False

        async def watched(message: Message) -> None:
            nonlocal begun, ended
            if ended:  # Gradio's MCP server answers some requests a second time
                return
            begun = True
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun and isinstance(error.__cause__, HTTPException):  # the stream has said that there is no such event
                await watched({"type": "http.response.body", "body": b""})
                return
            if scope["type"] != "http" or begun:
                raise
            status, told = _explained(error, scope)
            await JSONResponse({"detail": told, "error": told}, status)(scope, receive, send)


class BodyMiddleware:
    """Refuses a request whose body is too large, before it is in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = MAX_UPLOAD if scope["path"].rstrip("/").endswith(UPLOAD) else MAX_BODY
        told = f"the request is larger than {limit >> 20} MB"
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            await JSONResponse({"detail": told, "error": told}, 413)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, told)
            return message

        await self.app(scope, counted, send)


class LeavingMiddleware:
    """Ends the work of a caller who closes the connection on which the answer would come."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        visit, ended = _visit(scope), False

        async def watched(message: Message) -> None:
            nonlocal ended
            await send(message)
            ended = ended or (message["type"] == "http.response.body" and not message.get("more_body"))

        async def listened() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                leave()
            return message

        def leave() -> None:
            if visit and not ended:
                for turns in (SHORT, LONG):
                    turns.leave(visit)

        try:
            await self.app(scope, listened, watched)
        finally:
            leave()


def _visit(scope: Scope) -> str:
    """The session or event whose answers are sent in response to a request; empty for any other request."""
    if scope["type"] != "http":
        return ""
    parts = scope["path"].strip("/").split("/")
    if parts[-2:] == ["queue", "data"]:
        return str(parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0])
    if scope["method"] == "GET" and "call" in parts[-4:-1]:
        return str(parts[-1])
    if "mcp" in parts:
        scope[VISIT] = secrets.token_hex(8)
        return str(scope[VISIT])
    return ""


def _explained(error: Exception, scope: Scope) -> tuple[int, str]:
    """The status and the message for an error outside of any event: a call that does not fit an endpoint, or a bug."""
    name = scope["path"].rpartition("/")[2]
    if "/gradio_api/call/" in scope["path"]:
        if isinstance(error, KeyError | FnIndexInferError):
            return 404, f"there is no endpoint {name!r:.80}"
        if isinstance(error, TypeError | ValueError):
            return 422, f"{name!r:.80}: {str(error).split(' Please click')[0]:.200}"
    elif scope["path"].rstrip("/").endswith(UPLOAD) and isinstance(error, TypeError | AttributeError | ValueError):
        return 400, "expected a form with files in the field `files`, each with a name"
    elif "/gradio_api/queue/join" in scope["path"] and isinstance(error, KeyError):
        return 404, f"there is no event {error.args[0]!r:.80}"
    note(error)
    request: Any = gr.Request(Request(scope))
    return 500, translate("page_unexpected", request)
