"""A behaviour suite after CheckList (Ribeiro et al., 2020): what a checkpoint can do, one ability at a time.

`behaviour.tsv` holds pairs written for this purpose, none from a corpus. Each category asks for one ability: to see
through a change that leaves the meaning alone (surface, traditional, paraphrase, typo) or not to miss one that does not
(negation, antonym, entity, number, roles, intent). The verdict is the more probable class, so the threshold is 0.5.

    python -m benchmarks.behaviour checkpoints/default --errors
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from textmatch import TextMatcher

SUITE = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One pair of the suite and what the checkpoint said of it."""

    category: str
    sentence1: str
    sentence2: str
    expected: bool
    matched: bool
    score: float
    same_as_identical: bool

    @property
    def right(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.matched == self.expected


def read(path: Path) -> list[tuple[str, str, str, bool]]:
    """(category, sentence 1, sentence 2, same meaning), in the order of the file."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(category, first, second, label == "1") for category, first, second, label in rows]


def judge(matcher: TextMatcher, suite: list[tuple[str, str, str, bool]]) -> list[Outcome]:
    """Ask the checkpoint about every pair, and about every first sentence paired with itself."""
    pairs = matcher.predict([(first, second) for _, first, second, _ in suite])
    identical = matcher.predict([(first, first) for _, first, _, _ in suite])
    return [
        Outcome(
            *row,
            matched=pair.label == "Matched",
            score=pair.probabilities["Matched"],
            same_as_identical=pair.probabilities == plain.probabilities,
        )
        for row, pair, plain in zip(suite, pairs, identical, strict=True)
    ]


def table(outcomes: list[Outcome]) -> str:
    """Pairs and share right of each category, of their mean and of all pairs."""
    categories: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        categories[outcome.category].append(outcome)
    shares = {name: sum(outcome.right for outcome in group) / len(group) for name, group in categories.items()}
    lines = [f"{'category':<14}{'pairs':>7}{'right':>8}"]
    lines += [f"{name:<14}{len(group):>7}{shares[name]:>8.1%}" for name, group in categories.items()]
    lines += [f"{'mean':<14}{'':>7}{sum(shares.values()) / len(shares):>8.1%}"]
    lines += [f"{'all':<14}{len(outcomes):>7}{sum(outcome.right for outcome in outcomes) / len(outcomes):>8.1%}"]
    if surface := categories.get("surface"):
        same = sum(outcome.same_as_identical for outcome in surface) / len(surface)
        lines += ["", f"surface: {same:.1%} score exactly as the identical pair does"]
    return "\n".join(lines)


def main() -> None:
    """Print the table and, if asked, the pairs judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="a checkpoint folder")
    parser.add_argument("--errors", action="store_true", help="also list the pairs judged wrongly")
    options = parser.parse_args()
    outcomes = judge(TextMatcher.from_pretrained(options.checkpoint), read(SUITE))
    print(table(outcomes))
    if options.errors:
        print("\ncategory\texpected\tscore\tsentence1\tsentence2")
        for o in outcomes:
            if not o.right:
                print(f"{o.category}\t{o.expected:d}\t{o.score:.3f}\t{o.sentence1}\t{o.sentence2}")


if __name__ == "__main__":
    main()
