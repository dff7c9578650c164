"""Times and dates in a sentence: times of day, days, weeks, months, years, days of the week and holidays."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textmatch.knowledge.numbers import NUMERAL, VALUES, parse_number
from textmatch.knowledge.reading import ANY_UNIT, CLASSIFIERS, HALF_DAY, SMALL, START, VAGUE, Text

HOUR, DAY = 60.0, 60.0 * 24
"""Minutes."""
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
FRACTIONS = ("1/2", "1/3", "2/3", "1/4", "3/4", "1/5")
"""Which of the texts that could be fractions or dates are fractions."""


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


PARTS_OF_DAY = _any_of(BEFORE_NOON + AFTER_NOON)
_PERIOD = rf"{PARTS_OF_DAY}|(?<=[今明昨前后当每日号天周一二三四五六])[{EARLY}{LATE}]"
_HOUR = rf"(?<![\d.:第])(?:(?=\d)|(?<![这之{NUMERAL}]))(?P<hour>{SMALL})"
_NO_TIME = (
    r"(?![个\d.:%种]|多少|建议|意见|要求|原因|理由|[好坏]处|问题|疑问|想法|区别|[优缺]点|不同|看法"
    r"|[零一二三四五六七八九]+(?:$|[万亿%倍元块米度公千斤岁升吨折克里])"
    rf"|[零二三四五六七八九](?!{ANY_UNIT}|[点月{CLASSIFIERS}{NUMERAL}]))"
)
_CLOCK = re.compile(
    rf"(?P<period>{_PERIOD})?的?{_HOUR}"
    rf"(?::(?P<colon>\d\d)(?::\d\d)?"
    rf"|时(?P<formal>{SMALL})分"
    rf"|点[钟整]?(?:(?P<half>半)|(?P<quarter>[一三13])刻|差(?P<lacking>{SMALL}|一刻)分?"
    rf"|过?(?:(?P<minute>零[一二三四五六七八九]|{SMALL}(?=分)|\d\d|[二三四五]?十[一二三四五六七八九]?)分?)|(?P<more>多))?)"
    rf"{_NO_TIME}"
)
_A_BIT = re.compile(r"一点[点也都不没儿吃东]")
_MINUTES_BEFORE = re.compile(
    rf"(?P<period>{_PERIOD})?差(?P<minute>{SMALL}|一刻)分?钟?(?:不到|就|到)?(?P<hour>{SMALL})点"
)
_HOURS = re.compile(
    rf"(?P<period>{_PERIOD})?{START}(?P<hour>{SMALL})(?:[-到至](?P<to>{SMALL})|(?P<next>[二两三四五六七八九]))点钟?(?![半多\d{NUMERAL}])"
)
_NOON = re.compile("正午")
_DATE = re.compile(rf"{START}(?!两)(?P<month>{SMALL})(?:月份|月)(?:(?P<day>{SMALL})[日号])?")
_SLASH_DATE = re.compile(r"(?<![\d./])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/])")
_DAY = re.compile(
    rf"{START}(?!两|一日)(?P<day>{SMALL})(?:号(?![线楼院门厅桌台机床位店房馆店码球座登选车])|日(?![内后前游]))"
)
_DAYS = re.compile(rf"{START}(?P<days>{SMALL})日(?=[内后游])|(?P<two>两)日|(?P<months>[两俩仨])月(?!亮|饼)")
_YEAR = re.compile(
    r"(?P<year>(?:19|20)\d\d|(?<!\d)0\d|[一二]?[零〇一二三四五六七八九]{4}"
    r"|[零〇一二][零〇一二三四五六七八九]|(?!五六|六七|七八|八九)[五六七八九][零〇一二三四五六七八九])年(?![前后级来多纪代])"
)
_DECADE = re.compile(r"(?:19|20)?(?P<decade>[1-9]0|[一二三四五六七八九]十)年代")
_GENERATION = re.compile(r"(?P<decade>(?<!\d)[0156789]0|[零〇五六七八九][零〇])后(?![天来面边续再])")
_QUARTER = re.compile(rf"{START}第?(?P<quarter>[一二三四1-4])季度|q(?P<q>[1-4])(?![a-z\d])")
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


def find_days_from_today(text: Text) -> None:
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


def _add_week_or_month(text: Text, match: re.Match[str]) -> None:
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


def find_times_and_dates(text: Text) -> None:
    """Times of day, years, dates, days of the week. Longer forms first: what one step finds is not looked at again."""
    _find_times(text)
    _find_years(text)
    _find_dates(text)
    _find_weekdays(text)


def _find_times(text: Text) -> None:
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


def _add_clock_time(text: Text, match: re.Match[str]) -> None:
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


def _add_times(text: Text, match: re.Match[str], *minutes: float) -> None:
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


def _find_years(text: Text) -> None:
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


def _find_dates(text: Text) -> None:
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


def _find_weekdays(text: Text) -> None:
    for match in text.search(_WEEKEND, None, "末休六"):
        text.add(match, "day of the week", 6.0, 7.0)
    for match in text.search(_WEEKDAY, None, "周期拜"):
        weekday, start = match["day"], match.start("day")
        if text.in_word[start] and start in text.boundaries():  # 这星期一直
            continue
        text.add(match, "day of the week", WEEKDAYS[weekday] if weekday in WEEKDAYS else float(weekday))
