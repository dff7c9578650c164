"""textmatch.rewording: changes that keep the meaning."""

import pytest

from textmatch.alignment import cut_together
from textmatch.rewording import rewordings


def reworded(one: str, two: str) -> set[str]:
    """Both sentences in other words."""
    rows = tuple(map(tuple, cut_together(one, two)))
    found = set()
    for change in rewordings((rows[0], rows[1])):
        words = list(rows[change.sentence - 1])
        for i, text in change.replacements:
            words[i] = text
        found.add("".join(words))
    return found


@pytest.mark.parametrize(
    ("sentence", "others"),
    [
        ("怎么修改手机号码", {"如何修改手机号码", "请问怎么修改手机号码", "怎么修改手机号码呢"}),
        ("肉要放冰箱", {"肉要放电冰箱"}),
        ("空调为什么不制冷呢", {"空调为何不制冷呢", "请问空调为什么不制冷呢"}),
        ("他怎么了", {"请问他怎么了"}),  # 如何了 and 怎么了呢 are not said
        ("怎么这么贵", {"请问怎么这么贵"}),  # 如何这么贵 neither
        ("麻烦请问几点关门", set()),
        ("今天下雨", set()),
    ],
)
def test_a_sentence_in_other_words(sentence: str, others: set[str]) -> None:
    assert reworded(sentence, sentence) == others
