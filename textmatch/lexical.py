"""An index of texts by their characters: TF-IDF with cosine."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np


class LexicalIndex:
    """Finds the texts that have most characters, and pairs of adjacent characters, in common with another text.

    A text is the set of its characters and pairs, its terms. A term that is in `df` of `N` texts weighs ln(1 + N / df),
    so rare ones count more. Add all texts before the first search.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._size = 0
        # Every occurrence of a term: its id, and the row it is in. Arrays take a tenth of the memory of lists.
        self._occurrences, self._owners = array("i"), array("i")
        self._made: _Postings | None = None
        self._lock = threading.Lock()

    def add(self, texts: Iterable[str]) -> None:
        """Append texts; the first one ever added is row 0."""
        for text in texts:
            terms = _terms(text)
            self._occurrences.extend(self._ids.setdefault(term, len(self._ids)) for term in terms)
            self._owners.extend([self._size] * len(terms))
            self._size += 1

    def nearest(self, text: str, count: int) -> list[int]:
        """Rows with the highest cosine to `text`, at most `count`, highest first; none with a cosine of 0."""
        postings = self._postings()
        scores = np.zeros(self._size, np.float32)
        for term in sorted(_terms(text) & self._ids.keys()):
            number = self._ids[term]
            start = postings.ends[number - 1] if number else 0
            scores[postings.rows[start : postings.ends[number]]] += postings.weights[number]
        scores /= postings.lengths
        count = min(count, len(scores))
        best = np.argpartition(-scores, count - 1)[:count]
        return [int(row) for row in best[np.argsort(-scores[best], kind="stable")] if scores[row] > 0]

    def overlap(self, text: str, other: str) -> float:
        """The cosine of two texts, 0 to 1; terms that are in no row are left out."""
        weights = self._postings().weights
        one, two = (_terms(each) & self._ids.keys() for each in (text, other))
        shared, first, second = (
            math.fsum(weights[self._ids[term]] for term in terms) for terms in (one & two, one, two)
        )
        return shared / math.sqrt(first * second) if shared else 0.0

    def _postings(self) -> _Postings:
        with self._lock:  # several threads may ask first
            if self._made is None:
                self._made = self._make_postings()
            return self._made

    def _make_postings(self) -> _Postings:
        ids, owners = np.asarray(self._occurrences), np.asarray(self._owners)
        counts = np.bincount(ids, minlength=len(self._ids))
        weights = (np.log1p(self._size / np.maximum(counts, 1)) ** 2).astype(np.float32)
        lengths = np.sqrt(np.bincount(owners, weights[ids], minlength=self._size)).astype(np.float32)
        rows = owners[np.argsort(ids, kind="stable")]
        del self._occurrences, self._owners  # not needed any more: a long list has millions
        return _Postings(weights, lengths, rows, np.cumsum(counts))


class _Postings(NamedTuple):
    """The rows that have each term.

    Attributes:
        weights: the squared weight of each term, float32.
        lengths: the length of each row's vector, float32.
        rows: the rows of term 0, then those of term 1 and so on.
        ends: for each term where its part of `rows` ends.
    """

    weights: Any
    lengths: Any
    rows: Any
    ends: Any


def _terms(text: str) -> set[str]:
    return {*text, *map("".join, pairwise(text))}
