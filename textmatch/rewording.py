"""Changes of a sentence that keep its meaning: a model whose verdict one of them turns has a weakness there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from textmatch.counterfactual import ASKS, NEGATIONS, Change, Words, kind, loss
from textmatch.knowledge.terms import read_lexicon
from textmatch.results import SENTENCE_NUMBERS

FITS = 1.5
"""How much worse a rewording may fit its sentence than what stood there."""

QUESTION_WORDS = {
    "怎么": "如何",
    "如何": "怎么",
    "为什么": "为何",
    "为何": "为什么",
    "什么时候": "何时",
    "何时": "什么时候",
}
HOW = ("怎么", "如何")
"""These two ask the same only before a verb: 怎么修, but not 怎么这么贵 or 怎么了."""

OPEN_QUESTION = ("怎么", "如何", "为什么", "什么", "哪", "谁", "多少", "多久")
PARTICLES = frozenset("吗呢啊吧呀嘛了的么")


def rewordings(rows: tuple[Words, Words]) -> list[Change]:
    """Changes that leave the meaning as it is, those that read best first.

    Args:
        rows: the normalised words of both sentences.
    """
    found = [
        Change(number, (edit,), (0, max(0.0, worse)))
        for number in SENTENCE_NUMBERS
        for words in [rows[number - 1]]
        for edit in _reworded(words)
        if (worse := loss(words, (edit,))) <= FITS
    ]
    return sorted(found, key=lambda change: change.doubt)


def _reworded(words: Words) -> Iterator[tuple[int, str]]:
    """Each word that may be said otherwise, with what stands in its place then."""
    sentence = "".join(words)
    for i, word in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else ""
        asks_how = kind(following) == "verb" and following not in NEGATIONS and "了" not in words
        if word in QUESTION_WORDS and (word not in HOW or asks_how):
            yield i, QUESTION_WORDS[word]
        if (name := _other_name().get(word)) and name not in sentence:
            yield i, name
    if not words or not ASKS.search(sentence):
        return
    if "请" not in sentence:
        yield 0, f"请问{words[0]}"
    if sentence[-1] not in PARTICLES and any(word in sentence for word in OPEN_QUESTION):
        yield len(words) - 1, f"{words[-1]}呢"


@cache
def _other_name() -> dict[str, str]:
    """土豆 → 马铃薯: another name of a thing, for names that stand for one thing only."""
    groups = [group.terms for group in read_lexicon() if group.section.startswith("aliases")]
    count = Counter(term for terms in groups for term in terms)
    names = [[term for term in terms if count[term] == 1 and len(term) > 1] for terms in groups]
    return {
        one: other
        for group in names
        if len(group) > 1
        for one, other in zip(group, [*group[1:], group[0]], strict=True)
    }
