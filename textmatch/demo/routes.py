"""Plain addresses beside Gradio's: one request, one answer, without queue, session or event.

They take a fraction of the time of Gradio's endpoints, which make a session for each call.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from textmatch import __version__
from textmatch.demo.api import Endpoints
from textmatch.demo.events import Page, answered
from textmatch.demo.turns import LONG, SHORT
from textmatch.demo.values import whole
from textmatch.errors import InputError

PARAMETERS = ("sentence1", "sentence2", "model")


async def health(request: Request) -> JSONResponse:
    """Say that the server is up, what it serves and how much work is here."""
    models = _endpoints(request).models
    told = {"status": "ok", "version": __version__, "checkpoint": models.default, "models": list(models.names)}
    exact = {"commit": models.commit or None, "weights_sha256": models.facts(models.default).sha256 or None}
    return JSONResponse(told | exact | {"short": len(SHORT), "long": len(LONG)})


async def predict(request: Request) -> JSONResponse:
    """Compare two sentences: an object with ``sentence1`` and ``sentence2``, and a ``model`` if not the default."""
    asker = gr.Request(request)
    try:
        with answered(asker):
            sent = await _sent(request)
            sentence1, sentence2, model = (sent.get(name) for name in PARAMETERS)
            if model is None:
                model = ""
            label, similarity = await _endpoints(request).predict_with(sentence1, sentence2, asker, model)
    except gr.Error as error:
        return JSONResponse({"error": error.message, "title": error.title}, 422)
    return JSONResponse(whole(label | {"similarity": similarity}))


async def corrections(request: Request) -> JSONResponse:
    """Keep the corrections that a visitor sends, where the owner of the page collects them."""
    collector = _page(request).collector
    if collector is None:
        return JSONResponse({"error": "no corrections are collected here"}, 404)
    try:
        sent = await request.json()
    except (ValueError, RecursionError):
        sent = None
    try:
        return JSONResponse({"kept": await run_in_threadpool(collector.keep, sent)})
    except InputError as error:
        return JSONResponse({"error": str(error)}, 422)


ROUTES = [
    Route("/health", health),
    Route("/predict", predict, methods=["POST"]),
    Route("/corrections", corrections, methods=["POST"]),
]


async def _sent(request: Request) -> Any:
    """The object in a request's body."""
    try:
        sent = await request.json()
    except (ValueError, RecursionError):
        sent = None
    unknown = set(sent) - set(PARAMETERS) if isinstance(sent, dict) else set()
    if not isinstance(sent, dict) or unknown:
        names = ", ".join(PARAMETERS)
        raise gr.Error(f"expected a JSON object with {names}" + (f"; got {sorted(unknown)!r:.80}" if unknown else ""))
    return sent


def _endpoints(request: Request) -> Endpoints:
    endpoints: Endpoints = _page(request).endpoints
    return endpoints


def _page(request: Request) -> Page:
    page = request.app.get_blocks()
    assert isinstance(page, Page)
    return page
