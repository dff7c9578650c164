"""Terms with a known relation: names of one thing, loan words, idioms in plain words, things that are easily confused.

The files of `lexicon/` have one group a line, its terms normalised and separated by ``|``; lines with ``#`` begin a
section. The terms of a line mean the same, except in the files of `DISTINCT`, where they are of one kind and differ.
Antonyms come from `wordlists/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from textmatch.knowledge.wordlists import read_groups

FOLDER = Path(__file__).with_name("lexicon")
SAME = ("aliases", "loanwords", "slang", "idioms", "synonyms", "homophones", "emoji")
DISTINCT = ("confusables",)

YES_OR_NO = re.compile(r"([\u4e00-\u9fff])[不没]\1|[是能可会]否|吗|(?<=[了过])没(?:有)?$")
"""What makes a sentence a question to be answered with yes or no: 喜不喜欢, 去没去, 是否, …吗, 吃了没."""

A_NOT_A = re.compile(r"(?<![爱半不])(?P<verb>(?![不是能会好对行可要有成动时三二人鬼男女])[\u4e00-\u9fff])不(?P=verb)")
"""A question with a verb and its negation: 喜不喜欢, 去不去. The frequent ones (能不能, 好不好) are learnt as they are;
others are none (爱去不去, 动不动, 半懂不懂)."""


class Group(NamedTuple):
    """One line of the lexicon.

    Attributes:
        terms: two or more different terms.
        same: whether they mean the same; if not, they are of one kind and differ.
        section: the file and heading that it stands under; groups of a section are alike in kind.
    """

    terms: tuple[str, ...]
    same: bool
    section: str


class Meaning(NamedTuple):
    """What is known of a term: the numbers of the groups whose terms mean the same, and of those whose terms differ."""

    same: tuple[int, ...]
    distinct: tuple[int, ...]


class Term(NamedTuple):
    """A term in a sentence, from `start` up to `end`."""

    start: int
    end: int
    text: str
    meaning: Meaning

    def equals(self, other: Term) -> bool:
        """Whether both mean the same."""
        return self.text == other.text or _share(self.meaning.same, other.meaning.same)

    def differs_from(self, other: Term) -> bool:
        """Whether both are of one kind and known to differ."""
        return not self.equals(other) and _share(self.meaning.distinct, other.meaning.distinct)


_ASKED = Meaning((-1,), ())
"""No line of the lexicon has this number."""


def _share(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether a number is in both; most terms are in one group or none."""
    return any(number in other for number in one)


def read_lexicon() -> Iterator[Group]:
    """The groups of all files, in order."""
    for name in (*SAME, *DISTINCT):
        section = name
        for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                section = f"{name}: {line.lstrip('# ')}"
            else:
                yield Group(tuple(line.split(" | ")), name in SAME, section)
    for words in read_groups("antonyms"):
        yield Group(tuple(words), False, "antonyms")


def find_terms(plain: str, words: Sequence[str]) -> list[Term]:
    """The known terms of a sentence, the longest first where they overlap; they begin and end where words do.

    Args:
        plain: a normalised sentence (`textmatch.text.normalise`).
        words: its words (`textmatch.text.segment`).
    """
    lexicon = _lexicon()
    found: list[Term] = []
    borders = [0]
    for word in words:
        borders.append(borders[-1] + len(word))
    free = 0
    for i, start in enumerate(borders[:-1]):
        if start < free:
            continue
        for end in reversed(borders[i + 1 : i + 1 + lexicon.longest]):
            if (meaning := lexicon.meanings.get(plain[start:end])) is not None:
                found.append(Term(start, end, plain[start:end], meaning))
                free = end
                break
    return found


def without_a_not_a(plain: str) -> str:
    """A sentence with 是否 in the place of a verb and its negation, as long as before: 喜不喜欢 becomes 是否喜欢.

    The network takes the 不 of a verb that it has not often seen asked like that for a negation.

    Args:
        plain: a normalised sentence.
    """
    return A_NOT_A.sub(r"是否\g<verb>", plain)


def find_questions(plain: str) -> list[Term]:
    """The marks of a yes-or-no question in a sentence, as terms that all mean the same.

    Args:
        plain: a normalised sentence.
    """
    return [Term(match.start(), match.end(), match.group(), _ASKED) for match in YES_OR_NO.finditer(plain)]


class _Lexicon(NamedTuple):
    meanings: dict[str, Meaning]
    longest: int


@cache
def _lexicon() -> _Lexicon:
    meanings = dict[str, Meaning]()
    for number, group in enumerate(read_lexicon()):
        for term in group.terms:
            same, distinct = meanings.get(term, ((), ()))
            meanings[term] = Meaning((*same, number), distinct) if group.same else Meaning(same, (*distinct, number))
    return _Lexicon(meanings, max(map(len, meanings)))
