"""From a sentence to ids: normalise, segment, look up in the vocabulary.

A sentence has one position for each character. A position carries two ids: that of its character and that of the jieba
word that covers it. So the network reads words, and still reads the characters where the segmentation is wrong. In a
run of Latin letters or digits each character is a position, and the run is one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from textmatch.errors import InputError
from textmatch.knowledge.quantities import Quantity, find_quantities
from textmatch.knowledge.sounds import find_sounds
from textmatch.knowledge.terms import Term, find_questions, find_terms, without_a_not_a

if TYPE_CHECKING:
    import opencc

MAX_CHARACTERS = 500
"""Longest sentence that page, files and search accept. A model may read less of it (`Prediction.truncated`)."""

LONGEST_TEXT = 10_000
"""Longest text that is normalised at all, in characters; anything longer is refused before work is spent on it."""

FREQUENT = 20_000
"""Characters of which it is remembered what they are."""

MOST_ACCENTS = 30
"""Combining marks kept in a row. Putting them in order takes the square of their number, and no language needs more:
Unicode's stream-safe format allows as many."""

LIGATURE_PHRASES = re.compile("([\ufdfa\ufdfb])")
"""Two Arabic ligatures that NFKC spells out as 18 and 8 characters; they stay. Nothing else becomes more than six."""

PAD, UNK = 0, 1
NUM_UNKNOWN = 64
"""Ids for unknown characters."""
SPECIALS = ("<pad>", "<unk>")

OTHER_TAGS = Path(__file__).parent / "knowledge" / "tags.txt"

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


CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")

LONG_TEXT = 20
"""Characters from which a text is long enough that a sentence of it can be understood without the others."""

SENTENCE = re.compile(r"[^。！？!?；;…\n]*[。！？!?；;…\n]*")
"""A sentence of a longer text, with the marks that end it."""

# 10² is not 102.
POWER = re.compile("(?<=[0-9])([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")


def normalise(text: str) -> str:
    """Reduce the surface forms of a sentence to one string.

    The steps are NFKC, lower case, simplified characters with the mainland's words for Taiwan's (OpenCC), and removal
    of punctuation and white space. Marks that carry meaning stay: those inside or after a number (``3.5``, ``10:30``,
    ``50%``), ``c++``, emoji, and one space between two Latin words or two numbers. If a sentence has nothing but marks,
    they stay.

    Args:
        text: any string of at most `LONGEST_TEXT` characters.

    Returns:
        The normalised text; empty only if `text` is blank.

    Raises:
        InputError: `text` has more than `LONGEST_TEXT` characters.
    """
    if len(text) > LONGEST_TEXT:
        raise InputError(f"the text has {len(text):,} characters; at most {LONGEST_TEXT:,} are read")
    folded = _compatible(POWER.sub(r"^\1", text)).lower()
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
    plain = _compatible("".join(kept) or "".join(folded.split()))
    plain = _simplified(plain)
    for variant, usual in VARIANTS.items():
        plain = plain.replace(variant, usual)
    return plain


def _compatible(text: str) -> str:
    """NFKC of a text in bounded time and size: no long runs of combining marks, no ligature that spells a phrase."""
    parts = LIGATURE_PHRASES.split(_without_accents_past_the_most(text))
    return "".join(part if LIGATURE_PHRASES.match(part) else unicodedata.normalize("NFKC", part) for part in parts)


def _without_accents_past_the_most(text: str) -> str:
    if text.isascii() or sum(map(_is_accent, text)) <= MOST_ACCENTS:
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if _is_accent(character) else 0
        if run <= MOST_ACCENTS:
            kept.append(character)
    return "".join(kept)


@lru_cache(FREQUENT)
def _is_accent(character: str) -> bool:
    """Whether a character combines with the one before it, as it is or as NFKC spells it (U+0F73, U+FF9E)."""
    return character >= "\u0300" and unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0


def has_chinese(text: str) -> bool:
    """Whether a text has a Chinese character, which is what the model has learnt to read."""
    return CHINESE.search(text) is not None


def lacking_chinese(sentence1: str, sentence2: str) -> list[int]:
    """Which of two sentences (1, 2) have no Chinese character; none if they are equal, as any language shows."""
    lacking = [number for number, sentence in ((1, sentence1), (2, sentence2)) if not has_chinese(sentence)]
    return [] if lacking and normalise(sentence1) == normalise(sentence2) else lacking


def differing_parts(text1: str, text2: str) -> tuple[str, str]:
    """Two long texts without the sentences that both begin with, and without those that both end with.

    Args:
        text1: any text.
        text2: any text.

    Returns:
        What is left of each; the whole texts where nothing would be left of one, or one is shorter than `LONG_TEXT`.
    """
    if min(len(text1), len(text2)) < LONG_TEXT:
        return text1, text2
    pieces = [[piece for piece in SENTENCE.findall(text) if piece] for text in (text1, text2)]
    if min(map(len, pieces)) < 2:
        return text1, text2
    plain1, plain2 = ([normalise(piece) for piece in each] for each in pieces)
    start = _shared_start(plain1, plain2)
    end = _shared_start(plain1[start:][::-1], plain2[start:][::-1])
    left1, left2 = ("".join(each[start : len(each) - end]) for each in pieces)
    return (text1, text2) if has_only_marks(left1) or has_only_marks(left2) else (left1, left2)


def _shared_start(first: Sequence[str], second: Sequence[str]) -> int:
    """How many items two sequences begin with alike."""
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )


def has_only_marks(text: str) -> bool:
    """Whether a text is empty, or has nothing but marks (`is_mark`)."""
    return all(map(is_mark, text))


@lru_cache(FREQUENT)
def is_mark(character: str) -> bool:
    """Whether a character is punctuation, white space or a control character; `normalise` removes most of these."""
    return unicodedata.category(character)[0] in "PZC" or character in "~^`|￣"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _belongs_to_a_number(mark: str, before: str, after: str) -> bool:
    """Whether `mark` is part of a number or a name: 3.5, 10:30, 1/2, 2-3, 50%, c#. `before` was kept last."""
    if mark == "^":
        return before.isdigit() and after.isdigit()
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
    import rjieba

    return rjieba.cut(plain, hmm=False)


@lru_cache(20_000)
def word_tag(word: str) -> str | None:
    """The part of speech of a word as an ICTCLAS tag (n, ns, v …); None if jieba's dictionary has not the word."""
    import rjieba

    if not rjieba.has_word(word):
        return None
    return _other_tags().get(word) or rjieba.tag(word, hmm=False)[-1][1]


@cache
def _other_tags() -> dict[str, str]:
    """The tags of words that rjieba only tags after cutting them in two, where the tag of the last part is another."""
    lines = OTHER_TAGS.read_text(encoding="utf-8").splitlines()
    return {word: tag for tag, *words in map(str.split, lines) if tag != "#" for word in words}


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
        plain: the normalised text, as it is read: with 是否喜欢 for 喜不喜欢.
        characters: the character id at each position; at least one position.
        words: the id of the covering word at each position.
        covering: the covering word itself at each position.
        sounds: the number of the sound at each position (`knowledge.sounds`).
        quantities: the numbers, amounts, times and dates in the text.
        terms: the words and phrases in the text that the lexicon has, and the marks of a yes-or-no question.
        truncated: the normalised text that was cut off the end; empty if none was.
        unknown: the characters (words, if ``unit`` is ``word``) that are not in the vocabulary, in order, each once.
    """

    plain: str
    characters: tuple[int, ...]
    words: tuple[int, ...]
    covering: tuple[str, ...]
    sounds: tuple[int, ...]
    quantities: tuple[Quantity, ...]
    terms: tuple[Term, ...]
    truncated: str
    unknown: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.characters)


class Vocabulary:
    """The characters and words of the training sentences with their ids; 0 is padding, 1 is unknown.

    Unknown characters have ids of their own, so that two different ones are not taken for the same: the code point
    decides which of `unknown_ids`.

    Args:
        characters: the characters in id order, `SPECIALS` first.
        words: the words in id order, `SPECIALS` first.
        num_unknown: ids for unknown characters; with 0 all of them have id 1.

    Attributes:
        characters: each known character's id.
        words: each known word's id.
        unknown_ids: the ids of unknown characters.
    """

    def __init__(self, characters: Sequence[str], words: Sequence[str], num_unknown: int = NUM_UNKNOWN) -> None:
        for name, tokens in (("characters", characters), ("words", words)):
            strings = all(isinstance(token, str) for token in tokens)
            if not strings or tuple(tokens[:2]) != SPECIALS or len(set(tokens)) != len(tokens):
                raise ValueError(f"{name}: expected distinct strings that begin with {SPECIALS}")
        self.characters = {token: i for i, token in enumerate(characters)}
        self.words = {token: i for i, token in enumerate(words)}
        known = len(self.characters)
        self.unknown_ids = range(known, known + num_unknown) if num_unknown else range(UNK, UNK + 1)

    def unknown(self, unit: Unit) -> range:
        """The ids of unknown positions, if a position is a character or a word."""
        return self.unknown_ids if unit == "character" else range(UNK, UNK + 1)

    @property
    def num_characters(self) -> int:
        """The number of character ids, those of unknown characters included."""
        return max(len(self.characters), self.unknown_ids.stop)

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

    def renewed(self, other: Vocabulary, max_words: int) -> Vocabulary:
        """The vocabulary for data with another one: the characters of both, and the most frequent words of each.

        Args:
            other: its most frequent words come first, as they do here.
            max_words: words that the result has at most.
        """
        characters = dict.fromkeys((*self.characters, *other.characters))
        by_rank = chain.from_iterable(zip_longest(self.words, other.words, fillvalue=SPECIALS[0]))
        return Vocabulary(list(characters), list(dict.fromkeys(by_rank))[:max_words])

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
        return self._encode(without_a_not_a(plain), max_length, unit)

    def _encode(self, plain: str, max_length: int, unit: Unit) -> Encoded:
        segmented = segment(plain)
        table = self.words if unit == "word" else self.characters
        tokens: Sequence[str] = segmented if unit == "word" else plain
        unknown = tuple(dict.fromkeys(token for token in tokens[:max_length] if token not in table))
        covering = [word for word in segmented for _ in (word if unit == "character" else (word,))][:max_length]
        ids = [self._character_id(token) for token in tokens[:max_length]] if unit == "character" else None
        words = tuple(self.words.get(word, UNK) for word in covering)
        return Encoded(
            plain=plain,
            characters=words if ids is None else tuple(ids),
            words=words,
            covering=tuple(covering),
            sounds=tuple(find_sounds(plain)[:max_length]) if unit == "character" else (0,) * len(words),
            quantities=tuple(find_quantities(plain, segmented)),
            terms=(*find_terms(plain, segmented), *find_questions(plain)),
            truncated="".join(tokens[max_length:]),
            unknown=unknown,
        )

    def _character_id(self, character: str) -> int:
        known = self.characters.get(character)
        return self.unknown_ids[ord(character) % len(self.unknown_ids)] if known is None else known

    def to_dict(self) -> dict[str, Any]:
        """The vocabulary as JSON values, for `from_dict`."""
        num_unknown = len(self.unknown_ids) if self.unknown_ids.start != UNK else 0
        return {"characters": list(self.characters), "words": list(self.words), "num_unknown": num_unknown}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Vocabulary:
        """The vocabulary that `to_dict` was called on."""
        return cls(values["characters"], values["words"], values.get("num_unknown", 0))


def _frequent(counts: Counter[str], at_least: int) -> tuple[str, ...]:
    """Tokens seen at least so often, most frequent first; ties in code point order, whatever the sentences' order."""
    return tuple(sorted((t for t, n in counts.items() if n >= at_least), key=lambda t: (-counts[t], t)))
