"""Other ways to compare two sentences, for timing: random weights of the usual sizes, and ids instead of a tokeniser.

The time of a tokeniser is not counted. There are as many ids as BERT gets: [CLS], one a character, [SEP] after each
sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

VOCABULARY, POSITIONS = 21128, 512
PAD, FIRST_ID, IDS = 0, 200, 20_000

TextPair = tuple[str, str]


class Size(NamedTuple):
    """The sizes of a transformer encoder."""

    width: int
    layers: int
    heads: int
    inner: int


BERT_BASE, MINI_LM = Size(768, 12, 12, 3072), Size(384, 6, 12, 1536)


class Transformer(nn.Module):
    """An encoder of BERT's form (Devlin et al. 2019) with a two-class head."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, size.width)
        self.positions = nn.Embedding(POSITIONS, size.width)
        self.segments = nn.Embedding(2, size.width)
        self.norm = nn.LayerNorm(size.width)
        layer = nn.TransformerEncoderLayer(size.width, size.heads, size.inner, activation="gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=True)
        self.pooler = nn.Sequential(nn.Linear(size.width, size.width), nn.Tanh(), nn.Linear(size.width, 2))
        self.eval()

    def states(self, ids: Tensor, segments: Tensor) -> Tensor:
        """The last states of ids `[B, L]` with segments `[B, L]`, `[B, L, width]`."""
        embedded = self.tokens(ids) + self.positions(torch.arange(ids.shape[1])) + self.segments(segments)
        states: Tensor = self.layers(self.norm(embedded), src_key_padding_mask=(ids == PAD) if len(ids) > 1 else None)
        return states


class CrossEncoder(Transformer):
    """Reads both sentences together."""

    def score(self, pairs: Sequence[TextPair]) -> Tensor:
        """Logits of pairs, `[B, 2]`."""
        rows = _padded([ids(one) + ids(two)[1:] for one, two in pairs])
        segments = _padded([[0] * (len(one) + 2) + [1] * (len(two) + 1) for one, two in pairs])
        logits: Tensor = self.pooler(self.states(rows, segments)[:, 0])
        return logits


class BiEncoder(Transformer):
    """Reads each sentence alone; the cosine of the means of the states."""

    def score(self, pairs: Sequence[TextPair]) -> Tensor:
        """Cosines of pairs, `[B]`."""
        rows = _padded([ids(pair[side]) for side in (0, 1) for pair in pairs])
        real = (rows != PAD)[..., None]
        states = self.states(rows, torch.zeros_like(rows))
        states = nn.functional.pad(states, (0, 0, 0, rows.shape[1] - states.shape[1]))
        first, second = ((states * real).sum(1) / real.sum(1)).chunk(2)
        return nn.functional.cosine_similarity(first, second)


class StaticEmbedding(nn.Module):
    """The mean of one vector of 256 numbers a character (as model2vec has them); the cosine."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors = nn.EmbeddingBag(VOCABULARY, 256, mode="mean", padding_idx=PAD)

    def score(self, pairs: Sequence[TextPair]) -> Tensor:
        """Cosines of pairs, `[B]`."""
        first, second = self.vectors(_padded([ids(pair[side]) for side in (0, 1) for pair in pairs])).chunk(2)
        return nn.functional.cosine_similarity(first, second)


def ids(sentence: str) -> list[int]:
    """An id for each character between those of [CLS] and [SEP]."""
    return [101, *(FIRST_ID + ord(character) % IDS for character in sentence), 102]


def _padded(rows: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])
