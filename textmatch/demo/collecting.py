"""Corrections that visitors send to the owner of the page, where the owner has switched that on.

They are appended to one file of JSON Lines, as `train.py --also` reads. Without such a file they stay in the visitors'
browsers (`components/corrections`).
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textmatch.errors import InputError
from textmatch.text import MAX_CHARACTERS

MOST_PAIRS = 500
"""Corrections that one request may bring."""

MOST_BYTES = 16 << 20
"""Size of the file from which nothing more is taken: anybody can send."""

FIELDS = ("sentence1", "sentence2", "label")


@dataclass(frozen=True)
class Collector:
    """Writes corrections to a file.

    Attributes:
        file: where they are appended.
    """

    file: Path
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def to(cls, file: str | Path) -> Collector:
        """Make sure that the file can be written.

        Raises:
            InputError: it cannot.
        """
        try:
            with Path(file).open("ab"):
                return cls(Path(file))
        except OSError as error:
            raise InputError(f"{file}: cannot be written: {error.strerror}") from None

    def keep(self, sent: Any) -> int:
        """Append corrections, all of them or none.

        Args:
            sent: a list of objects with `FIELDS`, the label being 0 or 1.

        Returns:
            How many there were.

        Raises:
            InputError: something else was sent, or the file is full.
        """
        if not isinstance(sent, list) or not 0 < len(sent) <= MOST_PAIRS:
            raise InputError(f"expected a list of 1 to {MOST_PAIRS} corrections")
        try:
            lines = "".join(_line(number, each) for number, each in enumerate(sent, 1)).encode("utf-8")
        except UnicodeEncodeError:
            raise InputError("a correction has half of a character; expected text") from None
        with self._lock, self.file.open("ab") as file:
            if file.tell() + len(lines) > MOST_BYTES:
                raise InputError(f"the file of corrections has its {MOST_BYTES >> 20} MB; no more are taken")
            file.write(lines)
        return len(sent)


def _line(number: int, sent: Any) -> str:
    """A correction as a line of JSON."""
    if not isinstance(sent, dict) or sent.keys() != set(FIELDS):
        raise InputError(f"correction {number}: expected an object with {', '.join(FIELDS)}")
    for name in FIELDS[:2]:
        text = sent[name]
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_CHARACTERS:
            raise InputError(f"correction {number}: {name}: expected a text of 1 to {MAX_CHARACTERS} characters")
    if type(sent["label"]) is not int or sent["label"] not in (0, 1):
        raise InputError(f"correction {number}: label: expected 0 or 1, got {sent['label']!r:.40}")
    return json.dumps({name: sent[name] for name in FIELDS}, ensure_ascii=False) + "\n"
