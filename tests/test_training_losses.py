"""textmatch.training.losses: the contrastive loss, and how the losses are added up."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from textmatch.config import TrainConfig
from textmatch.models import MatchOutput
from textmatch.training.losses import Targets, contrastive_loss, training_loss
from textmatch.training.schedule import cosine_under_warmup, warmup_cosine


def test_the_contrastive_loss_is_low_where_each_sentence_is_nearest_to_its_match() -> None:
    apart, labels = torch.eye(4), torch.tensor([1, 0, 1, 1])
    right = contrastive_loss(torch.cat([apart, apart]), labels)
    wrong = contrastive_loss(torch.cat([apart, apart.roll(1, 0)]), labels)
    assert right < 1e-6 < wrong
    assert contrastive_loss(torch.cat([apart, apart]), torch.zeros(4, dtype=torch.long)) == 0


def test_the_contrastive_loss_ignores_near_duplicates_of_a_match_and_pairs_that_do_not_match() -> None:
    first, second = torch.eye(5)[:3], torch.eye(5)[[0, 1, 4]]
    labels = torch.tensor([1, 1, 0])
    once = contrastive_loss(torch.cat([first, second]), labels)
    twice = [0, 0, 1, 2]
    assert contrastive_loss(torch.cat([first[twice], second[twice]]), labels[twice]) <= once < 1e-6


def output(similarity_logits: torch.Tensor | None = None) -> MatchOutput:
    logits = torch.tensor([[0.0, 2.0], [1.0, 0.0]])
    by_similarity = logits if similarity_logits is None else similarity_logits
    return MatchOutput(logits, by_similarity, torch.zeros(2), torch.eye(4))


LABELS, PRIOR = torch.tensor([1, 0]), torch.tensor([[-1.0, 0.0], [0.0, -1.0]])
TARGETS = Targets(LABELS, PRIOR, torch.tensor([0.75, torch.nan]))


def test_a_network_that_classifies_by_the_cosine_has_the_classification_loss_alone() -> None:
    loss = training_loss(output(), TARGETS, TrainConfig())
    assert loss == cross_entropy(output().logits + PRIOR, LABELS)


def test_each_weight_adds_its_loss() -> None:
    both = output(torch.tensor([[0.0, 1.0], [2.0, 0.0]]))

    def loss(similarity: float, contrastive: float) -> float:
        config = TrainConfig(similarity_weight=similarity, contrastive_weight=contrastive)
        return float(training_loss(both, TARGETS, config))

    assert loss(0.0, 0.0) == pytest.approx(float(cross_entropy(both.logits + PRIOR, LABELS)))
    assert loss(1.0, 0.0) - loss(0.0, 0.0) == pytest.approx(2 * (loss(0.5, 0.0) - loss(0.0, 0.0)))
    contrastive = float(contrastive_loss(both.embeddings, LABELS))
    assert loss(0.0, 0.5) - loss(0.0, 0.0) == pytest.approx(0.5 * contrastive)
    assert contrastive > 0


def test_the_grade_is_trained_where_it_is_known_alone() -> None:
    graded = output()._replace(grade=torch.tensor([0.5, 7.0]))
    plain = float(cross_entropy(graded.logits + PRIOR, LABELS))
    known = binary_cross_entropy_with_logits(torch.tensor(0.5), torch.tensor(0.75))
    assert float(training_loss(graded, TARGETS, TrainConfig(grade_weight=2.0))) == pytest.approx(
        plain + 2 * float(known)
    )
    unknown = TARGETS._replace(grades=torch.full((2,), torch.nan))
    assert float(training_loss(graded, unknown, TrainConfig())) == pytest.approx(plain)


# Learning-rate schedules


def test_the_rate_rises_during_warmup_and_falls_to_zero() -> None:
    rates = [warmup_cosine(progress / 100, 0.1) for progress in range(101)]
    assert rates[0] > 0
    assert rates[:11] == sorted(rates[:11])
    assert rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[100] == pytest.approx(0)


def test_a_negative_warmup_keeps_the_rate_constant() -> None:
    assert {warmup_cosine(progress / 10, -1.0) for progress in range(11)} == {1.0}


def test_the_cosine_of_pretraining_begins_at_the_first_step() -> None:
    assert 0 < cosine_under_warmup(0.0, 0.1, 0.01) < cosine_under_warmup(0.09, 0.1, 0.01) < 1
    assert cosine_under_warmup(0.5, 0.1, 0.01) == pytest.approx(0.5)
