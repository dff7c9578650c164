"""Read a file in a process of its own, with limits of memory and time: a hostile file ends as a message.

A reading process (`worker`) is started for the first file and kept for the next ones, as starting takes a third of a
second. It goes when it has grown, when it was stopped, and after a minute without work.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from textmatch.files.table import Limits, Problem, Row, Table, TableError

logger = logging.getLogger(__name__)

AVAILABLE = bool(sys.executable)
"""Whether a process can be started; a Python that is built into another program cannot tell where it is."""

MOST_AT_ONCE = 2
"""Files that are read at the same time; the next ones wait, so that memory is bounded."""

IDLE_SECONDS = 60
"""How long a reading process waits for the next file before it ends."""

COMMAND = "from textmatch.files.worker import main; main()"

# One thread, and memory that is not reserved in advance: the limit of memory then means what is used.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}


class _Answer(NamedTuple):
    """A table, or why there is none; and whether the process waits for the next request."""

    content: Table | TableError
    waits: bool


class _Worker:
    """A reading process."""

    def __init__(self) -> None:
        path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | ENVIRONMENT | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C in a terminal is for this process, which ends the other one
        )
        self.idle_since = time.monotonic()

    @property
    def usable(self) -> bool:
        """Whether it waits for a request, and will not end of itself in the next seconds."""
        return self._process.poll() is None and time.monotonic() - self.idle_since < IDLE_SECONDS / 2

    def ask(self, request: Any, limits: Limits) -> _Answer:
        """Have a file read."""
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            self._process.kill()

        timer = threading.Timer(limits.seconds or 0, stop)
        timer.start()
        try:
            pickle.dump(request, self._pipe(self._process.stdin))
            self._pipe(self._process.stdin).flush()
            return _received(self._pipe(self._process.stdout))
        except pickle.UnpicklingError as error:
            return _Answer(_refusal("failed", error), False)
        except (OSError, EOFError):
            if stopped.is_set():
                return _Answer(TableError("slow", limit=round(limits.seconds or 0)), False)
            return _Answer(TableError("heavy", limit=(limits.memory or 0) >> 20), False)
        finally:
            timer.cancel()

    def end(self) -> None:
        """Stop the process."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not yet written cannot be any more
                self._pipe(pipe).close()
        self._process.wait()

    @staticmethod
    def _pipe(pipe: Any) -> Any:
        assert pipe is not None
        return pipe


_idle: list[_Worker] = []
_lock = threading.Lock()
_slots = threading.BoundedSemaphore(MOST_AT_ONCE)


def read(request: Any, limits: Limits) -> Table:
    """Have a file read.

    Args:
        request: what `worker` shall read; see `readers.Request`.
        limits: those of the request; `limits.seconds` is not None.

    Raises:
        TableError: as `readers.parse`, or reading takes too much memory or time, or fails in a way nobody foresaw.
    """
    with _slots:
        worker = _idle_worker() or _Worker()
        waits = False
        try:
            content, waits = worker.ask(request, limits)
        finally:
            if waits:
                worker.idle_since = time.monotonic()
                with _lock:
                    _idle.append(worker)
            else:
                worker.end()
    if isinstance(content, TableError):
        raise content
    return content


def _idle_worker() -> _Worker | None:
    with _lock:
        while _idle:
            worker = _idle.pop()
            if worker.usable:
                return worker
            worker.end()
    return None


def _end_all() -> None:
    with _lock:
        while _idle:
            _idle.pop().end()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # the processes belong to the parent


# What comes back


class _PlainUnpickler(pickle.Unpickler):
    """Takes plain values, dates included: a process taken over by a hostile file can send nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime":
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


def _received(answers: Any) -> _Answer:
    """What a worker sends: what is known of a table, then its rows in parts; or why there is none."""
    known: dict[str, Any] = {}
    rows: list[Row] = []
    while True:
        kind, content, waits = _PlainUnpickler(answers).load()
        if kind == "table":
            known = content
        elif kind == "rows":
            rows += map(_row, content)
        elif kind == "end":
            first = known.pop("first")
            return _Answer(Table(**known, rows=rows, first=None if first is None else _row(first)), waits)
        else:
            return _Answer(_refusal(kind, content), waits)


def _row(sent: tuple[tuple[Any, ...], tuple[str, dict[str, Any]] | None]) -> Row:
    values, problem = sent
    return Row(values, None if problem is None else Problem(*problem))


def _refusal(kind: str, content: Any) -> TableError:
    if kind == "refused":
        key, fields = content
        return TableError(key, **fields)
    logger.error("reading a file failed: %s", content)
    return TableError("failed")
