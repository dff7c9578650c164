"""Explain a prediction: which words correspond, how much each word counts, which small change gives another label.

All of it is found by asking the model: its attention aligns the words, and scoring the pair again without a word says
how much the word counts. The explanation is of the model, not of the language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, combinations
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from textmatch.config import ModelConfig
from textmatch.results import (
    SENTENCE_NUMBERS,
    AlignedPair,
    Counterfactual,
    Edit,
    Explanation,
    Prediction,
    Word,
)
from textmatch.text import Vocabulary, is_mark, normalise, segment

ALIGNED = 0.2
"""Strength from which two words count as aligned."""

BUDGET = 6000
"""Positions scored at most in the first round: every word and swap of usual sentences, some of very long ones."""

MIN_EDITS = 8
"""Edits tried in any case, however long the sentences are."""

SWAPS = 12
"""Swaps of a word for its counterpart tried at most."""

PROMISING = 6
"""If no single edit changes the label, the edits that lowered its probability most are tried in pairs: so many."""


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


_Sentences = tuple[_Sentence, _Sentence]


def explain(matcher: Matcher, sentence1: str, sentence2: str) -> Explanation:
    """Explain one pair. To call it use `TextMatcher.explain`.

    Args:
        matcher: the model.
        sentence1: the first sentence, not blank.
        sentence2: the second sentence, not blank.
    """
    sentences = _locate_words(matcher, sentence1), _locate_words(matcher, sentence2)
    attention = matcher.attention(sentence1, sentence2)
    strength = _character_overlaps(sentences) if attention is None else _mutual_attention(sentences, *attention)
    deletions, swaps = _deletions(sentences, strength), _swaps(sentences, strength)
    edits = _affordable(sentences, deletions, swaps)
    prediction, *edited = matcher.predict([(sentence1, sentence2), *(_apply(sentences, (edit,)) for edit in edits)])
    outcomes = dict(zip(edits, edited, strict=True))
    aligned = strength >= ALIGNED
    return Explanation(
        prediction=prediction,
        texts=(sentences[0].text, sentences[1].text),
        as_given=(sentences[0].as_given, sentences[1].as_given),
        words=_explained_words(sentences, aligned, _importance(prediction, outcomes)),
        aligned_pairs=tuple(AlignedPair(i, j, strength[i, j].item()) for i, j in aligned.nonzero().tolist()),
        alignment="equality" if attention is None else "attention",
        counterfactual=_smallest_counterfactual(matcher, sentences, prediction, outcomes),
        complete=set(deletions) <= outcomes.keys(),
    )


def _importance(prediction: Prediction, outcomes: dict[Edit, Prediction]) -> dict[tuple[int, int], float]:
    """`Word.importance` of each word that was deleted, by sentence number and index of the word."""
    label = prediction.label
    return {
        (edit.sentence, edit.word): prediction.probabilities[label] - outcome.probabilities[label]
        for edit, outcome in outcomes.items()
        if edit.kind == "delete"
    }


def _explained_words(
    sentences: _Sentences, aligned: Tensor, importance: dict[tuple[int, int], float]
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    first, second = (
        tuple(
            replace(word, importance=importance.get((number, i)), aligned=bool(partners[i].any()))
            for i, word in enumerate(sentence.words)
        )
        for number, sentence, partners in zip(SENTENCE_NUMBERS, sentences, (aligned, aligned.T), strict=True)
    )
    return first, second


# Words and their places


def _locate_words(matcher: Matcher, sentence: str) -> _Sentence:
    plain = normalise(sentence)
    tokens = segment(plain)
    sources = _source_positions(sentence, plain, tokens)
    as_given = sources is not None
    shown = sentence if as_given else plain
    sources = list(range(len(plain))) if sources is None else sources

    by_character = matcher.config.unit == "character"
    table = matcher.vocabulary.characters if by_character else matcher.vocabulary.words
    read = min(len(plain if by_character else tokens), matcher.config.max_length)
    words, covers, character, position = [], [], 0, 0
    for token in tokens:
        size = len(token) if by_character else 1
        if not token.isspace():
            start, end = sources[character], sources[character + len(token) - 1] + 1
            units = list(token) if by_character else [token]
            words.append(
                Word(
                    text=shown[start:end],
                    plain=token,
                    start=start,
                    end=end,
                    known=token in matcher.vocabulary.words,
                    unknown=tuple(dict.fromkeys(unit for unit in units if unit not in table)),
                    cut=position + size > read,
                )
            )
            covers.append((torch.arange(read) >= position) & (torch.arange(read) < position + size))
        character, position = character + len(token), position + size
    return _Sentence(shown, as_given, tuple(words), torch.stack(covers).float())


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


# Alignment


def _mutual_attention(sentences: _Sentences, first_to_second: Tensor, second_to_first: Tensor) -> Tensor:
    """Strength of the alignment of each word with each word of the other sentence: `[words 1, words 2]`, 0 to 1.

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


def _character_overlaps(sentences: _Sentences) -> Tensor:
    """Strength of the alignment without attention: share of characters in common, each word with one other at most.

    Returns:
        `[words 1, words 2]`, 0 to 1.
    """
    first, second = sentences[0].words, sentences[1].words
    strength = torch.zeros(len(first), len(second))
    # The highest share first; if equal, words at similar places.
    candidates = sorted(
        (-_dice(one.plain, two.plain), abs(i / len(first) - j / len(second)), i, j)
        for i, one in enumerate(first)
        for j, two in enumerate(second)
        if not (one.cut or two.cut) and _dice(one.plain, two.plain)
    )
    for negative_share, _, i, j in candidates:
        if not strength[i].any() and not strength[:, j].any():
            strength[i, j] = -negative_share
    return strength


def _dice(one: str, two: str) -> float:
    """The Dice coefficient of two words' sets of characters, 0 to 1."""
    return 2 * len(set(one) & set(two)) / (len(set(one)) + len(set(two)))


# Edits


def _deletions(sentences: _Sentences, strength: Tensor) -> list[Edit]:
    """The deletion of each word that was read, those with the weakest alignment first."""
    weakest_first = sorted(
        (best, number, i)
        for number, sentence, row in zip(SENTENCE_NUMBERS, sentences, (strength, strength.T), strict=True)
        for i, best in enumerate(row.amax(1).tolist())
        if len(sentence.words) > 1 and sentence.covers[i].any()
    )
    return [Edit(number, i, "delete", sentences[number - 1].words[i].text) for _, number, i in weakest_first]


def _swaps(sentences: _Sentences, strength: Tensor) -> list[Edit]:
    """Swaps of a word for its counterpart, those with the strongest alignment first.

    A counterpart is an aligned word, or an unaligned one in the same gap between aligned words.
    """
    aligned = strength >= ALIGNED
    counterparts = (aligned | _same_gap(sentences, aligned)).nonzero().tolist()
    strongest_first = sorted(counterparts, key=lambda at: -float(strength[at[0], at[1]]))
    different = [(i, j) for i, j in strongest_first if sentences[0].words[i].plain != sentences[1].words[j].plain]
    return [edit for i, j in different[: SWAPS // 2] for edit in _swap_edits(sentences, i, j)]


def _swap_edits(sentences: _Sentences, i: int, j: int) -> Iterator[Edit]:
    """Word i of the first sentence replaced by word j of the second, and the other way round."""
    first, second = sentences[0].words[i].text, sentences[1].words[j].text
    yield Edit(1, i, "swap", first, second)
    yield Edit(2, j, "swap", second, first)


def _same_gap(sentences: _Sentences, aligned: Tensor) -> Tensor:
    """Which unaligned words have aligned words, or the sentence's end, on both sides: `[words 1, words 2]`, bool."""
    same = torch.zeros_like(aligned)
    first = _unaligned(sentences[0], aligned.any(1))
    second = _unaligned(sentences[1], aligned.any(0))
    for i, before1, after1 in first:
        for j, before2, after2 in second:
            same[i, j] = _same_border(aligned, before1, before2) and _same_border(aligned, after1, after2)
    return same


def _unaligned(sentence: _Sentence, has_partner: Tensor) -> list[tuple[int, int | None, int | None]]:
    """Each unaligned word that was read, with the nearest aligned words before and after it (None if there is none)."""
    partnered = has_partner.nonzero().flatten().tolist()
    return [
        (
            i,
            max((other for other in partnered if other < i), default=None),
            min((other for other in partnered if other > i), default=None),
        )
        for i in range(len(sentence.words))
        if i not in partnered and sentence.covers[i].any()
    ]


def _same_border(aligned: Tensor, first: int | None, second: int | None) -> bool:
    """Whether two words are aligned; None is the end of a sentence."""
    return first is second if first is None or second is None else bool(aligned[first, second])


def _affordable(sentences: _Sentences, deletions: Sequence[Edit], swaps: Sequence[Edit]) -> list[Edit]:
    """The edits that `BUDGET` allows, at most a third of them swaps."""
    limit = max(MIN_EDITS, BUDGET // sum(sentence.covers.shape[1] for sentence in sentences))
    return [*swaps[: limit // 3], *deletions][:limit]


def _apply(sentences: _Sentences, edits: Sequence[Edit]) -> tuple[str, str]:
    """The shown texts after the edits."""
    texts = [sentence.text for sentence in sentences]
    for edit in sorted(edits, key=lambda edit: -edit.word):  # from the end, so that the places before it stay right
        side = edit.sentence - 1
        word = sentences[side].words[edit.word]
        texts[side] = texts[side][: word.start] + edit.replacement + texts[side][word.end :]
    return texts[0], texts[1]


# Counterfactuals


def _smallest_counterfactual(
    matcher: Matcher, sentences: _Sentences, prediction: Prediction, outcomes: dict[Edit, Prediction]
) -> Counterfactual | None:
    """The smallest single edit that changes the label; if none does, the smallest of the most promising pairs."""
    found = _label_changes(prediction.label, {(edit,): outcome for edit, outcome in outcomes.items()})
    if not found:
        promising = sorted(outcomes, key=lambda edit: outcomes[edit].probabilities[prediction.label])
        pairs = [pair for pair in combinations(promising[:PROMISING], 2) if _compatible(sentences, *pair)]
        edited = matcher.predict([_apply(sentences, pair) for pair in pairs])
        found = _label_changes(prediction.label, dict(zip(pairs, edited, strict=True)))
    return min(found, key=lambda counterfactual: _size(counterfactual, prediction.label), default=None)


def _label_changes(label: str, outcomes: dict[tuple[Edit, ...], Prediction]) -> list[Counterfactual]:
    return [Counterfactual(edits, outcome) for edits, outcome in outcomes.items() if outcome.label != label]


def _compatible(sentences: _Sentences, one: Edit, two: Edit) -> bool:
    """Whether both edits can be made: of different words, with a word left in each sentence, and not one exchange."""
    if one.sentence == two.sentence:
        emptied = one.kind == two.kind == "delete" and len(sentences[one.sentence - 1].words) == 2
        return one.word != two.word and not emptied
    return (one.text, one.replacement) != (two.replacement, two.text)


def _size(counterfactual: Counterfactual, label: str) -> tuple[int, bool, float]:
    """Sort key: fewest characters, then swaps (they leave whole sentences), then least probability of `label`."""
    characters = sum(max(len(edit.text), len(edit.replacement)) for edit in counterfactual.edits)
    deletes = counterfactual.edits[0].kind == "delete"
    return characters, deletes, counterfactual.prediction.probabilities[label]
