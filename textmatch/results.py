"""Result objects: a prediction for a pair of sentences, and its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

EditKind = Literal["delete", "swap"]
SentenceNumber = Literal[1, 2]
SENTENCE_NUMBERS: tuple[SentenceNumber, SentenceNumber] = (1, 2)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The model's result for one pair.

    Attributes:
        sentence1: the first sentence, as given.
        sentence2: the second sentence, as given.
        label: the most probable class.
        probabilities: class name → probability, 0 to 1, summing to 1, in class order.
        similarity: graded similarity of the sentences, 0 to 1; 1 if they are equal after normalising. It is the mean of
            two numbers: the cosine of the sentence embeddings (0 if negative) and the probability of the last class.
            It is the cosine alone for models that classify by the cosine (``siamese``, ``overlap``), and for models
            with more than two classes.
        truncated: for each sentence, the normalised text past the model's length, which was not read; empty if none.
        unknown: for each sentence, the characters (words, if the model's unit is the word) that are not in the
            vocabulary, each once.
    """

    sentence1: str
    sentence2: str
    label: str
    probabilities: Mapping[str, float]
    similarity: float
    truncated: tuple[str, str]
    unknown: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Word:
    """A jieba word of one of the two sentences.

    Attributes:
        text: the word in the shown text (`Explanation.texts`).
        plain: the word as the model reads it (`text.normalise`).
        start: its first character in the shown text, from 0.
        end: the character after its last one.
        known: whether the word is in the vocabulary. Models that read characters still read those of an unknown word.
        unknown: the characters of it that are not in the vocabulary (the word itself, if the model's unit is the word).
        cut: whether some or all of it lies past the model's length.
        importance: probability of the predicted class with the word minus that without it, -1 to 1. Above 0 the word
            supports the prediction, below 0 it opposes it. None if this was not tried: for the only word of a sentence,
            a word that was not read, and some words of very long sentences.
        aligned: whether it is in one of `Explanation.aligned_pairs`.
    """

    text: str
    plain: str
    start: int
    end: int
    known: bool
    unknown: tuple[str, ...]
    cut: bool
    importance: float | None = None
    aligned: bool = False


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """A word of each sentence that correspond to each other.

    Attributes:
        first: index of the word in the first sentence, from 0.
        second: index of the word in the second sentence, from 0.
        strength: of the alignment, `explain.ALIGNED` to 1; 1 if each word attends to nothing but the other.
    """

    first: int
    second: int
    strength: float


@dataclass(frozen=True, slots=True)
class Edit:
    """One word deleted or replaced.

    Attributes:
        sentence: 1 or 2.
        word: index of the word in that sentence, from 0.
        kind: ``delete``, or ``swap``: replaced by its counterpart in the other sentence.
        text: the word in the shown text.
        replacement: the text that replaces it; empty if it was deleted.
    """

    sentence: SentenceNumber
    word: int
    kind: EditKind
    text: str
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The smallest change found that changes the predicted label.

    Attributes:
        edits: one or two edits, of different words.
        prediction: for the edited pair.
    """

    edits: tuple[Edit, ...]
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the model predicts what it does for a pair.

    Attributes:
        prediction: for the pair.
        texts: the shown texts, in which words have their places: each sentence as given, or its normalised form.
        as_given: for each sentence, whether the shown text is the sentence as given. It is the normalised form if their
            characters cannot be matched, as when one character stands for two words.
        words: of the first and the second sentence, in order, without the marks and spaces between them.
        aligned_pairs: words of the two sentences that correspond to each other, in order.
        alignment: where these come from: the model's ``attention``, or ``equality`` of words and characters for a model
            without attention between the sentences.
        counterfactual: the smallest change found that changes the label; None if none was found.
        complete: whether every word that was read was tried; False for very long sentences.
    """

    prediction: Prediction
    texts: tuple[str, str]
    as_given: tuple[bool, bool]
    words: tuple[tuple[Word, ...], tuple[Word, ...]]
    aligned_pairs: tuple[AlignedPair, ...]
    alignment: Literal["attention", "equality"]
    counterfactual: Counterfactual | None
    complete: bool

    def swapped(self) -> Explanation:
        """The same explanation with the two sentences in the other order."""
        aligned_pairs = [AlignedPair(pair.second, pair.first, pair.strength) for pair in self.aligned_pairs]
        return replace(
            self,
            prediction=_swapped_prediction(self.prediction),
            texts=self.texts[::-1],
            as_given=self.as_given[::-1],
            words=self.words[::-1],
            aligned_pairs=tuple(sorted(aligned_pairs, key=lambda pair: pair.first)),
            counterfactual=self.counterfactual and _swapped_counterfactual(self.counterfactual),
        )


def _swapped_counterfactual(counterfactual: Counterfactual) -> Counterfactual:
    edits = tuple(replace(edit, sentence=1 if edit.sentence == 2 else 2) for edit in counterfactual.edits)
    return Counterfactual(edits, _swapped_prediction(counterfactual.prediction))


def _swapped_prediction(prediction: Prediction) -> Prediction:
    return replace(
        prediction,
        sentence1=prediction.sentence2,
        sentence2=prediction.sentence1,
        truncated=prediction.truncated[::-1],
        unknown=prediction.unknown[::-1],
    )
