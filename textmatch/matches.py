"""What each position of a sentence has in the other one: the same character, an equal amount, another name of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from enum import IntFlag
from functools import lru_cache
from itertools import pairwise

from textmatch.knowledge.sounds import find_sounds, near_sound
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
    """It is in a word of the dictionary that sounds like another word of the dictionary there: 眼镜 and 眼睛. Such
    words are distinct terms, too."""
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
    read, read_there = sentence.plain[: len(sentence)], other.plain[: len(other)]
    characters, words = set(read_there), set(other.covering)
    sounds = {near_sound(sound) for sound in other.sounds} - {0}
    same_character, same_word, same_sound = Match.CHARACTER.value, Match.WORD.value, Match.SOUND.value
    flags = [
        same_character * (character in characters)
        | same_word * (word in words)
        | same_sound * (near_sound(sound) in sounds)
        for character, word, sound in zip(read, sentence.covering, sentence.sounds, strict=False)
    ]
    for start, end in _other_words(sentence, other):
        _add(flags, start, end, Match.OTHER_WORD | Match.DISTINCT_TERM)
    side_by_side = set(pairwise(read_there))
    for position, neighbours in enumerate(pairwise(read)):
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
    heard = defaultdict[tuple[int, ...], set[str]](set)
    for _, word, sounds in _words(other):
        heard[sounds].add(word)
    for start, word, sounds in _words(sentence):
        if sounds in heard and word not in heard[sounds]:
            yield start, start + len(word)


def _words(sentence: Encoded) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Where each word of the dictionary begins that has more than one character, with its sounds."""
    start = 0
    while start < len(sentence):
        word = sentence.covering[start]
        sounds = _near_sounds(word) if len(word) > 1 else ()
        if sounds and start + len(word) <= len(sentence):
            yield start, word, sounds
        start += len(word)


@lru_cache(20_000)
def _near_sounds(word: str) -> tuple[int, ...]:
    """The sounds of a word, those that are often confused as one; none if it is not in the dictionary."""
    sounds = tuple(map(near_sound, find_sounds(word)))
    return sounds if all(sounds) and word_tag(word) is not None else ()


def _add(flags: list[int], start: int, end: int, flag: Match) -> None:
    bit = flag.value  # plain numbers: arithmetic with the flags themselves is slow
    for position in range(start, min(end, len(flags))):
        flags[position] |= bit
