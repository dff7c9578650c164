"""textmatch.training.sampling: what an epoch draws, in which batches, and what length alone says about the class."""

from dataclasses import replace

import pytest
import torch

from tests.helpers import encoded
from textmatch.config import ModelConfig, TrainConfig
from textmatch.files import Pair, Splits
from textmatch.text import Vocabulary
from textmatch.training.sampling import (
    Examples,
    PairEncoder,
    draw_epoch,
    epoch_batches,
    epoch_generator,
    length_prior,
    training_sources,
)

MATCHED = [Pair(f"怎么学好{one}", f"如何学会{one}", "1") for one in "琴棋书画"]
NOT_MATCHED = [Pair(f"如何学会{one}", f"学会{one}有用吗", "0") for one in "琴棋书画"]
PAIRS = MATCHED + NOT_MATCHED
PLAIN = TrainConfig(epochs=2, augmented_pairs=0.0, template_pairs=0.0, transitive_pairs=0.0)


def splits(train: list[Pair], corpus: str = "main") -> Splits:
    return Splits(train, PAIRS, None, {}, corpus)


def encoder(labels: tuple[str, ...] = ("0", "1")) -> PairEncoder:
    vocabulary = Vocabulary.build([sentence for pair in PAIRS for sentence in pair[:2]], 1, 1)
    return PairEncoder(vocabulary, ModelConfig(), labels)


def drawn(config: TrainConfig, *corpora: Splits, epoch: int = 1) -> Examples:
    """The examples of one epoch."""
    return draw_epoch(
        training_sources(encoder(), corpora, [1.0] * len(corpora), config), epoch_generator(config.seed, epoch)
    )


def test_labelled_pairs_become_ids_and_classes() -> None:
    encoded, labels = encoder().encode([MATCHED[0], NOT_MATCHED[0]])
    assert labels == [1, 0]
    assert encoded[0][1] == encoded[1][0]  # the same sentence
    assert len(encoded[0][0]) == 5


def test_an_epoch_shows_every_pair_once_each_time_in_another_order() -> None:
    sources = training_sources(encoder(), [splits(PAIRS)], [1.0], PLAIN)
    orders = []
    for epoch in (1, 2, 3):
        generator = epoch_generator(1, epoch)
        examples = draw_epoch(sources, generator)
        orders.append([examples.pairs[i] for batch in epoch_batches(examples, 3, generator) for i in batch])
    assert all(len(order) == len(set(order)) == len(PAIRS) and set(order) == set(orders[0]) for order in orders)
    assert orders[0] != orders[1] != orders[2]


def test_a_corpus_is_drawn_as_often_as_its_weight_says() -> None:
    corpora = [splits(PAIRS), splits(PAIRS, "also")]
    sources = training_sources(encoder(), corpora, [1.0, 2.5], PLAIN)
    assert len(draw_epoch(sources, epoch_generator(1, 1)).labels) == 3.5 * len(PAIRS)


def test_an_epoch_is_drawn_the_same_again() -> None:
    config = replace(PLAIN, transitive_pairs=0.5)
    for epoch in (1, 2):
        assert drawn(config, splits(PAIRS), epoch=epoch).pairs == drawn(config, splits(PAIRS), epoch=epoch).pairs


def test_processes_share_the_batches_and_have_equally_many() -> None:
    examples = drawn(PLAIN, splits(PAIRS))
    parts = [epoch_batches(examples, 3, epoch_generator(1, 1), process, 2) for process in (0, 1)]
    assert len(parts[0]) == len(parts[1]) == 2  # three batches, one of them used twice
    assert {i for part in parts for batch in part for i in batch} == set(range(len(PAIRS)))


@pytest.mark.parametrize(("temperature", "pairs"), [(1.0, 2), (2.0, 4), (1e9, 8)])
def test_a_small_corpus_is_used_more_often_at_a_higher_temperature_and_a_large_one_never(
    temperature: float, pairs: int
) -> None:
    small, large = splits(PAIRS[3:5], "small"), splits([*PAIRS, *PAIRS], "large")
    config = replace(PLAIN, sampling_temperature=temperature)
    assert len(drawn(config, splits(PAIRS), small).labels) == len(PAIRS) + pairs
    assert len(drawn(config, splits(PAIRS), large).labels) == 2 * len(PAIRS)


def test_an_epoch_draws_its_share_of_transitive_augmented_and_template_pairs() -> None:
    assert len(drawn(replace(PLAIN, transitive_pairs=0.5), splits(PAIRS)).labels) == len(PAIRS) + 2  # of four
    assert len(drawn(replace(PLAIN, template_pairs=2.0), splits(PAIRS)).labels) == len(PAIRS) + 16
    augmented = drawn(replace(PLAIN, augmented_pairs=1.0), splits(PAIRS))
    assert len(PAIRS) < len(augmented.labels) <= 2 * len(PAIRS)


def test_nothing_is_made_for_other_labels() -> None:
    named = [pair._replace(label="same" if pair.label == "1" else "other") for pair in PAIRS]
    sources = training_sources(encoder(("other", "same")), [splits(named)], [1.0], TrainConfig())
    assert [len(source.examples.labels) for source in sources] == [len(PAIRS)]


# What length alone says


def prior_of(*pairs: tuple[int, int, int]) -> torch.Tensor:
    """The prior of pairs of sentences with these lengths and labels, as probabilities."""
    both = [(encoded([2] * one), encoded([2] * two)) for one, two, _ in pairs]
    return length_prior(both, [label for *_, label in pairs], 2).exp()


@pytest.mark.slow
def test_the_prior_is_the_share_of_each_class_at_each_length() -> None:
    short, long = [(4, 4, 1)] * 3000 + [(4, 4, 0)] * 1000, [(15, 15, 0)] * 4000
    prior = prior_of(*short, *long)
    assert prior.shape == (8000, 2)
    torch.testing.assert_close(prior.sum(1), torch.ones(8000))
    assert prior[0, 1].item() == pytest.approx(0.75, abs=0.02)
    assert prior[-1, 1].item() == pytest.approx(0.0, abs=0.02)


def test_a_rare_length_gets_the_overall_shares() -> None:
    prior = prior_of(*[(4, 4, 1), (4, 4, 0), (4, 4, 0), (4, 4, 0)] * 500, (300, 300, 1))
    assert prior[-1, 1].item() == pytest.approx(0.25, abs=0.02)


def test_without_the_length_prior_it_is_zero() -> None:
    assert drawn(replace(PLAIN, length_prior=False), splits(PAIRS)).prior.tolist() == [[0.0, 0.0]] * len(PAIRS)
    assert drawn(PLAIN, splits(PAIRS)).prior.abs().sum() > 0
