"""How good a checkpoint is: figures on labelled pairs, and what it can do, one ability at a time.

The abilities are a behaviour suite after CheckList (Ribeiro et al., 2020): `behaviour.tsv` holds pairs written for this
purpose, none from a corpus and none trained on. Each category asks for one ability: to see through a change that leaves
the meaning alone (surface, traditional, paraphrase, typo) or not to miss one that does not (negation, antonym, entity,
number, roles, intent). The verdict is the more probable class, so the threshold is 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from textmatch import metrics
from textmatch.data import Pair, Splits, label_names
from textmatch.errors import DataError
from textmatch.matcher import TextMatcher
from textmatch.text import normalise

SUITE = Path(__file__).with_name("behaviour.tsv")
SCORE_BINS = 20
WORST = 3
"""Failures of each category that are kept, for the card."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One pair of the behaviour suite and what the checkpoint said of it.

    Attributes:
        category: the ability it asks for.
        sentence1: as written.
        sentence2: as written.
        expected: whether the two mean the same.
        probability: of "the same", 0 to 1.
        same_as_identical: whether the probability is that of the first sentence beside itself, but for rounding.
    """

    category: str
    sentence1: str
    sentence2: str
    expected: bool
    probability: float
    same_as_identical: bool

    @property
    def right(self) -> bool:
        """Whether the verdict is the expected one."""
        return (self.probability > 0.5) == self.expected


def report(matcher: TextMatcher, splits: Splits) -> dict[str, Any]:
    """All figures of a checkpoint, as ``metrics.json`` holds them.

    Args:
        matcher: the checkpoint.
        splits: labelled pairs; train is only looked up in.

    Returns:
        ``dev``, and where there is a test split ``test`` and ``test_new`` (without the pairs that train holds): the
        fields of `metrics.Metrics`; of the last split ``reliability`` (bins of equal mass) and ``scores`` (pairs by
        probability of the last class, for each class); for two classes 0 and 1 also ``behaviour``.

    Raises:
        DataError: a label that the checkpoint does not have.
    """
    names = label_names(splits.train)
    if len(names) != len(matcher.labels):
        raise DataError(f"the data has the labels {names}; expected as many as the checkpoint's {matcher.labels}")
    record: dict[str, Any] = {}
    for split, pairs in (("dev", splits.dev), ("test", splits.test)):
        if not pairs:
            continue
        probabilities, similarity, labels = _ask(matcher, pairs, names)
        record[split] = asdict(metrics.evaluate(probabilities, similarity, labels))
        record["reliability"] = metrics.reliability(probabilities, labels)
        record["scores"] = _histogram(probabilities, labels)
    if splits.test:
        seen = {_unordered(pair) for pair in splits.train}
        new = torch.tensor([_unordered(pair) not in seen for pair in splits.test])
        if len(labels[new].unique()) == len(names):
            record["test_new"] = asdict(metrics.evaluate(probabilities[new], similarity[new], labels[new]))
    if names == ("0", "1"):
        record["behaviour"] = summary(behaviour(matcher))
    return record


def behaviour(matcher: TextMatcher) -> list[Outcome]:
    """Ask about every pair of the suite, and about every first sentence beside itself."""
    rows = [line.split("\t") for line in SUITE.read_text(encoding="utf-8").splitlines()[1:]]
    pairs = matcher.predict([(first, second) for _, first, second, _ in rows])
    identical = matcher.predict([(first, first) for _, first, _, _ in rows])
    same = matcher.labels[-1]
    return [
        Outcome(
            category,
            first,
            second,
            label == "1",
            pair.probabilities[same],
            abs(pair.probabilities[same] - own.probabilities[same]) < 1e-6,
        )
        for (category, first, second, label), pair, own in zip(rows, pairs, identical, strict=True)
    ]


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of each category how many pairs there are, how many are right, and some of the worst failures."""
    found: dict[str, Any] = {}
    for outcome in outcomes:
        category = found.setdefault(outcome.category, {"pairs": 0, "right": 0, "failures": []})
        category["pairs"] += 1
        category["right"] += outcome.right
    wrong = sorted((o for o in outcomes if not o.right), key=lambda o: -abs(o.probability - 0.5))
    for o in wrong:
        failures = found[o.category]["failures"]
        if len(failures) < WORST:
            failures.append([o.sentence1, o.sentence2, round(o.probability, 3)])
    if "surface" in found:
        found["surface"]["equal"] = sum(o.same_as_identical for o in outcomes if o.category == "surface")
    return found


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
    if tried := record.get("behaviour"):
        lines += ["", f"{'behaviour':<14}{'pairs':>6}{'right':>8}"]
        lines += [f"{name:<14}{part['pairs']:>6}{part['right'] / part['pairs']:>8.1%}" for name, part in tried.items()]
    return "\n".join(lines)


def _ask(
    matcher: TextMatcher, pairs: Sequence[Pair], names: Sequence[str]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Probabilities `[N, C]`, similarities `[N]` and classes `[N]`."""
    predictions = matcher.predict([(pair.sentence1, pair.sentence2) for pair in pairs])
    classes = {name: i for i, name in enumerate(names)}
    if unknown := {pair.label for pair in pairs} - classes.keys():
        raise DataError(f"expected the labels of train {sorted(classes)}, got {sorted(unknown)} as well")
    return (
        torch.tensor([list(prediction.probabilities.values()) for prediction in predictions]),
        torch.tensor([prediction.similarity for prediction in predictions]),
        torch.tensor([classes[pair.label] for pair in pairs]),
    )


def _histogram(probabilities: torch.Tensor, labels: torch.Tensor) -> list[list[int]]:
    """Pairs of each class by the probability of the last class, in bins of equal width, `[C][SCORE_BINS]`."""
    last = probabilities[:, -1]
    return [
        torch.histc(last[labels == c].float(), SCORE_BINS, 0, 1).int().tolist() for c in range(probabilities.shape[1])
    ]


def _unordered(pair: Pair) -> frozenset[str]:
    return frozenset(normalise(sentence) for sentence in pair[:2])
