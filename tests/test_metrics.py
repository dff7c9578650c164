"""textmatch.metrics: by hand, by scikit-learn, and by recovering what is known."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn import metrics as sklearn_metrics
from torch import Tensor

from textmatch.metrics import ECE_BINS, compute_metrics, fit_calibration, reliability


def scored(classes: int, pairs: int = 400, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Random labels, and probabilities and similarities that correlate with them."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (pairs,), generator=generator)
    logits = torch.randn(pairs, classes, generator=generator) + torch.nn.functional.one_hot(labels, classes)
    return logits.softmax(-1), torch.randn(pairs, generator=generator) + labels, labels


def two_classes(matched: list[float]) -> Tensor:
    return torch.tensor([[1 - p, p] for p in matched])


def test_by_hand() -> None:
    figures = compute_metrics(
        two_classes([0.9, 0.6, 0.4, 0.2, 0.7]), torch.tensor([0.9, 0.5, 0.4, 0.1, 0.7]), torch.tensor([1, 1, 1, 0, 0])
    )
    assert figures.pairs == 5
    assert figures.accuracy == pytest.approx(3 / 5)
    assert figures.f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert figures.auc == pytest.approx(4 / 6)
    assert figures.brier == pytest.approx((0.01 + 0.16 + 0.36 + 0.04 + 0.49) / 5)
    assert figures.ece == pytest.approx((0.1 + 0.4 + 0.6 + 0.2 + 0.7) / 5)  # fewer pairs than bins: each its own bin
    assert figures.confusion == ((1, 1), (1, 2))
    assert figures.spearman == pytest.approx(spearmanr([0.9, 0.5, 0.4, 0.1, 0.7], [1, 1, 1, 0, 0]).statistic)


def test_two_classes_agree_with_scikit_learn() -> None:
    probabilities, similarity, labels = scored(2)
    figures = compute_metrics(probabilities, similarity, labels)
    predicted, matched = probabilities.argmax(1), probabilities[:, 1]
    assert figures.accuracy == pytest.approx(sklearn_metrics.accuracy_score(labels, predicted))
    assert figures.f1 == pytest.approx(sklearn_metrics.f1_score(labels, predicted))
    assert figures.auc == pytest.approx(sklearn_metrics.roc_auc_score(labels, matched))
    assert figures.brier == pytest.approx(sklearn_metrics.brier_score_loss(labels, matched), abs=1e-6)
    assert np.array_equal(figures.confusion, sklearn_metrics.confusion_matrix(labels, predicted))
    assert figures.spearman == pytest.approx(spearmanr(similarity, labels).statistic)


@pytest.mark.parametrize("classes", [3, 4])
def test_more_classes_agree_with_scikit_learn(classes: int) -> None:
    probabilities, similarity, labels = scored(classes)
    figures = compute_metrics(probabilities, similarity, labels)
    predicted = probabilities.argmax(1)
    one_hot = torch.nn.functional.one_hot(labels, classes)
    assert figures.accuracy == pytest.approx(float((predicted == labels).float().mean()))
    assert figures.f1 == pytest.approx(sklearn_metrics.f1_score(labels, predicted, average="macro"))
    each = [sklearn_metrics.roc_auc_score(one_hot[:, c], probabilities[:, c]) for c in range(classes)]
    assert figures.auc == pytest.approx(sum(each) / classes)
    assert figures.brier == pytest.approx(float(((probabilities - one_hot) ** 2).sum(1).mean()), rel=1e-5)
    assert np.shape(figures.confusion) == (classes, classes)
    assert figures.spearman is None


def test_a_class_that_is_never_predicted_still_has_its_row_and_column() -> None:
    probabilities = torch.tensor([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1]])
    assert compute_metrics(probabilities, torch.zeros(3), torch.tensor([0, 1, 2])).confusion == (
        (1, 0, 0),
        (0, 1, 0),
        (1, 0, 0),
    )


def test_auc_does_not_depend_on_the_threshold_and_accuracy_does() -> None:
    labels = torch.tensor([0, 0, 1, 1])
    shifted = compute_metrics(two_classes([0.6, 0.7, 0.8, 0.9]), torch.tensor([0.1, 0.2, 0.3, 0.4]), labels)
    assert (shifted.auc, shifted.accuracy) == (1.0, 0.5)


def test_without_different_similarities_there_is_no_rank_correlation() -> None:
    """Of a network that learned nothing; it would be NaN, which is no JSON."""
    assert compute_metrics(two_classes([0.4, 0.6]), torch.tensor([0.5, 0.5]), torch.tensor([0, 1])).spearman is None


def test_figures_are_plain_numbers() -> None:
    figures = compute_metrics(*scored(2))
    for name in ("accuracy", "f1", "auc", "ece", "brier", "spearman"):
        assert type(getattr(figures, name)) is float
    assert {type(count) for row in figures.confusion for count in row} == {int}


# Calibration error


def test_honest_probabilities_have_next_to_no_calibration_error() -> None:
    generator = torch.Generator().manual_seed(0)
    matched = torch.rand(40_000, generator=generator)
    labels = (torch.rand(40_000, generator=generator) < matched).long()
    honest = compute_metrics(torch.stack([1 - matched, matched], 1), matched, labels)
    assert honest.ece < 0.01
    assert honest.brier == pytest.approx(1 / 6, abs=0.005)


def test_overconfident_probabilities_have_the_gap_as_their_calibration_error() -> None:
    labels = torch.tensor([1, 1, 1, 0] * 160 + [0, 0, 0, 1] * 140)  # right in three of four
    matched = [0.99] * 640 + [0.01] * 560  # eight whole bins, then seven
    figures = compute_metrics(two_classes(matched), torch.arange(1200.0), labels)
    assert figures.accuracy == 0.75
    assert figures.ece == pytest.approx(0.24, abs=1e-6)


def test_three_class_calibration_error_is_that_of_the_chosen_class() -> None:
    probabilities = torch.tensor([[0.8, 0.1, 0.1]] * 30 + [[0.1, 0.8, 0.1]] * 30 + [[0.1, 0.1, 0.8]] * 30)
    labels = torch.arange(3).repeat_interleave(30)
    assert compute_metrics(probabilities, torch.zeros(90), labels).ece == pytest.approx(0.2, abs=1e-6)


def test_bins_hold_equally_many_pairs() -> None:
    # Bins of equal width would put all pairs into one, where the two errors cancel.
    matched = [0.50 + 0.0001 * i for i in range(ECE_BINS * 10)]
    labels = torch.tensor([0] * (ECE_BINS * 5) + [1] * (ECE_BINS * 5))
    assert compute_metrics(two_classes(matched), torch.tensor(matched), labels).ece > 0.4


# Fitting temperature and bias


@pytest.mark.parametrize(("temperature", "bias"), [(1.0, [0.0, 0.0]), (2.5, [0.6, -0.6]), (0.4, [-0.3, 0.3])])
def test_a_known_temperature_and_bias_are_found(temperature: float, bias: list[float]) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(40_000, 2, generator=generator)
    truth = torch.softmax(logits / temperature + torch.tensor(bias), -1)
    labels = torch.multinomial(truth, 1, generator=generator)[:, 0]
    found_temperature, found_bias = fit_calibration(logits, labels)
    assert found_temperature == pytest.approx(temperature, rel=0.05)
    assert found_bias == pytest.approx(bias, abs=0.05)


def test_three_classes_are_calibrated_too() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(40_000, 3, generator=generator)
    truth = torch.softmax(logits / 1.7 + torch.tensor([0.5, 0.0, -0.5]), -1)
    labels = torch.multinomial(truth, 1, generator=generator)[:, 0]
    temperature, bias = fit_calibration(logits, labels)
    assert temperature == pytest.approx(1.7, rel=0.05)
    assert bias == pytest.approx([0.5, 0.0, -0.5], abs=0.06)
    assert sum(bias) == pytest.approx(0, abs=1e-6)


def test_calibration_lowers_the_loss_and_never_turns_the_order_round() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(500, 2, generator=generator)
    labels = 1 - logits.argmax(1)  # a network that is always wrong
    temperature, bias = fit_calibration(logits, labels)
    assert temperature > 0
    calibrated = logits.double() / temperature + torch.tensor(bias)
    assert torch.nn.functional.cross_entropy(calibrated, labels) < torch.nn.functional.cross_entropy(logits, labels)


@pytest.mark.parametrize("size", [1e-3, 1.0, 50.0])
def test_a_perfect_network_gets_finite_calibration_that_keeps_its_verdicts(size: float) -> None:
    logits = size * torch.tensor([[1.0, -1.0], [2.0, 0.0], [-1.0, 1.0], [0.0, 3.0]])
    labels = torch.tensor([0, 0, 1, 1])
    temperature, bias = fit_calibration(logits, labels)
    assert math.isfinite(temperature)
    assert temperature > 0
    calibrated = torch.softmax(logits / temperature + torch.tensor(bias), -1)
    assert calibrated.argmax(1).tolist() == labels.tolist()


@pytest.mark.parametrize("size", [0.01, 0.3, 1.0, 10.0])
def test_a_small_set_without_errors_makes_no_network_surer(size: float) -> None:
    """40 pairs that are all right say nothing of how often a sure network is wrong."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([0, 1] * 20)
    margin = size * (0.5 + torch.rand(40, generator=generator))
    logits = torch.stack([margin, -margin], 1) * (1 - 2 * labels[:, None])
    temperature, bias = fit_calibration(logits, labels)
    assert temperature >= 1
    assert torch.softmax(logits / temperature + torch.tensor(bias), -1).max() < 0.999
    one_error = labels.clone()
    one_error[7] = 1 - one_error[7]
    assert fit_calibration(logits, one_error)[0] >= 0.9


def test_smoothing_does_not_move_the_calibration_of_a_large_set() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(8000, 2, generator=generator)
    labels = torch.multinomial(torch.softmax(logits / 0.8, -1), 1, generator=generator)[:, 0]

    def loss(temperature: float, bias: list[float]) -> float:
        return float(torch.nn.functional.cross_entropy(logits / temperature + torch.tensor(bias), labels))

    temperature, bias = fit_calibration(logits, labels)
    nearby = [loss(temperature * factor, bias) for factor in (0.98, 1.02)]
    assert loss(temperature, bias) < min(nearby)


def test_balanced_probabilities_are_those_of_even_classes() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([0] * 950 + [1] * 50)
    score = 1.5 * (2 * labels - 1) + 1.5 * torch.randn(1000, generator=generator)
    logits = torch.stack([torch.zeros(1000), score], 1)

    def recall(balanced: bool) -> list[float]:
        temperature, bias = fit_calibration(logits, labels, balanced)
        predicted = (logits / temperature + torch.tensor(bias)).argmax(1)
        return [float((predicted == labels)[labels == c].float().mean()) for c in (0, 1)]

    assert recall(balanced=False)[1] < 0.5
    assert min(recall(balanced=True)) > 0.75


def test_fitting_leaves_its_input_alone_and_repeats() -> None:
    logits, labels = torch.randn(50, 2), torch.tensor([0, 1] * 25)
    copy = logits.clone()
    assert fit_calibration(logits, labels) == fit_calibration(logits, labels)
    assert torch.equal(copy, logits)


def test_reliability_holds_every_pair_once_from_low_to_high() -> None:
    said = torch.linspace(0, 1, 40)
    bins = reliability(torch.stack([1 - said, said], 1), (said > 0.5).long())
    assert sum(b["pairs"] for b in bins) == 40
    assert [b["confidence"] for b in bins] == sorted(b["confidence"] for b in bins)
    assert (bins[0]["share"], bins[-1]["share"]) == (0.0, 1.0)


def test_best_f1_is_that_of_the_best_threshold() -> None:
    said = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.45])
    labels = torch.tensor([0, 0, 1, 0, 1])
    figures = compute_metrics(torch.stack([1 - said, said], 1), said, labels)
    assert figures.f1 == 0.0
    assert figures.best_f1 == pytest.approx(0.8)
