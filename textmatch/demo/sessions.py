"""The visitors' lists of sentences: kept in memory, each under a secret key that only its visitor's session holds."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from textmatch.search import Index


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


class SessionStore:
    """Holds the visitors' lists up to a number of sentences in all; then the least recently used ones are removed.

    Args:
        capacity: sentences in all lists together; each takes about 1.5 KB with its vector.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lists: OrderedDict[str, StoredIndex] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, stored: StoredIndex) -> str:
        """Keep a list and return its key, which cannot be guessed. The newest list stays, whatever its size."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._lists[key] = stored
            while len(self._lists) > 1 and self._size() > self._capacity:
                self._lists.popitem(last=False)
        return key

    def get(self, key: str) -> StoredIndex | None:
        """The list with this key; None if it was removed."""
        with self._lock:
            if key in self._lists:
                self._lists.move_to_end(key)
            return self._lists.get(key)

    def remove(self, key: str | None) -> None:
        """Forget a list, if there is one."""
        with self._lock:
            self._lists.pop(key or "", None)

    def _size(self) -> int:
        return sum(len(stored.index.sentences) for stored in self._lists.values())
