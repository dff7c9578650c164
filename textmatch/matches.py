"""What each position of a sentence has in the other one: the same character, an equal amount, another name of it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from itertools import pairwise

from textmatch.knowledge.sounds import near_sound
from textmatch.text import Encoded, word_tag


class Match(IntFlag):
    """What a position can have in the other sentence. The first two need no knowledge of the language."""

    CHARACTER = 1
    WORD = 2
    SOUND = 4
    SAME_TERM = 8
    DISTINCT_TERM = 16
    EQUAL_QUANTITY = 32
    OTHER_QUANTITY = 64
    NO_QUANTITY = 128
    OTHER_WORD = 256
    """It is in a word of the dictionary that sounds like another word of the dictionary there: 眼镜 and 眼睛."""
    NEXT_CHARACTER = 512
    """The character and the one after it stand side by side there, too."""


NUM_MATCHES = len(Match)
NUM_PLAIN_MATCHES = 2
"""Matches that need no knowledge of the language; they come first."""


def match_flags(sentence: Encoded, other: Encoded) -> list[int]:
    """The flags (`Match`) of each position of `sentence`.

    Args:
        sentence: L positions.
        other: the sentence that it is compared with.

    Returns:
        L numbers, each the sum of the flags that hold.
    """
    characters, words = set(other.plain[: len(other)]), set(other.covering)
    sounds = {near_sound(sound) for sound in other.sounds} - {0}
    same_character, same_word, same_sound = Match.CHARACTER.value, Match.WORD.value, Match.SOUND.value
    flags = [
        same_character * (character in characters)
        | same_word * (word in words)
        | same_sound * (near_sound(sound) in sounds)
        for character, word, sound in zip(sentence.plain, sentence.covering, sentence.sounds, strict=False)
    ]
    for start, end in _other_words(sentence, other):
        _add(flags, start, end, Match.OTHER_WORD)
    side_by_side = set(pairwise(other.plain[: len(other)]))
    for position, neighbours in enumerate(pairwise(sentence.plain[: len(sentence)])):
        if neighbours in side_by_side:
            flags[position] |= Match.NEXT_CHARACTER.value
    # As `Term.equals` and `Term.differs_from` say of single terms, for all those of the other sentence at once.
    terms = {term.text for term in other.terms}
    same = {number for term in other.terms for number in term.meaning.same}
    distinct = {number for term in other.terms for number in term.meaning.distinct}
    for term in sentence.terms:
        if term.text in terms or not same.isdisjoint(term.meaning.same):
            _add(flags, term.start, term.end, Match.SAME_TERM)
        elif not distinct.isdisjoint(term.meaning.distinct):
            _add(flags, term.start, term.end, Match.DISTINCT_TERM)
    for quantity in sentence.quantities:
        if any(quantity.equals(each) for each in other.quantities):
            flag = Match.EQUAL_QUANTITY
        elif any(quantity.dimension == each.dimension for each in other.quantities):
            flag = Match.OTHER_QUANTITY
        else:
            flag = Match.NO_QUANTITY
        _add(flags, quantity.start, quantity.end, flag)
    return flags


def _other_words(sentence: Encoded, other: Encoded) -> Iterator[tuple[int, int]]:
    """Where `sentence` has a word of the dictionary that the other one has not, but another one that sounds like it."""
    heard = dict[tuple[int, ...], set[str]]()
    for start, end, word in _words(other):
        heard.setdefault(_heard(other, start, end), set()).add(word)
    for start, end, word in _words(sentence):
        words = heard.get(_heard(sentence, start, end))
        if words is not None and word not in words:
            yield start, end


def _words(sentence: Encoded) -> Iterator[tuple[int, int, str]]:
    """The words of the dictionary with two or more characters that all have a sound."""
    start = 0
    while start < len(sentence):
        word = sentence.covering[start]
        end = start + len(word)
        heard = sentence.sounds[start:end]
        if len(word) > 1 and end <= len(sentence) and all(heard) and word_tag(word) is not None:
            yield start, end, word
        start = end


def _heard(sentence: Encoded, start: int, end: int) -> tuple[int, ...]:
    return tuple(map(near_sound, sentence.sounds[start:end]))


def _add(flags: list[int], start: int, end: int, flag: Match) -> None:
    bit = flag.value  # plain numbers: arithmetic with the flags themselves is slow
    for position in range(start, min(end, len(flags))):
        flags[position] |= bit
