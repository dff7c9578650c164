"""The pairs of the game: what a person says of each; what the model says is computed when the page is built."""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict

from textmatch.matcher import TextMatcher

ROUNDS, MOST_WRONG = 10, 4
"""Pairs of a game, and those among them that the model gets wrong, if it gets so many wrong."""


class QuizPair(NamedTuple):
    """Two sentences, whether they mean the same, and what they say in English, but idioms word for word: no answer."""

    sentence1: str
    sentence2: str
    same: bool
    gloss: str


class RoundValue(TypedDict):
    """A pair of the game, and the model's probability that both mean the same."""

    pair: dict[str, Any]
    share: float


PAIRS = (
    QuizPair(
        "我好不容易才找到他",
        "我好容易才找到他",
        True,
        "I had 'good not easy' finding him. / I had 'good easy' finding him.",
    ),
    QuizPair("谁都打不过他", "他谁都打不过", False, "Nobody can beat him. / He can beat nobody."),
    QuizPair("街上好热闹", "街上好不热闹", True, "The street is 'good lively'. / The street is 'good not lively'."),
    QuizPair("我想起来了", "我想起床了", False, "I remember now. / I want to get up now."),
    QuizPair("他差点摔倒", "他差点没摔倒", True, "He 'nearly fell'. / He 'nearly not fell'."),
    QuizPair("我等了他一个小时", "他等了我一个小时", False, "I waited an hour for him. / He waited an hour for me."),
    QuizPair(
        "中国队大胜美国队", "中国队大败美国队", True, "China won against the US by far. / China defeated the US by far."
    ),
    QuizPair(
        "小明向小红借了五十块钱", "小红向小明借了五十块钱", False, "Ming borrowed 50 yuan from Hong. / Hong from Ming."
    ),
    QuizPair("谁都知道这件事", "没有人不知道这件事", True, "Everybody knows. / There is nobody who does not know."),
    QuizPair(
        "冬天能穿多少穿多少",
        "夏天能穿多少穿多少",
        False,
        "In winter wear all you can. / In summer wear as little as you can.",
    ),
    QuizPair("哥哥比弟弟高", "弟弟比哥哥矮", True, "The elder brother is taller. / The younger one is shorter."),
    QuizPair("除了小王大家都去了", "除了小王大家都没去", False, "All but Wang went. / None but Wang went."),
    QuizPair(
        "这台电脑比那台贵一倍",
        "那台电脑的价钱是这台的一半",
        True,
        "This one costs twice as much as that one. / That one costs half.",
    ),
    QuizPair("我只喝了一杯", "我喝了不止一杯", False, "I had only one glass. / I had more than one."),
    QuizPair("麻烦把声音调小一点", "请把音量调低些", True, "Turn the sound down, please. / Lower the volume, please."),
    QuizPair("先吃饭再洗手", "先洗手再吃饭", False, "Eat, then wash your hands. / Wash your hands, then eat."),
    QuizPair(
        "我没有一天不想家", "我每天都想家", True, "Not a day passes without homesickness. / I am homesick every day."
    ),
    QuizPair(
        "妈妈说爸爸做饭好吃", "爸爸说妈妈做饭好吃", False, "Mum says that Dad cooks well. / Dad says that Mum does."
    ),
    QuizPair(
        "火车晚点了半小时", "火车迟到了三十分钟", True, "The train was half an hour late. / … thirty minutes late."
    ),
    QuizPair("我弟弟在北京读大学", "我在北京读大学", False, "My brother studies in Beijing. / I study in Beijing."),
    QuizPair("杯子被他打碎了", "他把杯子打碎了", True, "The cup was broken by him. / He broke the cup."),
    QuizPair("他快五十岁了", "他五十多岁了", False, "He is almost fifty. / He is over fifty."),
    QuizPair("这道题难不倒她", "这道题她会做", True, "This problem does not beat her. / She can solve it."),
    QuizPair("飞机票可以退吗", "飞机票可以改签吗", False, "Can a flight be refunded? / Can it be rebooked?"),
    QuizPair("从周一到周五都上班", "只有周末不上班", True, "Work is from Monday to Friday. / Only weekends are free."),
    QuizPair(
        "明天上午十点开会", "明天晚上十点开会", False, "The meeting is at ten in the morning. / … in the evening."
    ),
)


def rounds(matcher: TextMatcher) -> list[RoundValue]:
    """The pairs of a game and what the model says of them: some that it gets wrong, the others right."""
    predictions = matcher.predict([pair[:2] for pair in PAIRS])
    shares = [prediction.probabilities[matcher.labels[-1]] for prediction in predictions]
    wrong = [i for i, (pair, share) in enumerate(zip(PAIRS, shares, strict=True)) if pair.same != (share >= 0.5)]
    right = [i for i in range(len(PAIRS)) if i not in wrong]
    chosen = sorted((wrong[:MOST_WRONG] + right)[:ROUNDS])
    return [{"pair": PAIRS[i]._asdict(), "share": shares[i]} for i in chosen]
