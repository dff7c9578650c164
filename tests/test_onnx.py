"""textmatch.onnx: ONNX Runtime says what PyTorch says, and an exported file holds the whole network."""

import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch

from tests.conftest import CHECKPOINT
from tests.tiny_matchers import TINY, new_matcher
from textmatch import InputError, TextMatcher
from textmatch.batching import collate_flags
from textmatch.cli import main
from textmatch.config import ModelConfig
from textmatch.demo.models import Models, fastest_backend
from textmatch.onnx import INPUTS

EVERYDAY = Path(__file__).parents[1] / "benchmarks" / "everyday" / "dev.tsv"
SENTENCES = ("猫在屋里", "屋里有一只猫", "明天下午3点开会", "怎么退货", "退货要几天")


@pytest.fixture(scope="module")
def onnx_matcher() -> TextMatcher:
    return TextMatcher.from_pretrained(CHECKPOINT, backend="onnx")


def assert_equal(matcher: TextMatcher, other: TextMatcher, pairs: list[tuple[str, str]]) -> None:
    for one, two in zip(matcher.predict(pairs), other.predict(pairs), strict=True):
        assert one.label == two.label
        assert list(one.probabilities.values()) == pytest.approx(list(two.probabilities.values()), abs=1e-5)
        assert (one.similarity, one.cosine) == pytest.approx((two.similarity, two.cosine), abs=1e-5)


def everyday_pairs() -> list[tuple[str, str]]:
    with EVERYDAY.open(encoding="utf-8") as file:
        return [(row["sentence1"], row["sentence2"]) for row in csv.DictReader(file, delimiter="\t")]


@pytest.mark.slow
def test_both_backends_give_the_same_answers(matcher: TextMatcher, onnx_matcher: TextMatcher) -> None:
    pairs = [*everyday_pairs()[::12], ("好", "很好" * 60), ("在", "不在")]
    assert_equal(matcher, onnx_matcher, pairs)
    sentences = [sentence for pair in pairs for sentence in pair][:65]
    assert torch.allclose(matcher.embed(sentences), onnx_matcher.embed(sentences), atol=1e-5)


@pytest.mark.slow
def test_no_verdict_of_many_pairs_differs(matcher: TextMatcher, onnx_matcher: TextMatcher) -> None:
    assert_equal(matcher, onnx_matcher, everyday_pairs())


@pytest.mark.parametrize(
    "config",
    [
        TINY,
        replace(TINY, graded=True, symmetric=False, labels=("a", "b", "c")),
        replace(TINY, sounds=False, knowledge=False, num_layers=2),
        replace(TINY, bidirectional=False),
    ],
)
def test_every_interaction_network_can_be_a_graph(config: ModelConfig) -> None:
    matcher = new_matcher(config, SENTENCES)
    other = TextMatcher(config, matcher.vocabulary, matcher.model, backend="onnx")
    assert_equal(matcher, other, [(one, two) for one in SENTENCES for two in SENTENCES])


def test_an_exported_file_has_scores_embeddings_and_attention(
    matcher: TextMatcher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "model.onnx"
    main(["export", str(CHECKPOINT), str(file)])
    assert "MB" in capsys.readouterr().err
    onnx.checker.check_model(onnx.load(file), full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    pairs = [("怎么退货", "退货要几天才到账"), ("明天开会", "明天要开会吗")]
    encode = matcher.vocabulary.encode
    sentences, flags = collate_flags([(encode(one, 99), encode(two, 99)) for one, two in pairs])
    feed = {name: each.numpy() for name, each in zip(INPUTS, (*sentences, flags), strict=True)}
    found: dict[str, Any] = dict(
        zip((each.name for each in session.get_outputs()), session.run(None, feed), strict=True)
    )
    predictions = matcher.predict(pairs)
    assert found["probabilities"][:, 1] == pytest.approx(
        [one.probabilities[matcher.labels[1]] for one in predictions], abs=1e-5
    )
    assert torch.sigmoid(torch.from_numpy(found["grade"])).tolist() == pytest.approx(
        [one.similarity for one in predictions], abs=1e-5
    )
    embeddings = torch.nn.functional.normalize(torch.from_numpy(found["embeddings"]))
    in_order = [pair[side] for side in (0, 1) for pair in pairs]
    assert torch.allclose(embeddings, matcher.embed(in_order), atol=1e-5)
    for number, (one, two) in enumerate(pairs):
        expected = matcher.attention(one, two)
        assert expected is not None
        there, back = (torch.from_numpy(found[name][number]) for name in ("attention", "attention_back"))
        assert torch.allclose(there[: len(one), : len(two)], expected[0], atol=1e-5)
        assert torch.allclose(back[: len(two), : len(one)], expected[1], atol=1e-5)


@pytest.mark.parametrize("name", ["onnx", "onnxruntime"])
def test_what_is_not_installed_is_named(name: str, matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=rf"{name} is not installed.*pip install onnx onnxruntime"):
        TextMatcher(matcher.config, matcher.vocabulary, matcher.model, backend="onnx")


def test_other_networks_backends_devices_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected one of the architecture interaction"):
        TextMatcher.from_pretrained(CHECKPOINT.parent / "siamese", backend="onnx")
    with pytest.raises(InputError, match="expected one of torch, onnx"):
        TextMatcher.from_pretrained(CHECKPOINT, backend="tpu")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected the device cpu, got meta"):
        TextMatcher.from_pretrained(CHECKPOINT, "meta", backend="onnx")
    with pytest.raises(InputError, match=r"output .*expected a name that ends in \.onnx"):
        main(["export", str(CHECKPOINT), str(tmp_path / "model.bin")])
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        main(["export", str(CHECKPOINT), str(tmp_path / "folder.onnx")])


def test_the_page_uses_onnx_runtime_where_it_is_faster(matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.demo.models.best_device", lambda: torch.device("cpu"))
    assert fastest_backend() == "onnx"
    models = Models(
        {name: CHECKPOINT.parent / name for name in ("default", "overlap")}, "cpu", backend=fastest_backend()
    )
    assert_equal(matcher, models["default"], [(SENTENCES[0], SENTENCES[1])])
    assert [models[name].backend for name in models.names] == ["onnx", "torch"]
    monkeypatch.setattr("textmatch.demo.models.best_device", lambda: torch.device("cuda"))
    assert fastest_backend() == "torch"
