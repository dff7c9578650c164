"""Embed a list of sentences once; then find the nearest to a query, or those in the list that mean the same.

Retrieve, then re-rank: the cosine of the embeddings and shared characters each propose candidates, which costs
milliseconds for 100,000 sentences, and the pair model judges those alone. The cosines are exact, in memory: up to about
a million sentences (1 GB of vectors) they take less time than the judging.

Whatever takes long is a generator of `Step`s: whoever runs it can show how far it is, and stop it by not going on.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from textmatch.errors import DataError, InputError
from textmatch.matcher import TextMatcher
from textmatch.text import MAX_CHARACTERS, normalise
from textmatch.text import words as segmented

CHUNK, BLOCK = 512, 128
"""Sentences embedded, and looked at for duplicates, between two steps: at most about a second each."""

NEAREST = 3
"""How many groups, the nearest by cosine, each sentence is compared with by the pair model."""

FLOOR = 0.7
"""Cosine below which the pair model is not asked whether two sentences of the list mean the same."""

VECTORS, SENTENCES = "vectors.safetensors", "sentences.jsonl"

T = TypeVar("T")


class Step(NamedTuple):
    """How far something long is: `done` of `total` sentences."""

    done: int
    total: int


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
        similarity: cosine of the two, 0 where it is negative: 0 to 1.
        copies: further positions of the same plain text.
    """

    position: int
    sentence: str
    probability: float
    similarity: float
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
    probability: float
    similarity: float
    row: int


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

    Letters in shapes: N sentences with distinct plain text, D sentence embedding.

    Args:
        matcher: what embeds and judges.
        sentences: the whole list, as given.
        skipped: what was left out of it.
        positions: of each distinct plain text (`normalise`), where it stands in the list.
        vectors: `[N, D]`, float32, rows of length 1.

    Attributes:
        cut: how many distinct plain texts are longer than the model reads (`TextMatcher.max_length`).
    """

    def __init__(
        self,
        matcher: TextMatcher,
        sentences: Sequence[str],
        skipped: Sequence[Skipped],
        positions: dict[str, list[int]],
        vectors: Tensor,
    ) -> None:
        self.matcher, self.sentences, self.skipped, self.vectors = matcher, sentences, tuple(skipped), vectors
        self._row = {plain: row for row, plain in enumerate(positions)}
        self._positions = list(positions.values())
        self._lexicon = Lexicon(positions)
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
        skipped, positions = _sift(sentences)
        if not positions:
            raise InputError(
                f"there is no sentence to search: all {len(sentences)} lines are blank or over {MAX_CHARACTERS} "
                "characters"
            )
        plains = list(positions)
        order = sorted(range(len(plains)), key=lambda row: len(plains[row]))  # little padding in a batch
        vectors = torch.empty(len(plains), 0)
        for start in range(0, len(order), CHUNK):
            rows = order[start : start + CHUNK]
            embedded = matcher.embed([sentences[positions[plains[row]][0]] for row in rows])
            if not start:
                vectors = torch.empty(len(plains), embedded.shape[1])
            vectors[rows] = embedded
            yield Step(start + len(rows), len(order))
        return cls(matcher, sentences, skipped, positions, vectors)

    def search(self, query: str, top_k: int = 10, candidates: int = 100, lexical: float = 0.5) -> list[Hit]:
        """The sentences most likely to mean the same as `query`.

        Args:
            query: a sentence of at most `MAX_CHARACTERS`.
            top_k: hits at most, 1 or more.
            candidates: sentences the pair model judges, at most; never fewer than `top_k`.
            lexical: the share of the candidates that shared characters propose, 0 to 1; cosine proposes the others.

        Returns:
            Hits, most probable first, equals by similarity, then by position.

        Raises:
            InputError: the query is blank, too long or not text; `top_k` or `candidates` is below 1, or `lexical`
                out of range.
        """
        if top_k < 1 or candidates < 1:
            raise InputError(f"top_k is {top_k} and candidates {candidates}; expected at least 1")
        if not 0 <= lexical <= 1:
            raise InputError(f"lexical is {lexical}; expected a share from 0 to 1")
        _check(query)
        plain = normalise(query)
        cosines = self.vectors @ self.matcher.embed([query])[0]
        candidates = max(candidates, top_k)
        alike = self._lexicon.nearest(plain, round(candidates * lexical))
        near = torch.topk(cosines, min(candidates, len(self))).indices.tolist()
        rows = list(dict.fromkeys([*alike, *near]))[:candidates]
        judged = self._judge([(query, row) for row in rows])
        found = [
            self._hit(row, _Match(1.0, 1.0, row))
            if row == self._row.get(plain)
            else self._hit(row, _Match(probability, float(cosines[row]), row))
            for row, probability in zip(rows, judged, strict=True)
        ]
        return sorted(found, key=_rank)[:top_k]

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
        return finish(self.duplicate_steps(threshold), report)

    def duplicate_steps(self, threshold: float = 0.7) -> Generator[Step, None, list[Group]]:
        """`duplicates`, step by step."""
        if not 0 <= threshold <= 1:
            raise InputError(f"the threshold is {threshold}; expected a probability from 0 to 1")
        groups: dict[int, list[_Match]] = {}
        heads: list[int] = []
        bank = torch.empty_like(self.vectors)  # the vectors of `heads`, side by side
        for start in range(0, len(self), BLOCK):
            rows = list(range(start, min(start + BLOCK, len(self))))
            earlier = self._matches(rows, heads, self.vectors[rows] @ bank[: len(heads)].T, threshold)
            left = [row for row, matches in zip(rows, earlier, strict=True) if not matches]
            own = self.vectors[left]
            among = self._matches(left, left, (own @ own.T).tril(-1), threshold)
            for row, matches in zip(rows, earlier, strict=True):
                if matches:
                    groups[matches[0].row].append(matches[0]._replace(row=row))
            for row, matches in zip(left, among, strict=True):
                best = next((match for match in matches if match.row in groups), None)
                if best:
                    groups[best.row].append(best._replace(row=row))
                else:
                    bank[len(heads)] = self.vectors[row]
                    heads.append(row)
                    groups[row] = []
            yield Step(rows[-1] + 1, len(self))
        found = [self._group(head, matches) for head, matches in groups.items()]
        return sorted(
            (group for group in found if len(group.members) > 1),
            key=lambda group: (-len(group.members), group.members[0].position),
        )

    def save(self, folder: str | Path) -> None:
        """Write the index into a folder: the vectors, and the list as one JSON string a line."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        save_file({"vectors": self.vectors}, folder / VECTORS)
        lines = (json.dumps(sentence) + "\n" for sentence in self.sentences)
        (folder / SENTENCES).write_text("".join(lines), encoding="utf-8")

    @classmethod
    def load(cls, matcher: TextMatcher, folder: str | Path) -> Index:
        """Read what `save` wrote.

        Raises:
            DataError: a file is missing or damaged, or the list was embedded by another model.
        """
        folder = Path(folder)
        try:
            vectors = load_file(folder / VECTORS)["vectors"]
            lines = (folder / SENTENCES).read_text(encoding="utf-8").split("\n")[:-1]
            sentences = [str(json.loads(line)) for line in lines]
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise DataError(f"{folder}: not a whole index ({error}); expected {VECTORS} and {SENTENCES}") from None
        skipped, positions = _sift(sentences)
        first = next(iter(positions.values()), [])
        probe = matcher.embed([sentences[position] for position in first[:1]])
        if vectors.shape != (len(positions), probe.shape[1]) or not torch.allclose(vectors[:1], probe, atol=1e-3):
            raise DataError(f"{folder}: the list was embedded by another model; build the index again")
        return cls(matcher, sentences, skipped, positions, vectors)

    def _matches(
        self, rows: Sequence[int], others: Sequence[int], cosines: Tensor, threshold: float
    ) -> list[list[_Match]]:
        """For each of `rows` those of the `NEAREST` of `others` that match it, best first; cosines `[rows, others]`."""
        nearest = torch.topk(cosines, min(NEAREST, len(others)))
        pairs, owners = [], []
        for owner, (values, columns) in enumerate(zip(nearest.values.tolist(), nearest.indices.tolist(), strict=True)):
            for cosine, column in zip(values, columns, strict=True):
                if cosine >= FLOOR:
                    pairs.append((self._sentence(rows[owner]), others[column]))
                    owners.append((owner, cosine))
        found: list[list[_Match]] = [[] for _ in rows]
        for (owner, cosine), (_, other), probability in zip(owners, pairs, self._judge(pairs), strict=True):
            if probability >= threshold:
                found[owner].append(_Match(probability, cosine, other))
        for matches in found:
            matches.sort(key=lambda match: (-match.probability, -match.similarity, match.row))
        return found

    def _judge(self, pairs: Iterable[tuple[str, int]]) -> list[float]:
        """The probability that each sentence means the same as the sentence of the row beside it."""
        predictions = self.matcher.predict([(sentence, self._sentence(row)) for sentence, row in pairs])
        return [prediction.probabilities[self.matcher.labels[1]] for prediction in predictions]

    def _sentence(self, row: int) -> str:
        return self.sentences[self._positions[row][0]]

    def _hit(self, row: int, match: _Match) -> Hit:
        first, *copies = self._positions[row]
        similarity = min(1.0, max(0.0, match.similarity))
        return Hit(first, self.sentences[first], match.probability, similarity, tuple(copies))

    def _group(self, head: int, matches: Sequence[_Match]) -> Group:
        hits = [self._hit(head, _Match(1.0, 1.0, head)), *(self._hit(match.row, match) for match in matches)]
        each = [
            Hit(position, self.sentences[position], hit.probability, hit.similarity)
            for hit in hits
            for position in (hit.position, *hit.copies)
        ]
        return Group((each[0], *sorted(each[1:], key=_rank)))


class Lexicon:
    """Finds the texts that share the rarest characters and pairs of characters with another: TF-IDF, cosine.

    Args:
        texts: N plain texts.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._ids: dict[str, int] = {}
        grams, owners, size = array("i"), array("i"), 0
        for row, text in enumerate(texts):
            size = row + 1
            for gram in _grams(text):
                grams.append(self._ids.setdefault(gram, len(self._ids)))
                owners.append(row)
        ids, rows = np.asarray(grams), np.asarray(owners)
        counts = np.bincount(ids, minlength=len(self._ids))
        self._weights = np.log1p(size / np.maximum(counts, 1)) ** 2
        self._lengths = np.sqrt(np.bincount(rows, self._weights[ids], minlength=size))
        self._rows = rows[np.argsort(ids, kind="stable")]
        self._ends = np.cumsum(counts)

    def nearest(self, text: str, count: int) -> list[int]:
        """Rows of at most `count` texts that share something with `text`, those that share most first."""
        scores = np.zeros(len(self._lengths))
        for gram in sorted(_grams(text) & self._ids.keys()):
            number = self._ids[gram]
            start = self._ends[number - 1] if number else 0
            scores[self._rows[start : self._ends[number]]] += self._weights[number]
        scores /= self._lengths
        count = min(count, len(scores))
        best = np.argpartition(-scores, count - 1)[:count]
        return [int(row) for row in best[np.argsort(-scores[best], kind="stable")] if scores[row] > 0]


def _grams(text: str) -> set[str]:
    return {*text, *map("".join, pairwise(text))}


def _rank(hit: Hit) -> tuple[float, float, int]:
    return -hit.probability, -hit.similarity, hit.position


def _sift(sentences: Sequence[str]) -> tuple[list[Skipped], dict[str, list[int]]]:
    """What cannot be used, and the positions of each plain text of the rest."""
    skipped: list[Skipped] = []
    positions: dict[str, list[int]] = {}
    for position, sentence in enumerate(sentences):
        reason = _fault(sentence)
        if reason:
            skipped.append(Skipped(position, reason))
        else:
            positions.setdefault(normalise(sentence), []).append(position)
    return skipped, positions


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
