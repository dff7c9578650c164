"""Labelled pairs made by changing one thing in a sentence: a term, an amount, the spelling, the construction.

A term is exchanged for another name of the same thing, or for something of its kind; an amount for the same amount in
other words, or for another one. `knowledge.quantities` checks what was made. The result is a corpus folder for
`train.py --also`.

    python -m textmatch.training.generate OUTPUT FILE ...
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from textmatch.errors import TextMatchError
from textmatch.files import read_sentences
from textmatch.knowledge.numbers import DIGITS, chinese_number
from textmatch.knowledge.quantities import UNITS, Quantity, find_quantities
from textmatch.knowledge.terms import Group, Term, find_terms, read_lexicon
from textmatch.knowledge.wordlists import read_words
from textmatch.text import normalise, segment, word_tag
from textmatch.training.augment import Perturbations
from textmatch.training.constructions import contrasts, read_constructions

SAME, NEAR, SAME_TOPIC, UNRELATED = 1.0, 0.5, 0.35, 0.0
"""How close two meanings are taken to be."""

COMMON = 20
"""Occurrences from which a word takes the place of another one."""

LENGTHS = range(4, 36)
"""Characters of the sentences that are changed."""

TRIES = 50
"""Sentences that are tried for each one that is wanted in another construction."""

LONGEST_REBUILT = 18
"""Characters of a sentence up to which its construction is changed: longer ones often hold several clauses."""

# Code points of scripts that no corpus has: Hangul, Kana, Thai, Cyrillic, emoji, rare Chinese characters.
STRANGE = (
    (0xAC00, 0xD7A3),
    (0x3041, 0x30FE),
    (0x0E01, 0x0E3A),
    (0x0410, 0x044F),
    (0x1F300, 0x1F64F),
    (0x20000, 0x2A000),
    (0x3400, 0x4DBF),
)
CODES = ("0123456789", "0123456789", "abcdefghjkmnpqrstuvwxyz0123456789")
BEFORE_CODES = ("", "", "", "订单号", "我的手机号是", "型号", "密码是", "车牌", "快递单号", "验证码")


class Made(NamedTuple):
    """A pair, its label, how close its meanings are, and how it was made."""

    sentence1: str
    sentence2: str
    label: int
    score: float
    kind: str


class Sentence(NamedTuple):
    """A sentence with what can be exchanged in it."""

    plain: str
    words: list[str]
    terms: list[Term]
    quantities: list[Quantity]


def analyse(sentences: Sequence[str]) -> list[Sentence]:
    """Each different sentence of a useful length, analysed."""
    plains = sorted({plain for sentence in sentences if len(plain := normalise(sentence)) in LENGTHS})
    cut = [(plain, segment(plain)) for plain in plains]
    return [Sentence(plain, words, find_terms(plain, words), find_quantities(plain, words)) for plain, words in cut]


class Generator:
    """Makes pairs from sentences.

    Args:
        sentences: the sentences that are changed.
        rng: the random generator.
    """

    def __init__(self, sentences: Sequence[Sentence], rng: random.Random) -> None:
        self.sentences, self._rng = sentences, rng
        self._groups = list(read_lexicon())
        self._greetings, self._endings = read_words("greetings"), read_words("endings")
        self._perturbations = Perturbations(
            (sentence.plain for sentence in sentences[:: max(1, len(sentences) // 20_000)]), rng
        )
        self._by_section: dict[str, list[Group]] = defaultdict(list)
        self._by_term: dict[str, list[Group]] = defaultdict(list)
        for group in self._groups:
            self._by_section[group.section].append(group)
            for text in group.terms:
                self._by_term[text].append(group)
        self._with_term: dict[str, list[tuple[int, Term]]] = defaultdict(list)
        for number, sentence in enumerate(sentences):
            for term in sentence.terms:
                if len(self._with_term[term.text]) < 400:
                    self._with_term[term.text].append((number, term))
        counts = Counter(word for sentence in sentences for word in sentence.words)
        self._by_tag: dict[str, list[str]] = defaultdict(list)
        for word, times in counts.items():
            tag = word_tag(word) if times >= COMMON and len(word) > 1 else None
            if tag:
                self._by_tag[tag].append(word)

    # Terms

    def terms(self, per_group: int) -> Iterator[Made]:
        """Pairs in which a term is exchanged: up to `per_group` that match and as many that do not, of each group."""
        for group in self._groups:
            yield from self._bare(group)
            places = [(number, term) for text in group.terms for number, term in self._with_term.get(text, ())]
            for number, term in self._rng.sample(places, min(per_group, len(places))):
                yield from self._exchanged(group, self.sentences[number].plain, term)

    def _bare(self, group: Group) -> Iterator[Made]:
        one, other = self._rng.sample(group.terms, 2)
        yield Made(one, other, int(group.same), SAME if group.same else NEAR, f"bare {group.section}")
        if group.same and (different := self._unlike(group, one)):
            yield Made(self._rng.choice(group.terms), different, 0, SAME_TOPIC, f"bare {group.section}")

    def _exchanged(self, group: Group, plain: str, term: Term) -> Iterator[Made]:
        before, after = plain[: term.start], plain[term.end :]
        other = self._rng.choice([text for text in group.terms if text != term.text])
        if other in plain:
            return
        yield Made(plain, before + other + after, int(group.same), SAME if group.same else NEAR, group.section)
        if group.same:
            different = self._unlike(group, term.text)
            if different and different not in plain:
                one = self._rng.choice((term.text, other))
                yield Made(before + one + after, before + different + after, 0, NEAR, group.section)
        elif wrapped := self.polite(plain):
            yield wrapped

    def _unlike(self, group: Group, term: str) -> str | None:
        """A term of another group of the same section that is not related to `term` and is the same part of speech."""
        tag = word_tag(term)
        for _ in range(6):
            other = self._rng.choice(self._by_section[group.section])
            text = self._rng.choice(other.terms)
            alike = any(text in each.terms for each in self._by_term[term]) or any(
                not set(each.terms).isdisjoint(group.terms) for each in self._by_term[text]
            )
            if not alike and word_tag(text) == tag and text not in term and term not in text:
                return text
        return None

    # Amounts

    def amounts(self, count: int) -> Iterator[Made]:
        """Up to `count` pairs in which an amount is written in another way, or is another one."""
        chosen = [sentence for sentence in self.sentences if sentence.quantities]
        for _ in range(count):
            sentence = self._rng.choice(chosen)
            number = self._rng.randrange(len(sentence.quantities))
            quantity = sentence.quantities[number]
            text = sentence.plain[quantity.start : quantity.end]
            forms = rewrite(quantity, text) if self._rng.random() < 0.55 else change(quantity, text, self._rng)
            form = self._rng.choice(forms) if forms else text
            plain = sentence.plain[: quantity.start] + form + sentence.plain[quantity.end :]
            found = find_quantities(plain, segment(plain))
            if plain == sentence.plain or len(found) != len(sentence.quantities):
                continue
            others_equal = all(
                a.equals(b) for i, (a, b) in enumerate(zip(found, sentence.quantities, strict=True)) if i != number
            )
            if not others_equal or found[number].dimension != quantity.dimension:
                continue
            same = found[number].equals(quantity)
            yield Made(sentence.plain, plain, int(same), SAME if same else NEAR, f"amount: {quantity.dimension}")

    # Constructions

    def constructions(self, per_construction: int) -> Iterator[Made]:
        """Pairs of a sentence in other constructions, of up to so many sentences for each construction."""
        numbers = [i for i, sentence in enumerate(self.sentences) if len(sentence.plain) <= LONGEST_REBUILT]
        self._rng.shuffle(numbers)
        for construction in read_constructions():
            found = tried = 0
            for sentence in (self.sentences[i] for i in numbers):
                if found == per_construction or tried == TRIES * per_construction:
                    break
                if not all(text in sentence.plain for text in construction.literals):
                    continue
                tried += 1
                if (parts := construction.match(sentence.words)) is None:
                    continue
                found += 1
                for one, other, same in contrasts(construction, sentence.plain, parts, self._rng):
                    yield Made(one, other, int(same), SAME if same else NEAR, "construction")

    # Spelling and address

    def typos(self, count: int) -> Iterator[Made]:
        """Pairs with a typo or pinyin, which match, and pairs with another word in its place, which do not."""
        for _ in range(count):
            sentence = self._rng.choice(self.sentences)
            changed, kind = self._rng.choice(
                ((self._perturbations.add_typo(sentence.words), "typo"), (self._typed(sentence), "pinyin"))
            )
            if changed:
                yield Made(sentence.plain, "".join(changed), 1, SAME, kind)
            if other := self._other_word(sentence):
                yield Made(sentence.plain, other, 0, NEAR, "other word")

    def _typed(self, sentence: Sentence) -> list[str] | None:
        """One or two neighbouring words in pinyin."""
        from pypinyin import lazy_pinyin

        places = [i for i, word in enumerate(sentence.words) if "\u4e00" <= word[0] <= "\u9fff" and len(word) > 1]
        if not places or len(sentence.plain) < 5:
            return None
        i = self._rng.choice(places)
        return [*sentence.words[:i], "".join(lazy_pinyin(sentence.words[i])), *sentence.words[i + 1 :]]

    def _other_word(self, sentence: Sentence) -> str | None:
        places = [
            i
            for i, word in enumerate(sentence.words)
            if len(self._by_tag.get(word_tag(word) or "", ())) > 1 and len(word) > 1
        ]
        if not places:
            return None
        i = self._rng.choice(places)
        word = sentence.words[i]
        other = self._rng.choice(self._by_tag[word_tag(word) or ""])
        related = any(other in group.terms for group in self._by_term[word])
        if related or set(other) & set(word):
            return None
        return "".join([*sentence.words[:i], other, *sentence.words[i + 1 :]])

    def polite(self, plain: str) -> Made | None:
        """The sentence with and without a greeting or thanks."""
        wrapped = plain
        if self._rng.random() < 0.6:
            wrapped = self._rng.choice(self._greetings) + wrapped
        if wrapped == plain or self._rng.random() < 0.4:
            wrapped += self._rng.choice(self._endings)
        return Made(plain, wrapped, 1, SAME, "polite")

    def addresses(self, count: int) -> Iterator[Made]:
        """Pairs with and without politeness, which match; statements and yes-no questions, which do not."""
        asking = tuple(read_words("questions"))
        statements = [s.plain for s in self.sentences if not any(word in s.plain for word in asking)]
        for _ in range(count):
            plain = self._rng.choice(self.sentences).plain
            if made := self.polite(plain):
                yield made
            statement = self._rng.choice(statements)
            yield Made(statement, statement + "吗", 0, NEAR, "question")

    def strange(self, count: int) -> Iterator[Made]:
        """Codes and characters that no corpus has: they match only if they are the same."""
        for _ in range(count):
            if self._rng.random() < 0.5:
                letters, length = self._rng.choice(CODES), self._rng.choice((4, 5, 6, 8, 11, 12))
            else:
                low, high = self._rng.choice(STRANGE)
                letters, length = "".join(chr(self._rng.randint(low, high)) for _ in range(12)), self._rng.randint(1, 9)
            code = [self._rng.choice(letters) for _ in range(length)]
            other = list(code)
            for i in self._rng.sample(range(length), self._rng.choice((1, 1, length))):
                other[i] = self._rng.choice(letters)
            frame = self._rng.choice(BEFORE_CODES)
            if code != other:
                yield Made(frame + "".join(code), frame + "".join(other), 0, SAME_TOPIC, "strange")

    def unrelated(self, count: int) -> Iterator[Made]:
        """Pairs of random sentences."""
        for _ in range(count):
            one, other = self._rng.sample(self.sentences, 2)
            yield Made(one.plain, other.plain, 0, UNRELATED, "unrelated")

    def in_context(self, made: Sequence[Made], count: int) -> Iterator[Made]:
        """Long texts: other pairs with the same sentences before and after both."""
        for pair in self._rng.sample(made, min(count, len(made))):
            context = [sentence.plain for sentence in self._rng.sample(self.sentences, self._rng.randint(2, 9))]
            place = self._rng.randint(0, len(context))
            one, other = (
                "，".join((*context[:place], text, *context[place:])) for text in (pair.sentence1, pair.sentence2)
            )
            yield Made(one, other, pair.label, max(pair.score, NEAR), f"in context: {pair.kind}")


def rewrite(quantity: Quantity, text: str) -> list[str]:
    """Other ways to write a quantity; not all need be right, since they are checked."""
    dimension, value = quantity.dimension, quantity.value
    numbers = [each for each in value if isinstance(each, float)]
    if len(numbers) != len(value) or not numbers or min(numbers) < 0:
        return []
    if dimension == "time of day":
        return _times(numbers[0], quantity.hours)
    if dimension == "date":
        month, day = map(int, numbers)
        return [
            f"{m}月{d}{end}" for m, d in ((month, day), (chinese_number(month), chinese_number(day))) for end in "日号"
        ]
    if dimension == "day of the week":
        day = int(numbers[0])
        return [f"{week}{'日' if day == 7 else DIGITS[day]}" for week in ("周", "星期", "礼拜")]
    if dimension == "share":
        percent = round(numbers[0] * 100, 4)
        forms = [f"{percent:g}%", f"百分之{percent:g}"]
        if percent == int(percent):
            forms += [f"百分之{chinese_number(int(percent))}" if percent != 100 else "百分之百"]
            forms += [f"{DIGITS[int(percent) // 10]}成"] if percent % 10 == 0 and 10 <= percent < 100 else []
        return forms + (["一半"] if percent == 50 else [])
    if len(numbers) == 2:
        low, high = numbers
        unit = text.lstrip("0123456789.-~到至" + DIGITS + "两十百千万")
        forms = [f"{low:g}-{high:g}{unit}", f"{low:g}到{high:g}{unit}"] if UNITS.get(unit, ("", 1.0))[1] == 1 else []
        if high == low + 1 and 2 <= low <= 8 and low == int(low):
            forms.append(f"{DIGITS[int(low)] if low != 2 else '两'}{DIGITS[int(high)]}{unit}")
        return forms
    return _with_units(dimension, numbers[0], text)


def _with_units(dimension: str, value: float, text: str) -> list[str]:
    """A number with each unit of its dimension in which it is a handy one."""
    unit = text.lstrip("第-0123456789.半" + DIGITS + "两〇十百千万亿kw")
    units = (
        [each for each, (other, _) in UNITS.items() if other == dimension]
        if dimension not in ("count", "number", "rank", "people", "times")
        else [unit]
    )
    forms: list[str] = []
    for each in units:
        number = round(value / UNITS.get(each, ("", 1.0))[1], 6)
        if not (0.5 <= number < 100_000):
            continue
        prefix = "第" if dimension == "rank" else ""
        if number == int(number):
            whole = chinese_number(int(number))
            whole = (
                "两" + whole[1:] if whole == "二" and each and dimension not in ("age", "degree", "share") else whole
            )
            forms += [f"{prefix}{int(number)}{each}", f"{prefix}{whole}{each}"]
            forms += [f"{int(number) / 10_000:g}万{each}"] if number >= 10_000 and number % 1000 == 0 else []
        elif number == 0.5 and each in ("年", "天", "小时", "个小时", "个月", "斤", "公斤"):
            forms.append(f"半{each}")
        elif number * 100 == int(number * 100):
            forms.append(f"{prefix}{number:g}{each}")
            if number % 1 == 0.5 and each in ("年", "天", "岁", "斤", "公斤", "块", "米", "倍"):
                forms.append(f"{chinese_number(int(number))}{each}半")
    return [form for form in forms if form != text]


def _times(minutes: float, hours: int) -> list[str]:
    """Ways to write a time of day; with 12 `hours` it is not known which half of the day is meant."""
    hour, minute = divmod(int(minutes), 60)
    forms = [f"{hour}:{minute:02d}"]
    if hours == 24 and hour > 12:
        period = "下午" if hour < 18 else "晚上"
        spoken = [(f"{period}{hour - 12}", f"{period}{chinese_number(hour - 12)}")]
        forms.append(f"{hour}点" + (f"{minute}分" if minute else ""))
    elif hours == 24 and hour < 12:
        spoken = [(f"早上{hour}", f"早上{chinese_number(hour)}")] if hour > 4 else []
    else:
        spoken = [(f"{hour}", f"{chinese_number(hour)}")]
        forms = forms if hours == 24 else []
        forms.append(f"{hour}:{minute:02d}")
    for digits, characters in spoken:
        characters = (
            characters[:-1] + "两" if characters.endswith("二") and not characters.endswith("十二") else characters
        )
        if minute == 0:
            forms += [f"{digits}点", f"{characters}点", f"{characters}点钟", f"{characters}点整"]
        elif minute == 30:
            forms += [f"{digits}点半", f"{characters}点半", f"{digits}点30分", f"{characters}点三十分"]
        else:
            forms += [
                f"{digits}点{minute}分",
                f"{characters}点{chinese_number(minute) if minute > 9 else '零' + chinese_number(minute)}分",
            ]
            forms += [f"{characters}点{'一' if minute == 15 else '三'}刻"] if minute in (15, 45) else []
    return forms


def change(quantity: Quantity, text: str, rng: random.Random) -> list[str]:
    """Ways to write another quantity of the same dimension."""
    numbers = [each for each in quantity.value if isinstance(each, float)]
    if len(numbers) != 1:
        return []
    value = numbers[0]
    others = [
        value + 1,
        value + 2,
        value * 2,
        value * 10,
        value / 10,
        value - 1,
        value + 10,
        float(str(abs(int(value)))[::-1]),
    ]
    if quantity.dimension == "time of day":
        return _times((value + rng.choice((30.0, 60.0, 120.0, -60.0, 15.0))) % 1440, quantity.hours)
    if quantity.dimension == "day of the week":
        others = [float(rng.randint(1, 7))]
    if quantity.dimension == "share":
        others = [value / 2, value * 2, min(1.0, value + 0.1)]
    if quantity.dimension in ("minute", "month", "metre", "gram"):  # the number stays, the unit changes
        number = text.rstrip("".join(UNITS))
        others.append(value)
        units = [unit for unit, (dimension, _) in UNITS.items() if dimension == quantity.dimension]
        return [number + unit for unit in units] + [
            form for other in others for form in rewrite(quantity._replace(value=(other,)), text)
        ]
    return [form for other in others if other > 0 for form in rewrite(quantity._replace(value=(other,)), text)]


def write(made: Sequence[Made], folder: Path, every: int = 50) -> None:
    """Write a corpus folder: one pair of `every` for dev, the rest to train on."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", [row for i, row in enumerate(made) if i % every]), ("dev", made[::every])):
        lines = ["sentence1\tsentence2\tlabel\tscore\tkind", *("\t".join(map(str, row)) for row in rows)]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Make a corpus folder."""
    parser = argparse.ArgumentParser(
        prog="python -m textmatch.training.generate", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("output", type=Path, help="corpus folder to write")
    parser.add_argument("files", nargs="+", type=Path, help="files of pairs, or of sentences (.txt, .txt.gz)")
    parser.add_argument("--scale", type=float, default=1.0, help="how many pairs to make, relative to the usual")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    sentences = analyse([sentence for file in options.files for sentence in read_sentences(file)])
    generator = Generator(sentences, rng)
    kinds: list[tuple[Callable[[int], Iterator[Made]], int]] = [
        (generator.terms, 5),
        (generator.amounts, 90_000),
        (generator.typos, 25_000),
        (generator.addresses, 10_000),
        (generator.constructions, 400),
        (generator.strange, 8_000),
        (generator.unrelated, 12_000),
    ]
    made = [pair for make, count in kinds for pair in make(round(count * options.scale))]
    made += list(generator.in_context(made, round(25_000 * options.scale)))
    made = [pair for pair in dict.fromkeys(made) if normalise(pair.sentence1) != normalise(pair.sentence2)]
    rng.shuffle(made)
    write(made, options.output)
    for kind, count in sorted(Counter((pair.kind.partition(":")[0], pair.label) for pair in made).items()):
        print(*kind, count)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"textmatch.training.generate: {error}")
