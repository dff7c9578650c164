"""textmatch.knowledge: quantities, terms and sounds of a sentence; textmatch.matches: what two sentences share."""

from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textmatch.knowledge.numbers import LONGEST_NUMBER, chinese_number, parse_number
from textmatch.knowledge.quantities import UNITS, Quantity, find_quantities
from textmatch.knowledge.sounds import NUM_SOUNDS, find_sounds, near_sound, split_pinyin
from textmatch.knowledge.terms import Term, find_terms, read_lexicon, without_a_not_a
from textmatch.matches import Match, match_flags
from textmatch.text import LONGEST_TEXT, Encoded, Vocabulary, normalise, segment


def quantities(sentence: str) -> list[Quantity]:
    plain = normalise(sentence)
    return find_quantities(plain, segment(plain))


def terms(sentence: str) -> list[Term]:
    plain = normalise(sentence)
    return find_terms(plain, segment(plain))


# Numbers


@given(st.integers(0, 99_999_999))
def test_a_chinese_number_is_read_as_it_was_written(value: int) -> None:
    assert parse_number(chinese_number(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二百零三", 203),
        ("一千二", 1200),
        ("一万二", 12_000),
        ("一百零二", 102),
        ("三点五", 3.5),
        ("二零二四", 2024),
        ("1.5万", 15_000),
        ("3w", 30_000),
        ("12k", 12_000),
        ("-5", -5),
        ("半", 0.5),
        ("两亿", 200_000_000),
        ("十", 10),
        ("零", 0),
        ("十百", None),
        ("百", None),
        ("三四十五", None),
        ("一点好", None),
        ("好", None),
        ("", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert parse_number(text) == value


# Quantities


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("我二十岁", "我20岁"),
        ("半年", "六个月"),
        ("一周后", "七天后"),
        ("三点半见", "3:30见"),
        ("下午三点", "15:00"),
        ("三点", "15点"),
        ("差五分三点", "2点55"),
        ("差一刻八点", "7:45"),
        ("八点一刻", "8:15"),
        ("中午十二点", "12:00"),
        ("百分之五十", "50%"),
        ("百分之百", "100%"),
        ("三分之一", "1/3"),
        ("一半", "5成"),
        ("一千块", "1000元"),
        ("三块五", "3.5元"),
        ("37度5", "37.5℃"),
        ("零下5度", "-5度"),
        ("两公里", "2000m"),
        ("15㎡", "十五平方米"),
        ("打八折", "8折"),
        ("八五折", "85折"),
        ("十二月二十五号", "12月25日"),
        ("10/1", "十月一日"),
        ("5号", "五日"),
        ("2024年", "二零二四年"),
        ("星期三", "礼拜3"),
        ("周日", "星期天"),
        ("一斤", "500克"),
        ("两三天", "2-3天"),
        ("一两个", "1到2个"),
        ("二三十人", "20-30人"),
        ("一百多人", "100多人"),
        ("两年半", "30个月"),
        ("一个半小时", "90分钟"),
        ("第三", "第3"),
        ("三楼", "3层"),
    ],
)
def test_two_forms_of_one_quantity_are_equal(one: str, other: str) -> None:
    (first,), (second,) = quantities(one), quantities(other)
    assert first.equals(second)
    assert second.equals(first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-5度", "5度"),
        ("2-3天", "23天"),
        ("100块钱", "一千块钱"),
        ("三点", "三点半"),
        ("上午三点", "下午三点"),
        ("一百二", "一百零二"),
        ("85折", "8折"),
        ("10%", "10倍"),
        ("三周", "周三"),
        ("三月", "三个月"),
        ("几十块", "10块"),
        ("13800138000", "13800138001"),
        ("第三", "三个"),
        ("半天", "一天"),
    ],
)
def test_other_quantities_differ(one: str, other: str) -> None:
    (first,), (second,) = quantities(one), quantities(other)
    assert not first.equals(second)


def test_sentences_with_quantities_of_every_kind() -> None:
    """Each line of the file is a case of its own; all that are wrong are shown."""
    wrong: list[str] = []
    for line in (Path(__file__).parent / "quantities.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            first, *others = (quantities(sentence) for sentence in line[2:].split("|"))
            right = not first if line[0] == "0" else bool(first) and alike(first, *others) == (line[0] == "=")
            wrong += [] if right else [line]
    assert not wrong


def alike(first: list[Quantity], second: list[Quantity]) -> bool:
    """Whether each quantity of a sentence has an equal one in the other."""
    pairs = ((first, second), (second, first))
    return len(first) == len(second) and all(any(a.equals(b) for b in other) for one, other in pairs for a in one)


NO_QUANTITIES = (
    "我们一起去吧 十分感谢 万一下雨怎么办 三心二意 一点也不累 千万别去 买一送一 一下子 "
    "双十一 百度 三星手机 三国演义 统一 一会儿 九寨沟 两口子 一三五上课 三亚 他一把拉住我"
)


@pytest.mark.parametrize("sentence", NO_QUANTITIES.split())
def test_numerals_in_words_are_no_quantities(sentence: str) -> None:
    assert quantities(sentence) == []


def test_a_power_is_no_number_of_more_digits() -> None:
    assert normalise("10²") == "10^2"
    assert normalise("102") != normalise("10²")


@given(st.text(st.sampled_from("一二三百千万半点分:第周月日号年块度个%-/0123456789上下午多几小时分之"), max_size=14))
def test_any_text_has_quantities_at_their_places_that_equal_themselves(sentence: str) -> None:
    plain = normalise(sentence + "好")
    found = find_quantities(plain, segment(plain))
    assert all(0 <= each.start < each.end <= len(plain) and each.equals(each) for each in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_each_unit_has_one_dimension() -> None:
    assert {"元", "公里", "分钟", "岁", "%"} <= UNITS.keys()
    assert UNITS["公里"].factor == 1000 * UNITS["米"].factor


# Terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("他去了羊城", "他去了广州"),
        ("买土豆", "买马铃薯"),
        ("连一下wifi", "连一下无线网"),
        ("吃🍎", "吃苹果"),
        ("计程车", "出租车"),
    ],
)
def test_terms_of_a_line_are_equal(one: str, other: str) -> None:
    assert any(first.equals(second) for first in terms(one) for second in terms(other))


@pytest.mark.parametrize(("one", "other"), [("借方", "贷方"), ("清华", "北大"), ("今天很热", "今天很冷")])
def test_terms_that_are_easily_confused_differ(one: str, other: str) -> None:
    assert any(first.differs_from(second) for first in terms(one) for second in terms(other))
    assert not any(first.differs_from(second) for first in terms(one) for second in terms(one))


def test_terms_begin_and_end_where_words_do_and_the_longest_counts() -> None:
    (term, *_) = terms("苹果手机")
    assert (term.start, term.end, term.text) == (0, 4, "苹果手机")
    assert not any(each.text == "京" for each in terms("东京湾"))


def test_every_line_of_the_lexicon_has_two_different_normalised_terms() -> None:
    groups = list(read_lexicon())
    assert len(groups) > 10_000
    assert all(len(set(group.terms)) == len(group.terms) > 1 for group in groups)
    assert [term for group in groups for term in group.terms if term != normalise(term)] == []
    assert {group.same for group in groups} == {True, False}


# Sounds


def test_characters_of_one_sound_have_one_number() -> None:
    one, other, silent = find_sounds("在再a")
    assert one == other != 0 == silent
    assert all(0 < sound < NUM_SOUNDS for sound in find_sounds("绿女略"))


@pytest.mark.parametrize(("one", "other"), [("知", "资"), ("蓝", "南"), ("英", "音"), ("风", "分")])
def test_sounds_that_are_often_confused_are_near(one: str, other: str) -> None:
    (first,), (second,) = find_sounds(one), find_sounds(other)
    assert first != second
    assert near_sound(first) == near_sound(second)
    assert near_sound(0) == 0


@pytest.mark.parametrize(
    ("letters", "syllables"),
    [("nihao", ("ni", "hao")), ("zenmeban", ("zen", "me", "ban")), ("app", None), ("xian", ("xian",)), ("wifi", None)],
)
def test_pinyin_is_split_into_syllables(letters: str, syllables: tuple[str, ...] | None) -> None:
    assert split_pinyin(letters) == syllables


def test_typed_pinyin_sounds_like_its_characters() -> None:
    assert find_sounds("nihao") == [*[find_sounds("你")[0]] * 2, *[find_sounds("好")[0]] * 3]


# What two sentences share

VOCABULARY = Vocabulary.build(["今天天气很好"], 1, 1)
encode = partial(VOCABULARY.encode, max_length=20)


def flags_of(sentence: str, other: str, text: str) -> Match:
    """The flags of the first character of `text` in a sentence that is compared with another one."""
    one: Encoded = encode(sentence)
    return Match(match_flags(one, encode(other))[one.plain.index(text)])


@pytest.mark.parametrize(
    ("sentence", "other", "text", "expected"),
    [
        ("龘鑫", "龘森", "龘", Match.CHARACTER | Match.WORD | Match.SOUND),
        ("龘家", "踏家", "龘", Match(0)),
        ("他建蓝", "他见南", "蓝", Match.SOUND),
        ("去羊城", "去广州", "羊", Match.SAME_TERM),
        ("借方", "贷方", "借", Match.DISTINCT_TERM),
        ("二十岁", "20岁", "二", Match.EQUAL_QUANTITY),
        ("二十岁", "30岁", "二", Match.OTHER_QUANTITY),
        ("二十岁", "很老", "二", Match.NO_QUANTITY),
        ("龘", "龘", "龘", Match.CHARACTER | Match.WORD | Match.SOUND),
        ("奶奶的眼镜", "奶奶的眼睛", "镜", Match.SOUND | Match.OTHER_WORD | Match.DISTINCT_TERM),
        ("奶奶的眼镜", "奶奶的眼径", "镜", Match.SOUND),  # which is no word
        ("配了眼镜", "眼镜贵", "镜", Match.CHARACTER | Match.WORD | Match.SOUND | Match.SAME_TERM),
        ("龘鑫", "龘鑫家", "龘", Match.CHARACTER | Match.WORD | Match.SOUND | Match.NEXT_CHARACTER),
        ("龘鑫", "鑫龘", "龘", Match.CHARACTER | Match.WORD | Match.SOUND),
        ("你爬不爬山", "你爬山吗", "是", Match.SAME_TERM),
        ("你爬山吗", "你爬没爬山", "吗", Match.SAME_TERM),
        ("他吃过没有", "他是否吃过", "没", Match.SAME_TERM),
        ("你爬不爬山", "你爬山", "是", Match(0)),
        ("😀", "🍎", "😀", Match(0)),
    ],
)
def test_flags_say_what_the_other_sentence_has(sentence: str, other: str, text: str, expected: Match) -> None:
    assert flags_of(sentence, other, text) == expected


def test_what_was_not_read_has_no_flags() -> None:
    one, other = VOCABULARY.encode("今天二十岁", 3), VOCABULARY.encode("天气20岁", 2)
    assert len(match_flags(one, other)) == 3
    assert len(match_flags(other, one)) == 2


@pytest.mark.parametrize(
    "unit", ["9", "零", "万", "亿", "千万", "一二三", "1.", "第一", "9-", "百分之一", "一点", "三分之"]
)
def test_a_long_row_of_numerals_is_read_in_short_pieces(unit: str) -> None:
    """Longer ones would take the square of their length, or more digits than Python turns into a number."""
    plain = (unit * LONGEST_TEXT)[:LONGEST_TEXT]
    longest = max((each.end - each.start for each in find_quantities(plain, list(plain))), default=0)
    assert longest < 5 * LONGEST_NUMBER
    assert parse_number(plain) is None


@pytest.mark.parametrize(
    ("plain", "read"),
    [
        ("你喜不喜欢喝咖啡", "你是否喜欢喝咖啡"),
        ("你记不记得我", "你是否记得我"),
        ("周末去不去", "周末是否去"),
        ("去不去都行问他来不来", "是否去都行问他是否来"),
        *[
            (text, text)
            for text in ("能不能退", "好不好吃", "是不是你", "爱去不去", "动不动就哭", "半懂不懂", "不去不去", "不不不")
        ],
    ],
)
def test_a_verb_and_its_negation_ask_whether(plain: str, read: str) -> None:
    assert without_a_not_a(plain) == read


@given(st.text(st.sampled_from("不喜欢去能好爱半是否"), max_size=12))
def test_what_asks_whether_is_as_long_as_before(plain: str) -> None:
    assert len(without_a_not_a(plain)) == len(plain)
