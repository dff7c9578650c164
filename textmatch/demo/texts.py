"""Every text on the page, in Chinese and English, and the example pairs.

Static texts are translated in the browser by `gr.I18n`; the messages the server writes itself are chosen by `say`. The
gauge and the notes get the same words as props, so each text has one home.
"""

from typing import Literal, NamedTuple

import gradio as gr
from gradio.i18n import I18nData

Language = Literal["zh", "en"]

CHINESE = {
    "heading": "# 这两句话，意思一样吗？\n\n输入两句中文，模型会判断它们的意思是不是相同，并告诉你它有多大把握。",
    "sentence1": "第一句",
    "sentence2": "第二句",
    "placeholder1": "例如：怎么修改手机号码",
    "placeholder2": "例如：换了电话号码在哪里更新",
    "compare": "比较",
    "swap": "交换",
    "clear": "清空",
    "verdict": "判断",
    "examples": "试一试：点一下就有答案",
    "about": (
        "**怎么看结果** 百分比是模型自己的把握：在和训练数据相近的日常问句上，说 80% 时大约十次对七八次，不是保证。"
        "相似度表示两句话在模型眼里有多接近；只差一个关键字的两句可以很相似而意思不同，以判断为准。\n\n"
        "**会出错的地方** 否定、数字、人名地名和谁对谁做了什么，常常只差一个字，模型可能看漏；"
        "长文章、专业领域、方言和讽刺也不拿手。重要的事请自己再读一遍。"
    ),
    "similarity": "相似度",
    "close": "很接近",
    "partly": "有些接近",
    "far": "不接近",
    "waiting": "等你输入两句话",
    "hint": "写好两句话，按回车；或者点一个下面的例子。",
    "answered": "模型 {model} 在 {device} 上用 {milliseconds} 毫秒答出",
    "unsure": "两边差不多，模型没有把握，请以自己的判断为准。",
    "cut1": "第一句太长，模型只读了前 {limit} 个字，没有读：{text}",
    "cut2": "第二句太长，模型只读了前 {limit} 个字，没有读：{text}",
    "unknown1": "第一句里有模型没学过的字：{text}",
    "unknown2": "第二句里有模型没学过的字：{text}",
    "blank1": "第一句还是空的，请先写上。",
    "blank2": "第二句还是空的，请先写上。",
    "long1": "第一句有 {length} 个字，最多 {limit} 个，请缩短一些。",
    "long2": "第二句有 {length} 个字，最多 {limit} 个，请缩短一些。",
    "refused": "这两句话没法比较",
}

ENGLISH = {
    "heading": "# Do these two sentences mean the same?\n\n"
    "Type two Chinese sentences. The model says whether they mean the same, and how sure it is.",
    "sentence1": "First sentence",
    "sentence2": "Second sentence",
    "placeholder1": "e.g. 怎么修改手机号码",
    "placeholder2": "e.g. 换了电话号码在哪里更新",
    "compare": "Compare",
    "swap": "Swap",
    "clear": "Clear",
    "verdict": "Verdict",
    "examples": "Try one: a click answers at once",
    "about": (
        "**Reading the result** The percentage is how sure the model is: on everyday questions like those it was "
        "trained on, 80% is right about seven or eight times in ten. It is no guarantee. "
        "Similarity says how close the two sentences are in the model's eyes; two that differ in one decisive "
        "character can be very similar and yet mean different things, so go by the verdict.\n\n"
        "**Where it errs** Negation, numbers, names and who did what to whom often hang on one character, and the "
        "model may miss it; long texts, specialist fields, dialect and irony are not its strength either. "
        "Where it matters, read the sentences yourself."
    ),
    "similarity": "Similarity",
    "close": "Very close",
    "partly": "Somewhat close",
    "far": "Not close",
    "waiting": "Waiting for two sentences",
    "hint": "Write two sentences and press Enter, or click an example below.",
    "answered": "Answered by model {model} on {device} in {milliseconds} ms",
    "unsure": "The two answers are close: the model is not sure here, so trust your own reading.",
    "cut1": "The first sentence is long: the model read {limit} characters and left out {text}",
    "cut2": "The second sentence is long: the model read {limit} characters and left out {text}",
    "unknown1": "Characters of the first sentence the model never saw in training: {text}",
    "unknown2": "Characters of the second sentence the model never saw in training: {text}",
    "blank1": "The first sentence is empty. Please write one.",
    "blank2": "The second sentence is empty. Please write one.",
    "long1": "The first sentence has {length} characters; {limit} is the most. Please shorten it.",
    "long2": "The second sentence has {length} characters; {limit} is the most. Please shorten it.",
    "refused": "These two cannot be compared",
}

WORDS: dict[Language, dict[str, str]] = {"zh": CHINESE, "en": ENGLISH}

TRANSLATIONS = gr.I18n(**{"zh": CHINESE, "zh-CN": CHINESE, "zh-TW": CHINESE, "zh-HK": CHINESE, "en": ENGLISH})

# Class labels are never translated by Gradio, so the two default ones carry both languages.
LABEL_NAMES = {"Matched": "意思相同 · Matched", "Not Matched": "意思不同 · Not Matched"}


class Example(NamedTuple):
    """A pair for visitors to try and what it shows."""

    shows: str
    sentence1: str
    sentence2: str


EXAMPLES = (
    Example("换个说法 · Paraphrase", "手机没电了去哪里可以充电", "哪里能给没电的手机充电"),
    Example("各有所爱 · Different tastes", "我不爱吃剁椒鱼头,但是我爱吃鱼头", "我爱吃土豆,但是不爱吃地瓜"),
    Example("否定 · Negation", "这家面馆周末开门营业", "这家面馆周末不开门营业"),
    Example("反义词 · Antonym", "怎么把手机屏幕的亮度调高一点", "怎么把手机屏幕的亮度调低一点"),
    Example("数字 · Number", "从这里走到地铁站要五分钟", "从这里走到地铁站要五十分钟"),
    Example("换了对象 · Other entity", "成都三月份的天气适合旅游吗", "昆明三月份的天气适合旅游吗"),
    Example("主客对调 · Roles swapped", "小李借给小王三百块钱", "小王借给小李三百块钱"),
    Example("错别字 · Typo", "明天早上的高铁票还能改签吗", "明天早上的高铁票还能改千吗"),
    Example("繁体字 · Traditional characters", "请问图书馆几点关门", "請問圖書館幾點關門"),
    Example("同一话题 · Other intent", "养一只猫每个月要花多少钱", "猫不肯吃饭应该怎么办"),
    Example("语序不同 · Word order", "下周我和妈妈一起去爬山", "我下周跟妈妈一起爬山去"),
    Example("毫不相干 · Unrelated", "红烧茄子怎样做才不油腻", "二手房过户需要带哪些证件"),
)


def text(key: str) -> I18nData:
    """The static text `key`, translated in the visitor's browser."""
    return TRANSLATIONS(key)


def words(*keys: str) -> dict[Language, dict[str, str]]:
    """The texts `keys` in both languages, for a component that writes them itself."""
    return {language: {key: texts[key] for key in keys} for language, texts in WORDS.items()}


def say(key: str, request: gr.Request | None, **fields: int) -> str:
    """The message `key` in the language the visitor's browser asks for; English where it asks for none."""
    wanted = request.headers.get("accept-language", "") if request else ""
    language: Language = "zh" if wanted.lower().startswith("zh") else "en"
    return WORDS[language][key].format(**fields)
