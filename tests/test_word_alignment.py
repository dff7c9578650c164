"""textmatch.alignment: sentences cut so that they can be compared, and which words correspond."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textmatch.alignment import COUNTERPART, align, cut_together
from textmatch.text import segment


@pytest.mark.parametrize(
    ("one", "two", "cuts"),
    [
        ("把空调调高一点", "把空调调低一点", ("把|空调|调|高|一点", "把|空调|调|低|一点")),
        ("小明昨天没来", "小李昨天没来", ("小明|昨天|没|来", "小李|昨天|没|来")),
        ("要五分钟", "要五十分钟", ("要|五|分钟", "要|五十|分钟")),
        ("我妹妹会弹钢琴", "我妹妹不会弹钢琴", ("我|妹妹|会|弹钢琴", "我|妹妹|不|会|弹钢琴")),
        ("这里的水能直接喝", "这里的水不能直接喝", ("这里|的|水|能|直接|喝", "这里|的|水|不|能|直接|喝")),
        ("他请假了", "他请了假", ("他|请|假|了", "他|请|了|假")),
        ("房间里有两张床", "房间里有四张床", ("房间|里|有|两张|床", "房间|里|有|四张|床")),
        ("去机场怎么走", "到飞机场怎么走", ("去|机场|怎么|走", "到|飞机场|怎么|走")),
        ("给猫洗澡", "给猫咪洗澡", ("给|猫|洗澡", "给|猫咪|洗澡")),
        ("等了三天都没收到", "三天了还没到", ("等|了|三天|都|没|收|到", "三天|了|还|没|到")),
        ("蓝队赢了", "红队赢了", ("蓝队|赢|了", "红队|赢|了")),
    ],
)
def test_what_is_shared_is_cut_alike(one: str, two: str, cuts: tuple[str, str]) -> None:
    assert tuple("|".join(words) for words in cut_together(one, two)) == cuts


@settings(max_examples=50)
@given(
    st.text("不会下雨三十3点花a 半天", min_size=1, max_size=12),
    st.text("不会下雨三十3点花a 半天", min_size=1, max_size=12),
)
def test_the_words_join_to_the_sentence(one: str, two: str) -> None:
    words1, words2 = cut_together(one, two)
    assert ("".join(words1), "".join(words2)) == (one, two)
    assert all(words1)
    assert all(words2)
    links = align(words1, words2, None)
    assert len({link.first for link in links}) == len({link.second for link in links}) == len(links)
    assert all(COUNTERPART <= link.strength <= 1 for link in links)


def pairs(one: str, two: str) -> set[tuple[str, str]]:
    words1, words2 = cut_together(one, two)
    return {(words1[link.first], words2[link.second]) for link in align(words1, words2, None)}


def test_identical_words_are_aligned_wherever_they_stand() -> None:
    assert pairs("小李借给小王三百块", "小王借给小李三百块") >= {("小李", "小李"), ("小王", "小王"), ("借给", "借给")}
    assert pairs("红烧肉怎么做", "怎么做红烧肉") == {("红烧肉", "红烧肉"), ("怎么", "怎么"), ("做", "做")}


def test_a_word_is_aligned_with_what_stands_in_its_place() -> None:
    assert ("高", "低") in pairs("把空调调高", "把空调调低")
    assert ("小明", "小李") in pairs("小明没来", "小李没来")
    assert ("五", "五十") in pairs("要五分钟", "要五十分钟")
    assert ("土豆", "马铃薯") in pairs("土豆怎么做", "请问怎样做马铃薯")  # the same thing, somewhere else


def test_a_word_without_counterpart_stays_alone() -> None:
    assert not any("不" in pair for pair in pairs("他会来", "他不会来"))


def test_a_sentence_against_itself_is_cut_as_jieba_cuts_it() -> None:
    sentence = "周末和朋友去公园放风筝"
    assert cut_together(sentence, sentence) == (segment(sentence), segment(sentence))
