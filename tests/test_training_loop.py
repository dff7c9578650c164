"""textmatch.training.loop: learn, keep the best epoch on dev, repeat exactly, resume, start from checkpoints."""

import errno
import hashlib
import json
import math
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import LoggerType
from safetensors.torch import load_file
from torch import nn

from textmatch import CheckpointError, DataError, TextMatcher, TextMatchError, evaluation, metrics
from textmatch.config import PRESETS, Arch, ModelConfig, TrainConfig
from textmatch.files import DataOptions, Pair, Splits, load_splits
from textmatch.models import InteractionLSTM, TextMatchingLSTM
from textmatch.training import card, loop, losses
from textmatch.training.device import supports_bf16
from textmatch.training.loop import RunOptions, fit

MATCHED = [
    ("怎么给手机充话费", "手机话费如何充值"),
    ("附近有什么好吃的面馆", "哪家面馆离这里近又好吃"),
    ("孩子发烧了该怎么办", "小孩发热要怎么处理"),
    ("明天会下雨吗", "明天有没有雨"),
    ("怎样学好游泳", "学游泳有什么方法"),
    ("这件毛衣可以机洗吗", "毛衣能不能用洗衣机洗"),
    ("去机场坐几号线", "到机场要乘哪条地铁"),
    ("电脑开不了机怎么修", "电脑无法启动如何解决"),
]
NOT_MATCHED = [
    ("怎么给手机充话费", "怎么给手机换屏幕"),
    ("附近有什么好吃的面馆", "附近有什么好玩的公园"),
    ("孩子发烧了该怎么办", "孩子不爱吃饭怎么办"),
    ("明天会下雨吗", "明天是星期几"),
    ("怎样学好游泳", "哪里可以学钢琴"),
    ("这件毛衣可以机洗吗", "这件毛衣多少钱"),
    ("去机场坐几号线", "去火车站坐几号线"),
    ("电脑开不了机怎么修", "电脑什么牌子好"),
]
PAIRS = [Pair(*pair, "1") for pair in MATCHED] + [Pair(*pair, "0") for pair in NOT_MATCHED]
# Dev pairs are unlike the train pairs, so dev accuracy goes up and down while train accuracy rises.
DEV = [
    Pair("怎么给电脑换屏幕", "电脑屏幕如何更换", "1"),
    Pair("明天是不是晴天", "明天天气晴吗", "1"),
    Pair("哪里可以学游泳", "学游泳去哪里好", "1"),
    Pair("去公园坐几号线", "到公园要乘哪条地铁", "1"),
    Pair("孩子不爱喝水怎么办", "孩子不爱睡觉怎么办", "0"),
    Pair("这件大衣可以机洗吗", "这件大衣哪里买的", "0"),
    Pair("明天有没有课", "明天有没有雨", "0"),
    Pair("手机无法启动如何解决", "手机话费如何充值", "0"),
]
# Nearly the train pairs, with two wrong labels: a network that learned train is good here, but not perfect.
NEARLY = [*PAIRS[:7], *PAIRS[8:15], Pair(*MATCHED[7], "0"), Pair(*NOT_MATCHED[7], "1")]
SIZES: dict[str, Any] = {"character_dim": 16, "word_dim": 16, "hidden_size": 16, "embedding_dim": 16}
TINY: dict[str, ModelConfig] = {arch: replace(model, dropout=0.0, **SIZES) for arch, (model, _) in PRESETS.items()}
QUICK = TrainConfig(
    epochs=3,
    batch_size=4,
    learning_rate=5e-3,
    min_characters=1,
    min_words=1,
    ema_decay=0.5,
    augmented_pairs=0.0,
    template_pairs=0.0,
    transitive_pairs=0.0,
)
BY_HEART: dict[Arch, TrainConfig] = {
    "interaction": replace(QUICK, epochs=8, learning_rate=2e-2, token_dropout=0.0),
    "siamese": replace(QUICK, epochs=12, batch_size=2, learning_rate=1e-2, token_dropout=0.0),
}
NETWORKS: dict[Arch, type[nn.Module]] = {"interaction": InteractionLSTM, "siamese": TextMatchingLSTM}
ARCHS: tuple[Arch, ...] = ("interaction", "siamese")


@pytest.fixture(scope="module", autouse=True)
def _quick_ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A few pairs of the behaviour suite and no pictures: every run here ends with both, and they take longest."""
    lines = evaluation.SUITE.read_text(encoding="utf-8").splitlines()
    short = tmp_path_factory.mktemp("suite") / "behaviour.tsv"
    short.write_text("\n".join([lines[0], *lines[1::100]]), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(evaluation, "SUITE", short)
        patched.setattr(card, "attachments", lambda _: {})
        yield


def splits(train: list[Pair] = PAIRS, dev: list[Pair] = DEV, test: list[Pair] | None = None) -> Splits:
    digest = hashlib.sha256(repr((train, dev, test)).encode()).hexdigest()
    return Splits(train, dev, test, {"train.tsv": digest}, "self-written")


def run(
    output: Path,
    data: Splits | None = None,
    model: ModelConfig = TINY["interaction"],
    config: TrainConfig = QUICK,
    **options: Any,
) -> dict[str, Any]:
    """Train on the CPU in float32 and return the record."""
    fit(data or splits(), model, config, output, RunOptions(**{"device": "cpu", "precision": "no"} | options))
    return record(output)


def record(output: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    return values


def history(output: Path) -> list[dict[str, Any]]:
    """The figures of each epoch without its time."""
    return [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in record(output)["history"]]


def weights(output: Path) -> bytes:
    return (output / "model.safetensors").read_bytes()


def interrupt(
    monkeypatch: pytest.MonkeyPatch, arch: Arch, epoch: int, error: type[BaseException] = KeyboardInterrupt
) -> None:
    """Press Ctrl-C in the second of the four steps of `epoch`."""
    kind, left = NETWORKS[arch], [(epoch - 1) * 4 + 1]
    forward: Callable[..., Any] = kind.forward

    def counting(self: Any, *arguments: Any) -> Any:
        if self.training:
            if left[0] == 0:
                raise error
            left[0] -= 1
        return forward(self, *arguments)

    monkeypatch.setattr(kind, "forward", counting)


def script_dev(monkeypatch: pytest.MonkeyPatch, *accuracies: float) -> None:
    """Let the first evaluations on dev find these accuracies; without any, higher ones each time."""
    compute, script = metrics.compute_metrics, iter(accuracies or (number / 100 for number in count(1)))

    def scripted(*arguments: Any) -> metrics.Metrics:
        figures = compute(*arguments)
        return replace(figures, accuracy=next(script, figures.accuracy))

    monkeypatch.setattr(metrics, "compute_metrics", scripted)


# Learning


@pytest.fixture(scope="module", params=ARCHS)
def by_heart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that was trained until it knew its pairs."""
    output = tmp_path_factory.mktemp("by-heart") / str(request.param)
    run(output, splits(PAIRS, PAIRS), TINY[request.param], BY_HEART[request.param])
    return output


@pytest.mark.slow
def test_a_handful_of_pairs_is_learned_by_heart(by_heart: Path) -> None:
    assert record(by_heart)["dev"]["accuracy"] == 1.0
    assert history(by_heart)[-1]["train_accuracy"] == 1.0
    matcher = TextMatcher.from_pretrained(by_heart, "cpu")
    predicted = [prediction.label for prediction in matcher.predict([pair[:2] for pair in PAIRS])]
    assert predicted == ["Matched" if pair.label == "1" else "Not Matched" for pair in PAIRS]


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["interaction", pytest.param("siamese", marks=pytest.mark.slow)])
def test_three_classes_end_to_end_with_the_datas_own_names(tmp_path: Path, arch: Arch) -> None:
    names = ("无关", "相关", "相同")
    pairs = [Pair(*pair, "2") for pair in MATCHED[:5]] + [Pair(*pair, "1") for pair in NOT_MATCHED[:5]]
    pairs += [Pair(one[0], other[1], "0") for one, other in zip(MATCHED[:5], MATCHED[3:], strict=True)]
    data = splits(pairs, pairs, pairs)._replace(labels=names)
    longer = replace(BY_HEART[arch], epochs=2 * BY_HEART[arch].epochs)
    figures = run(tmp_path / "model", data, TINY[arch], longer)["test"]
    assert len(figures["confusion"]) == 3
    assert figures["spearman"] is None
    matcher = TextMatcher.from_pretrained(tmp_path / "model", "cpu")
    assert matcher.labels == names
    right = [
        p.label == names[int(pair.label)]
        for p, pair in zip(matcher.predict([p[:2] for p in pairs]), pairs, strict=True)
    ]
    assert sum(right) / len(right) == pytest.approx(figures["accuracy"])
    assert figures["accuracy"] >= (0.9 if arch == "interaction" else 0.6)  # one cosine cannot tell three classes well


@pytest.mark.slow
def test_what_the_classes_are_called_makes_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = replace(QUICK, epochs=1, augmented_pairs=1.0, transitive_pairs=0.9)
    plain = run(tmp_path / "plain", model=TINY["siamese"], config=config)
    named = run(tmp_path / "named", splits()._replace(labels=("非同义", "同义")), TINY["siamese"], config)
    assert "classes: 非同义, 同义 (同义: the sentences match)" in capsys.readouterr().out
    assert weights(tmp_path / "plain") == weights(tmp_path / "named")
    assert [named[part] for part in ("dev", "behaviour")] == [plain[part] for part in ("dev", "behaviour")]
    assert TextMatcher.from_pretrained(tmp_path / "named", "cpu").labels == ("非同义", "同义")


NAMINGS = (
    *(("相似", "不相似"), ("同义", "非同义"), ("match", "no match"), ("yes", "no"), ("True", "False")),
    *(("1", "0"), ("1.0", "0.0")),
)
"""Of a match and of none; the alphabet puts some of them first and some last."""


@pytest.mark.slow
@pytest.mark.parametrize("start", [False, True], ids=["from nothing", "from a checkpoint"])
def test_seven_namings_in_files_give_the_same_figures_and_similarity(tmp_path: Path, start: bool) -> None:
    """From the file to the checkpoint, also where the classifier is that of a checkpoint with names of its own."""
    init = [tmp_path / "start"] if start else []
    if start:
        named = splits()._replace(labels=("否", "是"))
        run(tmp_path / "start", named, TINY["interaction"], BY_HEART["interaction"])
    config = replace(QUICK, epochs=1 - start, transitive_pairs=0.9)  # 0: the classifier as it is
    told = {}
    for names in NAMINGS:
        data = tmp_path / names[0]
        data.mkdir()
        for split, pairs in (("train", PAIRS), ("dev", NEARLY)):
            rows = [(*pair[:2], names[pair.label == "0"]) for pair in pairs]
            lines = "".join("\t".join(row) + "\n" for row in [("sentence1", "sentence2", "label"), *rows])
            (data / f"{split}.tsv").write_text(lines, encoding="utf-8")
        output = tmp_path / "out" / names[0]
        figures = run(output, load_splits(data), TINY["interaction"], config, init=init)["dev"]
        matcher = TextMatcher.from_pretrained(output, "cpu")
        predictions = matcher.predict([*MATCHED, *NOT_MATCHED])
        shown = ("Matched", "Not Matched") if names[0] in ("1", "1.0") else names
        assert matcher.labels == shown[::-1]
        told[names] = (
            figures,
            [prediction.similarity for prediction in predictions],
            [prediction.probabilities[shown[0]] for prediction in predictions],
        )
    assert all(values == told["1", "0"] for values in told.values())
    assert not start or told["1", "0"][0]["accuracy"] > 0.8  # and not upside down


@pytest.mark.slow
def test_a_network_that_is_not_symmetric_tells_the_two_sentences_apart(tmp_path: Path) -> None:
    run(tmp_path / "model", model=replace(TINY["default"], symmetric=False), config=replace(QUICK, epochs=1))
    matcher = TextMatcher.from_pretrained(tmp_path / "model", "cpu")
    one, other = matcher.predict([MATCHED[0], MATCHED[0][::-1]])
    assert one.probabilities != other.probabilities


# What is kept and recorded


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with all three splits."""
    output = tmp_path_factory.mktemp("trained") / "model"
    data = splits(dev=NEARLY, test=DEV)
    run(output, data, config=replace(QUICK, epochs=8, seed=5), command="python train.py --seed 5")
    return output


@pytest.mark.slow
@pytest.mark.parametrize(("split", "pairs"), [("dev", NEARLY), ("test", DEV)])
def test_the_checkpoint_reaches_the_figures_that_it_claims(trained: Path, split: str, pairs: list[Pair]) -> None:
    predictions = TextMatcher.from_pretrained(trained, "cpu").predict([pair[:2] for pair in pairs])
    figures = metrics.compute_metrics(
        torch.tensor([list(prediction.probabilities.values()) for prediction in predictions]),
        torch.tensor([prediction.similarity for prediction in predictions]),
        torch.tensor([int(pair.label) for pair in pairs]),
    )
    claimed = record(trained)[split]
    assert figures.pairs == claimed["pairs"] == len(pairs)
    assert [list(row) for row in figures.confusion] == claimed["confusion"]
    for name in ("accuracy", "f1", "auc", "spearman", "ece", "brier"):
        assert getattr(figures, name) == pytest.approx(claimed[name], abs=1e-4), name


def test_the_checkpoint_is_calibrated_on_dev(trained: Path) -> None:
    assert record(trained)["dev"]["accuracy"] > 0.7
    predictions = TextMatcher.from_pretrained(trained, "cpu").predict([pair[:2] for pair in NEARLY])
    calibrated = torch.tensor([list(p.probabilities.values()) for p in predictions], dtype=torch.float64).log()
    labels = torch.tensor([int(pair.label) for pair in NEARLY])
    stored = load_file(trained / "model.safetensors")
    logits = (calibrated - stored["calibration.bias"]) * stored["calibration.temperature"]
    temperature, bias = metrics.fit_calibration(logits, labels)
    assert temperature == pytest.approx(float(stored["calibration.temperature"]), abs=0.02)
    assert bias == pytest.approx(stored["calibration.bias"].tolist(), abs=0.02)
    assert temperature != 1.0


def test_the_record_says_how_to_get_the_figures_again(trained: Path) -> None:
    said = record(trained)
    assert said["training"]["seed"] == 5
    assert said["command"] == "python train.py --seed 5"
    data = splits(dev=NEARLY, test=DEV)
    assert said["data_sha256"] == {f"self-written/{name}": digest for name, digest in data.sources.items()}
    assert (said["device"], said["precision"]) == ("cpu", "no")
    assert said["versions"]["torch"] == torch.__version__
    stored = load_file(trained / "model.safetensors")
    assert said["parameters"] == sum(w.numel() for name, w in stored.items() if not name.startswith("calibration."))
    assert [epoch["epoch"] for epoch in said["history"]] == list(range(1, 9))


def test_the_vocabulary_is_of_train_alone_and_travels_with_the_weights(trained: Path) -> None:
    vocabulary = json.loads((trained / "vocabulary.json").read_text(encoding="utf-8"))
    shown = {character for pair in PAIRS for sentence in pair[:2] for character in sentence}
    assert set(vocabulary["characters"][2:]) == shown
    only_in_dev = {character for pair in DEV for sentence in pair[:2] for character in sentence} - shown
    assert only_in_dev
    (prediction,) = TextMatcher.from_pretrained(trained, "cpu").predict([(DEV[1].sentence1, "明天")])
    assert set(prediction.unknown[0]) <= only_in_dev


@pytest.mark.slow
def test_the_epoch_kept_is_the_first_best_on_dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scripted_run(*accuracies: float) -> bytes:
        """Train for as many epochs as there are accuracies."""
        # With a constant learning rate, a run that stops at the best epoch ends in the same weights.
        config = replace(QUICK, epochs=len(accuracies), warmup=-1.0, ema_decay=0.0)
        output = tmp_path / str(len(accuracies))
        with monkeypatch.context() as patched:
            script_dev(patched, *accuracies)
            run(output, model=TINY["siamese"], config=config)
        assert [epoch["dev_accuracy"] for epoch in history(output)] == list(accuracies)
        return weights(output)

    kept = scripted_run(0.5, 0.8, 0.7, 0.8)
    assert kept == scripted_run(0.5, 0.8)
    assert kept != scripted_run(0.5)


@pytest.mark.slow
def test_test_pairs_choose_nothing(tmp_path: Path) -> None:
    flipped = [pair._replace(label="10"[int(pair.label)]) for pair in DEV]
    for name, test in (("one", DEV), ("other", flipped)):
        data = splits(test=test)._replace(sources={})
        run(tmp_path / name, data, TINY["siamese"], replace(QUICK, epochs=2))
    assert weights(tmp_path / "one") == weights(tmp_path / "other")
    assert record(tmp_path / "one")["test"] != record(tmp_path / "other")["test"]


@pytest.mark.slow
@pytest.mark.parametrize("length_prior", [True, False])
def test_a_rare_class_counts_as_much_if_the_classes_are_balanced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], length_prior: bool
) -> None:
    """With two of 24 pairs "always no" is right for 92%."""
    pairs = [PAIRS[0], PAIRS[5], *[pair for pair in PAIRS if pair.label == "0"] * 2, *PAIRS[8:14]]
    config = replace(QUICK, epochs=1, learning_rate=1e-4, length_prior=length_prior, metric="f1")
    shares = []
    for name in ("none", "balanced"):
        run(tmp_path / name, splits(pairs, pairs), TINY["siamese"], replace(config, class_weights=name))
        matcher = TextMatcher.from_pretrained(tmp_path / name, "cpu")
        matched = [p.probabilities["Matched"] for p in matcher.predict([pair[:2] for pair in pairs])]
        shares.append(sum(matched) / len(pairs))
    assert shares[0] < 0.2
    assert shares[1] > 0.35
    said = capsys.readouterr().out
    assert "  dev F1 " in said
    assert (
        said.count("train has 2 pairs of the class Matched, of 24; --class-weights balanced") == 1
    )  # not once it is on


@pytest.mark.slow
def test_the_metric_chooses_the_epoch_and_patience_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script_dev(monkeypatch, 0.5, 0.6, 0.8, 0.9, 0.9)
    auc = iter((0.7, 0.9, 0.9, 0.8, 0.7))
    compute = metrics.compute_metrics
    monkeypatch.setattr(metrics, "compute_metrics", lambda *given: replace(compute(*given), auc=next(auc, 0.5)))
    config = replace(QUICK, epochs=5, metric="auc", patience=2)
    run(tmp_path / "model", model=TINY["siamese"], config=config)
    assert [epoch["dev_auc"] for epoch in history(tmp_path / "model")] == [0.7, 0.9, 0.9, 0.8]
    printed = capsys.readouterr().out
    assert "stopped: no epoch after epoch 2 was better on dev" in printed
    assert "dev F1" not in printed
    assert "Epoch 2 of 4 was best on dev." in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rate", [1e6, 1e30])
def test_a_run_that_diverges_says_so(tmp_path: Path, rate: float) -> None:
    with pytest.raises(TextMatchError, match=r"diverged.*expected a lower learning rate"):
        run(tmp_path / "model", config=replace(QUICK, epochs=1, learning_rate=rate, max_grad_norm=1e9))


@pytest.mark.parametrize(
    ("factor", "steps", "message"),
    [(math.nan, 1, "the loss is no number"), (math.inf, 1, "the loss is no number"), (200, 4, r"the loss is \d+")],
    ids=["nan", "infinite", "absurd"],
)
def test_a_loss_that_has_diverged_stops_the_first_batch_or_the_first_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: float, steps: int, message: str
) -> None:
    """It was told after all epochs."""
    seen: list[float] = []
    given = losses.training_loss

    def scaled(*arguments: Any) -> torch.Tensor:
        loss = given(*arguments)
        seen.append(float(loss.detach()))
        return loss * factor

    monkeypatch.setattr(loop, "training_loss", scaled)
    with pytest.raises(TextMatchError, match=f"diverged: {message}.*; expected a lower learning rate"):
        run(tmp_path / "model", model=TINY["siamese"])
    assert len(seen) == steps
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_learns_nothing_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each similarity is 1, and only JSON's own numbers are in the record."""
    monkeypatch.setattr(loop, "ABSURD_LOSS", math.inf)
    run(tmp_path / "model", config=replace(QUICK, epochs=2, learning_rate=100))
    assert "NaN" not in (tmp_path / "model" / "metrics.json").read_text(encoding="utf-8")


# The same again


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_figures_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        torch.manual_seed(len(name))  # what happened before in this process makes no difference
        config = replace(QUICK, epochs=1, seed=seed)
        run(tmp_path / name, model=replace(TINY["interaction"], dropout=0.3), config=config)
    assert weights(tmp_path / "one") == weights(tmp_path / "same") != weights(tmp_path / "other")
    assert history(tmp_path / "one") == history(tmp_path / "same") != history(tmp_path / "other")


@pytest.mark.parametrize(("arch", "done"), [("siamese", 1), pytest.param("interaction", 2, marks=pytest.mark.slow)])
def test_a_resumed_run_ends_as_if_it_had_not_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arch: Arch, done: int
) -> None:
    model, config = replace(TINY[arch], dropout=0.3), replace(QUICK, token_dropout=0.2, ema_decay=0.9)
    with monkeypatch.context() as patched:
        script_dev(patched)
        unbroken = run(tmp_path / "unbroken", model=model, config=config)
    script_dev(monkeypatch)
    with monkeypatch.context() as patched:
        interrupt(patched, arch, epoch=done + 1)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "broken", model=model, config=config)
    assert not (tmp_path / "broken").exists()
    torch.manual_seed(99)
    resumed = run(tmp_path / "broken", model=model, config=config, resume=True)
    assert weights(tmp_path / "broken") == weights(tmp_path / "unbroken")
    assert history(tmp_path / "broken") == history(tmp_path / "unbroken")
    assert resumed["dev"] == unbroken["dev"]


def test_a_finished_run_leaves_its_checkpoint_and_nothing_to_resume(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [file.name for file in trained.parent.iterdir()] == [trained.name]
    kept = weights(trained)
    interrupt(monkeypatch, "interaction", epoch=1, error=AssertionError)
    with pytest.raises(TextMatchError, match="no run to resume: it is finished"):
        run(trained, splits(dev=NEARLY, test=DEV), config=replace(QUICK, epochs=8, seed=5), resume=True)
    assert weights(trained) == kept


@pytest.mark.slow
def test_a_run_that_is_killed_once_it_is_trained_is_finished_by_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, model = replace(QUICK, epochs=1), TINY["siamese"]
    with monkeypatch.context() as patched:
        patched.setattr(card, "text", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "model", model=model, config=config)
    interrupt(monkeypatch, "siamese", epoch=1, error=AssertionError)
    run(tmp_path / "model", model=model, config=config, resume=True)
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_a_checkpoint_is_replaced_only_if_asked(trained: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "model")
    config, model = replace(QUICK, epochs=1), TINY["siamese"]
    with pytest.raises(CheckpointError, match=r"model: there is a checkpoint already; expected .*--overwrite"):
        run(tmp_path / "model", model=model, config=config)
    assert weights(tmp_path / "model") == weights(trained)
    with monkeypatch.context() as patched:
        interrupt(patched, "siamese", epoch=1)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "model", model=model, config=config, overwrite=True)
    assert weights(tmp_path / "model") == weights(trained)  # until the new one is whole
    run(tmp_path / "model", model=model, config=config, overwrite=True)
    assert weights(tmp_path / "model") != weights(trained)


def test_an_output_that_cannot_be_written_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, "interaction", epoch=1, error=AssertionError)
    (tmp_path / "file").touch()
    with pytest.raises(TextMatchError, match=r"model: cannot be written: (Not a directory|File exists)"):
        run(tmp_path / "file" / "model")
    (tmp_path / "model.training").touch()
    with pytest.raises(TextMatchError, match=r"model\.training: cannot be written: Not a directory"):
        run(tmp_path / "model")


@pytest.mark.slow
def test_the_log_has_the_figures_of_steps_and_epochs_and_is_not_replaced_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textmatch.training.loop.LOG_STEPS", 2)
    log = tmp_path / "log.jsonl"
    config, model = replace(QUICK, epochs=2), TINY["siamese"]
    epochs = run(tmp_path / "model", model=model, config=config, log=log)["history"]
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    within = [line for line in lines if "learning_rate" in line]
    ends = [line for line in lines if "dev_accuracy" in line]
    assert within
    assert all(line["step"] % 2 == 0 and line.keys() >= {"epoch", "loss", "train_accuracy"} for line in within)
    assert [line["step"] for line in ends] == [ends[0]["step"], 2 * ends[0]["step"]]
    assert [line | {"seconds": epoch["seconds"]} for line, epoch in zip(ends, epochs, strict=True)] == [
        {"step": line["step"], **epoch} for line, epoch in zip(ends, epochs, strict=True)
    ]
    interrupt(monkeypatch, "siamese", epoch=1, error=AssertionError)
    with pytest.raises(TextMatchError, match=r"--log .*log\.jsonl: the file is there already; .*--overwrite"):
        run(tmp_path / "other", model=model, config=config, log=log)
    with pytest.raises(TextMatchError, match=r"--log .*: cannot be written: No such file"):
        run(tmp_path / "other", model=model, config=config, log=tmp_path / "nowhere" / "log.jsonl")


@pytest.mark.slow
def test_an_interrupted_log_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, model, log = replace(QUICK, epochs=2), TINY["siamese"], tmp_path / "log.jsonl"
    with monkeypatch.context() as patched:
        interrupt(patched, "siamese", epoch=2)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "model", model=model, config=config, log=log)
    run(tmp_path / "model", model=model, config=config, log=log, resume=True)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [line["epoch"] for line in lines if "dev_accuracy" in line] == [1, 2]


@pytest.mark.slow
def test_tensorboard_gets_the_figures_and_a_missing_tracker_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = replace(QUICK, epochs=1)
    run(tmp_path / "model", model=TINY["siamese"], config=config, report_to=["tensorboard"])
    events = b"".join(file.read_bytes() for file in (tmp_path / "runs" / "model").rglob("*tfevents*"))
    assert b"dev_accuracy" in events
    monkeypatch.setattr("textmatch.training.log.get_available_trackers", list)
    with pytest.raises(TextMatchError, match=r"--report-to trackio: .* not installed; expected pip install trackio"):
        run(tmp_path / "other", report_to=["trackio"])


def test_trackio_gets_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By accelerate's own tracker; the package would bring another event loop to all servers of these tests."""
    trackio = Mock()
    monkeypatch.setitem(sys.modules, "trackio", trackio)
    monkeypatch.setattr("accelerate.tracking._available_trackers", [LoggerType.TRACKIO])
    config = replace(QUICK, epochs=2)
    run(tmp_path / "model", model=TINY["siamese"], config=config, report_to=["trackio"])
    trackio.init.assert_called_once_with(project="model")
    assert trackio.config.update.call_args.args[0]["learning_rate"] == config.learning_rate
    sent = [call.args[0] for call in trackio.init.return_value.log.call_args_list]
    assert [figures["epoch"] for figures in sent if "dev_accuracy" in figures] == [1, 2]
    trackio.init.return_value.finish.assert_called()


def test_there_must_be_a_run_to_resume(tmp_path: Path) -> None:
    with pytest.raises(TextMatchError, match="resume"):
        run(tmp_path / "model", resume=True)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run that was stopped in its second epoch."""
    output = tmp_path_factory.mktemp("interrupted") / "model"
    with pytest.MonkeyPatch.context() as patched:
        interrupt(patched, "interaction", epoch=2)
        with pytest.raises(KeyboardInterrupt):
            run(output)
    return output


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [
        {"data": splits(PAIRS[1:])},
        {"config": replace(QUICK, learning_rate=1e-4)},
        {"config": replace(QUICK, epochs=5)},
        {"config": replace(QUICK, seed=2)},
        {"model": replace(TINY["interaction"], dropout=0.1)},
        {"model": TINY["siamese"]},
        {"dev_also": DEV},
    ],
    ids=["data", "rate", "epochs", "seed", "dropout", "arch", "dev"],
)
def test_only_the_same_data_and_settings_resume(interrupted: Path, changed: dict[str, Any]) -> None:
    kept = (interrupted.with_name("model.training") / "progress.json").read_bytes()
    with pytest.raises(TextMatchError, match=r"progress\.json: .*other data or settings"):
        run(interrupted, **changed, resume=True)
    assert (interrupted.with_name("model.training") / "progress.json").read_bytes() == kept


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("progress.json", b"{"),
        ("progress.json", b"[]"),
        ("progress.json", b'{"identity": {}, "history": [{"epoch": 1}]}'),
        ("progress.json", b"[" * 100_000),
        ("epoch-1/model.safetensors", b"no weights"),
        ("epoch-1/optimizer.bin", b""),
    ],
    ids=["cut", "list", "epoch", "nested", "weights", "optimizer"],
)
def test_a_damaged_state_is_named(interrupted: Path, tmp_path: Path, name: str, content: bytes) -> None:
    state = tmp_path / "model.training"
    shutil.copytree(interrupted.with_name(state.name), state)
    (state / name).write_bytes(content)
    where = re.escape(str(state / name.split("/")[0]))
    with pytest.raises(
        TextMatchError, match=f"^{where}: damaged, so the run cannot be resumed: .*expected --overwrite"
    ):
        run(tmp_path / "model", resume=True)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("accelerate.Accelerator.save_state", RuntimeError("file write failed")),
        ("textmatch.training.state.save_file", OSError(errno.ENOSPC, "No space left on device")),
    ],
    ids=["state", "weights"],
)
def test_a_full_disk_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception
) -> None:
    monkeypatch.setattr(place, Mock(side_effect=error))
    with pytest.raises(TextMatchError, match=r"model\.training: .*cannot be saved: .*(space|failed)[^;]*$"):
        run(tmp_path / "model", model=TINY["siamese"], config=replace(QUICK, epochs=1))


def test_what_was_saved_before_the_disk_was_full_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Accelerator.save_state

    def fill_up(self: Accelerator, folder: str) -> None:
        if folder.endswith("epoch-2"):
            raise OSError(errno.ENOSPC, "No space left on device")
        save(self, folder)

    monkeypatch.setattr(Accelerator, "save_state", fill_up)
    with pytest.raises(TextMatchError, match=r"cannot be saved: .* space .*; the same command with --resume continues"):
        run(tmp_path / "model", model=TINY["siamese"], config=replace(QUICK, epochs=2))


def test_finished_epochs_are_only_deleted_if_asked(
    interrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command without --resume deleted them."""
    state = tmp_path / "model.training"
    shutil.copytree(interrupted.with_name(state.name), state)
    kept = (state / "progress.json").read_bytes()
    interrupt(monkeypatch, "interaction", epoch=1, error=AssertionError)
    with pytest.raises(
        TextMatchError,
        match=r"model\.training: there are finished epochs .* --resume to continue it, or --overwrite to",
    ):
        run(tmp_path / "model")
    assert (state / "progress.json").read_bytes() == kept
    with pytest.raises(AssertionError):
        run(tmp_path / "model", overwrite=True)
    assert not state.exists()


def test_a_state_without_a_finished_epoch_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.training" / "epoch-1").mkdir(parents=True)
    interrupt(monkeypatch, "interaction", epoch=1, error=AssertionError)
    with pytest.raises(AssertionError):
        run(tmp_path / "model")


def test_what_was_begun_to_be_deleted_cannot_be_resumed(
    interrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill while the state of a run is deleted."""
    state = tmp_path / "model.training"
    shutil.copytree(interrupted.with_name(state.name), state)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "model", overwrite=True)
    with pytest.raises(TextMatchError, match=r"progress\.json: missing, so there is no run to resume"):
        run(tmp_path / "model", resume=True)


@pytest.mark.slow
def test_a_fresh_start_forgets_an_interrupted_run(interrupted: Path, tmp_path: Path) -> None:
    shutil.copytree(interrupted.with_name("model.training"), tmp_path / "again.training")
    config = replace(QUICK, epochs=1, seed=8)
    run(tmp_path / "again", config=config, overwrite=True)
    run(tmp_path / "fresh", config=config)
    assert weights(tmp_path / "again") == weights(tmp_path / "fresh")


# What cannot be trained


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (splits(train=PAIRS[:8]), "label"),
        (splits(dev=[pair._replace(label="2") for pair in DEV]), "dev: "),
        (splits(dev=DEV[:4]), "dev: "),
        (splits(dev=[]), "dev: "),
        (splits(test=DEV[:3]), "test: "),
    ],
    ids=["one class", "unknown label", "dev lacks a class", "empty dev", "test lacks a class"],
)
def test_data_that_cannot_be_trained_on_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Splits, message: str
) -> None:
    interrupt(monkeypatch, "interaction", epoch=1, error=AssertionError)
    with pytest.raises(DataError, match=message):
        run(tmp_path / "model", data)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_bf16_trains_where_the_device_can_and_is_refused_where_it_cannot(tmp_path: Path) -> None:
    config = replace(QUICK, epochs=1)
    run(tmp_path / "float32", config=config)  # the second run in a process may use another precision
    if supports_bf16(torch.device("cpu")):
        assert run(tmp_path / "bf16", config=config, precision="bf16")["precision"] == "bf16"
        assert weights(tmp_path / "bf16") != weights(tmp_path / "float32")
    else:
        with pytest.raises(TextMatchError, match=r"precision bf16: this CPU .*; expected no"):
            run(tmp_path / "bf16", config=config, precision="bf16")
        assert not list(tmp_path.glob("bf16*"))


# Other corpora, and checkpoints to start from


@pytest.mark.slow
def test_other_corpora_are_trained_on_and_evaluated_apart(tmp_path: Path) -> None:
    other = Splits(NEARLY, DEV[1:7], DEV, {"train.tsv": "1"}, "other")
    said = run(tmp_path / "model", config=replace(QUICK, epochs=1), also=[other])
    assert "test" not in said  # the main corpus has no test split
    assert said["corpora"]["other"]["split"] == "test"
    assert said["corpora"]["other"]["pairs"] == len(DEV)
    assert said["data_sha256"]["other/train.tsv"] == "1"
    assert "| other | test | 8 |" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    with pytest.raises(DataError, match="other, dev: expected the labels"):
        run(tmp_path / "none", also=[other._replace(dev=[Pair("天冷", "天热", "x")])])


def test_a_few_corrections_are_trained_on_without_figures_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "corrections.jsonl"  # as the page makes it
    file.write_text('{"sentence1": "天冷", "sentence2": "天热", "label": 0}\n', encoding="utf-8")
    given = load_splits(file, DataOptions(labels=splits().labels))
    said = run(tmp_path / "model", config=replace(QUICK, epochs=1), also=[given])
    assert said["corpora"] == {"corrections": {}}
    assert math.isfinite(said["history"][0]["loss"])  # although the corrections have one class only
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "self-written, corrections" in card
    assert "Other corpora" not in card


@pytest.mark.slow
def test_made_pairs_are_trained_on_as_often_as_asked_but_bring_no_characters(tmp_path: Path) -> None:
    made = Splits([Pair("龘龘龘", "龘龘龘靐", "0"), Pair("靐", "靐", "1")], DEV, None, {}, "made")
    said = run(tmp_path / "model", config=replace(QUICK, epochs=1), generated=[made], weights=[0.5])
    assert said["weights"] == {"self-written": 1.0, "made": 0.5}
    assert said["corpora"]["made"]["pairs"] == len(DEV)
    assert "龘" not in (tmp_path / "model" / "vocabulary.json").read_text(encoding="utf-8")
    with pytest.raises(TextMatchError, match="weights: expected 1, one for each further corpus, got 2"):
        run(tmp_path / "none", generated=[made], weights=[1.0, 2.0])


@pytest.mark.slow
def test_further_dev_pairs_weigh_as_much_as_dev_where_an_epoch_is_chosen(tmp_path: Path) -> None:
    wrong = [pair._replace(label="10"[int(pair.label)]) for pair in DEV[:2]]
    said = run(tmp_path / "model", config=replace(QUICK, epochs=1), dev_also=wrong)
    assert said["dev_also_pairs"] == 2
    assert sum(map(sum, said["dev_also_scores"])) == 2
    alone = run(tmp_path / "alone", config=replace(QUICK, epochs=1))
    assert said["history"][0]["dev_auc"] != alone["history"][0]["dev_auc"]
    assert said["dev"]["pairs"] == len(DEV)  # the figures of the checkpoint are those of its own dev split


def test_a_run_starts_from_a_checkpoint_with_its_vocabulary_sizes_and_weights(trained: Path, tmp_path: Path) -> None:
    config = replace(QUICK, epochs=1, learning_rate=1e-9, ema_decay=0.0)
    fewer, larger = splits(PAIRS[4:12]), replace(TINY["default"], hidden_size=5)
    run(tmp_path / "fine-tuned", fewer, larger, config, init=[trained])
    before, after = load_file(trained / "model.safetensors"), load_file(tmp_path / "fine-tuned" / "model.safetensors")
    assert before.keys() == after.keys()
    for name in before:
        if not name.startswith("calibration."):
            torch.testing.assert_close(before[name], after[name], atol=1e-3, rtol=0)
    assert (trained / "vocabulary.json").read_bytes() == (tmp_path / "fine-tuned" / "vocabulary.json").read_bytes()
    ours, theirs = (json.loads((folder / "config.json").read_text()) for folder in (tmp_path / "fine-tuned", trained))
    assert ours["model"] == theirs["model"]


@pytest.mark.slow
def test_several_starts_are_averaged_and_without_an_epoch_that_is_the_checkpoint(trained: Path, tmp_path: Path) -> None:
    run(tmp_path / "other", config=replace(QUICK, epochs=1, seed=9), init=[trained], command="python train.py other")
    starts = [trained, tmp_path / "other"]
    said = run(tmp_path / "mean", config=replace(QUICK, epochs=0), init=starts)
    one, two, mean = (load_file(folder / "model.safetensors") for folder in (*starts, tmp_path / "mean"))
    assert any(not torch.equal(one[name], two[name]) for name in one)
    for name in one:
        if not name.startswith("calibration."):
            middle = (one[name].float() + two[name].float()) / 2
            torch.testing.assert_close(mean[name].float(), middle, atol=1e-3, rtol=1e-3)  # stored in half precision
    assert said["history"] == []
    assert [start["command"] for start in said["init"]["mean_of"]] == [
        "python train.py --seed 5",
        "python train.py other",
    ]
    assert TextMatcher.from_pretrained(tmp_path / "mean", "cpu").predict([MATCHED[0]])


def test_what_cannot_be_started_from_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(TextMatchError, match=r"^--epochs: expected at least 1"):
        run(tmp_path / "none", config=replace(QUICK, epochs=0))
    with pytest.raises(TextMatchError, match=r"^--preset: the network is siamese, and that of .* is interaction;"):
        run(tmp_path / "none", init=[trained], arch="siamese")
    other = tmp_path / "other"
    run(other, splits(PAIRS), replace(TINY["default"], max_length=9), replace(QUICK, epochs=0), init=[trained])
    with pytest.raises(TextMatchError, match="other: expected the configuration of"):
        run(tmp_path / "none", init=[trained, other])
    assert not (tmp_path / "none").exists()
