"""Embed a list of sentences once; then find the nearest to a query, or those in the list that mean the same.

Retrieve, then re-rank: the cosine of the embeddings and shared characters each propose candidates, which costs
milliseconds, and the pair model judges those alone. faiss holds the embeddings: as they are and searched exactly up to
`EXACT` sentences, in a byte a number and by their neighbourhoods beyond.

Whatever takes long is a generator of `Step`s: whoever runs it can show how far it is, and stop it by not going on, or
by throwing `Stop` into it.
"""

from __future__ import annotations

import json
import math
import random
from array import array
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import numpy as np
import torch

from textmatch.errors import DataError, InputError
from textmatch.matcher import TextMatcher
from textmatch.text import MAX_CHARACTERS, normalise
from textmatch.text import words as segmented

if TYPE_CHECKING:
    import faiss

SIFTED, CHUNK = 20_000, 512
"""Sentences looked over, and sentences embedded or pairs judged, between two steps: at most about a second each."""

BLOCK = 512
"""Sentences looked at for duplicates together."""

EXACT = 100_000
"""Sentences up to which the vectors are kept and searched exactly: 1 KB each, some 10 ms a query."""

LISTS, PROBED, SAMPLE = 512, 32, 20_480
"""Beyond: the neighbourhoods, how many of them are searched, and the sentences from which they are learned."""

NEAREST = 3
"""How many groups, the nearest by cosine, each sentence is compared with by the pair model."""

FLOOR = 0.7
"""Cosine below which the pair model is not asked whether two sentences of the list mean the same."""

VECTORS, SENTENCES = "vectors.faiss", "sentences.jsonl"

T = TypeVar("T")


class Step(NamedTuple):
    """How far something long is: `done` of `total` sentences."""

    done: int
    total: int


class Stop(Exception):  # noqa: N818 - no error, as `StopIteration` is none
    """Thrown into something long to stop it: it returns what it has by then if that is of use, else lets this out."""


class Skipped(NamedTuple):
    """A sentence that was left out, by its position in the list (from 0), and why."""

    position: int
    reason: Literal["blank", "long", "broken"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence of the list.

    Attributes:
        position: where it stands in the list, from 0.
        sentence: as given.
        probability: that it means the same as what it was compared with, 0 to 1; 1 where both are one plain text.
        similarity: as `Prediction.similarity`, 0 to 1.
        overlap: share of the characters and pairs of characters that both have, the rare ones counting more: 0 to 1.
        copies: further positions of the same plain text.
    """

    position: int
    sentence: str
    probability: float
    similarity: float
    overlap: float
    copies: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that mean the same as the first of them.

    Every member was compared with the first, so nothing is carried from neighbour to neighbour; two members that both
    match the first need not match each other.

    Attributes:
        members: at least two, the one that comes first in the list, then the others, most probable first.
    """

    members: tuple[Hit, ...]


class _Match(NamedTuple):
    row: int
    probability: float = 1.0
    similarity: float = 1.0
    overlap: float = 1.0


def finish(steps: Generator[Step, None, T], report: Callable[[Step], object] | None = None) -> T:
    """Run steps to their end and return their result; `report` hears each step, and stops them by raising."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if report:
            report(step)


class Index:
    """A list of sentences with their embeddings; `Index.build` makes one.

    Its rows are the distinct plain texts of the list, shuffled: the first of them are a fair sample of all.

    Args:
        matcher: what embeds and judges.
        sentences: the whole list, as given.
        skipped: what was left out of it.
        positions: of each distinct plain text (`normalise`), where it stands in the list.
        vectors: their embeddings, rows of length 1.
        lexicon: their characters.

    Attributes:
        cut: how many distinct plain texts are longer than the model reads (`TextMatcher.max_length`).
    """

    def __init__(
        self,
        matcher: TextMatcher,
        sentences: Sequence[str],
        skipped: Sequence[Skipped],
        positions: dict[str, list[int]],
        vectors: faiss.Index,
        lexicon: Lexicon,
    ) -> None:
        self.matcher, self.sentences, self.skipped, self.vectors = matcher, sentences, tuple(skipped), vectors
        self._plains, self._positions, self._lexicon = list(positions), list(positions.values()), lexicon
        measure = len if matcher.config.unit == "character" else lambda plain: len(segmented(plain))
        self.cut = sum(measure(plain) > matcher.max_length for plain in positions)

    def __len__(self) -> int:
        """How many distinct plain texts can be found."""
        return len(self._positions)

    @classmethod
    def build(
        cls, matcher: TextMatcher, sentences: Sequence[str], report: Callable[[Step], object] | None = None
    ) -> Index:
        """Embed a list.

        Args:
            matcher: of two classes, the second of which means "the same".
            sentences: any number; blank ones, those over `MAX_CHARACTERS` and those with half of a surrogate pair are
                skipped and named in `Index.skipped`.
            report: hears each step; raising there stops.

        Raises:
            InputError: the matcher has other classes, or no sentence is left.
        """
        return finish(cls.steps(matcher, sentences), report)

    @classmethod
    def steps(cls, matcher: TextMatcher, sentences: Sequence[str]) -> Generator[Step, None, Index]:
        """`build`, step by step."""
        if len(matcher.labels) != 2:
            raise InputError(f"the model has the classes {matcher.labels}; search needs two, the second: the same")
        skipped, positions = yield from _sift(sentences)
        if not positions:
            raise InputError(
                f"there is no sentence to search: all {len(sentences)} lines are blank or over {MAX_CHARACTERS} "
                "characters"
            )
        plains, lexicon, held = list(positions), Lexicon(), list[Any]()
        vectors = _empty(len(plains), matcher.embed([]).shape[1])
        for start in range(0, len(plains), CHUNK):
            chunk = sorted(range(start, min(start + CHUNK, len(plains))), key=lambda row: len(plains[row]))
            embedded = matcher.embed([sentences[positions[plains[row]][0]] for row in chunk])
            lexicon.add(plains[start : start + CHUNK])
            held.append(embedded[torch.tensor(chunk).argsort()].numpy())
            if not vectors.is_trained and len(held) * CHUNK >= SAMPLE:
                vectors.train(np.concatenate(held))
            if vectors.is_trained:
                vectors.add(np.concatenate(held))
                held.clear()
            yield Step(start + len(chunk), len(plains))
        return cls(matcher, sentences, skipped, positions, vectors, lexicon)

    def search(self, query: str, top_k: int = 10, candidates: int = 100, lexical: float = 0.5) -> list[Hit]:
        """The sentences nearest in meaning to `query`.

        They are ranked by the probability and the overlap together: on questions of which we know the answer, the sum
        puts the right one first more often than either.

        Args:
            query: a sentence of at most `MAX_CHARACTERS`.
            top_k: hits at most, 1 or more.
            candidates: sentences the pair model judges, at most; never fewer than `top_k`.
            lexical: the share of the candidates that shared characters propose, 0 to 1; cosine proposes the others.

        Returns:
            Hits, nearest first: by probability plus overlap, equals by similarity, then by position.

        Raises:
            InputError: the query is blank, too long or not text; `top_k` or `candidates` is below 1, or `lexical`
                out of range.
        """
        if top_k < 1 or candidates < 1:
            raise InputError(f"top_k is {top_k} and candidates {candidates}; expected at least 1")
        if not 0 <= lexical <= 1:
            raise InputError(f"lexical is {lexical}; expected a share from 0 to 1")
        _check(query)
        candidates = max(candidates, top_k)
        alike = self._lexicon.nearest(normalise(query), round(candidates * lexical))
        near = self.vectors.search(self.matcher.embed([query]).numpy(), min(candidates, len(self)))[1][0].tolist()
        rows = [row for row in dict.fromkeys([*alike, *near]) if row >= 0][:candidates]
        hits = [self._hit(match) for match in self._judge([(query, row) for row in rows])]
        return sorted(hits, key=lambda hit: (-hit.probability - hit.overlap, -hit.similarity, hit.position))[:top_k]

    def duplicates(self, threshold: float = 0.7, report: Callable[[Step], object] | None = None) -> list[Group]:
        """Group the sentences that mean the same.

        One pass in the order of the list: a sentence joins the group whose first member it matches best, if any, else
        it begins one. Equal plain texts join without the model.

        Args:
            threshold: probability from which two sentences match, 0 to 1.
            report: hears each step; raising there stops.

        Returns:
            Groups of at least two sentences, largest first, equals by the position of their first member.

        Raises:
            InputError: `threshold` is out of range.
        """
        return finish(self.duplicate_steps(threshold), report)[0]

    def duplicate_steps(self, threshold: float = 0.7) -> Generator[Step, None, tuple[list[Group], Step]]:
        """`duplicates`, step by step, and the last step.

        Stopped, it returns the groups among the distinct plain texts up to there: the others could only join them, or
        form groups of their own.
        """
        if not 0 <= threshold <= 1:
            raise InputError(f"the threshold is {threshold}; expected a probability from 0 to 1")
        import faiss

        groups: dict[int, list[_Match]] = {}
        heads: list[int] = []
        bank = faiss.clone_index(self.vectors)  # the vectors of `heads`
        bank.reset()
        order = sorted(range(len(self)), key=self._positions.__getitem__)
        reached = Step(0, len(order))
        with suppress(Stop):
            for start in range(0, len(order), BLOCK):
                rows = order[start : start + BLOCK]
                own = self.vectors.reconstruct_batch(np.array(rows))
                earlier = yield from self._matches(rows, heads, bank.search(own, NEAREST), threshold, reached)
                left = [place for place, matches in enumerate(earlier) if not matches]
                rest = [rows[place] for place in left]
                among = yield from self._matches(rest, rest, _before(own[left]), threshold, reached)
                for row, matches in zip(rows, earlier, strict=True):
                    if matches:
                        groups[matches[0].row].append(matches[0]._replace(row=row))
                for place, row, matches in zip(left, rest, among, strict=True):
                    best = next((match for match in matches if match.row in groups), None)
                    if best:
                        groups[best.row].append(best._replace(row=row))
                    else:
                        groups[row] = []
                        heads.append(row)
                        bank.add(own[place : place + 1])
                reached = Step(start + len(rows), len(order))
                yield reached
        found = [self._group(head, matches) for head, matches in groups.items()]
        largest_first = sorted(
            (group for group in found if len(group.members) > 1),
            key=lambda group: (-len(group.members), group.members[0].position),
        )
        return largest_first, reached

    def save(self, folder: str | Path) -> None:
        """Write the index into a folder: the vectors, and the list as one JSON string a line."""
        import faiss

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self.vectors, str(folder / VECTORS))
        lines = (json.dumps(sentence) + "\n" for sentence in self.sentences)
        (folder / SENTENCES).write_text("".join(lines), encoding="utf-8")

    @classmethod
    def load(cls, matcher: TextMatcher, folder: str | Path) -> Index:
        """Read what `save` wrote.

        Raises:
            DataError: a file is missing or damaged, or the list was embedded by another model.
        """
        import faiss

        folder = Path(folder)
        try:
            vectors = faiss.read_index(str(folder / VECTORS))
            lines = (folder / SENTENCES).read_text(encoding="utf-8").split("\n")[:-1]
            sentences = [str(json.loads(line)) for line in lines]
        except (OSError, RuntimeError, ValueError) as error:
            raise DataError(f"{folder}: not a whole index ({error}); expected {VECTORS} and {SENTENCES}") from None
        skipped, positions = finish(_sift(sentences))
        lexicon = Lexicon()
        lexicon.add(positions)
        first = next(iter(positions.values()), [])
        probe = matcher.embed([sentences[position] for position in first[:1]])
        if (vectors.ntotal, vectors.d) != (len(positions), probe.shape[1]) or not np.allclose(
            vectors.reconstruct_n(0, 1), probe, atol=0.02
        ):
            raise DataError(f"{folder}: the list was embedded by another model; build the index again")
        return cls(matcher, sentences, skipped, positions, vectors, lexicon)

    def _matches(
        self, rows: Sequence[int], others: Sequence[int], nearest: tuple[Any, Any], threshold: float, here: Step
    ) -> Generator[Step, None, list[list[_Match]]]:
        """For each of `rows` those of its nearest among `others` that match it, best first.

        Args:
            rows: R of them.
            others: any number of them.
            nearest: the cosines of each row and its nearest, and where among `others` they are: both `[R, K]`.
            threshold: probability from which two match.
            here: yielded while the pair model is at work.
        """
        cosines, places = nearest
        owners, near = (cosines >= FLOOR).nonzero()
        pairs = [(self._sentence(rows[owner]), others[places[owner, k]]) for owner, k in zip(owners, near, strict=True)]
        found: list[list[_Match]] = [[] for _ in rows]
        for start in range(0, len(pairs), CHUNK):
            judged = self._judge(pairs[start : start + CHUNK])
            for owner, match in zip(owners[start:], judged, strict=False):
                if match.probability >= threshold:
                    found[owner].append(match)
            yield here
        for matches in found:
            matches.sort(key=lambda match: (-match.probability, -match.similarity, match.row))
        return found

    def _judge(self, pairs: Sequence[tuple[str, int]]) -> list[_Match]:
        """How well each sentence matches the sentence of the row beside it."""
        predictions = self.matcher.predict([(sentence, self._sentence(row)) for sentence, row in pairs])
        plains = [normalise(sentence) for sentence, _ in pairs]
        return [
            _Match(row)
            if plain == self._plains[row]
            else _Match(
                row,
                prediction.probabilities[self.matcher.labels[1]],
                prediction.similarity,
                self._lexicon.overlap(plain, self._plains[row]),
            )
            for (_, row), plain, prediction in zip(pairs, plains, predictions, strict=True)
        ]

    def _sentence(self, row: int) -> str:
        return self.sentences[self._positions[row][0]]

    def _hit(self, match: _Match) -> Hit:
        first, *copies = self._positions[match.row]
        return Hit(first, self.sentences[first], *match[1:], tuple(copies))

    def _group(self, head: int, matches: Sequence[_Match]) -> Group:
        each = [
            Hit(position, self.sentences[position], *match[1:])
            for match in (_Match(head), *matches)
            for position in self._positions[match.row]
        ]
        return Group((each[0], *sorted(each[1:], key=lambda hit: (-hit.probability, -hit.similarity, hit.position))))


class Lexicon:
    """Finds the texts that share the rarest characters and pairs of characters with another: TF-IDF, cosine."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._grams, self._owners, self._size = array("i"), array("i"), 0

    def add(self, texts: Iterable[str]) -> None:
        """Append rows to those that can be found; all must be there before anything is looked for."""
        for text in texts:
            grams = _grams(text)
            self._grams.extend(self._ids.setdefault(gram, len(self._ids)) for gram in grams)
            self._owners.extend([self._size] * len(grams))
            self._size += 1

    def nearest(self, text: str, count: int) -> list[int]:
        """Rows of at most `count` texts that share something with `text`, those that share most first."""
        weights, lengths, rows, ends = self._postings
        scores = np.zeros(self._size, np.float32)
        for gram in sorted(_grams(text) & self._ids.keys()):
            number = self._ids[gram]
            start = ends[number - 1] if number else 0
            scores[rows[start : ends[number]]] += weights[number]
        scores /= lengths
        count = min(count, len(scores))
        best = np.argpartition(-scores, count - 1)[:count]
        return [int(row) for row in best[np.argsort(-scores[best], kind="stable")] if scores[row] > 0]

    def overlap(self, text: str, other: str) -> float:
        """The cosine of two texts, 0 to 1; what no row has does not count."""
        weights = self._postings[0]
        one, two = (_grams(each) & self._ids.keys() for each in (text, other))
        shared, first, second = (
            math.fsum(weights[self._ids[gram]] for gram in grams) for grams in (one & two, one, two)
        )
        return shared / math.sqrt(first * second) if shared else 0.0

    @cached_property
    def _postings(self) -> tuple[Any, Any, Any, Any]:
        """Of each gram its weight, of each row its length, the rows gram by gram, and where those of a gram end."""
        ids, owners = np.asarray(self._grams), np.asarray(self._owners)
        counts = np.bincount(ids, minlength=len(self._ids))
        weights = (np.log1p(self._size / np.maximum(counts, 1)) ** 2).astype(np.float32)
        lengths = np.sqrt(np.bincount(owners, weights[ids], minlength=self._size)).astype(np.float32)
        rows = owners[np.argsort(ids, kind="stable")]
        del self._grams, self._owners
        return weights, lengths, rows, np.cumsum(counts)


def _empty(count: int, width: int) -> faiss.Index:
    """What will hold `count` vectors of `width` numbers."""
    import faiss

    kind = "Flat" if count <= EXACT else f"IVF{LISTS},SQ8"
    index = faiss.index_factory(width, kind, faiss.METRIC_INNER_PRODUCT)
    if isinstance(index, faiss.IndexIVF):
        index.nprobe = PROBED
        index.make_direct_map()  # to read a vector by its row
    return index


def _before(vectors: Any) -> tuple[Any, Any]:
    """Of each vector `[N, D]` the cosines of the nearest before it, and their places; 0 where there is none."""
    cosines = torch.from_numpy(vectors @ vectors.T).tril(-1)
    values, places = torch.topk(cosines, min(NEAREST, len(vectors)))
    return values.numpy(), places.numpy()


def _grams(text: str) -> set[str]:
    return {*text, *map("".join, pairwise(text))}


def _sift(sentences: Sequence[str]) -> Generator[Step, None, tuple[list[Skipped], dict[str, list[int]]]]:
    """What cannot be used, and the positions of each plain text of the rest, in an order of our own."""
    skipped: list[Skipped] = []
    positions: dict[str, list[int]] = {}
    for position, sentence in enumerate(sentences):
        reason = _fault(sentence)
        if reason:
            skipped.append(Skipped(position, reason))
        else:
            positions.setdefault(normalise(sentence), []).append(position)
        if position % SIFTED == SIFTED - 1:
            yield Step(0, len(sentences))
    plains = list(positions)
    random.Random(0).shuffle(plains)
    return skipped, {plain: positions[plain] for plain in plains}


def _fault(sentence: str) -> Literal["blank", "long", "broken"] | None:
    if not sentence.strip():
        return "blank"
    if len(sentence) > MAX_CHARACTERS:
        return "long"
    if any("\ud800" <= character <= "\udfff" for character in sentence):
        return "broken"
    return None if normalise(sentence) else "blank"


def _check(query: str) -> None:
    if not isinstance(query, str):
        raise InputError(f"the query must be text, got {type(query).__name__}")
    fault = _fault(query)
    if fault == "blank":
        raise InputError("the query is blank: expected at least one character")
    if fault == "long":
        raise InputError(f"the query has {len(query)} characters; {MAX_CHARACTERS} is the most")
    if fault:
        raise InputError("the query holds half of a surrogate pair, which is no character")
