"""Write the traditional Chinese texts, as Taiwan words them, from the simplified ones.

OpenCC converts characters and many words. `CHOICES` mends what it gets wrong here: a table's rows and columns are named
the other way round in Taiwan, and some words have several translations. Run it after every change of ``zh.json``:

python -m textmatch.demo.traditional
"""

import json
import re

import opencc

from textmatch.demo.i18n import LOCALES_FOLDER

CHOICES = (
    # Columns are 欄. What stays is 列 in 列出, 列表 and the like.
    ("列表", "清單"),
    (r"(?<![令排並])列(?![出在])", "欄"),
    ("欄名", "欄位名稱"),
    # Rows are 列; a line of text stays 行.
    (r"(\{(?!line)\w+\}|萬|百|些|幾|第一|沒有|每) 行", r"\1 列"),
    (r"(萬|百|些|幾|第一)行", r"\1列"),
    ("行數", "列數"),
    (r"^行$", "列"),
    (r"組\|行", "組|列"),
    ("裡面沒有行；每行", "裡面沒有資料；每列"),
    ("單元格", "儲存格"),
    # Words with several translations.
    ("介面有", "API 有"),
    ("或介面", "或 API"),
    ("換了物件", "換了對象"),
    ("^專案$", "項目"),
    ("引數", "參數"),
    ("侷限", "限制"),
    ("通過這個", "透過這個"),
    ("本地執行", "在本機執行"),
    ("智慧助手", " AI 助理"),
    ("按回車", "按 Enter "),
    ("貼上到", "貼到"),
    ("製表符", " Tab "),
    ("工作簿", "活頁簿"),
    ("解壓後", "解壓縮後"),
    ("類名", "類別名稱"),
    ("到賬", "入帳"),
    ("普通話", "國語"),
    ("示例", "範例"),
    ("滑塊", "滑桿"),
    ("閾值", "門檻值"),
    ("選中後", "選取後"),
    ("貼上進來", "貼進來"),
    ("用時", "耗時"),
    ("沒法", "無法"),
    ("拿不準", "不確定"),
    ("查詢重複", "找出重複"),
    ("查詢", "搜尋"),
    # Quotation marks.
    ("“", "「"),
    ("”", "」"),
)
"""(pattern, text in its place), in this order, after OpenCC."""


def traditional(texts: dict[str, str]) -> dict[str, str]:
    """Texts of ``zh.json`` as Taiwan words them."""
    converter = opencc.OpenCC("s2twp")
    return {key: _chosen(converter.convert(text)) for key, text in texts.items()}


def _chosen(text: str) -> str:
    for pattern, wording in CHOICES:
        text = re.sub(pattern, wording, text)
    return text


def main() -> None:
    """Write ``zh-TW.json``."""
    texts = json.loads((LOCALES_FOLDER / "zh.json").read_text(encoding="utf-8"))
    lines = json.dumps(traditional(texts), ensure_ascii=False, indent=2)
    (LOCALES_FOLDER / "zh-TW.json").write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
