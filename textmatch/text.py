"""From a sentence to ids: normalise, segment, look up in the vocabulary.

A sentence has one position for each character. A position carries two ids: that of its character and that of the jieba
word that covers it. So the network reads words, and still reads the characters where the segmentation is wrong. In a
run of Latin letters or digits each character is a position, and the run is one word.
"""

from __future__ import annotations

import logging
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from textmatch.errors import InputError

if TYPE_CHECKING:
    import jieba
    import opencc

MAX_CHARACTERS = 500
"""Longest sentence that page, files and search accept. A model may read less of it (`Prediction.truncated`)."""

PAD, UNK = 0, 1
SPECIALS = ("<pad>", "<unk>")

Unit = Literal["character", "word"]

# Two spellings of one word which remain after OpenCC, or which OpenCC makes.
VARIANTS = {
    "妳": "你",
    "幺": "么",
    "甚么": "什么",
    "帐号": "账号",
    "帐户": "账户",
    "帐单": "账单",
    "转帐": "转账",
    "结帐": "结账",
}


def normalise(text: str) -> str:
    """Reduce the surface forms of a sentence to one string.

    The steps are NFKC, lower case, simplified characters with the mainland's words for Taiwan's (OpenCC), and removal
    of punctuation and white space. Marks that carry meaning stay: those inside or after a number (``3.5``, ``10:30``,
    ``50%``), ``c++``, emoji, and one space between two Latin words or two numbers. If a sentence has nothing but marks,
    they stay.

    Args:
        text: any string.

    Returns:
        The normalised text; empty only if `text` is blank.
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    kept: list[str] = []
    gap = False
    for i, character in enumerate(folded):
        if is_mark(character) and not _belongs_to_a_number(character, kept[-1] if kept else "", folded[i + 1 : i + 2]):
            gap = gap or not _groups_thousands(folded, i)
            continue
        if gap and unicodedata.combining(character):  # an accent on a character that was removed
            continue
        if gap and kept and _is_latin(kept[-1]) and _is_latin(character) and kept[-1].isdigit() == character.isdigit():
            kept.append(" ")
        gap = False
        kept.append(character)
    plain = unicodedata.normalize("NFKC", "".join(kept) or "".join(folded.split()))
    plain = _simplified(plain)
    for variant, usual in VARIANTS.items():
        plain = plain.replace(variant, usual)
    return plain


def is_mark(character: str) -> bool:
    """Whether a character is punctuation, white space or a control character; `normalise` removes most of these."""
    return unicodedata.category(character)[0] in "PZC" or character in "~^`|￣"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _belongs_to_a_number(mark: str, before: str, after: str) -> bool:
    """Whether `mark` is part of a number or a name: 3.5, 10:30, 1/2, 2-3, 50%, c#. `before` was kept last."""
    if mark in "%‰":
        return before.isdigit()
    if mark in "-.":
        return after.isdigit() and (before.isdigit() or (mark == "-" and not _is_latin(before)))
    if mark in ":/*":
        return before.isdigit() and after.isdigit()
    return mark == "#" and before.isascii() and before.isalpha()


def _groups_thousands(text: str, i: int) -> bool:
    return text[i] == "," and re.match(r"\d,\d{3}(?!\d)", text[i - 1 : i + 5] if i else "") is not None


def segment(plain: str) -> list[str]:
    """Segment a normalised sentence into jieba words; joined they give the sentence again.

    Args:
        plain: what `normalise` returned.
    """
    return list(_segmenter().cut(plain, HMM=False))


@cache
def word_tags() -> dict[str, str]:
    """The words of jieba's dictionary with their parts of speech, as ICTCLAS tags (n, ns, v …)."""
    import jieba

    with jieba.get_module_res("dict.txt") as dictionary:
        entries = (line.decode("utf-8").split() for line in dictionary)
        return {entry[0]: entry[2] for entry in entries}


@cache
def _segmenter() -> jieba.Tokenizer:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    segmenter = jieba.Tokenizer()
    # jieba reads its cache with `marshal`, unchecked, so it must not lie in a folder that others can write to.
    with tempfile.TemporaryDirectory() as private:
        segmenter.tmp_dir = private
        segmenter.initialize()
    return segmenter


def _simplified(text: str) -> str:
    simple = str(_converter("t2s").convert(text))
    # Taiwan's words are converted in traditional text only: in simplified text this would change 么.
    return simple if simple == text else str(_converter("t2s").convert(_converter("tw2sp").convert(text)))


@cache
def _converter(kind: str) -> opencc.OpenCC:
    import opencc

    return opencc.OpenCC(kind)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One sentence as the network reads it.

    Attributes:
        characters: the character id at each position; at least one position.
        words: the id of the covering word at each position.
        truncated: the normalised text that was cut off the end; empty if none was.
        unknown: the characters (words, if ``unit`` is ``word``) that are not in the vocabulary, in order, each once.
    """

    characters: tuple[int, ...]
    words: tuple[int, ...]
    truncated: str
    unknown: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.characters)


class Vocabulary:
    """The characters and words of the training sentences with their ids; 0 is padding, 1 is unknown.

    Args:
        characters: the characters in id order, `SPECIALS` first.
        words: the words in id order, `SPECIALS` first.
    """

    def __init__(self, characters: Sequence[str], words: Sequence[str]) -> None:
        for name, tokens in (("characters", characters), ("words", words)):
            strings = all(isinstance(token, str) for token in tokens)
            if not strings or tuple(tokens[:2]) != SPECIALS or len(set(tokens)) != len(tokens):
                raise ValueError(f"{name}: expected distinct strings that begin with {SPECIALS}")
        self.characters = {token: i for i, token in enumerate(characters)}
        self.words = {token: i for i, token in enumerate(words)}

    @classmethod
    def build(cls, sentences: Iterable[str], min_characters: int = 1, min_words: int = 2) -> Vocabulary:
        """Collect the vocabulary of sentences.

        Args:
            sentences: the training sentences; a repeated one counts each time.
            min_characters: keep characters seen at least this often.
            min_words: keep words seen at least this often.
        """
        characters: Counter[str] = Counter()
        tokens: Counter[str] = Counter()
        for sentence, times in Counter(map(normalise, sentences)).items():
            for character in sentence:
                characters[character] += times
            for word in segment(sentence):
                tokens[word] += times
        return cls(SPECIALS + _frequent(characters, min_characters), SPECIALS + _frequent(tokens, min_words))

    def encode(self, sentence: str, max_length: int, unit: Unit = "character") -> Encoded:
        """Turn a sentence into ids.

        Args:
            sentence: any text that is not blank.
            max_length: number of positions kept at most; the rest is reported in `Encoded.truncated`.
            unit: what a position is: a ``character`` with its covering word, or a ``word`` (as in the recipe; then
                both rows of ids are those of the words).

        Raises:
            InputError: `sentence` is blank or not a string.
        """
        if not isinstance(sentence, str):
            raise InputError(f"expected a sentence (str), got {type(sentence).__name__}")
        if any("\ud800" <= character <= "\udfff" for character in sentence):
            raise InputError("the sentence holds half of a surrogate pair, which is not a character")
        plain = normalise(sentence)
        if not plain:
            raise InputError("the sentence is blank: expected at least one character")
        return self._encode(plain, max_length, unit)

    def _encode(self, plain: str, max_length: int, unit: Unit) -> Encoded:
        segmented = segment(plain)
        table = self.words if unit == "word" else self.characters
        tokens: Sequence[str] = segmented if unit == "word" else plain
        unknown = tuple(dict.fromkeys(token for token in tokens[:max_length] if token not in table))
        covering = [self.words.get(word, UNK) for word in segmented for _ in (word if unit == "character" else (word,))]
        return Encoded(
            characters=tuple(table.get(token, UNK) for token in tokens[:max_length]),
            words=tuple(covering[:max_length]),
            truncated="".join(tokens[max_length:]),
            unknown=unknown,
        )

    def to_dict(self) -> dict[str, Any]:
        """The vocabulary as JSON values, for `from_dict`."""
        return {"characters": list(self.characters), "words": list(self.words)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Vocabulary:
        """The vocabulary that `to_dict` was called on."""
        return cls(values["characters"], values["words"])


def _frequent(counts: Counter[str], at_least: int) -> tuple[str, ...]:
    """Tokens seen at least so often, most frequent first; ties in code point order, whatever the sentences' order."""
    return tuple(sorted((t for t, n in counts.items() if n >= at_least), key=lambda t: (-counts[t], t)))
