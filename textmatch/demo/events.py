"""The page's events: each takes its turn, and ends with a result or with a message, whatever was sent."""

from __future__ import annotations

import errno
import inspect
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.exceptions import ComponentProcessingError, InvalidPathError
from pydantic import ValidationError

from textmatch.demo.collecting import Collector
from textmatch.demo.handlers import error_message
from textmatch.demo.i18n import translate
from textmatch.demo.sessions import Sessions
from textmatch.demo.turns import LONG, LONG_EVENT, SHORT, Turns
from textmatch.demo.values import usable, whole
from textmatch.errors import BusyError, TextMatchError

LOG = logging.getLogger(__name__)

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What the system says if it cannot take a file: the disk is full, or may only be read."""

MAX_MESSAGE = 1000
"""Characters of a message: some repeat what was sent."""

UNREADABLE = (ComponentProcessingError, InvalidPathError, ValidationError)
"""What Gradio raises if a component cannot take what was sent."""


class Page(gr.Blocks):
    """The blocks of the page. Every event passes here, from the browser and over the API.

    Attributes:
        endpoints: the functions that programs call (`api.Endpoints`).
        collector: where corrections go that visitors send; None if none are collected.
    """

    endpoints: Any
    collector: Collector | None = None

    async def process_api(
        self, block_fn: Any, inputs: list[Any], state: Any = None, request: Any = None, *others: Any, **more: Any
    ) -> dict[str, Any]:
        """Do what an event asks for.

        Raises:
            gr.Error: it failed; the message is in the visitor's language. Other exceptions are noted in the log.
        """
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        turns = _turns(fn)
        session = more.get("session_hash")
        with answered(request), self._forgotten(session if session == more.get("event_id") else None):
            inputs = usable(fn, inputs, state, request)
            if turns is None:
                output = await super().process_api(fn, inputs, state, request, *others, **more)
            else:
                async with turns.work(request) as work, work.turn():
                    output = await super().process_api(fn, inputs, state, request, *others, **more)
            return output | {"data": whole(output["data"])}

    @contextmanager
    def _forgotten(self, session: str | None) -> Iterator[None]:
        """Forget the state of a call afterwards: Gradio makes one even for a call that belongs to no session."""
        try:
            yield
        finally:
            if session and isinstance(self.state_holder, Sessions):
                self.state_holder.forget(session)


@contextmanager
def answered(request: gr.Request | None) -> Iterator[None]:
    """Turn every error into a message in the visitor's language.

    Raises:
        gr.Error: in place of any other error; an unexpected one is noted in the log.
    """
    try:
        yield
    except gr.Error as error:
        raise _shown(error.message, error.title) from None
    except TextMatchError as error:
        title = "busy_title" if isinstance(error, BusyError) else "page_failed"
        raise _shown(error_message(error, request), translate(title, request)) from None
    except UNREADABLE:
        raise _shown(translate("page_unreadable", request), translate("page_failed", request)) from None
    except Exception as error:
        note(error)
        key = "page_no_space" if isinstance(error, OSError) and error.errno in NO_SPACE else "page_unexpected"
        raise _shown(translate(key, request), translate("page_failed", request)) from None


def note(error: BaseException) -> None:
    """Write an unexpected error into the log: what it was and where, but nothing that a visitor has written in it.

    A line break in a visitor's text could otherwise begin a line that looks like one of the log's own.
    """
    where = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    LOG.error("%s: %.500s\n%s", type(error).__name__, ascii(str(error)), where)


def _turns(fn: BlockFunction) -> Turns | None:
    """Where an event waits for its turn; None if it sees to that itself, as endpoints and jobs do, or needs none."""
    if fn.is_validator_function or fn.api_visibility == "public" or inspect.isasyncgenfunction(fn.fn):
        return None
    long = fn.concurrency_id == LONG_EVENT or any(isinstance(block, gr.File) for block in fn.inputs)
    return LONG if long else SHORT


def _shown(message: str, title: str) -> gr.Error:
    return gr.Error(whole(message)[:MAX_MESSAGE], title=whole(title), print_exception=False)
