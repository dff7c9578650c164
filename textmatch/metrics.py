"""Figures of predictions on labelled pairs, and the fit of a calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np

ECE_BINS = 15

EVIDENCE = 10
"""Errors on dev with which a calibration may double the logits; with twice as many it may triple them."""

LARGEST_SCALE = 1000.0
"""What a calibration multiplies logits with at most, and what it divides them by at most."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one set of labelled pairs; shares are 0 to 1.

    Attributes:
        pairs: how many pairs.
        accuracy: share of pairs whose most probable class is the label; for two classes this is a threshold of 0.5.
        f1: F1 of the last class; macro average for more than two classes.
        best_f1: F1 at the threshold with the highest F1 (two classes; as `f1` for more).
        auc: area under the ROC curve; one against the rest for more than two classes.
        spearman: rank correlation of the similarity with the label; two classes only, and None if the similarity is
            the same for all pairs.
        ece: expected calibration error, 15 bins of equal mass (Nixon et al. 2019, section 3).
        brier: mean squared error of the last class's probability (two classes), or of all, summed (more).
        confusion: rows are labels, columns are predictions, in class order.
    """

    pairs: int
    accuracy: float
    f1: float
    best_f1: float
    auc: float
    spearman: float | None
    ece: float
    brier: float
    confusion: tuple[tuple[int, ...], ...]


def compute_metrics(probabilities: Tensor, similarity: Tensor, labels: Tensor) -> Metrics:
    """Compare predictions with labels.

    Args:
        probabilities: `[N, C]`, rows summing to 1.
        similarity: `[N]`.
        labels: classes, `[N]`, int64; every class occurs.
    """
    import numpy as np
    from scipy.stats import spearmanr
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score

    p, y = probabilities.double().numpy(), labels.numpy()
    p = p / p.sum(1, keepdims=True)
    classes = range(p.shape[1])
    predicted = p.argmax(1)
    binary = len(classes) == 2
    score = p[:, 1] if binary else p
    f1 = float(f1_score(y, predicted, average="binary" if binary else "macro"))
    bins = reliability(torch.from_numpy(p), labels)
    # Not scikit-learn's `brier_score_loss`: it also sums the errors of 1 - p, and differs in the last digits.
    errors = score - y if binary else p - np.eye(len(classes))[y]
    return Metrics(
        pairs=len(y),
        accuracy=float(accuracy_score(y, predicted)),
        f1=f1,
        best_f1=_best_f1(score, y) if binary else f1,
        auc=float(roc_auc_score(y, score, multi_class="ovr")),
        spearman=float(spearmanr(similarity.numpy(), y).statistic)
        if binary and similarity.unique().numel() > 1
        else None,
        ece=sum(b["pairs"] * abs(b["confidence"] - b["share"]) for b in bins) / len(y),
        brier=float(np.mean(errors**2 if binary else (errors**2).sum(1))),
        confusion=tuple(tuple(map(int, row)) for row in confusion_matrix(y, predicted, labels=classes)),
    )


def _best_f1(scores: Any, y: Any) -> float:
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(y, scores)
    return float((2 * precision * recall / (precision + recall).clip(min=1e-12)).max())


def reliability(probabilities: Tensor, labels: Tensor) -> list[dict[str, float]]:
    """How often predictions of a confidence are right, in 15 bins of equal mass (Nixon et al. 2019, section 3).

    Not scikit-learn's `calibration_curve`: with equal probabilities its bins are not of equal mass, and it does not
    return how many pairs a bin holds.

    Args:
        probabilities: `[N, C]`, rows summing to 1.
        labels: classes, `[N]`, int64.

    Returns:
        Bins from low to high confidence: mean ``confidence`` and ``share`` of right ones, 0 to 1, and number of
        ``pairs``. For two classes the confidence is the probability of the last class, and right means that the label
        is that class; for more it is the highest probability.
    """
    import numpy as np

    p, y = probabilities.double().numpy(), labels.numpy()
    confidence, right = (p[:, 1], y) if p.shape[1] == 2 else (p.max(1), (p.argmax(1) == y).astype(int))
    bins = np.array_split(np.argsort(confidence, kind="stable"), ECE_BINS)
    return [
        {"confidence": float(confidence[b].mean()), "share": float(right[b].mean()), "pairs": len(b)}
        for b in bins
        if len(b)
    ]


def fit_calibration(logits: Tensor, labels: Tensor, balanced: bool = False) -> tuple[float, list[float]]:
    """Fit temperature and class biases by maximum likelihood (Guo et al. 2017, section 4.2, with biases).

    The targets are smoothed (Platt 1999, section 2.2): of N pairs of a class even a perfect network is only right with
    probability (N + 1) / (N + 2). And a temperature below 1, which makes the network surer than it was trained to be,
    needs errors that show how sure it may be (`EVIDENCE`): a small set without any would allow every certainty.

    Args:
        logits: `[N, C]`, of pairs that were not trained on.
        labels: classes, `[N]`, int64.
        balanced: count every class as much, however rare it is.

    Returns:
        Temperature and C biases, for `models.Calibration`.
    """
    logits = logits.double()
    targets = _smoothed_targets(labels, logits.shape[1])
    if balanced:
        targets /= torch.bincount(labels, minlength=logits.shape[1])[labels, None] * logits.shape[1] / len(labels)
    scale, bias = _fit_scale_and_bias(logits, targets, LARGEST_SCALE)
    errors = int(((logits * scale + bias).argmax(1) != labels).sum())
    if scale > 1 + errors / EVIDENCE:
        scale, bias = _fit_scale_and_bias(logits, targets, 1 + errors / EVIDENCE)
    return 1 / scale, (bias - bias.mean()).tolist()


def _smoothed_targets(labels: Tensor, classes: int) -> Tensor:
    """Platt's targets, for any number of classes, `[N, C]`, float64."""
    counts = torch.bincount(labels, minlength=classes).double()[labels, None]  # (N, 1)
    right = torch.nn.functional.one_hot(labels, classes)
    return (counts * right + 1) / (counts + classes)


def _fit_scale_and_bias(logits: Tensor, targets: Tensor, highest_scale: float) -> tuple[float, Tensor]:
    """The scale, which is 1 / temperature, and the biases with the lowest cross-entropy."""
    import numpy as np
    from scipy.optimize import minimize

    def loss(values: Any) -> tuple[float, Any]:
        tried = torch.tensor(values, requires_grad=True)
        value = torch.nn.functional.cross_entropy(logits * tried[0].exp() + tried[1:], targets)
        value.backward()
        assert tried.grad is not None
        return value.item(), tried.grad.numpy()

    # Bounded: for useless logits the best scale is 0.
    bounds = [(-math.log(LARGEST_SCALE), math.log(highest_scale))] + [(-20.0, 20.0)] * logits.shape[1]
    start = np.zeros(len(bounds))
    fitted = minimize(loss, start, jac=True, bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-9, "maxiter": 1000})
    return math.exp(fitted.x[0]), torch.tensor(fitted.x[1:])


def threshold_counts(probability: np.ndarray, labels: np.ndarray, steps: int = 100) -> list[tuple[int, int, int, int]]:
    """True negatives, false positives, false negatives and true positives at each threshold 0, 1/steps … 1.

    Args:
        probability: of class 1, `[N]`; at or above the threshold a pair counts as class 1.
        labels: 0 or 1, `[N]`, int.
        steps: number of thresholds minus one.

    Returns:
        One tuple of four counts a threshold.
    """
    import numpy as np

    thresholds = np.arange(steps + 1) / steps
    below = [np.searchsorted(np.sort(probability[labels == c]), thresholds) for c in (0, 1)]
    negatives, positives = (int((labels == c).sum()) for c in (0, 1))
    return [(int(tn), negatives - int(tn), int(fn), positives - int(fn)) for tn, fn in zip(*below, strict=True)]
