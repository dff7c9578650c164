"""Score a table of pairs in chunks, in order; a row that cannot be scored gets its problem and does not stop the rest.

A row becomes a prediction in `score`, and its result row in `result_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from textmatch.errors import InputError
from textmatch.files import (
    ROW_PROBLEMS,
    Columns,
    Problem,
    Row,
    Table,
    free_name,
    is_missing,
    label_class,
    sentence_problem,
    sentence_text,
)
from textmatch.matcher import TextMatcher
from textmatch.results import Prediction
from textmatch.text import MAX_CHARACTERS, lacking_chinese

CHUNK, SMALL_CHUNK, CHUNKS = 4096, 512, 8
"""Rows that are sorted by length together, at most and at least, so that batches need little padding; and the chunks
that a large table has at least. Whoever stops loses the chunk under way, so none is larger than all before it."""

STEP = 512
"""Pairs scored between two times that one can stop: a second or two on a slow core."""

NEW_COLUMNS = ("probability", "prediction", "similarity", "problem")

PROBLEMS = ROW_PROBLEMS | {
    "long": "{sentence} has {length} characters; at most {limit} are scored",
    "input": "{reason}",
    "cut": "only the first {limit} positions of {sentence} were read",
    "unknown": "{sentence} has characters the model never saw: {tokens}",
    "chinese": "{sentence} has no Chinese character, and the model has only learnt Chinese",
    "label": "the label {label} is unknown",
}
"""What may be wrong with a row. A row with one of the last four is scored all the same."""


class Score(NamedTuple):
    """The model's result for one row.

    Attributes:
        probability: of the last class, 0 to 1; None if the row could not be scored.
        prediction: the most probable class; empty if the row could not be scored.
        similarity: 0 to 1; None if the row could not be scored.
        problem: what is wrong with the row, or was cut, unknown or not understood; empty if nothing.
        label: the class its label stands for; None if it has none, or one that is unknown.
    """

    probability: float | None
    prediction: str
    similarity: float | None
    problem: str
    label: int | None = None


def score(
    matcher: TextMatcher,
    table: Table,
    columns: Columns,
    chunk_size: int | None = None,
    problems: Mapping[str, str] = PROBLEMS,
) -> Iterator[list[Score]]:
    """Score a table's rows in order.

    The next pairs are scored when they are asked for: count the yielded scores to show progress, and stop asking to
    stop. A pair that occurs again is not scored again.

    Args:
        matcher: the model.
        table: the rows.
        columns: which of its columns to read.
        chunk_size: rows in each chunk, at least 1; None fits it to the table and to the rows already scored.
        problems: the wording of what may be wrong, for the keys of `PROBLEMS`.

    Yields:
        The scores of the next chunk; while it is being scored an empty list, every `STEP` pairs.
    """
    scorer = _Scorer(matcher, columns, (table.names[columns.sentence1], table.names[columns.sentence2]), problems)
    start, total = 0, len(table.rows)
    while start < total:
        size = chunk_size or _fitting_size(start, total)
        yield from scorer.chunk(table.rows[start : start + size])
        start += size


def _fitting_size(start: int, total: int) -> int:
    """Rows in the chunk that begins after `start` of `total` rows."""
    return min(CHUNK, max(SMALL_CHUNK, min(start, total // CHUNKS)))


def result_names(table: Table, new: Sequence[str] = NEW_COLUMNS) -> tuple[str, ...]:
    """The table's column names and the new ones, renamed where the table has them already."""
    return (*table.names, *(free_name(name, table.names) for name in new))


def result_rows(table: Table, scores: Iterable[Score]) -> Iterator[list[Any]]:
    """The rows that have a score, each with its own values and the new ones."""
    for row, (probability, prediction, similarity, problem, _) in zip(table.rows, scores, strict=False):
        yield [*row.values, _round(probability), prediction, _round(similarity), problem]


@dataclass(frozen=True)
class _Scorer:
    """What every chunk of one table needs, and the scores of the pairs so far."""

    matcher: TextMatcher
    columns: Columns
    names: tuple[str, str]
    problems: Mapping[str, str]
    scored: dict[tuple[str, str], Score] = field(default_factory=dict)

    def chunk(self, rows: Sequence[Row]) -> Iterator[list[Score]]:
        first, second = self.columns.sentence1, self.columns.sentence2
        pairs = [(sentence_text(row.values[first]), sentence_text(row.values[second])) for row in rows]
        problems = [row.problem or self._check(pair) for row, pair in zip(rows, pairs, strict=True)]
        usable = dict.fromkeys(pair for pair, problem in zip(pairs, problems, strict=True) if not problem)
        new = sorted((pair for pair in usable if pair not in self.scored), key=lambda pair: max(map(len, pair)))
        for start in range(0, len(new), STEP):
            if start:
                yield []
            self.scored.update(self._predict(new[start : start + STEP]))
        yield [
            self._with_label(self._failed(problem) if problem else self.scored[pair], row)
            for row, pair, problem in zip(rows, pairs, problems, strict=True)
        ]

    def _check(self, pair: tuple[Any, Any]) -> Problem | None:
        for sentence, name in zip(pair, self.names, strict=True):
            if problem := sentence_problem(sentence, name):
                return problem
            if len(sentence) > MAX_CHARACTERS:
                return Problem("long", {"sentence": name, "length": len(sentence), "limit": MAX_CHARACTERS})
        return None

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Score]:
        """The pairs' scores; if the model refuses them together, each alone to find which it refuses."""
        try:
            predictions = self.matcher.predict(pairs)
        except InputError as error:
            if len(pairs) == 1:
                return {pairs[0]: self._failed(Problem("input", {"reason": str(error)}))}
            alone = [self._predict([pair]) for pair in pairs]
            return {pair: score for one in alone for pair, score in one.items()}
        return {pair: self._score(prediction) for pair, prediction in zip(pairs, predictions, strict=True)}

    def _score(self, prediction: Prediction) -> Score:
        probability = prediction.probabilities[self.matcher.labels[-1]]
        warnings = "; ".join(warning.message(self.problems) for warning in self._warnings(prediction))
        return Score(probability, prediction.label, prediction.similarity, warnings)

    def _warnings(self, prediction: Prediction) -> Iterator[Problem]:
        lacking = lacking_chinese(prediction.sentence1, prediction.sentence2)
        told = zip(self.names, prediction.truncated, prediction.unknown, strict=True)
        for number, (name, unread, tokens) in enumerate(told, 1):
            if number in lacking:
                yield Problem("chinese", {"sentence": name})
            if unread:
                yield Problem("cut", {"sentence": name, "limit": self.matcher.max_length})
            if tokens:
                yield Problem("unknown", {"sentence": name, "tokens": " ".join(tokens)})

    def _failed(self, problem: Problem) -> Score:
        return Score(None, "", None, problem.message(self.problems))

    def _with_label(self, score: Score, row: Row) -> Score:
        value = None if self.columns.label is None else row.values[self.columns.label]
        if is_missing(value) or not str(value).strip():
            return score
        label = label_class(value, self.matcher.labels)
        if label is not None:
            return score._replace(label=label)
        unknown = Problem("label", {"label": str(value)[:40]}).message(self.problems)
        return score._replace(problem="; ".join(filter(None, (score.problem, unknown))))


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
