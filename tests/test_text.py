"""textmatch.text: surface forms give one text, what is cut or unknown is reported, and any text is accepted."""

import logging
import random
import unicodedata
import warnings
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textmatch.errors import InputError
from textmatch.text import (
    LONGEST_TEXT,
    MOST_ACCENTS,
    PAD,
    SPECIALS,
    UNK,
    Unit,
    Vocabulary,
    differing_parts,
    normalise,
    segment,
    word_tag,
)

SENTENCES = (
    "我家的猫喜欢晒太阳",
    "这只猫很喜欢晒太阳",
    "明天下午3点开会",
    "iPhone 15 多少钱",
    "今年涨了50%",
    "气温是-5度",
)
UNITS: tuple[Unit, ...] = ("character", "word")

# Several rules apply: marks beside digits and Latin letters, both widths, traditional characters, joiners, emoji.
TANGLED = st.text(
    st.sampled_from("ab3５Ｃ-.%#:/,， 　!猫貓乾隆著么幺軟體後发髮①²é\u0301\u200b\u200d😀~^《》\t\n"), max_size=12
)
ANY_TEXT = st.one_of(st.text(max_size=20), TANGLED)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.build(SENTENCES, min_characters=1, min_words=1)


# Normalising


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("你好,世界!", "你好世界"),
        ("你好，世界！", "你好世界"),
        ("  你好\t世 界\n", "你好世界"),
        ("ＡＢＣ１２３", "abc123"),
        ("貓喜歡曬太陽", "猫喜欢晒太阳"),
        ("頭髮和發財", "头发和发财"),
        ("看著計程車", "看着出租车"),
        ("著名的軟體", "著名的软件"),
        ("他著的书能下载么", "他著的书能下载么"),
        ("iPhone 15 Pro Max", "iphone15pro max"),
        ("第3 5两题", "第3 5两题"),
        ("共1,000元", "共1000元"),
        ("圆周率是３．１４", "圆周率是3.14"),
        ("10:30开会", "10:30开会"),
        ("只剩1/2", "只剩1/2"),
        ("涨了50%", "涨了50%"),
        ("零下-5度", "零下-5度"),
        ("C++和C#哪个好", "c++和c#哪个好"),
        ("好开心😀", "好开心😀"),
        ("well-known", "well known"),
        ("？？？", "???"),
        ("", ""),
        (" \u3000\n", ""),
    ],
)
def test_normalise(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    "variant",
    [
        "明天下午3点,在A座开会吗?",
        "明天下午3点，在A座开会吗？？",
        "明天下午３点在Ａ座开会吗",
        "明天下午3点在a座开会吗!",
        " 明天 下午 3点　在 A座 开会吗\n",
        "明天下午3點在A座開會嗎",
        "“明天”下午3点——在A座…开会吗~",
        "明天\u200b下午3点在A座开会吗\ufeff",
    ],
)
def test_surface_variants_become_the_same_text(variant: str) -> None:
    assert normalise(variant) == "明天下午3点在a座开会吗"


@pytest.mark.parametrize(("one", "other"), [("涨了50 %", "涨了50%"), ("乾，隆年间", "乾隆年间"), ("名《著》", "名著")])
def test_a_mark_in_between_changes_nothing_around_it(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3.5元", "35元"),
        ("气温5度", "气温-5度"),
        ("涨了5", "涨了5%"),
        ("1/2", "12"),
        ("c语言", "c++语言"),
        ("ab c", "a bc"),
    ],
)
def test_what_carries_meaning_stays(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@settings(deadline=None)
@given(ANY_TEXT)
@example("a -5")
@example("x.-5")
@example("e\u200b\u0301")
def test_normalising_twice_changes_nothing(text: str) -> None:
    plain = normalise(text)
    assert normalise(plain) == plain


@settings(deadline=None)
@given(ANY_TEXT)
def test_only_blank_text_becomes_empty(text: str) -> None:
    blank = not unicodedata.normalize("NFKC", text).strip()
    assert (normalise(text) == "") == blank


@settings(deadline=None)
@given(st.lists(st.sampled_from("我猫喜欢晒太阳好不"), min_size=1).map("".join), st.data())
def test_punctuation_and_spaces_anywhere_in_chinese_make_no_difference(sentence: str, data: st.DataObject) -> None:
    noise = [data.draw(st.text(st.sampled_from("，。！？、；：“”《》 　\t"), max_size=2)) for _ in sentence]
    decorated = "".join(character + marks for character, marks in zip(sentence, noise, strict=True))
    assert normalise(decorated) == normalise(sentence) == sentence


@settings(deadline=None)
@given(st.text(st.sampled_from("abcXYZ0189，！（）"), min_size=1))
def test_width_and_case_make_no_difference(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert normalise(wide) == normalise(text) == normalise(text.upper()) == normalise(text.swapcase())


# Hostile text


def longest_run_of_accents(text: str) -> int:
    """The most combining marks in a row once every character is taken apart: sorting them takes the square of it."""
    longest = run = 0
    for character in unicodedata.normalize("NFKD", text):
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    return longest


ACCENTS = [chr(i) for i in range(0x300, 0x20000) if unicodedata.combining(unicodedata.normalize("NFKD", chr(i))[0])]


def test_no_run_of_accents_is_long_whatever_it_is_made_of() -> None:
    assert {"\u0301", "\u0f73", "\uff9e"} < set(ACCENTS)
    for accent in ACCENTS:
        for other in ("\u0301", "\u0323"):
            assert longest_run_of_accents(normalise("e" + (accent + other) * 100)) <= 3 * MOST_ACCENTS
    assert normalise("e\u0301") == "é"


def test_no_character_becomes_a_phrase() -> None:
    longest = max(
        range(0x110000), key=lambda i: 0 if 0xD800 <= i < 0xE000 else len(unicodedata.normalize("NFKC", chr(i)))
    )
    assert chr(longest) == "\ufdfa"
    assert normalise("猫" + "\ufdfa" * 50 + "\ufdfb\ufdfb狗") == "猫" + "\ufdfa" * 50 + "\ufdfb\ufdfb狗"
    assert len(normalise("\u3316" * 50)) == 300


def test_a_text_that_is_too_long_is_refused_before_any_work(vocabulary: Vocabulary) -> None:
    assert len(normalise("猫" * LONGEST_TEXT)) == LONGEST_TEXT
    for read in (normalise, lambda text: vocabulary.encode(text, 10)):
        with pytest.raises(InputError, match="10,001 characters; at most 10,000"):
            read("猫" * (LONGEST_TEXT + 1))


# Words


@settings(deadline=None)
@given(ANY_TEXT)
@example("明天下午3点在a座开会吗")
@example("https://a.b/c?d=e&f 电话010-123")
def test_words_join_to_the_sentence(text: str) -> None:
    plain = normalise(text)
    cut = segment(plain)
    assert "".join(cut) == plain
    assert all(cut)


def test_words_are_words() -> None:
    assert segment("我家的猫喜欢晒太阳") == ["我家", "的", "猫", "喜欢", "晒太阳"]
    assert "2024" in segment("2024年的iphone")
    assert "iphone" in segment("2024年的iphone")


@pytest.fixture(scope="module")
def jieba(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The original of which rjieba is a rewriting."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in its source
        import jieba
    jieba.setLogLevel(logging.WARNING)
    segmenter = jieba.Tokenizer()
    segmenter.tmp_dir = tmp_path_factory.mktemp("jieba")  # it reads its cache with `marshal`, unchecked
    segmenter.initialize()
    return segmenter


@pytest.mark.slow
def test_words_are_those_of_jieba(jieba: Any) -> None:
    chance = random.Random(5)
    words = [word for word, times in jieba.FREQ.items() if times]
    odd = [*"%&-+#_. \n\t1９２的在是", "\u200d", "\ufe0f", "\r\n", *map(chr, range(0x20, 0x2FFFF, 97))]
    odd = [each for each in odd if not "\ud800" <= each <= "\udfff"]
    for _ in range(4000):
        text = "".join(chance.choice(odd if chance.random() < 0.3 else words) for _ in range(chance.randrange(1, 12)))
        assert segment(text) == list(jieba.cut(text, HMM=False))


@pytest.mark.slow
def test_tags_are_those_of_jieba(jieba: Any) -> None:
    with jieba.get_dict_file() as file:
        tags = {word: tag for word, _, tag in (line.decode().split() for line in file)}
    assert {word: word_tag(word) for word in tags} == tags
    assert word_tag("的的") is word_tag("abc") is None


# Vocabulary


def test_a_vocabulary_starts_with_the_specials_and_holds_only_what_was_shown(vocabulary: Vocabulary) -> None:
    assert list(vocabulary.characters.items())[:2] == [("<pad>", PAD), ("<unk>", UNK)]
    assert list(vocabulary.words.items())[:2] == [("<pad>", PAD), ("<unk>", UNK)]
    plain = [normalise(sentence) for sentence in SENTENCES]
    assert set(vocabulary.characters) - set(SPECIALS) == set("".join(plain))
    assert set(vocabulary.words) - set(SPECIALS) == {word for sentence in plain for word in segment(sentence)}
    for table in (vocabulary.characters, vocabulary.words):
        assert list(table.values()) == list(range(len(table)))


def test_rare_characters_and_words_are_left_out_and_repeated_sentences_count() -> None:
    vocabulary = Vocabulary.build(["猫睡觉", "猫睡觉", "狗睡觉"], min_characters=2, min_words=3)
    assert tuple(vocabulary.characters) == (*SPECIALS, *sorted("睡觉"), "猫")
    assert tuple(vocabulary.words) == (*SPECIALS, "睡觉")


def test_surface_forms_are_counted_as_one() -> None:
    assert tuple(Vocabulary.build(["貓!", "猫"], min_characters=2, min_words=2).characters) == (*SPECIALS, "猫")


def test_the_same_text_in_another_order_gives_the_same_ids() -> None:
    one, two = (Vocabulary.build(order).to_dict() for order in (SENTENCES, SENTENCES[::-1]))
    assert one == two


def test_a_vocabulary_survives_its_own_values(vocabulary: Vocabulary) -> None:
    back = Vocabulary.from_dict(vocabulary.to_dict())
    assert back.characters == vocabulary.characters
    assert back.words == vocabulary.words


@pytest.mark.parametrize(
    "tokens",
    [(), ("<pad>",), ("<unk>", "<pad>"), ("猫", "<pad>", "<unk>"), (*SPECIALS, "猫", "猫"), (*SPECIALS, "<unk>")],
)
def test_odd_token_lists_are_refused(tokens: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="characters"):
        Vocabulary(tokens, SPECIALS)
    with pytest.raises(ValueError, match="words"):
        Vocabulary(SPECIALS, tokens)


# Encoding


def test_each_character_carries_its_covering_word(vocabulary: Vocabulary) -> None:
    encoded = vocabulary.encode("这只猫喜欢！", 128)
    assert encoded.characters == tuple(vocabulary.characters[c] for c in "这只猫喜欢")
    tokens = {i: word for word, i in vocabulary.words.items()}
    covering = [word for word in segment("这只猫喜欢") for _ in word]
    assert [tokens[i] for i in encoded.words] == [w if w in vocabulary.words else "<unk>" for w in covering]
    assert "喜欢" in covering
    assert len(encoded) == 5


def test_word_positions_read_words_in_both_rows(vocabulary: Vocabulary) -> None:
    encoded = vocabulary.encode("猫喜欢晒太阳", 128, "word")
    assert encoded.characters == encoded.words == tuple(vocabulary.words[w] for w in ("猫", "喜欢", "晒太阳"))


def test_unknown_tokens_get_the_unknown_id_and_are_reported_once_in_order(vocabulary: Vocabulary) -> None:
    encoded = vocabulary.encode("鱷魚猫龘鳄", 128)
    assert encoded.unknown == ("鳄", "鱼", "龘")
    crocodile, fish, cat, dragon, again = encoded.characters
    assert crocodile == again
    assert len({crocodile, fish, dragon} & set(vocabulary.unknown_ids)) == 3  # different ones have different ids
    assert cat == vocabulary.characters["猫"]
    assert PAD not in encoded.characters + encoded.words
    with_one_id = Vocabulary(list(vocabulary.characters), list(vocabulary.words), num_unknown=0)
    assert with_one_id.encode("龘鳄", 128).characters == (UNK, UNK)
    assert vocabulary.encode("龘猫", 128, "word").unknown == ("龘",)
    assert vocabulary.encode("猫", 128).unknown == ()


def test_unknown_tokens_past_the_cut_are_not_reported_as_unknown(vocabulary: Vocabulary) -> None:
    encoded = vocabulary.encode("猫龘", 1)
    assert (encoded.unknown, encoded.truncated) == ((), "龘")


@pytest.mark.parametrize("special", SPECIALS)
@pytest.mark.parametrize("unit", UNITS)
def test_text_cannot_name_a_special_token(vocabulary: Vocabulary, special: str, unit: Unit) -> None:
    encoded = vocabulary.encode(special, 128, unit)
    assert PAD not in encoded.characters + encoded.words
    assert special not in encoded.unknown


@settings(deadline=None)
@given(text=ANY_TEXT.filter(str.strip), max_length=st.integers(1, 8), unit=st.sampled_from(UNITS))
def test_any_text_is_encoded_and_what_is_cut_is_reported(text: str, max_length: int, unit: Unit) -> None:
    vocabulary = Vocabulary.build(SENTENCES)
    plain = normalise(text)
    whole = vocabulary.encode(text, 10_000, unit)
    encoded = vocabulary.encode(text, max_length, unit)
    assert 1 <= len(encoded) == len(encoded.words) == min(max_length, len(whole))
    assert encoded.characters == whole.characters[:max_length]
    assert encoded.words == whole.words[:max_length]
    assert PAD not in encoded.characters + encoded.words
    tokens = segment(plain) if unit == "word" else list(plain)
    assert "".join(tokens[: len(encoded)]) + encoded.truncated == plain
    assert whole.truncated == ""


@pytest.mark.parametrize("text", ["", " ", "\u3000\n\t"])
def test_blank_text_is_refused(vocabulary: Vocabulary, text: str) -> None:
    with pytest.raises(InputError, match="blank"):
        vocabulary.encode(text, 128)


@pytest.mark.parametrize("value", [None, 3, b"abc", ["猫"]])
def test_what_is_no_text_is_refused(vocabulary: Vocabulary, value: Any) -> None:
    with pytest.raises(InputError, match=type(value).__name__):
        vocabulary.encode(value, 128)


@pytest.mark.parametrize("text", ["\ud83d", "猫\udc00", "\ud83d猫"])
def test_half_a_surrogate_pair_is_read_or_refused_but_no_crash(vocabulary: Vocabulary, text: str) -> None:
    try:
        encoded = vocabulary.encode(text, 128)
    except InputError:
        return
    assert PAD not in encoded.characters


@pytest.mark.parametrize("text", ["？", "...", "，", "-", "😀", "\x00", "\u200b", "़", "𪚥", "%", "~~"])
def test_marks_alone_and_odd_characters_are_encoded(vocabulary: Vocabulary, text: str) -> None:
    assert len(vocabulary.encode(text, 128)) >= 1


# What differs


@pytest.mark.parametrize(
    ("texts", "parts"),
    [
        (
            ("我刚刚下了火车，现在在出口。你到哪儿了？", "我刚刚下了火车，现在在出口。他到哪儿了？"),
            ("你到哪儿了？", "他到哪儿了？"),
        ),
        (
            ("我刚刚下了火车，现在在出口！你到哪儿了呀", "我刚刚 下了火车，现在在出口。\n他到哪儿了呀"),
            ("你到哪儿了呀", "他到哪儿了呀"),
        ),
        (
            ("外面下雨了。今天我就不去公司了，明天再说。", "外面下雪了。今天我就不去公司了，明天再说！"),
            ("外面下雨了。", "外面下雪了。"),
        ),
        (
            ("您好，打扰了。苹果一斤多少？谢谢您的回答！", "您好，打扰了。苹果两斤多少？怎么卖？谢谢您的回答！"),
            ("苹果一斤多少？", "苹果两斤多少？怎么卖？"),
        ),
        (("孩子睡了，别出声。" * 3, "孩子睡了，别出声。" * 4), None),  # nothing would be left of the first
        (("孩子睡了，你说话小声点。别吵醒他。", "孩子睡了，你说话小声点。别吵醒他。"), None),
        (("我刚下火车，现在还在出口等着呢。 。", "我刚下火车，现在还在出口等着呢。你呢"), None),
        (("我刚下火车，现在还在出口等着，你到哪儿了", "我刚下火车，现在还在出口等着，他到哪儿了"), None),
        (("我到了。你呢？", "我到了。他呢？"), None),  # short
    ],
)
def test_sentences_at_both_ends_that_two_texts_share_are_no_difference(
    texts: tuple[str, str], parts: tuple[str, str] | None
) -> None:
    assert differing_parts(*texts) == (parts or texts)
    assert differing_parts(*texts[::-1]) == (parts or texts)[::-1]


@given(
    *[st.lists(st.sampled_from(["你好。", "这不太好！", "我 已经到了？", "；", "猫", ""]), max_size=12).map("".join)]
    * 2
)
def test_what_differs_is_a_part_that_is_not_blank(text1: str, text2: str) -> None:
    for text, part in zip((text1, text2), differing_parts(text1, text2), strict=True):
        assert part in text
        assert bool(normalise(part)) == bool(normalise(text))
