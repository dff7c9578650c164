"""The pairs of sentences on the page: the examples, and those behind the button for a random pair."""

from typing import NamedTuple


class Example(NamedTuple):
    """A pair for visitors to try.

    Attributes:
        sentence1: the first sentence.
        sentence2: the second sentence.
        zh: what it shows, in Chinese.
        en: what it shows, in English.
        gloss: what the two sentences say, for those who read English.
    """

    sentence1: str
    sentence2: str
    zh: str
    en: str
    gloss: str


EXAMPLES = (
    Example(
        "手机没电了去哪里可以充电",
        "哪里能给没电的手机充电",
        "换个说法",
        "Paraphrase",
        "My phone is flat: where can I charge it? / Where can a flat phone be charged?",
    ),
    Example(
        "我不爱吃剁椒鱼头,但是我爱吃鱼头",
        "我爱吃土豆,但是不爱吃地瓜",
        "各有所爱",
        "Different tastes",
        "I don't like fish head with chillies, but I like fish head. / I like potatoes, but not sweet potatoes.",
    ),
    Example(
        "这家面馆周末开门营业",
        "这家面馆周末不开门营业",
        "否定",
        "Negation",
        "This noodle shop is open at weekends. / … is not open at weekends.",
    ),
    Example(
        "怎么把手机屏幕的亮度调高一点",
        "怎么把手机屏幕的亮度调低一点",
        "反义词",
        "Antonym",
        "How do I make my phone's screen a little brighter? / … a little darker?",
    ),
    Example(
        "从这里走到地铁站要五分钟",
        "从这里走到地铁站要五十分钟",
        "数字",
        "Number",
        "It is five minutes' walk to the metro. / It is fifty minutes' walk to the metro.",
    ),
    Example(
        "成都三月份的天气适合旅游吗",
        "昆明三月份的天气适合旅游吗",
        "换了对象",
        "Other entity",
        "Is Chengdu's weather in March good for a trip? / Is Kunming's …?",
    ),
    Example(
        "小李借给小王三百块钱",
        "小王借给小李三百块钱",
        "主客对调",
        "Roles swapped",
        "Li lent Wang 300 yuan. / Wang lent Li 300 yuan.",
    ),
    Example(
        "明天早上的高铁票还能改签吗",
        "明天早上的高铁票还能改千吗",
        "错别字",
        "Typo",
        "Can tomorrow morning's train ticket still be changed? / The same with a wrong character.",
    ),
    Example(
        "请问图书馆几点关门",
        "請問圖書館幾點關門",
        "繁体字",
        "Traditional characters",
        "When does the library close? / The same in traditional characters.",
    ),
    Example(
        "养一只猫每个月要花多少钱",
        "猫不肯吃饭应该怎么办",
        "同一话题",
        "Other intent",
        "What does a cat cost a month? / What if a cat will not eat?",
    ),
    Example(
        "下周我和妈妈一起去爬山",
        "我下周跟妈妈一起爬山去",
        "语序不同",
        "Word order",
        "Mum and I go hiking next week. / The same in another order.",
    ),
    Example(
        "红烧茄子怎样做才不油腻",
        "二手房过户需要带哪些证件",
        "毫不相干",
        "Unrelated",
        "How is braised aubergine made less greasy? / Which papers does the sale of a flat need?",
    ),
)

RANDOM_PAIRS: tuple[tuple[str, str], ...] = (
    ("外卖送错了应该找谁", "送来的外卖不是我点的怎么办"),
    ("晚上睡不着有什么办法", "失眠的时候怎样才能睡着"),
    ("这件毛衣可以用洗衣机洗吗", "这件毛衣只能手洗吗"),
    ("空调开一晚上大概几度电", "开一整夜空调要用多少电"),
    ("孩子三岁了还不爱说话", "孩子三岁了特别爱说话"),
    ("怎么把照片从手机传到电脑", "怎么把照片从电脑传到手机"),
    ("我请老师吃了一顿饭", "老师请我吃了一顿饭"),
    ("今年中秋节放几天假", "今年国庆节放几天假"),
    ("第一次坐飞机要注意什么", "头一回坐飞机有哪些要留意的"),
    ("护照丢了怎么补办", "护照弄丢了去哪里重新办"),
    ("苹果放冰箱里能保存多久", "苹果手机能用几年"),
    ("他昨天没有来上班", "他昨天来上班了"),
    ("去西安旅游三天怎么安排", "西安三日游的行程怎么定"),
    ("电动车充满电能跑多远", "电动车充满电要多久"),
    ("米饭煮得太硬怎么补救", "米饭煮得太软怎么补救"),
    ("学吉他先练什么比较好", "初学吉他应该从哪里练起"),
    ("这趟公交车到火车站吗", "坐这路公交能不能去火车站"),
    ("邻居半夜唱歌太吵了怎么办", "半夜想唱歌去哪里不吵邻居"),
    ("房租每个月十号交", "房租每个月二十号交"),
    ("隱形眼鏡可以戴著睡覺嗎", "睡觉的时候能戴隐形眼镜吗"),
    ("附近哪里可以打印文件", "这一带有没有打印店"),
    ("咖啡喝多了心跳很快", "喝了太多咖啡心跳得厉害"),
    ("猫比狗更好养吗", "狗比猫更好养吗"),
    ("怎么跟朋友说我想绝交", "怎么跟吵了架的朋友和好"),
)
