"""Sentences made from frames: who does what to whom, from where to where, what is more than what.

In question corpora the same characters in another order nearly always mean the same, so a network never learns that an
order can matter. Each frame is a list of ways to say one thing about two participants; exchanging these says another
thing, or, for mutual frames, the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from textmatch.data import Pair

PEOPLE = """
小明 小红 小李 小王 小张 小刘 小陈 老赵 老周 阿强 阿美 王芳 李伟 张磊 刘洋 爸爸 妈妈 爷爷 奶奶 哥哥 姐姐 弟弟
妹妹 叔叔 阿姨 老师 学生 医生 病人 护士 老板 员工 经理 秘书 司机 乘客 警察 小偷 房东 租客 邻居 同事 同学 室友
男生 女生 男朋友 女朋友 丈夫 妻子 婆婆 儿媳 岳父 女婿 教练 队员 律师 客户 卖家 买家 店主 顾客 快递员 保安 记者
演员 导演 班长 校长 我 他 她
"""
ANIMALS = "猫 狗 老虎 狮子 狼 羊 兔子 狐狸 蛇 老鼠 鸡 鸭子 牛 马 猴子 熊 鹰 大象 豹子 鳄鱼"
PLACES = """
北京 上海 广州 深圳 杭州 南京 成都 重庆 武汉 西安 天津 苏州 青岛 大连 厦门 长沙 昆明 三亚 哈尔滨 沈阳 郑州 济南
合肥 福州 桂林 拉萨 香港 澳门 台北 东京 首尔 曼谷 新加坡 巴黎 伦敦 纽约 机场 火车站 地铁站 学校 医院 公司 市中心
码头 酒店 家里
"""
TEAMS = """
中国队 韩国队 日本队 巴西队 德国队 法国队 阿根廷队 西班牙队 湖人 勇士 火箭 公牛 一班 二班 红队 蓝队 甲队 乙队
皇马 巴萨
"""
MONEY = "人民币 美元 欧元 英镑 日元 港币 韩元 泰铢 澳元 加元 新台币 卢布"
FORMS = "Word PDF Excel PPT 图片 视频 音频 MP3 MP4 文档 表格 文字 语音 GIF JPG TXT 网页 电子书"
LANGUAGES = "中文 英文 日语 韩语 法语 德语 西班牙语 俄语 粤语 普通话 汉语 英语 文言文 白话文"
ACCOUNTS = "微信 支付宝 银行卡 信用卡 余额宝 零钱通 QQ钱包 公积金账户 股票账户 花呗 储蓄卡 京东钱包"
DEVICES = "手机 电脑 平板 电视 苹果手机 安卓手机 U盘 相机 云盘 硬盘 旧手机 新手机 iPad 微信 QQ 邮箱 百度网盘"
VEHICLES = "小轿车 电动车 自行车 公交车 出租车 货车 摩托车 行人 三轮车 大巴 直行车 转弯车"
PARTIES = """
甲方 乙方 公司 员工 房东 租客 原告 被告 卖家 买家 丈夫 妻子 患者 医院 业主 物业 开发商 供应商 客户 银行
"""
UNITS = "厘米 英寸 米 英尺 公里 英里 公斤 磅 斤 克 升 毫升 华氏度 摄氏度 亩 平方米 小时 分钟 吨 盎司"
ACTIONS = """
吃药 喝酒 吃饭 洗澡 跑步 睡觉 刷牙 洗脸 喝水 上班 结婚 买房 买车 充电 开机 付款 发货 签合同 交钱 面试 体检 洗头
运动 打针
"""
VARIETIES = """
红茶 绿茶 咖啡 牛奶 豆浆 苹果 梨 香蕉 米饭 面条 猪肉 牛肉 羊肉 鸡肉 鱼 大米 小麦 华为 小米 苹果手机 三星 联想
戴尔 铁 铝 金 银
"""

FILLERS = {
    "person": PEOPLE,
    "animal": ANIMALS,
    "place": PLACES,
    "team": TEAMS,
    "money": MONEY,
    "form": FORMS,
    "language": LANGUAGES,
    "account": ACCOUNTS,
    "device": DEVICES,
    "vehicle": VEHICLES,
    "party": PARTIES,
    "unit": UNITS,
    "action": ACTIONS,
    "variety": VARIETIES,
}

# kind: ways to say one thing, A and B being its participants in their roles.
DIRECTED = """
person: A把B打了 | B被A打了 | B挨了A的打 | A打了B | B让A给打了
person: A骂了B一顿 | B被A骂了一顿 | B挨了A一顿骂 | A把B骂了一顿
person: A骗了B | B被A骗了 | A把B骗了 | B上了A的当
person: A表扬了B | B被A表扬了 | B受到了A的表扬 | B得到A的夸奖
person: A批评了B | B受到A的批评 | B挨了A的批评 | A把B批评了一顿
person: A借给B一千块钱 | B向A借了一千块钱 | B从A那里借了一千块钱 | A借了一千块给B | B跟A借了一千块
person: A欠B的钱 | B是A的债主 | A没还B的钱 | A该还B钱
person: A送给B一份礼物 | B收到了A送的礼物 | A给B送了礼物 | B得到A送的一份礼物
person: A教B弹钢琴 | B跟A学弹钢琴 | B的钢琴是A教的 | A是B的钢琴老师
person: A教B开车 | B跟着A学开车 | A是B的驾驶教练
person: A帮B搬家 | B搬家是A帮的忙 | A给B搬家帮忙 | B请A帮忙搬家
person: A喜欢B | B是A喜欢的人 | A爱上了B | B被A喜欢上了
person: A向B求婚 | B被A求婚 | A跟B求婚了
person: A向B表白 | B被A表白了 | A对B表白
person: A追B | B被A追求 | A在追求B
person: A嫁给了B | B娶了A | A成了B的老婆
person: A甩了B | B被A甩了 | A把B给甩了 | A提出和B分手
person: A拉黑了B | B被A拉黑了 | A把B拉进黑名单
person: A给B打电话 | B接到A的电话 | A打电话给B
person: A给B发微信 | B收到A的微信 | A发微信给B
person: A给B转了五百块 | B收到A转的五百块 | A转账五百给B
person: A等B | B让A等着 | A在等着B
person: A比B高 | B比A矮 | B没有A高 | A的个子比B高 | B不如A高
person: A比B大三岁 | B比A小三岁 | A大B三岁 | B小A三岁
person: A比B有钱 | B没有A有钱 | B不如A有钱 | B比A穷
person: A跑得比B快 | B跑得比A慢 | B没有A跑得快 | B跑不过A
person: A比B先到 | B比A后到 | B到得比A晚 | A到得比B早
person: A怀疑B偷了东西 | B被A怀疑偷了东西
person: A举报了B | B被A举报了 | A把B举报了 | 举报B的人是A
person: A把B告上法庭 | B被A告上法庭 | A起诉了B | B被A起诉
person: A照顾B | B由A照顾 | B受A照顾
person: A带B去医院 | B被A带去医院 | A领着B上医院
person: A向B道歉 | B接受A的道歉 | A给B赔不是
person: A原谅了B | B得到了A的原谅 | B被A原谅了
person: A代替B上场 | B被A换下 | A顶替了B
person: A是B的领导 | B是A的下属 | B归A管 | A管着B
person: A是B的爸爸 | B是A的孩子 | B的爸爸是A
person: A卖给B一辆车 | B从A手里买了一辆车 | A把车卖给了B | B买了A的车
person: A租B的房子 | B把房子租给A | B的房子租给了A
person: A让B先走 | B被A叫着先走 | A叫B先离开
person: A害怕B | B让A害怕 | A怕B
person: A打败了B | B输给了A | B被A打败了 | A赢了B
person: A向B请假 | A跟B请假 | B收到A的请假
person: A采访了B | B接受了A的采访 | B被A采访
person: A撞了B谁赔 | B被A撞了谁赔 | A把B撞了由谁赔偿
person: A可以开除B吗 | B会被A开除吗 | A能不能开除B
person: A不尊重B怎么办 | B不被A尊重怎么办 | B得不到A的尊重怎么办
animal: A把B咬伤了 | B被A咬伤了 | A咬伤了B | B让A给咬了
animal: A吃B吗 | B会被A吃吗 | A是不是吃B
animal: A追着B跑 | B被A追着跑 | B在前面跑A在后面追
animal: A打得过B吗 | B打不打得赢A这种对手 | A能打赢B吗 | A能不能打败B
animal: A比B跑得快 | B比A跑得慢 | B没有A跑得快
animal: A怕B吗 | B会让A害怕吗 | A害不害怕B
place: 从A到B怎么走 | A去B怎么走 | 怎么从A去B | A到B怎么去
place: A到B的高铁票多少钱 | 从A坐高铁去B要多少钱 | A去B的高铁票价
place: A飞B要多久 | 从A坐飞机到B要多长时间 | A到B的航班飞几个小时
place: 从A开车到B多远 | A自驾到B有多少公里 | A开车去B多少公里
place: A到B的末班车几点 | 从A去B最晚一班车是几点 | A去B的末班车时间
place: 从A搬家到B找哪家公司 | 由A搬到B请哪家搬家公司好
place: A寄到B的快递几天到 | 从A发往B的快递要几天 | A往B寄快递多久能到
place: A比B热 | B没有A热 | B比A凉快 | A的气温比B高
place: A的房价比B高 | B的房价比A低 | B的房子没有A贵
place: A在B的北边 | B在A的南边 | B的北边是A
place: 户口从A迁到B要什么手续 | 怎么把户口由A迁到B | A的户口怎么迁去B
team: A赢了B | B输给了A | B被A打败了 | A战胜了B | A击败B
team: A能赢B吗 | B会输给A吗 | A打得过B吗
team: A以三比一领先B | B以一比三落后于A | B被A三比一领先
team: A淘汰了B | B被A淘汰 | B不敌A被淘汰
team: A的实力比B强 | B没有A强 | B的实力不如A
money: A怎么换成B | 如何把A兑换成B | 用A换B怎么换 | A兑B怎么兑
money: 一百A等于多少B | 100A能换多少B | 一百块A是多少B
money: A对B的汇率是多少 | 1A兑换多少B | A兑B今天的汇率
money: A对B升值了 | B对A贬值了 | A兑B涨了
form: A怎么转成B | 如何把A转换为B | A转B的方法 | 怎样将A变成B | 把A转换成B用什么软件
form: 怎么在A里插入B | 如何把B插入到A中 | B怎么放进A里
language: 把A翻译成B | A译成B怎么说 | 将A翻译为B | A翻B
language: A翻译成B用什么软件好 | 有没有把A译成B的软件 | 哪个软件能把A翻译成B
language: A比B难学 | B比A好学 | B没有A难学
account: 怎么把A的钱转到B | A里的钱如何转入B | 从A转账到B怎么操作 | 怎样将A余额转进B
account: A提现到B要手续费吗 | 从A提钱到B收不收手续费
account: 用A还B可以吗 | 能不能拿A的钱还B | B能用A来还吗
device: 怎么把A的照片传到B | A里的照片如何导入B | 照片从A怎样传到B上 | 如何将A中的照片发送到B
device: A的文件怎么拷到B | 怎样把文件从A复制到B | 如何将A里的文件传给B
device: A怎么连接到B上投屏 | 如何把A投屏到B | A投屏到B的方法
device: A的联系人怎么导入B | 如何把A的通讯录转到B
vehicle: A撞了B谁的责任 | B被A撞了谁负责 | A把B撞了责任怎么分
vehicle: A追尾B怎么赔 | B被A追尾怎么赔偿 | A从后面撞上B怎么赔
vehicle: A要让B先走吗 | B比A先走对吗 | A应不应该让B
vehicle: A超了B | B被A超了 | A从B旁边超过去了
vehicle: A比B快 | B没有A快 | B比A慢
party: A起诉B | B被A起诉 | A把B告了 | A向法院告B
party: A违约要赔B多少 | B能向A要多少违约金 | A违约应赔偿B多少钱
party: A欠B的钱不还怎么办 | B要不回A欠的钱怎么办 | A不还B的欠款怎么处理
party: A可以单方面解除和B的合同吗 | A能不能不经B同意就解除合同
party: A向B索赔 | B被A索赔 | A要求B赔偿
unit: A怎么换算成B | 如何把A换算为B | 把A化成B怎么算
unit: 一A等于多少B | 1A是多少B | 一A有多少B
unit: A比B大多少 | B比A小多少
action: 先A再B | A以后再B | B之前先A | 先A后B
action: A前能不能B | 可以先B再A吗 | B完再A行不行
action: A后多久可以B | A之后要隔多长时间才能B | A完多久能B
action: 因为A所以没B | 没B是因为A | 由于A没能B
variety: A比B贵 | B比A便宜 | B没有A贵 | A的价格比B高
variety: A比B好 | B不如A | B没有A好 | B比A差
variety: 用A代替B可以吗 | B能不能换成A | 拿A替换B行吗
variety: 我喜欢A不喜欢B | 比起B我更爱A | 我爱A，但不爱B
variety: A里面有没有掺B | B有没有掺进A里
variety: 把A换成B | 用B换掉A | A不要了换B
"""

MUTUAL = """
person: A和B结婚了 | A跟B结了婚 | A与B结为夫妻
person: A和B是同学 | A跟B同班 | A与B是一个班的
person: A和B吵架了 | A跟B吵了一架 | A与B发生了争吵
person: A和B谁高 | A跟B比哪个更高 | A与B相比谁个子高
person: A和B认识吗 | A跟B是不是认识 | A与B认不认识
person: A和B一起去爬山 | A跟B一块儿爬山去 | A与B结伴爬山
animal: A和B哪个好养 | 养A好还是养B好 | A与B哪种更好养
animal: A和B能一起养吗 | A可以跟B养在一起吗 | A与B能不能同养
place: A和B哪个好玩 | 去A玩好还是去B玩好 | A与B哪里更值得玩
place: A离B有多远 | A与B相距多少公里 | A和B之间的距离是多少
place: A和B哪个房价高 | A跟B比房价谁更高 | A与B哪里房子贵
team: A和B谁厉害 | A跟B比哪个强 | A与B谁的实力更强
team: A对B几点开始 | A和B的比赛几点开打 | A与B什么时候比赛
form: A和B有什么区别 | A跟B的区别在哪 | A与B哪里不一样 | A和B的不同点
language: A和B哪个难学 | 学A难还是学B难 | A与B哪种更难学
account: A和B哪个安全 | 用A安全还是用B安全 | A与B哪个更安全
device: A和B哪个好用 | 用A好还是用B好 | A与B哪个更好用
variety: A和B哪个好 | A好还是B好 | A与B选哪个
variety: A和B能一起吃吗 | A可以跟B同吃吗 | A与B能不能一块吃
variety: A和B有什么区别 | A跟B的区别是什么 | A与B有哪些不同
action: A和B哪个重要 | A重要还是B重要 | A与B哪件事更要紧
vehicle: A和B相撞谁赔 | A与B撞了责任怎么分 | A跟B碰撞由谁赔
unit: A和B哪个大 | A大还是B大 | A与B哪个单位大
"""

OPENINGS = ("", "", "", "", "", "请问", "听说", "昨天", "今天", "如果", "我想知道", "要是")
ENDINGS = ("", "", "", "", "", "", "了解一下", "，是真的吗", "，怎么回事", "，你怎么看", "，谢谢")


class Frame(NamedTuple):
    """Ways to say one thing about two participants of a kind, and whether exchanging these says the same."""

    fillers: tuple[str, ...]
    ways: tuple[str, ...]
    mutual: bool

    def say(self, way: int, first: str, second: str) -> str:
        """One way, with its participants."""
        return self.ways[way].translate({ord("A"): first, ord("B"): second})


def frames() -> list[Frame]:
    """All frames."""
    return [
        Frame(tuple(FILLERS[kind].split()), tuple(way.strip() for way in ways.split("|")), mutual)
        for text, mutual in ((DIRECTED, False), (MUTUAL, True))
        for kind, _, ways in (line.partition(":") for line in text.strip().splitlines())
    ]


def framed_pairs(count: int, seed: int) -> list[Pair]:
    """Labelled pairs made from frames, about half of them matching.

    Args:
        count: how many to make; equal ones are kept once.
        seed: the same seed gives the same pairs.

    Returns:
        Pairs labelled 0 or 1.
    """
    rng = random.Random(seed)
    every = frames()
    return list(dict.fromkeys(_pair(rng.choice(every), rng) for _ in range(count)))


def _pair(frame: Frame, rng: random.Random) -> Pair:
    first, second, third = rng.sample(frame.fillers, 3)
    one, other = rng.sample(range(len(frame.ways)), 2)
    kind = rng.random()
    if kind < 0.4:  # the same, said otherwise
        turned = frame.mutual and rng.random() < 0.7
        sides = frame.say(one, first, second), frame.say(other, *_order(first, second, turned)), "1"
    elif kind < 0.5:  # the same, or for mutual frames only turned
        sides = frame.say(one, first, second), frame.say(one, *_order(first, second, frame.mutual)), "1"
    elif kind < 0.9 and not frame.mutual:  # turned
        other = one if rng.random() < 0.6 else other
        sides = frame.say(one, first, second), frame.say(other, second, first), "0"
    else:  # somebody else
        changed = rng.choice(((first, third), (third, second)))
        sides = frame.say(one, first, second), frame.say(rng.choice((one, other)), *changed), "0"
    opening, ending = rng.choice(OPENINGS), rng.choice(ENDINGS)
    return Pair(f"{opening}{sides[0]}{ending}", f"{opening}{sides[1]}{ending}", sides[2])


def _order(first: str, second: str, turned: bool) -> Sequence[str]:
    return (second, first) if turned else (first, second)
