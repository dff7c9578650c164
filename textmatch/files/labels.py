"""Names of classes: their order, and which class a label in a file stands for.

With two classes the last one means that the sentences match: similarity, F1 and search read it so. Which of two names
that is must not depend on the alphabet.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from textmatch.config import ModelConfig
from textmatch.errors import DataError
from textmatch.text import normalise

POSITIVE = (
    *("是", "对", "真", "同", "正确", "相同", "相似", "匹配", "同义", "近义", "同一", "一致", "重复", "等价", "蕴含"),
    *("意思相同", "意思一样", "正例", "正样本", "yes", "y", "true", "t", "match", "matched", "matching", "same"),
    *("equal", "similar", "equivalent", "duplicate", "duplicated", "paraphrase", "synonymous", "entailment"),
    *("positive", "pos"),
)
NEGATIVE = (
    *("否", "不", "错", "假", "异", "错误", "不对", "不同", "不一样", "相异", "相反", "无关", "意思不同", "负例"),
    *("负样本", "no", "n", "false", "f", "different", "distinct", "unrelated", "mismatch", "contradiction"),
    *("negative", "neg"),
)
NEGATIONS = ("不", "非", "无", "没", "未", "没有", "not", "no", "non", "un", "in", "dis")
"""What turns a name into its opposite, in front of it."""

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
MAX_LABEL = 100
"""Characters of a cell that is still looked up as a name."""


def class_order(names: Collection[str], positive: str = "") -> tuple[str, ...]:
    """The names of the classes in class order.

    Two names: the one that means a match is the last. It is `positive`, or else the greater of two whole numbers, or
    the one that `POSITIVE` and `NEGATIVE` tell, or the one of which the other is the negation. More names: in numeric
    or else alphabetical order, with `positive` as the last one.

    Args:
        names: the different names.
        positive: the name that means a match; empty to tell it by the names.

    Raises:
        DataError: there are fewer than two names, `positive` is none of them, or it cannot be told which of two it is.
    """
    ordered = sorted(names)
    if len(ordered) < 2:
        raise DataError(f"the distinct labels are {ordered}; expected at least two")
    if positive:
        same = [name for name in ordered if _plain(name) == _plain(positive)]
        if not same:
            raise DataError(f"--positive {positive}: there is no such label; the labels are: {', '.join(ordered)}")
        return (*(name for name in ordered if name != same[0]), same[0])
    if all(WHOLE_NUMBER.fullmatch(name) for name in ordered):
        return tuple(sorted(ordered, key=int))
    return _two_in_order(*ordered) if len(ordered) == 2 else tuple(ordered)


def label_class(value: Any, labels: Sequence[str]) -> int | None:
    """The class that a label in a file stands for: its name or number; for two classes also yes or no, 是 or 否.

    Args:
        value: the cell.
        labels: the class names in class order.

    Returns:
        The class, from 0; None if it is unknown.
    """
    text = label_text(value)
    if len(text) > MAX_LABEL:
        return None
    names = [_plain(label) for label in labels]
    if _plain(text) in names:
        return names.index(_plain(text))
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(labels):
        return int(text)
    polarity = _polarity(text) if len(labels) == 2 else None
    return None if polarity is None else int(polarity)


def label_text(value: Any) -> str:
    """A label as text: "1" for 1, 1.0 and "1.0"."""
    text = str(value).strip()
    whole, _, rest = text.partition(".")
    return whole if rest and not rest.strip("0") and WHOLE_NUMBER.fullmatch(whole) else text


def shown_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Class names for people: the data's own, but Not Matched and Matched for 0 and 1."""
    return ModelConfig().labels if names == ("0", "1") else names


def is_label(value: Any) -> bool:
    """Whether a cell is a known name of a class for a match or for none: 0, 1, 是, 不同, no or another."""
    text = label_text(value)
    return text in ("0", "1") or (len(text) <= MAX_LABEL and _polarity(text) is not None)


def merge_spellings(labels: Iterable[str]) -> dict[str, str]:
    """Each label → the spelling of its name that comes first: Yes, yes and YES are one name."""
    first: dict[str, str] = {}
    return {label: first.setdefault(_plain(label), label) for label in labels}


def _two_in_order(one: str, other: str) -> tuple[str, str]:
    first, second = _polarity(one), _polarity(other)
    if first == second:  # both unknown, or both known and alike
        first, second = _is_negation_of(other, one) or None, _is_negation_of(one, other) or None
    if first == second:
        raise DataError(
            f"the labels are {one} and {other}, and it is unknown which of them means that two sentences match; "
            f"expected --positive {one} or --positive {other}"
        )
    is_match = first if first is not None else not second
    return (other, one) if is_match else (one, other)


@cache
def _known() -> dict[str, bool]:
    known = {_plain(name): True for name in POSITIVE} | {"1": True}
    opposites = {negation + name: False for name in known for negation in NEGATIONS if name != "1"}
    return opposites | known | {_plain(name): False for name in NEGATIVE} | {"0": False}


def _polarity(name: str) -> bool | None:
    """Whether a name means a match; None if it is unknown."""
    return _known().get(_plain(name))


def _is_negation_of(name: str, other: str) -> bool:
    return _plain(name) in {negation + _plain(other) for negation in NEGATIONS}


@lru_cache(1024)  # every row of a file asks for the same few names
def _plain(name: str) -> str:
    """A name without what makes no difference: width, case, spaces, marks; numbers stand as they are."""
    text = name.strip()
    if WHOLE_NUMBER.fullmatch(text) or len(text) > MAX_LABEL:
        return text
    return re.sub(r"[\W_]+", "", normalise(text)) or text
