"""Labelled pairs made from sentence templates: who does what to whom, from where to where, what is more than what.

In question corpora two sentences with the same characters in another order nearly always mean the same, so a network
never learns that order can matter. A template holds paraphrases of one statement about two participants, A and B.
Exchanging A and B changes the meaning, except in symmetric templates ("A and B are classmates").
"""

from __future__ import annotations

import random
from typing import NamedTuple

from textmatch.files import Pair
from textmatch.knowledge.wordlists import read_by_kind

# Put before and after both sentences of a pair; "" is repeated so that most pairs get neither.
OPENINGS = ("", "", "", "", "", "请问", "听说", "昨天", "今天", "如果", "我想知道", "要是")
ENDINGS = ("", "", "", "", "", "", "了解一下", "，是真的吗", "，怎么回事", "，你怎么看", "，谢谢")


class Template(NamedTuple):
    """Paraphrases of one statement about two participants.

    Attributes:
        participants: what A and B can stand for.
        paraphrases: sentences with A and B in their roles, two or more.
        symmetric: whether exchanging A and B keeps the meaning.
    """

    participants: tuple[str, ...]
    paraphrases: tuple[str, ...]
    symmetric: bool

    def fill(self, number: int, a: str, b: str) -> str:
        """Paraphrase `number` (from 0) with its participants."""
        return self.paraphrases[number].translate({ord("A"): a, ord("B"): b})


def load_templates() -> list[Template]:
    """All templates of the lexicon."""
    participants = {kind: tuple(words.split()) for kind, words in read_by_kind("participants")}
    return [
        Template(participants[kind], tuple(sentence.strip() for sentence in paraphrases.split("|")), symmetric)
        for name, symmetric in (("directed_templates", False), ("symmetric_templates", True))
        for kind, paraphrases in read_by_kind(name)
    ]


def template_pairs(count: int, seed: int) -> list[Pair]:
    """Make labelled pairs from templates, about half of them matching.

    Args:
        count: how many to make; duplicates among them are removed.
        seed: the same seed gives the same pairs.

    Returns:
        Pairs labelled 0 or 1.
    """
    rng = random.Random(seed)
    templates = load_templates()
    return list(dict.fromkeys(_make_pair(rng.choice(templates), rng) for _ in range(count)))


def _make_pair(template: Template, rng: random.Random) -> Pair:
    a, b, third = rng.sample(template.participants, 3)
    one, other = rng.sample(range(len(template.paraphrases)), 2)
    kind = rng.random()
    first = template.fill(one, a, b)
    if kind < 0.4:  # another paraphrase of the same statement
        exchanged = template.symmetric and rng.random() < 0.7
        second, label = template.fill(other, b, a) if exchanged else template.fill(other, a, b), "1"
    elif kind < 0.5:  # the same sentence, with A and B exchanged where that keeps the meaning
        second, label = template.fill(one, b, a) if template.symmetric else template.fill(one, a, b), "1"
    elif kind < 0.9 and not template.symmetric:  # A and B exchanged where that changes the meaning
        number = one if rng.random() < 0.6 else other
        second, label = template.fill(number, b, a), "0"
    else:  # another participant
        changed = rng.choice(((a, third), (third, b)))
        second, label = template.fill(rng.choice((one, other)), *changed), "0"
    opening, ending = rng.choice(OPENINGS), rng.choice(ENDINGS)
    return Pair(f"{opening}{first}{ending}", f"{opening}{second}{ending}", label)
