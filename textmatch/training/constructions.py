"""Pairs made by saying a sentence in another construction: what can be asked, negated or turned round in several ways.

`constructions.txt` holds the constructions. A line names how a sentence is built, other ways to say the same, and
sentences that look alike and mean something else.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from textmatch.knowledge.wordlists import read_lines, read_words
from textmatch.text import word_tag

ASKED = (
    "能|会|是|要|想|敢|肯|该|爱|去|来|买|吃|用|"
    "可以|应该|喜欢|知道|记得|愿意|需要|认识|相信|同意|希望|允许|支持|适合|值得"
)
"""Verbs that are asked as 能不能, 喜不喜欢."""

# What is searched is a text in which each word stands as " word/tag".
_WORD = " [^ /]+/[^ ]*"
_CLASSES = {
    **dict.fromkeys("AB", f"(?:{_WORD})+?"),
    **dict.fromkeys("XY", f"(?:{_WORD})*?"),
    "U": f" [^ /]+/m[^ ]*(?:{_WORD})*?",
    **dict.fromkeys("NM", " [^ /]+/(?:n|r|j)[^ ]*"),
    **dict.fromkeys("VW", " [^ /]+/v[^ ]*"),
    "J": " [^ /]+/a[^ ]*",
    "Q": f" (?:{ASKED})/[^ ]*",
}
_TAG = re.compile("/[^ ]*| ")
_LAST = tuple("不没别很该")  # a variable that ends so was cut in the wrong place


class Construction(NamedTuple):
    """How a sentence is built, and what can be made of it.

    Attributes:
        literals: words that a sentence must hold; quick to look for.
        pattern: of the whole sentence, with a group for each variable.
        asks: whether a sentence that is built so is a question.
        same: other ways to say the same.
        other: what means something else.
    """

    literals: tuple[str, ...]
    pattern: re.Pattern[str]
    asks: bool
    same: tuple[str, ...]
    other: tuple[str, ...]

    def match(self, words: Sequence[str]) -> dict[str, str] | None:
        """The text of each variable; None if a sentence of these words is not built so."""
        found = self.pattern.fullmatch("".join(map(_tagged, words)))
        if not found:
            return None
        values = {name: _TAG.sub("", text) for name, text in found.groupdict().items()}
        if "asked" in values:
            values["Q"] = values.pop("asked").partition("不")[2]
        filled = [text for text in values.values() if text]
        if len(set(filled)) < len(filled) or any(text.endswith(_LAST) for text in filled):
            return None
        asks = any(word in text for text in filled for word in _question_words())
        return None if asks and not self.asks else values


def read_constructions() -> list[Construction]:
    """All constructions of the word list."""
    return [_parse(line) for line in read_lines("constructions")]


def contrasts(
    construction: Construction, plain: str, values: dict[str, str], rng: random.Random
) -> Iterator[tuple[str, str, bool]]:
    """Pairs of a sentence: (sentence 1, sentence 2, whether they mean the same), two of each kind at most."""
    same = [plain, *(_fill(form, values) for form in construction.same)]
    for form in rng.sample(same[1:], min(2, len(same) - 1)):
        partner = rng.choice([each for each in same if each != form])
        yield partner, form, True
    for form in rng.sample(construction.other, min(2, len(construction.other))):
        yield rng.choice(same), _fill(form, values), False


def _parse(line: str) -> Construction:
    head, *forms = re.split(r"\s*([=#])\s*", line)
    by_sign = {sign: tuple(form for s, form in zip(forms[::2], forms[1::2], strict=True) if s == sign) for sign in "=#"}
    parts = head.split()
    literals = tuple(part for part in parts if part not in _CLASSES and part != "~Q")
    asks = any(word in head for word in ("~Q", "好不好", "请问", *_question_words()))
    return Construction(literals, re.compile("".join(map(_pattern, parts))), asks, by_sign["="], by_sign["#"])


def _pattern(part: str) -> str:
    if part == "~Q":
        return f"(?P<asked>{'|'.join(_literal(f'{verb[0]}不{verb}') for verb in ASKED.split('|'))})"
    return f"(?P<{part}>{_CLASSES[part]})" if part in _CLASSES else _literal(part)


def _literal(text: str) -> str:
    """A pattern of a text, in one word or cut into several."""
    return " " + "(?:/[^ ]* )?".join(text) + "/[^ ]*"


@cache  # a sentence is compared with many constructions
def _tagged(word: str) -> str:
    return f" {word}/{word_tag(word) or 'x'}"


@cache
def _question_words() -> list[str]:
    return [word for word in read_words("questions") if word not in ("么", "吧")]  # also in 那么 and in requests


def _fill(form: str, values: dict[str, str]) -> str:
    """A form with the text of its variables."""
    verb = values.get("Q")
    known = values | ({"~Q": f"{verb[0]}不{verb}"} if verb else {})
    return "".join(known.get(part, part) for part in re.findall(r"~?[A-Z]|[^A-Z~\s]+", form))
