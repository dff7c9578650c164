"""Print what the page says of twenty pairs of our own, so that a person can say whether it is right and makes sense.

For each: verdict, confidence, similarity, the words that decide, the change that turns the verdict, and what should not
turn it and does.

python -m benchmarks.twenty_pairs --checkpoint checkpoints/default
"""

import argparse
from pathlib import Path

from textmatch import TextMatcher
from textmatch.demo.components.alignment import alignment_value
from textmatch.demo.components.verdict import label_message
from textmatch.demo.handlers.trust import trust
from textmatch.demo.i18n import TEXTS
from textmatch.results import Counterfactual, Explanation

PAIRS = (
    (True, "怎么才能让孩子早点睡", "小孩晚上不肯睡怎么办"),
    (True, "这家饭馆的菜便宜又好吃", "这家馆子菜好吃，价钱也不贵"),
    (True, "我的快递三天了还没到", "包裹等了三天都没收到"),
    (True, "周末人多，要提前订座位", "周末去的话得先预约，不然没位子"),
    (True, "电脑开机特别慢", "电脑要很久才能启动"),
    (True, "他被老板批评了一顿", "老板把他批评了一顿"),
    (True, "离这里最近的医院在哪", "附近哪里有医院"),
    (True, "请把发票寄到我家", "麻烦把發票寄到我家裡"),
    (True, "半年不用会员会过期吗", "会员六个月没用会失效吗"),
    (True, "没有一个人迟到", "大家都准时到了"),
    (False, "这趟车去南站吗", "这趟车去北站吗"),
    (False, "会员可以带朋友进去吗", "会员不可以带朋友进去吗"),
    (False, "我把钥匙借给了邻居", "邻居把钥匙借给了我"),
    (False, "感冒了能不能喝咖啡", "感冒了能不能喝茶"),
    (False, "药一天吃两次", "药两天吃一次"),
    (False, "他没去成都", "他去了成都"),
    (False, "怎么注册新账号", "怎么注销旧账号"),
    (False, "水烧开了再放面", "放了面再烧水"),
    (False, "这件衣服有点大", "这件衣服有点小"),
    (False, "养狗要办什么证", "狗不吃东西怎么办"),
)
"""(whether a person says that they mean the same, first sentence, second sentence)"""


def lines(matcher: TextMatcher, same: bool, explanation: Explanation) -> list[str]:
    """What is printed for a pair."""
    prediction = explanation.prediction
    found = trust(prediction, matcher.metrics, matcher.max_length)
    message = label_message(prediction.label, sure=found.sure)
    verdict = TEXTS["zh"][message["key"]] if "key" in message else message["text"]
    sure, similarity = max(prediction.probabilities.values()), 100 * prediction.similarity
    right = same == (prediction.label == matcher.labels[-1])
    shown = alignment_value(explanation)
    why = [
        f"{word['text']}({'=' if word['mark'] == 'same' else '≠'}{word['importance']:.2f})"
        for row in shown["rows"]
        for word in row
        if word["mark"] != "none"
    ]
    return [
        f"{'✓' if right else '✗'} {prediction.sentence1} / {prediction.sentence2}",
        f"    person: {'same' if same else 'different'}; page: {verdict} {sure:.0%}, similarity {similarity:.0f}",
        f"    why: {' '.join(why) or 'no word is marked'}",
        f"    change: {_change(explanation)}",
    ]


def _change(explanation: Explanation) -> str:
    return " | ".join([_outcome(explanation.counterfactual), *_weakness(explanation)])


def _weakness(explanation: Explanation) -> list[str]:
    return [f"weakness: {_outcome(explanation.weakness)}"] if explanation.weakness else []


def _outcome(found: Counterfactual | None) -> str:
    if not found:
        return "none"
    outcome = found.prediction
    return f"{outcome.sentence1} / {outcome.sentence2} → {outcome.label} {outcome.probabilities[outcome.label]:.0%}"


def main() -> None:
    """Print all pairs."""
    parser = argparse.ArgumentParser(description="Print what the page says of twenty pairs.")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/default"), help="checkpoint folder")
    matcher = TextMatcher.from_pretrained(parser.parse_args().checkpoint, device="cpu")
    for same, first, second in PAIRS:
        print("\n".join(lines(matcher, same, matcher.explain(first, second))))


if __name__ == "__main__":
    main()
