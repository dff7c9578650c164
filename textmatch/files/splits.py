"""Labelled sentence pairs to train on, from a file, a folder or the Hub.

Files are read as everywhere else (`readers`), then strictly: the first row with a problem is an error that names the
file and the row. There is no limit on rows, and a text format may be gzipped.

A text file (`.txt`) holds paraphrases: each line says one thing in several ways, parted by ``|``. The lines of a block,
up to the next empty line, are close to each other and yet differ.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from textmatch.errors import DataError
from textmatch.files.readers import file_suffix, read_table, read_text
from textmatch.files.table import (
    ERRORS,
    Limits,
    Problem,
    Table,
    TableError,
    is_missing,
    sentence_problem,
)

PARAPHRASE_SUFFIXES = (".txt", ".txt.gz")
PAIR_SUFFIXES = (".tsv", ".tsv.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".xlsx", ".parquet")
SUFFIXES = PAIR_SUFFIXES + PARAPHRASE_SUFFIXES
SPLIT_NAMES = {"train": ("train",), "dev": ("dev", "validation", "valid"), "test": ("test",)}

NO_LIMITS = Limits(rows=sys.maxsize, cells=sys.maxsize, file_bytes=sys.maxsize, unpacked_bytes=sys.maxsize)

HUB_DATASET = "shibing624/nli_zh"
HUB_FILES = tuple(f"LCQMC/{split}/0000.parquet" for split in ("train", "validation", "test"))

WHOLE_NUMBER = re.compile(r"([+-]?[0-9]+)\.0+")

STRICT_PROBLEMS = {
    "fields": "{got} fields; expected {expected}, as in the first row",
    "json": "not a JSON object ({reason}); expected one with sentence1 and sentence2",
    "missing": "{sentence} is missing; expected one in every row",
    "blank": "{sentence} is blank; expected one in every row",
    "type": "{sentence} is of type {type}; expected text",
}
"""Why a row cannot be trained on; the keys are those of `ROW_PROBLEMS`."""


class Pair(NamedTuple):
    """Two sentences and the label their file gives them, as a string."""

    sentence1: str
    sentence2: str
    label: str


class Splits(NamedTuple):
    """The pairs of each split and where they come from.

    Attributes:
        train: pairs to train on.
        dev: pairs to choose and calibrate on.
        test: pairs to report on, if there are any.
        sources: split and format ("train.tsv.gz") → SHA-256 of that file's bytes.
        corpus: what the data is called: its folder's name in lower case, "lcqmc" from the Hub.
    """

    train: list[Pair]
    dev: list[Pair]
    test: list[Pair] | None
    sources: dict[str, str]
    corpus: str


def load_splits(data: str | Path | Sequence[str | Path] | None) -> Splits:
    """Read the train, dev and, where there is one, test split.

    Args:
        data: A folder with `train.*`, `dev.*` (or `validation.*`, `valid.*`) and perhaps `test.*`; or two or three
            files in that order; or None for LCQMC from the Hub.

    Raises:
        DataError: A split is missing or there twice, a file cannot be used, or the Hub gave no file.
    """
    paths = [Path(data)] if isinstance(data, str | Path) else [Path(path) for path in data or ()]
    if data is None:
        paths = _fetch_lcqmc()
    elif len(paths) == 1:
        paths = _split_files(paths[0])
    elif len(paths) not in (2, 3):
        raise DataError(f"got {len(paths)} data files; expected one folder, or a train, a dev and perhaps a test file")
    splits = {split: read_pairs(path) for split, path in zip(SPLIT_NAMES, paths, strict=False)}
    sources = {
        split + file_suffix(path, SUFFIXES): hashlib.sha256(path.read_bytes()).hexdigest()
        for split, path in zip(splits, paths, strict=True)
    }
    corpus = "lcqmc" if data is None else paths[0].resolve().parent.name.lower()
    return Splits(splits["train"], splits["dev"], splits.get("test"), sources, corpus)


def read_pairs(path: str | Path) -> list[Pair]:
    """Read one file's labelled pairs, in its order; a label such as "1.0" becomes "1".

    Raises:
        DataError: The file cannot be read, is empty or of an unknown kind; a column is missing or there twice; a row
            has a blank, a missing value or the wrong number of fields.
    """
    path = Path(path)
    if _holds_paraphrases(path):
        return list(_paraphrase_pairs(_paraphrases(path)))
    table = _read_strictly(path)
    columns = table.columns()
    if columns.label is None:
        raise DataError(f"{path}: there is no label column; expected sentence1, sentence2 and label")
    for number, row in enumerate(table.rows, table.first_number):
        if problem := _label_problem(row.values[columns.label], table.names[columns.label]):
            raise _row_error(path, number, problem)
    values = (row.values for row in table.rows)
    return [Pair(row[columns.sentence1], row[columns.sentence2], _label(row[columns.label])) for row in values]


def read_sentences(path: str | Path) -> list[str]:
    """Read one file's sentences, each as often as it is in there: those of a text file, or of a table's pairs.

    Raises:
        DataError: As `read_pairs`, though no label is needed.
    """
    path = Path(path)
    if _holds_paraphrases(path):
        return [sentence for line in _paraphrases(path) for sentence in line]
    table = _read_strictly(path)
    columns = table.columns()
    return [row.values[column] for column in (columns.sentence1, columns.sentence2) for row in table.rows]


def label_names(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Return the distinct labels in class order: numeric if all are integers, else alphabetical.

    Raises:
        DataError: There are fewer than two.
    """
    names = sorted({pair.label for pair in pairs})
    if len(names) < 2:
        raise DataError(f"the distinct labels are {names}; expected at least two")
    integers = all(re.fullmatch(r"[+-]?[0-9]+", name) for name in names)
    return tuple(sorted(names, key=int) if integers else names)


# Files


def _split_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: this is not a folder; expected one with train, dev and perhaps test files")
    paths = []
    for split, names in SPLIT_NAMES.items():
        wanted = {name + suffix for name in names for suffix in SUFFIXES}
        found = sorted(path for path in folder.iterdir() if path.name.lower() in wanted)
        if len(found) > 1:
            raise DataError(f"{folder}: expected one {split} file, got {', '.join(path.name for path in found)}")
        if not found and split != "test":
            raise DataError(f"{folder}: there is no {split} file; expected a name such as {split}.tsv.gz")
        paths += found
    return paths


def _fetch_lcqmc() -> list[Path]:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HTTPError  # type: ignore[attr-defined]

    try:
        return [
            Path(hf_hub_download(HUB_DATASET, name, repo_type="dataset", revision="refs/convert/parquet"))
            for name in HUB_FILES
        ]
    except (EntryNotFoundError, HTTPError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(
            f"LCQMC could not be fetched from the Hub's data set {HUB_DATASET}: {reason} "
            "(--data takes a local folder with train, dev and test files instead)"
        ) from None


# Tables of pairs


def _read_strictly(path: Path) -> Table:
    """A table with one column of each kind, in which every row has two sentences."""
    try:
        table = read_table(path, suffixes=PAIR_SUFFIXES, limits=NO_LIMITS)
    except TableError as error:
        raise _file_error(path, error.problem) from None
    _check_columns(path, table)
    first, second, _ = table.columns()
    for number, row in enumerate(table.rows, table.first_number):
        problem = (
            row.problem
            or sentence_problem(row.values[first], table.names[first])
            or sentence_problem(row.values[second], table.names[second])
        )
        if problem:
            raise _row_error(path, number, problem)
    return table


def _check_columns(path: Path, table: Table) -> None:
    if not table.named and len(table.names) < 2:
        found = f"one field, which is no known column name: {str(table.rows[0].values[0])[:40]!r}"
        raise DataError(f"{path}: {found}; expected a header, or rows of sentence1, sentence2 and perhaps label")
    for column, places in table.matches().items():
        if len(places) > 1 or (not places and column != "label"):
            names = ", ".join(table.names)
            raise DataError(f"{path}: expected one {column} column, got {len(places)}; the columns are: {names}")


def _file_error(path: Path, problem: Problem) -> DataError:
    return DataError(f"{path}: {problem.message(ERRORS)}")


def _row_error(path: Path, number: int, problem: Problem) -> DataError:
    # A quoted CSV field may hold line breaks, and Parquet and XLSX have no lines.
    kind = "line" if file_suffix(path, SUFFIXES).startswith((".tsv", ".jsonl")) else "row"
    return DataError(f"{path}, {kind} {number}: {problem.message(STRICT_PROBLEMS)}")


def _label_problem(value: Any, name: str) -> Problem | None:
    """What is wrong with a label; it may be a number as well as text."""
    if isinstance(value, int | float) and not is_missing(value):
        return None
    return sentence_problem(value, name)


def _label(value: str | float) -> str:
    text = str(value).strip()
    return whole[1] if (whole := WHOLE_NUMBER.fullmatch(text)) else text


# Paraphrases


def _holds_paraphrases(path: Path) -> bool:
    try:
        return file_suffix(path, SUFFIXES) in PARAPHRASE_SUFFIXES
    except TableError as error:
        raise _file_error(path, error.problem) from None


def _paraphrases(path: Path) -> list[list[str]]:
    """The sentences of each line of a text file; an empty line has none."""
    try:
        text = read_text(path, PARAPHRASE_SUFFIXES, NO_LIMITS)
        if not text.strip():
            raise TableError("list")
    except TableError as error:
        raise _file_error(path, error.problem) from None
    return [[part for sentence in line.split("|") if (part := sentence.strip())] for line in text.splitlines()]


def _paraphrase_pairs(lines: Iterable[Sequence[str]]) -> Iterator[Pair]:
    """Every two sentences of a line match; each is paired with one of every other line of its block, and differs."""
    block: list[Sequence[str]] = []
    for line in [*lines, []]:
        if line:
            block.append(line)
            continue
        for same in block:
            yield from (Pair(first, second, "1") for first, second in combinations(same, 2))
        for one, other in combinations(block, 2):
            for i in range(max(len(one), len(other))):
                yield Pair(one[i % len(one)], other[i % len(other)], "0")
        block = []
