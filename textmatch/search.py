"""Search a list of sentences, and group those that mean the same.

Retrieve, then re-rank: the cosine of the embeddings and common characters each propose candidates, which takes
milliseconds; the pair model scores the candidates alone. faiss holds the embeddings. Up to `EXACT_LIMIT` sentences they
are kept as they are and searched exactly; longer lists are stored in one byte a number and searched by their nearest
clusters.

Work that takes long is a generator (`Index.steps`, `Index.duplicate_steps`). It yields a `Step` about once a second and
returns its result. Whoever runs it can show the progress, and can stop it: by not going on, or by throwing `Stop` into
it to get what there is so far. `finish` runs one to its end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import numpy as np
import torch

from textmatch.errors import InputError
from textmatch.lexical import LexicalIndex
from textmatch.matcher import TextMatcher
from textmatch.text import MAX_CHARACTERS, normalise, segment

if TYPE_CHECKING:
    import faiss

NORMALISED, CHUNK = 20_000, 512
"""Sentences normalised, and sentences embedded or pairs scored, between two steps: at most about a second each."""

SORTED_CHUNKS = 8
"""Chunks whose sentences are sorted by length together before they are embedded, so that there is little padding."""

BATCH_SIZE = 32
"""Pairs that the network gets at a time: candidates are of very different lengths."""

BLOCK = 512
"""Sentences that are grouped together."""

EXACT_LIMIT = 100_000
"""Longest list that is searched exactly: 1 KB a sentence, some 10 ms a query."""

CLUSTERS, CLUSTERS_SEARCHED, TRAINING_SAMPLE = 512, 32, 20_480
"""For longer lists: the clusters, how many of them a query searches, and the sentences from which they are learned."""

LEXICAL_SHARE = 0.5
"""Share of the candidates that common characters propose; the cosine proposes the others."""

NEAREST_GROUPS = 3
"""Groups, the nearest by cosine, that each sentence is compared with by the pair model."""

MIN_COSINE = 0.7
"""Cosine from which the pair model is asked whether two sentences of a list mean the same."""

T = TypeVar("T")


class Step(NamedTuple):
    """Progress: `done` of `total` sentences."""

    done: int
    total: int


class Stop(BaseException):
    """Thrown into a generator of steps to stop it.

    It then returns what it has so far, or raises `Stop` again if that is of no use. Like `GeneratorExit` it is a signal
    and not an error: `except Exception` does not catch it.
    """


class Skipped(NamedTuple):
    """A sentence that was left out: its position in the list (from 0), and why."""

    position: int
    reason: Literal["blank", "long", "broken"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence of the list, compared with another sentence.

    Attributes:
        position: its position in the list, from 0.
        sentence: as given.
        probability: that both mean the same, 0 to 1; 1 if their normalised texts are equal.
        similarity: as `Prediction.similarity`, 0 to 1.
        overlap: cosine of their characters (`LexicalIndex.overlap`), 0 to 1.
        copies: further positions of the same normalised text.
    """

    position: int
    sentence: str
    probability: float
    similarity: float
    overlap: float
    copies: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that mean the same as the first of them, the group's representative.

    Members are compared with the representative alone. Two members that match it need not match each other.

    Attributes:
        members: at least two: the representative, which comes first in the list, then the others, most probable first.
    """

    members: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class SentenceList:
    """A list of sentences, and the rows in which it is indexed: one for each distinct normalised text.

    Attributes:
        sentences: the whole list, as given.
        skipped: what was left out of it.
        texts: the normalised text of each row. The rows are shuffled, so that the first ones are a sample of all.
        positions: where each row is in the list, in ascending order.
    """

    sentences: Sequence[str]
    skipped: tuple[Skipped, ...]
    texts: list[str]
    positions: list[list[int]]

    def sentence(self, row: int) -> str:
        """The first sentence of a row, as given."""
        return self.sentences[self.positions[row][0]]


class _Match(NamedTuple):
    """A row that was compared; the fields as in `Hit`. By default the texts are equal."""

    row: int
    probability: float = 1.0
    similarity: float = 1.0
    overlap: float = 1.0

    @property
    def best_first(self) -> tuple[float, float]:
        """Sort key: most probable first, then most similar."""
        return -self.probability, -self.similarity


def finish(steps: Generator[Step, None, T], report: Callable[[Step], object] | None = None) -> T:
    """Run a generator of steps to its end.

    Args:
        steps: what to run.
        report: called with each step; if it raises, the work stops.

    Returns:
        What the generator returns.
    """
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if report:
            report(step)


class Index:
    """A list of sentences with their embeddings and characters. `Index.build` makes one.

    Args:
        matcher: what embeds and scores.
        listed: the sentences.
        vectors: the embedding of each row, of length 1.
        lexical: the characters of each row.

    Attributes:
        matcher: as above.
        vectors: as above.
        lexical: as above.
        cut: number of rows that are longer than the model reads (`TextMatcher.max_length`).
    """

    def __init__(self, matcher: TextMatcher, listed: SentenceList, vectors: faiss.Index, lexical: LexicalIndex) -> None:
        self.matcher, self.vectors, self.lexical, self._listed = matcher, vectors, lexical, listed
        self.cut = sum(_length(text, matcher) > matcher.max_length for text in listed.texts)

    def __len__(self) -> int:
        """Number of rows: distinct normalised texts."""
        return len(self._listed.texts)

    @property
    def sentences(self) -> Sequence[str]:
        """The whole list, as given."""
        return self._listed.sentences

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was left out of the list."""
        return self._listed.skipped

    @property
    def distinct(self) -> list[str]:
        """The first sentence of each row, as given."""
        return [self._listed.sentence(row) for row in range(len(self))]

    @classmethod
    def build(
        cls, matcher: TextMatcher, sentences: Sequence[str], report: Callable[[Step], object] | None = None
    ) -> Index:
        """Embed a list.

        Args:
            matcher: of two classes, the second of which means "the same".
            sentences: any number. Blank ones, those over `MAX_CHARACTERS` and those with half of a surrogate pair are
                skipped and listed in `Index.skipped`.
            report: called with each step; if it raises, the work stops.

        Raises:
            InputError: the matcher has other classes, or no sentence is left.
        """
        return finish(cls.steps(matcher, sentences), report)

    @classmethod
    def steps(cls, matcher: TextMatcher, sentences: Sequence[str]) -> Generator[Step, None, Index]:
        """`build`, step by step."""
        if len(matcher.labels) != 2:
            raise InputError(f"the model has the classes {matcher.labels}; search needs two, the second: the same")
        listed = yield from _rows(sentences)
        if not listed.texts:
            raise InputError(
                f"there is no sentence to search: all {len(sentences)} lines are blank or over {MAX_CHARACTERS} "
                "characters"
            )
        lexical, waiting = LexicalIndex(), list[Any]()
        vectors = _empty_vectors(len(listed.texts), matcher.embed([]).shape[1])
        size = SORTED_CHUNKS * CHUNK
        for start in range(0, len(listed.texts), size):
            lexical.add(listed.texts[start : start + size])
            waiting.append((yield from _embed(matcher, listed, range(start, min(start + size, len(listed.texts))))))
            if not vectors.is_trained and len(waiting) * size >= TRAINING_SAMPLE:
                vectors.train(np.concatenate(waiting))
            if vectors.is_trained:
                vectors.add(np.concatenate(waiting))
                waiting.clear()
        return cls(matcher, listed, vectors, lexical)

    def search(self, query: str, top_k: int = 10, candidates: int = 100) -> list[Hit]:
        """The sentences nearest in meaning to `query`.

        They are ranked by the sum of probability and overlap. On questions with known answers the sum ranks the right
        answer first more often than either alone.

        Args:
            query: a sentence of at most `MAX_CHARACTERS`.
            top_k: hits at most, 1 or more.
            candidates: sentences that the pair model scores at most, 1 or more; never fewer than `top_k`.

        Returns:
            Hits, best first; equal ones by similarity, then by position.

        Raises:
            InputError: the query is blank, too long or not a string; `top_k` or `candidates` is below 1.
        """
        if top_k < 1 or candidates < 1:
            raise InputError(f"top_k is {top_k} and candidates {candidates}; expected at least 1")
        check_query(query)
        rows = self._candidates(query, max(candidates, top_k))
        hits = [self._hit(match) for match in self._compare([(query, row) for row in rows])]
        return sorted(hits, key=lambda hit: (-hit.probability - hit.overlap, -hit.similarity, hit.position))[:top_k]

    def duplicates(self, threshold: float = 0.7, report: Callable[[Step], object] | None = None) -> list[Group]:
        """Group the sentences that mean the same.

        One pass in the order of the list: a sentence joins the group whose representative it matches best; if it
        matches none, it is the representative of a new group. Equal normalised texts join without the model.

        Args:
            threshold: probability from which two sentences match, 0 to 1.
            report: called with each step; if it raises, the work stops.

        Returns:
            Groups of at least two sentences, largest first; equal ones by the position of the representative.

        Raises:
            InputError: `threshold` is out of range.
        """
        return finish(self.duplicate_steps(threshold), report)[0]

    def duplicate_steps(self, threshold: float = 0.7) -> Generator[Step, None, tuple[list[Group], Step]]:
        """`duplicates`, step by step; also returns the last step.

        If `Stop` is thrown into it, it returns the groups of the rows up to the last step. Going on would only add
        members and groups to these.
        """
        if not 0 <= threshold <= 1:
            raise InputError(f"the threshold is {threshold}; expected a probability from 0 to 1")
        groups = _Groups(self.vectors)
        order = sorted(range(len(self)), key=self._listed.positions.__getitem__)
        reached = Step(0, len(order))
        with suppress(Stop):
            for start in range(0, len(order), BLOCK):
                rows = order[start : start + BLOCK]
                yield from self._group_block(groups, rows, threshold, reached)
                reached = Step(start + len(rows), len(order))
                yield reached
        found = [self._group(row, members) for row, members in groups.members.items() if self._is_group(row, members)]
        return sorted(found, key=lambda group: (-len(group.members), group.members[0].position)), reached

    def _candidates(self, query: str, count: int) -> list[int]:
        """At most `count` rows: those with the most characters in common, then those with the highest cosine."""
        by_characters = self.lexical.nearest(normalise(query), round(count * LEXICAL_SHARE))
        _, (by_cosine,) = self.vectors.search(self.matcher.embed([query]).numpy(), min(count, len(self)))
        # faiss fills up with -1 if the searched clusters have fewer rows
        return [row for row in dict.fromkeys([*by_characters, *by_cosine.tolist()]) if row >= 0][:count]

    def _group_block(
        self, groups: _Groups, rows: Sequence[int], threshold: float, reached: Step
    ) -> Generator[Step, None, None]:
        """Add rows to the groups.

        They are compared with the representatives so far; those that match none are compared with each other. The
        groups change after the last step, so that they are whole whenever the work is stopped.
        """
        vectors = self.vectors.reconstruct_batch(np.array(rows))
        earlier = yield from self._matches(rows, groups.representatives, groups.nearest(vectors), threshold, reached)
        left = [place for place, matches in enumerate(earlier) if not matches]
        rest = [rows[place] for place in left]
        among = yield from self._matches(rest, rest, _nearest_before(vectors[left]), threshold, reached)
        for row, matches in zip(rows, earlier, strict=True):
            if matches:
                groups.join(row, matches[0])
        for place, row, matches in zip(left, rest, among, strict=True):
            best = next((match for match in matches if match.row in groups.members), None)
            if best:
                groups.join(row, best)
            else:
                groups.begin(row, vectors[place : place + 1])

    def _matches(
        self, rows: Sequence[int], others: Sequence[int], nearest: tuple[Any, Any], threshold: float, reached: Step
    ) -> Generator[Step, None, list[list[_Match]]]:
        """For each of `rows` those of its nearest among `others` that match it, best first.

        Args:
            rows: R rows.
            others: any number of rows.
            nearest: the cosine of each row and its nearest others, and the index of these in `others`; both `[R, K]`.
            threshold: probability from which two rows match.
            reached: yielded while pairs are scored.
        """
        cosines, places = nearest
        owners, near = (cosines >= MIN_COSINE).nonzero()
        pairs = [
            (self._listed.sentence(rows[owner]), others[places[owner, k]])
            for owner, k in zip(owners, near, strict=True)
        ]
        found: list[list[_Match]] = [[] for _ in rows]
        for start in range(0, len(pairs), CHUNK):
            compared = self._compare(pairs[start : start + CHUNK])
            for owner, match in zip(owners[start : start + CHUNK], compared, strict=True):
                if match.probability >= threshold:
                    found[owner].append(match)
            yield reached
        return [sorted(matches, key=lambda match: (match.best_first, match.row)) for matches in found]

    def _compare(self, pairs: Sequence[tuple[str, int]]) -> list[_Match]:
        """Score each sentence against the row beside it."""
        predictions = self.matcher.predict(
            [(sentence, self._listed.sentence(row)) for sentence, row in pairs], BATCH_SIZE
        )
        matches = []
        for (sentence, row), prediction in zip(pairs, predictions, strict=True):
            text, other = normalise(sentence), self._listed.texts[row]
            probability = prediction.probabilities[self.matcher.labels[1]]
            matches.append(
                _Match(row)
                if text == other
                else _Match(row, probability, prediction.similarity, self.lexical.overlap(text, other))
            )
        return matches

    def _hit(self, match: _Match) -> Hit:
        first, *copies = self._listed.positions[match.row]
        return Hit(first, self.sentences[first], *match[1:], tuple(copies))

    def _is_group(self, representative: int, members: Sequence[_Match]) -> bool:
        return bool(members) or len(self._listed.positions[representative]) > 1

    def _group(self, representative: int, members: Sequence[_Match]) -> Group:
        first, *others = (
            (match, position)
            for match in (_Match(representative), *members)
            for position in self._listed.positions[match.row]
        )
        others.sort(key=lambda member: (member[0].best_first, member[1]))
        return Group(tuple(Hit(position, self.sentences[position], *match[1:]) for match, position in (first, *others)))


class _Groups:
    """Groups of rows while they are made.

    Attributes:
        representatives: the first row of each group, oldest group first.
        members: representative → the other rows.
    """

    def __init__(self, vectors: faiss.Index) -> None:
        import faiss

        self.representatives: list[int] = []
        self.members: dict[int, list[_Match]] = {}
        self._vectors = faiss.clone_index(vectors)
        self._vectors.reset()

    def begin(self, row: int, vector: Any) -> None:
        """Make `row`, of embedding `vector` `[1, D]`, the representative of a new group."""
        self.members[row] = []
        self.representatives.append(row)
        self._vectors.add(vector)

    def join(self, row: int, match: _Match) -> None:
        """Add `row` to the group whose representative it matched."""
        self.members[match.row].append(match._replace(row=row))

    def nearest(self, vectors: Any) -> tuple[Any, Any]:
        """For each of `vectors` `[R, D]` the cosines of the nearest representatives and their indices, `[R, K]`."""
        cosines, places = self._vectors.search(vectors, NEAREST_GROUPS)
        return cosines, places


def _rows(sentences: Sequence[str]) -> Generator[Step, None, SentenceList]:
    """Leave out what cannot be used, and collect equal texts in one row."""
    skipped: list[Skipped] = []
    positions: dict[str, list[int]] = {}
    for position, sentence in enumerate(sentences):
        fault = _fault(sentence)
        text = "" if fault else normalise(sentence)
        if text:
            positions.setdefault(text, []).append(position)
        else:
            skipped.append(Skipped(position, fault or "blank"))
        if position % NORMALISED == NORMALISED - 1:
            yield Step(0, len(sentences))
    texts = list(positions)
    random.Random(0).shuffle(texts)
    return SentenceList(sentences, tuple(skipped), texts, [positions[text] for text in texts])


def _fault(sentence: str) -> Literal["blank", "long", "broken"] | None:
    if not sentence.strip():
        return "blank"
    if len(sentence) > MAX_CHARACTERS:
        return "long"
    if any("\ud800" <= character <= "\udfff" for character in sentence):
        return "broken"
    return None


def check_query(query: str) -> None:
    """Refuse a query that cannot be searched for.

    Raises:
        InputError: it is blank, too long, broken or not a string.
    """
    if not isinstance(query, str):
        raise InputError(f"the query must be text, got {type(query).__name__}")
    fault = _fault(query)
    if fault == "blank" or not (fault or normalise(query)):
        raise InputError("the query is blank: expected at least one character")
    if fault == "long":
        raise InputError(f"the query has {len(query)} characters; {MAX_CHARACTERS} is the most")
    if fault:
        raise InputError("the query holds half of a surrogate pair, which is not a character")


def _length(text: str, matcher: TextMatcher) -> int:
    """Positions that the model would read of a normalised text, were there no limit."""
    return len(text if matcher.config.unit == "character" else segment(text))


def _embed(matcher: TextMatcher, listed: SentenceList, rows: range) -> Generator[Step, None, Any]:
    """Embed rows in the order of their length, so that there is little padding: `[N, D]` as given, step by step."""
    order = sorted(rows, key=lambda row: len(listed.texts[row]))
    embedded: list[Any] = []
    for start in range(0, len(order), CHUNK):
        embedded.append(matcher.embed([listed.sentence(row) for row in order[start : start + CHUNK]]))
        yield Step(rows.start + min(start + CHUNK, len(order)), len(listed.texts))
    return torch.cat(embedded)[torch.tensor(order).argsort()].numpy()


def _empty_vectors(count: int, width: int) -> faiss.Index:
    """A faiss index for `count` vectors of `width` numbers, with the inner product."""
    import faiss

    kind = "Flat" if count <= EXACT_LIMIT else f"IVF{CLUSTERS},SQ8"
    index = faiss.index_factory(width, kind, faiss.METRIC_INNER_PRODUCT)
    if isinstance(index, faiss.IndexIVF):
        index.nprobe = CLUSTERS_SEARCHED
        index.make_direct_map()  # needed to read a vector by its row
    return index


def _nearest_before(vectors: Any) -> tuple[Any, Any]:
    """For each of `vectors` `[N, D]` the cosines of the nearest before it (0 if there is none), and their indices."""
    cosines = torch.from_numpy(vectors @ vectors.T).tril(-1)
    values, places = torch.topk(cosines, min(NEAREST_GROUPS, len(vectors)))
    return values.numpy(), places.numpy()
