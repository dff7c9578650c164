"""Searching a list and grouping its duplicates, against brute force, with the shipped checkpoint."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any
from unittest.mock import Mock

import faiss
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.helpers import reading
from textmatch import InputError, Prediction, TextMatcher
from textmatch.config import ModelConfig
from textmatch.lexical import LexicalIndex
from textmatch.search import Group, Hit, Index, Skipped, Step, Stop, finish
from textmatch.text import MAX_CHARACTERS, normalise

ASKED = ["怎么开发票", "如何退货", "门店几点开门", "会员多少钱一年", "快递到哪儿了", "忘记密码怎么办", "能用微信付款吗"]
OTHERS = [f"{who}{what}" for who in ("楼上的邻居", "那只花猫", "班长") for what in ("在晒太阳", "搬家了", "唱起歌来")]
MANY = [
    f"{who}{when}{what}"
    for who in ("老师", "邻居", "花猫", "班长", "司机", "奶奶")
    for when in ("今天", "昨晚", "下周一", "放假时")
    for what in ("在晒太阳", "搬家了", "丢了钥匙", "怎么没来")
]
LIST = [*ASKED, "", "如何退货？", "很" * (MAX_CHARACTERS + 1), *OTHERS, "\ud800", "  "]


@pytest.fixture(scope="module")
def index(matcher: TextMatcher) -> Index:
    return Index.build(matcher, LIST)


def fake_matcher(same: set[frozenset[str]]) -> TextMatcher:
    """Gives every sentence the same embedding; the pairs in `same` match, and no others."""

    def predict(pairs: Sequence[tuple[str, str]], batch_size: int) -> list[Prediction]:
        return [
            Prediction(*pair, "", {"no": 1.0 - p, "yes": p}, 1.0, ("", ""), ((), ()))
            for pair in pairs
            for p in [0.9 if frozenset(pair) in same else 0.1]
        ]

    fake = Mock(spec=TextMatcher, labels=("no", "yes"), config=ModelConfig(), max_length=128)
    fake.embed = lambda sentences: torch.ones(len(sentences), 4) / 2
    fake.predict = predict
    return fake


# Building


def test_what_cannot_be_used_is_named_and_the_rest_is_kept(index: Index) -> None:
    assert index.skipped == (
        Skipped(7, "blank"),
        Skipped(9, "long"),
        Skipped(len(LIST) - 2, "broken"),
        Skipped(len(LIST) - 1, "blank"),
    )
    assert len(index) == len(ASKED) + len(OTHERS)


def test_vectors_are_those_of_the_matcher_row_by_row(index: Index, matcher: TextMatcher) -> None:
    held = torch.from_numpy(index.vectors.reconstruct_n(0, len(index)))
    torch.testing.assert_close(held, matcher.embed(index.distinct), atol=1e-5, rtol=0)


def test_long_sentences_that_the_model_cuts_are_counted(matcher: TextMatcher) -> None:
    assert Index.build(reading(matcher, 9), ["猫" * 9, "狗" * 10]).cut == 1


@pytest.mark.parametrize("sentences", [[], ["", " \t"], ["很" * (MAX_CHARACTERS + 1)]])
def test_a_list_of_nothing_is_refused(matcher: TextMatcher, sentences: list[str]) -> None:
    with pytest.raises(InputError, match="no sentence to search"):
        Index.build(matcher, sentences)


def test_a_model_of_other_classes_is_refused() -> None:
    with pytest.raises(InputError, match="needs two"):
        Index.build(Mock(spec=TextMatcher, labels=("a", "b", "c")), ["猫"])


def test_steps_count_up_to_all_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch, matcher: TextMatcher) -> None:
    monkeypatch.setattr("textmatch.search.CHUNK", 3)
    monkeypatch.setattr("textmatch.search.BLOCK", 5)
    seen: list[Step] = []
    small = Index.build(matcher, ASKED, seen.append)
    assert seen == [Step(3, 7), Step(6, 7), Step(7, 7)]
    seen.clear()
    small.duplicates(report=seen.append)
    assert sorted(seen) == seen
    assert {Step(5, 7), Step(7, 7)} <= set(seen)

    embedded = Mock(wraps=matcher.embed)
    watched = Mock(spec=matcher, labels=matcher.labels, config=matcher.config, embed=embedded)
    steps = Index.steps(watched, ASKED)
    next(steps)
    steps.close()
    assert [len(call.args[0]) for call in embedded.call_args_list] == [0, 3]
    monkeypatch.setattr("textmatch.search.NORMALISED", 4)
    assert next(Index.steps(matcher, ASKED)) == Step(0, 7)


def test_a_report_that_raises_stops() -> None:
    class EnoughError(Exception):
        pass

    def report(step: Step) -> None:
        if step.done > 1:
            raise EnoughError

    done = count()

    def steps():  # type: ignore[no-untyped-def]  # noqa: ANN202
        for number in range(5):
            next(done)
            yield Step(number, 5)

    with pytest.raises(EnoughError):
        finish(steps(), report)
    assert next(done) == 3


# Searching


def brute_force(index: Index, query: str, matcher: TextMatcher) -> list[int]:
    """Positions of all distinct sentences, best first."""
    kept = {normalise(sentence): position for position, sentence in reversed(list(enumerate(LIST[:-2])))}
    positions = sorted(position for plain, position in kept.items() if plain and len(plain) <= MAX_CHARACTERS)
    predictions = matcher.predict([(query, LIST[position]) for position in positions])
    keyed = [
        (
            -(2.0 if normalise(query) == normalise(LIST[position]) else prediction.probabilities[matcher.labels[1]])
            - index.lexical.overlap(normalise(query), normalise(LIST[position])),
            position,
        )
        for position, prediction in zip(positions, predictions, strict=True)
    ]
    return [position for _, position in sorted(keyed)]


@pytest.mark.slow
@pytest.mark.parametrize("query", ["发票怎么开", "密码忘了", "貓在曬太陽", "如何退货", "完全无关的一句话"])
def test_with_enough_candidates_search_is_brute_force(index: Index, matcher: TextMatcher, query: str) -> None:
    hits = index.search(query, top_k=100, candidates=1000)
    assert [hit.position for hit in hits] == brute_force(index, query, matcher)
    assert all(hit.sentence == LIST[hit.position] for hit in hits)
    scores = [hit.probability + hit.overlap for hit in hits]
    assert scores == sorted(scores, reverse=True)
    expected = matcher.predict([(query, hit.sentence) for hit in hits])
    assert [hit.similarity for hit in hits] == pytest.approx([one.similarity for one in expected], abs=1e-4)


def test_the_nearest_by_cosine_are_those_of_the_exact_product(
    index: Index, matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textmatch.search.LEXICAL_SHARE", 0.0)
    query = "发票怎么开"
    sentences = [*ASKED, *OTHERS]
    exact = (matcher.embed(sentences) @ matcher.embed([query])[0]).argsort(descending=True)[:4]
    hits = index.search(query, top_k=4, candidates=4)
    assert {hit.sentence for hit in hits} == {sentences[row] for row in exact}


def test_common_characters_propose_what_cosine_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.search.LEXICAL_SHARE", 1.0)
    index = Index.build(fake_matcher(set()), [*OTHERS, "怎么开发票"])
    (hit,) = index.search("开票", top_k=1, candidates=1)
    assert hit.sentence == "怎么开发票"


def test_the_same_sentence_comes_first_and_names_its_copies(index: Index) -> None:
    first = index.search("如何退貨！", top_k=1)[0]
    assert first == Hit(1, "如何退货", 1.0, 1.0, 1.0, (8,))


@pytest.mark.parametrize("top_k", [1, 3, 1000])
def test_top_k_limits_and_never_repeats(index: Index, top_k: int) -> None:
    positions = [hit.position for hit in index.search("退货", top_k=top_k, candidates=1)]
    assert len(positions) == len(set(positions)) == min(top_k, len(index))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": " "}, "blank"),
        ({"query": "很" * (MAX_CHARACTERS + 1)}, f"{MAX_CHARACTERS + 1} characters"),
        ({"query": "\ud800"}, "surrogate"),
        ({"query": 3}, "must be text"),
        ({"query": "猫", "top_k": 0}, "at least 1"),
        ({"query": "猫", "candidates": 0}, "at least 1"),
    ],
)
def test_a_query_that_cannot_be_used_is_refused(index: Index, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        index.search(**arguments)


# Common characters


def lexical_index(texts: list[str]) -> LexicalIndex:
    lexical = LexicalIndex()
    lexical.add(texts)
    return lexical


@given(st.lists(st.text("猫狗跑跳在院子里", min_size=1, max_size=6), min_size=1, max_size=12))
def test_a_text_overlaps_most_with_itself_and_a_text_without_overlap_is_not_found(texts: list[str]) -> None:
    texts = list(dict.fromkeys(texts))
    lexical = lexical_index(texts)
    for row, text in enumerate(texts):
        found = lexical.nearest(text, len(texts))
        assert row in found
        assert len(found) == len(set(found))
        assert set(found) == {other for other, one in enumerate(texts) if set(one) & set(text)}
        overlaps = [lexical.overlap(text, other) for other in texts]
        assert overlaps[row] == pytest.approx(1)
        assert [overlaps[other] for other in found] == pytest.approx(sorted(overlaps, reverse=True)[: len(found)])
        assert [lexical.overlap(other, text) for other in texts] == overlaps
    assert lexical.nearest("没有", 3) == []
    assert lexical.overlap("没有", texts[0]) == 0


def test_rare_characters_count_for_more() -> None:
    lexical = lexical_index(["怎么办卡", "怎么办理", "怎么退款"])
    assert lexical.nearest("怎么退", 1) == [2]
    assert lexical.overlap("怎么退款", "退款") > lexical.overlap("怎么退款", "怎么") > 0


def test_several_threads_may_search_first() -> None:
    for _ in range(20):
        lexical = lexical_index(["怎么办卡", "怎么办理", "怎么退款"] * 50)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lexical.nearest, ["退款"] * 16, [1] * 16))
        assert {row % 3 for (row,) in found} == {2}


# Long lists


@pytest.fixture(scope="module")
def large(matcher: TextMatcher) -> Index:
    """An index of the kind that long lists get, made of a short one."""
    with pytest.MonkeyPatch.context() as patch:
        sizes = {"CHUNK": 32, "EXACT_LIMIT": 90, "CLUSTERS": 2, "CLUSTERS_SEARCHED": 2, "TRAINING_SAMPLE": 90}
        for name, value in sizes.items():
            patch.setattr(f"textmatch.search.{name}", value)
        return Index.build(matcher, MANY)


@pytest.fixture(scope="module")
def exact(matcher: TextMatcher) -> Index:
    """The usual index of the same list."""
    return Index.build(matcher, MANY)


def test_a_long_list_is_searched_as_a_short_one_is(large: Index, exact: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (type(large.vectors), type(exact.vectors)) == (faiss.IndexIVFScalarQuantizer, faiss.IndexFlat)
    assert large.vectors.ntotal == len(exact) == len(MANY)
    held, kept = (one.vectors.reconstruct_n(0, len(MANY)) for one in (large, exact))
    assert (held * kept).sum(1).min() > 0.98
    query = "老师怎么丢了钥匙"
    assert large.search(query, 3) == exact.search(query, 3)
    monkeypatch.setattr("textmatch.search.LEXICAL_SHARE", 0.0)
    assert [hit.sentence for hit in large.search(f"{MANY[40]}！", 1, 1)] == [MANY[40]]


@pytest.mark.slow
def test_duplicates_of_a_long_list(large: Index, exact: Index) -> None:
    unlikely = 0.1  # nothing in this list is likely to be a duplicate
    groups = large.duplicates(unlikely)
    assert groups
    assert all(hit.probability >= unlikely for group in groups for hit in group.members)
    assert len(groups) == len(exact.duplicates(unlikely))


# Duplicates


def test_sentences_that_differ_only_on_the_surface_are_one_group_without_the_model() -> None:
    index = Index.build(fake_matcher(set()), ["怎么退貨？", "快递", "怎么退货", "怎么退货!!"])
    (group,) = index.duplicates()
    assert [hit.position for hit in group.members] == [0, 2, 3]
    assert {hit.probability for hit in group.members} == {1.0}


def test_paraphrases_group_and_unrelated_sentences_do_not(matcher: TextMatcher) -> None:
    index = Index.build(matcher, ["楼上的邻居在晒太阳", "怎么开发票", "门店几点开门", "怎么开发票？", "那只花猫搬家了"])
    assert [[hit.position for hit in group.members] for group in index.duplicates(0.9)] == [[1, 3]]


def test_every_member_matches_the_first_so_nothing_is_chained() -> None:
    a, b, c, d = "甲", "乙", "丙", "丁"
    chain = {frozenset(pair) for pair in ((a, b), (b, c), (c, d))}
    groups = Index.build(fake_matcher(chain), [a, b, c, d]).duplicates()
    assert [[hit.sentence for hit in group.members] for group in groups] == [[a, b], [c, d]]


sentences = st.lists(st.sampled_from("甲乙丙丁戊己庚辛"), min_size=1, max_size=12)
relations = st.sets(st.frozensets(st.sampled_from("甲乙丙丁戊己庚辛"), min_size=2, max_size=2))


@settings(max_examples=50)
@given(sentences, relations, st.integers(1, 4))
def test_groups_are_disjoint_true_and_ordered(listed: list[str], same: set[frozenset[str]], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textmatch.search.BLOCK", block)
        patch.setattr("textmatch.search.NEAREST_GROUPS", 100)
        groups = Index.build(fake_matcher(same), listed).duplicates()
    positions = [hit.position for group in groups for hit in group.members]
    assert len(positions) == len(set(positions))
    sizes = [len(group.members) for group in groups]
    assert sizes == sorted(sizes, reverse=True)
    for group in groups:
        first, *others = group.members
        assert others
        for hit in others:
            assert hit.sentence == first.sentence or frozenset((hit.sentence, first.sentence)) in same
    representatives = {group.members[0].sentence for group in groups} | {
        one for place, one in enumerate(listed) if place not in positions
    }
    # No representative, and no sentence without a group, matches an earlier one of these.
    assert not any(
        frozenset((one, other)) in same for one in representatives for other in representatives if one != other
    )


@settings(max_examples=50)
@given(sentences, relations, st.integers(1, 4), st.integers(1, 12))
def test_stopped_it_returns_the_groups_so_far(
    listed: list[str], same: set[frozenset[str]], block: int, steps: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textmatch.search.BLOCK", block)
        patch.setattr("textmatch.search.NEAREST_GROUPS", 100)
        index = Index.build(fake_matcher(same), listed)
        running = index.duplicate_steps()
        before = list(islice(running, steps))
        assume(len(before) == steps)  # otherwise it is at its end
        with pytest.raises(StopIteration) as end:
            running.throw(Stop)
        whole = index.duplicates()
    groups, reached = end.value.value
    assert reached == before[-1]
    seen = list(dict.fromkeys(listed))[: reached.done]
    joined = [[hit for hit in group.members if hit.sentence in seen] for group in whole]
    assert {frozenset(group.members) for group in groups} == {frozenset(hits) for hits in joined if len(hits) > 1}


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch, matcher: TextMatcher) -> None:
    listed = [*ASKED, "如何开发票", "怎样退货", "门店早上几点开门", *OTHERS, "怎么开发票呢"]
    index = Index.build(matcher, listed)
    whole = index.duplicates(0.5)
    monkeypatch.setattr("textmatch.search.BLOCK", 2)
    cut = index.duplicates(0.5)
    assert [[hit.position for hit in group.members] for group in cut] == [
        [hit.position for hit in group.members] for group in whole
    ]


def test_a_higher_threshold_joins_no_more(matcher: TextMatcher) -> None:
    index = Index.build(matcher, [*ASKED, "如何开发票", "怎样退货", "门店早上几点开门"])

    def joined(groups: list[Group]) -> int:
        return sum(len(group.members) - 1 for group in groups)

    assert joined(index.duplicates(1.0)) <= joined(index.duplicates(0.7)) <= joined(index.duplicates(0.5))


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_out_of_range_is_refused(index: Index, threshold: float) -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        index.duplicates(threshold)
