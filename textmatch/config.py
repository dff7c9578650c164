"""Every default of a network and of its training, once; `train.py` makes its options from these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from textmatch.text import Unit

Arch = Literal["interaction", "bilstm", "siamese", "overlap"]
ClassWeights = Literal["none", "balanced"]
DevMetric = Literal["accuracy", "f1", "auc"]
Tracker = Literal["tensorboard", "trackio"]


KEPT_SETTINGS = frozenset(("labels", "max_length", "dropout", "symmetric", "sounds", "knowledge", "graded"))
"""Fields of `ModelConfig` that a run does not take from the checkpoint that it starts from."""


def _check(config: object, names: tuple[str, ...], accept: Callable[[Any], bool], expected: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not accept(value):
            raise ValueError(f"{name}: expected {expected}, got {value!r}")


def _are_class_names(names: tuple[str, ...]) -> bool:
    return len(names) >= 2 and len(set(names)) == len(names) and all(isinstance(name, str) for name in names)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What a network is built from; a checkpoint's ``config.json`` holds it.

    Attributes:
        arch: ``interaction`` compares the words of the two sentences by cross-attention; ``bilstm`` is the same without
            cross-attention; ``siamese`` encodes each sentence and classifies the cosine; ``overlap`` counts the
            characters in common.
        unit: what a position is: a ``character`` together with the word that covers it, or a ``word``.
        labels: class names in class order, two or more.
        max_length: positions read of each sentence; the rest is cut and reported.
        character_dim: size of a character embedding; not used with ``unit="word"``.
        word_dim: size of a word embedding.
        hidden_size: hidden units of each LSTM direction.
        num_layers: LSTM layers of the shared encoder.
        bidirectional: whether the shared encoder reads in both directions.
        embedding_dim: size of the sentence embedding (``interaction`` and ``bilstm``; for ``siamese`` it is that of
            the last state).
        dropout: share of units dropped in training.
        symmetric: whether the order of the two sentences makes no difference (``interaction`` and ``bilstm``). Set
            False for entailment, where order matters.
        sounds: whether a position also shows the sound of its character (``interaction`` and ``bilstm``).
        knowledge: whether the comparison is told which amounts are equal, which terms mean the same, and which
            characters sound alike (``interaction``).
        graded: whether the network also learns how close two meanings are (``interaction`` and ``bilstm``).

    Raises:
        ValueError: a value that no network can be built from; the message names the field.
    """

    arch: Arch = "interaction"
    unit: Unit = "character"
    labels: tuple[str, ...] = ("Not Matched", "Matched")
    max_length: int = 512
    character_dim: int = 192
    word_dim: int = 64
    hidden_size: int = 192
    num_layers: int = 1
    bidirectional: bool = True
    embedding_dim: int = 256
    dropout: float = 0.2
    symmetric: bool = True
    sounds: bool = True
    knowledge: bool = True
    graded: bool = True

    def __post_init__(self) -> None:
        sizes = ("max_length", "character_dim", "word_dim", "hidden_size", "num_layers", "embedding_dim")
        _check(self, sizes, lambda value: value >= 1, "at least 1")
        _check(self, ("dropout",), lambda value: 0 <= value < 1, "at least 0 and less than 1")
        _check(self, ("arch",), lambda value: value in get_args(Arch), " or ".join(get_args(Arch)))
        _check(self, ("unit",), lambda value: value in get_args(Unit), " or ".join(get_args(Unit)))
        _check(self, ("labels",), _are_class_names, "two or more different names")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How a network is trained.

    Attributes:
        epochs: passes over the training pairs; 0 calibrates and evaluates the checkpoint that the run starts from.
        batch_size: pairs of a step.
        learning_rate: Adam's highest learning rate.
        warmup: share of all steps with a rising learning rate; after them it falls to zero along a half cosine. A
            negative value keeps the learning rate constant.
        ema_decay: decay of the exponential moving average of the weights, which is what is evaluated and saved; 0 for
            no average.
        token_dropout: share of characters, and of words, shown as unknown in training.
        augmented_pairs: augmented pairs for each given pair and epoch (`augment.augmented_pairs`); labels 0 and 1 only.
        template_pairs: pairs from templates for each given pair and epoch (`templates.template_pairs`); labels 0 and 1
            only.
        transitive_pairs: share of the inferred pairs that an epoch draws (`augment.transitive_pairs`); labels 0 and 1
            only.
        length_prior: whether the loss removes what the length of a pair says about its class
            (`sampling.length_prior`).
        grade_weight: weight of the loss on how close the two meanings are (``graded`` networks).
        similarity_weight: weight of the loss on the cosine of the two sentence embeddings (``interaction`` and
            ``bilstm``).
        contrastive_weight: weight of the loss on finding each match among the in-batch negatives
            (`losses.contrastive_loss`; ``interaction`` and ``bilstm``, two labels).
        sampling_temperature: how often an epoch goes through a further corpus: ``s ** (1 / T - 1)`` times at
            temperature T, where s is its size relative to the main corpus. At 1 each is used once; higher values use
            small corpora more often. No corpus gets more pairs of an epoch than the main one.
        epoch_share: share of all that which an epoch draws; a small one gives more epochs to choose from.
        max_words: words of a vocabulary that is taken from a checkpoint to start from and renewed: the most frequent
            ones of the data come first, and characters are added; 0 leaves it as it is.
        class_weights: ``balanced`` counts rare classes as much as frequent ones, in the loss and in the calibration:
            the probabilities are then those of classes that are equally frequent.
        metric: the figure on dev by which the best epoch is chosen (`metrics.Metrics`).
        patience: epochs without a better one after which training stops; 0 trains all epochs.
        max_grad_norm: gradients are clipped to this norm.
        min_characters: characters that occur less often in training are unknown.
        min_words: words that occur less often in training are unknown.
        seed: of the weights, the order of the pairs, the made pairs and dropout.

    Raises:
        ValueError: a value that cannot be trained with; the message names the field.
    """

    epochs: int = 5
    batch_size: int = 256
    learning_rate: float = 1e-3
    warmup: float = 0.05
    ema_decay: float = 0.999
    token_dropout: float = 0.05
    augmented_pairs: float = 0.25
    template_pairs: float = 0.1
    transitive_pairs: float = 0.5
    length_prior: bool = True
    grade_weight: float = 0.5
    similarity_weight: float = 0.5
    contrastive_weight: float = 0.1
    sampling_temperature: float = 1.5
    epoch_share: float = 1.0
    max_words: int = 0
    class_weights: ClassWeights = "none"
    metric: DevMetric = "accuracy"
    patience: int = 0
    max_grad_norm: float = 5.0
    min_characters: int = 2
    min_words: int = 5
    seed: int = 1

    def __post_init__(self) -> None:
        at_least_one = ("batch_size", "sampling_temperature", "min_characters", "min_words")
        _check(self, at_least_one, lambda value: value >= 1, "at least 1")
        weights = ("augmented_pairs", "template_pairs", "grade_weight", "similarity_weight", "contrastive_weight")
        _check(self, ("epochs", "seed", "patience", *weights), lambda value: value >= 0, "at least 0")
        shares = ("ema_decay", "token_dropout", "transitive_pairs")
        _check(self, shares, lambda value: 0 <= value < 1, "at least 0 and less than 1")
        _check(self, ("max_words",), lambda value: value >= 0, "at least 0")
        _check(self, ("learning_rate", "epoch_share", "max_grad_norm"), lambda value: value > 0, "more than 0")
        _check(self, ("warmup",), lambda value: value < 1, "less than 1")
        for name, kind in (("class_weights", ClassWeights), ("metric", DevMetric)):
            _check(self, (name,), get_args(kind).__contains__, " or ".join(get_args(kind)))


_WITHOUT_EXTRAS: dict[str, Any] = {
    "augmented_pairs": 0.0,
    "template_pairs": 0.0,
    "transitive_pairs": 0.0,
    "length_prior": False,
    "contrastive_weight": 0.0,
    "sampling_temperature": 1.0,
}
_RECIPE = TrainConfig(epochs=10, warmup=-1.0, ema_decay=0.0, token_dropout=0.01, min_words=3, **_WITHOUT_EXTRAS)

# What `train.py --arch` offers: the default, and the simpler models that it is compared with.
PRESETS: dict[str, tuple[ModelConfig, TrainConfig]] = {
    "default": (ModelConfig(), TrainConfig()),
    "interaction": (ModelConfig(), TrainConfig(epochs=5, **_WITHOUT_EXTRAS)),
    "bilstm": (ModelConfig(arch="bilstm"), TrainConfig(epochs=5, **_WITHOUT_EXTRAS)),
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
    """Build a ModelConfig from JSON values.

    Raises:
        ValueError: a field is missing or unknown, or has a value that no network can be built from.
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
