"""Compare generated strings: each pair is a result that is right in form, or a message.

    python -m benchmarks.hostile_texts --strings 1000000 --output benchmarks/results/hostile_texts.json

All go through the shipped vocabulary and a small network, which does the same as a large one in less time; one batch in
a hundred also through the shipped checkpoint, in PyTorch and in ONNX Runtime. The same seed gives the same strings.
"""

from __future__ import annotations

import collections
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.output import Machine, end_with, options_of_a_long_run
from textmatch import InputError, TextMatcher
from textmatch.config import ModelConfig
from textmatch.models import build
from textmatch.results import Prediction
from textmatch.text import LONGEST_TEXT

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "default"
PAIRS = 64
"""Pairs of a batch."""
REAL_EVERY, SWAP_EVERY = 100, 10
"""Batches of which one goes through the shipped checkpoint, and one is compared the other way round, too."""

COMMON = "我你他这那的了吗呢怎么什么时候哪里可以不是有没要会去来上下大小明天今天年月日点半两三十百千万零〇壹亿元斤公里"
RANGES = (
    (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x77F), (0x900, 0xDFF), (0xE00, 0xEFF),
    (0x1100, 0x11FF), (0x2000, 0x206F), (0x2070, 0x218F), (0x2190, 0x27BF), (0x3000, 0x30FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0xF900, 0xFAFF), (0xFB50, 0xFDFF), (0xFE00, 0xFE0F),
    (0xFE20, 0xFEFE), (0xFF00, 0xFFEF), (0x1D400, 0x1D7FF), (0x1F000, 0x1FAFF), (0x20000, 0x2A6DF), (0xE0000, 0xE01EF),
    (0, 0x1F), (0x80, 0x9F), (0, 0x10FFFF),
)  # fmt: skip
"""Blocks of Unicode with something odd in each: accents, joining, right to left, widths, private, controls."""
PIECES = (
    *("3.5", "1,000", "10:30", "2026-11-27", "50%", "１２", "①", "½", "10²", "-1", "+", "1e9", "0" * 30, "九千九百万"),
    *("c++", "WiFi", "ＡＢＣ", "ni hao", "pinyin", "<b>", "${x}", "{{y}}", "\\n", "&amp;", "'; --", "../..", "http://a/b"),
    *("\u200d", "\ufe0f", "\u202e", "\ufeff", "\0", "\n", "\t", "\u3000", "👩\u200d👧", "🇨🇳", "❤️", "㍿", "ﷺ", "ﬃ"),
    *("ｶﾞ", "각", "e\u0301", "<pad>", "<unk>", "妳", "麼", "甚麼", "帳號", "。", "？！", "……", "——", "《》"),
)  # fmt: skip


def strings(chance: random.Random) -> Iterator[str]:
    """Strings of many kinds without end: sentences, odd characters, repeats, mixtures; some that must be refused."""
    last = "猫"
    while True:
        kind = chance.random()
        if kind < 0.4:
            text = "".join(chance.choices(COMMON, k=chance.randint(1, 20)))
        elif kind < 0.6:
            low, high = chance.choice(RANGES)
            text = "".join(chr(chance.randint(low, high)) for _ in range(chance.randint(1, 12)))
        elif kind < 0.8:
            text = "".join(chance.choice((*PIECES, chance.choice(COMMON))) for _ in range(chance.randint(1, 8)))
        elif kind < 0.95:  # the last one changed, so that a pair is alike
            at = chance.randrange(len(last) + 1)
            text = last[:at] + chance.choice((*PIECES, chance.choice(COMMON), "")) + last[at + chance.randint(0, 2) :]
        elif kind < 0.998:
            text = chance.choice((*PIECES, chance.choice(COMMON))) * chance.randint(1, 60)
        elif kind < 0.999:
            text = chance.choice((*PIECES, "猫")) * chance.choice((500, 5000, LONGEST_TEXT + 1))
        else:
            text = chance.choice(("", " ", "\u200b", "\ud800", "a\udfff", "\n\t"))
        if not chance.random() < 0.001:  # few halves of surrogate pairs: each stops a whole batch
            text = text.encode(errors="ignore").decode()
        last = text[:60] or last
        yield text


def outcomes(matcher: TextMatcher, pairs: Sequence[tuple[str, str]]) -> list[Prediction | str]:
    """The prediction or the message of each pair. A message stops a batch, so that is halved until it is found."""
    try:
        return list(matcher.predict(pairs))
    except InputError as error:
        if len(pairs) == 1:
            return [str(error)]
    half = len(pairs) // 2
    return [*outcomes(matcher, pairs[:half]), *outcomes(matcher, pairs[half:])]


def fault(outcome: Prediction | str, labels: Sequence[str]) -> str:
    """What is wrong with an outcome; nothing if it is a message, or a prediction of the right form."""
    if isinstance(outcome, str):
        return "" if outcome else "an empty message"
    numbers = (*outcome.probabilities.values(), outcome.similarity)
    if not all(math.isfinite(number) and 0 <= number <= 1 for number in numbers) or not math.isfinite(outcome.cosine):
        return f"scores {numbers}, cosine {outcome.cosine}"
    if abs(sum(outcome.probabilities.values()) - 1) > 1e-4 or list(outcome.probabilities) != list(labels):
        return f"probabilities {outcome.probabilities}"
    return "" if outcome.label == max(labels, key=outcome.probabilities.__getitem__) else f"label {outcome.label}"


def swapped(outcome: Prediction | str) -> object:
    """What must stay the same if the sentences are swapped."""
    return "message" if isinstance(outcome, str) else (outcome.probabilities, outcome.similarity, outcome.cosine)


def faults(matcher: TextMatcher, pairs: Sequence[tuple[str, str]], swap: bool) -> tuple[list[str], int]:
    """What is wrong with a batch, and how many of its pairs were refused with a message."""
    found = outcomes(matcher, pairs)
    told = [f"{pair!a:.300}: {problem}" for pair, each in zip(pairs, found, strict=True)
            if (problem := fault(each, matcher.labels))]  # fmt: skip
    if swap:
        others = outcomes(matcher, [(second, first) for first, second in pairs])
        told += [
            f"{pair!a:.300}: swapped another result"
            for pair, one, other in zip(pairs, found, others, strict=True)
            if swapped(one) != swapped(other)
        ]
    return told, sum(isinstance(each, str) for each in found)


def small(matcher: TextMatcher) -> TextMatcher:
    """An untrained small network with a matcher's vocabulary."""
    torch.manual_seed(1)
    sizes = replace(ModelConfig(), character_dim=4, word_dim=4, hidden_size=4, embedding_dim=4)
    network = build(sizes, matcher.vocabulary.num_characters, len(matcher.vocabulary.words))
    return TextMatcher(sizes, matcher.vocabulary, network)


def main() -> None:
    """Compare the strings and print what came of them; exit code 1 if something was wrong."""
    parser = options_of_a_long_run(__doc__)
    parser.add_argument("--strings", type=int, default=20_000, help="strings, two for each pair (%(default)s)")
    options = parser.parse_args()
    around, began = Machine(), time.monotonic()
    torch.set_num_threads(1)
    real = [TextMatcher.from_pretrained(CHECKPOINT, "cpu", backend=backend) for backend in ("torch", "onnx")]
    matcher = small(real[0])
    made = strings(random.Random(options.seed))
    results: collections.Counter[str] = collections.Counter()
    wrong: list[str] = []
    slowest, batches = 0.0, 0
    while 2 * PAIRS * batches < options.strings and time.monotonic() - began < options.seconds:
        pairs = [(next(made), next(made)) for _ in range(PAIRS)]
        for which in (matcher, *(real if batches % REAL_EVERY == 0 else ())):
            start = time.monotonic()
            told, refused = faults(which, pairs, batches % SWAP_EVERY == 0)
            slowest = max(slowest, time.monotonic() - start)
            wrong += told
            results["message"] += refused if which is matcher else 0
            results["result"] += PAIRS - refused if which is matcher else 0
        batches += 1
    figures = {
        "strings": 2 * PAIRS * batches, "seed": options.seed, "results": dict(results), "wrong": wrong[:50],
        "slowest_batch_seconds": round(slowest, 1), "machine": around.record(),
    }  # fmt: skip
    end_with(figures, options.output)


if __name__ == "__main__":
    main()
