"""Every default of a model and of its training, once."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from textmatch.text import Unit

Arch = Literal["interaction", "bilstm", "siamese", "overlap"]

AT_LEAST_ONE = (
    *("max_length", "character_dim", "word_dim", "hidden_size", "num_layers", "embedding_dim"),
    *("batch_size", "min_characters", "min_words", "sampling_temperature"),
)
NOT_NEGATIVE = ("epochs", "hard_pairs", "framed_pairs", "similarity_weight", "contrastive_weight", "seed")
SHARES = ("inferred_pairs", "dropout", "token_dropout", "ema_decay")
POSITIVE = ("learning_rate", "max_grad_norm")


def _check_numbers(config: ModelConfig | TrainConfig) -> None:
    for field in fields(config):
        name, value = field.name, getattr(config, field.name)
        if name in AT_LEAST_ONE and not value >= 1:
            raise ValueError(f"{name}: expected at least 1, got {value}")
        if name in NOT_NEGATIVE and not value >= 0:
            raise ValueError(f"{name}: expected at least 0, got {value}")
        if name in SHARES and not 0 <= value < 1:
            raise ValueError(f"{name}: expected at least 0 and less than 1, got {value}")
        if name in POSITIVE and not value > 0:
            raise ValueError(f"{name}: expected more than 0, got {value}")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What a network is built from; a checkpoint's ``config.json`` holds it.

    Attributes:
        arch: ``interaction`` lets the words of the two sentences meet before the verdict; ``bilstm`` is the same
            without their meeting; ``siamese`` is the recipe: encode each, take the cosine, classify it; ``overlap``
            goes by the characters in common alone.
        unit: what a position of a sentence is, a ``character`` with its covering word, or a ``word``.
        labels: the class names in class order, two or more.
        max_length: positions read of each sentence; the rest is cut and reported.
        character_dim: size of a character's embedding; with ``unit="word"`` not used.
        word_dim: size of a word's embedding.
        hidden_size: units of each LSTM direction.
        num_layers: LSTM layers of the shared encoder.
        bidirectional: whether the shared encoder reads both ways.
        embedding_dim: size of the sentence embedding (``interaction``, ``bilstm``; the recipe's is its last state).
        dropout: share of units dropped in training.
        symmetric: whether the order of the two sentences makes no difference (``interaction``); entailment needs one
            that it does to.

    Raises:
        ValueError: a value that no network can be built from; the message names the field.
    """

    arch: Arch = "interaction"
    unit: Unit = "character"
    labels: tuple[str, ...] = ("Not Matched", "Matched")
    max_length: int = 128
    character_dim: int = 192
    word_dim: int = 64
    hidden_size: int = 192
    num_layers: int = 1
    bidirectional: bool = True
    embedding_dim: int = 256
    dropout: float = 0.2
    symmetric: bool = True

    def __post_init__(self) -> None:
        _check_numbers(self)
        for name, choices in (("arch", get_args(Arch)), ("unit", get_args(Unit))):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name}: expected {' or '.join(choices)}, got {getattr(self, name)!r}")
        names = self.labels
        if len(names) < 2 or len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"labels: expected two or more different names, got {names!r}")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How a network is trained.

    Attributes:
        epochs: passes over the training pairs; 0 only calibrates and judges what the run starts from.
        batch_size: pairs a step.
        learning_rate: Adam's peak learning rate.
        warmup: share of all steps with a rising rate; after it the rate falls to zero along a half cosine. Negative:
            the rate stays as it is throughout.
        ema_decay: decay of the running average of the weights, which is what is evaluated and kept; 0 for none.
        token_dropout: share of characters and words shown as unknown in training.
        hard_pairs: made pairs for each given one and epoch (`augment.hard_pairs`); only for the labels 0 and 1.
        framed_pairs: pairs made from frames for each given one and epoch (`frames.framed_pairs`); only for the labels 0
            and 1.
        inferred_pairs: share of the pairs that follow from given ones (`augment.inferred_pairs`) drawn each epoch; only
            for the labels 0 and 1.
        length_prior: whether the loss takes out what a pair's length alone says of its class (`training.length_prior`).
        similarity_weight: weight of the loss on the two sentence embeddings' cosine (``interaction``).
        contrastive_weight: weight of the loss that asks each sentence for its match among all of a batch
            (`training.contrastive_loss`; ``interaction`` and ``bilstm``, two labels).
        sampling_temperature: how far further corpora are evened out with the one that decides: at T one with a share s
            of its pairs is passed ``s ** (1 / T - 1)`` times an epoch; at 1 each is passed once. None gets more pairs
            an epoch than the one that decides.
        max_grad_norm: gradients are scaled down to this norm.
        min_characters: characters seen less often in training are unknown.
        min_words: words seen less often in training are unknown.
        seed: of weights, order, made pairs and dropout.

    Raises:
        ValueError: a value that cannot be trained with; the message names the field.
    """

    epochs: int = 5
    batch_size: int = 256
    learning_rate: float = 1e-3
    warmup: float = 0.05
    ema_decay: float = 0.999
    token_dropout: float = 0.05
    hard_pairs: float = 0.25
    framed_pairs: float = 0.1
    inferred_pairs: float = 0.5
    length_prior: bool = True
    similarity_weight: float = 0.5
    contrastive_weight: float = 0.1
    sampling_temperature: float = 1.5
    max_grad_norm: float = 5.0
    min_characters: int = 2
    min_words: int = 5
    seed: int = 1

    def __post_init__(self) -> None:
        _check_numbers(self)
        if not self.warmup < 1:
            raise ValueError(f"warmup: expected less than 1, got {self.warmup}")


_PLAIN: dict[str, Any] = {
    "hard_pairs": 0.0,
    "framed_pairs": 0.0,
    "inferred_pairs": 0.0,
    "length_prior": False,
    "contrastive_weight": 0.0,
    "sampling_temperature": 1.0,
}
_RECIPE = TrainConfig(epochs=10, warmup=-1.0, ema_decay=0.0, token_dropout=0.01, min_words=3, **_PLAIN)

# What `train.py --arch` offers: the default, and what it is measured against, from much to little.
RECIPES: dict[str, tuple[ModelConfig, TrainConfig]] = {
    "default": (ModelConfig(), TrainConfig()),
    "interaction": (ModelConfig(), TrainConfig(epochs=5, **_PLAIN)),
    "bilstm": (ModelConfig(arch="bilstm"), TrainConfig(epochs=5, **_PLAIN)),
    "siamese": (
        ModelConfig(arch="siamese", unit="word", word_dim=128, hidden_size=128, bidirectional=False, dropout=0.0),
        _RECIPE,
    ),
    "overlap": (
        ModelConfig(arch="overlap", dropout=0.0),
        replace(_RECIPE, epochs=1, learning_rate=1e-2, token_dropout=0.0, min_characters=1),
    ),
}


def config_from_dict(values: dict[str, Any]) -> ModelConfig:
    """Rebuild a ModelConfig from JSON values.

    Raises:
        ValueError: a field is missing, unknown or has a value that no network can be built from.
    """
    expected = {field.name: type(field.default) for field in fields(ModelConfig)}
    if values.keys() != expected.keys():
        odd = ", ".join(sorted(values.keys() ^ expected.keys()))
        raise ValueError(f"missing or unknown fields: {odd}")
    if not isinstance(values["labels"], list):
        raise ValueError(f"labels: expected a list, got {values['labels']!r}")
    values = values | {"labels": tuple(values["labels"])}
    for name, kind in expected.items():
        if type(values[name]) is not kind:
            raise ValueError(f"{name}: expected {kind.__name__}, got {values[name]!r}")
    return ModelConfig(**values)
