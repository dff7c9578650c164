"""The pairs of sentences on the page: the examples, and those behind the button for a random pair."""

from typing import NamedTuple


class Example(NamedTuple):
    """A pair for visitors to try.

    Attributes:
        sentence1: the first sentence.
        sentence2: the second sentence.
        gloss: what the two sentences say, for those who read English.
        kind: what it shows: ``compare_example_`` and this is the key of its name; empty for a pair without a button.
    """

    sentence1: str
    sentence2: str
    gloss: str
    kind: str = ""


EXAMPLES = (
    Example(
        "手机没电了去哪里可以充电",
        "哪里能给没电的手机充电",
        "My phone is flat: where can I charge it? / Where can a flat phone be charged?",
        "paraphrase",
    ),
    Example(
        "我不爱吃剁椒鱼头,但是我爱吃鱼头",
        "我爱吃土豆,但是不爱吃地瓜",
        "I don't like fish head with chillies, but I like fish head. / I like potatoes, but not sweet potatoes.",
        "tastes",
    ),
    Example(
        "这家面馆周末开门营业",
        "这家面馆周末不开门营业",
        "This noodle shop is open at weekends. / … is not open at weekends.",
        "negation",
    ),
    Example(
        "怎么把手机屏幕的亮度调高一点",
        "怎么把手机屏幕的亮度调低一点",
        "How do I make my phone's screen a little brighter? / … a little darker?",
        "antonym",
    ),
    Example(
        "从这里走到地铁站要五分钟",
        "从这里走到地铁站要五十分钟",
        "It is five minutes' walk to the metro. / It is fifty minutes' walk to the metro.",
        "number",
    ),
    Example(
        "成都三月份的天气适合旅游吗",
        "昆明三月份的天气适合旅游吗",
        "Is Chengdu's weather in March good for a trip? / Is Kunming's …?",
        "entity",
    ),
    Example(
        "小李借给小王三百块钱",
        "小王借给小李三百块钱",
        "Li lent Wang 300 yuan. / Wang lent Li 300 yuan.",
        "roles",
    ),
    Example(
        "明天早上的高铁票还能改签吗",
        "明天早上的高铁票还能改千吗",
        "Can tomorrow morning's train ticket still be changed? / The same with a wrong character.",
        "typo",
    ),
    Example(
        "请问图书馆几点关门",
        "請問圖書館幾點關門",
        "When does the library close? / The same in traditional characters.",
        "traditional",
    ),
    Example(
        "养一只猫每个月要花多少钱",
        "猫不肯吃饭应该怎么办",
        "What does a cat cost a month? / What if a cat will not eat?",
        "intent",
    ),
    Example(
        "下周我和妈妈一起去爬山",
        "我下周跟妈妈一起爬山去",
        "Mum and I go hiking next week. / The same in another order.",
        "order",
    ),
    Example(
        "红烧茄子怎样做才不油腻",
        "二手房过户需要带哪些证件",
        "How is braised aubergine made less greasy? / Which papers does the sale of a flat need?",
        "unrelated",
    ),
)

RANDOM_PAIRS = (
    Example(
        "外卖送错了应该找谁",
        "送来的外卖不是我点的怎么办",
        "The wrong takeaway came: whom do I ask? / The takeaway that came is not what I ordered: what now?",
    ),
    Example(
        "晚上睡不着有什么办法",
        "失眠的时候怎样才能睡着",
        "I can't sleep at night: what helps? / How does one get to sleep with insomnia?",
    ),
    Example(
        "这件毛衣可以用洗衣机洗吗",
        "这件毛衣只能手洗吗",
        "Can this jumper go in the washing machine? / Is this jumper hand wash only?",
    ),
    Example(
        "空调开一晚上大概几度电",
        "开一整夜空调要用多少电",
        "How much power does the air conditioner use in a night? / The same in other words.",
    ),
    Example(
        "孩子三岁了还不爱说话",
        "孩子三岁了特别爱说话",
        "The child is three and still hardly talks. / The child is three and loves to talk.",
    ),
    Example(
        "怎么把照片从手机传到电脑",
        "怎么把照片从电脑传到手机",
        "How do I move photos from phone to computer? / … from computer to phone?",
    ),
    Example(
        "我请老师吃了一顿饭", "老师请我吃了一顿饭", "I treated my teacher to a meal. / My teacher treated me to a meal."
    ),
    Example(
        "今年中秋节放几天假",
        "今年国庆节放几天假",
        "How many days off are there at Mid-Autumn this year? / … at National Day this year?",
    ),
    Example(
        "第一次坐飞机要注意什么",
        "头一回坐飞机有哪些要留意的",
        "What should I mind on my first flight? / The same in other words.",
    ),
    Example(
        "护照丢了怎么补办",
        "护照弄丢了去哪里重新办",
        "I lost my passport: how do I replace it? / … where do I get a new one?",
    ),
    Example(
        "苹果放冰箱里能保存多久",
        "苹果手机能用几年",
        "How long do apples keep in the fridge? / How many years does an Apple phone last?",
    ),
    Example("他昨天没有来上班", "他昨天来上班了", "He did not come to work yesterday. / He came to work yesterday."),
    Example(
        "去西安旅游三天怎么安排",
        "西安三日游的行程怎么定",
        "How do I plan a three-day trip to Xi'an? / The same in other words.",
    ),
    Example(
        "电动车充满电能跑多远",
        "电动车充满电要多久",
        "How far does an electric car go on a full charge? / How long does it take to charge?",
    ),
    Example(
        "米饭煮得太硬怎么补救",
        "米饭煮得太软怎么补救",
        "Boiled rice came out too hard: how to save it? / … too soft: how to save it?",
    ),
    Example(
        "学吉他先练什么比较好",
        "初学吉他应该从哪里练起",
        "Learning the guitar, what is best practised first? / Where should a beginner start?",
    ),
    Example(
        "这趟公交车到火车站吗",
        "坐这路公交能不能去火车站",
        "Does this bus go to the station? / Can I take this bus to the station?",
    ),
    Example(
        "邻居半夜唱歌太吵了怎么办",
        "半夜想唱歌去哪里不吵邻居",
        "The neighbours sing at midnight: what can I do? / Where can I sing at night without disturbing them?",
    ),
    Example("房租每个月十号交", "房租每个月二十号交", "The rent is due on the 10th of each month. / … on the 20th."),
    Example(
        "隱形眼鏡可以戴著睡覺嗎",
        "睡觉的时候能戴隐形眼镜吗",
        "Can one sleep in contact lenses? (traditional) / The same in simplified characters.",
    ),
    Example(
        "附近哪里可以打印文件",
        "这一带有没有打印店",
        "Where nearby can I print documents? / Is there a print shop around here?",
    ),
    Example(
        "咖啡喝多了心跳很快",
        "喝了太多咖啡心跳得厉害",
        "Too much coffee makes the heart race. / The same in other words.",
    ),
    Example(
        "猫比狗更好养吗", "狗比猫更好养吗", "Are cats easier to keep than dogs? / Are dogs easier to keep than cats?"
    ),
    Example(
        "怎么跟朋友说我想绝交",
        "怎么跟吵了架的朋友和好",
        "How do I tell a friend that it's over? / How do I make up with a friend after a quarrel?",
    ),
)
