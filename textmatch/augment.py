"""Make training pairs that the corpora lack: small changes that turn the meaning, and changes that leave it alone.

Question corpora reward overlap: two sentences that share most characters nearly always match. These pairs, made from
the training sentences with the word lists below, show what one negation, antonym, number, name or change of roles does,
and that synonyms, typos and reordering do nothing. After CheckList (Ribeiro et al. 2020).
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from textmatch.data import Pair
from textmatch.text import normalise, word_tags, words

ANTONYMS = """
大 小|多 少|高 低|高 矮|长 短|快 慢|早 晚|冷 热|好 坏|新 旧|新 老|胖 瘦|贵 便宜|深 浅|厚 薄|轻 重|远 近|粗 细|软 硬|
干 湿|强 弱|美 丑|真 假|男 女|男生 女生|男人 女人|男孩 女孩|男朋友 女朋友|老公 老婆|爸爸 妈妈|哥哥 弟弟|姐姐 妹妹|
爷爷 奶奶|儿子 女儿|买 卖|买 退|借 还|借出 借入|开 关|打开 关闭|开启 关闭|开通 关闭|开通 注销|上 下|上升 下降|
上涨 下跌|涨价 降价|升级 降级|增加 减少|增加 降低|提高 降低|增大 减小|增肥 减肥|增重 减重|增长 减少|进 出|进口 出口|
入口 出口|前 后|左 右|里面 外面|上面 下面|前面 后面|左边 右边|上午 下午|早上 晚上|白天 晚上|白天 夜里|夏天 冬天|
春天 秋天|今天 明天|昨天 明天|去年 今年|今年 明年|开始 结束|成功 失败|喜欢 讨厌|爱 恨|赢 输|胜 负|支持 反对|
同意 拒绝|接受 拒绝|允许 禁止|优点 缺点|优势 劣势|好处 坏处|利 弊|利润 亏损|赚钱 赔钱|收入 支出|存钱 取钱|存款 取款|
存款 贷款|充值 提现|转入 转出|收款 付款|安装 卸载|下载 上传|登录 退出|注册 注销|添加 删除|加入 退出|绑定 解绑|
绑定 解除|锁定 解锁|加锁 解锁|加密 解密|压缩 解压|连接 断开|显示 隐藏|公开 隐藏|恢复 删除|保存 删除|关注 取消|
打印 扫描|公历 农历|阴历 阳历|国内 国外|室内 室外|城市 农村|白色 黑色|黑 白|安全 危险|简单 复杂|容易 困难|容易 难|
正常 异常|正面 反面|正确 错误|积极 消极|主动 被动|乐观 悲观|聪明 愚蠢|勤奋 懒惰|干净 肮脏|便宜 昂贵|最高 最低|
最大 最小|最多 最少|最好 最差|最快 最慢|最贵 最便宜|最长 最短|最早 最晚|第一 倒数第一|出生 死亡|结婚 离婚|入职 离职|
上班 下班|上学 放学|起床 睡觉|发货 退货|发送 接收|发 收|寄 收|输入 输出|内部 外部|自动 手动|在线 离线|免费 收费|
长期 短期|单身 已婚|头 尾|生 熟|咸 淡|甜 苦|推 拉|穿 脱|升 降|胀 缩|热水 冷水|变大 变小|变长 变短|变快 变慢|
变白 变黑|变胖 变瘦|加快 减慢|放大 缩小|进去 出来|上车 下车|怀孕 避孕|有利 有害|有效 无效|有用 没用|有毒 无毒|
合法 违法|以前 以后|之前 之后|上火 降火|补充 去除|开车 停车|父母 子女|老师 学生|老板 员工|医生 病人|买家 卖家|
房东 租客|出租 求租|正版 盗版|首次 末次|上半年 下半年|开心 难过|高兴 伤心
"""

SYNONYMS = """
怎么 如何 怎样 怎么样|为什么 为何 为啥 怎么会|什么 啥|哪里 哪儿 什么地方|哪个 哪一个|多少 几多|
多少钱 什么价格 什么价|怎么办 咋办 如何是好|什么时候 何时 啥时候|谁 哪个人|多久 多长时间|可以 能 能够|需要 要|
应该 该|喜欢 爱 喜爱|觉得 认为 感觉|知道 了解 晓得|想 想要|漂亮 好看 美丽|好吃 美味 可口|便宜 实惠|快速 迅速 快|
方法 办法 法子|原因 缘故|意思 含义 涵义|作用 用处 功效|区别 差别 不同|价格 价钱 售价|手机 移动电话|电脑 计算机|
自行车 单车 脚踏车|出租车 的士 计程车|公交车 公交 巴士|西红柿 番茄|土豆 马铃薯|玉米 苞米|红薯 地瓜 番薯|花生 长生果|
父亲 爸爸 老爸|母亲 妈妈 老妈|妻子 老婆 太太|丈夫 老公 先生|孩子 小孩 小孩子|宝宝 婴儿|医生 大夫|老师 教师|
学生 学员|生病 患病 得病|感冒 着凉|肚子疼 肚子痛 腹痛|头疼 头痛|发烧 发热|睡不着 失眠|减肥 瘦身|
变瘦 瘦下来|变白 美白|赚钱 挣钱|花费 费用 开销|买 购买|卖 出售|购物 买东西|旅游 旅行|饭店 餐馆 餐厅|宾馆 酒店 旅馆|
飞机票 机票|火车票 车票|身份证 身份证件|驾照 驾驶证|银行卡 储蓄卡|信用卡 贷记卡|密码 口令|账号 帐号 账户|
登录 登陆 登入|下载 下|安装 装|删除 删掉|修改 更改 改|更换 换|设置 设定|打开 开启|关闭 关掉 关了|恢复 还原|
查询 查 查找|寻找 找|介绍 讲讲|推荐 介绍|帮忙 帮助|开始 起始|结束 终止|目前 现在 当前|以前 从前|马上 立刻 立即|
经常 常常 时常|总是 老是|一般 通常|大概 大约|全部 所有|特别 非常 十分|很 非常 挺|最 最为|厉害 牛|聪明 机灵|困难 难|
简单 容易|重要 要紧|危险 不安全|安全 保险|高兴 开心 快乐|难过 伤心|生气 发火|害怕 怕|努力 用功|学习 学|练习 练|
提高 提升|增加 增多|减少 降低|治疗 医治|怎么治 怎么治疗|有没有 是否有|能不能 可不可以 能否|是不是 是否|好不好 好吗|
女孩 女生 姑娘|男孩 男生|恋人 情侣|男友 男朋友|女友 女朋友|分手 分开|结婚 成亲|名字 姓名|歌曲 歌|电影 影片|
电视剧 连续剧|图片 照片|视频 录像|软件 程序 app|网站 网页|网络 互联网|快递 快件|日期 日子|
星期 周 礼拜|上班 工作|单位 公司|工资 薪水 薪资|房子 住房|租房 租房子|天气 气候|下雨 降雨|猫 猫咪|狗 狗狗|衣服 服装|
裤子 长裤|鞋 鞋子|眼睛 双眼|头发 发丝|个子 身高|出生 诞生|去世 逝世 过世
"""

# A word and what denies it. Not where the sentence asks both ways (能不能, 有没有).
DENIALS = """
可以 不可以|能 不能|会 不会|是 不是|有 没有|要 不要|需要 不需要|应该 不应该|喜欢 不喜欢|想 不想|知道 不知道|
允许 不允许|支持 不支持|爱 不爱|吃 不吃|好看 不好看|好吃 不好吃|好用 不好用|好 不好|容易 不容易|必须 不必|
同意 不同意|愿意 不愿意|相信 不相信|值得 不值得|适合 不适合|影响 不影响|合法 不合法|正常 不正常|安全 不安全|
健康 不健康|开心 不开心|贵 不贵|舒服 不舒服|去 不去|买 不买|做 不做|收到 没收到|看到 没看到|成功 没成功|找到 没找到|
通过 没通过|结婚 没结婚|到账 没到账|发货 没发货|带 没带|学 不学|用 不用|接 不接|显示 不显示|工作 不工作|上班 不上班|
认识 不认识|懂 不懂|怕 不怕|够 不够|合适 不合适|清楚 不清楚|在 不在|说 不说|想要 不想要|玩 不玩
"""

# Swapping the two sides of these turns the meaning …
DIRECTED = """
到 去 飞 回 转 比 给 对 追 送 欠 教 爱 喜欢 讨厌 打 骂 帮 帮助 赢 赢了 输给 打败 打得过 超过 借给 卖给 送给 发给
寄给 转给 还给 嫁给 嫁 娶 告 抢 换成 变成 改成 转成 转换成 翻译成 等于 大于 小于 高于 低于 属于 包含 包括 照顾 批评
表扬 怀疑 欺骗 骗 收购 控制 影响 导致 引起 代替 取代 换
"""
# … and of these leaves it alone.
MUTUAL = "和 与 跟 及 同 还是 或 或者 以及"

NUMERALS = "一二三四五六七八九十两"
UNITS = "个 天 年 月 日 号 岁 元 块 斤 公斤 米 厘米 次 集 章 级 点 小时 分钟 周 万 千 百 楼 班 寸 度 季 部 口 人 辆 本"
NAME_TAGS = ("ns", "nr", "nz", "nrt", "nt")
THING_TAGS = ("n", "r", "m", "x", "eng", "vn", "j", "b", "t", *NAME_TAGS)
QUESTION_WORDS = """
怎么 什么 谁 怎样 哪个 如何 哪里 为什么 怎么样 哪些 多少 几 哪 啥 这 那 这个 那个
一下 什么样 哪儿
"""


class Changes:
    """The ways to change one sentence, each given as jieba words; None where a sentence does not offer the change.

    Args:
        sentences: the training sentences, from which names and homophones are taken.
        rng: what draws.
    """

    def __init__(self, sentences: Iterable[str], rng: random.Random) -> None:
        self._rng = rng
        plain = sorted({normalise(sentence) for sentence in sentences})
        self._cut = {sentence: words(sentence) for sentence in plain}
        self._antonyms = _table(ANTONYMS)
        self._synonyms = _table(SYNONYMS)
        self._denials = _table(DENIALS)
        self._directed, self._mutual = frozenset(DIRECTED.split()), frozenset(MUTUAL.split())
        self._question_words = frozenset(QUESTION_WORDS.split())
        self._tags = word_tags()
        counts = Counter(word for cut in self._cut.values() for word in cut)
        self._names: dict[str, list[str]] = defaultdict(list)
        for word, times in sorted(counts.items()):
            if times >= 3 and len(word) > 1 and self._tags.get(word) in NAME_TAGS:
                self._names[self._tags[word]].append(word)
        self._homophones = _homophones(Counter(character for sentence in plain for character in sentence))

    def cut(self, sentence: str) -> list[str]:
        """The words of a training sentence."""
        return self._cut[normalise(sentence)]

    def deny(self, cut: list[str]) -> list[str] | None:
        """Deny one word, or take a denial away, unless the sentence asks both ways."""
        both_ways = re.search(r"(.)[不没]\1|是否|能否|有没有|是不是|可不可以|没有", "".join(cut))
        denied = [i for i, word in enumerate(cut[:-1]) if word in ("不", "没", "别")]
        if both_ways:
            return None
        if denied:
            i = self._rng.choice(denied)
            return cut[:i] + cut[i + 1 :]
        return self._replace_one(cut, self._denials)

    def oppose(self, cut: list[str]) -> list[str] | None:
        """Put an antonym for one word, unless the sentence names both."""
        changed = self._replace_one(cut, self._antonyms)
        return None if changed is None or len(set(changed)) < len(set(cut)) else changed

    def keep(self, cut: list[str]) -> list[str]:
        """Leave it as it is: a name or a number alone must not look like a change."""
        return cut

    def reword(self, cut: list[str]) -> list[str] | None:
        """Put a synonym for one or two words."""
        changed = self._replace_one(cut, self._synonyms)
        if changed is None or self._rng.random() < 0.5:
            return changed
        changed = self._replace_one(changed, self._synonyms)
        return None if changed == cut else changed

    def renumber(self, cut: list[str]) -> list[str] | None:
        """Put another number."""
        plain = "".join(cut)
        found = list(re.finditer(rf"\d+(\.\d+)?|[{NUMERALS}]+(?={'|'.join(UNITS.split())})", plain))
        if not found:
            return None
        chosen = self._rng.choice(found)
        old = chosen.group()
        new = self._rng.choice(NUMERALS)
        if old.isascii():
            new = str(abs(round(float(old)) + self._rng.choice((-10, -3, -2, -1, 1, 2, 3, 5, 10))))
        if new == old or {new, old} == {"二", "两"}:
            return None
        return [plain[: chosen.start()], new, plain[chosen.end() :]]

    def rename(self, cut: list[str]) -> list[str] | None:
        """Put another name of the same kind: a place for a place, a person for a person."""
        places = [i for i, word in enumerate(cut) if len(word) > 1 and self._names.get(self._tags.get(word, ""))]
        if not places:
            return None
        i = self._rng.choice(places)
        other = self._rng.choice(self._names[self._tags[cut[i]]])
        return None if other in cut[i] or cut[i] in other else [*cut[:i], other, *cut[i + 1 :]]

    def turn_roles(self, cut: list[str]) -> list[str] | None:
        """Swap the two sides of a word that has a direction: who, from where, more than what."""
        return self._turn(cut, self._directed)

    def turn_mutual(self, cut: list[str]) -> list[str] | None:
        """Swap the two sides of a word that has none."""
        return self._turn(cut, self._mutual)

    def mistype(self, cut: list[str]) -> list[str] | None:
        """One slip: a homophone, a character doubled or dropped from a long word, two of a word swapped."""
        i = self._rng.randrange(len(cut))
        word, kind = cut[i], self._rng.random()
        if len("".join(cut)) < 5 or word[0] in "不没无非未别" + NUMERALS or not "\u4e00" <= word[0] <= "\u9fff":
            return None
        at = self._rng.randrange(len(word))
        if kind < 0.6:
            alike = self._homophones.get(word[at])
            slip = word[:at] + self._rng.choice(alike) + word[at + 1 :] if alike else word
        elif kind < 0.75:
            slip = word[: at + 1] + word[at:]
        elif len(word) > 2:
            slip = word[:at] + word[at + 1 :]
        else:
            slip = word[::-1]
        return None if slip == word else [*cut[:i], slip, *cut[i + 1 :]]

    def _replace_one(self, cut: list[str], table: dict[str, list[str]]) -> list[str] | None:
        places = [i for i, word in enumerate(cut) if word in table]
        if not places:
            return None
        i = self._rng.choice(places)
        return [*cut[:i], self._rng.choice(table[cut[i]]), *cut[i + 1 :]]

    def _turn(self, cut: list[str], pivots: frozenset[str]) -> list[str] | None:
        """Swap what stands right before a pivot with what stands right after it."""
        places = [i for i, word in enumerate(cut) if word in pivots]
        if not places:
            return None
        i = self._rng.choice(places)
        start, end = i, i + 1
        while start > 0 and i - start < 2 and self._is_thing(cut[start - 1]):
            start -= 1
        while end < len(cut) and end - i <= 2 and self._is_thing(cut[end]):
            end += 1
        before, after = cut[start:i], cut[i + 1 : end]
        if not before or not after or before == after:
            return None
        return [*cut[:start], *after, cut[i], *before, *cut[end:]]

    def _is_thing(self, word: str) -> bool:
        return self._tags.get(word, "x") in THING_TAGS and word not in self._question_words


def hard_pairs(pairs: Sequence[Pair], share: float, seed: int) -> list[Pair]:
    """Make labelled pairs from labelled pairs, half of them matching.

    A change that turns the meaning is mostly shown against the sentence itself, so that it is what decides; one that
    leaves it alone mostly against what matches the sentence, so that other words in the same place do not.

    Args:
        pairs: training pairs with the labels 0 and 1.
        share: made pairs for each given one, 0 or more.
        seed: the same seed and pairs give the same result.

    Returns:
        New pairs, labelled 0 or 1; fewer than asked for where the sentences offer too little to change.
    """
    rng = random.Random(seed)
    matching = [pair for pair in pairs if pair.label == "1"]
    if not share or not matching:
        return []
    changes = Changes((sentence for pair in pairs for sentence in pair[:2]), rng)
    negative = (changes.deny, changes.oppose, changes.renumber, changes.rename, changes.turn_roles)
    positive = (changes.keep, changes.reword, changes.mistype, changes.turn_mutual)
    made: dict[Pair, None] = {}
    for label, kinds, itself in (("0", negative, 0.8), ("1", positive, 0.3)):
        for change in kinds:
            quota = int(share * len(pairs) / 2 / len(kinds))
            wanted = len(made) + quota
            for _ in range(40 * quota):
                if len(made) >= wanted:
                    break
                first, second = rng.sample(rng.choice(matching)[:2], 2)
                same = change == changes.keep
                kept = second if same or rng.random() < itself else first
                changed = "".join(change(changes.cut(second)) or ())
                if changed and (same or normalise(changed) != normalise(kept)):
                    made[Pair(kept, changed, label)] = None
    return list(made)


def inferred_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs that follow from labelled pairs: what matches the same sentence matches, and what differs from it differs.

    From a ~ b and b ~ c follows a ~ c, and from a ~ b and b ≁ c follows a ≁ c. Where both follow, or the pair is
    labelled already, it is left out.

    Args:
        pairs: training pairs with the labels 0 and 1.

    Returns:
        New pairs, labelled 0 or 1; the same for the same pairs.
    """
    matching: dict[str, set[str]] = defaultdict(set)
    differing: dict[str, set[str]] = defaultdict(set)
    for first, second, label in pairs:
        table = matching if label == "1" else differing
        table[first].add(second)
        table[second].add(first)
    alike = {_ordered(a, b) for near in matching.values() for a, b in combinations(near, 2)}
    unlike = {_ordered(a, b) for middle, near in matching.items() for a in near for b in differing[middle] if a != b}
    given = {_ordered(first, second) for first, second, _ in pairs}
    matched, differed = sorted(alike - unlike - given), sorted(unlike - alike - given)
    return [Pair(*pair, "1") for pair in matched] + [Pair(*pair, "0") for pair in differed]


def _ordered(first: str, second: str) -> tuple[str, str]:
    return min(first, second), max(first, second)


def _table(groups: str) -> dict[str, list[str]]:
    """Each word of a group → the others of its groups."""
    table: dict[str, list[str]] = defaultdict(list)
    for group in groups.replace("\n", "").split("|"):
        members = group.split()
        for word in members:
            table[word] += [other for other in members if other != word]
    return table


def _homophones(counts: Counter[str]) -> dict[str, list[str]]:
    """Each common character → the common ones that sound like it, tone aside, as an input method offers them."""
    from pypinyin import lazy_pinyin

    alike: dict[str, list[str]] = defaultdict(list)
    for character, times in counts.most_common(2500):
        if "\u4e00" <= character <= "\u9fff" and times > 20:
            alike[lazy_pinyin(character)[0]].append(character)
    return {one: [other for other in group if other != one] for group in alike.values() for one in group[:12]}
