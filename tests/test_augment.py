"""textmatch.training.augment: each change does what it says, and made pairs are labelled, mixed and repeatable."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from textmatch.files import Pair
from textmatch.text import normalise, segment
from textmatch.training.augment import Perturbations, augmented_pairs, transitive_pairs

PAIRS = [
    Pair("从上海到北京的高铁要多少钱", "上海到北京的高铁票什么价格", "1"),
    Pair("感冒的时候可以喝冰咖啡吗", "感冒能不能喝冰咖啡", "1"),
    Pair("小狗和小猫哪个更好养", "养小狗还是养小猫好", "1"),
    Pair("怎么打开手机的飞行模式", "手机的飞行模式如何打开", "1"),
    Pair("这家店有三个停车位", "这家店的停车位有三个", "1"),
    Pair("我喜欢下雨天在家看电影", "下雨天我喜欢在家里看电影", "1"),
    Pair("广州的夏天热不热", "广州有什么好吃的", "0"),
]


def perturbations(seed: int = 0, times: int = 30) -> Perturbations:
    return Perturbations([sentence for pair in PAIRS for sentence in pair[:2]] * times, random.Random(seed))


def outcomes(name: str, sentence: str) -> set[str]:
    """All that a change makes of a sentence in many tries."""
    change: Callable[[list[str]], list[str] | None] = getattr(perturbations(), name)
    results = (change(segment(normalise(sentence))) for _ in range(200))
    return {"".join(result) for result in results if result is not None}


@pytest.mark.parametrize(
    ("name", "sentence", "expected"),
    [
        ("negate", "这个软件可以退款", "这个软件不可以退款"),
        ("negate", "这个软件不可以退款", "这个软件可以退款"),
        ("use_antonym", "怎么打开飞行模式", "怎么关闭飞行模式"),
        ("use_antonym", "上午几点开门", "下午几点开门"),
        ("use_synonym", "怎么打开飞行模式", "如何打开飞行模式"),
        ("change_number", "这家店有三个停车位", "这家店有五个停车位"),
        ("change_number", "买了12斤苹果", "买了13斤苹果"),
        ("swap_roles", "从上海到北京的高铁", "从北京到上海的高铁"),
        ("swap_operands", "小狗和小猫哪个更好养", "小猫和小狗哪个更好养"),
    ],
)
def test_a_change_does_what_it_says(name: str, sentence: str, expected: str) -> None:
    assert expected in outcomes(name, sentence)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("negate", "感冒能不能喝冰咖啡"),
        ("negate", "他有没有回家"),
        ("use_antonym", "为什么天空这么蓝"),
        ("change_number", "为什么天空这么蓝"),
        ("change_name", "为什么天空这么蓝"),
        ("swap_roles", "为什么天空这么蓝"),
        ("swap_operands", "从上海到北京的高铁"),
        ("add_typo", "你好"),
    ],
)
def test_a_sentence_that_does_not_allow_a_change_is_left_alone(name: str, sentence: str) -> None:
    assert outcomes(name, sentence) == set()


def test_a_name_is_replaced_by_another_name_of_its_kind() -> None:
    assert outcomes("change_name", "从上海出发") <= {"从北京出发", "从广州出发"} != set()


@pytest.mark.parametrize(
    "name", ["negate", "use_antonym", "change_number", "change_name", "swap_roles", "use_synonym", "add_typo"]
)
def test_a_change_changes(name: str) -> None:
    for pair in PAIRS:
        assert normalise(pair.sentence1) not in outcomes(name, pair.sentence1)


def test_a_typo_is_a_small_change() -> None:
    for typo in outcomes("add_typo", "感冒的时候可以喝冰咖啡吗"):
        assert abs(len(typo) - 12) <= 1


def made(**changed: Any) -> list[Pair]:
    arguments: dict[str, Any] = {"pairs": PAIRS * 30, "share": 0.5, "seed": 1} | changed
    return augmented_pairs(**arguments)


def test_made_pairs_have_both_labels_and_differ() -> None:
    pairs = made()
    assert 10 <= len(pairs) <= 105
    assert {pair.label for pair in pairs} == {"0", "1"}
    assert len(set(pairs)) == len(pairs)
    equal = [pair for pair in pairs if normalise(pair.sentence1) == normalise(pair.sentence2)]
    assert equal
    assert {pair.label for pair in equal} == {"1"}


def test_made_pairs_keep_a_sentence_of_a_matching_pair() -> None:
    matching = {sentence for pair in PAIRS if pair.label == "1" for sentence in pair[:2]}
    assert {pair.sentence1 for pair in made()} <= matching


def test_the_seed_decides() -> None:
    assert made() == made()
    assert made() != made(seed=2)


def test_nothing_is_made_of_nothing() -> None:
    assert made(share=0.0) == []
    assert made(pairs=[pair for pair in PAIRS if pair.label == "0"]) == []


def test_what_follows_from_labelled_pairs() -> None:
    given = [Pair("甲", "乙", "1"), Pair("丙", "乙", "1"), Pair("乙", "丁", "0"), Pair("戊", "己", "0")]
    assert {(frozenset(pair[:2]), pair.label) for pair in transitive_pairs(given)} == {
        (frozenset("甲丙"), "1"),
        (frozenset("甲丁"), "0"),
        (frozenset("丙丁"), "0"),
    }


def test_labelled_pairs_and_contradictions_are_not_inferred() -> None:
    triangle = [Pair("甲", "乙", "1"), Pair("乙", "丙", "1"), Pair("丙", "甲", "0")]
    assert transitive_pairs(triangle) == []
    contradiction = [Pair("甲", "乙", "1"), Pair("乙", "丙", "1"), Pair("甲", "丁", "1"), Pair("丁", "丙", "0")]
    assert frozenset("甲丙") not in {frozenset(pair[:2]) for pair in transitive_pairs(contradiction)}
