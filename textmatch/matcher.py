"""`TextMatcher`: from two strings to a prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from textmatch import checkpoint
from textmatch.batching import EncodedPair, by_length, collate, collate_pairs
from textmatch.config import ModelConfig
from textmatch.errors import InputError
from textmatch.explain import explain
from textmatch.models import InteractionLSTM, MatchOutput, Network, attend
from textmatch.results import Explanation, Prediction
from textmatch.text import Encoded, Vocabulary

BATCH_SIZE = 256


class TextMatcher:
    """A trained network with its vocabulary. To load one use `TextMatcher.from_pretrained`.

    Args:
        config: what the network was built from.
        vocabulary: of its training sentences.
        model: the network; it is put in evaluation mode.
        metrics: its figures, and how it was trained.

    Attributes:
        config: as above.
        vocabulary: as above.
        model: as above.
        metrics: as above; empty if there are none.
    """

    def __init__(
        self, config: ModelConfig, vocabulary: Vocabulary, model: Network, metrics: Mapping[str, Any] | None = None
    ) -> None:
        self.config, self.vocabulary, self.model = config, vocabulary, model.eval()
        self.metrics: Mapping[str, Any] = metrics or {}

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str | torch.device | None = None) -> TextMatcher:
        """Load a checkpoint folder.

        Args:
            folder: what training wrote.
            device: where the network runs; None takes the best that this machine has (CUDA, MPS, XPU, CPU).

        Raises:
            CheckpointError: the folder cannot be used; the message names the file at fault.
            InputError: this machine has no such device.
        """
        loaded = checkpoint.load(Path(folder), best_device() if device is None else _device(device))
        return cls(loaded.config, loaded.vocabulary, loaded.model, loaded.metrics)

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return next(self.model.parameters()).device

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names, in class order."""
        return self.config.labels

    @property
    def max_length(self) -> int:
        """Positions read of each sentence: characters, or words if the model's unit is the word."""
        return self.config.max_length

    @torch.inference_mode()
    def predict(self, pairs: Sequence[tuple[str, str]], batch_size: int = BATCH_SIZE) -> list[Prediction]:
        """Predict whether the two sentences of each pair mean the same.

        The result for a pair depends neither on the other pairs nor on the order of its two sentences (unless
        ``config.symmetric`` is off).

        Args:
            pairs: (sentence 1, sentence 2); any number of them, also none.
            batch_size: pairs scored at a time, at least 1.

        Returns:
            One prediction for each pair, in the same order.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        encoded = [self._encode_pair(pair, number) for number, pair in enumerate(pairs, 1)]
        scores = self._score(encoded, batch_size)
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
            for (first, second), (one, two), (row, cosine) in zip(pairs, encoded, scores, strict=True)
        ]

    @torch.inference_mode()
    def embed(self, sentences: Sequence[str], batch_size: int = BATCH_SIZE) -> Tensor:
        """Embed sentences; the dot product of two rows is their cosine.

        Args:
            sentences: N sentences, also none.
            batch_size: sentences embedded at a time, at least 1.

        Returns:
            `[N, D]`, float32, on the CPU, rows of length 1.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        encoded = [self._encode(sentence, f"sentence {number}") for number, sentence in enumerate(sentences, 1)]
        rows: list[Tensor] = []
        for start in range(0, len(encoded), batch_size):
            batch = collate(encoded[start : start + batch_size]).to(self.device)
            rows.extend(torch.nn.functional.normalize(self.model.embed(batch).float(), dim=-1).cpu())
        return torch.stack(rows) if rows else torch.empty(0, self.model.embedding_dim)

    def explain(self, sentence1: str, sentence2: str) -> Explanation:
        """Explain a prediction: aligned words, importance of each word, smallest change that gives another label.

        Swapping the sentences swaps the explanation and changes nothing else (unless ``config.symmetric`` is off).

        Args:
            sentence1: the first sentence.
            sentence2: the second sentence.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        for number, sentence in enumerate((sentence1, sentence2), 1):
            self._encode(sentence, f"sentence {number}")
        # In one fixed order, so that rounding does not depend on the given one.
        if self.config.symmetric and sentence1 > sentence2:
            return explain(self, sentence2, sentence1).swapped()
        return explain(self, sentence1, sentence2)

    @torch.inference_mode()
    def attention(self, sentence1: str, sentence2: str) -> tuple[Tensor, Tensor] | None:
        """Attention weights between the positions of two sentences.

        Args:
            sentence1: the first sentence, L1 positions.
            sentence2: the second sentence, L2 positions.

        Returns:
            The weights from the first sentence to the second `[L1, L2]` and from the second to the first `[L2, L1]`,
            float32, on the CPU, rows that sum to 1; None for a network without attention between the sentences.

        Raises:
            InputError: a sentence is blank or not a string; the message says which.
        """
        pair = (self._encode(sentence1, "sentence 1"), self._encode(sentence2, "sentence 2"))
        if not isinstance(self.model, InteractionLSTM) or not self.model.uses_cross_attention:
            return None
        batch = collate_pairs([pair]).to(self.device)
        weights = attend(self.model.encode(batch), batch.lengths)
        first_to_second, second_to_first = (each[0].float().cpu() for each in weights)
        length1, length2 = map(len, pair)
        return first_to_second[:length1, :length2], second_to_first[:length2, :length1]

    def _score(self, encoded: Sequence[EncodedPair], batch_size: int) -> list[tuple[list[float], float]]:
        """The calibrated probabilities and the cosine of each pair."""
        if self.config.symmetric:  # in one fixed order, so that rounding does not depend on the given one
            encoded = [(min(pair, key=_ids), max(pair, key=_ids)) for pair in encoded]
        scores: list[tuple[list[float], float]] = [([], 0.0)] * len(encoded)
        for batch in by_length(encoded, batch_size):
            output: MatchOutput = self.model(collate_pairs([encoded[i] for i in batch]).to(self.device))
            probabilities = self.model.calibration(output.logits).tolist()
            for i, row, cosine in zip(batch, probabilities, output.similarity.tolist(), strict=True):
                scores[i] = (row, cosine)
        return scores

    def _similarity(self, cosine: float, probability: float) -> float:
        """`Prediction.similarity` of two sentences that differ; `probability` is that of the last class."""
        cosine = min(1.0, max(0.0, cosine))
        uses_probability = isinstance(self.model, InteractionLSTM) and len(self.labels) == 2
        return (cosine + probability) / 2 if uses_probability else cosine

    def _encode_pair(self, pair: object, number: int) -> EncodedPair:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise InputError(f"pair {number}: expected two sentences, got {pair!r:.80}")
        first, second = (self._encode(pair[i], f"pair {number}, sentence {i + 1}") for i in (0, 1))
        return first, second

    def _encode(self, sentence: str, where: str) -> Encoded:
        try:
            return self.vocabulary.encode(sentence, self.config.max_length, self.config.unit)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None


def best_device() -> torch.device:
    """The accelerator of this machine (CUDA, MPS, XPU), or the CPU."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    return torch.device("cpu") if accelerator is None else accelerator


def _device(name: str | torch.device) -> torch.device:
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, ImportError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"device {name}: cannot be used on this machine: {reason}") from None


def _ids(sentence: Encoded) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return sentence.characters, sentence.words
