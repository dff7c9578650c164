"""Arabic and Chinese numbers: text to value and back."""

from __future__ import annotations

import re

DIGITS = "零一二三四五六七八九"
VALUES = {digit: value for value, digit in enumerate(DIGITS)} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
PLACES = {"十": 10, "百": 100, "千": 1000}
GROUPS = {"亿": 100_000_000, "万": 10_000}
ABBREVIATIONS = {"k": 1000, "w": 10_000}
SUFFIXES = PLACES | GROUPS | ABBREVIATIONS
"""What each character after a number multiplies it by."""
NUMERAL = "".join((*VALUES, *PLACES, *GROUPS))
"""Every character of a Chinese number."""
LONGEST_NUMBER = 40
"""Digits before or after the point of what is read as a number. No text needs more; time grows with their square."""


def parse_number(text: str) -> float | None:
    """The value of an Arabic or a Chinese number (3.5, 3万, 1k5, 一千二, 三点五, 半); None for other or long text."""
    if len(text) > 2 * LONGEST_NUMBER + len("-.万"):
        return None
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if re.fullmatch(r"-?\d+(\.\d+)?[百千万亿kw]", text):
        return float(text[:-1]) * SUFFIXES[text[-1]]
    if re.fullmatch(r"(?:\d{1,4}[百千万亿kw])+\d?", text):
        return _parse_mixed(text)
    if text == "半":
        return 0.5
    whole, _, decimals = text.partition("点")
    if any(digit not in VALUES for digit in decimals):
        return None
    value = _parse_chinese(whole)
    return None if value is None else float(f"{value}.{''.join(str(VALUES[digit]) for digit in decimals) or 0}")


def _parse_mixed(text: str) -> float | None:
    """Digits with several places (1万2千, 3千5): a last digit without one counts the next lower place."""
    total, last = 0.0, float("inf")
    for digits, suffix in re.findall(r"(\d+)(\D)", text):
        place = SUFFIXES[suffix]
        if place >= last:
            return None
        total, last = total + int(digits) * place, place
    return total + (int(text[-1]) * last / 10 if text[-1].isdigit() else 0)


def _parse_chinese(text: str) -> int | None:
    """A whole Chinese number: with place values (二百零三, 一千二) or digit by digit (二零二四)."""
    if not text or any(character not in NUMERAL for character in text):
        return None
    if all(character in VALUES for character in text):
        return int("".join(str(VALUES[character]) for character in text))
    for group, value in GROUPS.items():
        high, found, low = text.partition(group)
        if found:
            left, right = _parse_chinese(high), _parse_rest(low, value // 10)
            return None if left is None or right is None else left * value + right
    return _parse_thousands(text)


def _parse_rest(text: str, place: int) -> int | None:
    """What stands after a place value. A single digit counts the next lower place: 一万二 is 12,000."""
    if text in VALUES:
        return VALUES[text] * place
    return _parse_chinese(text.lstrip("零〇")) if text else 0


def _parse_thousands(text: str) -> int | None:
    """A number below 10,000 with place values. A last digit without one counts the next lower place: 一百二 is 120."""
    total, digit, last, zero = 0, 0, 10_000, False
    for character in text:
        if character in PLACES:
            place = PLACES[character]
            if place >= last or (not digit and place > 10):
                return None
            total, digit, last, zero = total + (digit or 1) * place, 0, place, False
        elif digit:
            return None
        else:
            digit = VALUES[character]
            zero = zero or digit == 0
    return total + digit * (1 if zero else last // 10)


def chinese_number(value: int) -> str:
    """A whole number from 0 to 99,999,999 in Chinese: 203 is 二百零三."""
    if value >= GROUPS["万"]:
        high, low = divmod(value, GROUPS["万"])
        gap = "零" if 0 < low < 1000 else ""
        return f"{chinese_number(high)}万{gap}{chinese_number(low) if low else ''}"
    text, zero = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, place)
        if digit:
            text += ("零" if zero and text else "") + DIGITS[digit] + name
        zero = not digit
    return text.removeprefix("一") if text.startswith("一十") else text or "零"
