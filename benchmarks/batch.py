"""Pairs per second and peak memory of scoring a whole file, from reading it to writing the result.

python -m benchmarks.batch --pairs 100000
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import tempfile
import time
from pathlib import Path

import torch

from textmatch import TextMatcher
from textmatch.files import read_table, write_csv, write_xlsx
from textmatch.scoring import result_names, result_rows, score

ROOT = Path(__file__).resolve().parent.parent

WHEN = ("", "今天", "明天上午", "周末", "下个月", "晚上八点以后", "放假的时候")
ASK = ("怎么", "如何才能", "请问哪里可以", "为什么不能", "有没有办法", "我想知道怎样", "谁能告诉我怎么")
DO = ("办理", "修改", "查询", "取消", "购买", "学会", "预订", "退掉")
WHAT = ("银行卡", "手机号码", "去上海的火车票", "健身房的会员", "英语口语", "家里的宽带", "图书馆的座位", "电影票")
END = ("", "呢", "啊，谢谢", "，需要多少钱", "，要等多久", "才最方便", "，要带什么证件")


def sentence(generator: random.Random) -> str:
    """A random question, sometimes with a number, so that most are different."""
    number = f"{generator.randrange(10_000)}号" if generator.random() < 0.5 else ""
    return "".join(map(generator.choice, (WHEN, ASK, DO))) + number + "".join(map(generator.choice, (WHAT, END)))


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default")
    arguments = parser.parse_args()
    generator = random.Random(1)
    matcher = TextMatcher.from_pretrained(arguments.checkpoint, "cpu")
    matcher.predict([(sentence(generator), sentence(generator))])
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "pairs.csv")
        pairs = ([sentence(generator), sentence(generator)] for _ in range(arguments.pairs))
        write_csv(source, ("sentence1", "sentence2"), pairs)
        clock = [time.perf_counter()]
        table = read_table(source)
        columns = table.columns()
        clock.append(time.perf_counter())
        scores = [row for chunk in score(matcher, table, columns) for row in chunk]
        clock.append(time.perf_counter())
        for write, name in ((write_csv, "result.csv"), (write_xlsx, "result.xlsx")):
            write(Path(folder, name), result_names(table), result_rows(table, scores))
            clock.append(time.perf_counter())
    seconds = dict(zip(("read", "score", "CSV", "XLSX"), (b - a for a, b in itertools.pairwise(clock)), strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    characters = sum(len(str(value)) for row in table.rows for value in row.values) / len(table.rows) / 2
    print(f"{len(scores):,} pairs of about {characters:.0f} characters a sentence, {torch.get_num_threads()} threads")
    print(", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))
    print(f"{len(scores) / seconds['score']:.0f} pairs/s; peak memory {peak / 1024:.0f} MB, idle {idle / 1024:.0f} MB")


if __name__ == "__main__":
    main()
