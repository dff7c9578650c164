"""`TextMatcher`: from two strings to a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor
from tqdm import tqdm

from textmatch import checkpoint, hub
from textmatch.batching import EncodedPair, by_length, collate, collate_pairs
from textmatch.config import ModelConfig
from textmatch.errors import CheckpointError, InputError
from textmatch.explain import explain
from textmatch.models import InteractionLSTM, MatchOutput, Network, attend
from textmatch.onnx import OnnxNetwork, Scores
from textmatch.results import Explanation, Prediction
from textmatch.text import Encoded, Vocabulary, differing_parts

BATCH_SIZE = 64
"""Pairs that the network gets at a time: few, so that batches of like length need little padding."""

Backend = Literal["torch", "onnx"]
"""What runs the network: PyTorch on any device, or ONNX Runtime on the CPU, which is faster there."""

UNREADABLE = 0.6
"""Probability of "not matched", at least, for texts that differ only in characters that the network cannot read."""


class PairScore(NamedTuple):
    """What is said of a pair: calibrated probabilities in class order, `Prediction.similarity` and the cosine."""

    probabilities: list[float]
    similarity: float
    cosine: float


class TextMatcher:
    """A trained network with its vocabulary. To load one use `TextMatcher.from_pretrained`.

    Args:
        config: what the network was built from.
        vocabulary: of its training sentences.
        model: the network; it is put in evaluation mode.
        metrics: its figures, and how it was trained.
        backend: what runs the network; explanations use PyTorch for the attention all the same.

    Attributes:
        config: as above.
        vocabulary: as above.
        model: as above.
        metrics: as above; empty if there are none.
        backend: as above.
    """

    def __init__(
        self,
        config: ModelConfig,
        vocabulary: Vocabulary,
        model: Network,
        metrics: Mapping[str, Any] | None = None,
        backend: Backend = "torch",
    ) -> None:
        self.config, self.vocabulary, self.model = config, vocabulary, model.eval()
        self.metrics: Mapping[str, Any] = metrics or {}
        self.backend = backend
        self._onnx = OnnxNetwork(model) if backend == "onnx" else None

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path,
        device: str | torch.device | None = None,
        revision: str | None = None,
        backend: Backend = "torch",
    ) -> TextMatcher:
        """Load a checkpoint: a folder, or a model on the Hugging Face Hub.

        What was fetched from the Hub stays in its client's cache and is read from there without a network.

        Args:
            folder: what training wrote; or USER/NAME on the Hub, where there is no such folder here.
            device: where the network runs; None takes the best that this machine has (CUDA, MPS, XPU, CPU), and the CPU
                with ``backend="onnx"``.
            revision: a branch, tag or commit on the Hub; None takes the main branch.
            backend: ``torch``, or ``onnx`` for ONNX Runtime: the same answers in less time on a CPU.

        Raises:
            CheckpointError: the checkpoint cannot be used; the message names the file at fault.
            HubError: the Hub refuses it, or cannot be reached and no copy is in the cache.
            InputError: this machine has no such device, the backend cannot run this network, or there is a revision,
                and the checkpoint is a folder here.
        """
        if backend not in get_args(Backend):
            raise InputError(f"backend {backend!r:.80}: expected one of {', '.join(get_args(Backend))}")
        place = _device(device or "cpu") if backend == "onnx" else best_device() if device is None else _device(device)
        if backend == "onnx" and place.type != "cpu":
            raise InputError(f"backend onnx runs on the CPU; expected the device cpu, got {device}")
        loaded = checkpoint.load(hub.find(folder, revision).folder, place)
        return cls(loaded.config, loaded.vocabulary, loaded.model, loaded.metrics, backend)

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
    def predict(self, pairs: Iterable[Any], batch_size: int = BATCH_SIZE) -> list[Prediction]:
        """Predict whether the two sentences of each pair mean the same.

        The result for a pair depends neither on the other pairs nor on the order of its two sentences (unless
        ``config.symmetric`` is off).

        Args:
            pairs: (sentence 1, sentence 2); any number of them, also none: a list, an array `[N, 2]`, a data frame with
                two columns.
            batch_size: pairs scored at a time, at least 1.

        Returns:
            One prediction for each pair, in the same order.

        Raises:
            InputError: a sentence is blank or not a string; the message says which. Or the batch size is below 1.
            CheckpointError: the network's answer is not a finite number.
        """
        _check_batch_size(batch_size)
        given = [_two_values(pair, number) for number, pair in enumerate(_rows(pairs, "pairs"), 1)]
        encoded = self._encode_pairs(given)
        scores = self._score_parts(given, encoded, batch_size)
        return [
            Prediction(
                sentence1=first,
                sentence2=second,
                label=self.labels[max(range(len(self.labels)), key=score.probabilities.__getitem__)],
                probabilities=dict(zip(self.labels, score.probabilities, strict=True)),
                similarity=score.similarity,
                truncated=(one.truncated, two.truncated),
                unknown=(one.unknown, two.unknown),
                cosine=score.cosine,
            )
            for (first, second), (one, two), score in zip(given, encoded, scores, strict=True)
        ]

    @torch.inference_mode()
    def embed(self, sentences: Iterable[str], batch_size: int = BATCH_SIZE, show_progress: bool = False) -> Tensor:
        """Embed sentences; the dot product of two rows is their cosine.

        Args:
            sentences: N sentences, also none: a list, an array, a series.
            batch_size: sentences embedded at a time, at least 1.
            show_progress: show a bar on standard error.

        Returns:
            `[N, D]`, float32, on the CPU, rows of length 1.

        Raises:
            InputError: a sentence is blank or not a string; the message says which. Or the batch size is below 1.
            CheckpointError: the network's answer is not a finite number.
        """
        _check_batch_size(batch_size)
        given = enumerate(_rows(sentences, "sentences"), 1)
        encoded = [self._encode(sentence, f"sentence {number}") for number, sentence in given]
        rows: list[Tensor] = []
        for start in tqdm(range(0, len(encoded), batch_size), desc="embed", unit="batch", disable=not show_progress):
            batch = collate(encoded[start : start + batch_size])
            embedded = self._onnx.embed(batch) if self._onnx else self.model.embed(batch.to(self.device)).float()
            _check_finite(embedded)
            rows.extend(torch.nn.functional.normalize(embedded, dim=-1).cpu())
        return torch.stack(rows) if rows else torch.empty(0, self.model.embedding_dim)

    def explain(self, sentence1: str, sentence2: str) -> Explanation:
        """Explain a prediction: aligned words, importance of each word, a change that gives another label.

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
        pair = self._encode(sentence1, "sentence 1"), self._encode(sentence2, "sentence 2")
        if not isinstance(self.model, InteractionLSTM) or not self.model.uses_cross_attention:
            return None
        batch = collate_pairs([pair]).sentences.to(self.device)
        weights = attend(self.model.encode(batch), batch.lengths)
        first_to_second, second_to_first = (each[0].float().cpu() for each in weights)
        length1, length2 = map(len, pair)
        return first_to_second[:length1, :length2], second_to_first[:length2, :length1]

    def _score_parts(
        self, given: Sequence[tuple[str, str]], encoded: Sequence[EncodedPair], batch_size: int
    ) -> list[PairScore]:
        """The scores of pairs; whole sentences that both begin or end with do not count for the probabilities."""
        parts = {i: both for i, pair in enumerate(given) if (both := differing_parts(*pair)) != pair}
        scores = self._score([*encoded, *self._encode_pairs(list(parts.values()))], batch_size)
        for i, of_parts in zip(parts, scores[len(given) :], strict=True):
            scores[i] = scores[i]._replace(probabilities=of_parts.probabilities)
        return scores[: len(given)]

    def _score(self, encoded: Sequence[EncodedPair], batch_size: int) -> list[PairScore]:
        if self.config.symmetric:  # in one fixed order, so that rounding does not depend on the given one
            encoded = [(first, second) if first.plain <= second.plain else (second, first) for first, second in encoded]
        scores = [PairScore([], 0.0, 0.0)] * len(encoded)
        for batch in by_length(encoded, batch_size):
            found = self._run([encoded[i] for i in batch])
            probabilities, cosines = found.probabilities.tolist(), found.similarity.tolist()
            similarities = self._similarities(found, probabilities)
            for i, *score in zip(batch, probabilities, similarities, cosines, strict=True):
                scores[i] = self._by_rule(encoded[i], PairScore(*score))
        return scores

    def _run(self, pairs: Sequence[EncodedPair]) -> Scores:
        """What the network says of a batch."""
        if self._onnx:
            scores = self._onnx.score(pairs)
        else:
            output: MatchOutput = self.model(collate_pairs(pairs).to(self.device))
            scores = Scores(self.model.calibration(output.logits), output.similarity, output.grade)
        _check_finite(*scores)
        return scores

    def _similarities(self, scores: Scores, probabilities: Sequence[Sequence[float]]) -> list[float]:
        """`Prediction.similarity` of each pair, by the network alone."""
        if scores.grade is not None:
            return torch.sigmoid(scores.grade).tolist()
        cosines = scores.similarity.clamp(0.0, 1.0).tolist()
        if isinstance(self.model, InteractionLSTM) and len(self.labels) == 2:
            return [(cosine + row[-1]) / 2 for cosine, row in zip(cosines, probabilities, strict=True)]
        return cosines

    def _by_rule(self, pair: EncodedPair, score: PairScore) -> PairScore:
        """The score of a pair, where the texts decide and not the network.

        Equal texts mean the same. Texts that differ only in what the network cannot read do not.
        """
        first, second = pair
        matching = self.config.symmetric and len(self.labels) == 2
        if first.plain == second.plain:
            return PairScore([0.0, 1.0] if matching else score.probabilities, 1.0, score.cosine)
        if matching and first.characters == second.characters and first.words == second.words:
            different = max(score.probabilities[0], UNREADABLE)
            return PairScore([different, 1 - different], min(score.similarity, UNREADABLE), score.cosine)
        return score

    def _encode_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[EncodedPair]:
        """The pairs with their sentences encoded, each different one once: a query is compared with many."""
        known: dict[str, Encoded] = {}

        def encode(sentence: str, where: str) -> Encoded:
            if not isinstance(sentence, str):
                return self._encode(sentence, where)  # which refuses it
            if sentence not in known:
                known[sentence] = self._encode(sentence, where)
            return known[sentence]

        return [
            (encode(first, f"pair {number}, sentence 1"), encode(second, f"pair {number}, sentence 2"))
            for number, (first, second) in enumerate(pairs, 1)
        ]

    def _encode(self, sentence: str, where: str) -> Encoded:
        try:
            return self.vocabulary.encode(sentence, self.config.max_length, self.config.unit)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None


def _check_finite(*values: Tensor | None) -> None:
    """Refuse a network whose weights are finite, and yet what it makes of them is not: it has no answer."""
    if not all(value is None or value.isfinite().all() for value in values):
        raise CheckpointError("the network's answer is not a finite number; expected the weights of a trained network")


def _check_batch_size(batch_size: int) -> None:
    if batch_size < 1:
        raise InputError(f"batch_size is {batch_size}; expected at least 1")


def _rows(values: Iterable[Any], name: str) -> Iterable[Any]:
    """The items of a list, an array or a series, or the rows of a data frame."""
    if isinstance(values, str | bytes):
        raise InputError(f"expected a list of {name}, got one string: {values!r:.80}; put it in a list")
    given: Any = values
    dimensions = getattr(given, "ndim", 1)
    if not isinstance(given, Iterable) or dimensions == 0:
        raise InputError(f"expected a list of {name}, got {type(given).__name__}")
    rows: Iterable[Any] = given.to_numpy() if hasattr(given, "to_numpy") and dimensions == 2 else given
    return rows


def _two_values(pair: object, number: int) -> tuple[str, str]:
    sized = isinstance(pair, Iterable) and not isinstance(pair, str | bytes | Mapping | Set)
    values = list(pair) if sized and isinstance(pair, Iterable) else []
    if len(values) != 2:
        hint = "; put a single pair in a list" if isinstance(pair, str) else ""
        raise InputError(f"pair {number}: expected two sentences, got {pair!r:.80}{hint}")
    return values[0], values[1]


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
