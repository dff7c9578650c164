"""Labelled sentence pairs from a file, a folder or the Hub; an error names the file and, where there is one, the row.

TSV has quoting off, CSV has it on; both may come without a header. These, JSONL and text are UTF-8 and may be gzipped.
In a text file a line is one meaning, its sentences parted by ``|``; lines without an empty one between them are close
to each other and differ.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textmatch.errors import DataError

if TYPE_CHECKING:
    import pandas

SUFFIXES = (".tsv", ".tsv.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet", ".txt", ".txt.gz")
SPLIT_NAMES = {"train": ("train",), "dev": ("dev", "validation", "valid"), "test": ("test",)}

# What public data sets call the three columns. A `score` or `similarity` is a degree, not a class: never a label.
COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "sentence1": (
        *("sentence1", "text1", "query1", "question1", "premise", "text_a", "sentence_a"),
        *("句子1", "句子一", "句子a", "文本1", "文本一", "文本a", "问题1", "问题一", "问题a", "问句1", "第一句"),
    ),
    "sentence2": (
        *("sentence2", "text2", "query2", "question2", "hypothesis", "text_b", "sentence_b"),
        *("句子2", "句子二", "句子b", "文本2", "文本二", "文本b", "问题2", "问题二", "问题b", "问句2", "第二句"),
    ),
    "label": ("label", "labels", "gold_label", "标签", "类别", "标注", "是否匹配", "是否相同", "是否同义"),
}

HUB_DATASET = "shibing624/nli_zh"
HUB_FILES = tuple(f"LCQMC/{split}/0000.parquet" for split in ("train", "validation", "test"))


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
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    sources = {split + _suffix(path): sha256 for split, path, sha256 in zip(splits, paths, hashes, strict=True)}
    corpus = "lcqmc" if data is None else paths[0].resolve().parent.name.lower()
    return Splits(splits["train"], splits["dev"], splits.get("test"), sources, corpus)


def read_pairs(path: str | Path) -> list[Pair]:
    """Read one file's labelled pairs, in its order.

    Raises:
        DataError: As `read_table`, or there are no labels.
    """
    table = read_table(path)
    if "label" not in table:
        raise DataError(f"{path}: there is no label column; expected sentence1, sentence2 and label")
    return list(map(Pair, *(table[column].tolist() for column in COLUMN_NAMES)))


def read_table(path: str | Path) -> pandas.DataFrame:
    """Read one file's sentence pairs, labelled or not, in its order.

    Args:
        path: A file whose name ends in one of `SUFFIXES`.

    Returns:
        The string columns sentence1, sentence2 and, if there is one, label, where "1.0" becomes "1"; no others.

    Raises:
        DataError: The file is missing, empty, not UTF-8 or of an unknown kind; a column is missing or there twice; a
            row has a blank, a missing value or the wrong number of fields.
    """
    import pandas

    path = Path(path)
    suffix = _suffix(path)
    content = _content(path)
    if suffix == ".parquet":
        found = _parse_parquet(path, content)
    elif suffix.startswith(".jsonl"):
        found = _parse_jsonl(path, _decode(path, content))
    elif suffix.startswith(".txt"):
        found = pandas.DataFrame(_pairs_of_meanings(_decode(path, content)), columns=list(COLUMN_NAMES))
    else:
        found = _parse_delimited(path, _decode(path, content))

    table = {}
    for column, names in COLUMN_NAMES.items():
        places = [place for place, name in enumerate(found.columns) if str(name).strip().lower() in names]
        if len(places) > 1 or (not places and column != "label"):
            columns = ", ".join(map(str, found.columns))
            raise DataError(f"{path}: expected one {column} column, got {len(places)}; the columns are: {columns}")
        if places:
            table[column] = _strings(path, column, found.iloc[:, places[0]])
    if found.empty:
        raise DataError(f"{path}: there are no rows; expected sentence1, sentence2 and perhaps label in each")
    return pandas.DataFrame(table, dtype=str)


def read_sentences(path: str | Path) -> list[str]:
    """Read one file's sentences, each as often as it stands there: the pairs' of a table, or those of a text file.

    Raises:
        DataError: as `read_pairs`.
    """
    path = Path(path)
    if _suffix(path).startswith(".txt"):
        return [sentence for meaning in _meanings(_decode(path, _content(path))) for sentence in meaning]
    table = read_table(path)
    return [*table["sentence1"], *table["sentence2"]]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read: {error.strerror}") from None


def _meanings(text: str) -> list[list[str]]:
    """The lines of a text, each the sentences that it holds; an empty line holds none."""
    return [[part for sentence in line.split("|") if (part := sentence.strip())] for line in text.splitlines()]


def _pairs_of_meanings(text: str) -> list[Pair]:
    """Pairs from a text where a line is one meaning, its sentences parted by ``|``, and a block lines that differ.

    Within a line every two sentences match; each sentence meets one of every other line of its block, and differs.
    """
    pairs: list[Pair] = []
    block: list[list[str]] = []
    for meaning in [*_meanings(text), []]:
        if meaning:
            block.append(meaning)
            continue
        for same in block:
            pairs += [Pair(first, second, "1") for first, second in combinations(same, 2)]
        for one, other in combinations(block, 2):
            meetings = range(max(len(one), len(other)))
            pairs += [Pair(one[i % len(one)], other[i % len(other)], "0") for i in meetings]
        block = []
    return pairs


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


def _suffix(path: Path) -> str:
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise DataError(f"{path}: the kind of file is unknown; expected a name that ends in {', '.join(SUFFIXES)}")


def _row(path: Path, number: int) -> str:
    # A quoted CSV field may hold line breaks, and Parquet has no lines.
    return f"{path}, {'line' if _suffix(path).startswith(('.tsv', '.jsonl')) else 'row'} {number}"


def _decode(path: Path, content: bytes) -> str:
    try:
        content = gzip.decompress(content) if path.name.lower().endswith(".gz") else content
        text = content.decode("utf-8").removeprefix("\ufeff")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: this is not a whole gzip file: {error}") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"byte {error.start + 1} (0x{content[error.start]:02x}) is not UTF-8"
        raise DataError(f"{path}, line {line}: {problem}; expected a file saved as UTF-8") from None
    if not text.strip():
        raise DataError(f"{path}: the file is empty; expected rows of sentence1, sentence2 and perhaps label")
    return text.rstrip("\r\n") + "\n"  # editors leave blank lines at the end; anywhere else one is a mistake


# The three parsers return the columns under the file's own names; the index counts rows from 1 as the file does.


def _parse_delimited(path: Path, text: str) -> pandas.DataFrame:
    import pandas

    delimiter, quoting = ("\t", csv.QUOTE_NONE) if _suffix(path).startswith(".tsv") else (",", csv.QUOTE_MINIMAL)
    # Without the NA filter "NA" and "null" stay words; with blank lines kept, row numbers stay those of the file.
    how = {"header": None, "dtype": str, "na_filter": False, "skip_blank_lines": False}
    try:
        found = pandas.read_csv(io.StringIO(text), sep=delimiter, quoting=quoting, **how)
    except pandas.errors.ParserError as error:
        if match := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error)):
            row, problem = int(match[2]), f"{match[3]} fields; expected {match[1]}, as in the first row"
        elif match := re.search(r"EOF inside string starting at row (\d+)", str(error)):
            row, problem = int(match[1]) + 1, "a quotation mark is not closed; expected a second one"
        else:
            raise DataError(f"{path}: the file cannot be read: {error}") from None
        raise DataError(f"{_row(path, row)}: {problem}") from None
    found.index += 1

    known = [name for names in COLUMN_NAMES.values() for name in names]
    first = found.iloc[0].str.strip()
    if first.str.lower().isin(known).any():
        return found.iloc[1:].set_axis(first, axis=1)
    if len(first) not in (2, 3):
        problem = f"{len(first)} fields between {delimiter!r}, none a known column name"
        raise DataError(f"{_row(path, 1)}: {problem}; expected a header, or sentence1, sentence2 and perhaps label")
    return found.set_axis(list(COLUMN_NAMES)[: len(first)], axis=1)


def _parse_jsonl(path: Path, text: str) -> pandas.DataFrame:
    # Not pandas.read_json: it guesses types and does not say which line is at fault.
    import pandas

    rows = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        try:
            row = json.loads(line)
            json.dumps(row, ensure_ascii=False).encode()  # half of a surrogate pair is JSON but no text
        except ValueError as error:
            raise DataError(f"{_row(path, number)}: not JSON ({error}); expected one object") from None
        if not isinstance(row, dict):
            raise DataError(f"{_row(path, number)}: not a JSON object; expected one with sentence1 and sentence2")
        rows.append(row)
    return pandas.DataFrame(rows, index=range(1, len(rows) + 1), dtype=object)


def _parse_parquet(path: Path, content: bytes) -> pandas.DataFrame:
    import pandas

    try:
        found = pandas.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: this is not a whole Parquet file: {error}") from None
    return found.set_axis(range(1, len(found) + 1))


def _strings(path: Path, column: str, values: pandas.Series) -> list[str]:
    # A label may be a number, and integers with a gap among them come as floats. A sentence is text or a mistake.
    allowed = str | int | float if column == "label" else str
    strings = []
    for number, value, missing in zip(values.index, values.tolist(), values.isna(), strict=True):
        if missing or (isinstance(value, str) and not value.strip()):
            raise DataError(f"{_row(path, number)}: {column} is missing or blank; expected one in every row")
        if not isinstance(value, allowed):
            raise DataError(f"{_row(path, number)}: {column} is {value!r}; expected text")
        strings.append(re.sub(r"^([+-]?[0-9]+)\.0+$", r"\1", str(value).strip()) if column == "label" else value)
    return strings
