"""Numbers, amounts, measures, times and dates in a sentence, each with its value.

二十岁 and 20岁 are equal, and so are 半年 and 六个月, 三点半 and 3:30. Two quantities can be compared only if they have
the same dimension. What this module does not recognise it leaves out: a missed quantity costs little, a wrong one would
make two different texts look alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from textmatch.knowledge.numbers import GROUPS, LONGEST_NUMBER, NUMERAL, PLACES, SUFFIXES, VALUES, parse_number
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
NO_UNIT = Unit("number", 1.0)
BEFORE_NOON = ("早上", "上午", "早晨", "清晨", "凌晨", "清早", "一早", "半夜", "午夜")
AFTER_NOON = ("下午", "晚上", "傍晚", "中午", "夜里", "午后", "深夜")
EARLY, LATE = "早", "晚"
"""One character says so only after a day: 明早八点, but 早一点来."""
NIGHT = frozenset(("晚上", LATE, "夜里", "深夜", "半夜", "午夜", "凌晨"))
"""Parts of the day whose twelve o'clock is midnight."""
WEEKDAYS = {day: float(number) for number, day in enumerate("一二三四五六日", 1)} | {"天": 7.0}
HOLIDAYS = {
    "元旦": (1, 1), "情人节": (2, 14), "愚人节": (4, 1), "五一": (5, 1), "劳动节": (5, 1), "六一": (6, 1),
    "儿童节": (6, 1), "教师节": (9, 10), "国庆": (10, 1), "国庆节": (10, 1), "十一": (10, 1), "平安夜": (12, 24),
    "圣诞": (12, 25), "圣诞节": (12, 25),
}  # fmt: skip
"""Month and day of holidays that are known by their date."""
DAYS_FROM_TODAY = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
YEARS_FROM_NOW = {"大前": -3, "前": -2, "去": -1, "今": 0, "明": 1, "后": 2}
FROM_NOW = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
HALVED = (
    "年", "天", "小时", "个小时", "个月", "斤", "公斤", "里", "里路", "公里", "米", "升", "吨", "亩", "钟头", "个钟头",
    "个星期", "个世纪", "个", "杯", "碗",
)  # fmt: skip
"""Units that can follow 半; after anything else it may mean something else."""
FRACTIONS = ("1/2", "1/3", "2/3", "1/4", "3/4", "1/5")
"""Which of the texts that could be fractions or dates are fractions."""
NO_NUMBERS = frozenset(read_words("no_numbers"))
"""Words of numerals and units that mean something else."""
NO_SINGLE = "口位名回趟对双打号里级成套盒包袋碗颗粒支把部间家头匹棵朵片盘门道首篇句页份度角环"
"""Units before which 一 is mostly no number: 一口答应, 一打听, 一家人."""
CLASSIFIERS = (
    "个只条张件本台辆套瓶杯盒包袋碗颗粒支把部间家头匹棵朵片盘门道首篇句页份根种款段处样场滴勺位名岁天年月周次回遍趟"
    "顿口年块元毛里米斤克秒小分点度层辈批群字行站题步局集章节盏座栋封幅轮人下声枚"
)
"""Characters before which 一两 and 三五 count things."""
CODE_LENGTH, LONG_NUMBER = 5, 7
"""Chinese digits from which a row of them is a number; digits from which a number is compared digit by digit."""
VAGUE = "more"


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _any_unit() -> str:
    """Any unit; 3m is three metres, 3mp is not."""
    names = sorted(UNITS, key=len, reverse=True)
    ends = ("(?![a-z])" if name[-1].isascii() and name[-1].isalpha() else "" for name in names)
    return "|".join(re.escape(name) + end for name, end in zip(names, ends, strict=True))


_UNIT, _PARTS_OF_DAY = _any_unit(), _any_of(BEFORE_NOON + AFTER_NOON)
_PERIOD = rf"{_PARTS_OF_DAY}|(?<=[今明昨前后当每日号天周一二三四五六])[{EARLY}{LATE}]"
_RUN = f"{{1,{LONGEST_NUMBER}}}"
_DIGIT = r"[一二三四五六七八九\d]"
_DIGITS, _NUMERALS = rf"\d{_RUN}", f"[{NUMERAL}]{_RUN}"
_WHOLE = rf"(?:{_DIGITS}|{_NUMERALS})"
_START = rf"(?<![\d.:/第{NUMERAL}])"
_SMALL = r"(?:\d{1,2}|[二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]|零)"
_ARABIC = (
    rf"(?:(?<![a-z0-9.:/])-)?(?:(?:\d{{1,4}}[万千百kw]){{1,3}}\d(?![\d.:a-z点月{CLASSIFIERS}])"
    rf"|{_DIGITS}(?:\.{_DIGITS})?(?:[万亿千百kw](?![a-z]))?)"
)
_CHINESE = rf"{_NUMERALS}(?:点[零一二三四五六七八九]{_RUN}(?=$|[万亿%个倍元块米度公千斤岁升吨折克里毫厘平]))?"
_TENTH_ENDS = rf"(?:(?=[一两12每](?:[{CLASSIFIERS}]))|(?!(?!包邮)(?:{_UNIT})|[\d点号日月折{NUMERAL}]))"
"""What follows the last digit of 一块五: no unit (五块一瓶), but perhaps what it is the price of (一块五一瓶)."""

_HOUR = rf"(?<![\d.:第])(?:(?=\d)|(?<![这之{NUMERAL}]))(?P<hour>{_SMALL})"
_NO_TIME = (
    r"(?![个\d.:%种]|多少|建议|意见|要求|原因|理由|[好坏]处|问题|疑问|想法|区别|[优缺]点|不同|看法"
    r"|[零一二三四五六七八九]+(?:$|[万亿%倍元块米度公千斤岁升吨折克里])"
    rf"|[零二三四五六七八九](?!{_UNIT}|[点月{CLASSIFIERS}{NUMERAL}]))"
)
_CLOCK = re.compile(
    rf"(?P<period>{_PERIOD})?的?{_HOUR}"
    rf"(?::(?P<colon>\d\d)(?::\d\d)?"
    rf"|时(?P<formal>{_SMALL})分"
    rf"|点[钟整]?(?:(?P<half>半)|(?P<quarter>[一三13])刻|差(?P<lacking>{_SMALL}|一刻)分?"
    rf"|过?(?:(?P<minute>零[一二三四五六七八九]|{_SMALL}(?=分)|\d\d|[二三四五]?十[一二三四五六七八九]?)分?)|(?P<more>多))?)"
    rf"{_NO_TIME}"
)
_A_BIT = re.compile(r"一点[点也都不没儿吃东]")
_MINUTES_BEFORE = re.compile(
    rf"(?P<period>{_PERIOD})?差(?P<minute>{_SMALL}|一刻)分?钟?(?:不到|就|到)?(?P<hour>{_SMALL})点"
)
_HOURS = re.compile(
    rf"(?P<period>{_PERIOD})?{_START}(?P<hour>{_SMALL})(?:[-到至](?P<to>{_SMALL})|(?P<next>[二两三四五六七八九]))点钟?(?![半多\d{NUMERAL}])"
)
_NOON = re.compile("正午")
_DATE = re.compile(rf"{_START}(?!两)(?P<month>{_SMALL})(?:月份|月)(?:(?P<day>{_SMALL})[日号])?")
_SLASH_DATE = re.compile(r"(?<![\d./])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/])")
_DAY = re.compile(
    rf"{_START}(?!两|一日)(?P<day>{_SMALL})(?:号(?![线楼院门厅桌台机床位店房馆店码球座登选车])|日(?![内后前游]))"
)
_DAYS = re.compile(rf"{_START}(?P<days>{_SMALL})日(?=[内后游])|(?P<two>两)日|(?P<months>[两俩仨])月(?!亮|饼)")
_YEAR = re.compile(
    r"(?P<year>(?:19|20)\d\d|(?<!\d)0\d|[一二]?[零〇一二三四五六七八九]{4}"
    r"|[零〇一二][零〇一二三四五六七八九]|(?!五六|六七|七八|八九)[五六七八九][零〇一二三四五六七八九])年(?![前后级来多纪代])"
)
_DECADE = re.compile(r"(?:19|20)?(?P<decade>[1-9]0|[一二三四五六七八九]十)年代")
_GENERATION = re.compile(r"(?P<decade>(?<!\d)[0156789]0|[零〇五六七八九][零〇])后(?![天来面边续再])")
_QUARTER = re.compile(rf"{_START}第?(?P<quarter>[一二三四1-4])季度|q(?P<q>[1-4])(?![a-z\d])")
_WEEKEND = re.compile(r"周末|双休日|(?:周|星期|礼拜)六[和跟与]?(?:周|星期|礼拜)?[日天]")
_WEEKDAY = re.compile(
    r"(?<![一二两三四五六七八九十几半])(?:周|星期|礼拜)(?P<day>[一二三四五六日天1-7])(?![天年个次趟顿遍堂]|节课|小时|千|百|[多几])"
)
_DAY_FROM_TODAY = re.compile(rf"(?<![天年月周])(?P<day>{_any_of(tuple(DAYS_FROM_TODAY))})(?:[天日]|(?=[早晚夜]))(?!性)")
_YEAR_FROM_NOW = re.compile(rf"(?<![年几\d{NUMERAL}])(?P<year>{_any_of(tuple(YEARS_FROM_NOW))})年")
_WEEK_FROM_NOW = re.compile(
    rf"(?P<from>{_any_of(tuple(FROM_NOW))})一?个?(?:(?P<month>月)|(?P<week>周末|(?:周|星期|礼拜)(?P<day>[一二三四五六日天1-7])?))"
)
_HOLIDAY = re.compile(
    rf"(?P<holiday>{_any_of(tuple(HOLIDAYS))})(?P<eleven>(?<=十一)(?:放假|假期|长假|黄金周|期间|小长假|去|回))?"
)
_PERCENT = re.compile(rf"(?P<below>[百千万])分之(?P<number>百|{_DIGITS}(?:\.{_DIGITS})?|[{NUMERAL}点半]{_RUN})")
_FRACTION = re.compile(rf"(?P<below>{_WHOLE})分之(?P<above>{_WHOLE})")
_ONE_HALF = re.compile(r"一半|半数|对半")
_HALF_PRICE = re.compile(r"半价|对折")
_OFF = re.compile(
    rf"(?:便宜|优惠)了?(?:(?P<percent>\d\d?)%|百分之(?P<spoken>[{NUMERAL}]{{1,3}}|\d\d?)|(?P<tenths>[一二两三四五六七八九])成)"
)
_TENTHS_OF_ALL = re.compile(
    rf"{_START}(?P<tenth>[一二两三四五六七八九])成(?:(?P<hundredth>[一二三四五六七八九])(?!{_UNIT})|(?P<likely>[是会要没不得又已还在忘有把被去]))"
)
_TIMES_AS_MUCH = re.compile(
    rf"(?:(?:涨|增|增加|增长|上涨|提高)了?(?P<more>{_SMALL})倍|(?:多|贵|高|快|大|翻)了?一倍|翻了?(?P<doubled>[一两三四])番|翻番|翻倍|加倍)"
)
_RANK = re.compile(rf"(?P<last>倒数)?第(?P<number>{_WHOLE})|(?<![\da-z])(?P<english>\d{{1,3}})(?:st|nd|rd|th)(?![a-z])")
_SCORE = re.compile(
    rf"{_START}(?P<one>\d{{1,3}}|[零一二三四五六七八九十])(?::|比)(?P<other>\d{{1,3}}|[零一二三四五六七八九十])(?![\d:大小多少高快{NUMERAL}])"
)
_EITHER = rf"{_DIGITS}(?:\.{_DIGITS})?(?:[万亿千百kw](?![a-z]))?|{_NUMERALS}"
_RANGE = re.compile(rf"(?P<low>{_EITHER})(?P<first>{_UNIT})?[-~到至](?P<high>{_EITHER})(?P<unit>{_UNIT})?")
_NEIGHBOURS = re.compile(
    rf"{_START}(?P<base>[一二两三四五六七八九]?[十百千])?(?P<low>[一二两三四五六七八])(?P<high>[二两三四五六七八九])"
    rf"(?P<place>[十百千]?[万亿]?)(?![\d点{NUMERAL}]|成群)(?P<unit>{_UNIT}|(?=[{CLASSIFIERS}]))?"
)
_NEARLY = re.compile(rf"{_START}(?P<high>万八千|千八百|百八十)(?P<unit>{_UNIT})?")
_ROUGHLY = re.compile(rf"(?P<number>[个百千万])把(?P<unit>(?<=个把)(?:月|小时|钟头|星期|礼拜)|(?<!个把)(?:{_UNIT}))")
_TENTHS = re.compile(
    rf"(?P<whole>{_WHOLE})(?P<unit>块|元|度|米)(?P<tenth>{_DIGIT}|零)[毛角]?(?P<hundredth>{_DIGIT})?分?{_TENTH_ENDS}"
)
_MAO = re.compile(rf"{_START}(?P<tenth>两|{_DIGIT})[毛角](?P<hundredth>{_DIGIT})分?{_TENTH_ENDS}")
_LIANG = re.compile(
    rf"(?:{_START}(?P<jin>{_WHOLE})斤)?(?<![\d.第{NUMERAL}])(?P<liang>半|\d{{1,3}}(?:\.\d)?|[二三四五六七八九]?十?[一二三四五六七八九]|十)两"
    rf"(?![百千万边手侧岸国{NUMERAL}])(?P<counts>(?=[{CLASSIFIERS}](?![粉条饭包])))?"
)
_COMPOUND = re.compile(
    rf"{_START}(?P<number>{_EITHER})(?P<unit>个?小时|个?钟头|分钟?|年)[零又]?(?P<rest>{_SMALL})(?P<smaller>分钟?|刻钟|秒钟?|个月)(?!之)"
)
_AND_A_HALF = re.compile(
    rf"(?P<number>{_WHOLE})(?:(?P<longer>个半(?:小时|钟头|月|星期|礼拜|世纪))|(?P<unit>个?小时|个?钟头|个月|个星期|年|天|周|岁|斤|公斤|公里|里|块|米|倍|个)半(?![{CLASSIFIERS}]))"
)
_SIGN_FIRST = re.compile(rf"(?P<sign>[¥$])(?P<number>{_DIGITS}(?:\.{_DIGITS})?[万亿kw]?)(?:{_UNIT})?")
_DATA = r"的?(?:内存|流量|硬盘|存储|空间|显存|优盘|u盘|电影|文件|视频|宽带|运存|手机)"
_BYTES = re.compile(
    rf"(?P<named>(?:内存|流量|硬盘|容量|存储|运存)[^\d]{{0,3}})?(?<![\d.])(?P<number>\d{{1,6}}(?:\.\d)?)(?P<unit>[gmt])b?(?(named)(?![a-z\d])|(?={_DATA}))"
)
_GENERATION_OF_PHONES = re.compile(r"[2-6]g(?=手机|网|信号|套餐|时代|基站|卡)")
_BELOW_GROUND = re.compile(rf"(?:负|地下)(?P<floor>{_SMALL})[层楼]|(?<![a-z\d])b(?P<b>[1-5])[层楼]")
DOUBLE = ("11", "12", "十一", "十二")
"""Sales days: 双11."""
BELOW_ZERO = ("零下", "负")
LONG_WHILE = ("了", "老", "大", "好", "小")
"""Before 半天, which is then no half of a day."""
BEGINS_A_WORD = frozenset("打角平欧刀寸码成环级")
"""Units that are the first character of many words: 三角形, 打不住."""
_AMOUNT = re.compile(
    rf"(?P<several>好?几(?=[十百千万亿])|数(?=[十百千万亿])|[上成](?=[百千万])(?!.百度))?(?P<number>{_ARABIC}|{_CHINESE}|半)"
    rf"(?P<more>(?<=[0十百千万亿kw])[多来余几](?!少))?(?P<unit>{_UNIT})?"
    rf"(?P<over>(?<=[年天时岁斤块元米里吨度倍周])多(?=$|[了的前后以时间钱路里高长重吧才就没啊呢左还都也]))?"
)
_NUMBER_SIGNS = frozenset(f"0123456789{NUMERAL}半周期拜倍折番午休季把¥$")
"""A sentence without these has no quantity, unless it has one of the next."""
_CALENDAR_SIGNS = frozenset("今明昨前后去年月节旦庆圣夜")
_NUMERIC_WORD = re.compile(
    rf"(?:{_PARTS_OF_DAY})?[{NUMERAL}第半多几来余成\d.]+(?:{_UNIT}|点半|点钟|点|月份|月|日|号|分之|分|刻)*[半多]?"
    rf"|.*\d.*|{_PARTS_OF_DAY}|.*分之.*|零下.*|[{EARLY}{LATE}].点.*|[上数][十百千万亿]+(?:{_UNIT})?|.室.厅.*"
    rf"|[一两二三四五六七八九]+[百千万][{NUMERAL}]*.|[{NUMERAL}]{{2,}}路|[{NUMERAL}]两[面酒]"
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
            return _on_the_dial(self.value) == _on_the_dial(other.value)
        return self.value == other.value


def _on_the_dial(value: tuple[float | str, ...]) -> list[float | str]:
    """Times as a clock with hands shows them."""
    return [each if isinstance(each, str) else each % HALF_DAY for each in value]


@dataclass(slots=True)
class _Text:
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
    text = _Text(plain, characters, words, in_word, taken=[False] * len(plain))
    _find_days_from_today(text)
    if has_number:
        # Longer forms first: what one of these finds is not looked at again.
        for find in (
            *(_find_times, _find_years, _find_dates, _find_weekdays, _find_comparisons, _find_shares),
            *(_find_ranges, _find_halves, _find_units, _find_amounts),
        ):
            find(text)
    return sorted(text.quantities)


@lru_cache(20_000)
def _means_something_else(word: str) -> bool:
    """Whether the numerals in a word are no numbers, as in 一起."""
    return len(word) > 1 and (word in NO_NUMBERS or not _NUMERIC_WORD.fullmatch(word))


def _find_days_from_today(text: _Text) -> None:
    """后天, 下周, 去年 and holidays: what they name depends on the calendar, not on a number."""
    for match in text.search(_DAY_FROM_TODAY, None, "天昨今明"):
        if match.start() in text.boundaries():
            text.add(match, "day from today", DAYS_FROM_TODAY[match["day"]])
    for match in text.search(_YEAR_FROM_NOW, None, "年"):
        text.add(match, "year from now", YEARS_FROM_NOW[match["year"]])
    for match in text.search(_WEEK_FROM_NOW, None, "周期拜月"):
        _add_week_or_month(text, match)
    for match in text.search(_HOLIDAY, None, "节旦庆圣夜一"):
        name, boundaries = match["holiday"], text.boundaries()
        if {match.start(), match.end("holiday")} <= boundaries and (match["eleven"] or name != "十一"):
            text.add(match, "date", *HOLIDAYS[name])


def _add_week_or_month(text: _Text, match: re.Match[str]) -> None:
    """下周 is a week; of 下周三 only 下 is, and 周三 is a day of the week."""
    boundaries, start, end = text.boundaries(), match.start(), match.end()
    if start not in boundaries or not (end in boundaries or match["day"]):
        return
    difference = FROM_NOW[match["from"]]
    if match["month"]:
        text.add(match, "month from now", difference)
    elif match["day"] or match["week"].endswith("末"):
        text.add(match, "week from now", difference, end=match.start("week"))
    else:
        text.add(match, "week from now", difference)


def _find_times(text: _Text) -> None:
    for match in text.search(_MINUTES_BEFORE, signs="差"):
        hour, minute = parse_number(match["hour"]), _minutes(match["minute"])
        if hour is not None and 1 <= hour <= 24 and minute < HOUR:
            _add_times(text, match, hour * HOUR - minute)
    for match in text.search(_HOURS, "hour", "点"):
        low, high = parse_number(match["hour"]), parse_number(match["to"] or match["next"])
        if low is not None and high is not None and low < high <= 24 and (match["to"] or high == low + 1):
            _add_times(text, match, low * HOUR, high * HOUR)
    for match in text.search(_CLOCK, None, "点:时"):
        if match["period"] or not text.in_word[match.start("hour")]:
            _add_clock_time(text, match)
    for match in text.search(_NOON, None, "午"):
        text.add(match, "time of day", HALF_DAY)


def _add_clock_time(text: _Text, match: re.Match[str]) -> None:
    """A match of `_CLOCK`."""
    hour = parse_number(match["hour"])
    if hour is None or hour > 24 or match.group() == "一点" or _A_BIT.match(text.plain, match.start("hour")):
        return
    minute = 30.0 if match["half"] else 15.0 * int(parse_number(match["quarter"]) or 0) if match["quarter"] else 0.0
    if given := match["colon"] or match["minute"] or match["formal"]:
        minute = parse_number(given) or 0.0
    if match["lacking"]:
        minute = -_minutes(match["lacking"])
    if minute < HOUR and hour * HOUR + minute >= 0:
        _add_times(text, match, hour * HOUR + minute)


def _minutes(text: str) -> float:
    return 15.0 if text == "一刻" else parse_number(text) or 0.0


def _add_times(text: _Text, match: re.Match[str], *minutes: float) -> None:
    """A time of day, or two that are the ends of one."""
    period, hour = match["period"], match.groupdict().get("hour")
    half_unknown = period is None and minutes[0] < HALF_DAY + HOUR and hour not in ("零", "0", "00")
    vague = (VAGUE,) if match.groupdict().get("more") else ()
    times = [_in_the_period(each, period) % DAY for each in minutes]
    text.add(match, "time of day", *times, *vague, hours=12 if half_unknown else 24)


def _in_the_period(minutes: float, period: str | None) -> float:
    """晚上十点 is 22:00, 晚上十二点 and 半夜两点 are after midnight, 中午十一点 is 11:00."""
    if minutes >= HALF_DAY + HOUR or period is None:
        return minutes
    if period in NIGHT:
        if minutes >= HALF_DAY:
            return minutes - HALF_DAY
        late = 10 * HOUR if period in ("半夜", "午夜") else 5 * HOUR
        return minutes + HALF_DAY if period != "凌晨" and minutes >= late else minutes
    noon = 11 * HOUR if period == "中午" else HALF_DAY
    return minutes + HALF_DAY if period in AFTER_NOON and minutes < noon else minutes


def _find_years(text: _Text) -> None:
    for match in text.search(_DECADE, None, "代"):
        text.add(match, "decade", parse_number(match["decade"]) or 0.0)
    for match in text.search(_GENERATION, None, "后"):
        digits = "".join(str(VALUES.get(character, character)) for character in match["decade"])
        text.add(match, "generation", float(digits))
    for match in text.search(_YEAR, None, "年"):
        digits = "".join(str(VALUES.get(character, character)) for character in match["year"])
        century = "" if len(digits) == 4 else "19" if digits[0] > "4" else "20"
        text.add(match, "year", float(century + digits))
    for match in text.search(_QUARTER, None, "季q"):
        text.add(match, "quarter", parse_number(match["quarter"] or match["q"]) or 0.0)


def _find_dates(text: _Text) -> None:
    for match in text.search(_SLASH_DATE, signs="/"):
        above, _, below = match.group().partition("/")
        if match.group() in FRACTIONS:
            text.add(match, "share", float(above) / float(below))
        else:
            text.add(match, "date", float(above), float(below))
    for match in text.search(_DATE, signs="月"):
        month, day = parse_number(match["month"]), parse_number(match["day"] or "")
        if month is not None and 1 <= month <= 12:
            text.add(match, "date" if day else "month of the year", *(month, day) if day else (month,))
    for match in text.search(_DAYS, signs="日月"):
        number = parse_number(match["days"] or match["two"] or match["months"]) or 0.0
        text.add(match, *("month", number) if match["months"] else ("minute", number * DAY))
    for match in text.search(_DAY, signs="日号"):
        day = parse_number(match["day"])
        if day is not None and 1 <= day <= 31:
            text.add(match, "day of the month", day)


def _find_weekdays(text: _Text) -> None:
    for match in text.search(_WEEKEND, None, "末休六"):
        text.add(match, "day of the week", 6.0, 7.0)
    for match in text.search(_WEEKDAY, None, "周期拜"):
        weekday, start = match["day"], match.start("day")
        if text.in_word[start] and start in text.boundaries():  # 这星期一直
            continue
        text.add(match, "day of the week", WEEKDAYS[weekday] if weekday in WEEKDAYS else float(weekday))


def _find_shares(text: _Text) -> None:
    for match in text.search(_PERCENT, None, "之"):
        number = 100.0 if match["number"] == "百" else parse_number(match["number"])
        if number is not None:
            text.add(match, "share", number / SUFFIXES[match["below"]])
    for match in text.search(_FRACTION, None, "之"):
        below, above = parse_number(match["below"]), parse_number(match["above"])
        if below and above is not None:
            text.add(match, "share", above / below)
    for match in text.search(_ONE_HALF, None, "半"):
        text.add(match, "share", 0.5)
    for match in text.search(_TENTHS_OF_ALL, signs="成"):
        if match["likely"]:
            text.leave(match)
        elif match["hundredth"]:
            text.add(match, "share", VALUES[match["tenth"]] / 10 + VALUES[match["hundredth"]] / 100)


def _find_comparisons(text: _Text) -> None:
    """Discounts, multiples, ranks and scores."""
    for match in text.search(_OFF, None, "宜惠"):
        percent = parse_number(match["percent"] or match["spoken"] or "") or 10.0 * VALUES.get(match["tenths"], 0)
        text.add(match, "discount", 10 - percent / 10)
    for match in text.search(_HALF_PRICE, None, "价折"):
        text.add(match, "discount", 5.0)
    for match in text.search(_TIMES_AS_MUCH, None, "倍番"):
        more = parse_number(match["more"] or "1") or 0.0
        text.add(match, "times as much", 2.0 ** VALUES[match["doubled"]] if match["doubled"] else more + 1)
    for match in text.search(_RANK, None, "第snrt"):
        if (number := parse_number(match["number"] or match["english"])) is not None:
            text.add(match, "rank", -number if match["last"] else number)
    for match in text.search(_SCORE, signs=":比"):
        one, other = parse_number(match["one"]), parse_number(match["other"])
        if one is not None and other is not None:
            text.add(match, "score", one, other)


def _find_ranges(text: _Text) -> None:
    for match in text.search(_RANGE, signs="-~到至"):
        low, high = parse_number(match["low"]), parse_number(match["high"])
        unit = UNITS.get(match["unit"], NO_UNIT)
        if low is not None and low < 10 and (place := GROUPS.get(match["high"][-1])):  # 三到五万
            low *= place
        if low is not None and high is not None and low < high and match["first"] in (None, match["unit"]):
            text.add(match, unit.dimension, low * unit.factor, high * unit.factor)
    for match in text.search(_NEIGHBOURS, None):
        _add_neighbours(text, match)
    for match in text.search(_NEARLY, None, "八"):
        unit = UNITS.get(match["unit"], NO_UNIT)
        high = SUFFIXES[match["high"][0]]
        text.add(match, unit.dimension, 0.8 * high * unit.factor, high * unit.factor)
    for match in text.search(_ROUGHLY, None, "把"):
        number = 1 if match["number"] == "个" else SUFFIXES[match["number"]]
        unit = UNITS["个月" if match["unit"] == "月" else match["unit"]]
        text.add(match, unit.dimension, number * unit.factor, "about")


def _add_neighbours(text: _Text, match: re.Match[str]) -> None:
    """两三天, 三五个, 三四百, 十七八岁, 一百七八十: two digits that follow each other, and a place or a unit."""
    base, place, low, high = match["base"], match["place"], VALUES[match["low"]], VALUES[match["high"]]
    if (match["low"], match["high"]) == ("三", "两"):
        low, high = 2, 3
    if high != low + 1 and ((low, high) != (3, 5) or match["unit"] == "折"):
        return
    if not base and not place and match["unit"] is None:
        return
    step = 1
    for character in place:
        step *= SUFFIXES[character]
    if base and not place:
        step = PLACES[base[-1]] // 10
    start = (parse_number(base) or 0.0) if base else 0.0
    unit = UNITS.get(match["unit"], Unit("count", 1.0)) if match["unit"] is not None else NO_UNIT
    text.add(match, unit.dimension, (start + low * step) * unit.factor, (start + high * step) * unit.factor)


def _find_halves(text: _Text) -> None:
    """Amounts with something after their unit: 三块五, 一米六八, 37度5, 两年半, 一小时二十分."""
    for match in text.search(_TENTHS, None, "块元度米"):
        whole, hundredth = parse_number(match["whole"]), parse_number(match["hundredth"] or "零")
        tenth = parse_number(match["tenth"])
        # 一块一起: the second 一 belongs to 一起, and the two are no price.
        in_word = match["tenth"] == "一" and text.in_word[match.start("tenth")]
        if whole is not None and tenth is not None and hundredth is not None and not in_word:
            text.add(match, UNITS[match["unit"]].dimension, whole + tenth / 10 + hundredth / 100)
    for match in text.search(_MAO, signs="毛角"):
        tenth, hundredth = parse_number(match["tenth"]), parse_number(match["hundredth"])
        text.add(match, "yuan", (tenth or 0.0) / 10 + (hundredth or 0.0) / 100)
    for match in text.search(_AND_A_HALF, None, "半"):
        number, unit = parse_number(match["number"]), UNITS[(match["unit"] or match["longer"]).replace("半", "")]
        if number is not None:
            text.add(match, unit.dimension, (number + 0.5) * unit.factor)
    for match in text.search(_COMPOUND, signs="时头分年"):
        number, rest = parse_number(match["number"]), parse_number(match["rest"])
        large, small = (UNITS["分钟" if match[name] == "分" else match[name]] for name in ("unit", "smaller"))
        if number is not None and rest is not None and large.dimension == small.dimension:
            text.add(match, large.dimension, number * large.factor + rest * small.factor)


def _find_units(text: _Text) -> None:
    """Amounts whose unit needs more than its name to be told: 一两茶叶, ¥100, 8g内存, 地下一层."""
    for match in text.search(_LIANG, "liang", "两"):
        if match["counts"] is not None and match["liang"] in "一三":  # 一两个
            continue
        jin, liang = parse_number(match["jin"] or "零"), parse_number(match["liang"])
        if jin is not None and liang is not None:
            text.add(match, "gram", jin * 500 + liang * 50)
    for match in text.search(_SIGN_FIRST, None, "¥$"):
        text.add(match, UNITS[match["sign"]].dimension, parse_number(match["number"]) or 0.0)
    for match in text.search(_GENERATION_OF_PHONES, None, "g"):
        text.leave(match)
    for match in text.search(_BYTES, None, "gmt"):
        text.add(match, "megabyte", float(match["number"]) * {"m": 1, "g": 1024, "t": 1048576}[match["unit"]])
    for match in text.search(_BELOW_GROUND, None, "负下b"):
        text.add(match, "floor", -(parse_number(match["floor"] or match["b"]) or 0.0))


def _find_amounts(text: _Text) -> None:
    rest = text.plain
    if text.quantities:
        rest = "".join(" " if taken else character for character, taken in zip(rest, text.taken, strict=True))
    for match in _AMOUNT.finditer(rest):
        start, end = match.span("number")
        # 五一 of 一块五一瓶 is no word: 五 was read already.
        if text.in_word[start] and not (start and text.taken[start - 1] and start not in text.boundaries()):
            continue
        number, unit = match["number"], match["unit"] or ""
        below_zero = text.plain.endswith(BELOW_ZERO, 0, start)
        if not _is_amount(number, unit, below_zero and (unit != "" or end == len(text.plain))):
            continue
        if _is_part_of_a_word(text, match) or (text.plain.endswith("双", 0, start) and number in DOUBLE):
            continue
        value = parse_number("一" + number if match["several"] else number)
        if value is None and number[-1] == "千" and f"千{unit}" in UNITS:  # 二十三千克
            value, unit = parse_number(number[:-1]), f"千{unit}"
        if number.isdecimal() and len(number) >= LONG_NUMBER:
            text.add(match, "code", number)
        elif value is not None:
            dimension, factor = _measure(number, unit)
            more = match["more"] or match["over"] or "多" in unit
            vague = ("several",) if match["several"] else (VAGUE,) if more else ()
            text.add(match, dimension, (-value if below_zero else value) * factor, *vague)


def _is_amount(number: str, unit: str, below_zero: bool) -> bool:
    """Whether a number with this unit is meant as one; 一, 半 and single digits often are not."""
    if number == "半":
        return unit in HALVED
    if number[0].isdigit() or number[0] == "-" or below_zero:
        return True
    if not unit:
        return len(number) > 1 and (
            len(number) >= CODE_LENGTH or any(place in number for place in ("点", *PLACES, *GROUPS))
        )
    return number != "一" or unit not in NO_SINGLE


def _is_part_of_a_word(text: _Text, match: re.Match[str]) -> bool:
    """Whether an amount is cut out of words: 角 of 三角形, 上百 of 早上百货, 半天 of 等了半天."""
    if match["number"] == "半" and match["unit"] == "天" and text.plain.endswith(LONG_WHILE, 0, match.start()):
        return True
    if match["several"] and match["several"][-1] in "上成数" and match.start() not in text.boundaries():
        return True
    if match["unit"] not in BEGINS_A_WORD:
        return False
    start, end = match.span("unit")
    return start in text.boundaries() and end not in text.boundaries()


def _measure(number: str, unit: str) -> Unit:
    if (
        unit == "折" and len(number) == 2 and (number.isdecimal() or (number[0] in VALUES and number[1] in VALUES))
    ):  # 8.5折
        return Unit("discount", 0.1)
    return UNITS.get(unit, NO_UNIT)
