"""Check files of paraphrases and take out what must not be trained on.

A line holds sentences with one meaning, separated by `|`; the lines of a block mean different things. Taken out are
sentences that also stand in the everyday or behaviour suite, in a corpus, or earlier in the files, then lines that are
left without a second sentence, then blocks of one line.

    python -m benchmarks.paraphrases paraphrases/kinds --corpora ../shared/data
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.everyday import read_suite
from textmatch.evaluation import SUITE
from textmatch.text import normalise

LONG = 9
"""Characters from which a sentence that stands elsewhere too was hardly written twice by chance."""


def suite_sentences() -> Iterator[str]:
    """Every sentence that is kept for measuring."""
    for split in ("dev", "test"):
        for _, first, second, _ in read_suite(split):
            yield from (first, second)
    for line in SUITE.read_text(encoding="utf-8").splitlines()[1:]:
        yield from line.split("\t")[1:3]


def corpus_sentences(folder: Path) -> Iterator[str]:
    """The sentences of all corpora in a folder: labelled pairs (.tsv.gz) and lines of text (.txt.gz)."""
    for file in sorted(folder.glob("*/*.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield from line.rstrip("\n").split("\t")[:2]


def plain(sentences: Iterable[str]) -> set[str]:
    """The normalised forms of the long ones."""
    return {form for form in map(normalise, sentences) if len(form) >= LONG}


def cleaned(text: str, taken: set[str]) -> tuple[str, int]:
    """The text without sentences whose normalised form is in `taken`, which grows, and the sentences that are left."""
    blocks: list[list[str]] = []
    count = 0
    for block in text.split("\n\n"):
        lines: list[str] = []
        for line in filter(str.strip, block.splitlines()):
            kept: list[str] = []
            for sentence in filter(None, map(str.strip, line.split("|"))):
                form = normalise(sentence)
                if form and form not in taken:
                    taken.add(form)
                    kept.append(sentence)
            if len(kept) > 1:
                lines.append(" | ".join(kept))
                count += len(kept)
        if len(lines) > 1:
            blocks.append(lines)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n", count


def main() -> None:
    """Clean each file in place and print what is left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of .txt files with paraphrases")
    parser.add_argument("--corpora", type=Path, help="folder of corpora whose sentences must not occur")
    options = parser.parse_args()
    taken = set(map(normalise, suite_sentences()))
    if options.corpora:
        taken |= plain(corpus_sentences(options.corpora))
    total = 0
    for file in sorted(options.folder.glob("*.txt")):
        text, count = cleaned(file.read_text(encoding="utf-8"), taken)
        file.write_text(text, encoding="utf-8")
        print(f"{file.name:<28}{text.count(chr(10) * 2) + 1:>6} blocks {count:>7,} sentences")
        total += count
    print(f"{total:,} sentences")


if __name__ == "__main__":
    main()
