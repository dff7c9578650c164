"""Score a table of pairs, in order, in chunks; a row that cannot be scored is named and never stops the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from textmatch.errors import InputError
from textmatch.matcher import Prediction, TextMatcher
from textmatch.tables import Columns, Problem, Table, free_name
from textmatch.text import MAX_CHARACTERS

CHUNK = 512
"""Rows scored between two signs of life: a second or two on a slow core."""

BATCH_SIZE = 128
"""Pairs the network sees at a time; small enough that short pairs of a chunk stay among themselves."""

NEW_COLUMNS = ("probability", "prediction", "similarity", "problem")

PROBLEMS = {
    "fields": "{got} fields; expected {expected}",
    "json": "not a JSON object",
    "missing": "{sentence} is missing",
    "blank": "{sentence} is blank",
    "type": "{sentence} is not text but {type}",
    "long": "{sentence} has {length} characters; at most {limit} are scored",
    "input": "{reason}",
    "cut": "only the first {limit} positions of {sentence} were read",
    "unknown": "{sentence} has characters the model never saw: {tokens}",
    "label": "the label {label} is unknown",
}
"""What may be wrong with a row. After the last three it is scored all the same."""

YES = frozenset({"是", "相同", "相似", "匹配", "同义", "意思相同", "yes", "y", "true", "match", "same", "对"})
NO = frozenset({"否", "不同", "不相似", "不匹配", "不同义", "意思不同", "no", "n", "false", "different", "不是", "错"})


class Score(NamedTuple):
    """What the model says of one row.

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
    label: int | None


def score(
    matcher: TextMatcher,
    table: Table,
    columns: Columns,
    chunk_size: int = CHUNK,
    problems: Mapping[str, str] = PROBLEMS,
) -> Iterator[list[Score]]:
    """Score a table's rows in order.

    The work is done between one `next` and the following: to show progress count what was yielded, to stop take no
    more. A pair that was scored before is not scored again.

    Args:
        matcher: what scores.
        table: the rows.
        columns: which of its columns to read.
        chunk_size: rows in each yield, at least 1.
        problems: the wording of what may be wrong, for the keys of `PROBLEMS`.

    Yields:
        The scores of the next `chunk_size` rows; fewer at the end.
    """
    answers: dict[tuple[str, str], Score] = {}
    for start in range(0, len(table.rows), chunk_size):
        chunk = table.rows[start : start + chunk_size]
        pairs = [(row.values[columns.sentence1], row.values[columns.sentence2]) for row in chunk]
        found = [row.problem or _check(pair, table, columns) for row, pair in zip(chunk, pairs, strict=True)]
        new = dict.fromkeys(pair for pair, problem in zip(pairs, found, strict=True) if not problem)
        answers.update(_answers(matcher, [pair for pair in new if pair not in answers], table, columns, problems))
        yield [
            _with_label(
                Score(None, "", None, _say(problems, problem), None) if problem else answers[pair],
                None if columns.label is None else row.values[columns.label],
                matcher.labels,
                problems,
            )
            for row, pair, problem in zip(chunk, pairs, found, strict=True)
        ]


def result_names(table: Table) -> tuple[str, ...]:
    """The table's column names and the new ones, renamed where the table has them already."""
    return (*table.names, *(free_name(name, table.names) for name in NEW_COLUMNS))


def result_rows(table: Table, scores: Iterable[Score]) -> Iterator[list[Any]]:
    """The rows that have a score, each with its own values and the new ones."""
    for row, (probability, prediction, similarity, problem, _) in zip(table.rows, scores, strict=False):
        yield [*row.values, _round(probability), prediction, _round(similarity), problem]


def label_class(value: Any, labels: Sequence[str]) -> int | None:
    """The class a label in a file stands for: its name or number; for two classes also yes or no, 是 or 否."""
    text = str(value).strip().removesuffix(".0").casefold()
    names = [label.casefold() for label in labels]
    if text in names:
        return names.index(text)
    if text.isascii() and text.isdigit() and int(text) < len(labels):
        return int(text)
    return None if len(labels) != 2 else 1 if text in YES else 0 if text in NO else None


def _answers(
    matcher: TextMatcher,
    pairs: Sequence[tuple[str, str]],
    table: Table,
    columns: Columns,
    problems: Mapping[str, str],
) -> dict[tuple[str, str], Score]:
    try:
        predictions = matcher.predict(pairs, BATCH_SIZE)
    except InputError as error:
        if len(pairs) == 1:
            return {pairs[0]: Score(None, "", None, _say(problems, Problem("input", {"reason": str(error)})), None)}
        alone = (_answers(matcher, [pair], table, columns, problems) for pair in pairs)
        return {pair: answer for answers in alone for pair, answer in answers.items()}
    return {
        pair: Score(
            prediction.probabilities[matcher.labels[-1]],
            prediction.label,
            prediction.similarity,
            "; ".join(_say(problems, note) for note in _notes(prediction, matcher.max_length, table, columns)),
            None,
        )
        for pair, prediction in zip(pairs, predictions, strict=True)
    }


def _check(pair: tuple[Any, Any], table: Table, columns: Columns) -> Problem | None:
    for sentence, column in zip(pair, (columns.sentence1, columns.sentence2), strict=True):
        name = table.names[column]
        if sentence is None or sentence != sentence:  # NaN, the missing value of data frames
            return Problem("missing", {"sentence": name})
        if not isinstance(sentence, str):
            return Problem("type", {"sentence": name, "type": type(sentence).__name__})
        if not sentence.strip():
            return Problem("blank", {"sentence": name})
        if len(sentence) > MAX_CHARACTERS:
            return Problem("long", {"sentence": name, "length": len(sentence), "limit": MAX_CHARACTERS})
    return None


def _notes(prediction: Prediction, limit: int, table: Table, columns: Columns) -> Iterator[Problem]:
    names = (table.names[columns.sentence1], table.names[columns.sentence2])
    for name, rest, tokens in zip(names, prediction.truncated, prediction.unknown, strict=True):
        if rest:
            yield Problem("cut", {"sentence": name, "limit": limit})
        if tokens:
            yield Problem("unknown", {"sentence": name, "tokens": " ".join(tokens)})


def _with_label(score: Score, value: Any, labels: Sequence[str], problems: Mapping[str, str]) -> Score:
    if value is None or value != value or not str(value).strip():
        return score
    found = label_class(value, labels)
    if found is not None:
        return score._replace(label=found)
    note = _say(problems, Problem("label", {"label": str(value)[:40]}))
    return score._replace(problem="; ".join(filter(None, (score.problem, note))))


def _say(problems: Mapping[str, str], problem: Problem) -> str:
    return problems[problem.key].format(**problem.fields)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
