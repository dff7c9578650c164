"""From labelled rows to the batches of an epoch: encoding, sources and their shares, the length prior, batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from textmatch.batching import EncodedPair, shuffled
from textmatch.config import ModelConfig, TrainConfig
from textmatch.evaluation import LabelledPairs
from textmatch.files import Pair, Splits, label_names
from textmatch.text import Encoded, Vocabulary
from textmatch.training.augment import augmented_pairs, transitive_pairs
from textmatch.training.templates import template_pairs

MAX_PRIOR_LENGTH = 100  # characters of a pair; longer pairs are counted together
PRIOR_STRENGTH = 100  # pairs that the overall shares weigh as much as, at each length
LEAST_PRIOR = -1e4  # of a class that a corpus has not: -inf times a probability of 0 would make the loss NaN


class Examples(NamedTuple):
    """Encoded pairs to train on.

    Attributes:
        pairs: N encoded pairs.
        labels: their classes.
        prior: log probabilities of the classes given the lengths (`length_prior`), or zeros, `[N, C]`, float32.
        grades: how close the meanings are, 0 to 1, `[N]`, float32; NaN where that is not known.
    """

    pairs: list[EncodedPair]
    labels: list[int]
    prior: Tensor
    grades: Tensor


class Source(NamedTuple):
    """Examples, and the share of them that an epoch draws; 1.5 draws all of them and half of them again."""

    examples: Examples
    share: float


class PairEncoder:
    """Encodes labelled pairs; each sentence is segmented once, however often it occurs.

    Args:
        vocabulary: built from the training sentences.
        config: the unit of a position, and how many positions are read.
        labels: the data's own labels, in class order.
    """

    def __init__(self, vocabulary: Vocabulary, config: ModelConfig, labels: Sequence[str]) -> None:
        self._vocabulary, self._config = vocabulary, config
        self._classes = {label: i for i, label in enumerate(labels)}
        self._cache: dict[str, Encoded] = {}

    def encode(self, pairs: Sequence[Pair]) -> LabelledPairs:
        """Encode labelled pairs."""
        encoded = [(self._encode_sentence(pair.sentence1), self._encode_sentence(pair.sentence2)) for pair in pairs]
        return LabelledPairs(encoded, [self._classes[pair.label] for pair in pairs])

    def examples(self, pairs: Sequence[Pair], with_prior: bool) -> Examples:
        """Encode labelled pairs to train on, with their length prior or with zeros in its place."""
        encoded, labels = self.encode(pairs)
        classes = len(self._classes)
        prior = length_prior(encoded, labels, classes) if with_prior else torch.zeros(len(labels), classes)
        grades = torch.tensor([math.nan if pair.score is None else pair.score for pair in pairs])
        return Examples(encoded, labels, prior, grades)

    def _encode_sentence(self, sentence: str) -> Encoded:
        if sentence not in self._cache:
            self._cache[sentence] = self._vocabulary.encode(sentence, self._config.max_length, self._config.unit)
        return self._cache[sentence]


def training_sources(
    encoder: PairEncoder, corpora: Sequence[Splits], weights: Sequence[float], config: TrainConfig
) -> list[Source]:
    """Everything that an epoch draws from: the corpora and, for the labels 0 and 1, pairs made from them.

    Args:
        encoder: encodes the pairs.
        corpora: the corpus that decides, then the others.
        weights: of each corpus; factors of its share.
        config: the shares.
    """
    main = corpora[0]
    drawn = [
        (corpus.train, weight * corpus_share(corpus, main, config.sampling_temperature))
        for corpus, weight in zip(corpora, weights, strict=True)
    ]
    if label_names(main.train) == ("0", "1"):
        drawn += [(pairs, share) for pairs, share in made_pairs(corpora, config) if pairs]
    return [Source(encoder.examples(pairs, config.length_prior), share * config.epoch_share) for pairs, share in drawn]


def corpus_share(corpus: Splits, main: Splits, temperature: float) -> float:
    """How many times an epoch goes through a corpus: by temperature (Devlin et al. 2019, multilingual BERT).

    An epoch never draws more pairs of a corpus than `main` has.
    """
    size = len(corpus.train) / len(main.train)
    return float(min(size ** (1 / temperature - 1), 1 / size))


def made_pairs(corpora: Sequence[Splits], config: TrainConfig) -> list[tuple[list[Pair], float]]:
    """Augmented, template and transitive pairs, each with the share of them that an epoch draws.

    Augmented and template pairs are made for all epochs at once, so that no epoch repeats those of another.
    """
    main = corpora[0].train
    given = [pair for corpus in corpora for pair in corpus.train]
    all_epochs = config.epochs * config.epoch_share * len(main)
    once = 1 / (config.epochs * config.epoch_share)
    return [
        (augmented_pairs(given, config.augmented_pairs * all_epochs / len(given), config.seed), once),
        (template_pairs(round(config.template_pairs * all_epochs), config.seed), once),
        (transitive_pairs(main) if config.transitive_pairs else [], config.transitive_pairs),
    ]


def length_prior(pairs: Sequence[EncodedPair], labels: Sequence[int], classes: int) -> Tensor:
    """Log probabilities of the classes given the length of each pair.

    Corpora are collected in a way that lets a pair's length predict its label, and differently in each split: in
    LCQMC's train split short pairs mostly match and long ones do not. The prior is added to the logits in the loss
    and nowhere else, so the network gains nothing from learning it (logit adjustment, Menon et al. 2021, section 3).

    Args:
        pairs: N encoded pairs of one corpus.
        labels: their classes.
        classes: C.

    Returns:
        `[N, C]`, float32: shares over five neighbouring lengths, smoothed with the overall shares.
    """
    lengths = torch.tensor([min(len(first) + len(second), MAX_PRIOR_LENGTH) for first, second in pairs])
    counts = torch.zeros(MAX_PRIOR_LENGTH + 1, classes)
    counts.index_put_((lengths, torch.tensor(labels)), torch.ones(len(lengths)), accumulate=True)
    overall = counts.sum(0) / counts.sum()
    window = torch.nn.functional.avg_pool1d(counts.T, 5, stride=1, padding=2).T * 5
    shares = (window + PRIOR_STRENGTH * overall) / (window.sum(1, keepdim=True) + PRIOR_STRENGTH)
    return shares.log().clamp(min=LEAST_PRIOR)[lengths]


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """The random generator of an epoch's draw and order; the same for a resumed run."""
    return torch.Generator().manual_seed(seed * 1_000_003 + epoch)


def draw_epoch(sources: Sequence[Source], generator: torch.Generator) -> Examples:
    """The examples of one epoch: of each source its share, at random."""
    pairs, labels, priors, grades = list[EncodedPair](), list[int](), list[Tensor](), list[Tensor]()
    for examples, share in sources:
        count = len(examples.labels)
        whole, part = divmod(round(share * count), max(count, 1))
        chosen = torch.cat([torch.arange(count).repeat(whole), torch.randperm(count, generator=generator)[:part]])
        pairs += [examples.pairs[i] for i in chosen.tolist()]
        labels += [examples.labels[i] for i in chosen.tolist()]
        priors.append(examples.prior[chosen])
        grades.append(examples.grades[chosen])
    return Examples(pairs, labels, torch.cat(priors), torch.cat(grades))


def epoch_batches(
    examples: Examples, batch_size: int, generator: torch.Generator, process: int = 0, processes: int = 1
) -> list[list[int]]:
    """Numbers of the examples in each batch of an epoch, for one of several processes.

    Each process gets the same number of batches, since they wait for each other at each step; a few batches may be
    used twice for that.
    """
    batches = shuffled(examples.pairs, batch_size, generator)
    even = (batches * processes)[: math.ceil(len(batches) / processes) * processes]
    return even[process::processes]
