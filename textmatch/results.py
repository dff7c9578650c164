"""Result objects: a prediction for a pair of sentences, and its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

EditKind = Literal["delete", "swap"]
Trial = Literal["agree", "exchange", "remove"]
SentenceNumber = Literal[1, 2]
SENTENCE_NUMBERS: tuple[SentenceNumber, SentenceNumber] = (1, 2)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The model's result for one pair.

    Attributes:
        sentence1: the first sentence, as given.
        sentence2: the second sentence, as given.
        label: the most probable class.
        probabilities: class name → probability, 0 to 1, summing to 1, in class order; of two long texts those of the
            sentences in which they differ (`text.differing_parts`).
        similarity: how close the two meanings are, from 0 (nothing in common) to 1 (the same); 1 if they are equal
            after normalising. It is trained on people's gradings. Models without it (``siamese``, ``overlap``, and
            checkpoints of formats 1 and 2) have the cosine of the sentence embeddings in its place, those of formats 1
            and 2 with two classes the mean of it and the probability of the last class.
        truncated: for each sentence, the normalised text past the model's length, which was not read; empty if none.
        unknown: for each sentence, the characters (words, if the model's unit is the word) that are not in the
            vocabulary, each once.
        cosine: of the sentence embeddings, -1 to 1.
    """

    sentence1: str
    sentence2: str
    label: str
    probabilities: Mapping[str, float]
    similarity: float
    truncated: tuple[str, str]
    unknown: tuple[tuple[str, ...], tuple[str, ...]]
    cosine: float = 0.0


@dataclass(frozen=True, slots=True)
class Word:
    """A word of one of the two sentences: jieba's, cut or joined where the other sentence is cut otherwise.

    Attributes:
        text: the word in the shown text (`Explanation.texts`).
        plain: the word as the model reads it (`text.normalise`).
        start: its first character in the shown text, from 0.
        end: the character after its last one.
        known: whether the word is in the vocabulary. Models that read characters still read those of an unknown word.
        unknown: the characters of it that are not in the vocabulary (the word itself, if the model's unit is the word).
        cut: whether some or all of it lies past the model's length.
        importance: how much the predicted class hangs on the word, -1 to 1; below 0 the word speaks against it. None if
            it was not tried (`trial`).
        trial: what was tried with the word, in one sentence and in the other. ``agree``, if the sentences differ in
            meaning: they were made to agree here (the word replaced by its counterpart, a word without one taken out).
            ``exchange``, likewise: both sentences have this word and another one in the other order, and the two were
            exchanged; or they tell two things in the other order, and the word is of one of these. ``remove``, if they
            mean the same: it was taken out of one. `importance` is the mean of the probability that this took away from
            the prediction, and of what it does to two equal sentences. None for a word that was not read, that both
            sentences share while they differ, for a particle while they mean the same, for one that is the only one of
            its sentence, and for some words of long sentences.
        confidence: probability of the predicted class after the trial, 0 to 1; None without one.
        alone: probability of the predicted class for a sentence and itself with only this changed, 0 to 1; None without
            a trial.
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
    trial: Trial | None = None
    confidence: float | None = None
    alone: float | None = None
    aligned: bool = False


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """A word of each sentence that correspond to each other.

    Attributes:
        first: index of the word in the first sentence, from 0.
        second: index of the word in the second sentence, from 0.
        strength: of the alignment, `alignment.COUNTERPART` to 1; 1 for identical words.
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
        kind: ``delete``, or ``swap``: replaced by another text.
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
    """A change that a person might write and that changes the predicted label, to one of at least `explain.TURNED`.

    Attributes:
        edits: one or two edits, of different words of one sentence.
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
        alignment: where these come from: words, characters and the model's ``attention``, or ``equality`` of words and
            characters alone for a model without attention between the sentences.
        counterfactual: a change that changes the label; None if no good one was found.
        complete: whether every word with a content of its own was tried that had to be; False for long sentences.
        weakness: a change that leaves the meaning as it is and should change nothing, and yet changes the label to one
            of at least `explain.TURNED`; None if none of those that were tried does.
    """

    prediction: Prediction
    texts: tuple[str, str]
    as_given: tuple[bool, bool]
    words: tuple[tuple[Word, ...], tuple[Word, ...]]
    aligned_pairs: tuple[AlignedPair, ...]
    alignment: Literal["attention", "equality"]
    counterfactual: Counterfactual | None
    complete: bool
    weakness: Counterfactual | None = None

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
            weakness=self.weakness and _swapped_counterfactual(self.weakness),
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
