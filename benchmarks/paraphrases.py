"""Check files of paraphrases and take out what must not be trained on.

A line holds sentences with one meaning, separated by `|`; the lines of a block mean different things. Taken out are
sentences that also stand in the everyday or behaviour suite, in a corpus, or earlier in the files, then blocks that are
left with one sentence.

    python -m benchmarks.paraphrases paraphrases/kinds --corpora ../shared/data
    python -m benchmarks.paraphrases paraphrases/kinds --output ../corpora/kinds

The second command changes nothing and writes all files as one corpus: one block of `DEV_EVERY` for dev.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.everyday import read_suite
from textmatch.evaluation import SUITE
from textmatch.text import LONGEST_TEXT, normalise

DEV_EVERY = 25

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
    return {form for form in map(normalise, filter(_is_read, sentences)) if len(form) >= LONG}


def _is_read(sentence: str) -> bool:
    return len(sentence) <= LONGEST_TEXT


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
            if kept:
                lines.append(" | ".join(kept))
        if len(lines) > 1 or any("|" in line for line in lines):
            blocks.append(lines)
            count += sum(line.count("|") + 1 for line in lines)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n", count


def write_corpus(files: Iterable[Path], output: Path) -> None:
    """Write the blocks of all files as train.txt and dev.txt."""
    blocks = [block for file in files for block in file.read_text(encoding="utf-8").strip().split("\n\n")]
    output.mkdir(parents=True, exist_ok=True)
    for name, chosen in (
        ("train", [block for i, block in enumerate(blocks) if i % DEV_EVERY]),
        ("dev", blocks[::DEV_EVERY]),
    ):
        (output / f"{name}.txt").write_text("\n\n".join(chosen) + "\n", encoding="utf-8")


def main() -> None:
    """Clean each file in place and print what is left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of .txt files with paraphrases")
    parser.add_argument("--corpora", type=Path, help="folder of corpora whose sentences must not occur")
    parser.add_argument("--output", type=Path, help="corpus folder to write from the files")
    options = parser.parse_args()
    if options.output:
        write_corpus(sorted(options.folder.glob("*.txt")), options.output)
        return
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
