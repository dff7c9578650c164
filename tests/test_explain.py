"""textmatch.explain: asking the model again confirms each statement of an explanation."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny_matchers import TINY, random_matcher
from textmatch import InputError, Prediction, TextMatcher
from textmatch.alignment import COUNTERPART
from textmatch.explain import FEWEST_ROWS, ROWS, TURNED
from textmatch.results import Edit, Explanation
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


QUICK = ("interaction", "three classes")


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in CONFIGS]
)
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
    assert all(word.importance is None for word in row[3:])
    assert any(word.importance is not None for word in row[:3])
    assert not any(word.aligned for word in row[3:])


# What decides


def by_hand(explanation: Explanation, side: int, i: int) -> list[tuple[str, str]]:
    """The pairs that a trial with one word asks: it changed in one sentence, or its counterpart in the other."""
    texts, word = explanation.texts, explanation.words[side][i]
    pairs = []
    for pair in explanation.aligned_pairs:
        if (pair.first, pair.second)[side] != i:
            continue
        for own, other in ((0, 1), (1, 0)):
            here = explanation.words[own][(pair.first, pair.second)[own]]
            there = explanation.words[other][(pair.first, pair.second)[other]]
            new = without(texts[own], here.start, here.end, there.text if word.trial == "agree" else "")
            pairs.append((new, texts[1]) if own == 0 else (texts[0], new))
    if not pairs:
        new = without(texts[side], word.start, word.end)
        pairs = [(new, texts[1]) if side == 0 else (texts[0], new)]
    return [pair for pair in pairs if all(normalise(text) for text in pair)]


def test_confidence_after_a_trial_is_what_asking_gives(
    any_matcher: TextMatcher, explanations: list[Explanation]
) -> None:
    reported, asked, labels = [], [], []
    for explanation in explanations[::3]:
        for side, row in enumerate(explanation.words):
            for i, word in enumerate(row):
                assert (word.trial is None) == (word.importance is None) == (word.confidence is None)
                if word.confidence is not None and not exchanged(explanation, side, i):
                    reported.append(word.confidence)
                    asked.append(by_hand(explanation, side, i))
                    labels.append(explanation.prediction.label)
    answers = iter(any_matcher.predict([pair for pairs in asked for pair in pairs]))
    expected = [
        fmean(next(answers).probabilities[label] for _ in pairs) for pairs, label in zip(asked, labels, strict=True)
    ]
    assert reported == pytest.approx(expected, abs=1e-5)
    assert len(reported) > 20


def exchanged(explanation: Explanation, side: int, i: int) -> bool:
    """Whether the trial was an exchange of two words that both sentences share."""
    word = explanation.words[side][i]
    partners = {
        (pair.first, pair.second)[1 - side]
        for pair in explanation.aligned_pairs
        if (pair.first, pair.second)[side] == i
    }
    assert (word.trial == "exchange") == (
        word.trial != "remove" and any(explanation.words[1 - side][j].plain == word.plain for j in partners)
    )
    return word.trial == "exchange"


def test_words_that_both_sentences_share_do_not_decide_that_they_differ(matcher: TextMatcher) -> None:
    explanation = matcher.explain("从这里走到地铁站要五分钟", "从这里走到地铁站要五十分钟")
    assert explanation.prediction.label == "Not Matched"
    tried = [[word.text for word in row if word.trial] for row in explanation.words]
    assert tried == [["五"], ["五十"]]
    (five,) = [word for word in explanation.words[0] if word.trial]
    assert five.importance is not None
    assert five.importance > 0.5
    assert five.confidence is not None
    assert five.confidence < 0.5


def test_words_that_changed_places_decide(matcher: TextMatcher) -> None:
    explanation = matcher.explain("小李借给小王三百块钱", "小王借给小李三百块钱")
    assert explanation.prediction.label == "Not Matched"
    assert [[word.text for word in row if word.trial] for row in explanation.words] == [
        ["小李", "小王"],
        ["小王", "小李"],
    ]
    assert {word.trial for row in explanation.words for word in row} == {"exchange", None}


def test_two_things_in_the_other_order_decide_as_wholes(matcher: TextMatcher) -> None:
    explanation = matcher.explain("水烧开了再放面", "放了面再烧水")
    assert explanation.prediction.label == "Not Matched"
    marked = [[word.text for word in row if word.trial == "exchange"] for row in explanation.words]
    assert marked == [["水", "烧开", "放", "面"], ["放", "面", "烧水"]]
    assert min(word.importance or 1.0 for row in explanation.words for word in row) > 0.5


def test_what_makes_sentences_the_same_is_found_by_taking_it_out(matcher: TextMatcher) -> None:
    explanation = matcher.explain("怎么给猫洗澡", "如何给猫咪洗澡")
    assert explanation.prediction.label == "Matched"
    assert {word.trial for row in explanation.words for word in row} == {"remove"}
    weights = {word.text: word.importance or 0.0 for word in explanation.words[0]}
    assert min(weights["怎么"], weights["猫"], weights["洗澡"]) > 5 * abs(weights["给"])  # which says little


def test_the_only_word_of_a_sentence_is_not_taken_out(plain: TextMatcher) -> None:
    explanation = plain.explain("花？", "花")
    assert [word.importance for row in explanation.words for word in row] == [None, None]
    assert explanation.complete
    assert explanation.counterfactual is None


# Alignment


def test_aligned_pairs_are_strong_enough_and_in_order(explanations: list[Explanation]) -> None:
    for explanation in explanations:
        ends = [(pair.first, pair.second) for pair in explanation.aligned_pairs]
        assert ends == sorted(set(ends))
        assert all(COUNTERPART <= pair.strength <= 1 for pair in explanation.aligned_pairs)
        for side, row in enumerate(explanation.words):
            assert [word.aligned for word in row] == [i in {end[side] for end in ends} for i in range(len(row))]


@pytest.mark.slow
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


def test_words_that_attend_to_each_other_are_aligned(plain: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    forward, backward = torch.full((2, 2), 0.01), torch.full((2, 2), 0.01)
    forward[1, 0] = backward[0, 1] = 0.99  # 鱼 and 猫
    monkeypatch.setattr(plain, "attention", lambda *_: (forward, backward))
    (pair,) = plain.explain("吃鱼", "猫冷").aligned_pairs
    assert (pair.first, pair.second) == (1, 0)
    assert pair.strength > 0.6


def test_without_attention_equal_words_are_aligned() -> None:
    explanation = random_matcher(CONFIGS["siamese"], SENTENCES).explain("真热真热喜歡太阳", "喜欢晒太阳真热")
    assert explanation.alignment == "equality"
    joined = [
        (texts(explanation, 0)[pair.first], texts(explanation, 1)[pair.second], pair.strength == 1)
        for pair in explanation.aligned_pairs
    ]
    assert ("喜歡", "喜欢", True) in joined
    assert sorted(one for one, _, same in joined if same and one in "真热") == ["热", "真"]
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
        shown[side] = without(shown[side], word.start, word.end, edit.replacement)
    return shown[0], shown[1]


ROLES = (
    ("这家面馆周末开门营业", "这家面馆周末不开门营业"),
    ("小李借给小王三百块钱", "小王借给小李三百块钱"),
    ("明天会下雨吗", "明天有没有雨"),
    ("怎么给猫洗澡", "如何给猫咪洗澡"),
    ("他昨天没有来上班", "他昨天来上班了"),
)


@pytest.mark.parametrize("pair", ROLES)
def test_a_counterfactual_has_another_label(matcher: TextMatcher, pair: tuple[str, str]) -> None:
    explanation = matcher.explain(*pair)
    found = explanation.counterfactual
    assert found is not None
    (outcome,) = matcher.predict([changed_by(explanation)])
    assert outcome.label == found.prediction.label != explanation.prediction.label
    assert outcome.probabilities[outcome.label] >= TURNED
    assert outcome.probabilities == pytest.approx(found.prediction.probabilities, abs=1e-5)
    assert (outcome.sentence1, outcome.sentence2) == changed_by(explanation)


def test_a_change_that_keeps_the_meaning_and_turns_the_verdict_is_a_weakness(
    plain: TextMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = TURNED + 0.05
    predicted_by(plain, monkeypatch, lambda one, two: 1 if one == two else share if "如何" in one + two else 0.1)
    explanation = plain.explain("这件毛衣怎么清洗", "那个洗了吗")
    found = explanation.weakness
    assert found is not None
    assert found.edits == (Edit(1, 2, "swap", "怎么", "如何"),)
    assert found.prediction.sentence1 == "这件毛衣如何清洗"
    assert found.prediction.probabilities["Matched"] == share
    assert explanation.swapped().weakness == plain.explain("那个洗了吗", "这件毛衣怎么清洗").weakness
    share = TURNED - 0.05
    assert plain.explain("这件毛衣怎么清洗", "那个洗了吗").weakness is None


def test_no_good_change_is_none(matcher: TextMatcher) -> None:
    assert matcher.explain("红烧茄子怎样做才不油腻", "二手房过户需要带哪些证件").counterfactual is None


def test_no_simplified_word_is_put_into_traditional_text(matcher: TextMatcher) -> None:
    found = matcher.explain("請問圖書館幾點關門", "请问图书馆几点关门").counterfactual
    assert found is None or found.prediction.sentence1 == "請問圖書館幾點關門"


def predicted_by(matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch, matched: Any) -> list[int]:
    """Let `matched(sentence1, sentence2)`, 0 to 1, predict instead of the network; returns the sizes of the batches."""
    asked: list[int] = []

    def predict(pairs: Sequence[tuple[str, str]]) -> list[Prediction]:
        asked.append(len(pairs))
        shares = [float(matched(*pair)) for pair in pairs]
        return [
            Prediction(
                *pair,
                "Matched" if share > 0.5 else "Not Matched",
                {"Not Matched": 1.0 - share, "Matched": share},
                0.5,
                ("", ""),
                ((), ()),
            )
            for pair, share in zip(pairs, shares, strict=True)
        ]

    monkeypatch.setattr(matcher, "predict", predict)
    return asked


@pytest.mark.parametrize(("share", "suggested"), [(TURNED - 0.05, False), (TURNED + 0.05, True)])
def test_a_change_that_hardly_turns_the_verdict_is_not_suggested(
    plain: TextMatcher, monkeypatch: pytest.MonkeyPatch, share: float, suggested: bool
) -> None:
    predicted_by(plain, monkeypatch, lambda one, two: share if one == two else 0.1)
    assert (plain.explain("今天真热", "今天真冷").counterfactual is not None) == suggested


@pytest.mark.slow
def test_no_sentence_is_ever_emptied_and_few_rows_are_asked(
    plain: TextMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(one: str, two: str) -> bool:
        assert normalise(one)
        assert normalise(two)
        return one == two

    asked = predicted_by(plain, monkeypatch, never)
    short = plain.explain("今天真", "太阳热")
    assert short.counterfactual is None or short.counterfactual.prediction.label == "Matched"
    assert short.complete
    asked.clear()
    explanation = plain.explain("今天真热" * 60, "花喜欢太阳" * 50)
    assert not explanation.complete
    assert max(asked) <= ROWS
    assert len(asked) == 3
    asked.clear()
    assert not plain.explain("今天真热" * 125, "花喜欢太阳" * 100).complete  # a pair of such texts takes long
    assert max(asked) <= FEWEST_ROWS


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


@pytest.mark.parametrize("question", ["你喜不喜欢喝咖啡", "你是否喜欢喝咖啡"])
def test_a_question_may_be_asked_with_a_verb_and_its_negation(matcher: TextMatcher, question: str) -> None:
    explanation = matcher.explain("你喜欢喝咖啡吗", question)
    assert explanation.prediction.probabilities["Matched"] > 0.9
    assert explanation.texts[1] == question
    assert matcher.predict([("你不喜欢喝咖啡", question)])[0].label == "Not Matched"
