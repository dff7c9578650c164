"""textmatch.counterfactual and fluency: changes that a person might write."""

import pytest

from textmatch.alignment import align, cut_together
from textmatch.counterfactual import changes, exchanged, turned_around
from textmatch.fluency import TABLE, fit


def suggested(one: str, two: str, equal: bool) -> set[tuple[int, str]]:
    """The changed sentences, each with its number."""
    words1, words2 = (tuple(words) for words in cut_together(one, two))
    found = set()
    for change in changes((words1, words2), align(words1, words2, None), equal):
        words = list((words1, words2)[change.sentence - 1])
        for i, text in change.replacements:
            words[i] = text
        found.add((int(change.sentence), "".join(words)))
    return found


@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        ("把空调调高一点", "把空调调低一点", {(1, "把空调调低一点"), (2, "把空调调高一点")}),
        ("他会来", "他不会来", {(1, "他不会来"), (2, "他会来")}),
        ("小李打了小王", "小王打了小李", {(1, "小王打了小李"), (2, "小李打了小王")}),
        ("这本书我看完了", "这本书我没看完", {(1, "这本书我没看完"), (2, "这本书我已经看完")}),
    ],
)
def test_sentences_that_differ_are_brought_together(one: str, two: str, wanted: set[tuple[int, str]]) -> None:
    assert wanted <= suggested(one, two, equal=False)


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        ("我把钥匙借给了邻居", "邻居把钥匙借给了我", {"我", "邻居"}),
        ("药一天吃两次", "药两天吃一次", {"一", "两"}),
        ("小李比小王高", "小王比小李高", {"小李", "小王"}),
        ("先洗澡再吃饭", "先吃饭再洗澡", {"洗澡", "吃饭"}),
        ("昨天小李借给小王一本书", "小王昨天借给小李一本书", {"小李", "小王"}),
        ("红烧肉怎么做", "怎么做红烧肉", set()),
        ("我明天去北京", "北京我明天去", set()),
    ],
)
def test_words_that_changed_places_are_found(one: str, two: str, words: set[str]) -> None:
    words1, words2 = (tuple(words) for words in cut_together(one, two))
    found = exchanged(words1, words2, align(words1, words2, None))
    assert {words1[link.first] for pair in found for link in pair} == words


@pytest.mark.parametrize(
    ("one", "two", "between"),
    [
        ("水烧开了再放面", "放了面再烧水", (3, 3)),
        ("写完作业再吃饭", "吃完饭再写作业", (3, 1)),
        ("先刷牙然后洗脸", "洗了脸然后刷牙", (2, 3)),
        ("水烧开了再放面", "烧开水再放面", None),
        ("下雨了再收衣服", "天晴了再收衣服", None),
        ("明天再来", "改天再来吧", None),
        ("红烧肉怎么做", "怎么做红烧肉", None),
    ],
)
def test_two_things_in_the_other_order(one: str, two: str, between: tuple[int, int] | None) -> None:
    words1, words2 = (tuple(words) for words in cut_together(one, two))
    assert turned_around(words1, words2, align(words1, words2, None)) == between


def test_to_become_the_other_sentence_comes_after_another_thing() -> None:
    words = ("明天", "去", "北京")
    others = ("今天", "去", "北海")
    order = [change.replacements for change in changes((words, others), align(words, others, None), equal=False)]
    assert order.index(((0, "今天"),)) < order.index(((0, "今天"), (2, "北海")))


@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        ("超市十点关门", "超市晚上十点关门", "超市十点开门"),
        ("今天下雨吗", "今天会下雨吗", "明天下雨吗"),
        ("怎么给猫洗澡", "如何给猫洗澡", "怎么给狗洗澡"),
        ("他是老师", "他是教师", "他不是老师"),
        ("这个很贵", "这个太贵", "这个不贵"),
        ("他请假了", "他今天请假了", "他没请假"),
        ("下午三点开会", "会议下午三点开始", "下午五点开会"),
        ("要等3天", "得等3天", "要等6天"),
        ("怎么注销账号", "账号如何注销", "什么时候注销账号"),
    ],
)
def test_sentences_that_mean_the_same_are_drawn_apart(one: str, two: str, wanted: str) -> None:
    assert (1, wanted) in suggested(one, two, equal=True)


@pytest.mark.parametrize(
    ("one", "two", "unwanted"),
    [
        ("超市关门了没有", "超市还开着吗", "超市关门了有"),  # a question with 没有 at its end
        ("我已经吃过早饭了", "我还没吃早饭", "我已经没吃过早饭了"),
        ("书已经寄到了", "书还没寄到", "书还寄到"),
        ("书已经寄到了", "书还没寄到", "书已经没寄到"),
        ("现在几点了", "现在是几点", "现在八点了"),  # an answer, not another question
        ("厕所在哪里", "洗手间在哪儿", "厕所在什么时候"),
        ("能便宜点吗", "可以便宜一点吗", "能昂贵点吗"),
        ("能便宜点吗", "可以便宜一点吗", "不能便宜点吗"),  # which asks for the same
        ("超市关门了没有", "超市还开着吗", "超市关门了一些"),
        ("失眠怎么办", "睡不着觉该怎么办呢", "失眠为什么"),
        ("冰箱里没有牛奶了", "冰箱里还有牛奶", "冰箱里还有牛奶了"),
        ("先开空调再关窗", "先关窗再开空调", "先开关窗再空调"),
        ("要提前订座位", "不预约就没位子", "要提前订没座位"),
    ],
)
def test_nobody_would_write_this(one: str, two: str, unwanted: str) -> None:
    for equal in (True, False):
        assert (1, unwanted) not in suggested(one, two, equal)
        assert (2, unwanted) not in suggested(one, two, equal)


def test_a_usual_word_fits_better_than_an_odd_one() -> None:
    assert fit("我喜欢喝", "咖啡", "") > fit("我喜欢喝", "手机", "")
    assert fit("明天", "会", "下雨吗") > fit("明天", "的", "下雨吗")
    assert fit("", "龘", "") <= 0
    assert TABLE.stat().st_size < 1_000_000
