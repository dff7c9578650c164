"""textmatch.training.grading: the graded similarity follows the scores that it is fitted to."""

import torch

from tests.tiny_matchers import TINY, new_matcher
from textmatch.files import Pair, Splits
from textmatch.models import InteractionLSTM
from textmatch.training.grading import fit_grade
from textmatch.training.sampling import PairEncoder

SENTENCES = ("我家的猫喜欢晒太阳", "这只猫很喜欢晒太阳", "明天下午三点开会", "今天真冷", "怎么去火车站")
CLOSE = [Pair(SENTENCES[0], SENTENCES[1], "1", 1.0), Pair(SENTENCES[2], SENTENCES[2] + "吗", "0", 0.6)]
FAR = [Pair(SENTENCES[0], SENTENCES[3], "0", 0.0), Pair(SENTENCES[1], SENTENCES[4], "0", 0.1)]


def corpus(pairs: list[Pair]) -> Splits:
    return Splits(pairs, pairs, None, {}, "scored")


def test_the_grade_follows_the_scores_and_the_verdict_stays() -> None:
    matcher = new_matcher(TINY, SENTENCES)
    assert isinstance(matcher.model, InteractionLSTM)
    pairs = [pair[:2] for pair in (*CLOSE, *FAR)]
    before = matcher.predict(pairs)
    encoder = PairEncoder(matcher.vocabulary, TINY, ("0", "1"))
    assert fit_grade(matcher.model, encoder, [corpus([*CLOSE, *FAR])], seed=1) == 8
    after = matcher.predict(pairs)
    assert [one.probabilities for one in after] == [one.probabilities for one in before]
    assert min(one.similarity for one in after[:2]) > max(one.similarity for one in after[2:])


def test_without_scores_nothing_is_fitted() -> None:
    matcher = new_matcher(TINY, SENTENCES)
    assert isinstance(matcher.model, InteractionLSTM)
    assert matcher.model.grade is not None
    weight = matcher.model.grade.weight.clone()
    encoder = PairEncoder(matcher.vocabulary, TINY, ("0", "1"))
    plain = [pair._replace(score=None) for pair in (*CLOSE, *FAR)]
    assert fit_grade(matcher.model, encoder, [corpus(plain)], seed=1) == 0
    assert torch.equal(matcher.model.grade.weight, weight)
