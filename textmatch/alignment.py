"""Cut two sentences into words that can be compared, and say which words correspond.

jieba cuts each sentence by itself: 调|高 in one, 调低 in the other. Here both cuts are fitted to each other first. Then
identical words are aligned, and after them words that take each other's place, look alike or attend to each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from torch import Tensor

from textmatch.knowledge.terms import find_terms
from textmatch.knowledge.wordlists import read_by_kind
from textmatch.text import segment, word_tag

COUNTERPART = 0.4
"""Score from which two words that differ are aligned."""

NUMBER = re.compile(r"[0-9零一二两三四五六七八九十百千万亿几半]+(?:\.[0-9]+)?")
NOT_NUMBERS = frozenset(
    [
        "一点",
        "一下",
        "一些",
        "一起",
        "一样",
        "一般",
        "一直",
        "一定",
        "一旦",
        "一共",
        "十分",
        "万一",
        "千万",
        "一会",
        "一会儿",
        "一边",
        "一切",
        "一致",
    ]
)

FREE = frozenset("不没别未无非太很更最再又还也都了过着的地得吗呢吧要")
"""Characters that are words by themselves: a longer word may be cut before or after them."""

NEGATORS = frozenset("不没")
"""As `FREE`, where the other sentence has them alone: 没收|到 against 没|到."""

FUNCTION_TAGS = tuple("uypcdeokh")
"""First letters of jieba's tags of words that have no content of their own."""

PARTICLE_TAGS = tuple("uyeokh")
"""Those of particles: 的, 了, 吗, 吧. Of the others 不 and 没 say something."""

NAME_PREFIXES = frozenset("小老阿")


class Link(NamedTuple):
    """A word of each sentence that correspond to each other.

    Attributes:
        first: index of the word in the first sentence, from 0.
        second: index of the word in the second sentence, from 0.
        strength: 1 for identical words, else `COUNTERPART` to below 1.
    """

    first: int
    second: int
    strength: float


class _Side(NamedTuple):
    """A sentence while its cut is fitted to that of the other: its text and where it is cut, both ends included."""

    text: str
    cuts: set[int]


# Cutting


def cut_together(plain1: str, plain2: str) -> tuple[list[str], list[str]]:
    """Segment two normalised sentences so that what they share is cut alike.

    Args:
        plain1: what `text.normalise` returned, not empty.
        plain2: likewise.

    Returns:
        The words of each sentence; joined they give the sentence again.
    """
    words1, words2 = (_join_names(segment(plain)) for plain in (plain1, plain2))
    words1, words2 = _split_numbers(words1, words2), _split_numbers(words2, words1)
    first, second = _Side(plain1, _cuts(words1)), _Side(plain2, _cuts(words2))
    blocks = SequenceMatcher(None, plain1, plain2, autojunk=False).get_matching_blocks()  # the last one is empty
    shared = [(block.a, block.b, block.size) for block in blocks]
    for _ in range(2):  # a cut in one sentence may lead to another in the other
        _fit(first, second, shared)
        _fit(second, first, [(b, a, size) for a, b, size in shared])
    return _pieces(first), _pieces(second)


def _cuts(words: Sequence[str]) -> set[int]:
    return {0, *accumulate(map(len, words))}


def _pieces(side: _Side) -> list[str]:
    return [side.text[start:end] for start, end in pairwise(sorted(side.cuts))]


def _join_names(words: Sequence[str]) -> list[str]:
    """Join what jieba takes apart: 小|明, 蓝|队."""
    joined: list[str] = []
    for word in words:
        if joined and _is_name(joined[-1], word):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _is_name(one: str, two: str) -> bool:
    is_surname = len(two) == 1 and (word_tag(two) or "").startswith("nr")
    return one + two in _participants() or (one in NAME_PREFIXES and is_surname)


@cache
def _participants() -> frozenset[str]:
    return frozenset(word for _, words in read_by_kind("participants") for word in words.split() if len(word) > 1)


def _split_numbers(words: Sequence[str], others: Sequence[str]) -> list[str]:
    """Take a number and its unit apart if the other sentence has another number of it, or that number of another."""
    numbers = [number_and_unit(other) for other in others if other not in words]
    found: list[str] = []
    for word in words:
        number, unit = number_and_unit(word)
        same = any(number == n or unit in (u, *others) for n, u in numbers if n)
        if word in others or not number or not unit or not same:
            found.append(word)
        else:
            found += [number, unit]
    return found


def number_and_unit(word: str) -> tuple[str, str]:
    """A word that begins with a number in its two parts; the first is empty if it does not."""
    match = None if word in NOT_NUMBERS else NUMBER.match(word)
    return (match[0], word[match.end() :]) if match else ("", word)


def _fit(own: _Side, other: _Side, blocks: Sequence[tuple[int, int, int]]) -> None:
    """Cut `own` where `other` is cut within or at the ends of what both share; or join words of `other` instead.

    Args:
        own: may be cut more.
        other: its words may be joined.
        blocks: shared text in order: start in `own`, start in `other`, length.
    """
    for number, (a, b, size) in enumerate(blocks):
        for at in range(a, a + size + 1):
            if at in own.cuts or at - a + b not in other.cuts:
                continue
            start = max(cut for cut in own.cuts if cut < at)
            end = min(cut for cut in own.cuts if cut > at)
            if a <= start and end <= a + size:
                ends = {start - a + b, end - a + b}
                if ends <= other.cuts:  # a whole word of the shared text, which the other sentence has in pieces
                    other.cuts.difference_update(range(min(ends) + 1, max(ends)))
            elif a < at < a + size or _may_cut(own, other, blocks, number, (start, at, end)):
                own.cuts.add(at)


def _may_cut(
    own: _Side, other: _Side, blocks: Sequence[tuple[int, int, int]], number: int, word: tuple[int, int, int]
) -> bool:
    """Whether a word (start, cut, end) may be cut where shared text ends: 不|会, 调|低, but not 飞|机场, 鞋|子."""
    start, at, end = word
    a = blocks[number][0]
    before = number if at == a else number + 1  # the gap before this block, or before the next one
    own_gap, other_gap = _gap(own.text, blocks, before, 0), _gap(other.text, blocks, before, 1)
    outside = own.text[start:at] if at == a else own.text[at:end]
    inside = own.text[at:end] if at == a else own.text[start:at]
    if not own_gap:  # something stands within the word in the other sentence: 请|假, 请了假
        return bool(other_gap)
    fits = outside.endswith(own_gap) if at == a else outside.startswith(own_gap)
    return outside in FREE or inside in NEGATORS or (fits and bool(other_gap))


def _gap(text: str, blocks: Sequence[tuple[int, int, int]], number: int, side: int) -> str:
    """The text between shared block `number` and the one before it."""
    if number >= len(blocks):
        return ""
    start = blocks[number - 1][side] + blocks[number - 1][2] if number else 0
    return text[start : blocks[number][side]]


# Aligning


def align(words1: Sequence[str], words2: Sequence[str], attention: Tensor | None) -> list[Link]:
    """Align the words of two sentences, each with one of the other at most.

    Args:
        words1: of the first sentence, normalised.
        words2: of the second sentence, normalised.
        attention: how strongly each two words attend to each other, `[words 1, words 2]`, 0 to 1; None if unknown.

    Returns:
        The links, by the word of the first sentence.
    """
    found = _identical(words1, words2)
    taken1, taken2 = set(found), set(found.values())
    strengths = None if attention is None else attention.tolist()
    scores = sorted(
        (
            (-_likeness(one, two) - (0.0 if strengths is None else 0.6 * strengths[i][j]), i, j)
            for i, one in enumerate(words1)
            for j, two in enumerate(words2)
            if i not in taken1 and j not in taken2
        ),
    )
    gaps = _gaps(len(words1), len(words2), found)
    ranked = sorted((score - _place(gaps, i, j), i, j) for score, i, j in scores)
    links = dict.fromkeys(found.items(), 1.0)
    for score, i, j in ranked:
        if -score >= COUNTERPART and i not in taken1 and j not in taken2:
            links[i, j] = min(0.95, -score)
            taken1.add(i)
            taken2.add(j)
    return sorted(Link(i, j, strength) for (i, j), strength in links.items())


def _identical(words1: Sequence[str], words2: Sequence[str]) -> dict[int, int]:
    """Identical words: as many characters in the same order as can be, then those that moved."""
    best = [[0.0] * (len(words2) + 1) for _ in range(len(words1) + 1)]
    for i in reversed(range(len(words1))):
        for j in reversed(range(len(words2))):
            both = best[i + 1][j + 1] + _weight(words1[i]) if words1[i] == words2[j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    found: dict[int, int] = {}
    i = j = 0
    while i < len(words1) and j < len(words2):
        if words1[i] == words2[j] and best[i][j] == best[i + 1][j + 1] + _weight(words1[i]):
            found[i] = j
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    taken = set(found.values())
    for i, one in enumerate(words1):
        free = (j for j, two in enumerate(words2) if two == one and j not in taken)
        if i not in found and (j := next(free, -1)) >= 0:
            found[i] = j
            taken.add(j)
    return found


def _weight(word: str) -> float:
    return len(word) if has_content(word) else 0.5


def has_content(word: str) -> bool:
    """Whether a word has a content of its own, unlike 的, 吗 or 把."""
    return not (word_tag(word) or "n").startswith(FUNCTION_TAGS)


def is_particle(word: str) -> bool:
    """Whether a word is a particle, as 的 or 吗."""
    return (word_tag(word) or "n").startswith(PARTICLE_TAGS)


def _likeness(one: str, two: str) -> float:
    """How much two different words look like counterparts by themselves, 0 to 1."""
    if _same_meaning(one, two):
        return 0.7
    if bool(number_and_unit(one)[0]) != bool(number_and_unit(two)[0]) or has_content(one) != has_content(two):
        return -0.4
    same_tag = 0.1 * ((word_tag(one) or "")[:1] == (word_tag(two) or "")[:1])
    number = 0.2 * bool(number_and_unit(one)[0])
    return 0.5 * character_overlap(one, two) + same_tag + number


def character_overlap(one: str, two: str) -> float:
    """The Dice coefficient of two words' sets of characters, 0 to 1."""
    return 2 * len(set(one) & set(two)) / (len(set(one)) + len(set(two)))


def _same_meaning(one: str, two: str) -> bool:
    first, second = find_terms(one, [one]), find_terms(two, [two])
    return bool(first and second) and first[0].equals(second[0])


def _gaps(length1: int, length2: int, found: dict[int, int]) -> tuple[dict[int, _Gap], dict[int, _Gap]]:
    """For each word without an identical one in order, the words between which it stands."""
    in_order = _longest_increasing(found)
    ends = [(-1, -1), *in_order, (length1, length2)]
    gaps1: dict[int, _Gap] = {}
    gaps2: dict[int, _Gap] = {}
    for number, ((i, j), (next_i, next_j)) in enumerate(pairwise(ends)):
        words = [k for k in range(i + 1, next_i) if k not in found]
        others = [k for k in range(j + 1, next_j) if k not in found.values()]
        gaps1 |= {k: _Gap(number, place, len(words)) for place, k in enumerate(words)}
        gaps2 |= {k: _Gap(number, place, len(others)) for place, k in enumerate(others)}
    return gaps1, gaps2


class _Gap(NamedTuple):
    """Where an unaligned word stands: the number of the gap, its place there, and how many words the gap has."""

    number: int
    place: int
    size: int


def _longest_increasing(found: dict[int, int]) -> list[tuple[int, int]]:
    """The most links that do not cross."""
    chains: list[list[tuple[int, int]]] = []
    for link in sorted(found.items()):
        before = max((chain for chain in chains if chain[-1][1] < link[1]), key=len, default=[])
        chains.append([*before, link])
    return max(chains, key=len, default=[])


def _place(gaps: tuple[dict[int, _Gap], dict[int, _Gap]], i: int, j: int) -> float:
    """How well the places of two unaligned words fit, 0 to 0.5."""
    one, two = gaps[0].get(i), gaps[1].get(j)
    if one is None or two is None or one.number != two.number:
        return 0.0
    if one.size == two.size:
        return 0.45 if one.place == two.place else 0.1
    from_end = one.size - one.place == two.size - two.place
    return 0.3 if one.place == two.place or from_end else 0.1
