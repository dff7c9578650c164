"""What dates and amounts are found with: a text that is being read, its quantities, and units and parts of patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from textmatch.knowledge.numbers import NUMERAL

HALF_DAY = 60.0 * 12
"""In minutes."""


class Unit(NamedTuple):
    """What a unit measures, and how many of the dimension's basic unit it is."""

    dimension: str
    factor: float


def _read_units() -> Iterator[tuple[str, Unit]]:
    for line in Path(__file__).with_name("units.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        unit, _, names = line.partition(":")
        dimension, _, factor = unit.rpartition(" ")
        above, _, below = factor.partition("/")
        for name in names.split():
            yield name, Unit(dimension, float(above) / float(below or 1))


UNITS = dict(_read_units())
CLASSIFIERS = (
    "个只条张件本台辆套瓶杯盒包袋碗颗粒支把部间家头匹棵朵片盘门道首篇句页份根种款段处样场滴勺位名岁天年月周次回遍趟"
    "顿口年块元毛里米斤克秒小分点度层辈批群字行站题步局集章节盏座栋封幅轮人下声枚"
)
"""Characters before which 一两 and 三五 count things."""
VAGUE = "more"


def _any_unit() -> str:
    """Any unit; 3m is three metres, 3mp is not."""
    names = sorted(UNITS, key=len, reverse=True)
    ends = ("(?![a-z])" if name[-1].isascii() and name[-1].isalpha() else "" for name in names)
    return "|".join(re.escape(name) + end for name, end in zip(names, ends, strict=True))


ANY_UNIT = _any_unit()
START = rf"(?<![\d.:/第{NUMERAL}])"
"""Where a number can begin, as part of a pattern: not within a number, and not after 第."""
SMALL = r"(?:\d{1,2}|[二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]|零)"
"""A whole number below 100, as part of a pattern."""


class Quantity(NamedTuple):
    """A quantity in a text.

    Attributes:
        start: its first character.
        end: after its last character.
        dimension: what it measures; only quantities of one dimension can be equal.
        value: its value in the dimension's basic unit; a range has two, a date month and day, a code its digits.
        hours: of a time of day, 24 if the text says which half of the day it is, else 12.
    """

    start: int
    end: int
    dimension: str
    value: tuple[float | str, ...]
    hours: int = 24

    def equals(self, other: Quantity) -> bool:
        """Whether both are the same quantity. 3点 equals 15:00: it does not say which half of the day it means."""
        if self.dimension != other.dimension:
            return False
        if self.hours != other.hours:
            return _on_the_dial(self.value) == _on_the_dial(other.value)
        return self.value == other.value


def _on_the_dial(value: tuple[float | str, ...]) -> list[float | str]:
    """Times as a clock with hands shows them."""
    return [each if isinstance(each, str) else each % HALF_DAY for each in value]


@dataclass(slots=True)
class Text:
    """A sentence, and what was found in it so far.

    Attributes:
        plain: the sentence.
        characters: those of the sentence.
        words: its words.
        in_word: True at characters of words such as 一起, in which a numeral is no number.
        quantities: those found so far.
        taken: True at their characters.
        edges: what `boundaries` returns, once it was asked.
    """

    plain: str
    characters: frozenset[str]
    words: Sequence[str]
    in_word: list[bool]
    quantities: list[Quantity] = field(default_factory=list)
    taken: list[bool] = field(default_factory=list)
    edges: set[int] = field(default_factory=set)

    def search(self, pattern: re.Pattern[str], group: str | int | None = 0, signs: str = "") -> Iterable[re.Match[str]]:
        """The matches of a pattern.

        Args:
            pattern: what to look for.
            group: the group of it that may not begin inside of a word such as 一起; None if all of it may.
            signs: characters of which each match has at least one. A sentence without them is not searched, which
                saves most of the time.
        """
        if signs and self.characters.isdisjoint(signs):
            return ()
        if group is None:
            return pattern.finditer(self.plain)
        return (match for match in pattern.finditer(self.plain) if not self.in_word[match.start(group)])

    def add(
        self, match: re.Match[str], dimension: str, *value: float | str, hours: int = 24, end: int | None = None
    ) -> None:
        """Keep a quantity, unless an earlier one has some of its characters; it may `end` before the match does."""
        start, end = match.start(), match.end() if end is None else end
        if not any(self.taken[start:end]):
            self.taken[start:end] = [True] * (end - start)
            rounded = tuple(round(float(each), 6) if not isinstance(each, str) else each for each in value)
            self.quantities.append(Quantity(start, end, dimension, rounded, hours))

    def leave(self, match: re.Match[str]) -> None:
        """Let no quantity be found at the characters of a match."""
        self.taken[match.start() : match.end()] = [True] * (match.end() - match.start())

    def boundaries(self) -> set[int]:
        """Where a word begins or ends."""
        if not self.edges:
            self.edges = {0, *accumulate(map(len, self.words))}
        return self.edges
