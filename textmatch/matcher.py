"""From two strings to a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from textmatch import checkpoint
from textmatch.batching import EncodedPair, by_length, stack, stack_pairs
from textmatch.config import ModelConfig
from textmatch.errors import InputError
from textmatch.explain import Explanation, explain
from textmatch.models import InteractionLSTM, MatchOutput, Network, attend
from textmatch.text import Encoded, Vocabulary

BATCH_SIZE = 256


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one pair.

    Attributes:
        sentence1: the first sentence, as given.
        sentence2: the second sentence, as given.
        label: the most probable class.
        probabilities: class name → probability, 0 to 1, summing to 1, in class order.
        similarity: how alike the two are, 0 to 1; the same text is 1. The mean of the cosine of their embeddings (0
            where negative) and the probability of the last class; the cosine alone where the verdict goes by it alone,
            or where there are more classes than two.
        truncated: of each sentence, the plain text past the model's length that was not read; empty if none.
        unknown: of each sentence, the characters (words, for a model of words) that training never showed, each once.
    """

    sentence1: str
    sentence2: str
    label: str
    probabilities: Mapping[str, float]
    similarity: float
    truncated: tuple[str, str]
    unknown: tuple[tuple[str, ...], tuple[str, ...]]


class TextMatcher:
    """A trained network with its vocabulary, ready to answer.

    Args:
        config: what the network was built from.
        vocabulary: what turns text into its ids.
        model: the network, in evaluation mode.
        metrics: the figures it was saved with.
    """

    def __init__(
        self, config: ModelConfig, vocabulary: Vocabulary, model: Network, metrics: Mapping[str, Any] | None = None
    ) -> None:
        self.config = config
        self.metrics: Mapping[str, Any] = metrics or {}
        self._vocabulary, self._model = vocabulary, model.eval()

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str | torch.device | None = None) -> TextMatcher:
        """Load a checkpoint folder.

        Args:
            folder: what training wrote.
            device: where to answer; None takes the best there is (CUDA, MPS, XPU, CPU).

        Raises:
            CheckpointError: the folder cannot be used; the message names the file at fault.
            InputError: there is no such device on this machine.
        """
        loaded = checkpoint.load(Path(folder), best_device() if device is None else _device(device))
        return cls(loaded.config, loaded.vocabulary, loaded.model, loaded.metrics)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self._model.parameters()).device

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names, in class order."""
        return self.config.labels

    @property
    def max_length(self) -> int:
        """Characters (words, for a model of words) read of each sentence."""
        return self.config.max_length

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters and words that training showed."""
        return self._vocabulary

    @torch.inference_mode()
    def predict(self, pairs: Sequence[tuple[str, str]], batch_size: int = BATCH_SIZE) -> list[Prediction]:
        """Judge sentence pairs.

        The order of the two sentences makes no difference (unless ``config.symmetric`` is off), nor do the other pairs.

        Args:
            pairs: (sentence 1, sentence 2), any number of them.
            batch_size: pairs scored at a time, at least 1.

        Returns:
            One prediction a pair, in the same order.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        encoded = [self._encode_pair(pair, number) for number, pair in enumerate(pairs, 1)]
        # One fixed order inside a pair: rounding then cannot tell (a, b) from (b, a) either.
        ordered = [(min(pair, key=_ids), max(pair, key=_ids)) for pair in encoded] if self.config.symmetric else encoded
        rows: list[tuple[list[float], float]] = [([], 0.0)] * len(pairs)
        for batch in by_length(ordered, batch_size):
            output: MatchOutput = self._model(stack_pairs([ordered[i] for i in batch]).to(self.device))
            probabilities = self._model.calibration(output.logits).tolist()
            for i, *row in zip(batch, probabilities, output.similarity.tolist(), strict=True):
                rows[i] = (row[0], row[1])
        return [
            Prediction(
                sentence1=first,
                sentence2=second,
                label=self.labels[max(range(len(row)), key=row.__getitem__)],
                probabilities=dict(zip(self.labels, row, strict=True)),
                similarity=1.0 if _ids(one) == _ids(two) else self._similarity(cosine, row[-1]),
                truncated=(one.truncated, two.truncated),
                unknown=(one.unknown, two.unknown),
            )
            for (first, second), (one, two), (row, cosine) in zip(pairs, encoded, rows, strict=True)
        ]

    @torch.inference_mode()
    def embed(self, sentences: Sequence[str], batch_size: int = BATCH_SIZE) -> Tensor:
        """Sentence embeddings; the dot product of two rows is their cosine.

        Args:
            sentences: N sentences, any number of them.
            batch_size: sentences encoded at a time, at least 1.

        Returns:
            `[N, D]`, float32, on the CPU, rows of length 1.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        encoded = [self._encode(sentence, f"sentence {number}") for number, sentence in enumerate(sentences, 1)]
        rows: list[Tensor] = []
        for start in range(0, len(encoded), batch_size):
            stacked = stack(encoded[start : start + batch_size]).to(self.device)
            rows.extend(torch.nn.functional.normalize(self._model.embed(stacked).float(), dim=-1).cpu())
        return torch.stack(rows) if rows else torch.empty(0, self._model.embedding_dim)

    def explain(self, sentence1: str, sentence2: str) -> Explanation:
        """Say why the model judges a pair as it does: what met what, what each word did, what would turn the verdict.

        Swapping the sentences swaps the explanation and changes nothing else (unless ``config.symmetric`` is off).

        Args:
            sentence1: the first sentence.
            sentence2: the second sentence.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        for number, sentence in enumerate((sentence1, sentence2), 1):
            self._encode(sentence, f"sentence {number}")
        # One fixed order, as in `predict`: rounding then cannot tell (a, b) from (b, a).
        if self.config.symmetric and sentence1 > sentence2:
            return explain(self, sentence2, sentence1).swapped()
        return explain(self, sentence1, sentence2)

    @torch.inference_mode()
    def attention(self, sentence1: str, sentence2: str) -> tuple[Tensor, Tensor] | None:
        """How strongly each position of a sentence looks at each position of the other.

        Args:
            sentence1: the first sentence, L1 positions.
            sentence2: the second sentence, L2 positions.

        Returns:
            The first sentence's looks at the second `[L1, L2]` and the second's at the first `[L2, L1]`, float32, on
            the CPU, rows summing to 1; None for a network whose sentences never look at each other.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        pair = (self._encode(sentence1, "sentence 1"), self._encode(sentence2, "sentence 2"))
        if not isinstance(self._model, InteractionLSTM) or not self._model.meets:
            return None
        stacked = stack_pairs([pair]).to(self.device)
        ahead, back = (looks[0].float().cpu() for looks in attend(self._model.encode(stacked), stacked.lengths))
        one, two = map(len, pair)
        return ahead[:one, :two], back[:two, :one]

    def _similarity(self, cosine: float, probability: float) -> float:
        """`Prediction.similarity` of two sentences that differ; `probability` is that of the last class."""
        apart = min(1.0, max(0.0, cosine))
        together = isinstance(self._model, InteractionLSTM) and len(self.labels) == 2
        return (apart + probability) / 2 if together else apart

    def _encode_pair(self, pair: tuple[str, str], number: int) -> EncodedPair:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise InputError(f"pair {number}: expected two sentences, got {pair!r:.80}")
        first, second = (self._encode(pair[i], f"pair {number}, sentence {i + 1}") for i in (0, 1))
        return first, second

    def _encode(self, sentence: str, where: str) -> Encoded:
        try:
            return self._vocabulary.encode(sentence, self.config.max_length, self.config.unit)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None


def best_device() -> torch.device:
    """The accelerator of this machine (CUDA, MPS, XPU), or the CPU."""
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")


def _device(name: str | torch.device) -> torch.device:
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, ImportError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"device {name}: cannot be used on this machine: {reason}") from None


def _ids(sentence: Encoded) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return sentence.characters, sentence.words
