"""Numbers, amounts, measures, times and dates in a sentence, each with its value.

二十岁 and 20岁 are equal, and so are 半年 and 六个月, 三点半 and 3:30. Two quantities can be compared only if they have
the same dimension. What this module does not recognise it leaves out: a missed quantity costs little, a wrong one would
make two different texts look alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from textmatch.knowledge.numbers import GROUPS, LONGEST_NUMBER, NUMERAL, PLACES, VALUES, parse_number
from textmatch.knowledge.wordlists import read_words

HOUR, HALF_DAY, DAY = 60.0, 60.0 * 12, 60.0 * 24
"""Minutes."""


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
BEFORE_NOON = ("早上", "上午", "早晨", "清晨", "凌晨", "清早", "一早", "半夜")
AFTER_NOON = ("下午", "晚上", "傍晚", "晚", "中午", "夜里", "午后", "深夜", "今晚")
WEEKDAYS = {day: float(number) for number, day in enumerate("一二三四五六日", 1)} | {"天": 7.0}
HALVED = ("年", "天", "小时", "个小时", "个月", "斤", "公斤", "价", "里", "米", "个钟头")
"""Units that can follow 半; after anything else it may mean something else."""
FRACTIONS = ("1/2", "1/3", "2/3", "1/4", "3/4", "1/5")
"""Which of the texts that could be fractions or dates are fractions."""
NO_NUMBERS = frozenset(read_words("no_numbers"))
"""Words of numerals and units that mean something else."""
NO_SINGLE = "口位名回趟对双打号里级成套盒包袋碗颗粒支把部间家头匹棵朵片盘门道首篇句页份"
"""Units before which 一 is mostly no number: 一口答应, 一打听, 一家人."""
CODE_LENGTH, LONG_NUMBER = 5, 7
"""Chinese digits from which a row of them is a number; digits from which a number is compared digit by digit."""


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_UNIT, _PERIOD = _any_of(tuple(UNITS)), _any_of(BEFORE_NOON + AFTER_NOON)
_RUN = f"{{1,{LONGEST_NUMBER}}}"
_DIGITS, _NUMERALS = rf"\d{_RUN}", f"[{NUMERAL}]{_RUN}"
_WHOLE = rf"(?:{_DIGITS}|{_NUMERALS})"
_SMALL = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3}|零)"
_ARABIC = rf"(?:(?<![a-z0-9.:/])-)?{_DIGITS}(?:\.{_DIGITS})?(?:[万亿千百kw](?![a-z]))?"
_CHINESE = rf"{_NUMERALS}(?:点[零一二三四五六七八九]{_RUN}(?=[万亿%个倍元块米度公千斤岁]))?"

_CLOCK = re.compile(
    rf"(?P<period>{_PERIOD})?的?(?P<hour>{_SMALL})"
    rf"(?::(?P<colon>\d\d)(?::\d\d)?|点[钟整]?(?:(?P<half>半)|(?P<quarter>[一三])刻|过?(?P<minute>{_SMALL})分?)?)"
    r"(?![多个\d.:%种下])"
)
_MINUTES_BEFORE = re.compile(
    rf"(?P<period>{_PERIOD})?差(?P<minute>{_SMALL}|一刻)分?钟?(?:不到|到)?(?P<hour>{_SMALL})点"
)
_DATE = re.compile(rf"(?P<month>{_SMALL})(?:月份|月)(?:(?P<day>{_SMALL})[日号])?")
_SLASH_DATE = re.compile(r"(?<![\d./])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/])")
_DAY = re.compile(rf"(?P<day>{_SMALL})[号日](?![线楼院门])")
_YEAR = re.compile(
    r"(?P<year>(?:19|20)\d\d|[一二]?[零〇一二三四五六七八九]{4}|[零〇一二九][零〇一二三四五六七八九])年(?![前后级来多纪])"
)
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)(?P<day>[一二三四五六日天1-7])(?![天年个])")
_PERCENT = re.compile(rf"百分之(?P<number>百|{_DIGITS}(?:\.{_DIGITS})?|[{NUMERAL}点半]{_RUN})")
_FRACTION = re.compile(rf"(?P<below>{_WHOLE})分之(?P<above>{_WHOLE})")
_ONE_HALF = re.compile(r"一半|半数|对半")
_RANK = re.compile(rf"第(?P<number>{_WHOLE})")
_EITHER = rf"{_DIGITS}(?:\.{_DIGITS})?|{_NUMERALS}"
_RANGE = re.compile(rf"(?P<low>{_EITHER})[-~到至](?P<high>{_EITHER})(?P<unit>{_UNIT})?")
_NEIGHBOURS = re.compile(
    rf"(?P<low>[一二两三四五六七八])(?P<high>[二两三四五六七八九])(?P<place>[十百千万])?(?P<unit>{_UNIT})"
)
_TENTHS = re.compile(
    rf"(?P<whole>{_WHOLE})(?P<unit>块|度)(?P<tenth>[一二三四五六七八九\d])[毛角]?(?![\d{NUMERAL}个块度])"
)
_AND_A_HALF = re.compile(
    rf"(?P<number>{_WHOLE})(?:(?P<longer>个半(?:小时|钟头|月|星期|礼拜|世纪))|(?P<unit>年|天|岁|斤|公斤|块|米|倍|个)半)"
)
_BELOW_ZERO = re.compile(r"零下|负(?=[\d零一二两三四五六七八九十])")
_AMOUNT = re.compile(
    rf"(?P<several>好?几|数|[上成](?=[百千万]))?(?P<number>{_ARABIC}|{_CHINESE}|半)(?P<more>[多来余几])?(?P<unit>{_UNIT})?"
)
_MAY_HOLD = re.compile(rf"[\d{NUMERAL}半周期拜]")
_NUMERIC_WORD = re.compile(
    rf"(?:{_PERIOD})?[{NUMERAL}第半多几来成\d.]+(?:{_UNIT}|点半|点钟|点|月份|月|日|号|分之|分|刻)*半?"
    rf"|.*\d.*|{_PERIOD}|.*分之.*|零下.*"
)


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
            return float(self.value[0]) % HALF_DAY == float(other.value[0]) % HALF_DAY
        return self.value == other.value


@dataclass(slots=True)
class _Text:
    """A sentence, and what was found in it so far.

    Attributes:
        plain: the sentence.
        in_word: True at characters of words such as 一起, in which a numeral is no number.
        quantities: those found so far.
        taken: True at their characters.
    """

    plain: str
    in_word: list[bool]
    quantities: list[Quantity] = field(default_factory=list)
    taken: list[bool] = field(default_factory=list)

    def search(self, pattern: re.Pattern[str], group: str | int = 0) -> Iterator[re.Match[str]]:
        """The matches whose `group` does not begin inside of a word."""
        return (match for match in pattern.finditer(self.plain) if not self.in_word[match.start(group)])

    def add(self, match: re.Match[str], dimension: str, *value: float | str, hours: int = 24) -> None:
        """Keep a quantity, unless another one that was found before has some of its characters."""
        start, end = match.span()
        if not any(self.taken[start:end]):
            self.taken[start:end] = [True] * (end - start)
            rounded = tuple(round(each, 6) if isinstance(each, float) else each for each in value)
            self.quantities.append(Quantity(start, end, dimension, rounded, hours))


def find_quantities(plain: str, words: Sequence[str]) -> list[Quantity]:
    """The quantities of a sentence, in order.

    Args:
        plain: a normalised sentence (`textmatch.text.normalise`).
        words: its words (`textmatch.text.segment`): a numeral inside of a word, such as 一起, is no number.
    """
    if not _MAY_HOLD.search(plain):
        return []
    in_word = [flag for word in words for flag in [_means_something_else(word)] * len(word)]
    text = _Text(plain, in_word, taken=[False] * len(plain))
    # Longer forms first: what one of these finds is not looked at again.
    for find in (_find_times, _find_dates, _find_shares, _find_ranges, _find_halves, _find_amounts):
        find(text)
    return sorted(text.quantities)


@lru_cache(20_000)
def _means_something_else(word: str) -> bool:
    """Whether the numerals in a word are no numbers, as in 一起."""
    return len(word) > 1 and (word in NO_NUMBERS or not _NUMERIC_WORD.fullmatch(word))


def _find_times(text: _Text) -> None:
    for match in text.search(_MINUTES_BEFORE):
        hour, minute = parse_number(match["hour"]), 15.0 if match["minute"] == "一刻" else parse_number(match["minute"])
        if hour is not None and minute is not None and 1 <= hour <= 24 and minute < HOUR:
            _add_time(text, match, hour * HOUR - minute)
    for match in text.search(_CLOCK, "hour"):
        hour = parse_number(match["hour"])
        if hour is None or hour > 24 or match.group() == "一点":
            continue
        minute = 30.0 if match["half"] else 15.0 * VALUES[match["quarter"]] if match["quarter"] else 0.0
        if given := match["colon"] or match["minute"]:
            minute = parse_number(given) or 0.0
        if minute < HOUR:
            _add_time(text, match, hour * HOUR + minute)


def _add_time(text: _Text, match: re.Match[str], minutes: float) -> None:
    period = match["period"]
    if period in AFTER_NOON and minutes < (11 * HOUR if period == "中午" else HALF_DAY):
        minutes += HALF_DAY
    half_unknown = period is None and minutes < HALF_DAY + HOUR
    text.add(match, "time of day", minutes % DAY, hours=12 if half_unknown else 24)


def _find_dates(text: _Text) -> None:
    for match in _YEAR.finditer(text.plain):
        digits = "".join(str(VALUES.get(character, character)) for character in match["year"])
        text.add(match, "year", float(digits if len(digits) == 4 else f"20{digits}"))
    for match in text.search(_SLASH_DATE):
        above, _, below = match.group().partition("/")
        if match.group() in FRACTIONS:
            text.add(match, "share", float(above) / float(below))
        else:
            text.add(match, "date", float(above), float(below))
    for match in text.search(_DATE):
        month, day = parse_number(match["month"]), parse_number(match["day"] or "")
        if month is not None and 1 <= month <= 12:
            text.add(match, "date" if day else "month of the year", *(month, day) if day else (month,))
    for match in text.search(_DAY):
        day = parse_number(match["day"])
        if day is not None and 1 <= day <= 31:
            text.add(match, "day of the month", day)
    for match in _WEEKDAY.finditer(text.plain):
        weekday = match["day"]
        text.add(match, "day of the week", WEEKDAYS[weekday] if weekday in WEEKDAYS else float(weekday))


def _find_shares(text: _Text) -> None:
    for match in _PERCENT.finditer(text.plain):
        number = 100.0 if match["number"] == "百" else parse_number(match["number"])
        if number is not None:
            text.add(match, "share", number / 100)
    for match in _FRACTION.finditer(text.plain):
        below, above = parse_number(match["below"]), parse_number(match["above"])
        if below and above is not None:
            text.add(match, "share", above / below)
    for match in _ONE_HALF.finditer(text.plain):
        text.add(match, "share", 0.5)
    for match in _RANK.finditer(text.plain):
        if (number := parse_number(match["number"])) is not None:
            text.add(match, "rank", number)


def _find_ranges(text: _Text) -> None:
    for match in text.search(_RANGE):
        low, high = parse_number(match["low"]), parse_number(match["high"])
        unit = UNITS.get(match["unit"] or "", Unit("number", 1.0))
        if low is not None and high is not None and low < high:
            text.add(match, unit.dimension, low * unit.factor, high * unit.factor)
    for match in _NEIGHBOURS.finditer(text.plain):
        low, high, unit = VALUES[match["low"]], VALUES[match["high"]], UNITS[match["unit"]]
        factor = unit.factor * (PLACES | GROUPS).get(match["place"], 1)
        if high == low + 1:
            text.add(match, unit.dimension, low * factor, high * factor)


def _find_halves(text: _Text) -> None:
    """Amounts with something after their unit: 三块五, 37度5, 两年半, 一个半小时."""
    for match in text.search(_TENTHS):
        whole, tenth = parse_number(match["whole"]), parse_number(match["tenth"])
        if whole is not None and tenth is not None:
            text.add(match, UNITS[match["unit"]].dimension, whole + tenth / 10)
    for match in text.search(_AND_A_HALF):
        number, unit = parse_number(match["number"]), UNITS[(match["unit"] or match["longer"]).replace("半", "")]
        if number is not None:
            text.add(match, unit.dimension, (number + 0.5) * unit.factor)


def _find_amounts(text: _Text) -> None:
    for match in text.search(_AMOUNT, "number"):
        number, unit = match["number"], match["unit"] or ""
        if not _is_amount(number, unit):
            continue
        value = parse_number(number)
        if number.isdecimal() and len(number) >= LONG_NUMBER:
            text.add(match, "code", number)
        elif value is not None:
            below_zero = _BELOW_ZERO.search(text.plain[max(0, match.start("number") - 2) : match.start("number")])
            dimension, factor = _measure(number, unit)
            vague = ("several",) if match["several"] else ("more",) if match["more"] else ()
            text.add(match, dimension, (-value if below_zero else value) * factor, *vague)


def _is_amount(number: str, unit: str) -> bool:
    """Whether a number with this unit is meant as one; 一, 半 and single digits often are not."""
    if number == "半":
        return unit in HALVED
    if number[0].isdigit() or number[0] == "-":
        return True
    if not unit:
        return len(number) > 1 and (len(number) >= CODE_LENGTH or any(place in number for place in (*PLACES, *GROUPS)))
    return number != "一" or unit not in NO_SINGLE


def _measure(number: str, unit: str) -> Unit:
    if (
        unit == "折" and len(number) == 2 and (number.isdecimal() or (number[0] in VALUES and number[1] in VALUES))
    ):  # 8.5折
        return Unit("discount", 0.1)
    return UNITS.get(unit, Unit("number", 1.0))
