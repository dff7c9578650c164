"""textmatch.evaluation: figures of a network and of a checkpoint on labelled pairs, and the behaviour suite."""

from collections import Counter
from dataclasses import asdict
from unittest.mock import Mock

import pytest
import torch

from tests.tiny_matchers import TINY, random_matcher
from textmatch import DataError, Prediction, TextMatcher
from textmatch.batching import collate_pairs
from textmatch.config import ModelConfig
from textmatch.evaluation import (
    MAX_FAILURES,
    SUITE,
    LabelledPairs,
    behaviour,
    calibrate,
    evaluate_recalibrated,
    report,
    summary,
    table,
    worst_mistakes,
)
from textmatch.files import Pair, Splits
from textmatch.metrics import compute_metrics
from textmatch.models import build
from textmatch.text import Vocabulary
from textmatch.training.card import TARGETS

TRAIN = [Pair("几点开门", "什么时候开门", "1"), Pair("几点开门", "几点关门", "0")]
DEV = [Pair("怎么去机场", "去机场怎么走", "1"), Pair("怎么去机场", "附近有超市吗", "0")]
TEST = [
    Pair("什么时候开门?", "几点开门", "1"),
    Pair("明天冷吗", "明天冷不冷", "1"),
    Pair("明天冷吗", "明天热吗", "0"),
    Pair("明天冷吗", "后天会热吗", "0"),
]
SPLITS = Splits(TRAIN, DEV, TEST, {}, "self-written")


def naive(labels: tuple[str, str] = ("Not Matched", "Matched")) -> TextMatcher:
    """A matcher that compares the sets of characters, punctuation included."""

    def predict(pairs: list[tuple[str, str]]) -> list[Prediction]:
        shares = [len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in pairs]
        return [
            Prediction(
                a, b, labels[share > 0.5], dict(zip(labels, (1 - share, share), strict=True)), share, ("", ""), ((), ())
            )
            for (a, b), share in zip(pairs, shares, strict=True)
        ]

    return Mock(spec=TextMatcher, labels=labels, **{"predict.side_effect": predict})


def test_the_suite_is_large_and_every_category_has_its_target() -> None:
    rows = [line.split("\t") for line in SUITE.read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["category", "sentence1", "sentence2", "label"]
    assert {len(row) for row in rows} == {4}
    assert {row[3] for row in rows[1:]} == {"0", "1"}
    counts = Counter(row[0] for row in rows[1:])
    assert counts.keys() == TARGETS.keys()
    assert min(counts.values()) >= 30
    assert sum(counts.values()) >= 300
    assert len({tuple(row[1:3]) for row in rows[1:]}) == len(rows) - 1


def test_the_suite_was_not_trained_on() -> None:
    own = (SUITE.parents[1] / "paraphrases" / "train.txt").read_text(encoding="utf-8")
    written = {part.strip() for line in own.splitlines() for part in line.split("|")}
    tried = {cell for line in SUITE.read_text(encoding="utf-8").splitlines()[1:] for cell in line.split("\t")[1:3]}
    assert not tried & written


def test_a_report_has_every_split_and_leaves_out_what_train_holds() -> None:
    record = report(naive(), SPLITS)
    assert (record["dev"]["pairs"], record["test"]["pairs"], record["test_new"]["pairs"]) == (2, 4, 3)
    assert sum(b["pairs"] for b in record["reliability"]) == len(TEST)
    assert [sum(counts) for counts in record["scores"]] == [2, 2]
    assert record["behaviour"].keys() == TARGETS.keys()
    assert record["behaviour"]["identical"]["right"] == record["behaviour"]["identical"]["pairs"]


def test_without_a_test_split_dev_is_shown() -> None:
    record = report(naive(), SPLITS._replace(test=None))
    assert "test" not in record
    assert sum(b["pairs"] for b in record["reliability"]) == len(DEV)


def test_the_table_shows_splits_and_categories() -> None:
    text = table(report(naive(), SPLITS))
    assert [line.split()[0] for line in text.splitlines()[:4]] == ["split", "dev", "test", "test_new"]
    assert "accuracy" in text
    for category in TARGETS:
        assert category in text


def test_failures_are_the_most_confident_ones() -> None:
    results = behaviour(naive())
    found = summary(results)
    for category, part in found.items():
        wrong = [abs(o.probability - 0.5) for o in results if o.category == category and not o.right]
        assert len(part["failures"]) == min(MAX_FAILURES, len(wrong)), category
        assert [abs(p - 0.5) for *_, p in part["failures"]] == pytest.approx(
            sorted(wrong, reverse=True)[:MAX_FAILURES], abs=1e-3
        )
    assert found["surface"]["equal"] == 0  # punctuation makes a difference to it


def test_labels_that_the_checkpoint_does_not_have_are_refused() -> None:
    with pytest.raises(DataError, match="expected as many as the checkpoint's"):
        report(naive(), SPLITS._replace(labels=("无关", "相关", "相同")))


@pytest.mark.slow
def test_the_shipped_checkpoint_ignores_surface_and_recognises_identical_sentences(matcher: TextMatcher) -> None:
    found = summary(behaviour(matcher))
    for category in ("identical", "surface", "unrelated"):
        assert found[category]["right"] == found[category]["pairs"], category
    assert found["surface"]["equal"] == found["surface"]["pairs"]


# A network in training


def encoded(pairs: list[Pair], vocabulary: Vocabulary) -> LabelledPairs:
    both = [(vocabulary.encode(pair.sentence1, 16), vocabulary.encode(pair.sentence2, 16)) for pair in pairs]
    return LabelledPairs(both, [int(pair.label) for pair in pairs])


def test_a_network_is_calibrated_and_evaluated_in_the_order_of_its_pairs() -> None:
    vocabulary = Vocabulary.build([sentence for pair in TRAIN + DEV + TEST for sentence in pair[:2]], 1, 1)
    torch.manual_seed(0)
    config = ModelConfig(character_dim=8, word_dim=8, hidden_size=8, embedding_dim=8)
    network = build(config, vocabulary.num_characters, len(vocabulary.words)).eval()
    dev, test = encoded(TEST, vocabulary), encoded([*TRAIN, *DEV], vocabulary)
    figures = calibrate(network, dev)
    with torch.inference_mode():
        output = network(collate_pairs(dev.pairs))
        expected = compute_metrics(network.calibration(output.logits), output.similarity, torch.tensor(dev.labels))
    assert figures.confusion == expected.confusion
    assert (figures.brier, figures.spearman) == pytest.approx((expected.brier, expected.spearman), abs=1e-6)

    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert evaluate_recalibrated(network, dev, None) == {"split": "dev", **asdict(figures)}
    other = evaluate_recalibrated(network, test, dev)
    assert (other["split"], other["pairs"]) == ("test", len(TEST))
    assert other["auc"] == figures.auc  # another calibration keeps the ranking
    assert other["brier"] != figures.brier
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_worst_mistakes_come_first() -> None:
    sentences = ("去公园怎么走", "怎么去公园", "明天冷吗", "公园几点开门")
    matcher = random_matcher(TINY, sentences)
    texts = [(one, two) for one in sentences for two in sentences if one < two]
    right = [matcher.labels.index(prediction.label) for prediction in matcher.predict(texts)]
    pairs = [
        Pair(*pair, str(label if i % 2 else 1 - label))
        for i, (pair, label) in enumerate(zip(texts, right, strict=True))
    ]
    mistakes = worst_mistakes(matcher, pairs)
    assert {(each.sentence1, each.sentence2) for each in mistakes} == set(texts[::2])
    assert [each.confidence for each in mistakes] == sorted((each.confidence for each in mistakes), reverse=True)
    assert all(each.label != each.prediction for each in mistakes)
