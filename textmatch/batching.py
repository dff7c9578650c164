"""Encoded pairs to padded tensors, and the order in which pairs are batched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from textmatch.matches import NUM_MATCHES, match_flags
from textmatch.text import PAD, Encoded

EncodedPair = tuple[Encoded, Encoded]


class Sentences(NamedTuple):
    """S sentences as padded ids.

    The two sentences of B pairs are S = 2B sentences: the encoder is shared, so it runs once over all of them.

    Attributes:
        characters: character ids, `[S, L]`, int64, padded with 0.
        words: ids of the covering words, `[S, L]`, int64, padded with 0.
        sounds: numbers of the sounds, `[S, L]`, int64, padded with 0.
        lengths: number of real positions, `[S]`, int64, at least 1.
    """

    characters: Tensor
    words: Tensor
    sounds: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> Sentences:
        """The same sentences on another device."""
        return Sentences(*(tensor.to(device) for tensor in self))


class Pairs(NamedTuple):
    """B pairs.

    Attributes:
        sentences: all first sentences, then all second ones.
        matches: what each position has in the other sentence (`matches.match_flags`), `[2B, L, F]`, bool.
    """

    sentences: Sentences
    matches: Tensor

    def to(self, device: torch.device) -> Pairs:
        """The same pairs on another device."""
        return Pairs(self.sentences.to(device), self.matches.to(device))


def collate(sentences: Sequence[Encoded]) -> Sentences:
    """Pad encoded sentences (at least one) to the length of the longest."""
    return Sentences(
        _pad([sentence.characters for sentence in sentences]),
        _pad([sentence.words for sentence in sentences]),
        _pad([sentence.sounds for sentence in sentences]),
        torch.tensor([len(sentence) for sentence in sentences]),
    )


def collate_pairs(pairs: Sequence[EncodedPair]) -> Pairs:
    """Pad encoded pairs (at least one): B first sentences, then B second ones."""
    sentences, flags = collate_flags(pairs)
    bits = torch.tensor([1 << i for i in range(NUM_MATCHES)])
    return Pairs(sentences, (flags[..., None] & bits).bool())  # (2B, L) -> (2B, L, F)


def collate_flags(pairs: Sequence[EncodedPair]) -> tuple[Sentences, Tensor]:
    """As `collate_pairs`, with the matches of a position as the sum of their flags: `[2B, L]`, int64."""
    flags = [match_flags(pair[side], pair[1 - side]) for side in (0, 1) for pair in pairs]
    return collate([pair[side] for side in (0, 1) for pair in pairs]), _pad(flags)


def _pad(rows: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])


def by_length(pairs: Sequence[EncodedPair], batch_size: int) -> list[list[int]]:
    """Batches of pairs of similar length, so that there is little padding.

    Args:
        pairs: the encoded pairs.
        batch_size: pairs in a batch, at least 1.

    Returns:
        Indices into `pairs`, batch by batch, short pairs first.
    """
    order = sorted(range(len(pairs)), key=lambda i: _lengths(pairs[i]))
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def shuffled(
    pairs: Sequence[EncodedPair], batch_size: int, generator: torch.Generator, pool: int = 50
) -> list[list[int]]:
    """Random batches of pairs of similar length: pools of random pairs are sorted by length, then batches are shuffled.

    Args:
        pairs: the encoded pairs.
        batch_size: pairs in a batch, at least 1.
        generator: the source of randomness.
        pool: batches in a pool, at least 1.

    Returns:
        Indices into `pairs`, batch by batch.
    """
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
    """The longer and the shorter length: the key that pairs are sorted by."""
    shorter, longer = sorted((len(pair[0]), len(pair[1])))
    return longer, shorter
