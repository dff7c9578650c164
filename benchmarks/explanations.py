"""Whether explanations name the word that decides, mark nothing else, and align what corresponds.

`explanations.tsv` has own pairs. `deciding1` and `deciding2` are the words on which the meaning hangs: for "different"
the difference that makes it, for "same" topic and predicate, of which one must come first. `also` are words that may be
marked too. `alignment` has the words that correspond (`高=低`), in the order of the first sentence, for some pairs.
Pairs on which the model's verdict is another than the label are left out: there is nothing right to explain.

    python -m benchmarks.explanations                  # the explanation that the package gives
    python -m benchmarks.explanations --others         # beside other ways to find what decides
    python -m benchmarks.explanations --show           # with what went wrong, and every change that turns a verdict
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import torch

from textmatch import TextMatcher
from textmatch.batching import collate_pairs
from textmatch.demo.components.alignment import TELLING
from textmatch.fluency import fit
from textmatch.results import Explanation, Word

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = "𰻝"
"""A character that no vocabulary holds masks a word."""

GUESSED = 400
"""Usual words that are tried as what might stand in a word's place."""

Change = Callable[[TextMatcher, str, Word], str]
"""What is put in the place of a word of a text."""

Weights = tuple[list[float], list[float]]
"""How much each word of both sentences counts."""


@dataclass(frozen=True)
class Case:
    """A row of the table: characters are given by their places."""

    label: int
    sentences: tuple[str, str]
    deciding: tuple[set[int], set[int]]
    allowed: tuple[set[int], set[int]]
    aligned: set[tuple[int, int]]


@dataclass
class Tally:
    """What was counted for one way to explain."""

    pairs: int = 0
    first: int = 0
    words: int = 0
    false: int = 0


def read_cases() -> Iterator[Case]:
    """The rows of `explanations.tsv`."""
    with (ROOT / "benchmarks" / "explanations.tsv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            sentences = row["sentence1"], row["sentence2"]
            deciding = _places(sentences[0], row["deciding1"]), _places(sentences[1], row["deciding2"])
            also = _places(sentences[0], row["also"]), _places(sentences[1], row["also"])
            allowed = deciding[0] | also[0], deciding[1] | also[1]
            yield Case(int(row["label"]), sentences, deciding, allowed, _aligned(sentences, row["alignment"]))


def _places(sentence: str, words: str) -> set[int]:
    """Where any of the words stands."""
    starts = ((i, word) for word in words.split() for i in range(len(sentence)) if sentence.startswith(word, i))
    return {place for start, word in starts for place in range(start, start + len(word))}


def _aligned(sentences: tuple[str, str], links: str) -> set[tuple[int, int]]:
    """The characters that correspond."""
    found: set[tuple[int, int]] = set()
    at, taken = 0, set[int]()
    for link in links.split():
        one, two = link.split("=")
        start = sentences[0].index(one, at)
        at = start + len(one)
        other = next(
            i
            for i in range(len(sentences[1]))
            if sentences[1].startswith(two, i) and not taken & {*range(i, i + len(two))}
        )
        taken |= {*range(other, other + len(two))}
        found |= {(i, j) for i in range(start, at) for j in range(other, other + len(two))}
    return found


# Other ways to find what decides


def without(matcher: TextMatcher, text: str, word: Word) -> str:
    """Take the word out."""
    del matcher, text, word
    return ""


def masked(matcher: TextMatcher, text: str, word: Word) -> str:
    """Put unknown characters in its place."""
    del matcher, text
    return UNKNOWN * len(word.plain)


@cache
def guessed(matcher: TextMatcher, text: str, word: Word) -> str:
    """Put the word in its place that the n-gram model of `textmatch.fluency` finds most usual there.

    The encoder was pretrained as a cloze model, but the checkpoint does not keep the part that guesses words.
    """
    before, after = text[max(0, word.start - 3) : word.start], text[word.end : word.end + 3]
    usual = (other for other in matcher.vocabulary.words if not other.isascii() and other != word.plain)
    return max(islice(usual, GUESSED), key=lambda other: fit(before, other, after))


def _confidence(matcher: TextMatcher, label: str, pairs: list[tuple[str, str]]) -> list[float | None]:
    """Confidence in a label; None where a sentence is empty."""
    answers = iter(matcher.predict([pair for pair in pairs if all(pair)]))
    return [next(answers).probabilities[label] if all(pair) else None for pair in pairs]


def one_at_a_time(matcher: TextMatcher, explanation: Explanation, change: Change) -> Weights:
    """Change each word by itself (the way of version 0.5, if it is taken out)."""
    label, texts = explanation.prediction.label, explanation.texts
    found: list[list[float]] = []
    for side in (0, 1):
        changed = [_changed(matcher, texts[side], word, change) for word in explanation.words[side]]
        pairs = [(text, texts[1]) if side == 0 else (texts[0], text) for text in changed]
        found.append(_losses(explanation, _confidence(matcher, label, pairs)))
    return found[0], found[1]


def joint(matcher: TextMatcher, explanation: Explanation, change: Change) -> Weights:
    """Change aligned words in both sentences together."""
    (first, second), texts = explanation.words, explanation.texts
    partners = {pair.first: pair.second for pair in explanation.aligned_pairs}
    places: list[tuple[int | None, int | None]] = [(i, partners.get(i)) for i in range(len(first))]
    places += [(None, j) for j in range(len(second)) if j not in partners.values()]
    pairs = [
        (
            texts[0] if i is None else _changed(matcher, texts[0], first[i], change),
            texts[1] if j is None else _changed(matcher, texts[1], second[j], change),
        )
        for i, j in places
    ]
    losses = _losses(explanation, _confidence(matcher, explanation.prediction.label, pairs))
    weights: Weights = ([0.0] * len(first), [0.0] * len(second))
    for (i, j), loss in zip(places, losses, strict=True):
        if i is not None:
            weights[0][i] = loss
        if j is not None:
            weights[1][j] = loss
    return weights


def _changed(matcher: TextMatcher, text: str, word: Word, change: Change) -> str:
    return text[: word.start] + change(matcher, text, word) + text[word.end :]


def _losses(explanation: Explanation, confidences: list[float | None]) -> list[float]:
    before = explanation.prediction.probabilities[explanation.prediction.label]
    return [0.0 if after is None else before - after for after in confidences]


def gradient_times_input(matcher: TextMatcher, explanation: Explanation) -> Weights:
    """Gradient of the margin by each embedding, times that embedding, summed over a word."""
    first, second = (
        matcher.vocabulary.encode(text, matcher.max_length, matcher.config.unit) for text in explanation.texts
    )
    caught: list[torch.Tensor] = []

    def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> None:
        output.retain_grad()
        caught.append(output)

    tables = [module for module in matcher.model.modules() if isinstance(module, torch.nn.Embedding)]
    hooks = [table.register_forward_hook(keep) for table in tables]
    logits = matcher.model(collate_pairs([(first, second)])).logits[0]
    for hook in hooks:
        hook.remove()
    label = matcher.labels.index(explanation.prediction.label)
    (2 * logits[label] - logits.sum()).backward()
    shares = sum((output.detach() * output.grad).sum(-1) for output in caught if output.grad is not None)
    rows = shares.tolist() if isinstance(shares, torch.Tensor) else [[], []]
    weights: list[list[float]] = []
    for side in (0, 1):
        ends = [0]
        for word in explanation.words[side]:
            ends.append(ends[-1] + len(word.plain))
        weights.append([sum(rows[side][a:b]) for a, b in pairwise(ends)])
    return weights[0], weights[1]


def of_package(explanation: Explanation) -> Weights:
    """What `TextMatcher.explain` gives."""
    first, second = ([word.importance or 0.0 for word in row] for row in explanation.words)
    return first, second


def ways(matcher: TextMatcher, explanation: Explanation, others: bool) -> Iterator[tuple[str, Weights]]:
    """Every way to explain by its name."""
    yield "explain", of_package(explanation)
    if others:
        yield "one at a time out", one_at_a_time(matcher, explanation, without)
        yield "one at a time masked", one_at_a_time(matcher, explanation, masked)
        yield "aligned words out", joint(matcher, explanation, without)
        yield "aligned words masked", joint(matcher, explanation, masked)
        yield "one at a time guessed", one_at_a_time(matcher, explanation, guessed)
        yield "aligned words guessed", joint(matcher, explanation, guessed)
        yield "gradient x input", gradient_times_input(matcher, explanation)


# Figures


def judge(case: Case, explanation: Explanation, weights: Weights, tally: Tally) -> str:
    """Count one pair; returns what went wrong, in words."""
    words = [
        (weight, word, set(range(word.start, word.end)), side)
        for side in (0, 1)
        for word, weight in zip(explanation.words[side], weights[side], strict=True)
    ]
    most = max(weight for weight, *_ in words)
    leading = [word.text for weight, word, places, side in words if weight > most - 1e-9]
    first = any(places & case.deciding[side] for weight, _, places, side in words if weight > most - 1e-9)
    marked = [row for row in words if abs(row[0]) >= TELLING]
    false = [word.text for weight, word, places, side in marked if weight < 0 or not places & case.allowed[side]]
    tally.pairs, tally.first = tally.pairs + 1, tally.first + first
    tally.words, tally.false = tally.words + len(words), tally.false + len(false)
    wrong = ([] if first else [f"first: {'/'.join(leading)}"]) + ([f"marked: {'/'.join(false)}"] if false else [])
    return "; ".join(wrong)


def judge_alignment(case: Case, explanation: Explanation) -> Iterator[tuple[str, bool]]:
    """Each word of both sentences, and whether it is aligned as it should be (half of the characters suffice)."""
    found: set[tuple[int, ...]] = set()
    for pair in explanation.aligned_pairs:
        one, two = explanation.words[0][pair.first], explanation.words[1][pair.second]
        found |= {(i, j) for i in range(one.start, one.end) for j in range(two.start, two.end)}
    for side, word in chain.from_iterable(((side, word) for word in explanation.words[side]) for side in (0, 1)):
        places = range(word.start, word.end)
        wanted, got = ({ends[1 - side] for ends in links if ends[side] in places} for links in (case.aligned, found))
        yield word.text, not (wanted | got) or len(wanted & got) >= len(wanted | got) / 2


def describe(explanation: Explanation) -> str:
    """The suggested change, in short."""
    found = explanation.counterfactual
    if found is None:
        return "-"
    edits = ", ".join(f"{edit.sentence}: {edit.text}→{edit.replacement or '∅'}" for edit in found.edits)
    return f"{edits}  {found.prediction.sentence1} / {found.prediction.sentence2}  {_share(found.prediction)}"


def _share(prediction: Any) -> str:
    return f"{prediction.probabilities[prediction.label]:.0%}"


def main() -> None:
    """Explain every pair and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    matcher = TextMatcher.from_pretrained(options.checkpoint, device="cpu")
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    aligned: list[bool] = []
    took: list[float] = []
    skipped = suggested = 0
    for case in read_cases():
        start = time.perf_counter()
        explanation = matcher.explain(*case.sentences)
        took.append(time.perf_counter() - start)
        if case.aligned:
            verdicts = list(judge_alignment(case, explanation))
            aligned += [right for _, right in verdicts]
            if options.show and not all(right for _, right in verdicts):
                print("aligned wrongly:", *(word for word, right in verdicts if not right), "|", *case.sentences)
        if matcher.labels.index(explanation.prediction.label) != case.label:
            skipped += 1
            continue
        suggested += explanation.counterfactual is not None
        if options.show:
            print(case.label, *case.sentences, _share(explanation.prediction), "=>", describe(explanation))
        for name, weights in ways(matcher, explanation, options.others):
            judge(case, explanation, weights, tallies[name, ("different", "same")[case.label]])
            wrong = judge(case, explanation, weights, tallies[name, "both"])
            if options.show and wrong and name == "explain":
                print("    ", wrong)
    for (name, group), tally in sorted(tallies.items()):
        print(
            f"{name:<22}{group:<10}{tally.pairs:>5} pairs, deciding word first {tally.first / tally.pairs:6.1%}, "
            f"false marks {tally.false / tally.words:5.1%}"
        )
    print(f"{skipped} pairs left out; words aligned rightly {sum(aligned) / len(aligned):.1%} of {len(aligned)}")
    middle = sorted(took)[len(took) // 2]
    print(f"a change is suggested for {suggested}; an explanation takes {1000 * middle:.0f} ms (median)")


if __name__ == "__main__":
    main()
