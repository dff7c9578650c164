"""Whose work runs next. All who wait get turns in rotation, so nobody's many or long requests hold up the others.

A client is an address. Work that takes milliseconds (`SHORT`) and work that takes seconds (`LONG`) have places of their
own. Long work is done in steps and waits for a turn before each of them. Work ends when its caller has left.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import gradio as gr
from anyio import CapacityLimiter, to_thread

from textmatch.errors import BusyError

T = TypeVar("T")

VISIT = "textmatch.visit"
"""Where a request's scope says which visit it belongs to, if Gradio does not (see `middleware.LeavingMiddleware`)."""


LONG_EVENT = "long"
"""The `concurrency_id` of an event that is long work although it takes no file."""


@dataclass(frozen=True, eq=False)
class Turn:
    """A client that waits for its turn.

    Attributes:
        come: is resolved when it is its turn.
        loop: the event loop in which it waits.
    """

    come: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, eq=False)
class Work:
    """What one caller wants done.

    Attributes:
        turns: where it waits.
        client: the caller's address.
        visit: the caller's session or event; whoever closes its stream has left.
        task: the task that does it, which is cancelled when the caller has left.
    """

    turns: Turns
    client: str
    visit: str
    task: asyncio.Task[Any] | None

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for a turn and take it."""
        return self.turns.turn(self.client)

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a thread when it is the client's turn."""
        async with self.turn():
            call = asyncio.ensure_future(to_thread.run_sync(function, *arguments, limiter=CapacityLimiter(1)))
            try:
                return await asyncio.shield(call)
            finally:
                while not call.done():  # the caller has left; the place is free once the thread is
                    with suppress(asyncio.CancelledError):
                        await asyncio.wait([call])

    async def finish(self, steps: Generator[Any, None, T]) -> T:
        """Run a generator to its end, each step in a turn of its own, and return its result."""
        try:
            while not (ended := await self.run(_step, steps)):
                pass
        finally:
            steps.close()
        result: T = ended[0]
        return result


class Turns:
    """A number of places, and those who wait for one.

    Args:
        places: work that runs at once. No client has all of them, unless there is only one.
        per_client: work that one client may have here, running or waiting.
        in_all: work of all clients, running or waiting.
    """

    def __init__(self, places: int, per_client: int, in_all: int) -> None:
        self.per_client, self.in_all = per_client, in_all
        self._share = max(1, places - 1)
        self._free = places
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._works: list[Work] = []
        self._lock = threading.Lock()  # in tests several servers, each with an event loop of its own, share the places

    def __len__(self) -> int:
        """How much work is here, running or waiting."""
        return len(self._works)

    @asynccontextmanager
    async def work(self, request: gr.Request) -> AsyncIterator[Work]:
        """Take in a caller's work.

        Raises:
            BusyError: this client or all together have too much here already.
        """
        client = client_of(request)
        work = Work(self, client, _visit(request), asyncio.current_task())
        with self._lock:
            if sum(other.client == client for other in self._works) >= self.per_client:
                raise BusyError("client", self.per_client)
            if len(self._works) >= self.in_all:
                raise BusyError("all", self.in_all)
            self._works.append(work)
        try:
            yield work
        finally:
            with self._lock:
                self._works.remove(work)

    async def run(self, request: gr.Request, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a thread, as work of one turn."""
        async with self.work(request) as work:
            return await work.run(function, *arguments)

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        loop = asyncio.get_running_loop()
        turn = Turn(loop.create_future(), loop)
        with self._lock:
            self._waiting.setdefault(client, deque()).append(turn)
            self._call()
        try:
            await turn.come
            yield
        finally:
            with self._lock:
                waiting = self._waiting.get(client, deque())
                if turn in waiting:
                    waiting.remove(turn)
                else:
                    self._free += 1
                    self._running[client] -= 1
                    self._call()
                if not waiting:
                    self._waiting.pop(client, None)
                self._running += Counter()  # drops the clients that have nothing here any more

    def leave(self, visit: str) -> None:
        """Cancel the work of a caller who has left."""
        with self._lock:
            left = [work for work in self._works if work.visit == visit and work.task]
        for work in left:
            assert work.task is not None
            work.task.get_loop().call_soon_threadsafe(work.task.cancel)

    def _call(self) -> None:
        """Give free places to those who wait, a client after the other."""
        while self._free:
            client = next((each for each in self._waiting if self._running[each] < self._share), None)
            if client is None:
                return
            turn = self._waiting[client].popleft()
            self._waiting.move_to_end(client)
            if not self._waiting[client]:
                del self._waiting[client]
            self._free -= 1
            self._running[client] += 1
            turn.loop.call_soon_threadsafe(_resolve, turn.come)


class Room:
    """Memory for tables and lists that are worked on, all visitors' together.

    Args:
        capacity: bytes; a single table or list may be larger.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity, self._taken = capacity, 0
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Have room for so many bytes.

        Raises:
            BusyError: others work on so much that there is no room.
        """
        with self._lock:
            if self._taken and self._taken + size > self._capacity:
                raise BusyError("all", self._capacity)
            self._taken += size
        try:
            yield
        finally:
            with self._lock:
                self._taken -= size


def client_of(request: gr.Request) -> str:
    """The address that a request came from.

    Behind a proxy it is the visitor's if uvicorn trusts that proxy (``FORWARDED_ALLOW_IPS``).
    """
    return request.client.host if request.client else ""


def _visit(request: gr.Request) -> str:
    """The session or event that work belongs to."""
    scope = request.request.scope if request.request else {}
    visit: str = request.session_hash or scope.get(VISIT, "")
    return visit


def _resolve(come: asyncio.Future[None]) -> None:
    if not come.done():
        come.set_result(None)


def _step(steps: Generator[Any, None, T]) -> tuple[T] | None:
    """Go on to the next step; return the result in a tuple if there is none."""
    try:
        next(steps)
    except StopIteration as finished:
        return (finished.value,)
    return None


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

SHORT = Turns(max(2, CORES), per_client=24, in_all=160)
"""Comparing, explaining, ranking, searching a list that is ready: some 10 to 100 ms of one core."""

LONG = Turns(2, per_client=8, in_all=32)
"""Reading files, scoring tables, indexing lists, grouping: steps of about a second."""

ROOM = Room(1 << 30)
"""For long work. What visitors have brought and nobody works on is bounded in `sessions`."""
