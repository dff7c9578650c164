"""Write the corpora as folders with train, dev and test files, for `train.py --data` and `--also`.

    python -m benchmarks.corpora ../shared/data ../corpora

LCQMC and AFQMC are used as they are. Where there is no official split (ATEC, CHIP 2019, PAWS-X's dev part, COVID), rows
numbered 0 mod 10 are test, 1 mod 10 dev and the rest train; COVID and PAWS-X are numbered by their first sentence,
which occurs in several rows. BQ's and OCNLI's official dev splits are test here; a tenth and a twentieth of their
training pairs are dev. In STS-B a score of 4 or more becomes label 1.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from textmatch.text import LONGEST_TEXT

Row = list[str]


def read(file: Path) -> list[Row]:
    """The rows of a gzipped TSV, without its header and without the few of BQ that hold a whole list of rows."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    return [row for row in rows if max(map(len, row)) <= LONGEST_TEXT]


def split_by_number(rows: list[Row], number: Callable[[int, Row], int] = lambda i, _: i) -> dict[str, list[Row]]:
    """Split by a row's number: 0 mod 10 is test, 1 mod 10 dev."""
    names = [{0: "test", 1: "dev"}.get(number(i, row) % 10, "train") for i, row in enumerate(rows)]
    return {split: [row for row, name in zip(rows, names, strict=True) if name == split] for split in set(names)}


def with_dev(train: list[Row], test: list[Row], every: int) -> dict[str, list[Row]]:
    """Take one of `every` training rows for dev."""
    parts = {"train": [row for i, row in enumerate(train) if i % every != 1], "dev": train[1::every]}
    return parts | {"test": test}


def by_first_sentence(_: int, row: Row) -> int:
    """A number that is the same for all rows with the same first sentence."""
    return int(hashlib.sha256(row[0].encode()).hexdigest(), 16)


def labelled(rows: list[Row]) -> list[Row]:
    """Scores 0 to 5 as labels, and as shares."""
    return [[first, second, str(int(float(score) >= 4)), f"{float(score) / 5:.3f}"] for first, second, score in rows]


def write(rows: Sequence[Sequence[object]], file: Path) -> None:
    """First sentence, second sentence and label of each row as TSV; the file's folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    names = ("sentence1", "sentence2", "label", "score")
    lines = ["\t".join(map(str, row)) for row in (names[: len(rows[0])], *rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write all folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    source: Path = options.source
    corpora = {
        "atec": split_by_number(read(source / "atec/all.tsv.gz")),
        "chip2019": split_by_number(read(source / "chip2019/train.tsv.gz")),
        "pawsx": split_by_number(read(source / "pawsx/dev.tsv.gz"), by_first_sentence),
        "covid": split_by_number(read(source / "covid/train.tsv.gz"), by_first_sentence),
        "bq": with_dev(read(source / "bq/train_part.tsv.gz"), read(source / "bq/dev.tsv.gz"), 10),
        "ocnli": with_dev(read(source / "ocnli/train.tsv.gz"), read(source / "ocnli/dev.tsv.gz"), 20),
        "stsb": {split: labelled(read(source / f"stsb/{split}.tsv.gz")) for split in ("train", "dev")},
    }
    for name, splits in corpora.items():
        for split, rows in splits.items():
            write(rows, options.output / name / f"{split}.tsv")


if __name__ == "__main__":
    main()
