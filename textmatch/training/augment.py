"""Labelled pairs made from labelled pairs: small changes that alter the meaning, and changes that keep it.

Question corpora reward overlap: two sentences that share most characters nearly always match. These pairs show that one
negation, antonym, number, name or exchange of roles alters the meaning, and that synonyms, typos and a new order of
"A and B" do not. After CheckList (Ribeiro et al. 2020).
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from textmatch.files import Pair
from textmatch.knowledge.wordlists import read_groups, read_words
from textmatch.text import normalise, segment, word_tag

NUMERALS = "一二三四五六七八九十两"
NAME_TAGS = ("ns", "nr", "nz", "nrt", "nt")  # jieba's tags of names, and of what can stand on either side of a verb
THING_TAGS = ("n", "r", "m", "x", "eng", "vn", "j", "b", "t", *NAME_TAGS)
ASKS_BOTH_WAYS = re.compile(r"(.)[不没]\1|是否|能否|有没有|是不是|可不可以|没有")

Words = list[str]
Change = Callable[[Words], Words | None]


class Perturbations:
    """Changes of one sentence, given as jieba words; each returns None where the sentence does not allow it.

    Args:
        sentences: the training sentences; names and homophones are taken from them.
        rng: the random generator.
    """

    def __init__(self, sentences: Iterable[str], rng: random.Random) -> None:
        self._rng = rng
        plain = sorted({normalise(sentence) for sentence in sentences})
        self._words = {sentence: segment(sentence) for sentence in plain}
        self._antonyms = _alternatives("antonyms")
        self._synonyms = _alternatives("synonyms")
        self._negations = _alternatives("negations")
        self._directed = frozenset(read_words("directed_words"))
        self._symmetric = frozenset(read_words("symmetric_words"))
        self._question_words = frozenset(read_words("question_words"))
        self._number = re.compile(rf"\d+(\.\d+)?|[{NUMERALS}]+(?={'|'.join(read_words('units'))})")
        self._names = _names_by_tag(Counter(word for cut in self._words.values() for word in cut))
        self._homophones = _homophones(Counter(character for sentence in plain for character in sentence))

    def words_of(self, sentence: str) -> Words:
        """The words of a training sentence."""
        return self._words[normalise(sentence)]

    def negate(self, cut: Words) -> Words | None:
        """Negate one word, or remove a negation; not in a question such as 能不能 that holds both answers."""
        negations = [i for i, word in enumerate(cut[:-1]) if word in ("不", "没", "别")]
        if ASKS_BOTH_WAYS.search("".join(cut)):
            return None
        if negations:
            i = self._rng.choice(negations)
            return cut[:i] + cut[i + 1 :]
        return self._replace_one(cut, self._negations)

    def use_antonym(self, cut: Words) -> Words | None:
        """Replace one word by its antonym; not where the sentence holds both."""
        changed = self._replace_one(cut, self._antonyms)
        return None if changed is None or len(set(changed)) < len(set(cut)) else changed

    def keep(self, cut: Words) -> Words:
        """Return the sentence unchanged, so that a name or a number does not look like a change by itself."""
        return cut

    def use_synonym(self, cut: Words) -> Words | None:
        """Replace one or two words by synonyms."""
        changed = self._replace_one(cut, self._synonyms)
        if changed is None or self._rng.random() < 0.5:
            return changed
        changed = self._replace_one(changed, self._synonyms)
        return None if changed == cut else changed

    def change_number(self, cut: Words) -> Words | None:
        """Replace one number by another."""
        plain = "".join(cut)
        numbers = list(self._number.finditer(plain))
        if not numbers:
            return None
        chosen = self._rng.choice(numbers)
        old = chosen.group()
        new = self._rng.choice(NUMERALS)
        if old.isascii():
            new = str(abs(round(float(old)) + self._rng.choice((-10, -3, -2, -1, 1, 2, 3, 5, 10))))
        if new == old or {new, old} == {"二", "两"}:
            return None
        return [plain[: chosen.start()], new, plain[chosen.end() :]]

    def change_name(self, cut: Words) -> Words | None:
        """Replace a name by another of its kind: a place by a place, a person by a person."""
        positions = [i for i, word in enumerate(cut) if len(word) > 1 and self._names.get(word_tag(word) or "")]
        if not positions:
            return None
        i = self._rng.choice(positions)
        other = self._rng.choice(self._names[word_tag(cut[i]) or ""])
        return None if other in cut[i] or cut[i] in other else [*cut[:i], other, *cut[i + 1 :]]

    def swap_roles(self, cut: Words) -> Words | None:
        """Exchange the two sides of a directed word: who and whom, from and to, more and less."""
        return self._swap_sides(cut, self._directed)

    def swap_operands(self, cut: Words) -> Words | None:
        """Exchange the two sides of a symmetric word such as 和, which keeps the meaning."""
        return self._swap_sides(cut, self._symmetric)

    def add_typo(self, cut: Words) -> Words | None:
        """Put one typo: a homophone, a doubled character, one left out of a long word, or two of a word exchanged."""
        i = self._rng.randrange(len(cut))
        word, kind = cut[i], self._rng.random()
        if len("".join(cut)) < 5 or word[0] in "不没无非未别" + NUMERALS or not "\u4e00" <= word[0] <= "\u9fff":
            return None
        at = self._rng.randrange(len(word))
        if kind < 0.6:
            homophones = self._homophones.get(word[at])
            typo = word[:at] + self._rng.choice(homophones) + word[at + 1 :] if homophones else word
        elif kind < 0.75:
            typo = word[: at + 1] + word[at:]
        elif len(word) > 2:
            typo = word[:at] + word[at + 1 :]
        else:
            typo = word[::-1]
        return None if typo == word else [*cut[:i], typo, *cut[i + 1 :]]

    def _replace_one(self, cut: Words, alternatives: dict[str, list[str]]) -> Words | None:
        positions = [i for i, word in enumerate(cut) if word in alternatives]
        if not positions:
            return None
        i = self._rng.choice(positions)
        return [*cut[:i], self._rng.choice(alternatives[cut[i]]), *cut[i + 1 :]]

    def _swap_sides(self, cut: Words, pivots: frozenset[str]) -> Words | None:
        """Exchange what stands right before a pivot with what stands right after it, two words a side at most."""
        positions = [i for i, word in enumerate(cut) if word in pivots]
        if not positions:
            return None
        i = self._rng.choice(positions)
        start, end = i, i + 1
        while start > 0 and i - start < 2 and self._is_thing(cut[start - 1]):
            start -= 1
        while end < len(cut) and end - i <= 2 and self._is_thing(cut[end]):
            end += 1
        before, after = cut[start:i], cut[i + 1 : end]
        if not before or not after or before == after:
            return None
        return [*cut[:start], *after, cut[i], *before, *cut[end:]]

    def _is_thing(self, word: str) -> bool:
        return (word_tag(word) or "x") in THING_TAGS and word not in self._question_words


def augmented_pairs(pairs: Sequence[Pair], share: float, seed: int) -> list[Pair]:
    """Make labelled pairs from labelled pairs by changing one sentence, half of them matching.

    A changed sentence is paired with the original, or with a match of the original. A change of meaning is mostly
    paired with the original, so that the change alone decides. A change that keeps the meaning is mostly paired with
    the match, so that the network does not learn that any other word in the same place means "not matched".

    Args:
        pairs: training pairs with the labels 0 and 1.
        share: made pairs for each given one, 0 or more.
        seed: the same seed and pairs give the same result.

    Returns:
        New pairs, labelled 0 or 1; fewer than asked for where the sentences allow too few changes.
    """
    rng = random.Random(seed)
    matching = [pair for pair in pairs if pair.label == "1"]
    if not share or not matching:
        return []
    change = Perturbations((sentence for pair in pairs for sentence in pair[:2]), rng)
    made: dict[Pair, None] = {}

    def add(perturb: Change, label: str, quota: int, with_original: float) -> None:
        """Add up to `quota` pairs of one change; the share `with_original` is paired with the original sentence."""
        wanted = len(made) + quota
        unchanged = perturb == change.keep
        for _ in range(40 * quota):
            if len(made) >= wanted:
                break
            match, original = rng.sample(rng.choice(matching)[:2], 2)
            partner = original if unchanged or rng.random() < with_original else match
            changed = "".join(perturb(change.words_of(original)) or ())
            if changed and (unchanged or normalise(changed) != normalise(partner)):
                made[Pair(partner, changed, label)] = None

    altering = (change.negate, change.use_antonym, change.change_number, change.change_name, change.swap_roles)
    keeping = (change.keep, change.use_synonym, change.add_typo, change.swap_operands)
    for perturb in altering:
        add(perturb, "0", int(share * len(pairs) / 2 / len(altering)), with_original=0.8)
    for perturb in keeping:
        add(perturb, "1", int(share * len(pairs) / 2 / len(keeping)), with_original=0.3)
    return list(made)


def transitive_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """Infer pairs from labelled pairs that share a sentence.

    From a ~ b and b ~ c follows a ~ c, and from a ~ b and b ≁ c follows a ≁ c. A pair is left out where both follow or
    where it is labelled already.

    Args:
        pairs: training pairs with the labels 0 and 1.

    Returns:
        New pairs, labelled 0 or 1; the same for the same pairs.
    """
    matching: dict[str, set[str]] = defaultdict(set)
    differing: dict[str, set[str]] = defaultdict(set)
    for first, second, label, *_ in pairs:
        neighbours = matching if label == "1" else differing
        neighbours[first].add(second)
        neighbours[second].add(first)
    same = {_ordered(a, b) for near in matching.values() for a, b in combinations(near, 2)}
    different = {_ordered(a, b) for middle, near in matching.items() for a in near for b in differing[middle] if a != b}
    given = {_ordered(pair.sentence1, pair.sentence2) for pair in pairs}
    inferred_same, inferred_different = sorted(same - different - given), sorted(different - same - given)
    return [Pair(*pair, "1") for pair in inferred_same] + [Pair(*pair, "0") for pair in inferred_different]


def _ordered(first: str, second: str) -> tuple[str, str]:
    return min(first, second), max(first, second)


def _alternatives(name: str) -> dict[str, list[str]]:
    """Each word of a lexicon's groups → the other words of its groups."""
    alternatives: dict[str, list[str]] = defaultdict(list)
    for group in read_groups(name):
        for word in group:
            alternatives[word] += [other for other in group if other != word]
    return alternatives


def _names_by_tag(counts: Counter[str]) -> dict[str, list[str]]:
    """The names that occur three times or more, by jieba's tag."""
    names: dict[str, list[str]] = defaultdict(list)
    for word, times in sorted(counts.items()):
        tag = word_tag(word)
        if times >= 3 and len(word) > 1 and tag in NAME_TAGS:
            names[tag].append(word)
    return names


def _homophones(counts: Counter[str]) -> dict[str, list[str]]:
    """Each common character → the common ones with the same sound, tone aside, as an input method offers them."""
    from pypinyin import lazy_pinyin

    by_sound: dict[str, list[str]] = defaultdict(list)
    for character, times in counts.most_common(2500):
        if "\u4e00" <= character <= "\u9fff" and times > 20:
            by_sound[lazy_pinyin(character)[0]].append(character)
    return {one: [other for other in group if other != one] for group in by_sound.values() for one in group[:12]}
