"""Count which characters follow each other in Chinese text, for `textmatch.fluency`.

The table holds figures only: how often two or three characters occur side by side, as powers of two.

    python -m benchmarks.fluency FOLDER    # *.txt.gz, one sentence a line
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from textmatch.fluency import EDGE, TABLE
from textmatch.text import normalise

LINES = 60_000
"""Lines read of each file, so that no kind of text outweighs the others."""

AT_LEAST = {1: 8, 2: 8, 3: 12}
"""Length of a run of characters → how often it must occur to stay in the table."""


def sentences(folder: Path) -> Iterator[str]:
    """The normalised sentences of all files of a folder."""
    for path in sorted(folder.glob("*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for _, line in zip(range(LINES), lines, strict=False):
                for part in line.replace("!", "。").replace("？", "。").replace("，", "。").split("。"):
                    plain = normalise(part[:200])
                    if plain and all("\u4e00" <= character <= "\u9fff" for character in plain):
                        yield plain


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for sentence in sentences(options.folder):
        edged = f"{EDGE}{sentence}{EDGE}"
        for size in AT_LEAST:
            counts.update(edged[i : i + size] for i in range(len(edged) - size + 1))
    rows: dict[tuple[int, int], list[str]] = defaultdict(list)
    for run, count in counts.items():
        if count >= AT_LEAST[len(run)]:
            rows[len(run), count.bit_length() - 1].append(run)
    text = "\n".join(f"{size}\t{power}\t{''.join(sorted(runs))}" for (size, power), runs in sorted(rows.items()))
    TABLE.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))
    print(f"{sum(map(len, rows.values())):,} runs of characters, {TABLE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
