"""From encoded pairs to padded tensors, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from textmatch.text import PAD, Encoded

EncodedPair = tuple[Encoded, Encoded]


class Sentences(NamedTuple):
    """S sentences as padded ids.

    A pair batch is one such stack of S = 2B sentences, all first ones, then all second ones: the encoder is shared, so
    it runs once over both sides.

    Attributes:
        characters: character ids, `[S, L]`, int64, padded with 0.
        words: the covering words' ids, `[S, L]`, int64, padded with 0.
        lengths: real positions of each sentence, `[S]`, int64, at least 1.
    """

    characters: Tensor
    words: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> Sentences:
        """The same sentences on another device."""
        return Sentences(*(tensor.to(device) for tensor in self))


def stack(sentences: Sequence[Encoded]) -> Sentences:
    """Pad encoded sentences, at least one, to the longest among them."""
    return Sentences(
        _pad([sentence.characters for sentence in sentences]),
        _pad([sentence.words for sentence in sentences]),
        torch.tensor([len(sentence) for sentence in sentences]),
    )


def stack_pairs(pairs: Sequence[EncodedPair]) -> Sentences:
    """Stack encoded pairs, at least one: B first sentences, then B second ones."""
    return stack([pair[side] for side in (0, 1) for pair in pairs])


def _pad(rows: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])


def by_length(pairs: Sequence[EncodedPair], batch_size: int) -> list[list[int]]:
    """Batches of pair numbers, short pairs with short pairs, so that little is padding."""
    order = sorted(range(len(pairs)), key=lambda i: _lengths(pairs[i]))
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def shuffled(
    pairs: Sequence[EncodedPair], batch_size: int, generator: torch.Generator, pool: int = 50
) -> list[list[int]]:
    """Batches in random order: each pool of `pool` random batches is sorted by length, then all batches are mixed."""
    order = torch.randperm(len(pairs), generator=generator).tolist()
    step = pool * batch_size
    batches = [
        chunk[i : i + batch_size]
        for start in range(0, len(order), step)
        for chunk in [sorted(order[start : start + step], key=lambda i: _lengths(pairs[i]))]
        for i in range(0, len(chunk), batch_size)
    ]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def _lengths(pair: EncodedPair) -> tuple[int, int]:
    first, second = sorted((len(pair[0]), len(pair[1])))
    return second, first
