"""Numbers, amounts, measures, times and dates in a sentence, each with its value.

二十岁 and 20岁 are equal, and so are 半年 and 六个月, 三点半 and 3:30. Two quantities can be compared only if they have
the same dimension. What is not recognised is left out: a missed quantity costs little, a wrong one would make two
different texts look alike. `textmatch.knowledge.dates` finds times and dates, `textmatch.knowledge.amounts` the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from textmatch.knowledge.amounts import find_amounts
from textmatch.knowledge.dates import EARLY, LATE, PARTS_OF_DAY, find_days_from_today, find_times_and_dates
from textmatch.knowledge.numbers import NUMERAL
from textmatch.knowledge.reading import ANY_UNIT, UNITS, Quantity, Text
from textmatch.knowledge.wordlists import read_words

__all__ = ["UNITS", "Quantity", "find_quantities"]

NO_NUMBERS = frozenset(read_words("no_numbers"))
"""Words of numerals and units that mean something else."""
_NUMBER_SIGNS = frozenset(f"0123456789{NUMERAL}半周期拜倍折番午休季把¥$")
"""A sentence without these has no quantity, unless it has one of the next."""
_CALENDAR_SIGNS = frozenset("今明昨前后去年月节旦庆圣夜")
_NUMERIC_WORD = re.compile(
    rf"(?:{PARTS_OF_DAY})?[{NUMERAL}第半多几来余成\d.]+(?:{ANY_UNIT}|点半|点钟|点|月份|月|日|号|分之|分|刻)*[半多]?"
    rf"|.*\d.*|{PARTS_OF_DAY}|.*分之.*|零下.*|[{EARLY}{LATE}].点.*|[上数][十百千万亿]+(?:{ANY_UNIT})?|.室.厅.*"
    rf"|[一两二三四五六七八九]+[百千万][{NUMERAL}]*.|[{NUMERAL}]{{2,}}路|[{NUMERAL}]两[面酒]"
)


def find_quantities(plain: str, words: Sequence[str]) -> list[Quantity]:
    """The quantities of a sentence, in order.

    Args:
        plain: a normalised sentence (`textmatch.text.normalise`).
        words: its words (`textmatch.text.segment`): a numeral inside of a word, such as 一起, is no number.
    """
    characters = frozenset(plain)
    has_number = not _NUMBER_SIGNS.isdisjoint(characters)
    if not has_number and _CALENDAR_SIGNS.isdisjoint(characters):
        return []
    in_word = [flag for word in words for flag in [_means_something_else(word)] * len(word)]
    text = Text(plain, characters, words, in_word, taken=[False] * len(plain))
    find_days_from_today(text)
    if has_number:
        # Times first, so that the numbers in them are not taken for amounts.
        find_times_and_dates(text)
        find_amounts(text)
    return sorted(text.quantities)


@lru_cache(20_000)
def _means_something_else(word: str) -> bool:
    """Whether the numerals in a word are no numbers, as in 一起."""
    return len(word) > 1 and (word in NO_NUMBERS or not _NUMERIC_WORD.fullmatch(word))
