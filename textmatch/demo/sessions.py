"""What is kept in memory for each visitor, and how much of it.

Lists and tables stand in a `SessionStore`, under a secret key that only their visitor's session holds. What else Gradio
keeps of a session is in `Sessions`, and what it has to say to one in `Inboxes`.
"""

from __future__ import annotations

import asyncio
import copy
import secrets
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar

from gradio.blocks import Blocks
from gradio.queueing import Queue
from gradio.server_messages import ProcessCompletedMessage
from gradio.state_holder import SessionState, StateHolder

from textmatch.files import Table
from textmatch.search import Index

T = TypeVar("T")

MAX_INBOXES, MAX_UNREAD, MAX_UNREAD_IN_ALL = 2000, 100, 1000
"""Sessions whose answers are kept until they fetch them; answers of one, and of all. Most take a few KB, the preview of
a wide table takes half a MB. A browser fetches them at once."""

SENTENCE_BYTES = 2000
"""Memory that a sentence of a list takes with its vector and its characters' places, about."""

CELL_BYTES = 60
"""Memory that a cell takes besides its text."""


@dataclass(frozen=True, eq=False)
class StoredIndex:
    """A list that can be searched.

    Attributes:
        index: its sentences.
        answers: the answer to each sentence; empty if the list has none.
        name: the name of the file it came from; empty if it was pasted.
        first_number: the row number of the first sentence as the visitor counts, from 1.
    """

    index: Index
    answers: Sequence[str]
    name: str
    first_number: int


class SessionStore(Generic[T]):
    """Holds what visitors have brought, up to a size in all; then what was used least recently is removed.

    Args:
        capacity: bytes of everything together.
        size_of: the bytes of one visitor's, about.
    """

    def __init__(self, capacity: int, size_of: Callable[[T], int]) -> None:
        self._capacity, self._size_of = capacity, size_of
        self._kept: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, value: T) -> str:
        """Keep a value and return its key, which cannot be guessed. The newest stays, whatever its size."""
        key, size = secrets.token_urlsafe(16), self._size_of(value)
        with self._lock:
            self._kept[key] = value, size
            while len(self._kept) > 1 and sum(each for _, each in self._kept.values()) > self._capacity:
                self._kept.popitem(last=False)
        return key

    def get(self, key: str | None) -> T | None:
        """The value with this key; None if it was removed."""
        with self._lock:
            if key is None or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def remove(self, key: str | None) -> None:
        """Forget a value, if there is one."""
        with self._lock:
            self._kept.pop(key or "", None)


def list_bytes(stored: StoredIndex) -> int:
    """About how much memory a list takes."""
    return SENTENCE_BYTES * len(stored.index.sentences) + sum(map(sys.getsizeof, stored.answers))


def table_bytes(table: Table) -> int:
    """About how much memory a table takes."""
    return sum(sys.getsizeof(value) + CELL_BYTES for row in table.rows for value in row.values)


class Sessions(StateHolder):
    """Gradio's states of the visitors' sessions, made by copying one.

    Gradio describes every component of the page anew for each session, which takes longer than all else in a call. The
    descriptions are the same until a session changes its own.
    """

    def __init__(self, blocks: Blocks) -> None:
        super().__init__()
        self.set_blocks(blocks)
        self._first = SessionState(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = CopiedState(self.blocks, self._first)
        return super().__getitem__(session_id)

    def forget(self, session_id: str) -> None:
        """Remove the state of a call that belongs to no session."""
        with self.lock:
            self.session_data.pop(session_id, None)
            self.time_last_used.pop(session_id, None)


class Inboxes(OrderedDict[str, "Inbox"]):
    """The answers that visitors' sessions have not fetched yet, in place of Gradio's.

    Gradio keeps all answers of 2000 sessions, and then forgets the oldest session, whether its work goes on or not.

    Args:
        queue: Gradio's queue.

    Attributes:
        unread: answers in all inboxes.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self._queue = queue
        self.unread = 0

    def __setitem__(self, session: str, _: Any) -> None:
        """Open a session's inbox."""
        if len(self) >= MAX_INBOXES:
            self._forget_one()
        super().__setitem__(session, Inbox(self))

    def __delitem__(self, session: str) -> None:
        """Close a session's inbox; what was in it is gone."""
        inbox = self[session]
        super().__delitem__(session)
        while not inbox.empty():
            inbox.get_nowait()

    def trim(self, inbox: Inbox) -> None:
        """Drop an answer of an inbox that has too many, or if all have too many one of the fullest."""
        if inbox.qsize() > MAX_UNREAD:
            self._drop_one(inbox)
        elif self.unread > MAX_UNREAD_IN_ALL:
            self._drop_one(max(self.values(), key=Inbox.qsize))

    def _drop_one(self, inbox: Inbox) -> None:
        """Drop the oldest answer, but no event's last one as long as there are others.

        A stream ends with the last answer of the last event that is pending, so an event without one must not be.
        """
        dropped = inbox.pop_oldest()
        if isinstance(dropped, ProcessCompletedMessage):
            for pending in self._queue.pending_event_ids_session.values():
                pending.discard(str(dropped.event_id))

    def _forget_one(self) -> None:
        """Forget a session with no work under way: one that has fetched its answers, or else the oldest."""
        over = (session for session in self if not self._works(session))
        fetched = (session for session in self if self[session].empty() and not self._works(session))
        session = next(chain(fetched, over, self))  # mostly the first one
        del self[session]
        self._queue.pending_event_ids_session.pop(session, None)

    def _works(self, session: str) -> bool:
        events = self._queue.pending_event_ids_session.get(session, ())
        return any(event in self._queue.event_ids_to_events for event in events)


class Inbox(asyncio.Queue[Any]):
    """The answers that one session has not fetched yet."""

    _queue: deque[Any]  # asyncio's own, which its subclasses arrange

    def __init__(self, inboxes: Inboxes) -> None:
        super().__init__()
        self._inboxes = inboxes

    def put_nowait(self, item: Any) -> None:
        """Add an answer."""
        super().put_nowait(item)
        self._inboxes.trim(self)

    def _put(self, item: Any) -> None:
        self._queue.append(item)
        self._inboxes.unread += 1

    def _get(self) -> Any:
        self._inboxes.unread -= 1
        return self._queue.popleft()

    def pop_oldest(self) -> Any:
        """Take the oldest answer that is no event's last one; the oldest of all if there is none."""
        answers = enumerate(self._queue)
        place = next((place for place, each in answers if not isinstance(each, ProcessCompletedMessage)), 0)
        self._queue.rotate(-place)
        answer = self.get_nowait()
        self._queue.rotate(place)
        return answer


class CopiedState(SessionState):
    """The state of a session that has changed nothing yet.

    Args:
        blocks: the page.
        first: the state to copy; it is never changed.
    """

    def __init__(self, blocks: Blocks, first: SessionState) -> None:
        self.blocks_config = copy.copy(blocks.default_config)
        self.config_values = dict(first.config_values)
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = first.STATE_TTL_WHEN_CLOSED

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Keep nothing of what a visitor sent or was shown: Gradio only needs it for links to a session."""
