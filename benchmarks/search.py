"""How fast, how large and how good search is: 100,000 made sentences, and 55 questions about the shop's 60.

python -m benchmarks.search                   # index, memory, query, quality
python -m benchmarks.search --sentences 300000   # past memory: recall, too, against the exact product
python -m benchmarks.search --duplicates 20000   # and group so many, each with dozens that are alike
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import faiss
import torch

from textmatch import TextMatcher
from textmatch.lists import read_table
from textmatch.search import EXACT, Index, Step

ROOT = Path(__file__).resolve().parent.parent
FAQ = ROOT / "textmatch" / "demo" / "faq.tsv"

FRAGMENTS = """
|我妈|室友|同事|表弟|房东|外婆|老板
下周|这个月|周末|春节期间|出差时|刚搬家|在网上|第一次|手机上|公司里|孩子放假|半夜
怎么预约|如何取消|可以修改|哪里能查|能不能退|怎样申请|忘了|想换|多久能办好|要花多少钱办|为什么打不开|可以帮别人办
高铁票|体检套餐|健身卡|水电费账单|宽带套餐|驾照|护照|公积金|社保卡|挂号单|酒店订单|外卖|电影票|停车月卡|图书证|租房合同|快递|银行卡|话费套餐|会员
|吗|呢|急|谢谢|需要带什么|有什么规定|现在来得及吗|要不要排队|老人也行吗|下雨天也可以吗|外地人能办吗|学生有优惠吗|晚上有人吗
"""
"""One part of a made sentence in each line."""


def made(count: int) -> list[str]:
    """So many different sentences, the same on every run."""
    parts = [line.split("|") for line in FRAGMENTS.strip("\n").split("\n")]
    sentences = ["".join(part) for part in product(*parts)]
    random.Random(0).shuffle(sentences)
    return sentences[:count]


def timed(action: Callable[[], object], runs: int = 15) -> float:
    """Median milliseconds, after one run to warm up."""
    action()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def megabytes() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(step: Step) -> None:
    """Progress, on one line of a terminal."""
    print(f"\r{step.done:,} / {step.total:,}", end="", file=sys.stderr, flush=True)


def quality(matcher: TextMatcher, others: list[str]) -> None:
    """How often the right one of 60 questions, hidden among `others`, is found and comes first."""
    questions = read_table(FAQ).column()
    index = Index.build(matcher, questions + others)
    with (ROOT / "benchmarks" / "search.tsv").open(encoding="utf-8") as file:
        asked = [(row["query"], set(row["questions"].split(";"))) for row in csv.DictReader(file, delimiter="\t")]
    print(f"quality: {len(asked)} queries, {len(questions)} questions among {len(index):,} sentences, 100 candidates")
    for lexical in (0.0, 0.5, 1.0):
        found = [index.search(query, 100, lexical=lexical) for query, _ in asked]
        ranks = [
            next((rank for rank, hit in enumerate(hits, 1) if hit.sentence in right), 101)
            for hits, (_, right) in zip(found, asked, strict=True)
        ]
        shares = {f"top {top}": sum(rank <= top for rank in ranks) / len(ranks) for top in (1, 3, 10, 100)}
        print(f"  {lexical:.0%} of them by characters:", *(f"{label} {share:.3f}" for label, share in shares.items()))


def recall(index: Index, queries: list[str]) -> float:
    """The share of the 50 nearest by the exact product that the index finds, too; embeds the list once more."""
    vectors = index.matcher.embed(queries)
    best, nearest = torch.empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.long)
    first = [index.sentences[positions[0]] for positions in index._positions]
    for start in range(0, len(first), 4096):
        products = vectors @ index.matcher.embed(first[start : start + 4096]).T
        best, nearest = (
            torch.cat([best, products], 1),
            torch.cat([nearest, torch.arange(products.shape[1]).expand_as(products) + start], 1),
        )
        best, kept = best.topk(min(50, best.shape[1]))
        nearest = nearest.gather(1, kept)
    found = index.vectors.search(vectors.numpy(), 50)[1]
    return statistics.mean(len({*one.tolist()} & {*two.tolist()}) / 50 for one, two in zip(found, nearest, strict=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default")
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--duplicates", type=int, default=0, metavar="N", help="group so many of the sentences")
    options = parser.parse_args()
    matcher = TextMatcher.from_pretrained(options.checkpoint, device="cpu")
    matcher.predict([("你好", "您好")])
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")

    sentences = made(options.sentences)
    before, start = megabytes(), time.perf_counter()
    index = Index.build(matcher, sentences, show)
    seconds = time.perf_counter() - start
    print(f"\rindex:   {len(index):,} sentences in {seconds:.0f} s ({len(index) / seconds:,.0f}/s)")
    size = len(faiss.serialize_index(index.vectors)) / 1e6
    print(f"memory:  {size:.0f} MB of vectors; the process grew by {megabytes() - before:.0f} MB at most")
    vector = matcher.embed(["电子书怎么退"]).numpy()
    print(f"nearest: {timed(lambda: index.vectors.search(vector, 50)):.2f} ms for the best 50 by cosine")
    print(f"lexicon: {timed(lambda: index._lexicon.nearest('电子书怎么退', 50)):.2f} ms for the best 50 by characters")
    for candidates in (50, 100):
        took = timed(lambda candidates=candidates: index.search("电子书怎么退", 10, candidates))  # type: ignore[misc]
        print(f"query:   {took:.0f} ms with {candidates} candidates")
    if len(index) > EXACT:
        print(f"recall:  {recall(index, sentences[:: len(sentences) // 200]):.3f} of the 50 nearest")
    quality(matcher, sentences[:20_000])
    if options.duplicates:
        part = Index.build(matcher, sentences[: options.duplicates])
        start = time.perf_counter()
        groups = part.duplicates(report=show)
        seconds = time.perf_counter() - start
        print(
            f"\rduplicates: {len(groups):,} groups among {len(part):,} in {seconds:.0f} s; {megabytes():.0f} MB at most"
        )


if __name__ == "__main__":
    main()
