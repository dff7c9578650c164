"""How far a verdict is trusted: what the checkpoint records, and what the model cannot judge."""

from typing import Any

import pytest

from textmatch import Prediction, TextMatcher
from textmatch.demo.handlers.trust import FEW, RIGHT, SHOWN, right_share, trust

SCORES = [[300, 300, 100, 100, 150, 120, 90, 60, 20, 10], [0, 20, 20, 30, 50, 80, 110, 140, 180, 290]]
"""Pairs of the two classes by probability of the second one: "same" is right less often than "different"."""

ONE = {"scores": SCORES}


def prediction(sentence1: str = "今天下雨", sentence2: str = "今天下雪", same: float = 0.95, **more: Any) -> Prediction:
    given: dict[str, Any] = {"truncated": ("", ""), "unknown": ((), ())} | more
    return Prediction(
        sentence1=sentence1,
        sentence2=sentence2,
        label="Matched" if same >= 0.5 else "Not Matched",
        probabilities={"Not Matched": 1 - same, "Matched": same},
        similarity=0.9,
        **given,
    )


def keys(found: Any) -> list[str]:
    return [warning["key"] for warning in found.warnings]


def share_at(same: float, metrics: Any) -> tuple[float, ...]:
    record = right_share({"no": 1 - same, "yes": same}, metrics)
    assert record is not None
    return record


def test_the_two_verdicts_are_counted_apart() -> None:
    assert share_at(0.65, ONE) == pytest.approx((110 / 200, 200, 1))
    assert share_at(0.35, ONE) == pytest.approx((100 / 130, 130, 1))
    assert not trust(prediction(same=0.65), ONE, 64).sure
    sure = trust(prediction(same=0.35), ONE, 64)
    assert sure.sure
    assert sure.right == {"key": "verdict_right", "share": "76%", "pairs": "130"}


def test_two_collections_count_as_much_however_large_they_are() -> None:
    small = [[5, 5, 5, 5, 5], [1, 1, 1, 4, 18]]  # 25 pairs of each class; 5 and 4 at 0.7
    large = [[500, 500, 500, 500, 500], [100, 100, 100, 1200, 1000]]
    both = {"scores": large, "dev_also_scores": small}
    share = (1200 / 5000 + 4 / 50) / (1700 / 5000 + 9 / 50)
    assert share_at(0.7, both) == pytest.approx((share, 1709, 2))
    right = trust(prediction(same=0.7), both, 64).right
    assert right == {"key": "verdict_right_both", "share": "61%", "pairs": "1,709"}


@pytest.mark.parametrize("scores", [None, [[1] * 10] * 3, [[FEW // 2 - 1] * 10] * 2, [[0] * 10] * 2])
def test_without_figures_only_the_confidence_counts(scores: Any) -> None:
    metrics = {"scores": scores, "dev_also_scores": None}
    assert trust(prediction(same=0.6), metrics, 64).sure is False
    found = trust(prediction(same=0.8), metrics, 64)
    assert (found.sure, found.right) == (True, None)


def test_it_is_never_said_that_all_were_right() -> None:
    found = trust(prediction(same=0.999), {"scores": [[0] * 10, [1000] * 10]}, 64)
    assert found.right is not None
    assert found.right["share"] == "99%"


def test_a_verdict_that_is_right_in_fewer_than_three_in_four_never_reads_75_percent() -> None:
    found = trust(prediction(same=0.999), {"scores": [[0] * 9 + [252], [0] * 9 + [748]]}, 64)
    assert found.right is not None
    assert (found.sure, found.right["share"]) == (False, "74%")


def test_not_sure_reaches_as_far_as_the_shipped_checkpoint_is_wrong(matcher: TextMatcher) -> None:
    metrics = matcher.metrics
    assert sum(map(sum, metrics["dev_also_scores"])) == metrics["dev_also_pairs"]
    for step in range(100):
        share, _, collections = share_at((step + 0.5) / 100, metrics)
        assert collections == 2
        assert trust(prediction(same=(step + 0.5) / 100), metrics, 64).sure == (share >= RIGHT)
    unsure = [step for step in range(100) if not trust(prediction(same=(step + 0.5) / 100), metrics, 64).sure]
    assert unsure == [*range(unsure[0], unsure[-1] + 1)]  # one stretch in the middle, on both sides of one half
    assert unsure[0] <= 44
    assert unsure[-1] >= 69


@pytest.mark.parametrize(
    ("sentences", "warning"),
    [
        (("I love you", "I hate you"), "warning_no_chinese"),
        (("😀", "😭"), "warning_no_chinese"),
        (("今天下雨", "It rains today"), "warning_no_chinese_2"),
        (("123", "今天下雨"), "warning_no_chinese_1"),
        (("你食咗飯未", "你吃饭了吗"), "warning_cantonese"),
        (("我唔知道", "我不知道"), "warning_cantonese"),
    ],
)
def test_what_is_no_mandarin_is_no_certain_verdict(sentences: tuple[str, str], warning: str) -> None:
    for same in (0.99, 0.01):
        found = trust(prediction(*sentences, same=same), {}, 64)
        assert (keys(found), found.sure, found.right) == ([warning], False, None)
        assert found.judged == (warning == "warning_cantonese")


@pytest.mark.parametrize("sentences", [("Hello!", "hello"), ("😀", "😀"), ("123", "１２３")])
def test_equal_texts_are_the_same_in_any_language(matcher: TextMatcher, sentences: tuple[str, str]) -> None:
    (same,) = matcher.predict([sentences])
    found = trust(same, matcher.metrics, matcher.max_length)
    assert same.label == "Matched"
    assert (found.judged, found.readable, found.sure, keys(found)) == (True, True, True, [])


def test_unknown_characters_are_never_the_same() -> None:
    odd: dict[str, Any] = {"unknown": (("龘", "靐"), ("齉",))}
    assert not trust(prediction(**odd), {}, 64).sure
    assert keys(trust(prediction(**odd), {}, 64)) == ["warning_unknown_1", "warning_unknown_2"]
    assert trust(prediction(same=0.01, **odd), {}, 64).sure
    equal = trust(prediction(unknown=(("龘",), ("龘",))), {}, 64)
    assert (equal.sure, equal.warnings[0]) == (True, {"key": "warning_unknown_1", "text": "龘"})


def test_a_tail_that_was_not_read_leaves_same_in_doubt() -> None:
    cut: dict[str, Any] = {"truncated": ("", "很" * (SHOWN + 5))}
    found = trust(prediction(**cut), {}, 64)
    assert not found.sure
    assert found.warnings == [
        {"key": "warning_tail"},
        {"key": "warning_cut_2", "limit": "64", "text": "很" * SHOWN + "…"},
    ]
    different = trust(prediction(same=0.01, **cut), {}, 64)
    assert (different.sure, keys(different)) == (True, ["warning_cut_2"])
    assert trust(prediction(truncated=("好", "好")), {}, 64).sure
