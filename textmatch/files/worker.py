"""The process that reads files for `process`: one request after the other on its input, the answers on its output."""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from textmatch.files.process import IDLE_SECONDS
from textmatch.files.readers import Request, parse
from textmatch.files.table import Limits, Row, Table, TableError

if sys.platform != "win32":  # the limit of time holds there, that of memory does not
    import resource

CELLS_AT_ONCE = 20_000
"""Cells sent in one go: the receiver's other threads go on in between."""

GROWN = 160 * 2**20
"""Bytes of memory from which the process ends after its answer, to give them back."""

RESIDENT, DATA = 1, 5
"""Fields of ``/proc/self/statm``: memory in use, and memory that may be written to."""

Message = tuple[str, Any]


def main() -> None:
    """Answer requests until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # also where it has no session of its own: the parent ends it
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    warnings.simplefilter("ignore")
    serve(sys.stdin.buffer, answers)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more, or until the process has grown or waited for long."""
    while (request := _next(requests)) is not None:
        stays = True
        try:
            for kind, content in answer(request):
                stays = _resident() < GROWN
                answers.write(pickle.dumps((kind, content, stays)))
        except MemoryError:
            stays = False
            answers.write(pickle.dumps((*_too_heavy(request.limits), stays)))
        answers.flush()
        if not stays:
            return


def answer(request: Request) -> Iterator[Message]:
    """What is known of the table, its rows in parts, and the end; or why it cannot be read."""
    try:
        _set_limits(request)
        parts = _parts(parse(request), request.limits)
    except TableError as error:
        yield "refused", tuple(error.problem)
    except MemoryError:
        raise
    except Exception as error:  # nobody foresees every hostile file: it ends as a message, and is logged
        yield "failed", _where(error)
    else:
        yield from parts


def _next(requests: BinaryIO) -> Request | None:
    patience = threading.Timer(IDLE_SECONDS, os._exit, (0,))
    patience.daemon = True
    patience.start()
    try:
        request: Request = pickle.load(requests)
    except EOFError:
        return None
    finally:
        patience.cancel()
    return request


def _parts(table: Table, limits: Limits) -> Iterator[Message]:
    known = {name: getattr(table, name) for name in ("names", "encoding", "header", "start", "sheet", "sheets")}
    yield "table", known | {"first": None if table.first is None else _sent(table.first)}
    rows = list(reversed(table.rows))
    del table
    step = max(1, CELLS_AT_ONCE // len(known["names"]))
    size = 0
    while rows:
        part = [_sent(rows.pop()) for _ in range(min(step, len(rows)))]
        size += sum(len(value) for values, _ in part for value in values if isinstance(value, str))
        if limits.memory is not None and size > limits.memory:  # a few bytes can refer to a long text many times
            yield _too_heavy(limits)
            return
        yield "rows", part
    yield "end", None


def _sent(row: Row) -> tuple[Sequence[Any], tuple[Any, ...] | None]:
    return row.values, row.problem and tuple(row.problem)


def _too_heavy(limits: Limits) -> Message:
    return "refused", ("heavy", {"limit": (limits.memory or 0) >> 20})


def _where(error: Exception) -> str:
    """The kind of an error and the line it comes from, without its text, which may be the file's."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


# Limits of the operating system


def _set_limits(request: Request) -> None:
    memory, seconds = request.limits.memory, request.limits.seconds
    if sys.platform == "win32" or memory is None or seconds is None:
        return
    # What is read with takes memory that no file is to blame for.
    if request.path.suffix.lower() == ".xlsx":
        import_module("openpyxl.reader.excel")
    elif request.path.suffix.lower() == ".parquet":
        import_module("pyarrow.parquet")
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 1)
    if data := _memory(DATA):
        _set(resource.RLIMIT_DATA, data + memory)


def _set(kind: int, value: int) -> None:
    """Lower a limit, to be raised again for the next file."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _resident() -> int:
    return _memory(RESIDENT)


def _memory(field: int) -> int:
    """A field of what Linux knows of this process's memory, in bytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[field])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * mmap.PAGESIZE
