"""The visitors' lists, in memory only: as many as fit, each under a key that only its visitor's session holds."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from textmatch.search import Index


@dataclass(frozen=True, eq=False)
class Listed:
    """A list that can be searched.

    Attributes:
        index: its sentences.
        answers: what stands beside each sentence; empty where nothing does.
        name: the file it came from, "" for one that was pasted.
        first: the number of the first sentence, as the visitor counts rows.
    """

    index: Index
    answers: Sequence[str]
    name: str
    first: int


class Shelf:
    """Holds lists up to a number of sentences in all; the ones longest out of use give way to new ones.

    Args:
        capacity: sentences, each some 1.5 KB with its vector.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lists: OrderedDict[str, Listed] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, listed: Listed) -> str:
        """Keep a list; its key cannot be guessed."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._lists[key] = listed
            while len(self._lists) > 1 and sum(len(held.index.sentences) for held in self._lists.values()) > (
                self._capacity
            ):
                self._lists.popitem(last=False)
        return key

    def get(self, key: str) -> Listed | None:
        """The list of that key, unless it has given way."""
        with self._lock:
            if key in self._lists:
                self._lists.move_to_end(key)
            return self._lists.get(key)

    def drop(self, key: str | None) -> None:
        """Forget a list."""
        with self._lock:
            self._lists.pop(key or "", None)
