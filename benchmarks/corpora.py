"""Lay out the corpora as folders with train, dev and test files, the way `train.py --data` and `--also` want them.

    python -m benchmarks.corpora ../shared/data ../corpora

LCQMC and AFQMC need no layout. ATEC, CHIP 2019 and PAWS-X (of which this is the official dev split) have no further
split at hand: rows numbered 0 mod 10 are test, 1 mod 10 dev, the rest train. COVID and PAWS-X are numbered by their
first question, since each recurs in several rows. BQ's official dev split is test here, and a tenth of its training
part dev; OCNLI's likewise, with a twentieth. STS-B's scores become labels, matching from 4 up.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

Row = list[str]


def read(file: Path) -> list[Row]:
    """The rows of a gzipped TSV, without its header."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines][1:]


def tenths(rows: list[Row], number: Callable[[int, Row], int] = lambda i, _: i) -> dict[str, list[Row]]:
    """Split by a row's number: 0 mod 10 is test, 1 mod 10 dev."""
    names = [{0: "test", 1: "dev"}.get(number(i, row) % 10, "train") for i, row in enumerate(rows)]
    return {split: [row for row, name in zip(rows, names, strict=True) if name == split] for split in set(names)}


def with_dev(train: list[Row], test: list[Row], every: int) -> dict[str, list[Row]]:
    """Keep every so-manieth training row for dev."""
    parts = {"train": [row for i, row in enumerate(train) if i % every != 1], "dev": train[1::every]}
    return parts | {"test": test}


def by_first_sentence(_: int, row: Row) -> int:
    """A number that rows with the same first sentence share."""
    return int(hashlib.sha256(row[0].encode()).hexdigest(), 16)


def labelled(rows: list[Row]) -> list[Row]:
    """Scores 0 to 5 as labels."""
    return [[first, second, str(int(float(score) >= 4))] for first, second, score in rows]


def write(rows: Iterable[Sequence[str]], file: Path) -> None:
    """First sentence, second sentence and label of each row as TSV; the file's folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ["sentence1\tsentence2\tlabel", *map("\t".join, rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write all folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    source: Path = options.source
    corpora = {
        "atec": tenths(read(source / "atec/all.tsv.gz")),
        "chip2019": tenths(read(source / "chip2019/train.tsv.gz")),
        "pawsx": tenths(read(source / "pawsx/dev.tsv.gz"), by_first_sentence),
        "covid": tenths(read(source / "covid/train.tsv.gz"), by_first_sentence),
        "bq": with_dev(read(source / "bq/train_part.tsv.gz"), read(source / "bq/dev.tsv.gz"), 10),
        "ocnli": with_dev(read(source / "ocnli/train.tsv.gz"), read(source / "ocnli/dev.tsv.gz"), 20),
        "stsb": {split: labelled(read(source / f"stsb/{split}.tsv.gz")) for split in ("train", "dev")},
    }
    for name, splits in corpora.items():
        for split, rows in splits.items():
            write(rows, options.output / name / f"{split}.tsv")


if __name__ == "__main__":
    main()
