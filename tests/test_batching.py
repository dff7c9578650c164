"""textmatch.batching: padded stacks, and orders that lose no pair."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import encoded
from textmatch.batching import EncodedPair, by_length, collate, collate_pairs, shuffled
from textmatch.matches import NUM_MATCHES
from textmatch.text import PAD, Encoded


def sentence(length: int, first: int = 2) -> Encoded:
    return encoded(range(first, first + length))


def pair(one: int, two: int) -> EncodedPair:
    return sentence(one), sentence(two, 50)


PAIRS = st.lists(st.builds(pair, st.integers(1, 9), st.integers(1, 9)), max_size=60)


def flat(batches: list[list[int]]) -> list[int]:
    return [i for batch in batches for i in batch]


def test_a_stack_holds_every_id_then_padding() -> None:
    stacked = collate([sentence(1), sentence(3), sentence(2, 7)])
    assert stacked.characters.tolist() == [[2, PAD, PAD], [2, 3, 4], [7, 8, PAD]]
    assert stacked.words.tolist() == [[102, PAD, PAD], [102, 103, 104], [107, 108, PAD]]
    assert stacked.lengths.tolist() == [1, 3, 2]
    assert {tensor.dtype for tensor in stacked} == {torch.int64}


def test_pairs_are_stacked_all_first_sentences_then_all_second_ones() -> None:
    stacked = collate_pairs([pair(1, 2), pair(3, 1)])
    assert stacked.sentences.lengths.tolist() == [1, 3, 2, 1]
    assert stacked.sentences.characters[:, 0].tolist() == [2, 2, 50, 50]
    assert stacked.matches.shape == (4, 3, NUM_MATCHES)


def test_to_moves_every_part() -> None:
    moved = collate_pairs([pair(2, 1)]).to(torch.device("meta"))
    assert {tensor.device.type for tensor in (*moved.sentences, moved.matches)} == {"meta"}


@settings(deadline=None)
@given(PAIRS, st.integers(1, 20))
def test_by_length_names_every_pair_once_in_full_batches_of_like_length(pairs: list[EncodedPair], size: int) -> None:
    batches = by_length(pairs, size)
    assert sorted(flat(batches)) == list(range(len(pairs)))
    assert all(len(batch) == size for batch in batches[:-1])
    longest = [max(map(len, pairs[i])) for i in flat(batches)]
    assert longest == sorted(longest)


@settings(deadline=None)
@given(PAIRS, st.integers(1, 20), st.integers(1, 5), st.integers(0, 2**32))
def test_shuffled_names_every_pair_once(pairs: list[EncodedPair], size: int, pool: int, seed: int) -> None:
    batches = shuffled(pairs, size, torch.Generator().manual_seed(seed), pool)
    assert sorted(flat(batches)) == list(range(len(pairs)))
    assert all(1 <= len(batch) <= size for batch in batches)


def test_shuffled_follows_its_generator_and_leaves_the_global_one_alone() -> None:
    pairs = [pair(1 + i % 7, 1 + i % 3) for i in range(200)]
    before = torch.get_rng_state()
    one, same, other = (shuffled(pairs, 8, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert torch.equal(before, torch.get_rng_state())


def test_one_generator_gives_each_epoch_another_order() -> None:
    pairs = [pair(1 + i % 7, 1) for i in range(100)]
    generator = torch.Generator().manual_seed(1)
    assert shuffled(pairs, 8, generator) != shuffled(pairs, 8, generator)


def test_shuffled_mixes_lengths_over_batches_but_not_within() -> None:
    pairs = [pair(1 + i % 20, 1) for i in range(400)]
    batches = shuffled(pairs, 20, torch.Generator().manual_seed(1))
    longest = [[max(map(len, pairs[i])) for i in batch] for batch in batches]
    assert all(max(lengths) - min(lengths) <= 2 for lengths in longest)
    firsts = [lengths[0] for lengths in longest]
    assert firsts not in (sorted(firsts), sorted(firsts, reverse=True))


@pytest.mark.parametrize("order", [(2, 7), (7, 2)])
def test_the_order_inside_a_pair_makes_no_difference_to_by_length(order: tuple[int, int]) -> None:
    assert by_length([pair(9, 9), pair(*order), pair(1, 1), pair(7, 1)], 1) == [[2], [3], [1], [0]]
