"""What each position of a sentence has in the other one: the same character, an equal amount, another name of it."""

from __future__ import annotations

from enum import IntFlag

from textmatch.knowledge.sounds import near_sound
from textmatch.text import Encoded


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


def _add(flags: list[int], start: int, end: int, flag: Match) -> None:
    bit = flag.value  # plain numbers: arithmetic with the flags themselves is slow
    for position in range(start, min(end, len(flags))):
        flags[position] |= bit
