"""textmatch.training.generate: pairs in which one thing was changed have the label that the change gives them."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textmatch.files import load_splits
from textmatch.knowledge.quantities import find_quantities
from textmatch.knowledge.terms import read_lexicon
from textmatch.text import normalise, segment
from textmatch.training import generate
from textmatch.training.constructions import read_constructions
from textmatch.training.generate import Generator, Made, analyse, change, main, rewrite

SENTENCES = [
    "我今年二十岁了想学游泳",
    "明天下午三点半在学校门口见",
    "这件衣服打八折以后三百块钱",
    "北大和清华离得远吗",
    "土豆怎么做才好吃",
    "家里的wifi密码是多少",
    "他又迟到了老师很生气",
    "周三之前把作业交上来",
    "我们去羊城玩了三天",
    "一半的人都没有来",
    "跑了两三公里就累了",
    "今天零下五度别出门",
    "他把借方写成了贷方",
    "小明的妈妈给他买了新书包",
    "请告诉我怎么修改手机号码",
    "第三名是我们班的同学",
    "他早上8:15到的公司",
    "活动从5月1日开始",
]


@pytest.fixture(scope="module")
def generator() -> Generator:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "COMMON", 1)
        return Generator(analyse(SENTENCES), random.Random(1))


@pytest.fixture(scope="module")
def amounts(generator: Generator) -> list[Made]:
    return list(generator.amounts(600))


def test_sentences_are_normalised_once_each_and_neither_short_nor_long() -> None:
    analysed = analyse(["今天下雨！", "今天 下雨", "雨", "很" * 50])
    assert [sentence.plain for sentence in analysed] == ["今天下雨"]
    assert "".join(analysed[0].words) == "今天下雨"


def test_amounts_keep_their_value_in_matching_pairs_alone(amounts: list[Made]) -> None:
    assert {made.label for made in amounts} == {0, 1}
    assert len({made.kind for made in amounts}) > 8
    for made in amounts:
        first, second = (find_quantities(text, segment(text)) for text in (made.sentence1, made.sentence2))
        equal = all(one.equals(other) for one, other in zip(first, second, strict=True))
        assert equal == bool(made.label)
        assert made.sentence1 != made.sentence2


@given(st.sampled_from(SENTENCES), st.integers(0, 1000))
def test_a_changed_amount_is_written_as_a_quantity(sentence: str, seed: int) -> None:
    plain = normalise(sentence)
    for quantity in find_quantities(plain, segment(plain)):
        text = plain[quantity.start : quantity.end]
        for form in (*rewrite(quantity, text), *change(quantity, text, random.Random(seed))):
            assert form


@pytest.mark.slow
def test_terms_are_exchanged_for_their_like_and_for_their_unlike(generator: Generator) -> None:
    made = [pair for _ in range(4) for pair in generator.terms(12)]  # an unlike term is not found in every try
    by_pair = {frozenset(pair[:2]): pair.label for pair in made}
    assert by_pair[frozenset(("借方", "贷方"))] == 0
    in_sentences = [pair for pair in made if "土豆怎么做才好吃" in pair[:2] and pair.kind.startswith("aliases")]
    assert {pair.label for pair in in_sentences} == {0, 1}
    others = {term for group in read_lexicon() if "土豆" in group.terms for term in group.terms}
    for pair in in_sentences:
        assert bool(pair.label) == any(f"{term}怎么做才好吃" in pair[:2] for term in others - {"土豆"})
    assert 0.3 < sum(pair.label for pair in made) / len(made) < 0.7


def test_spelling_and_address_keep_the_meaning_and_another_word_does_not(generator: Generator) -> None:
    made = [*generator.typos(200), *generator.addresses(50)]
    assert {pair.kind: pair.label for pair in made} == {
        "typo": 1,
        "pinyin": 1,
        "polite": 1,
        "other word": 0,
        "question": 0,
    }
    assert all(pair.sentence2 == f"{pair.sentence1}吗" for pair in made if pair.kind == "question")
    assert any(
        pair.sentence2.isascii() or any(c.isascii() for c in pair.sentence2) for pair in made if pair.kind == "pinyin"
    )


def test_strange_texts_and_unrelated_sentences_do_not_match(generator: Generator) -> None:
    made = [*generator.strange(60), *generator.unrelated(20)]
    assert {pair.label for pair in made} == {0}
    assert all(pair.sentence1 != pair.sentence2 for pair in made)


def test_a_context_is_the_same_for_both_and_keeps_the_label(generator: Generator) -> None:
    (short,) = generator.strange(1)
    for made in generator.in_context([short] * 20, 20):
        before, _, after = made.sentence1.partition(short.sentence1)
        assert made.sentence2 == f"{before}{short.sentence2}{after}"
        assert len(before + after) > 10
        assert made.label == short.label


@pytest.mark.slow
def test_the_command_writes_a_corpus_that_training_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "sentences.txt"
    source.write_text("\n".join(SENTENCES), encoding="utf-8")
    main([str(tmp_path / "made"), str(source), "--scale", "0.003"])
    splits = load_splits(tmp_path / "made")
    assert {pair.label for pair in splits.train} == {"0", "1"}
    assert all(pair.score is not None for pair in splits.train)
    assert "bare aliases 1" in capsys.readouterr().out


REBUILT = [
    ("你喜欢喝咖啡吗", "你喜不喜欢喝咖啡", "你喜欢喝咖啡"),
    ("能不能便宜一点", "能便宜一点吗", "不能便宜一点"),
    ("北京比上海冷", "上海没有北京冷", "上海比北京冷"),
    ("因为下雨所以取消了", "取消了，因为下雨", "因为取消了所以下雨"),
    ("他不得不加班", "他只好加班", "他不用加班"),
    ("没人知道密码", "谁也不知道密码", "谁不知道密码"),
    ("今天很冷", "今天挺冷的", "今天不太冷"),
    ("至少三个人参加", "起码三个人参加", "至多三个人参加"),
]


@pytest.fixture(scope="module")
def rebuilt() -> dict[int, set[frozenset[str]]]:
    """Label → the pairs that constructions make of these sentences and of a question that looks like a statement."""
    generator = Generator(analyse([*(sentence for sentence, *_ in REBUILT), "这是什么东西"]), random.Random(1))
    made = [pair for _ in range(40) for pair in generator.constructions(9)]
    return {label: {frozenset(pair[:2]) for pair in made if pair.label == label} for label in (0, 1)}


@pytest.mark.parametrize(("sentence", "same", "other"), REBUILT)
def test_constructions_say_the_same_or_something_else(
    rebuilt: dict[int, set[frozenset[str]]], sentence: str, same: str, other: str
) -> None:
    assert frozenset((sentence, same)) in rebuilt[1]
    assert frozenset((sentence, other)) in rebuilt[0]


def test_no_pair_of_constructions_is_of_both_kinds_or_takes_a_question_for_a_statement(
    rebuilt: dict[int, set[frozenset[str]]],
) -> None:
    assert rebuilt[0].isdisjoint(rebuilt[1])
    assert not any("难道这是什么" in text for pair in rebuilt[0] | rebuilt[1] for text in pair)


def test_every_construction_has_forms_of_both_kinds_with_its_own_variables() -> None:
    for construction in read_constructions():
        assert construction.same, construction
        assert construction.other, construction
        variables = {name.replace("asked", "Q") for name in construction.pattern.groupindex}
        for form in (*construction.same, *construction.other):
            assert set(re.findall("[A-Z]", form)) <= variables, form
