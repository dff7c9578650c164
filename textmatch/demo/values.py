"""What goes into an event, as its function takes it, and what comes out, as it can be sent.

The browser sends what fits each component. A program may send anything, to the events of the page as well as to the
endpoints, and Gradio hands most of it on: so this looks before any component or handler does.
"""

from __future__ import annotations

import os
import re
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api
from gradio_client.utils import is_http_url_like

from textmatch.demo.i18n import translate
from textmatch.errors import InputError

MOST_NESTED = 100
"""Lists and objects in each other that a value may have: Gradio walks them with functions that call themselves."""

HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: JSON can hold it, but nothing that is sent can."""


def usable(fn: BlockFunction, sent: list[Any], state: Any, request: gr.Request | None) -> list[Any]:
    """What an event's function gets.

    Args:
        fn: the event's function.
        sent: what came for each of its inputs.
        state: the visitor's session, which knows the choices that it was offered.
        request: chooses the language of a message.

    Raises:
        InputError: too little was sent, or something that its input cannot be.
    """
    _check_files(sent)
    if fn.inputs and all(isinstance(block, Api) for block in fn.inputs):
        return _with_defaults(fn, sent)
    if len(sent) < len(fn.inputs):
        raise InputError(f"data: expected {len(fn.inputs)} values, got {len(sent)}")
    return [
        value if isinstance(block, gr.State) else _fitting(_own(block, state), value, request)
        for block, value in zip(fn.inputs, sent, strict=False)
    ]


def whole(value: Any) -> Any:
    """`value` with every half of a surrogate pair replaced: one of them would end the visitor's stream of events."""
    if isinstance(value, str):
        return value if value.isascii() else HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {whole(key): whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [whole(each) for each in value]
    return value


def _with_defaults(fn: BlockFunction, sent: list[Any]) -> list[Any]:
    """The arguments of an endpoint, which checks them itself: its default for each that is left out or null."""
    given = [*sent[: len(fn.inputs)], *[None] * (len(fn.inputs) - len(sent))]
    return [
        getattr(block, "value", None) if value is None else value for value, block in zip(given, fn.inputs, strict=True)
    ]


def _own(block: Any, state: Any) -> Any:
    """A component as it is in the visitor's session, where it may have other choices."""
    number = block._id  # noqa: SLF001 - Gradio has no public name for it
    return state[number] if state is not None and number in state else block


def _fitting(block: Any, value: Any, request: gr.Request | None) -> Any:
    """A value that a component of the page can have.

    Raises:
        InputError: this one it cannot have.
    """
    if isinstance(block, gr.Textbox):
        _check(block, value, str | None, "text")
        return whole(value or "")
    if isinstance(block, gr.Checkbox):
        _check(block, value, bool | None, "true or false")
    elif isinstance(block, gr.Slider):
        _check(block, value, int | float, "a number")
        if not block.minimum <= value <= block.maximum:  # NaN is not, either
            raise InputError(f"{_name(block)}: expected a number from {block.minimum:g} to {block.maximum:g}")
    elif isinstance(block, gr.Dropdown):
        _check(block, value, str | int | float | None, "one of its choices")
        choices = [choice for _, choice in block.choices]
        if value is not None and value not in choices:  # a server that was restarted knows no visitor's table
            raise InputError(translate("page_no_choice", request))
        return None if value is None else choices[choices.index(value)]  # not 1.0 for 1
    elif isinstance(block, gr.File):
        _check(block, value, dict | None, "a file that was uploaded here")
    return value


def _check(block: Any, value: Any, kinds: Any, expected: str) -> None:
    if not isinstance(value, kinds) or (isinstance(value, bool) and not isinstance(block, gr.Checkbox)):
        raise InputError(f"{_name(block)}: expected {expected}, got {type(value).__name__}")


def _name(block: Any) -> str:
    return str(block.elem_id or block.get_block_name())


def _check_files(sent: Any) -> None:
    """Refuse what is no path of a file, and what is nested deeply.

    Gradio would fetch an address, whatever its size, and fails at a path that no file system can have.
    """
    waiting = [(sent, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > MOST_NESTED:
            raise InputError(f"data: expected lists and objects that are nested at most {MOST_NESTED} deep")
        if isinstance(each, dict) and isinstance(path := each.get("path"), str):
            _check_path(path)
        if isinstance(each, dict | list):
            inner = each.values() if isinstance(each, dict) else each
            waiting += [(one, depth + 1) for one in inner]


def _check_path(path: str) -> None:
    expected = "expected a file that was uploaded here"
    if is_http_url_like(path):
        raise InputError(f"file: got the address {path!r:.80}; {expected}")
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # Gradio says whether it may be read
    except (OSError, ValueError):
        raise InputError(f"file: got {path!r:.80}, which is no path; {expected}") from None
