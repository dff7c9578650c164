"""Speed, memory and quality of search: 100,000 generated sentences, and 55 queries for the 60 questions of the page.

python -m benchmarks.search                      # index, memory, query, quality
python -m benchmarks.search --sentences 300000   # a list that is not searched exactly: also recall
python -m benchmarks.search --duplicates 20000   # also group so many sentences, each of which has dozens like it
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
from functools import partial
from itertools import product
from pathlib import Path

import faiss
import torch

from textmatch import TextMatcher
from textmatch.files import read_list
from textmatch.search import EXACT_LIMIT, Index, Step

ROOT = Path(__file__).resolve().parent.parent
FAQ = ROOT / "textmatch" / "demo" / "data" / "faq.tsv"

FRAGMENTS = """
|我妈|室友|同事|表弟|房东|外婆|老板
下周|这个月|周末|春节期间|出差时|刚搬家|在网上|第一次|手机上|公司里|孩子放假|半夜
怎么预约|如何取消|可以修改|哪里能查|能不能退|怎样申请|忘了|想换|多久能办好|要花多少钱办|为什么打不开|可以帮别人办
高铁票|体检套餐|健身卡|水电费账单|宽带套餐|驾照|护照|公积金|社保卡|挂号单|酒店订单|外卖|电影票|停车月卡|图书证|租房合同|快递|银行卡|话费套餐|会员
|吗|呢|急|谢谢|需要带什么|有什么规定|现在来得及吗|要不要排队|老人也行吗|下雨天也可以吗|外地人能办吗|学生有优惠吗|晚上有人吗
"""
"""A generated sentence takes one part from each line."""


def generated(count: int) -> list[str]:
    """Different sentences, at most `count`; the same on every run."""
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


def build(matcher: TextMatcher, sentences: list[str]) -> Index:
    """Index the sentences; print how long that takes and how large the index is."""
    before, start = megabytes(), time.perf_counter()
    index = Index.build(matcher, sentences, show)
    seconds = time.perf_counter() - start
    print(f"\rindex:   {len(index):,} sentences in {seconds:.0f} s ({len(index) / seconds:,.0f}/s)")
    size = len(faiss.serialize_index(index.vectors)) / 1e6
    print(f"memory:  {size:.0f} MB of vectors; the process grew by {megabytes() - before:.0f} MB at most")
    return index


def speed(index: Index) -> None:
    """Print how long a query takes, and its two retrievals alone."""
    query = "电子书怎么退"
    vector = index.matcher.embed([query]).numpy()
    print(f"nearest: {timed(partial(index.vectors.search, vector, 50)):.2f} ms for the best 50 by cosine")
    print(f"lexical: {timed(partial(index.lexical.nearest, query, 50)):.2f} ms for the best 50 by characters")
    for candidates in (50, 100):
        print(f"query:   {timed(partial(index.search, query, 10, candidates)):.0f} ms with {candidates} candidates")


def duplicates(index: Index) -> None:
    """Group the sentences; print how long that takes."""
    start = time.perf_counter()
    groups = index.duplicates(report=show)
    seconds = time.perf_counter() - start
    print(f"\rduplicates: {len(groups):,} groups among {len(index):,} in {seconds:.0f} s; {megabytes():.0f} MB at most")


def quality(matcher: TextMatcher, others: list[str]) -> None:
    """Print how often the right one of 60 questions, hidden among `others`, is among the first hits."""
    questions = read_list(FAQ).column()
    index = Index.build(matcher, questions + others)
    with (ROOT / "benchmarks" / "search.tsv").open(encoding="utf-8") as file:
        asked = [(row["query"], set(row["questions"].split(";"))) for row in csv.DictReader(file, delimiter="\t")]
    print(f"quality: {len(asked)} queries, {len(questions)} questions among {len(index):,} sentences, 100 candidates")
    ranks = [
        next((rank for rank, hit in enumerate(index.search(query, 100), 1) if hit.sentence in right), 101)
        for query, right in asked
    ]
    for top in (1, 3, 10, 100):
        print(f"  among the first {top}: {sum(rank <= top for rank in ranks) / len(ranks):.3f}")


def recall(index: Index, queries: list[str]) -> float:
    """The share of the 50 nearest by the exact product that the index finds; embeds the list once more."""
    vectors, sentences = index.matcher.embed(queries), index.distinct
    best, nearest = torch.empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.long)
    for start in range(0, len(sentences), 4096):
        products = vectors @ index.matcher.embed(sentences[start : start + 4096]).T
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

    sentences = generated(options.sentences)
    index = build(matcher, sentences)
    speed(index)
    if len(index) > EXACT_LIMIT:
        print(f"recall:  {recall(index, sentences[:: len(sentences) // 200]):.3f} of the 50 nearest")
    quality(matcher, sentences[:20_000])
    if options.duplicates:
        duplicates(Index.build(matcher, sentences[: options.duplicates]))


if __name__ == "__main__":
    main()
