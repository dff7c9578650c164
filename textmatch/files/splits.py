"""Labelled sentence pairs to train on, from a file, a folder or the Hub.

Files are read as everywhere else (`readers`), then strictly: the first row with a problem is an error that names the
file and the row. There is no limit on rows, and a text format may be gzipped.

A text file (`.txt`) holds a table, if its lines have tabs, or else paraphrases: each line says one thing in several
ways, parted by ``|``. The lines of a block, up to the next empty line, are close to each other and yet differ.
"""

from __future__ import annotations

import hashlib
import math
import random
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from textmatch.config import ModelConfig
from textmatch.errors import DataError
from textmatch.files.labels import class_order, is_label, label_class, label_text, merge_spellings, shown_names
from textmatch.files.readers import file_suffix, read_table, read_text
from textmatch.files.table import (
    ERRORS,
    Columns,
    Limits,
    Problem,
    Row,
    Table,
    TableError,
    is_missing,
    sentence_problem,
    sentence_text,
)

PARAPHRASE_SUFFIXES = (".txt", ".txt.gz")
PAIR_SUFFIXES = (".tsv", ".tsv.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".json", ".xlsx", ".parquet")
SUFFIXES = PAIR_SUFFIXES + PARAPHRASE_SUFFIXES
PART_OF_TRAIN = "dev, a part of train"
"""The name among `Splits.sources` of a dev split that was split off."""
SPLIT_NAMES = {"train": ("train",), "dev": ("dev", "validation", "valid"), "test": ("test",)}

NO_LIMITS = Limits(rows=sys.maxsize, cells=sys.maxsize, file_bytes=sys.maxsize, unpacked_bytes=sys.maxsize)

HUB_DATASET = "shibing624/nli_zh"
HUB_FILES = tuple(f"LCQMC/{split}/0000.parquet" for split in ("train", "validation", "test"))
LCQMC_SHA256 = {
    "train": "232396e040ecaf08bd8c15c2a8889642599488bc3ee0021377b7fc5b98bbe57b",
    "dev": "8a9b480605b77f73de9c8cf2e7d87465e050de9b1c29ac1e95697f803fbd7a98",
    "test": "b786b1428d578d2d9a1d5ddfe030749a8618f8825abb58809d4d0958297dd46c",
}
"""Of the pairs that the committed figures come from, in whatever order (`_fingerprint`)."""

SCORE_COLUMN = "score"
"""A column that says how close the two meanings are, 0 to 1."""

SAME_LINE, SAME_BLOCK = 1.0, 0.5
"""How close the meanings of two sentences of one line, and of two lines of one block, are taken to be."""

SPLIT_SEED = 1
"""Of the pairs that become the dev split."""

MAX_BLOCK = 200
"""Lines of a block of paraphrases; a text file with more is something else, and would give pairs without end."""

RARE_ROWS, RARE_SHARE, RARE_SHARE_FROM = 2, 0.01, 100
"""A label in so few rows beside two others is taken for a typo: in two, or, in a file of 100 rows, in less than 1%."""

MAX_CLASSES = 50
"""Different labels from which the label column is taken for something else."""

STRICT_PROBLEMS = {
    "fields": "{got} fields; expected {expected}, as in the first row",
    "json": "not a JSON object ({reason}); expected one with sentence1 and sentence2",
    "missing": "{sentence} is missing; expected one in every row",
    "blank": "{sentence} is blank; expected one in every row",
    "type": "{sentence} is of type {type}; expected text",
    "formula": "{sentence} is the error of a formula, {value}; expected text",
    "score": "score is {value}; expected a number from 0 to 1",
}
"""Why a row cannot be trained on; the keys are those of `ROW_PROBLEMS`."""


class Pair(NamedTuple):
    """Two sentences, their file's label as a string, and how close their meanings are (0 to 1), if that is known."""

    sentence1: str
    sentence2: str
    label: str
    score: float | None = None


class Splits(NamedTuple):
    """The pairs of each split and where they come from.

    Attributes:
        train: pairs to train on.
        dev: pairs to choose and calibrate on.
        test: pairs to report on, if there are any.
        sources: split and format ("train.tsv.gz") → SHA-256 of that file's bytes.
        corpus: what the data is called: its folder's name in lower case, "lcqmc" from the Hub.
        labels: the names of the classes in class order; with two, the last is that of sentences that match. The label
            of a pair is the number of its class, "0", "1" ….
        notes: how each file was read, in words, for people to check.
    """

    train: list[Pair]
    dev: list[Pair]
    test: list[Pair] | None
    sources: dict[str, str]
    corpus: str
    labels: tuple[str, ...] = ModelConfig().labels
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What is told about data files, where it is not left to be recognised.

    Attributes:
        columns: the names of the sentence columns and of the label column, as each file has them; an empty one is
            recognised.
        sheet: the name of the sheet, where a file is a workbook; empty to choose it by what is in it.
        positive: the label of sentences that match; empty to tell it by the names of the labels.
        labels: the names of the classes in class order, where they are given: by a checkpoint or by another corpus.
        header: whether the first row names the columns; None to tell it by its cells.
        dev_share: share of the train pairs that become the dev split where there is none, more than 0 and less than 1.
        encoding: that of each file of text, one of `ENCODINGS`; empty to recognise it.

    Raises:
        DataError: `dev_share` is out of range.
    """

    columns: tuple[str, str, str] = ("", "", "")
    sheet: str = ""
    positive: str = ""
    labels: tuple[str, ...] = ()
    header: bool | None = None
    dev_share: float = 0.1
    encoding: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.dev_share < 1:
            raise DataError(f"--dev-share {self.dev_share}: expected more than 0 and less than 1")


class _LabelledFile(NamedTuple):
    """A split as its file gives it.

    Attributes:
        path: the file.
        pairs: with the labels that the file gives them.
        first_number: number of the row of the first pair.
        note: how the file was read, in words.
    """

    path: Path
    pairs: list[Pair]
    first_number: int
    note: str

    def where(self, position: int) -> str:
        """File and row of the pair at a position, for messages."""
        return f"{self.path}, {_row_kind(self.path)} {self.first_number + position}"


def load_splits(data: str | Path | Sequence[str | Path] | None, options: DataOptions | None = None) -> Splits:
    """Read the train, dev and, where there is one, test split. Without a dev split a part of train becomes one.

    Args:
        data: A folder with `train.*`, perhaps `dev.*` (or `validation.*`, `valid.*`) and perhaps `test.*`; or one to
            three files in that order; or None for LCQMC from the Hub.
        options: what is told about the files; None for nothing.

    Raises:
        DataError: A split is missing or there twice, a file cannot be used, the Hub gave no file, a label is unknown,
            or it is unknown which of two labels means a match.
    """
    options = options or DataOptions()
    paths = _paths(data)
    files = {split: _read_file(path, options) for split, path in paths.items()}
    labels = options.labels or _labels_of(files["train"], files.get("dev"), options.positive)
    splits = {split: _with_classes(file, labels) for split, file in files.items()}
    notes = [f"{split}: {file.path.name}: {file.note}" for split, file in files.items()]
    sources = {
        split + file_suffix(path, SUFFIXES): hashlib.sha256(path.read_bytes()).hexdigest()
        for split, path in paths.items()
    }
    if data is None:
        notes.append(_lcqmc_note(paths["train"], splits))
    if "dev" not in splits:
        splits |= _split_off(splits["train"], options.dev_share)
        notes.append(f"dev: {len(splits['dev']):,} of the train pairs, {options.dev_share:.0%} of each class")
        sources[PART_OF_TRAIN] = hashlib.sha256(repr(splits["dev"]).encode()).hexdigest()
    return Splits(
        splits["train"], splits["dev"], splits.get("test"), sources, _corpus_name(data, paths), labels, tuple(notes)
    )


def read_pairs(path: str | Path, labels: Sequence[str] = ()) -> list[Pair]:
    """Read one file's labelled pairs, in its order; a label such as "1.0" becomes "1".

    Args:
        path: the file.
        labels: the names of the classes in class order; the label of each pair is then the number of its class.

    Raises:
        DataError: The file cannot be read, is empty or of an unknown kind; a column is missing or there twice; a row
            has a blank, a missing value, a label that is none of `labels`, or the wrong number of fields.
    """
    file = _read_file(Path(path), DataOptions())
    return _with_classes(file, labels) if labels else file.pairs


def _read_file(path: Path, options: DataOptions) -> _LabelledFile:
    lines = _paraphrases(path, options.encoding)
    if lines is not None:
        _check_blocks(path, lines)
        pairs = list(_paraphrase_pairs(lines))
        return _LabelledFile(path, pairs, 1, f"{len(pairs):,} pairs of paraphrases, separated by |")
    table, columns = _read_strictly(path, options)
    if columns.label is None:
        raise DataError(f"{path}: there is no label column; expected sentence1, sentence2 and label")
    _refuse_unknown_header(path, table, columns.label, options.header is not None)
    for number, row in enumerate(table.rows, table.first_number):
        if problem := _label_problem(row.values[columns.label], table.names[columns.label]):
            raise _row_error(path, number, problem)
    values = (row.values for row in table.rows)
    first, second, label = columns.sentence1, columns.sentence2, columns.label
    pairs = [Pair(sentence_text(row[first]), sentence_text(row[second]), label_text(row[label])) for row in values]
    if table.named and SCORE_COLUMN in table.names:
        pairs = _with_scores(path, table, pairs)
    return _LabelledFile(path, pairs, table.first_number, table.reading(columns))


def _with_scores(path: Path, table: Table, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with the scores of the table.

    Raises:
        DataError: A score is not a number from 0 to 1.
    """
    column = table.names.index(SCORE_COLUMN)
    scored: list[Pair] = []
    for number, (row, pair) in enumerate(zip(table.rows, pairs, strict=True), table.first_number):
        try:
            score = float(row.values[column])
        except (TypeError, ValueError):
            score = math.nan
        if not 0 <= score <= 1:
            raise _row_error(path, number, Problem("score", {"value": repr(row.values[column])[:40]}))
        scored.append(pair._replace(score=score))
    return scored


def read_sentences(path: str | Path) -> list[str]:
    """Read one file's sentences, each as often as it is in there: those of a text file, or of a table's pairs.

    Raises:
        DataError: As `read_pairs`, though no label is needed.
    """
    path = Path(path)
    lines = _paraphrases(path)
    if lines is not None:
        return [sentence for line in lines for sentence in line]
    table, columns = _read_strictly(path, DataOptions())
    return [
        sentence_text(row.values[column]) for column in (columns.sentence1, columns.sentence2) for row in table.rows
    ]


# Labels


def label_names(pairs: Iterable[Pair], positive: str = "") -> tuple[str, ...]:
    """The distinct labels in class order (`labels.class_order`).

    Args:
        pairs: labelled pairs.
        positive: the label of pairs that match; empty to tell it by the names.

    Raises:
        DataError: There are fewer than two labels, or it is unknown which of two means a match.
    """
    return class_order(set(merge_spellings(dict.fromkeys(pair.label for pair in pairs)).values()), positive)


def _labels_of(train: _LabelledFile, dev: _LabelledFile | None, positive: str) -> tuple[str, ...]:
    """The class names of a train split, all of which its dev split has; each is in two rows where there is no dev."""
    counts = Counter(pair.label for pair in train.pairs)
    if len(counts) > MAX_CLASSES:
        some = ", ".join(list(counts)[:3])
        raise DataError(f"{train.path}: the label column has {len(counts)} different values ({some} …); expected names")
    if len(set(merge_spellings(counts).values())) < 2:
        raise DataError(f"{train.path}: {_only_label(train)}; expected rows of at least two labels")
    names = label_names(train.pairs, positive)
    of_label = _classes(train, names)
    classes = [of_label[pair.label] for pair in train.pairs]
    _check_in_dev(train, classes, dev, names)
    _refuse_rare_label(train, classes, names, positive)
    return shown_names(names)


def _check_in_dev(
    train: _LabelledFile, classes: Sequence[int | None], dev: _LabelledFile | None, names: Sequence[str]
) -> None:
    """Refuse a class of train that dev lacks: in train it is a typo if it is rare, else rows of dev are missing.

    Args:
        train: the train split.
        classes: the class of each of its rows.
        dev: the dev split; None if a part of train becomes it.
        names: the class names.
    """
    sizes = Counter(classes)
    elsewhere = set(_classes(dev, names).values()) if dev else {number for number, size in sizes.items() if size > 1}
    if None in elsewhere:  # a label of dev that train lacks: it is named with its row where dev gets its classes
        return
    if dev and len(elsewhere) == 1:
        raise DataError(f"{dev.path}: {_only_label(dev)}; expected rows of each label of train: {', '.join(names)}")
    position = next((i for i, number in enumerate(classes) if number not in elsewhere), None)
    if position is None:
        return
    size = sizes[classes[position]]
    lacking = f"has the label {train.pairs[position].label!r:.60}, which is in {_count(size, 'row')} of"
    if dev and not _is_rare(size, len(classes)):
        raise DataError(f"{dev.path}: no row {lacking} {train.path}; expected every label in train and in dev")
    raise DataError(
        f"{train.where(position)}: no {f'row of {dev.path}' if dev else 'other row'} {lacking} train; expected every "
        "label in train and in dev: is it a typo?"
    )


def _refuse_rare_label(
    train: _LabelledFile, classes: Sequence[int | None], names: Sequence[str], positive: str
) -> None:
    """Refuse a label in a few rows where all others have two labels that are known: it is no third class."""
    sizes = Counter(classes)
    rare = {number for number, size in sizes.items() if _is_rare(size, len(classes))}
    others = [name for number, name in enumerate(names) if number not in rare]
    if not rare or len(others) != 2 or not _are_known(others, positive):
        return
    position = next(i for i, number in enumerate(classes) if number in rare)
    raise DataError(
        f"{train.where(position)}: the label {train.pairs[position].label!r:.60} is in "
        f"{_count(sizes[classes[position]], 'row')} of train, of {len(classes):,}; expected {' or '.join(others)}: is "
        f"it a typo? If it is a class of its own: --labels {shlex.join(names):.200}"
    )


def _is_rare(size: int, rows: int) -> bool:
    return size <= RARE_ROWS or (rows >= RARE_SHARE_FROM and size < RARE_SHARE * rows)


def _are_known(names: Sequence[str], positive: str) -> bool:
    """Whether it can be told which of two names means that the sentences match."""
    try:
        return bool(class_order(names, positive))
    except DataError:
        return False


def _only_label(file: _LabelledFile) -> str:
    return f"the only label is {file.pairs[0].label!r:.60}, in {_count(len(file.pairs), 'pair')}"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _classes(file: _LabelledFile, labels: Sequence[str]) -> dict[str, int | None]:
    """Each label of a file → its class, None if it is unknown."""
    return {label: label_class(label, labels) for label in dict.fromkeys(pair.label for pair in file.pairs)}


def _with_classes(file: _LabelledFile, labels: Sequence[str]) -> list[Pair]:
    """The pairs with the number of their class as the label."""
    classes = _classes(file, labels)
    for position, pair in enumerate(file.pairs):
        if classes[pair.label] is None:
            expected = " or ".join(_as_in_file(number, name, classes) for number, name in enumerate(labels))
            raise DataError(f"{file.where(position)}: the label {pair.label!r:.60} is unknown; expected {expected}")
    return [pair._replace(label=str(classes[pair.label])) for pair in file.pairs]


def _as_in_file(number: int, name: str, classes: Mapping[str, int | None]) -> str:
    """A class as a file calls it, and what that stands for if it is another name: 1 (Matched)."""
    label = next((label for label, known in classes.items() if known == number), name)
    return name if label == name else f"{label} ({name})"


# Files


def _paths(data: str | Path | Sequence[str | Path] | None) -> dict[str, Path]:
    """The file of each split."""
    if data is None:
        return dict(zip(SPLIT_NAMES, _fetch_lcqmc(), strict=True))
    paths = [Path(data)] if isinstance(data, str | Path) else [Path(path) for path in data]
    if len(paths) == 1 and not paths[0].is_file():
        return _split_files(paths[0])
    if len(paths) not in (1, 2, 3):
        raise DataError(f"got {len(paths)} data files; expected one folder, or a train, a dev and perhaps a test file")
    return dict(zip(SPLIT_NAMES, paths, strict=False))


def _corpus_name(data: str | Path | Sequence[str | Path] | None, paths: Mapping[str, Path]) -> str:
    if data is None:
        return "lcqmc"
    train = paths["train"].resolve()
    is_alone = len(paths) == 1 and not train.name.lower().startswith("train.")
    return (train.name.partition(".")[0] if is_alone else train.parent.name).lower()


def _split_off(train: Sequence[Pair], share: float) -> dict[str, list[Pair]]:
    """Train without some of its pairs, and those as dev: at random, the same at each call, a share of each class.

    A pair that is there several times, in either order, is in one of the two only.
    """
    groups: dict[tuple[str, frozenset[str]], None] = {(pair.label, frozenset(pair[:2])): None for pair in train}
    chosen = set()
    for label in sorted({pair.label for pair in train}):
        same = [group for group in groups if group[0] == label]
        count = min(max(round(share * len(same)), 1), len(same) - 1)
        chosen.update(random.Random(SPLIT_SEED).sample(same, count))
    dev = [(pair.label, frozenset(pair[:2])) in chosen for pair in train]
    return {
        "train": [pair for pair, is_dev in zip(train, dev, strict=True) if not is_dev],
        "dev": [pair for pair, is_dev in zip(train, dev, strict=True) if is_dev],
    }


def _split_files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such file or folder; expected one with train, dev and test files")
    paths = {}
    for split, names in SPLIT_NAMES.items():
        wanted = {name + suffix for name in names for suffix in SUFFIXES}
        found = sorted(path for path in folder.iterdir() if path.name.lower() in wanted)
        if len(found) > 1:
            raise DataError(f"{folder}: expected one {split} file, got {', '.join(path.name for path in found)}")
        if not found and split == "train":
            raise DataError(f"{folder}: there is no {split} file; expected a name such as {split}.tsv.gz")
        if found:
            paths[split] = found[0]
    return paths


def _fetch_lcqmc() -> list[Path]:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HTTPError  # type: ignore[attr-defined]

    def fetch(name: str, revision: str) -> Path:
        return Path(hf_hub_download(HUB_DATASET, name, repo_type="dataset", revision=revision))

    try:
        train = fetch(HUB_FILES[0], "refs/convert/parquet")
        return [train, *(fetch(name, _commit_of(train)) for name in HUB_FILES[1:])]  # all of one commit
    except (EntryNotFoundError, HTTPError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(
            f"LCQMC could not be fetched from the Hub's data set {HUB_DATASET}: {reason} "
            "(--data takes a local folder with train, dev and test files instead)"
        ) from None


def _commit_of(file: Path) -> str:
    """The commit that a file in the client's cache is of: it lies in a folder of that name."""
    return file.parents[2].name


def _lcqmc_note(train: Path, splits: Mapping[str, Iterable[Pair]]) -> str:
    """Whether LCQMC from the Hub is the one that the committed figures come from."""
    other = [split for split, pairs in splits.items() if _fingerprint(pairs) != LCQMC_SHA256[split]]
    same = f"other pairs than those of the committed figures ({', '.join(other)})" if other else "the known pairs"
    return f"LCQMC: {HUB_DATASET} on the Hub, commit {_commit_of(train)}: {same}"


def _fingerprint(pairs: Iterable[Pair]) -> str:
    """SHA-256 of the pairs with their classes, in whatever order."""
    lines = sorted(f"{pair.sentence1}\t{pair.sentence2}\t{pair.label}\n" for pair in pairs)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


# Tables of pairs


def _read_strictly(path: Path, options: DataOptions) -> tuple[Table, Columns]:
    """A table in which every row has two sentences, and the one column of each kind."""
    try:
        names = options.columns
        table = read_table(
            path,
            filter(None, names),
            suffixes=SUFFIXES,
            limits=NO_LIMITS,
            sheet=options.sheet,
            encoding=options.encoding,
        ).with_header(options.header)
        if not all(names[:2]):
            _check_columns(path, table)
        columns = table.columns(*names)
    except TableError as error:
        raise _file_error(path, error.problem) from None
    first, second, _ = columns
    for number, row in enumerate(table.rows, table.first_number):
        if problem := row.problem or _unreadable(path, table, row, first) or _unreadable(path, table, row, second):
            raise _row_error(path, number, problem)
    return table, columns


def _unreadable(path: Path, table: Table, row: Row, column: int) -> Problem | None:
    """What is wrong with a sentence to learn from; ``#NAME?`` is an error in a workbook, and text in LCQMC."""
    problem = sentence_problem(sentence_text(row.values[column]), table.names[column])
    return None if problem and problem.key == "formula" and path.suffix.lower() != ".xlsx" else problem


def _refuse_unknown_header(path: Path, table: Table, label: int, told: bool) -> None:
    """Refuse a first row whose label no other row has: it names the columns in words that are not known.

    Args:
        path: the file, for the message.
        table: its rows.
        label: the label column.
        told: whether it was said that the first row is no header.
    """
    if table.first is None or table.header or len(table.rows) < 3 or told:
        return
    first, *others = (label_text(row.values[label]) for row in table.rows)
    if not is_label(first) and first not in others:
        names = ",".join(str(value) for value in table.first.values)
        raise DataError(
            f"{path}, row {table.start}: no other row has the label {first!r:.60}; if this row names the columns, "
            f"expected --columns {names:.80}"
        )


def _check_columns(path: Path, table: Table) -> None:
    if not table.named and len(table.names) < 2:
        found = f"one field, which is no known column name: {str(table.rows[0].values[0])[:40]!r}"
        raise DataError(f"{path}: {found}; expected a header, or rows of sentence1, sentence2 and perhaps label")
    for column, places in table.matches().items():
        if len(places) > 1 or (not places and column != "label"):
            names = ", ".join(table.names)
            raise DataError(
                f"{path}: expected one {column} column, got {len(places)}; the columns are: {names} "
                "(--columns says which to read)"
            )


def _file_error(path: Path, problem: Problem) -> DataError:
    return DataError(f"{path}: {problem.message(ERRORS)}")


def _row_error(path: Path, number: int, problem: Problem) -> DataError:
    return DataError(f"{path}, {_row_kind(path)} {number}: {problem.message(STRICT_PROBLEMS)}")


def _row_kind(path: Path) -> str:
    # A quoted CSV field may hold line breaks, and Parquet and XLSX have no lines.
    return "line" if file_suffix(path, SUFFIXES).startswith((".tsv", ".txt", ".jsonl")) else "row"


def _label_problem(value: Any, name: str) -> Problem | None:
    """What is wrong with a label; it may be a number as well as text."""
    if isinstance(value, int | float) and not is_missing(value):
        return None
    return sentence_problem(value, name)


# Paraphrases


def _paraphrases(path: Path, encoding: str = "") -> list[list[str]] | None:
    """The sentences of each line of a text file, an empty line has none; None if the file is a table."""
    try:
        if file_suffix(path, SUFFIXES) not in PARAPHRASE_SUFFIXES:
            return None
        text = read_text(path, PARAPHRASE_SUFFIXES, NO_LIMITS, encoding)
        if not text.strip():
            raise TableError("list")
    except TableError as error:
        raise _file_error(path, error.problem) from None
    lines = text.splitlines()
    if "|" not in text and sum("\t" in line for line in lines) > len(lines) / 2:
        return None
    return [[part for sentence in line.split("|") if (part := sentence.strip())] for line in lines]


def _check_blocks(path: Path, paraphrases: Iterable[Sequence[str]]) -> None:
    block = 0
    for number, line in enumerate(paraphrases, 1):
        block = block + 1 if line else 0
        if block > MAX_BLOCK:
            raise DataError(
                f"{path}, line {number}: this is line {block} of a block; expected at most {MAX_BLOCK}, with an "
                "empty line between blocks: each line has sentences with one meaning, separated by |"
            )


def _paraphrase_pairs(lines: Iterable[Sequence[str]]) -> Iterator[Pair]:
    """Every two sentences of a line match; those of two lines of a block differ (`_contrasts`)."""
    block: list[Sequence[str]] = []
    for line in [*lines, []]:
        if line:
            block.append(line)
            continue
        for same in block:
            yield from (Pair(first, second, "1", SAME_LINE) for first, second in combinations(same, 2))
        for one, other in combinations(block, 2):
            yield from (Pair(one[i], other[j], "0", SAME_BLOCK) for i, j in _contrasts(len(one), len(other)))
        block = []


def _contrasts(one: int, other: int) -> list[tuple[int, int]]:
    """Which sentences of two lines, of so many sentences each, are paired.

    The first of one line with the first of the other, the second with the second, and so on: people write these
    alike. The last with the first, too: without such pairs a network learns that what is worded differently matches.
    """
    alike = {(i % one, i % other) for i in range(max(one, other))}
    return sorted(alike | {(one - 1, 0)})
