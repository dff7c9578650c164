"""Figures of a network or a checkpoint on labelled pairs, and its behaviour suite.

A network in training is evaluated on encoded pairs (`calibrate`, `evaluate_recalibrated`). A finished checkpoint is
evaluated as its users see it, through `TextMatcher` (`report`).

The behaviour suite follows CheckList (Ribeiro et al. 2020): `behaviour.tsv` holds pairs written for this purpose, none
from a corpus and none trained on. Each category tests one ability: to ignore a change that keeps the meaning (surface,
traditional, paraphrase, typo), or to notice one that alters it (negation, antonym, entity, number, roles, intent). The
prediction is the more probable class.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from textmatch import metrics
from textmatch.batching import EncodedPair, by_length, collate_pairs
from textmatch.errors import DataError, TextMatchError
from textmatch.files import Pair, Splits
from textmatch.matcher import TextMatcher
from textmatch.models import MatchOutput, Network
from textmatch.text import normalise

SUITE = Path(__file__).with_name("behaviour.tsv")
BATCH_SIZE = 512
SCORE_BINS = 20
MAX_FAILURES = 3  # of each category, for the card


class LabelledPairs(NamedTuple):
    """N encoded pairs and their classes."""

    pairs: list[EncodedPair]
    labels: list[int]


class Scores(NamedTuple):
    """What a network or a checkpoint predicts for N labelled pairs, on the CPU.

    Attributes:
        probabilities: `[N, C]`, float32.
        similarity: `[N]`, float32.
        labels: classes, `[N]`, int64.
    """

    probabilities: Tensor
    similarity: Tensor
    labels: Tensor


class Mistake(NamedTuple):
    """A labelled pair for which another label was predicted, and the probability of that."""

    sentence1: str
    sentence2: str
    label: str
    prediction: str
    confidence: float


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One pair of the behaviour suite and the prediction for it.

    Attributes:
        category: the ability that it tests.
        sentence1: the first sentence.
        sentence2: the second sentence.
        expected: whether the two mean the same.
        probability: that they mean the same, 0 to 1.
        same_as_identical: whether the first sentence paired with itself gets the same probability, but for rounding.
    """

    category: str
    sentence1: str
    sentence2: str
    expected: bool
    probability: float
    same_as_identical: bool

    @property
    def right(self) -> bool:
        """Whether the prediction is the expected one."""
        return (self.probability > 0.5) == self.expected


# A network in training


def calibrate(model: Network, dev: LabelledPairs, balanced: bool = False) -> metrics.Metrics:
    """Fit the network's temperature and class biases on `dev` and return its figures there.

    Args:
        model: the network; its calibration is replaced.
        dev: pairs that it was not trained on.
        balanced: count every class as much, however rare it is.

    Raises:
        TextMatchError: the network's output is not finite: the training has diverged.
    """
    logits, similarity = _run(model, dev.pairs)
    if not (logits.isfinite().all() and similarity.isfinite().all()):
        raise TextMatchError("the training has diverged: the network gives no numbers; expected a lower learning rate")
    temperature, bias = metrics.fit_calibration(logits, torch.tensor(dev.labels), balanced)
    model.calibration.temperature.fill_(temperature)
    model.calibration.bias.copy_(torch.tensor(bias))
    return metrics.compute_metrics(*_calibrated(model, logits, similarity, dev.labels))


def evaluate_recalibrated(
    model: Network, dev: LabelledPairs, test: LabelledPairs | None, balanced: bool = False
) -> dict[str, Any]:
    """Figures on another corpus, with a calibration fitted on that corpus's dev split.

    Args:
        model: the network; it is not changed.
        dev: dev pairs of the corpus.
        test: its test pairs, or None.
        balanced: as in `calibrate`.

    Returns:
        The ``split`` that the figures are of, test or else dev, and the fields of `metrics.Metrics`.
    """
    recalibrated = copy.deepcopy(model)
    figures = calibrate(recalibrated, dev, balanced)
    if test:
        figures = metrics.compute_metrics(*_calibrated(recalibrated, *_run(recalibrated, test.pairs), test.labels))
    return {"split": "test" if test else "dev", **asdict(figures)}


@torch.inference_mode()
def run_batches(model: Network, pairs: Sequence[EncodedPair]) -> tuple[list[MatchOutput], Tensor]:
    """Run a network on N encoded pairs, in batches of like length.

    Returns:
        The outputs of the batches, and for each pair its row in them, `[N]`, int64.
    """
    model.eval()
    device = next(model.parameters()).device
    batches = by_length(pairs, BATCH_SIZE)
    outputs = [model(collate_pairs([pairs[i] for i in batch]).to(device)) for batch in batches]
    return outputs, torch.tensor([i for batch in batches for i in batch]).argsort()


@torch.inference_mode()
def _run(model: Network, pairs: Sequence[EncodedPair]) -> tuple[Tensor, Tensor]:
    """Logits `[N, C]` and cosines `[N]` of N encoded pairs, in their order, on the CPU."""
    outputs, rows = run_batches(model, pairs)
    return (
        torch.cat([output.logits for output in outputs]).cpu()[rows],
        torch.cat([output.similarity for output in outputs]).cpu()[rows],
    )


@torch.inference_mode()
def _calibrated(model: Network, logits: Tensor, similarity: Tensor, labels: Sequence[int]) -> Scores:
    device = next(model.parameters()).device
    return Scores(model.calibration(logits.to(device)).cpu(), similarity, torch.tensor(labels))


# A finished checkpoint


def report(matcher: TextMatcher, splits: Splits) -> dict[str, Any]:
    """All figures of a checkpoint, as ``metrics.json`` holds them.

    Args:
        matcher: the checkpoint.
        splits: labelled pairs; of train only the labels and the pairs that test repeats are looked at.

    Returns:
        ``dev``, and where there is a test split ``test`` and ``test_new`` (without the pairs that train holds): the
        fields of `metrics.Metrics`; of the last split ``reliability`` (bins of equal mass) and ``scores`` (number of
        pairs by probability of the last class, for each class); for two classes also ``behaviour``.

    Raises:
        DataError: a label that the checkpoint does not have.
    """
    classes = len(matcher.labels)
    if len(splits.labels) != classes:
        raise DataError(
            f"the data has the labels {splits.labels}; expected as many as the checkpoint's {matcher.labels}"
        )
    scores = _score(matcher, splits.dev)
    record: dict[str, Any] = {"dev": asdict(metrics.compute_metrics(*scores))}
    if splits.test:
        scores = _score(matcher, splits.test)
        record["test"] = asdict(metrics.compute_metrics(*scores))
        new = _new_pairs(splits.train, splits.test)
        if len(scores.labels[new].unique()) == classes:
            record["test_new"] = asdict(metrics.compute_metrics(*(part[new] for part in scores)))
    record["reliability"] = metrics.reliability(scores.probabilities, scores.labels)
    record["scores"] = _histogram(scores)
    if classes == 2:
        record["behaviour"] = summary(behaviour(matcher))
    return record


def score_counts(matcher: TextMatcher, pairs: Sequence[Pair]) -> list[list[int]]:
    """The ``scores`` of `report` for other labelled pairs."""
    return _histogram(_score(matcher, pairs))


def behaviour(matcher: TextMatcher) -> list[CaseResult]:
    """Predict every pair of the suite, and every first sentence paired with itself."""
    rows = [line.split("\t") for line in SUITE.read_text(encoding="utf-8").splitlines()[1:]]
    pairs = matcher.predict([(first, second) for _, first, second, _ in rows])
    identical = matcher.predict([(first, first) for _, first, _, _ in rows])
    same = matcher.labels[-1]
    return [
        CaseResult(
            category,
            first,
            second,
            label == "1",
            pair.probabilities[same],
            abs(pair.probabilities[same] - own.probabilities[same]) < 1e-6,
        )
        for (category, first, second, label), pair, own in zip(rows, pairs, identical, strict=True)
    ]


def summary(results: Sequence[CaseResult]) -> dict[str, Any]:
    """Number of pairs, number of right ones and the most confident failures of each category."""
    categories: dict[str, Any] = {}
    for result in results:
        category = categories.setdefault(result.category, {"pairs": 0, "right": 0, "failures": []})
        category["pairs"] += 1
        category["right"] += result.right
    wrong = [result for result in results if not result.right]
    for result in sorted(wrong, key=lambda result: -abs(result.probability - 0.5)):
        failures = categories[result.category]["failures"]
        if len(failures) < MAX_FAILURES:
            failures.append([result.sentence1, result.sentence2, round(result.probability, 3)])
    if "surface" in categories:
        equal = (result.same_as_identical for result in results if result.category == "surface")
        categories["surface"]["equal"] = sum(equal)
    return categories


def worst_mistakes(matcher: TextMatcher, pairs: Sequence[Pair]) -> list[Mistake]:
    """The pairs that a checkpoint judges wrong, the most confident first.

    Args:
        matcher: the checkpoint.
        pairs: labelled pairs; their labels are the numbers of its classes.
    """
    predictions = matcher.predict([pair[:2] for pair in pairs])
    wrong = [
        Mistake(
            pair.sentence1,
            pair.sentence2,
            matcher.labels[int(pair.label)],
            prediction.label,
            prediction.probabilities[prediction.label],
        )
        for pair, prediction in zip(pairs, predictions, strict=True)
        if prediction.label != matcher.labels[int(pair.label)]
    ]
    return sorted(wrong, key=lambda mistake: -mistake.confidence)


def table(record: Mapping[str, Any]) -> str:
    """The figures of `report` as text for a terminal."""
    columns = ("accuracy", "f1", "auc", "spearman", "ece", "brier")
    lines = [f"{'split':<12}{'pairs':>8}" + "".join(f"{column:>10}" for column in columns)]
    for split in ("dev", "test", "test_new"):
        if figures := record.get(split):
            cells = ("–" if figures[column] is None else f"{figures[column]:.4f}" for column in columns)
            lines.append(f"{split:<12}{figures['pairs']:>8,}" + "".join(f"{cell:>10}" for cell in cells))
    last = record.get("test", record["dev"])
    lines += ["", "confusion (rows are labels, columns predictions):"]
    lines += ["".join(f"{count:>8,}" for count in row) for row in last["confusion"]]
    if categories := record.get("behaviour"):
        lines += ["", f"{'behaviour':<14}{'pairs':>6}{'right':>8}"]
        lines += [
            f"{name:<14}{part['pairs']:>6}{part['right'] / part['pairs']:>8.1%}" for name, part in categories.items()
        ]
    return "\n".join(lines)


def _score(matcher: TextMatcher, pairs: Sequence[Pair]) -> Scores:
    predictions = matcher.predict([(pair.sentence1, pair.sentence2) for pair in pairs])
    return Scores(
        torch.tensor([list(prediction.probabilities.values()) for prediction in predictions]),
        torch.tensor([prediction.similarity for prediction in predictions]),
        torch.tensor([int(pair.label) for pair in pairs]),
    )


def _new_pairs(train: Sequence[Pair], test: Sequence[Pair]) -> Tensor:
    """Which test pairs train does not hold, order and surface aside, `[N]`, bool."""
    seen = {_unordered(pair) for pair in train}
    return torch.tensor([_unordered(pair) not in seen for pair in test])


def _unordered(pair: Pair) -> frozenset[str]:
    return frozenset(normalise(sentence) for sentence in pair[:2])


def _histogram(scores: Scores) -> list[list[int]]:
    """Number of pairs of each class by the probability of the last class, in bins of equal width, `[C][SCORE_BINS]`."""
    last, classes = scores.probabilities[:, -1], range(scores.probabilities.shape[1])
    return [torch.histc(last[scores.labels == c].float(), SCORE_BINS, 0, 1).int().tolist() for c in classes]
