"""Numbers and amounts in a sentence: with units, shares, ranges, halves, discounts, ranks and scores."""

from __future__ import annotations

import re

from textmatch.knowledge.numbers import GROUPS, LONGEST_NUMBER, NUMERAL, PLACES, SUFFIXES, VALUES, parse_number
from textmatch.knowledge.reading import ANY_UNIT, CLASSIFIERS, SMALL, START, UNITS, VAGUE, Text, Unit

NO_UNIT = Unit("number", 1.0)
HALVED = (
    "年", "天", "小时", "个小时", "个月", "斤", "公斤", "里", "里路", "公里", "米", "升", "吨", "亩", "钟头", "个钟头",
    "个星期", "个世纪", "个", "杯", "碗",
)  # fmt: skip
"""Units that can follow 半; after anything else it may mean something else."""
NO_SINGLE = "口位名回趟对双打号里级成套盒包袋碗颗粒支把部间家头匹棵朵片盘门道首篇句页份度角环"
"""Units before which 一 is mostly no number: 一口答应, 一打听, 一家人."""
CODE_LENGTH, LONG_NUMBER = 5, 7
"""Chinese digits from which a row of them is a number; digits from which a number is compared digit by digit."""
_RUN = f"{{1,{LONGEST_NUMBER}}}"
_DIGIT = r"[一二三四五六七八九\d]"
_DIGITS, _NUMERALS = rf"\d{_RUN}", f"[{NUMERAL}]{_RUN}"
_WHOLE = rf"(?:{_DIGITS}|{_NUMERALS})"
_ARABIC = (
    rf"(?:(?<![a-z0-9.:/])-)?(?:(?:\d{{1,4}}[万千百kw]){{1,3}}\d(?![\d.:a-z点月{CLASSIFIERS}])"
    rf"|{_DIGITS}(?:\.{_DIGITS})?(?:[万亿千百kw](?![a-z]))?)"
)
_CHINESE = rf"{_NUMERALS}(?:点[零一二三四五六七八九]{_RUN}(?=$|[万亿%个倍元块米度公千斤岁升吨折克里毫厘平]))?"
_TENTH_ENDS = rf"(?:(?=[一两12每](?:[{CLASSIFIERS}]))|(?!(?!包邮)(?:{ANY_UNIT})|[\d点号日月折{NUMERAL}]))"
"""What follows the last digit of 一块五: no unit (五块一瓶), but perhaps what it is the price of (一块五一瓶)."""
_PERCENT = re.compile(rf"(?P<below>[百千万])分之(?P<number>百|{_DIGITS}(?:\.{_DIGITS})?|[{NUMERAL}点半]{_RUN})")
_FRACTION = re.compile(rf"(?P<below>{_WHOLE})分之(?P<above>{_WHOLE})")
_ONE_HALF = re.compile(r"一半|半数|对半")
_HALF_PRICE = re.compile(r"半价|对折")
_OFF = re.compile(
    rf"(?:便宜|优惠)了?(?:(?P<percent>\d\d?)%|百分之(?P<spoken>[{NUMERAL}]{{1,3}}|\d\d?)|(?P<tenths>[一二两三四五六七八九])成)"
)
_TENTHS_OF_ALL = re.compile(
    rf"{START}(?P<tenth>[一二两三四五六七八九])成(?:(?P<hundredth>[一二三四五六七八九])(?!{ANY_UNIT})|(?P<likely>[是会要没不得又已还在忘有把被去]))"
)
_TIMES_AS_MUCH = re.compile(
    rf"(?:(?:涨|增|增加|增长|上涨|提高)了?(?P<more>{SMALL})倍|(?:多|贵|高|快|大|翻)了?一倍|翻了?(?P<doubled>[一两三四])番|翻番|翻倍|加倍)"
)
_RANK = re.compile(rf"(?P<last>倒数)?第(?P<number>{_WHOLE})|(?<![\da-z])(?P<english>\d{{1,3}})(?:st|nd|rd|th)(?![a-z])")
_SCORE = re.compile(
    rf"{START}(?P<one>\d{{1,3}}|[零一二三四五六七八九十])(?::|比)(?P<other>\d{{1,3}}|[零一二三四五六七八九十])(?![\d:大小多少高快{NUMERAL}])"
)
_EITHER = rf"{_DIGITS}(?:\.{_DIGITS})?(?:[万亿千百kw](?![a-z]))?|{_NUMERALS}"
_RANGE = re.compile(rf"(?P<low>{_EITHER})(?P<first>{ANY_UNIT})?[-~到至](?P<high>{_EITHER})(?P<unit>{ANY_UNIT})?")
_NEIGHBOURS = re.compile(
    rf"{START}(?P<base>[一二两三四五六七八九]?[十百千])?(?P<low>[一二两三四五六七八])(?P<high>[二两三四五六七八九])"
    rf"(?P<place>[十百千]?[万亿]?)(?![\d点{NUMERAL}]|成群)(?P<unit>{ANY_UNIT}|(?=[{CLASSIFIERS}]))?"
)
_NEARLY = re.compile(rf"{START}(?P<high>万八千|千八百|百八十)(?P<unit>{ANY_UNIT})?")
_ROUGHLY = re.compile(rf"(?P<number>[个百千万])把(?P<unit>(?<=个把)(?:月|小时|钟头|星期|礼拜)|(?<!个把)(?:{ANY_UNIT}))")
_TENTHS = re.compile(
    rf"(?P<whole>{_WHOLE})(?P<unit>块|元|度|米)(?P<tenth>{_DIGIT}|零)[毛角]?(?P<hundredth>{_DIGIT})?分?{_TENTH_ENDS}"
)
_MAO = re.compile(rf"{START}(?P<tenth>两|{_DIGIT})[毛角](?P<hundredth>{_DIGIT})分?{_TENTH_ENDS}")
_LIANG = re.compile(
    rf"(?:{START}(?P<jin>{_WHOLE})斤)?(?<![\d.第{NUMERAL}])(?P<liang>半|\d{{1,3}}(?:\.\d)?|[二三四五六七八九]?十?[一二三四五六七八九]|十)两"
    rf"(?![百千万边手侧岸国{NUMERAL}])(?P<counts>(?=[{CLASSIFIERS}](?![粉条饭包])))?"
)
_COMPOUND = re.compile(
    rf"{START}(?P<number>{_EITHER})(?P<unit>个?小时|个?钟头|分钟?|年)[零又]?(?P<rest>{SMALL})(?P<smaller>分钟?|刻钟|秒钟?|个月)(?!之)"
)
_AND_A_HALF = re.compile(
    rf"(?P<number>{_WHOLE})(?:(?P<longer>个半(?:小时|钟头|月|星期|礼拜|世纪))|(?P<unit>个?小时|个?钟头|个月|个星期|年|天|周|岁|斤|公斤|公里|里|块|米|倍|个)半(?![{CLASSIFIERS}]))"
)
_SIGN_FIRST = re.compile(rf"(?P<sign>[¥$])(?P<number>{_DIGITS}(?:\.{_DIGITS})?[万亿kw]?)(?:{ANY_UNIT})?")
_DATA = r"的?(?:内存|流量|硬盘|存储|空间|显存|优盘|u盘|电影|文件|视频|宽带|运存|手机)"
_BYTES = re.compile(
    rf"(?P<named>(?:内存|流量|硬盘|容量|存储|运存)[^\d]{{0,3}})?(?<![\d.])(?P<number>\d{{1,6}}(?:\.\d)?)(?P<unit>[gmt])b?(?(named)(?![a-z\d])|(?={_DATA}))"
)
_GENERATION_OF_PHONES = re.compile(r"[2-6]g(?=手机|网|信号|套餐|时代|基站|卡)")
_BELOW_GROUND = re.compile(rf"(?:负|地下)(?P<floor>{SMALL})[层楼]|(?<![a-z\d])b(?P<b>[1-5])[层楼]")
DOUBLE = ("11", "12", "十一", "十二")
"""Sales days: 双11."""
BELOW_ZERO = ("零下", "负")
LONG_WHILE = ("了", "老", "大", "好", "小")
"""Before 半天, which is then no half of a day."""
BEGINS_A_WORD = frozenset("打角平欧刀寸码成环级")
"""Units that are the first character of many words: 三角形, 打不住."""
_AMOUNT = re.compile(
    rf"(?P<several>好?几(?=[十百千万亿])|数(?=[十百千万亿])|[上成](?=[百千万])(?!.百度))?(?P<number>{_ARABIC}|{_CHINESE}|半)"
    rf"(?P<more>(?<=[0十百千万亿kw])[多来余几](?!少))?(?P<unit>{ANY_UNIT})?"
    rf"(?P<over>(?<=[年天时岁斤块元米里吨度倍周])多(?=$|[了的前后以时间钱路里高长重吧才就没啊呢左还都也]))?"
)


def find_amounts(text: Text) -> None:
    """Amounts and plain numbers. Longer forms first: what one step finds is not looked at again."""
    _find_comparisons(text)
    _find_shares(text)
    _find_ranges(text)
    _find_halves(text)
    _find_units(text)
    _find_simple_amounts(text)


def _find_shares(text: Text) -> None:
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


def _find_comparisons(text: Text) -> None:
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


def _find_ranges(text: Text) -> None:
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


def _add_neighbours(text: Text, match: re.Match[str]) -> None:
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


def _find_halves(text: Text) -> None:
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


def _find_units(text: Text) -> None:
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


def _find_simple_amounts(text: Text) -> None:
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


def _is_part_of_a_word(text: Text, match: re.Match[str]) -> bool:
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
