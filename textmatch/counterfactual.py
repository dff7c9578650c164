"""Changes of one of two sentences that a person might make: the candidates for what turns a verdict.

If the sentences differ in meaning, a word is replaced by its counterpart, a negation is taken out or put in, two words
that changed places are put back. If they mean the same, a word is replaced by another of its kind, a number is changed,
a statement is negated. Only changes that read like Chinese are kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, pairwise
from typing import NamedTuple

from textmatch.alignment import Link, has_content, number_and_unit
from textmatch.fluency import fit
from textmatch.knowledge.terms import read_lexicon
from textmatch.knowledge.wordlists import read_groups
from textmatch.results import SENTENCE_NUMBERS, SentenceNumber
from textmatch.text import word_tag

Words = tuple[str, ...]
Edits = tuple[tuple[int, str], ...]

LOSS = (1.5, 0.0, 1.0)
"""How much worse a change of each kind (`Change.doubt`) may fit its sentence than what stood there."""

SURE = 0.6
"""Strength from which a word may be replaced by its counterpart where the sentences differ in other words too."""

PER_WORD = 2
"""Replacements of one word that are kept at most, those that fit best."""

NEGATIONS = frozenset(["不", "没", "没有", "别", "未", "无"])
NEGATED = frozenset(["verb", "quality", "d"])
"""What a negation may be put before: 没订座位, but not 订没座位."""

BETWEEN = frozenset(["再", "然后", "接着", "才", "后", "之后", "以后", "前", "之前", "以前"])
"""Words between two things that are done one after the other."""

DEGREES = frozenset(["很", "太", "挺", "真", "好", "非常", "特别", "十分"])
NUMERALS = ("两", "三", "五", "八", "十", "二十")
ASKS = re.compile(r"(.)[不没]\1|吗|呢|什么|怎|如何|哪|谁|几|多少|多久|多远|多大|是否|能否|有没有|为何|咋|啥|没有?$")
OTHER_QUESTIONS = {
    "怎么": ("为什么", "什么时候"),
    "如何": ("为什么", "什么时候"),
    "怎样": ("为什么", "什么时候"),
    "什么时候": ("在哪里", "为什么"),
    "几点": ("在哪里",),
    "多少钱": ("多长时间", "在哪里买"),
    "多久": ("多少钱",),
    "多长时间": ("多少钱",),
    "为什么": ("什么时候",),
}
KINDS = {
    "n": "thing",
    "r": "thing",
    "s": "thing",
    "j": "thing",
    "t": "time",
    "v": "verb",
    "a": "quality",
    "z": "quality",
}


class Change(NamedTuple):
    """Words of one sentence replaced.

    Attributes:
        sentence: 1 or 2.
        replacements: (index of the word, text in its place, empty if it is taken out), in order.
        doubt: whether it may not read like Chinese: the smaller, the better.
    """

    sentence: SentenceNumber
    replacements: tuple[tuple[int, str], ...]
    doubt: tuple[int, float]


def changes(rows: tuple[Words, Words], links: Sequence[Link], equal: bool) -> list[Change]:
    """Changes that may turn the verdict, those that read best first.

    Args:
        rows: the normalised words of both sentences.
        links: their alignment.
        equal: whether the verdict is that of two equal sentences.
    """
    found: list[Change] = []
    for number in SENTENCE_NUMBERS:
        words, others, own_links = rows[number - 1], rows[2 - number], links
        if number == 2:
            own_links = sorted(Link(link.second, link.first, link.strength) for link in links)
        edits = _apart(words) if equal else _together(words, others, own_links)
        for edit in dict.fromkeys(edits):
            kind_of_change, worse = _doubt(words, others, edit)
            if worse <= LOSS[kind_of_change] and not _asks_twice(words, edit):
                found.append(Change(number, edit, (kind_of_change, worse)))
    return sorted(found, key=lambda change: change.doubt)


def _doubt(words: Words, others: Words, edits: Edits) -> tuple[int, float]:
    """Least doubt where a thing, a time or a number is replaced by another; then where it becomes the other sentence.

    That reads like Chinese, but says less: of course two equal sentences mean the same.
    """
    if _edited(words, edits) == "".join(others):
        return (1, 0.0)
    i, text = edits[0]
    is_name = len(edits) == 1 and kind(text) in ("thing", "time", "m") and not ASKS.search(text)
    usual = (is_name and kind(words[i]) == kind(text)) or _negations().get(words[i]) == text
    return (0 if usual else 2, max(0.0, loss(words, edits)))


def _asks_twice(words: Words, edits: Edits) -> bool:
    """Whether a question word is put into what is a question without it."""
    changed = [i for i, _ in edits]
    rest = "".join(word for i, word in enumerate(words) if i not in changed)
    return any(ASKS.search(text) for _, text in edits) and ASKS.search(rest) is not None


def _edited(words: Words, edits: Edits) -> str:
    changed = dict(edits)
    return "".join(changed.get(i, word) for i, word in enumerate(words))


def loss(words: Words, edits: Edits) -> float:
    """How much worse the edited words fit their sentence than those that stood there; below 0 if better."""
    return _fit(words, edits, before=True) - _fit(words, edits, before=False)


def _fit(words: Words, edits: Edits, before: bool) -> float:
    changed = list(words)
    if not before:
        for i, text in edits:
            changed[i] = text
    return sum(fit("".join(changed[:i]), changed[i], "".join(changed[i + 1 :])) for i, _ in edits)


# Towards the other sentence


def _together(words: Words, others: Words, links: Sequence[Link]) -> Iterator[Edits]:
    """Edits that make a sentence more like the other one."""
    differing = [link for link in links if words[link.first] != others[link.second]]
    alone = len(differing) == 1 and len(links) == len(words) == len(others)  # nothing else differs
    fitting = [
        (link.first, others[link.second])
        for link in differing
        if alone or (link.strength >= SURE and _may_replace(words[link.first], others[link.second]))
    ]
    for edit in fitting:
        yield (edit,)
    yield from combinations(fitting[:4], 2)
    linked = {link.first for link in links}
    for i, word in enumerate(words[:-1]):
        if i not in linked and word in NEGATIONS:
            yield from _take_out_negation(words, i)
    yield from _put_in_negation(words, others, links)
    yield from _put_back(words, others, links)


def _take_out_negation(words: Words, i: int) -> Iterator[Edits]:
    """我不去 → 我去, 我没去 → 我已经去, 我还没去 → 我已经去."""
    after_still = i > 0 and words[i - 1] in ("还", "都")
    if not after_still:
        yield ((i, ""),)
    if words[i] in ("没", "没有", "未") and kind(words[i + 1]) == "verb":
        yield ((i - 1, ""), (i, "已经")) if after_still else ((i, "已经"),)


def _put_in_negation(words: Words, others: Words, links: Sequence[Link]) -> Iterator[Edits]:
    counterparts = {link.second: link.first for link in links}
    for j, other in enumerate(others[:-1]):
        i = counterparts.get(j + 1)
        if j not in counterparts and other in NEGATIONS and i is not None and kind(words[i]) in NEGATED:
            edit = (i, other + words[i])
            done = [k for k in range(i + 1, len(words)) if words[k] == "了"]
            if other == "不" or not (done or "已经" in words):
                yield (edit,)
            elif done and "已经" not in words:  # 没 and 了 do not go together
                yield edit, (done[0], "")


def _put_back(words: Words, others: Words, links: Sequence[Link]) -> Iterator[Edits]:
    """Exchange two words that stand in the other order in the other sentence."""
    same = _shared(words, others, links)
    crossings = _crossings(same)
    for one, two in exchanged(words, others, links):
        if _changed_places(one, two, same, crossings, alike=False):  # nothing else stands elsewhere
            yield (one.first, words[two.first]), (two.first, words[one.first])


def exchanged(words: Words, others: Words, links: Sequence[Link]) -> list[tuple[Link, Link]]:
    """Two words of one kind, in both sentences, that changed places.

    In 我把钥匙借给了邻居 and 邻居把钥匙借给了我 these are 我 and 邻居, although 钥匙 stands on another side of either.
    So an exchange must put right most of what crosses one of the two words.
    """
    same = _shared(words, others, links)
    crossings = _crossings(same)
    return [
        (one, two)
        for one, two in combinations(same, 2)
        if one.second > two.second
        and _may_change_places(words[one.first], words[two.first])
        and _changed_places(one, two, same, crossings, kind(words[one.first]) == kind(words[two.first]))
    ]


def turned_around(words: Words, others: Words, links: Sequence[Link]) -> tuple[int, int] | None:
    """Where two sentences tell two things in the other order, as 水烧开了再放面 and 放了面再烧水.

    Returns:
        The index of the word between the two things in each sentence; None if they do not.
    """
    for between in _shared(words, others, links):
        if words[between.first] not in BETWEEN:
            continue
        moved = {True: 0, False: 0}  # characters that stood before the word, and after it
        stayed = 0
        for link in (link for link in links if link != between and has_content(words[link.first])):
            before = link.first < between.first
            if before == (link.second < between.second):
                stayed += len(words[link.first])
            else:
                moved[before] += len(words[link.first])
        if all(moved.values()) and moved[True] + moved[False] > 2 * stayed:
            return between.first, between.second
    return None


def _shared(words: Words, others: Words, links: Sequence[Link]) -> list[Link]:
    return sorted(link for link in links if words[link.first] == others[link.second])


def _may_change_places(word: str, other: str) -> bool:
    """Whether sentences may differ in the places of two words; a question word may stand in several."""
    return word != other and has_content(word) and has_content(other) and not ASKS.search(word + other)


def _changed_places(one: Link, two: Link, links: Sequence[Link], crossings: Mapping[Link, int], alike: bool) -> bool:
    """Whether an exchange puts right most of what crosses two links, and all of it if their words are not `alike`."""
    crossed = crossings[one] + crossings[two] - 1  # they cross each other
    most = min(two.first - one.first, one.second - two.second) - 1
    if 2 * (1 + 2 * most) <= crossed:
        return False
    right = _put_right(one, two, links)
    return right == crossed or (alike and 2 * right > crossed)


def _put_right(one: Link, two: Link, links: Sequence[Link]) -> int:
    """How many links cross less after an exchange of two that cross."""
    between = sum(one.first < link.first < two.first and two.second < link.second < one.second for link in links)
    return 1 + 2 * between


def _crossings(links: Sequence[Link]) -> dict[Link, int]:
    """How many others each link crosses."""
    return {
        one: sum((one.first < link.first) != (one.second < link.second) for link in links if link != one)
        for one in links
    }


def _may_replace(word: str, other: str) -> bool:
    """Whether a word can stand where another stood: both numbers, or of one kind and with content."""
    number, other_number = number_and_unit(word), number_and_unit(other)
    if number[0] or other_number[0]:
        return bool(number[0] and other_number[0]) and bool(number[1]) == bool(other_number[1])
    return kind(word) == kind(other) and has_content(word) and word not in NEGATIONS


def kind(word: str) -> str:
    """What role a word plays, roughly: thing, time, verb, quality; else the first letter of jieba's tag."""
    tag = (word_tag(word) or "n")[:1]
    return KINDS.get(tag, tag)


# Away from the other sentence


def _apart(words: Words) -> Iterator[Edits]:
    """Edits that give a sentence another meaning."""
    is_question = ASKS.search("".join(words)) is not None
    for i, word in enumerate(words):
        if has_content(word) and word not in NEGATIONS:
            options = dict.fromkeys(option for option in _options(word, words, is_question) if option not in words)
            ranked = sorted((loss(words, ((i, option),)), option) for option in options)
            yield from (((i, option),) for _, option in ranked[:PER_WORD])
    if not is_question:
        yield from _negated(words)


def _options(word: str, words: Words, is_question: bool) -> Iterator[str]:
    """Words of the same role: another question for a question word, and for other words another of their kind."""
    if ASKS.search(word):
        yield from () if "才" in words else OTHER_QUESTIONS.get(word, ())
        return
    for option in _others(word):
        negated = _negations().get(word) == option  # 能便宜点吗 and 不能便宜点吗 ask for the same
        if not (is_question and negated):
            yield option


def _others(word: str) -> Iterator[str]:
    yield from (other for other in _one_kind().get(word, ()) if number_and_unit(other)[0] != "二")
    yield from _inner_opposites(word)
    number, unit = number_and_unit(word)
    if set(number) & set("几半"):
        return
    if number.isdigit() and len(number) < 4:
        yield from (f"{int(number) + 1}{unit}", f"{int(number) * 2}{unit}")
    elif number:
        yield from (numeral + unit for numeral in NUMERALS if numeral != number)


@cache
def _one_kind() -> dict[str, Words]:
    """Each word of the lexicons of words that differ → the others of its groups."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for group in (group for group in read_lexicon() if not group.same):
        for term in group.terms:
            found[term] |= dict.fromkeys(other for other in group.terms if other != term)
    return {term: tuple(others) for term, others in found.items()}


def _inner_opposites(word: str) -> Iterator[str]:
    """关门 → 开门: one character of a word replaced by its opposite, if that is a word of the same kind."""
    if len(word) != 2 or kind(word) not in ("verb", "time", "f"):
        return
    for i, character in enumerate(word):
        for other in _one_kind().get(character, ()):
            changed = word[:i] + other + word[i + 1 :]
            if len(other) == 1 and word_tag(changed) and kind(changed) == kind(word):
                yield changed


def _negated(words: Words) -> Iterator[Edits]:
    """A statement, negated where it can be."""
    pairs = _negations()
    for i, (word, following) in enumerate(pairwise(words)):
        if word in NEGATIONS:
            yield from _take_out_negation(words, i)
        elif word in DEGREES and kind(following) == "quality":
            yield ((i, "不"),)
        elif word in pairs and word != "在":
            yield ((i, pairs[word]),)
        elif kind(word) == "verb" and "了" in words[max(i + 1, len(words) - 3) : i + 3]:
            yield (i, "没" + word), (words.index("了", i + 1), "")


@cache
def _negations() -> dict[str, str]:
    return {one: two for pair in read_groups("negations") for one, two in (pair, pair[::-1])}
