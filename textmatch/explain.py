"""Why the model says so: what met what, what each word did, and what little change would turn the verdict.

Everything here is found by asking the model: its attention says which words met, and scoring the pair again without a
word says what the word did. It explains the model, not the language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import Tensor

from textmatch import text

if TYPE_CHECKING:
    from textmatch.matcher import Prediction, TextMatcher

MET = 0.2
"""Strength from which two words count as having met."""

BUDGET = 6000
"""Positions scored at most in the first round: all words and swaps of usual sentences, some of very long ones."""

SWAPS = 12
"""Swaps of a word for its counterpart that are tried."""

PROMISING = 6
"""Changes that are tried in pairs where no single one turns the verdict: those that shook it most."""

Kind = Literal["delete", "swap"]
Number = Literal[1, 2]
NUMBERS: tuple[Number, Number] = (1, 2)


@dataclass(frozen=True, slots=True)
class Word:
    """A jieba word of one of the two sentences.

    Attributes:
        text: the word as it stands in the shown text.
        plain: the word as the model reads it (`text.normalise`).
        start: where it begins in the shown text, in characters.
        end: where it ends there, exclusive.
        known: whether the word is in the vocabulary. A model of characters still reads an unknown word by those.
        unknown: what the model cannot read of it: characters (or, for a model of words, the word) it never saw.
        cut: whether some or all of it lies past the model's length.
        effect: the predicted class's probability with the word minus that without it, -1 to 1: above 0 the word speaks
            for the verdict, below 0 against it. None where it was not tried: the only word, a word that was not read,
            or one of a very long sentence.
        met: whether it met a word of the other sentence.
    """

    text: str
    plain: str
    start: int
    end: int
    known: bool
    unknown: tuple[str, ...]
    cut: bool
    effect: float | None = None
    met: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two words that met.

    Attributes:
        first: number of the word in the first sentence, from 0.
        second: number of the word in the second sentence, from 0.
        strength: how strongly, `MET` to 1: 1 when each looks at nothing but the other.
    """

    first: int
    second: int
    strength: float


@dataclass(frozen=True, slots=True)
class Change:
    """One word taken out or replaced.

    Attributes:
        sentence: 1 or 2.
        word: number of the word in that sentence, from 0.
        kind: ``delete``, or ``swap`` for its counterpart in the other sentence.
        text: the word as it stands in the shown text.
        replacement: what stands in its place; empty where it was taken out.
    """

    sentence: Number
    word: int
    kind: Kind
    text: str
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class Flip:
    """The smallest change found that turns the verdict.

    Attributes:
        changes: one or two changes, of different words.
        prediction: what the model says of the changed pair, which is in it.
    """

    changes: tuple[Change, ...]
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the model judges a pair as it does.

    Attributes:
        prediction: the verdict.
        texts: the shown texts that the words' places count in: each sentence as given, or its normalised form.
        as_given: for each sentence whether the shown text is the sentence as given. It is the normalised form where the
            two cannot be laid side by side, as with one character that stands for two words.
        words: the words of the first and the second sentence, in order; marks and spaces between them are left out.
        meetings: the pairs of words that met, in order.
        alignment: where the meetings come from: the model's own ``attention``, or ``equality`` of words and characters
            for a model whose sentences never look at each other.
        flip: the smallest change found that turns the verdict, None where none was found.
        complete: whether every word that was read was tried; not so for very long sentences.
    """

    prediction: Prediction
    texts: tuple[str, str]
    as_given: tuple[bool, bool]
    words: tuple[tuple[Word, ...], tuple[Word, ...]]
    meetings: tuple[Meeting, ...]
    alignment: Literal["attention", "equality"]
    flip: Flip | None
    complete: bool

    def swapped(self) -> Explanation:
        """The same explanation with the two sentences in the other order."""
        meetings = sorted((Meeting(m.second, m.first, m.strength) for m in self.meetings), key=lambda m: m.first)
        return replace(
            self,
            prediction=_swapped(self.prediction),
            texts=self.texts[::-1],
            as_given=self.as_given[::-1],
            words=self.words[::-1],
            meetings=tuple(meetings),
            flip=self.flip
            and Flip(
                tuple(replace(change, sentence=1 if change.sentence == 2 else 2) for change in self.flip.changes),
                _swapped(self.flip.prediction),
            ),
        )


def explain(matcher: TextMatcher, sentence1: str, sentence2: str) -> Explanation:
    """Explain one pair; `TextMatcher.explain` is the way in.

    Args:
        matcher: the model that is asked.
        sentence1: the first sentence, not blank.
        sentence2: the second sentence, not blank.
    """
    sides = _read(matcher, sentence1), _read(matcher, sentence2)
    attention = matcher.attention(sentence1, sentence2)
    strength = _same(sides) if attention is None else _mutual(sides, *attention)
    met = strength >= MET
    deletions, swaps = _deletions(sides, strength), _swaps(sides, strength)
    limit = max(8, BUDGET // sum(side.read for side in sides))
    tried = [*swaps[: limit // 3], *deletions][:limit]
    base, *outcomes = matcher.predict([(sentence1, sentence2), *(_apply(sides, (change,)) for change in tried)])
    effects = {
        (change.sentence, change.word): base.probabilities[base.label] - outcome.probabilities[base.label]
        for change, outcome in zip(tried, outcomes, strict=True)
        if change.kind == "delete"
    }
    first, second = (
        tuple(
            replace(word, effect=effects.get((number, i)), met=bool(meets[i].any()))
            for i, word in enumerate(side.words)
        )
        for number, side, meets in zip(NUMBERS, sides, (met, met.T), strict=True)
    )
    return Explanation(
        prediction=base,
        texts=(sides[0].text, sides[1].text),
        as_given=(sides[0].as_given, sides[1].as_given),
        words=(first, second),
        meetings=tuple(Meeting(i, j, strength[i, j].item()) for i, j in met.nonzero().tolist()),
        alignment="equality" if attention is None else "attention",
        flip=_flip(matcher, sides, base, dict(zip(tried, outcomes, strict=True))),
        complete=len(effects) == len(deletions),
    )


class _Side(NamedTuple):
    """One sentence: its shown text, its words, and which positions each word covers, `[words, read]`, 0 or 1."""

    text: str
    as_given: bool
    words: tuple[Word, ...]
    covers: Tensor

    @property
    def read(self) -> int:
        return self.covers.shape[1]


def _read(matcher: TextMatcher, sentence: str) -> _Side:
    plain = text.normalise(sentence)
    cut = text.words(plain)
    places = _trace(sentence, plain, cut)
    given, shown = places is not None, plain if places is None else sentence
    places = places or list(range(len(plain)))
    by_character = matcher.config.unit == "character"
    table = matcher.vocabulary.characters if by_character else matcher.vocabulary.words
    words, rows, character, position = [], [], 0, 0
    read = min(len(plain if by_character else cut), matcher.max_length)
    for token in cut:
        size = len(token) if by_character else 1
        if not token.isspace():
            start, end = places[character], places[character + len(token) - 1] + 1
            words.append(
                Word(
                    text=shown[start:end],
                    plain=token,
                    start=start,
                    end=end,
                    known=token in matcher.vocabulary.words,
                    unknown=tuple(dict.fromkeys(u for u in (token if by_character else [token]) if u not in table)),
                    cut=position + size > read,
                )
            )
            rows.append((torch.arange(read) >= position) & (torch.arange(read) < position + size))
        character, position = character + len(token), position + size
    return _Side(shown, given, tuple(words), torch.stack(rows).float())


def _trace(sentence: str, plain: str, words: Sequence[str]) -> list[int] | None:
    """Where each character of the normalised `plain` came from in `sentence`; None where that cannot be told."""
    places: list[int] = []
    for i, character in enumerate(sentence):
        for folded in unicodedata.normalize("NFKC", character).lower():
            at = len(places)
            if plain[at : at + 1] == " " and not text._is_mark(folded):
                places.append(i)  # a space that normalising put between two Latin words
                at += 1
            if plain[at : at + 1] == folded or not text._is_mark(folded):
                places.append(i)
    if len(places) != len(plain):
        return None
    ends = [sum(map(len, words[: i + 1])) for i in range(len(words) - 1)]
    return places if all(places[end - 1] < places[end] or plain[end - 1] == " " for end in ends) else None


def _mutual(sides: tuple[_Side, _Side], ahead: Tensor, back: Tensor) -> Tensor:
    """How strongly words met, `[words 1, words 2]`, 0 to 1: the geometric mean of how each looks at the other.

    Attention must look somewhere, so a word without a counterpart looks at some neighbour of where it would stand; the
    neighbour does not look back, and the mean is near 0.
    """
    first, second = sides[0].covers, sides[1].covers
    there = _mean(first) @ ahead @ second.T
    again = _mean(second) @ back @ first.T
    return (there * again.T).sqrt().clamp(0, 1)


def _mean(covers: Tensor) -> Tensor:
    return covers / covers.sum(1, keepdim=True).clamp(min=1)


def _same(sides: tuple[_Side, _Side]) -> Tensor:
    """How much words are alike, `[words 1, words 2]`, 0 to 1: the share of characters in common, one word for one."""
    first, second = sides[0].words, sides[1].words
    strength = torch.zeros(len(first), len(second))
    # The most alike first; among equals those at like places.
    order = sorted(
        ((-_shared(one.plain, two.plain), abs(i / len(first) - j / len(second)), i, j))
        for i, one in enumerate(first)
        for j, two in enumerate(second)
        if not (one.cut or two.cut) and _shared(one.plain, two.plain)
    )
    for negative, _, i, j in order:
        if not strength[i].any() and not strength[:, j].any():
            strength[i, j] = -negative
    return strength


def _shared(one: str, two: str) -> float:
    return 2 * len(set(one) & set(two)) / (len(set(one)) + len(set(two)))


def _deletions(sides: tuple[_Side, _Side], strength: Tensor) -> list[Change]:
    """Every word that was read, taken out; those that met least come first."""
    found = [
        (best, number, i)
        for number, side, row in zip(NUMBERS, sides, (strength, strength.T), strict=True)
        for i, best in enumerate(row.amax(1).tolist())
        if len(side.words) > 1 and side.covers[i].any()
    ]
    return [Change(number, i, "delete", sides[number - 1].words[i].text) for _, number, i in sorted(found)]


def _swaps(sides: tuple[_Side, _Side], strength: Tensor) -> list[Change]:
    """Words for their counterparts, the strongest first; a word that met nothing may still have one by its place."""
    met = strength >= MET
    counterparts = (met | _stand_alike(sides, met)).nonzero().tolist()
    order = sorted(counterparts, key=lambda at: -float(strength[at[0], at[1]]))
    different = [at for at in order if sides[0].words[at[0]].plain != sides[1].words[at[1]].plain]
    return [change for at in different[: SWAPS // 2] for change in _both_ways(sides, at)]


def _stand_alike(sides: tuple[_Side, _Side], met: Tensor) -> Tensor:
    """Which words that met nothing stand between words that met each other, `[words 1, words 2]`, bool."""
    alike = torch.zeros_like(met)
    first, second = (
        [(i, *_neighbours(i, meets)) for i, meets_none in enumerate((~meets).tolist()) if meets_none and read[i]]
        for meets, read in zip((met.any(1), met.any(0)), (side.covers.any(1) for side in sides), strict=True)
    )
    for i, *around in first:
        for j, *others in second:
            alike[i, j] = all(
                a == b if None in (a, b) else bool(met[a, b]) for a, b in zip(around, others, strict=True)
            )
    return alike


def _neighbours(i: int, meets: Tensor) -> tuple[int | None, int | None]:
    """The nearest words before and after word `i` that met something; None past either end."""
    before, after = meets[:i].nonzero().flatten().tolist(), meets[i + 1 :].nonzero().flatten().tolist()
    return (before[-1] if before else None), (i + 1 + after[0] if after else None)


def _both_ways(sides: tuple[_Side, _Side], at: Sequence[int]) -> Iterator[Change]:
    texts = [side.words[i].text for side, i in zip(sides, at, strict=True)]
    yield Change(1, at[0], "swap", texts[0], texts[1])
    yield Change(2, at[1], "swap", texts[1], texts[0])


def _apply(sides: tuple[_Side, _Side], changes: Sequence[Change]) -> tuple[str, str]:
    shown = [side.text for side in sides]
    for change in sorted(changes, key=lambda change: -change.word):
        word, side = sides[change.sentence - 1].words[change.word], change.sentence - 1
        shown[side] = shown[side][: word.start] + change.replacement + shown[side][word.end :]
    return shown[0], shown[1]


def _flip(
    matcher: TextMatcher, sides: tuple[_Side, _Side], base: Prediction, single: dict[Change, Prediction]
) -> Flip | None:
    """The smallest single change that turned the verdict, or else the smallest of the most promising pairs."""
    flips = _turned(base, {(change,): outcome for change, outcome in single.items()})
    if not flips:
        promising = sorted(single, key=lambda change: single[change].probabilities[base.label])
        pairs = [pair for pair in combinations(promising[:PROMISING], 2) if _go_together(sides, pair)]
        outcomes = matcher.predict([_apply(sides, pair) for pair in pairs])
        flips = _turned(base, dict(zip(pairs, outcomes, strict=True)))
    return min(flips, key=lambda flip: _size(flip, base.label), default=None)


def _turned(base: Prediction, outcomes: dict[tuple[Change, ...], Prediction]) -> list[Flip]:
    return [Flip(changes, outcome) for changes, outcome in outcomes.items() if outcome.label != base.label]


def _go_together(sides: tuple[_Side, _Side], pair: tuple[Change, Change]) -> bool:
    """Whether both changes can be made: to different words, with a word left over, and not just changing places."""
    one, two = pair
    if one.sentence == two.sentence:
        emptied = one.kind == two.kind == "delete" and len(sides[one.sentence - 1].words) == 2
        return one.word != two.word and not emptied
    return (one.text, one.replacement) != (two.replacement, two.text)


def _size(flip: Flip, label: str) -> tuple[int, bool, float]:
    """Characters changed; then swaps, which leave whole sentences; then the surest."""
    characters = sum(max(len(change.text), len(change.replacement)) for change in flip.changes)
    return characters, flip.changes[0].kind == "delete", flip.prediction.probabilities[label]


def _swapped(prediction: Prediction) -> Prediction:
    return replace(
        prediction,
        sentence1=prediction.sentence2,
        sentence2=prediction.sentence1,
        truncated=prediction.truncated[::-1],
        unknown=prediction.unknown[::-1],
    )
