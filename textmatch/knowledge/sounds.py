"""The sound of each character, as a pinyin syllable without tone; also of pinyin typed in Latin letters."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("pinyin.txt")
NUM_SOUNDS = 411
"""Sounds with their numbers from 1; 0 is no sound."""

# Sounds that many speakers and input methods do not tell apart.
NEAR = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^l(?=[^v])"), "n"), (re.compile("([aei])ng$"), r"\1n"))


class _Table(NamedTuple):
    of_character: dict[str, int]
    of_syllable: dict[str, int]
    near: tuple[int, ...]


def find_sounds(plain: str) -> list[int]:
    """The number of each position's sound, 0 where it has none.

    In a run of Latin letters that is pinyin, such as ``nihao``, each letter has the sound of its syllable.

    Args:
        plain: a normalised sentence (`textmatch.text.normalise`).
    """
    table = _table()
    sounds = [table.of_character.get(character, 0) for character in plain]
    for run in re.finditer("[a-z]{2,}", plain):
        position = run.start()
        for syllable in split_pinyin(run.group()) or ():
            sounds[position : position + len(syllable)] = [table.of_syllable[syllable]] * len(syllable)
            position += len(syllable)
    return sounds


def near_sound(sound: int) -> int:
    """One number for all sounds that are often confused with this one: z and zh, n and l, in and ing; 0 stays 0."""
    return _table().near[sound]


def split_pinyin(letters: str) -> tuple[str, ...] | None:
    """Split letters into as few pinyin syllables as possible; None if they are no pinyin.

    Args:
        letters: a to z.
    """
    best: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
    syllables = _table().of_syllable
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            before, syllable = best[start], letters[start:end]
            if before is None or syllable not in syllables:
                continue
            if best[end] is None or len(before) + 1 < len(best[end] or ()):
                best[end] = (*before, syllable)
    return best[-1]


@cache
def _table() -> _Table:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    syllables = [line.split() for line in lines if not line.startswith("#")]
    of_syllable = {syllable: number for number, (syllable, _) in enumerate(syllables, 1)}
    of_character = {character: of_syllable[syllable] for syllable, characters in syllables for character in characters}
    keys = dict[str, int]()
    near = [0]
    for syllable, _ in syllables:
        key = syllable
        for pattern, usual in NEAR:
            key = pattern.sub(usual, key)
        near.append(keys.setdefault(key, len(keys) + 1))
    return _Table(of_character, of_syllable, tuple(near))
