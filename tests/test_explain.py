"""textmatch.explain: asking the model again confirms each statement of an explanation."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny_matchers import TINY, random_matcher
from textmatch import InputError, Prediction, TextMatcher
from textmatch.explain import ALIGNED, BUDGET, PROMISING, SWAPS
from textmatch.results import Explanation
from textmatch.text import normalise

SENTENCES = (
    "阳台上的花该几天浇一次水",
    "阳台的花多久浇一次水，才不会死？",
    "這盆花喜歡曬太陽嗎",
    "iPhone 15 Pro Max 多少钱",
    "花",
    "今天真热，真热啊！",
)
PAIRS = [(one, two) for one in SENTENCES for two in SENTENCES]
CONFIGS = {
    "interaction": TINY,
    "words": replace(TINY, unit="word"),
    "siamese": replace(TINY, arch="siamese", unit="word", bidirectional=False),
    "siamese characters": replace(TINY, arch="siamese"),
    "three classes": replace(TINY, labels=("蕴含", "中立", "矛盾")),
    "short": replace(TINY, max_length=5),
}


@pytest.fixture(scope="module", params=CONFIGS)
def any_matcher(request: pytest.FixtureRequest) -> TextMatcher:
    return random_matcher(CONFIGS[request.param], SENTENCES)


@pytest.fixture(scope="module")
def explanations(any_matcher: TextMatcher) -> list[Explanation]:
    return [any_matcher.explain(*pair) for pair in PAIRS]


@pytest.fixture
def plain() -> TextMatcher:
    return random_matcher(TINY, SENTENCES)


def texts(explanation: Explanation, side: int) -> list[str]:
    return [word.text for word in explanation.words[side]]


def without(text: str, start: int, end: int, replacement: str = "") -> str:
    return text[:start] + replacement + text[end:]


# The words


def words_fit_their_text(explanation: Explanation) -> None:
    sentences = explanation.prediction.sentence1, explanation.prediction.sentence2
    for sentence, text, as_given, row in zip(
        sentences, explanation.texts, explanation.as_given, explanation.words, strict=True
    ):
        assert text == (sentence if as_given else normalise(sentence))
        assert [word.text for word in row] == [text[word.start : word.end] for word in row]
        assert "".join(word.plain for word in row) == "".join(normalise(sentence).split())
        assert all(word.start < word.end for word in row)
        assert all(one.end <= two.start for one, two in pairwise(row))


def test_words_join_to_the_text(explanations: list[Explanation]) -> None:
    for explanation in explanations:
        words_fit_their_text(explanation)
        assert explanation.as_given == (True, True)


def test_words_are_shown_as_they_were_written(plain: TextMatcher) -> None:
    explanation = plain.explain("這盆花，喜歡曬太陽嗎？", "iPhone 15　Pro Max")
    assert texts(explanation, 0) == ["這", "盆花", "喜歡", "曬太陽", "嗎"]
    assert [word.plain for word in explanation.words[0]] == ["这", "盆花", "喜欢", "晒太阳", "吗"]
    assert texts(explanation, 1) == ["iPhone 15　Pro", "Max"]


@pytest.mark.parametrize("sentence", ["cafe\u0301的花", "㌔的花"])
def test_a_sentence_that_cannot_be_laid_beside_its_normal_form_is_shown_in_that(
    plain: TextMatcher, sentence: str
) -> None:
    explanation = plain.explain(sentence, "花")
    assert explanation.as_given == (False, True)
    words_fit_their_text(explanation)


@pytest.mark.slow
@settings(max_examples=30)
@given(st.text("花ａb 3.5%，(臺①ﷺ\u0301\u200bé?喜歡", min_size=1, max_size=10), st.text(min_size=1, max_size=8))
def test_any_text_can_be_explained(one: str, two: str) -> None:
    matcher = random_matcher(CONFIGS["short"], SENTENCES)
    if normalise(one) and normalise(two):
        words_fit_their_text(matcher.explain(one, two))


def test_what_is_unknown_is_said_of_its_word(plain: TextMatcher) -> None:
    (flowers, owl), (known,) = plain.explain("花猫头鹰", "花").words
    assert (flowers.text, flowers.known, flowers.unknown) == ("花", True, ())
    assert (owl.text, owl.known, owl.unknown) == ("猫头鹰", False, ("猫", "头", "鹰"))
    assert known.known
    spelled = plain.explain("浇花", "花").words[0][0]  # a word never seen, of characters that were
    assert (spelled.text, spelled.known, spelled.unknown) == ("浇花", False, ())
    words = random_matcher(CONFIGS["words"], SENTENCES).explain("花猫头鹰", "花").words[0]
    assert [word.unknown for word in words] == [(), ("猫头鹰",)]


def test_what_was_cut_is_said_of_its_word_and_was_not_tried() -> None:
    row = random_matcher(CONFIGS["short"], SENTENCES).explain("今天喜欢太阳真热", "花").words[0]
    assert [(word.text, word.cut) for word in row] == [
        ("今天", False),
        ("喜欢", False),
        ("太阳", True),  # only its first character was read
        ("真", True),
        ("热", True),
    ]
    assert [word.importance is None for word in row] == [False, False, False, True, True]
    assert not any(word.aligned for word in row[3:])


# Importance


def test_importance_is_what_asking_without_the_word_gives(
    any_matcher: TextMatcher, explanations: list[Explanation]
) -> None:
    bases = any_matcher.predict(PAIRS)
    importance, asked, changed = [], [], []
    for base, explanation in zip(bases, explanations, strict=True):
        assert explanation.prediction.label == base.label
        assert explanation.prediction.probabilities == pytest.approx(base.probabilities, abs=1e-5)
        for side, row in enumerate(explanation.words):
            for word in row:
                if word.importance is None:
                    assert len(row) == 1 or word.cut
                    continue
                pair = list(explanation.texts)
                pair[side] = without(pair[side], word.start, word.end)
                importance.append(word.importance)
                changed.append((pair[0], pair[1]))
                asked.append(base)
    outcomes = any_matcher.predict(changed)
    expected = [b.probabilities[b.label] - o.probabilities[b.label] for b, o in zip(asked, outcomes, strict=True)]
    assert importance == pytest.approx(expected, abs=1e-5)
    assert max(map(abs, importance)) > 0.01  # otherwise this test could not fail


def test_the_only_word_of_a_sentence_is_not_taken_out(plain: TextMatcher) -> None:
    explanation = plain.explain("花？", "这盆花")
    assert [word.importance for word in explanation.words[0]] == [None]
    assert all(word.importance is not None for word in explanation.words[1])
    assert explanation.complete


# Alignment


def test_aligned_pairs_are_strong_enough_and_in_order(explanations: list[Explanation]) -> None:
    for explanation in explanations:
        ends = [(pair.first, pair.second) for pair in explanation.aligned_pairs]
        assert ends == sorted(set(ends))
        assert all(ALIGNED <= pair.strength <= 1 for pair in explanation.aligned_pairs)
        for side, row in enumerate(explanation.words):
            assert [word.aligned for word in row] == [i in {end[side] for end in ends} for i in range(len(row))]


def test_attention_is_the_networks_own(any_matcher: TextMatcher) -> None:
    one, two = SENTENCES[0], SENTENCES[3]
    attention = any_matcher.attention(one, two)
    assert (attention is None) == (any_matcher.config.arch == "siamese")
    if attention is not None:
        forward, backward = attention
        assert forward.shape == backward.T.shape
        assert forward.shape[0] <= any_matcher.max_length
        torch.testing.assert_close(forward.sum(1), torch.ones(len(forward)))
        torch.testing.assert_close(backward.sum(1), torch.ones(len(backward)))
        swapped = any_matcher.attention(two, one)
        assert swapped is not None
        torch.testing.assert_close(swapped[0], backward)


def test_strength_is_how_much_words_attend_to_each_other(plain: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    # 今 attends to 花 with 0.5 and 天 with 0.25; 花 attends to both with 0.3, and to 真 with the rest.
    forward = torch.tensor([[0.5, 0.5], [0.25, 0.75], [0.0, 1.0]])
    backward = torch.tensor([[0.3, 0.3, 0.4], [0.0, 0.0, 1.0]])
    monkeypatch.setattr(plain, "attention", lambda *_: (forward, backward))
    explanation = plain.explain("今天真", "花热")
    assert texts(explanation, 0) == ["今天", "真"]
    assert texts(explanation, 1) == ["花", "热"]
    strengths = {(pair.first, pair.second): pair.strength for pair in explanation.aligned_pairs}
    assert strengths == pytest.approx({(0, 0): (0.375 * 0.6) ** 0.5, (1, 1): 1.0})


def test_without_attention_equal_words_are_aligned() -> None:
    explanation = random_matcher(CONFIGS["siamese"], SENTENCES).explain("真热真热喜歡太阳", "喜欢晒太阳真热")
    assert explanation.alignment == "equality"
    strengths = {
        (texts(explanation, 0)[pair.first], texts(explanation, 1)[pair.second]): pair.strength
        for pair in explanation.aligned_pairs
    }
    assert strengths == pytest.approx(
        {("喜歡", "喜欢"): 1.0, ("太阳", "晒太阳"): 0.8, ("真", "真"): 1.0, ("热", "热"): 1.0}
    )
    assert [word.aligned for word in explanation.words[0]].count(False) == 2  # the other 真 and 热
    assert random_matcher(TINY, SENTENCES).explain("花", "花").alignment == "attention"


# Counterfactuals


def changed_by(explanation: Explanation) -> tuple[str, str]:
    """The pair that the counterfactual's edits lead to, made here from what they say."""
    assert explanation.counterfactual is not None
    shown = list(explanation.texts)
    for edit in sorted(explanation.counterfactual.edits, key=lambda edit: -edit.word):
        side = edit.sentence - 1
        word = explanation.words[side][edit.word]
        assert word.text == edit.text
        assert (edit.replacement == "") == (edit.kind == "delete")
        assert edit.kind == "delete" or edit.replacement in texts(explanation, 1 - side)
        shown[side] = without(shown[side], word.start, word.end, edit.replacement)
    return shown[0], shown[1]


def test_a_counterfactual_has_another_label(any_matcher: TextMatcher, explanations: list[Explanation]) -> None:
    assert any(explanation.counterfactual for explanation in explanations)
    for explanation in explanations:
        if explanation.counterfactual:
            (outcome,) = any_matcher.predict([changed_by(explanation)])
            assert outcome.label == explanation.counterfactual.prediction.label != explanation.prediction.label
            assert outcome.probabilities == pytest.approx(explanation.counterfactual.prediction.probabilities, abs=1e-5)
            assert (outcome.sentence1, outcome.sentence2) == changed_by(explanation)


def test_the_default_model_says_matched_once_the_words_are_equal(matcher: TextMatcher) -> None:
    explanation = matcher.explain("大象", "发票")
    assert explanation.prediction.label == "Not Matched"
    assert explanation.counterfactual is not None
    assert [edit.kind for edit in explanation.counterfactual.edits] == ["swap"]
    assert explanation.counterfactual.prediction.sentence1 == explanation.counterfactual.prediction.sentence2
    assert explanation.counterfactual.prediction.label == "Matched"


def predicted_by(matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch, matched: Any) -> list[int]:
    """Let `matched(sentence1, sentence2)` predict instead of the network; returns the sizes of the batches."""
    asked: list[int] = []

    def predict(pairs: Sequence[tuple[str, str]]) -> list[Prediction]:
        asked.append(len(pairs))
        return [
            Prediction(
                *pair,
                "Matched" if yes else "Not Matched",
                {"Not Matched": 1.0 - yes, "Matched": float(yes)},
                0.5,
                ("", ""),
                ((), ()),
            )
            for pair in pairs
            for yes in [matched(*pair)]
        ]

    monkeypatch.setattr(matcher, "predict", predict)
    return asked


def test_the_smallest_change_is_chosen(plain: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    predicted_by(plain, monkeypatch, lambda one, two: "喜欢" not in one or "真" not in one)
    found = plain.explain("今天真喜欢", "太阳").counterfactual
    assert found is not None
    assert [(edit.sentence, edit.kind, edit.text) for edit in found.edits] == [(1, "delete", "真")]


def test_pairs_of_edits_are_tried_if_no_single_one_changes_the_label(
    plain: TextMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted_by(plain, monkeypatch, lambda one, two: "喜欢" not in one and "真" not in two)
    found = plain.explain("今天喜欢", "太阳真").counterfactual
    assert found is not None
    assert {(edit.sentence, edit.text) for edit in found.edits} == {(1, "喜欢"), (2, "真")}
    assert found.prediction.label == "Matched"


def test_nothing_found_is_none_and_no_sentence_is_ever_emptied(
    plain: TextMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(one: str, two: str) -> bool:
        assert one
        assert two
        return False

    asked = predicted_by(plain, monkeypatch, never)
    assert plain.explain("今天真", "太阳热").counterfactual is None
    assert len(asked) == 2


def test_long_sentences_are_tried_in_part_and_this_is_said(plain: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = predicted_by(plain, monkeypatch, lambda one, two: False)
    explanation = plain.explain("今天真热" * 60, "花喜欢太阳" * 50)
    assert not explanation.complete
    assert asked[0] - 1 <= BUDGET // (2 * plain.max_length)
    assert sum(asked[1:]) <= PROMISING * (PROMISING - 1) // 2
    tried = [word for row in explanation.words for word in row if word.importance is not None]
    assert 0 < len(tried) < asked[0]
    asked.clear()
    assert plain.explain(*SENTENCES[:2]).complete
    assert asked[0] <= 1 + 20 + SWAPS


# Order, and refused input


def test_swapping_the_sentences_swaps_the_explanation(explanations: list[Explanation]) -> None:
    by_pair = dict(zip(PAIRS, explanations, strict=True))
    for (one, two), explanation in by_pair.items():
        swapped = by_pair[two, one]
        if one != two:
            assert swapped == explanation.swapped()
        assert swapped.swapped().swapped() == swapped
        assert (swapped.prediction.sentence1, swapped.prediction.sentence2) == (two, one)


@pytest.mark.parametrize(("pair", "where"), [(("", "花"), 1), (("花", " "), 2), (("花", None), 2), ((3, "花"), 1)])
def test_a_sentence_that_cannot_be_explained_is_named(plain: TextMatcher, pair: Any, where: int) -> None:
    for method in (plain.explain, plain.attention):
        with pytest.raises(InputError, match=f"^sentence {where}: "):
            method(*pair)
