"""Explain a prediction: which words correspond, which decide, what turns it, and what should not and does.

What decides is found by asking the model again. Where the sentences differ, they are made to agree in one place; the
confidence that this takes away is what the difference counts for. Where they mean the same, a word is taken out of one.
Both are also tried on two sentences that differ in nothing else. `benchmarks/explanations.py` compares this with other
ways. The explanation is of the model, not of the language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from statistics import fmean
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from textmatch.alignment import Link, align, cut_together, has_content, is_particle
from textmatch.config import ModelConfig
from textmatch.counterfactual import Change, changes, exchanged, turned_around
from textmatch.results import AlignedPair, Counterfactual, Edit, Explanation, Prediction, Trial, Word
from textmatch.rewording import rewordings
from textmatch.text import Vocabulary, has_only_marks, is_mark, normalise, segment

ROWS, FEWEST_ROWS = 32, 8
"""Pairs asked at most to find what decides, and again to find a change that turns the verdict; and for the longest
sentences, of which a pair takes a tenth of a second."""

LONG = 256
"""Characters of both sentences from which fewer pairs are asked, so that the work does not grow with the length."""

REWORDED = 4
"""One of so many of these pairs has a change that leaves the meaning as it is."""

TURNED = 0.6
"""Confidence that the other label must have after a change that is suggested."""


class Matcher(Protocol):
    """What this module needs of a matcher. `TextMatcher` has it."""

    @property
    def config(self) -> ModelConfig:
        """What the network was built from."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters and words with an id."""

    def predict(self, pairs: Sequence[tuple[str, str]]) -> list[Prediction]:
        """Score sentence pairs."""

    def attention(self, sentence1: str, sentence2: str) -> tuple[Tensor, Tensor] | None:
        """Attention weights in both directions, None for a network without attention between the sentences."""


class _Sentence(NamedTuple):
    """A sentence and its words.

    Attributes:
        text: the shown text.
        as_given: whether that is the sentence as given.
        words: without marks and spaces.
        covers: whether word i covers position j, `[words, positions read]`, float32, 0 or 1.
    """

    text: str
    as_given: bool
    words: tuple[Word, ...]
    covers: Tensor

    @property
    def read(self) -> tuple[str, ...]:
        """The normalised words of which the model read something; they come first."""
        return tuple(word.plain for word, row in zip(self.words, self.covers, strict=True) if row.any())

    def changed(self, replacements: dict[int, str]) -> str:
        """The shown text with some words replaced; an empty text takes a word out."""
        text = self.text
        for i in sorted(replacements, reverse=True):  # from the end, so that the places before stay right
            text = text[: self.words[i].start] + replacements[i] + text[self.words[i].end :]
        return text


_Sentences = tuple[_Sentence, _Sentence]
_Place = tuple[int, int]
"""A word: 0 or 1 for the sentence, and its index."""


class _Trial(NamedTuple):
    """What is asked to find how much some words count.

    Attributes:
        places: the words.
        kind: what is done with them (`Word.trial`).
        changed: the pair with this done, in one sentence or in the other.
        alone: pairs of sentences that differ in nothing but this.
        first: the rank in which it is made if there are too many; the lowest first.
    """

    places: tuple[_Place, ...]
    kind: Trial
    changed: tuple[tuple[str, str], ...]
    alone: tuple[tuple[str, str], ...]
    first: int

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All pairs to ask."""
        return self.changed + self.alone


class _Weight(NamedTuple):
    """What a trial gave: the words of `Word` for it."""

    importance: float
    trial: Trial
    confidence: float
    alone: float


def explain(matcher: Matcher, sentence1: str, sentence2: str) -> Explanation:
    """Explain one pair. To call it use `TextMatcher.explain`.

    Args:
        matcher: the model.
        sentence1: the first sentence, not blank.
        sentence2: the second sentence, not blank.
    """
    plain1, plain2 = normalise(sentence1), normalise(sentence2)
    cut1, cut2 = cut_together(plain1, plain2)
    sentences = _locate_words(matcher, sentence1, plain1, cut1), _locate_words(matcher, sentence2, plain2, cut2)
    attention = matcher.attention(sentence1, sentence2)
    strength = None if attention is None else _mutual_attention(sentences, *attention)
    links = align(sentences[0].read, sentences[1].read, strength)
    prediction, equal1, equal2 = matcher.predict([(sentence1, sentence2), (sentence1,) * 2, (sentence2,) * 2])
    equal = prediction.label in (equal1.label, equal2.label)
    trials = _removals(sentences, links) if equal else _agreements(sentences, links)
    made = _affordable(trials, _rows(sentences))
    weights = _weigh(matcher, prediction, (equal1, equal2), made)
    counterfactual, weakness = _turning(matcher, sentences, links, prediction, equal)
    return Explanation(
        prediction=prediction,
        texts=(sentences[0].text, sentences[1].text),
        as_given=(sentences[0].as_given, sentences[1].as_given),
        words=_explained_words(sentences, links, weights),
        aligned_pairs=tuple(AlignedPair(*link) for link in links),
        alignment="equality" if attention is None else "attention",
        counterfactual=counterfactual,
        complete=all(trial in made or trial.first > 1 for trial in trials),
        weakness=weakness,
    )


def _explained_words(
    sentences: _Sentences, links: Sequence[Link], weights: dict[_Place, _Weight]
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    first, second = (
        tuple(
            _explained(word, (side, i) in aligned, weights.get((side, i)))
            for i, word in enumerate(sentences[side].words)
        )
        for aligned in [{place for link in links for place in ((0, link.first), (1, link.second))}]
        for side in (0, 1)
    )
    return first, second


def _explained(word: Word, aligned: bool, weight: _Weight | None) -> Word:
    if weight is None:
        return replace(word, aligned=aligned)
    return replace(
        word,
        aligned=aligned,
        importance=weight.importance,
        trial=weight.trial,
        confidence=weight.confidence,
        alone=weight.alone,
    )


# Words and their places


def _locate_words(matcher: Matcher, sentence: str, plain: str, tokens: Sequence[str]) -> _Sentence:
    sources = _source_positions(sentence, plain, tokens)
    as_given = sources is not None
    shown = sentence if as_given else plain
    sources = list(range(len(plain))) if sources is None else sources

    by_character = matcher.config.unit == "character"
    table = matcher.vocabulary.characters if by_character else matcher.vocabulary.words
    units = [(i, i + 1) for i in range(len(plain))] if by_character else _places(segment(plain))
    read = units[: matcher.config.max_length]
    words, covers = [], []
    for (at, end), token in zip(_places(tokens), tokens, strict=True):
        if token.isspace():
            continue
        own = [plain[a:b] for a, b in units if a < end and at < b]
        start, stop = sources[at], sources[end - 1] + 1
        words.append(
            Word(
                text=shown[start:stop],
                plain=token,
                start=start,
                end=stop,
                known=token in matcher.vocabulary.words,
                unknown=tuple(dict.fromkeys(unit for unit in own if unit not in table)),
                cut=end > read[-1][1],
            )
        )
        covers.append(torch.tensor([float(a < end and at < b) for a, b in read]))
    return _Sentence(shown, as_given, tuple(words), torch.stack(covers))


def _places(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Start and end of each token in the text that they join to."""
    ends = list(accumulate(map(len, tokens)))
    return list(zip([0, *ends], ends, strict=False))


def _source_positions(sentence: str, plain: str, tokens: Sequence[str]) -> list[int] | None:
    """For each character of the normalised `plain` the index of the character in `sentence` that it came from.

    None if that cannot be told, or if one character of `sentence` belongs to two of the `tokens`.
    """
    sources: list[int] = []
    for i, character in enumerate(sentence):
        for folded in unicodedata.normalize("NFKC", character).lower():
            at = len(sources)
            if plain[at : at + 1] == " " and not is_mark(folded):
                sources.append(i)  # a space that normalising put between two Latin words
                at += 1
            if plain[at : at + 1] == folded or not is_mark(folded):
                sources.append(i)
    if len(sources) != len(plain):
        return None
    ends = list(accumulate(map(len, tokens)))[:-1]
    separate = all(sources[end - 1] < sources[end] or plain[end - 1] == " " for end in ends)
    return sources if separate else None


def _mutual_attention(sentences: _Sentences, first_to_second: Tensor, second_to_first: Tensor) -> Tensor:
    """How strongly each two words attend to each other: `[words 1, words 2]`, 0 to 1.

    It is the geometric mean of the attention in both directions. Attention sums to 1, so a word without a counterpart
    attends to some other word; that word does not attend back, and the mean is near 0.
    """
    first, second = sentences[0].covers, sentences[1].covers
    forward = _normalise_rows(first) @ first_to_second @ second.T
    backward = _normalise_rows(second) @ second_to_first @ first.T
    return (forward * backward.T).sqrt().clamp(0, 1)


def _normalise_rows(covers: Tensor) -> Tensor:
    """Rows that sum to 1: multiplied with them, positions are averaged over a word."""
    return covers / covers.sum(1, keepdim=True).clamp(min=1)


# What decides


def _agreements(sentences: _Sentences, links: Sequence[Link]) -> list[_Trial]:
    """Make two sentences of different meaning agree in one place: a word and its counterpart, or a word too many."""
    first, second = sentences
    trials = [
        _trial(
            "agree",
            sentences,
            ((0, link.first), (1, link.second)),
            ({link.first: there.text}, {link.second: here.text}),
        )
        for link in links
        for here, there in [(first.words[link.first], second.words[link.second])]
        if here.plain != there.plain
    ]
    crossed = exchanged(first.read, second.read, links)
    if not crossed and (between := turned_around(first.read, second.read, links)):
        trials.append(_turn_around(sentences, between, links))
    for one, two in crossed:
        ends = [(link.first, link.second) for link in (one, two)]
        places = tuple((side, end[side]) for side in (0, 1) for end in ends)
        edits = [
            {ends[0][side]: sentence.words[ends[1][side]].text, ends[1][side]: sentence.words[ends[0][side]].text}
            for side, sentence in enumerate(sentences)
        ]
        trials.append(_trial("exchange", sentences, places, (edits[0], edits[1])))
    for side, i in _unlinked(sentences, links):
        without: list[dict[int, str]] = [{}, {}]
        without[side] = {i: ""}
        trials.append(_trial("agree", sentences, ((side, i),), (without[0], without[1])))
    return [trial for trial in trials if trial.changed]


def _turn_around(sentences: _Sentences, between: tuple[int, int], links: Sequence[Link]) -> _Trial:
    """Exchange what stands before and after a word, in one sentence or in the other."""
    stayed = {
        place
        for link in links
        if (link.first < between[0]) == (link.second < between[1])
        for place in ((0, link.first), (1, link.second))
    }
    edits: list[dict[int, str]] = []
    places: list[_Place] = []
    for side, (sentence, at) in enumerate(zip(sentences, between, strict=True)):
        words, last = sentence.words, len(sentence.read) - 1
        before, after = (sentence.text[words[a].start : words[b].end] for a, b in ((0, at - 1), (at + 1, last)))
        emptied = dict.fromkeys([*range(1, at), *range(at + 2, last + 1)], "")
        edits.append({0: after, at + 1: before} | emptied)
        own = ((side, i) for i in range(last + 1) if i != at and has_content(words[i].plain))
        places += [place for place in own if place not in stayed]
    return _trial("exchange", sentences, tuple(places), (edits[0], edits[1]))


def _removals(sentences: _Sentences, links: Sequence[Link]) -> list[_Trial]:
    """Take a word out of one of two sentences that mean the same; a particle is no reason for that."""
    first, second = sentences
    trials = [
        _trial("remove", sentences, ((0, link.first), (1, link.second)), ({link.first: ""}, {link.second: ""}))
        for link in links
        if not (is_particle(first.words[link.first].plain) and is_particle(second.words[link.second].plain))
    ]
    return [trial for trial in trials if trial.changed]


def _trial(
    kind: Trial, sentences: _Sentences, places: tuple[_Place, ...], edits: tuple[dict[int, str], dict[int, str]]
) -> _Trial:
    """Either sentence with its edits, against the other sentence and against itself."""
    text1, text2 = sentences[0].text, sentences[1].text
    new1, new2 = sentences[0].changed(edits[0]), sentences[1].changed(edits[1])
    asked = [(edits[0], (new1, text2), (text1, new1)), (edits[1], (text1, new2), (new2, text2))]
    asked = [row for row in asked if row[0] and _askable(*row[1:])]
    content = any(has_content(sentences[side].words[i].plain) for side, i in places)
    rank = (1 if len(places) == 1 else 0) if content else 2
    return _Trial(places, kind, tuple(row[1] for row in asked), tuple(row[2] for row in asked), rank)


def _askable(*pairs: tuple[str, str]) -> bool:
    """Whether no sentence is blank."""
    return not any(has_only_marks(sentence) for pair in pairs for sentence in pair)


def _unlinked(sentences: _Sentences, links: Sequence[Link]) -> list[_Place]:
    linked = {place for link in links for place in ((0, link.first), (1, link.second))}
    return [(side, i) for side in (0, 1) for i in range(len(sentences[side].read)) if (side, i) not in linked]


def _rows(sentences: _Sentences) -> int:
    """How many pairs may be asked."""
    length = sum(len(sentence.text) for sentence in sentences)
    return max(FEWEST_ROWS, ROWS * LONG // max(LONG, length))


def _affordable(trials: Sequence[_Trial], rows: int) -> list[_Trial]:
    """As many trials as so many pairs allow, words with content first."""
    made: list[_Trial] = []
    asked = 0
    for trial in sorted(trials, key=lambda trial: trial.first):
        asked += len(trial.pairs)
        if asked <= rows:
            made.append(trial)
    return made


def _weigh(
    matcher: Matcher, prediction: Prediction, equals: Sequence[Prediction], trials: Sequence[_Trial]
) -> dict[_Place, _Weight]:
    """What each tried word counts for; the greater weight where it was tried twice.

    Args:
        matcher: the model.
        prediction: for the pair.
        equals: for each sentence against itself.
        trials: what to ask.
    """
    answers = iter(matcher.predict([pair for trial in trials for pair in trial.pairs]))
    label, weights = prediction.label, dict[_Place, _Weight]()
    of_equals = fmean(equal.probabilities[label] for equal in equals)
    for trial in trials:
        confidence, alone = (
            fmean(next(answers).probabilities[label] for _ in pairs) for pairs in (trial.changed, trial.alone)
        )
        by_itself = of_equals - alone if trial.kind == "remove" else alone - of_equals
        lost = prediction.probabilities[label] - confidence
        weight = _Weight((lost + by_itself) / 2, trial.kind, confidence, alone)
        for place in trial.places:
            weights[place] = max(weights.get(place, weight), weight)
    return weights


# What turns the verdict


_Tried = tuple[Change, tuple[str, str]]
"""A change, and the shown texts after it."""


def _turning(
    matcher: Matcher, sentences: _Sentences, links: Sequence[Link], prediction: Prediction, equal: bool
) -> tuple[Counterfactual | None, Counterfactual | None]:
    """A change that turns the verdict, and one that should not and does; each the one that reads best."""
    read, rows = (sentences[0].read, sentences[1].read), _rows(sentences)
    reworded = _possible(sentences, rewordings(read))[: rows // REWORDED]
    changed = _possible(sentences, changes(read, links, equal))[: rows - len(reworded)]
    outcomes = matcher.predict([pair for _, pair in (*changed, *reworded)])
    return (
        _first_turned(sentences, changed, outcomes[: len(changed)], prediction),
        _first_turned(sentences, reworded, outcomes[len(changed) :], prediction),
    )


def _possible(sentences: _Sentences, changes: Sequence[Change]) -> list[_Tried]:
    return [(change, pair) for change in changes if (pair := _changed_pair(sentences, change)) is not None]


def _first_turned(
    sentences: _Sentences, tried: Sequence[_Tried], outcomes: Sequence[Prediction], prediction: Prediction
) -> Counterfactual | None:
    """The first change that gives another label with a confidence of at least `TURNED`."""
    for (change, _), outcome in zip(tried, outcomes, strict=True):
        if outcome.label != prediction.label and outcome.probabilities[outcome.label] >= TURNED:
            words = sentences[change.sentence - 1].words
            edits = (
                Edit(change.sentence, i, "swap" if text else "delete", words[i].text, text)
                for i, text in change.replacements
            )
            return Counterfactual(tuple(edits), outcome)
    return None


def _changed_pair(sentences: _Sentences, change: Change) -> tuple[str, str] | None:
    """The shown texts after a change; None if it would mix simplified words into traditional text."""
    sentence = sentences[change.sentence - 1]
    if any(word.text.lower() != word.plain and not word.text.isascii() for word in sentence.words):
        return None
    texts = [sentences[0].text, sentences[1].text]
    texts[change.sentence - 1] = sentence.changed(dict(change.replacements))
    return (texts[0], texts[1]) if _askable((texts[0], texts[1])) else None
