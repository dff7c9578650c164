"""textmatch.matcher: predictions are complete, and do not depend on order, batch or surface form."""

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny_matchers import TINY, new_matcher, random_matcher
from textmatch import CheckpointError, InputError, Prediction, TextMatcher
from textmatch.batching import Pairs, collate_pairs
from textmatch.models import InteractionLSTM, MatchOutput
from textmatch.text import LONGEST_TEXT, normalise

SENTENCES = (
    "我家的猫喜欢晒太阳",
    "这只猫很喜欢晒太阳",
    "明天下午3点开会",
    "iPhone 15 多少钱",
    "狗",
    "请问从火车站到动物园要坐哪一路公交车，大概要多长时间？",
    "今天真冷",
)
PAIRS = [(one, two) for i, one in enumerate(SENTENCES) for two in SENTENCES[i:]]
CONFIGS = {
    "interaction": TINY,
    "words": replace(TINY, unit="word", num_layers=2),
    "siamese": replace(TINY, arch="siamese", unit="word", bidirectional=False),
    "three classes": replace(TINY, labels=("蕴含", "中立", "矛盾")),
    "short": replace(TINY, max_length=5),
    "without knowledge": replace(TINY, sounds=False, knowledge=False, graded=False),
}


@pytest.fixture(scope="module", params=CONFIGS)
def matcher(request: pytest.FixtureRequest) -> TextMatcher:
    return random_matcher(CONFIGS[request.param], SENTENCES)


@pytest.fixture(scope="module")
def plain() -> TextMatcher:
    return random_matcher(TINY, SENTENCES)


def alike(one: Prediction, other: Prediction) -> None:
    assert one.label == other.label
    assert one.probabilities == pytest.approx(dict(other.probabilities), abs=1e-5)
    assert one.similarity == pytest.approx(other.similarity, abs=1e-5)


# Predictions


def test_a_prediction_is_complete_and_in_order(matcher: TextMatcher) -> None:
    predictions = matcher.predict(PAIRS)
    assert [(p.sentence1, p.sentence2) for p in predictions] == PAIRS
    for prediction in predictions:
        assert tuple(prediction.probabilities) == matcher.labels
        assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-6)
        assert prediction.label == max(prediction.probabilities, key=lambda label: prediction.probabilities[label])
        assert 0 <= prediction.similarity <= 1
    first = [prediction.probabilities[matcher.labels[0]] for prediction in predictions]
    assert max(first) - min(first) > 0.01  # otherwise the tests below could not fail


@pytest.mark.parametrize(
    "given",
    [
        iter(PAIRS[:3]),
        [list(pair) for pair in PAIRS[:3]],
        np.array(PAIRS[:3]),
        np.array(PAIRS[:3], dtype=object),
        pd.DataFrame(PAIRS[:3], columns=["a", "b"]),
        pd.Series(PAIRS[:3]),
        zip(pd.Series([pair[0] for pair in PAIRS[:3]]), [pair[1] for pair in PAIRS[:3]], strict=True),
    ],
    ids=["iterator", "lists", "array", "objects", "frame", "series", "zip"],
)
def test_pairs_come_as_lists_arrays_and_frames(plain: TextMatcher, given: Any) -> None:
    assert plain.predict(given) == plain.predict(PAIRS[:3])


def test_sentences_come_as_lists_arrays_and_series(plain: TextMatcher, capsys: pytest.CaptureFixture[str]) -> None:
    expected = plain.embed(SENTENCES)
    for sentences in (iter(SENTENCES), np.array(SENTENCES), pd.Series(SENTENCES)):
        assert torch.equal(plain.embed(sentences), expected)
    assert capsys.readouterr().err == ""
    assert torch.equal(plain.embed(SENTENCES, batch_size=7, show_progress=True), expected)
    assert "embed: 100%" in capsys.readouterr().err


def test_a_sentence_is_most_similar_to_itself(matcher: TextMatcher) -> None:
    for prediction in matcher.predict([(sentence, sentence) for sentence in SENTENCES]):
        assert prediction.similarity == pytest.approx(1, abs=1e-6)


def test_no_pairs_no_predictions(plain: TextMatcher) -> None:
    assert plain.predict([]) == []
    assert plain.embed([]).shape == (0, TINY.embedding_dim)


def test_calibration_is_applied() -> None:
    matcher, other = new_matcher(TINY, SENTENCES), new_matcher(TINY, SENTENCES)
    other.model.calibration.bias.add_(torch.tensor([5.0, -5.0]))
    ours, theirs = matcher.predict(PAIRS[1:5]), other.predict(PAIRS[1:5])
    assert all(
        b.probabilities["Not Matched"] > a.probabilities["Not Matched"] for a, b in zip(ours, theirs, strict=True)
    )
    assert [b.similarity for b in theirs] == [a.similarity for a in ours]  # it is a grade of its own


def test_what_was_cut_is_reported_for_the_sentence_it_was_cut_from() -> None:
    matcher = random_matcher(CONFIGS["short"], SENTENCES)
    (prediction,) = matcher.predict([("今天真冷啊，真的！", "我家的猫")])
    assert prediction.truncated == ("真的", "")
    (swapped,) = matcher.predict([("我家的猫", "今天真冷啊，真的！")])
    assert swapped.truncated == ("", "真的")
    (same,) = matcher.predict([("今天真冷啊什么都没有", "我家的猫")])
    assert same.probabilities == prediction.probabilities


def test_what_is_unknown_is_reported_for_its_sentence(plain: TextMatcher) -> None:
    (prediction,) = plain.predict([("我家的鳄鱼", "龘")])
    assert prediction.unknown == (("鳄", "鱼"), ("龘",))
    (words,) = random_matcher(CONFIGS["words"], SENTENCES).predict([("狗", "鳄鱼和狗")])
    assert words.unknown == ((), ("鳄鱼", "和"))


# What makes no difference


def test_swapping_the_sentences_changes_nothing_at_all(matcher: TextMatcher) -> None:
    for first, second in [*PAIRS, ("鳄鱼", "龘龘"), ("鳄鱼喜欢晒太阳", "狗")]:
        (one,), (other,) = matcher.predict([(first, second)]), matcher.predict([(second, first)])
        mirrored = replace(
            other,
            sentence1=first,
            sentence2=second,
            truncated=other.truncated[::-1],
            unknown=other.unknown[::-1],
        )
        assert one == mirrored


def test_swapping_all_pairs_of_a_table_changes_nothing_at_all(matcher: TextMatcher) -> None:
    ours, swapped = matcher.predict(PAIRS), matcher.predict([(two, one) for one, two in PAIRS])
    for one, other in zip(ours, swapped, strict=True):
        assert (one.label, one.probabilities, one.similarity) == (other.label, other.probabilities, other.similarity)


def test_rounding_does_not_depend_on_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = new_matcher(TINY, SENTENCES)
    forward = matcher.model.forward

    def lopsided(pairs: Pairs) -> MatchOutput:
        output = forward(pairs)
        first, second = pairs.sentences.characters[:, 0].chunk(2)
        tilt = torch.stack([first, 2 * second], 1) * 1e-6
        return output._replace(logits=output.logits + tilt, similarity=output.similarity + tilt[:, 0])

    monkeypatch.setattr(matcher.model, "forward", lopsided)
    for first, second in PAIRS:
        (one,), (other,) = matcher.predict([(first, second)]), matcher.predict([(second, first)])
        assert (one.probabilities, one.similarity) == (other.probabilities, other.similarity)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 2, 7, 1000])
def test_batch_size_makes_no_difference(matcher: TextMatcher, batch_size: int) -> None:
    for one, other in zip(matcher.predict(PAIRS, batch_size), matcher.predict(PAIRS), strict=True):
        alike(one, other)


@pytest.mark.slow
def test_the_other_pairs_make_no_difference(matcher: TextMatcher) -> None:
    together = matcher.predict(PAIRS)
    for pair, among_others in zip(PAIRS, together, strict=True):
        (alone,) = matcher.predict([pair])
        alike(alone, among_others)
    for one, other in zip(matcher.predict(PAIRS[::-1]), together[::-1], strict=True):
        alike(one, other)


@pytest.mark.parametrize(
    "variant",
    [
        "明天下午3点，在A座开会吗？",
        "明天下午３点在Ａ座开会吗！！",
        "明天下午3点在a座开会吗",
        " 明天 下午　3点在a座 开会吗\n",
        "明天下午3點在A座開會嗎",
        "《明天》下午3点……在“A”座开会吗~",
    ],
)
def test_surface_forms_get_identical_answers(matcher: TextMatcher, variant: str) -> None:
    (expected,) = matcher.predict([("明天下午3点在A座开会吗", "这只猫很喜欢晒太阳")])
    (got,) = matcher.predict([(variant, "这只猫很喜欢晒太阳")])
    assert replace(got, sentence1=expected.sentence1) == expected


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), max_size=4))
def test_any_text_gets_an_answer_unless_it_is_blank(pairs: list[tuple[str, str]]) -> None:
    matcher = random_matcher(CONFIGS["short"], SENTENCES)
    if all(normalise(sentence) for pair in pairs for sentence in pair):
        assert len(matcher.predict(pairs)) == len(pairs)
    else:
        with pytest.raises(InputError, match="blank"):
            matcher.predict(pairs)


def test_predicting_twice_gives_the_same_even_after_the_network_was_in_training_mode() -> None:
    trained = new_matcher(replace(TINY, dropout=0.5), SENTENCES)
    matcher = TextMatcher(trained.config, trained.vocabulary, trained.model.train())
    assert matcher.predict(PAIRS) == matcher.predict(PAIRS)


# Embeddings


def test_embeddings_are_unit_vectors_on_the_cpu_and_give_the_similarity_where_it_is_no_grade(
    matcher: TextMatcher,
) -> None:
    embeddings = matcher.embed(SENTENCES, batch_size=3)
    assert embeddings.dtype == torch.float32
    assert embeddings.device.type == "cpu"
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(len(SENTENCES)))
    cosines = embeddings @ embeddings.T
    assert cosines.min() < 0.95
    pairs = [(i, j) for i in range(len(SENTENCES)) for j in range(len(SENTENCES))]
    predictions = matcher.predict([(SENTENCES[i], SENTENCES[j]) for i, j in pairs])
    if isinstance(matcher.model, InteractionLSTM) and matcher.model.grade is not None:
        return
    for (i, j), prediction in zip(pairs, predictions, strict=True):
        expected = max(0.0, float(cosines[i, j]))
        if isinstance(matcher.model, InteractionLSTM) and len(matcher.labels) == 2:
            expected = 1.0 if i == j else (expected + prediction.probabilities[matcher.labels[-1]]) / 2
        assert prediction.similarity == pytest.approx(expected, abs=1e-5)


def test_the_similarity_of_a_graded_network_is_its_grade(plain: TextMatcher) -> None:
    encoded = [plain.vocabulary.encode(sentence, 128) for sentence in sorted((SENTENCES[0], SENTENCES[1]))]
    with torch.inference_mode():
        grade = plain.model(collate_pairs([(encoded[0], encoded[1])])).grade
    assert grade is not None
    (prediction,) = plain.predict([(SENTENCES[0], SENTENCES[1])])
    assert prediction.similarity == pytest.approx(float(torch.sigmoid(grade)), abs=1e-5)


# Where the texts decide


@pytest.mark.parametrize("text", ["500g", "😀", "龘", "13800138000", "안녕하세요", "我今年二十岁", "x" * 700])
def test_equal_texts_match_for_certain(plain: TextMatcher, text: str) -> None:
    (prediction,) = plain.predict([(text, f" {text.upper()}！")])
    assert (prediction.label, prediction.similarity) == ("Matched", 1.0)
    assert prediction.probabilities["Matched"] == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [("😀" * 3, chr(ord("😀") + 64) * 3), ("好" * 600, "好" * 600 + "不"), ("好" * 600 + "去", "好" * 600 + "来")],
)
def test_texts_that_differ_only_in_what_was_not_read_do_not_match(plain: TextMatcher, one: str, other: str) -> None:
    for pair in ((one, other), (other, one)):
        (prediction,) = plain.predict([pair])
        assert prediction.label == "Not Matched"
        assert prediction.similarity < 1


@pytest.mark.parametrize(
    ("before", "after"),
    [("外面从早上起一直在下雨。", ""), ("请问一下！", "。谢谢您了。"), ("", "。" + "天冷了。" * 200)],
)
def test_what_stands_around_both_sentences_does_not_change_the_verdict(
    plain: TextMatcher, before: str, after: str
) -> None:
    pair = "我家的猫喜欢晒太阳", "这只猫不喜欢晒太阳"
    alone, around = plain.predict([pair, tuple(f"{before}{text}{after}" for text in pair)])
    assert around.probabilities == pytest.approx(alone.probabilities)
    assert around.similarity != alone.similarity  # how close the whole texts are


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_network_whose_answers_are_no_numbers_is_refused(backend: Any) -> None:
    network = new_matcher(TINY, SENTENCES)
    network.model.calibration.temperature.fill_(1e-42)  # above zero, as loading asks
    with pytest.raises(CheckpointError, match="not a finite number"):
        TextMatcher(network.config, network.vocabulary, network.model, backend=backend).predict(PAIRS)
    with torch.no_grad():
        for parameter in network.model.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(CheckpointError, match="not a finite number"):
        TextMatcher(network.config, network.vocabulary, network.model, backend=backend).embed(SENTENCES)


def test_equal_texts_of_a_network_with_other_classes_are_left_to_it() -> None:
    entailment = random_matcher(CONFIGS["three classes"], SENTENCES)
    (prediction,) = entailment.predict([("狗", "狗！")])
    assert prediction.similarity == 1
    assert max(prediction.probabilities.values()) < 1


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_embeddings_do_not_depend_on_the_batch(matcher: TextMatcher, batch_size: int) -> None:
    alone = torch.cat([matcher.embed([sentence]) for sentence in SENTENCES])
    torch.testing.assert_close(matcher.embed(SENTENCES, batch_size), alone, rtol=1e-5, atol=1e-5)


# What is refused


@pytest.mark.parametrize(
    ("pairs", "where"),
    [
        ([("", "猫")], "pair 1, sentence 1"),
        ([("猫", "狗"), ("猫", " \u3000")], "pair 2, sentence 2"),
        ([("猫", None)], "pair 1, sentence 2"),
        ([("猫", "狗"), (3, "狗")], "pair 2, sentence 1"),
        (["猫狗"], "pair 1"),
        ([("猫",)], "pair 1"),
        ([("猫", "狗"), ("猫", "狗", "鸟")], "pair 2"),
        ([None], "pair 1"),
        ([{"sentence1": "猫", "sentence2": "狗"}], "pair 1"),
        ([{"猫", "狗"}], "pair 1"),
        (np.array([["猫", "狗", "鸟"]]), "pair 1"),
        (pd.DataFrame([("猫", float("nan"))]), "pair 1, sentence 2"),
    ],
)
def test_a_pair_that_cannot_be_used_is_named(plain: TextMatcher, pairs: Any, where: str) -> None:
    with pytest.raises(InputError, match=f"^{where}: "):
        plain.predict(pairs)


@pytest.mark.parametrize("sentences", [["猫", ""], ["猫", None], ["猫", "狗" * (LONGEST_TEXT + 1)]])
def test_a_sentence_that_cannot_be_embedded_is_named(plain: TextMatcher, sentences: Any) -> None:
    with pytest.raises(InputError, match=r"^sentence 2: "):
        plain.embed(sentences)


@pytest.mark.parametrize("given", ["猫和狗", b"cat", 7])
def test_one_string_is_no_list(plain: TextMatcher, given: Any) -> None:
    """Its characters would be embedded one by one."""
    with pytest.raises(InputError, match=r"^expected a list of sentences, got (one string|int)"):
        plain.embed(given)
    with pytest.raises(InputError, match=r"^expected a list of pairs, got (one string|int)"):
        plain.predict(given)


def test_properties(plain: TextMatcher) -> None:
    assert plain.device == torch.device("cpu")
    assert plain.labels == ("Not Matched", "Matched")
    assert plain.max_length == TINY.max_length
    assert plain.metrics == {}


def test_each_different_sentence_is_encoded_once(matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = Mock(wraps=matcher.vocabulary.encode)
    monkeypatch.setattr(matcher.vocabulary, "encode", encode)
    pairs = [("几点开门", "几点关门"), ("几点开门", "几点下班"), ("几点关门", "几点开门")]
    first, _, third = matcher.predict(pairs)
    assert encode.call_count == 3
    assert (first.sentence1, first.probabilities) == (third.sentence2, third.probabilities)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_has_at_least_one_pair(plain: TextMatcher, batch_size: int) -> None:
    for call in (lambda: plain.predict([("猫", "狗")], batch_size), lambda: plain.embed(["猫"], batch_size)):
        with pytest.raises(InputError, match=f"batch_size is {batch_size}; expected at least 1"):
            call()


def test_a_single_pair_and_a_number_are_no_list(plain: TextMatcher) -> None:
    with pytest.raises(InputError, match="put a single pair in a list"):
        plain.predict(("猫喜欢晒太阳", "猫爱晒太阳"))
    with pytest.raises(InputError, match="expected a list of sentences, got ndarray"):
        plain.embed(np.array("猫"))
