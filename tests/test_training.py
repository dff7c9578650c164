"""textmatch.training and train.py: learn, keep the best on dev, repeat exactly, and go on after a break."""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import train as command_line
from textmatch import DataError, TextMatcher, TextMatchError, evaluation, metrics
from textmatch.batching import Sentences
from textmatch.config import RECIPES, Arch, ModelConfig, TrainConfig
from textmatch.data import Pair, Splits, load_splits
from textmatch.models import InteractionLSTM, MatchOutput, TextMatchingLSTM
from textmatch.text import Encoded
from textmatch.training import contrastive_loss, fit, length_prior

ROOT = Path(__file__).parents[1]

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
# Dev asks what train does not answer, so that its accuracy moves up and down while train's climbs.
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
# Nearly what train says, with two labels wrong: a network that learned train does well here, but not perfectly.
NEARLY = [*PAIRS[:7], *PAIRS[8:15], Pair(*MATCHED[7], "0"), Pair(*NOT_MATCHED[7], "1")]
SIZES: dict[str, Any] = {"character_dim": 16, "word_dim": 16, "hidden_size": 16, "embedding_dim": 16}
TINY: dict[str, ModelConfig] = {arch: replace(model, dropout=0.0, **SIZES) for arch, (model, _) in RECIPES.items()}
QUICK = TrainConfig(
    epochs=4,
    batch_size=4,
    learning_rate=5e-3,
    min_characters=1,
    min_words=1,
    ema_decay=0.5,
    hard_pairs=0.0,
    framed_pairs=0.0,
    inferred_pairs=0.0,
)
NETWORKS: dict[Arch, type[nn.Module]] = {"interaction": InteractionLSTM, "siamese": TextMatchingLSTM}
ARCHS: tuple[Arch, ...] = ("interaction", "siamese")
OPTIONS = [
    "--device",
    "cpu",
    "--precision",
    "no",
    "--batch-size",
    "4",
    "--hard-pairs",
    "0",
    "--inferred-pairs",
    "0",
    "--framed-pairs",
    "0",
]
OPTIONS += [f"--{name.replace('_', '-')}={size}" for name, size in SIZES.items()]


@pytest.fixture(autouse=True)
def short_suite(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few pairs of the behaviour suite: every run here ends with it."""
    lines = evaluation.SUITE.read_text(encoding="utf-8").splitlines()
    short = tmp_path_factory.mktemp("suite") / "behaviour.tsv"
    short.write_text("\n".join([lines[0], *lines[1::100]]), encoding="utf-8")
    monkeypatch.setattr(evaluation, "SUITE", short)


def splits(train: list[Pair] = PAIRS, dev: list[Pair] = DEV, test: list[Pair] | None = None) -> Splits:
    digest = hashlib.sha256(repr((train, dev, test)).encode()).hexdigest()
    return Splits(train, dev, test, {"train.tsv": digest}, "self-written")


def run(
    output: Path,
    data: Splits | None = None,
    model: ModelConfig = TINY["interaction"],
    config: TrainConfig = QUICK,
    **options: Any,
) -> metrics.Metrics:
    fit(data or splits(), model, config, output, **{"device": "cpu", "precision": "no"} | options)
    said = record(output)
    return metrics.Metrics(**said.get("test", said["dev"]))


def record(output: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    return values


def history(output: Path) -> list[dict[str, Any]]:
    """What each epoch came to, but for the time it took."""
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


def pretend_dev_rises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look at dev find a higher accuracy, so that the last epoch is the one that is kept."""
    evaluate, looks = metrics.evaluate, count(1)
    monkeypatch.setattr(metrics, "evaluate", lambda *args: replace(evaluate(*args), accuracy=next(looks) / 100))


def write_folder(folder: Path, suffix: str = ".tsv", test: bool = True) -> Path:
    folder.mkdir()
    for split, pairs in {"train": PAIRS, "dev": DEV, "test": DEV[::-1]}.items():
        if split != "test" or test:
            text = io.StringIO()
            writer = csv.writer(text, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n")
            writer.writerows([("sentence1", "sentence2", "label"), *pairs])
            (folder / f"{split}{suffix}").write_text(text.getvalue(), encoding="utf-8")
    return folder


def train_process(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-W", "error", str(ROOT / "train.py"), *map(str, arguments)]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads()), "PYTHONIOENCODING": "utf-8"}


def train_py(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = train_process(*arguments)
    return subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=120
    )


# Learning


@pytest.mark.parametrize("arch", ARCHS)
def test_a_handful_of_pairs_is_learned_by_heart(tmp_path: Path, arch: Arch) -> None:
    config = replace(QUICK, epochs=15, batch_size=2, learning_rate=1e-2, token_dropout=0.0)
    figures = run(tmp_path / "model", splits(dev=PAIRS), TINY[arch], config)
    assert figures.accuracy == 1.0
    assert history(tmp_path / "model")[-1]["train_accuracy"] == 1.0
    matcher = TextMatcher.from_pretrained(tmp_path / "model", "cpu")
    verdicts = [prediction.label for prediction in matcher.predict([pair[:2] for pair in PAIRS])]
    assert verdicts == ["Matched" if pair.label == "1" else "Not Matched" for pair in PAIRS]


@pytest.mark.parametrize("arch", ARCHS)
def test_three_classes_end_to_end(tmp_path: Path, arch: Arch) -> None:
    pairs = [Pair(*pair, "相同") for pair in MATCHED[:5]] + [Pair(*pair, "相关") for pair in NOT_MATCHED[:5]]
    pairs += [Pair(one[0], other[1], "无关") for one, other in zip(MATCHED[:5], MATCHED[3:], strict=True)]
    config = replace(QUICK, epochs=15, batch_size=2, learning_rate=1e-2, token_dropout=0.0)
    figures = run(tmp_path / "model", splits(pairs, pairs, pairs), TINY[arch], config)
    assert len(figures.confusion) == 3
    assert figures.spearman is None
    matcher = TextMatcher.from_pretrained(tmp_path / "model", "cpu")
    assert matcher.labels == ("无关", "相关", "相同")
    right = [p.label == pair.label for p, pair in zip(matcher.predict([p[:2] for p in pairs]), pairs, strict=True)]
    assert sum(right) / len(right) == pytest.approx(figures.accuracy)
    assert figures.accuracy >= (0.9 if arch == "interaction" else 0.6)  # one cosine cannot tell three classes well


def test_labels_keep_the_datas_names_but_for_zero_and_one(tmp_path: Path) -> None:
    renamed = [
        [pair._replace(label="same" if pair.label == "1" else "other") for pair in part] for part in (PAIRS, DEV)
    ]
    run(tmp_path / "named", splits(*renamed), config=replace(QUICK, epochs=1))
    assert TextMatcher.from_pretrained(tmp_path / "named", "cpu").labels == ("other", "same")


def test_every_epoch_shows_every_pair_once_each_time_in_another_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[tuple[int, ...], ...]] = []
    forward = InteractionLSTM.forward

    def watched(self: InteractionLSTM, pairs: Sentences) -> MatchOutput:
        if self.training:
            rows = [tuple(ids[:length]) for ids, length in zip(*(part.tolist() for part in pairs[::2]), strict=True)]
            seen.extend(zip(rows[: len(rows) // 2], rows[len(rows) // 2 :], strict=True))
        return forward(self, pairs)

    monkeypatch.setattr(InteractionLSTM, "forward", watched)
    run(tmp_path / "model", config=replace(QUICK, epochs=3, token_dropout=0.0))
    epochs = [seen[start : start + len(PAIRS)] for start in range(0, len(seen), len(PAIRS))]
    assert len(epochs) == 3
    assert all(len(set(epoch)) == len(PAIRS) and set(epoch) == set(epochs[0]) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


# What is kept, and what is said of it


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with all three splits."""
    output = tmp_path_factory.mktemp("trained") / "model"
    run(output, splits(dev=NEARLY, test=DEV), config=replace(QUICK, epochs=8))
    return output


@pytest.mark.parametrize(("split", "pairs"), [("dev", NEARLY), ("test", DEV)])
def test_the_checkpoint_earns_the_figures_that_it_claims(trained: Path, split: str, pairs: list[Pair]) -> None:
    matcher = TextMatcher.from_pretrained(trained, "cpu")
    predictions = matcher.predict([pair[:2] for pair in pairs])
    figures = metrics.evaluate(
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
    stored = load_file(trained / "model.safetensors")
    matcher = TextMatcher.from_pretrained(trained, "cpu")
    predictions = matcher.predict([pair[:2] for pair in NEARLY])
    logits = torch.tensor([list(p.probabilities.values()) for p in predictions], dtype=torch.float64).log()
    labels = torch.tensor([int(pair.label) for pair in NEARLY])
    temperature, bias = metrics.fit_calibration(logits, labels)  # nothing is left to mend
    assert temperature == pytest.approx(1, abs=0.02)
    assert bias == pytest.approx([0, 0], abs=0.02)
    assert float(stored["calibration.temperature"]) != 1.0


def test_the_figures_returned_are_those_of_test_or_else_dev(tmp_path: Path) -> None:
    one_epoch = replace(QUICK, epochs=1)
    assert run(tmp_path / "with", splits(test=DEV[1:7]), config=one_epoch).pairs == 6
    assert run(tmp_path / "without", config=one_epoch).pairs == len(DEV)
    assert "test" not in record(tmp_path / "without")


def test_the_record_says_how_to_get_the_figures_again(tmp_path: Path) -> None:
    data = splits()
    run(tmp_path / "model", data, config=replace(QUICK, epochs=2, seed=5), command="python train.py --seed 5")
    said = record(tmp_path / "model")
    assert said["training"]["seed"] == 5
    assert said["command"] == "python train.py --seed 5"
    assert said["data_sha256"] == {f"self-written/{name}": digest for name, digest in data.sources.items()}
    assert (said["device"], said["precision"]) == ("cpu", "no")
    assert said["versions"]["torch"] == torch.__version__
    stored = load_file(tmp_path / "model" / "model.safetensors")
    calibration = [name for name in stored if name.startswith("calibration.")]
    assert said["parameters"] == sum(w.numel() for name, w in stored.items() if name not in calibration)
    assert [epoch["epoch"] for epoch in said["history"]] == [1, 2]


def test_the_vocabulary_is_of_train_alone_and_travels_with_the_weights(trained: Path) -> None:
    vocabulary = json.loads((trained / "vocabulary.json").read_text(encoding="utf-8"))
    shown = {character for pair in PAIRS for sentence in pair[:2] for character in sentence}
    assert set(vocabulary["characters"][2:]) == shown
    only_in_dev = {character for pair in DEV for sentence in pair[:2] for character in sentence} - shown
    assert only_in_dev
    (prediction,) = TextMatcher.from_pretrained(trained, "cpu").predict([(DEV[1].sentence1, "明天")])
    assert set(prediction.unknown[0]) <= only_in_dev


def test_the_epoch_kept_is_the_first_best_on_dev_whatever_train_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = metrics.evaluate

    def scripted_run(name: str, *dev_accuracies: float) -> bytes:
        """Train for as many epochs as there are accuracies, which dev pretends to have."""
        script = list(dev_accuracies)

        def pretend(*arguments: Any) -> metrics.Metrics:
            figures = evaluate(*arguments)
            return replace(figures, accuracy=script.pop(0)) if script else figures

        # The recipe's learning rate never changes, so a run that stops at the best epoch ends in the same weights.
        config = replace(QUICK, epochs=len(script), warmup=-1.0, ema_decay=0.0)
        with monkeypatch.context() as patched:
            patched.setattr(metrics, "evaluate", pretend)
            run(tmp_path / name, model=TINY["siamese"], config=config)
        assert [epoch["dev_accuracy"] for epoch in history(tmp_path / name)] == list(dev_accuracies)
        return weights(tmp_path / name)

    kept = scripted_run("middle", 0.5, 0.8, 0.7, 0.8, 0.6)
    assert kept == scripted_run("stopped", 0.5, 0.8)
    assert kept != scripted_run("last", 0.5, 0.6, 0.7, 0.8, 0.9)


def test_test_pairs_choose_nothing(tmp_path: Path) -> None:
    flipped = [pair._replace(label="10"[int(pair.label)]) for pair in DEV]
    for name, test in (("one", DEV), ("other", flipped)):
        run(tmp_path / name, splits(test=test)._replace(sources={}), config=replace(QUICK, epochs=2))
    assert weights(tmp_path / "one") == weights(tmp_path / "other")
    assert record(tmp_path / "one")["test"] != record(tmp_path / "other")["test"]


# The same again


def test_the_same_seed_gives_the_same_weights_and_figures_and_another_seed_others(tmp_path: Path) -> None:
    config = replace(QUICK, epochs=2)
    model = replace(TINY["interaction"], dropout=0.3)
    figures = {}
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        torch.manual_seed(len(name))  # whatever happened before in this process
        figures[name] = run(tmp_path / name, model=model, config=replace(config, seed=seed))
    assert weights(tmp_path / "one") == weights(tmp_path / "same") != weights(tmp_path / "other")
    assert history(tmp_path / "one") == history(tmp_path / "same") != history(tmp_path / "other")
    assert figures["one"] == figures["same"]


@pytest.mark.parametrize(("arch", "done"), [("interaction", 1), ("interaction", 3), ("siamese", 2)])
def test_a_run_that_goes_on_ends_as_if_it_had_not_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arch: Arch, done: int
) -> None:
    model, config = replace(TINY[arch], dropout=0.3), replace(QUICK, token_dropout=0.2, ema_decay=0.9)
    with monkeypatch.context() as patched:
        pretend_dev_rises(patched)
        unbroken = run(tmp_path / "unbroken", model=model, config=config)
    pretend_dev_rises(monkeypatch)
    with monkeypatch.context() as patched:
        interrupt(patched, arch, epoch=done + 1)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "broken", model=model, config=config)
    assert not (tmp_path / "broken").exists()
    torch.manual_seed(99)
    resumed = run(tmp_path / "broken", model=model, config=config, resume=True)
    assert weights(tmp_path / "broken") == weights(tmp_path / "unbroken")
    assert history(tmp_path / "broken") == history(tmp_path / "unbroken")
    assert resumed == unbroken


def test_resuming_a_finished_run_trains_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "model", config=replace(QUICK, epochs=2))
    before = weights(tmp_path / "model")
    interrupt(monkeypatch, "interaction", epoch=1, error=AssertionError)
    run(tmp_path / "model", config=replace(QUICK, epochs=2), resume=True)
    assert weights(tmp_path / "model") == before


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


@pytest.mark.parametrize(
    "changed",
    [
        {"data": splits(PAIRS[1:])},
        {"config": replace(QUICK, learning_rate=1e-4)},
        {"config": replace(QUICK, epochs=5)},
        {"config": replace(QUICK, seed=2)},
        {"model": replace(TINY["interaction"], dropout=0.1)},
        {"model": TINY["siamese"]},
    ],
    ids=["data", "rate", "epochs", "seed", "dropout", "arch"],
)
def test_only_the_same_data_and_settings_resume(interrupted: Path, changed: dict[str, Any]) -> None:
    kept = (interrupted.with_name("model.training") / "progress.json").read_bytes()
    with pytest.raises(TextMatchError, match=r"progress\.json: .*other data or settings"):
        run(interrupted, **changed, resume=True)
    assert (interrupted.with_name("model.training") / "progress.json").read_bytes() == kept


def test_a_fresh_start_forgets_an_interrupted_run(interrupted: Path, tmp_path: Path) -> None:
    config = replace(QUICK, epochs=1, seed=8)
    run(interrupted, config=config)
    run(tmp_path / "model", config=config)
    assert weights(interrupted) == weights(tmp_path / "model")


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
def test_data_that_cannot_be_trained_on_is_refused(tmp_path: Path, data: Splits, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run(tmp_path / "model", data, config=replace(QUICK, epochs=1))


def test_an_unusable_test_split_is_refused_before_the_training_and_not_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, "interaction", epoch=1, error=AssertionError)
    with pytest.raises(DataError, match=r"test: "):
        run(tmp_path / "model", splits(test=DEV[:3]))


def test_a_second_run_in_one_process_may_use_another_precision(tmp_path: Path) -> None:
    config = replace(QUICK, epochs=1)
    run(tmp_path / "one", config=config, precision="no")
    run(tmp_path / "other", config=config, precision="bf16")
    assert record(tmp_path / "other")["precision"] == "bf16"


# The command line


@pytest.mark.parametrize("config", [ModelConfig, TrainConfig])
def test_every_field_has_an_option_that_shows_its_defaults(config: type[ModelConfig] | type[TrainConfig]) -> None:
    told = re.sub(r"\s+", " ", command_line.parser().format_help())
    for field in fields(config):
        if field.name != "labels":
            option = f"--{field.name.replace('_', '-')}"
            assert option in told
            if field.name != "arch":
                for parts in RECIPES.values():
                    part = next(part for part in parts if isinstance(part, config))
                    shown = told.split(f" {option}", 2)[-1]
                    assert str(getattr(part, field.name)) in shown[:200]


@pytest.mark.parametrize(
    ("arguments", "model", "train"),
    [
        ([], *RECIPES["default"]),
        (["--arch", "siamese"], *RECIPES["siamese"]),
        (
            ["--hidden-size", "8", "--dropout", "0.5", "--no-bidirectional", "--unit", "word", "--seed", "7"],
            replace(ModelConfig(), hidden_size=8, dropout=0.5, bidirectional=False, unit="word"),
            TrainConfig(seed=7),
        ),
        (
            ["--arch", "siamese", "--bidirectional", "--epochs", "2", "--learning-rate", "1e-4", "--max-length", "9"],
            replace(RECIPES["siamese"][0], bidirectional=True, max_length=9),
            replace(RECIPES["siamese"][1], epochs=2, learning_rate=1e-4),
        ),
    ],
)
def test_options_become_configurations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], model: ModelConfig, train: TrainConfig
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("textmatch.training.fit", lambda *positional, **named: seen.append((positional, named)))
    data = write_folder(tmp_path / "data")
    command_line.main(["--data", str(data), "--output", str(tmp_path / "out"), *arguments])
    ((positional, named),) = seen
    assert positional == (load_splits(data), model, train, tmp_path / "out")
    assert (named["device"], named["precision"], named["resume"]) == (None, None, False)
    assert "train.py" in named["command"]
    assert str(data) in named["command"]


@pytest.mark.parametrize(
    "option", ["--device banana", "--precision fp8", "--arch bert", "--epochs many", "--unit letter"]
)
def test_a_value_that_no_option_takes_shows_the_usage(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(["--data", "nowhere", *option.split()])
    assert caught.value.code == 2
    assert option.split()[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [
        "--epochs 0",
        "--batch-size 0",
        "--learning-rate nan",
        "--learning-rate -1",
        "--warmup 1",
        "--ema-decay 1.5",
        "--seed -1",
        "--dropout 2",
        "--max-length 0",
        "--hidden-size 0",
        "--num-layers 0",
    ],
)
def test_a_number_out_of_range_is_refused_by_name(
    tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_folder(tmp_path / "data")
    name = option.split()[0].strip("-").replace("-", ".")
    with pytest.raises((TextMatchError, SystemExit)) as caught:
        command_line.main(
            ["--data", str(data), "--output", str(tmp_path / "m"), *OPTIONS, "--epochs", "1", *option.split()]
        )
    assert re.search(name, str(caught.value) + capsys.readouterr().err)


def test_help_tells_every_option_without_a_warning() -> None:
    done = train_py("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--learning-rate" in done.stdout


def test_a_folder_without_data_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = train_py("--data", tmp_path / "nowhere")
    assert done.returncode == 1
    assert re.fullmatch(r"train\.py: .*nowhere.*\n", done.stderr)
    assert done.stdout == ""


@pytest.mark.skipif(torch.accelerator.is_available(), reason="this machine has an accelerator")
@pytest.mark.parametrize("device", ["cuda", "mps", "xpu"])
def test_a_device_that_is_not_there_is_refused_by_name(tmp_path: Path, device: str) -> None:
    with pytest.raises(TextMatchError, match=device):
        run(tmp_path / "model", device=device, precision=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.accelerator.is_available(), reason="this machine has an accelerator")
def test_a_device_that_is_not_there_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = train_py("--data", write_folder(tmp_path / "data"), "--output", tmp_path / "m", "--device", "cuda")
    assert done.returncode == 1
    assert re.fullmatch(r"train\.py: .*cuda.*\n", done.stderr)


def test_a_folder_becomes_a_checkpoint(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data", ".csv")
    output = tmp_path / "out" / "tiny"
    arguments: list[str | Path] = ["--data", data, "--output", output, *OPTIONS, "--precision", "bf16", "--epochs", "2"]
    done = train_py(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {file.name for file in output.iterdir()}
    assert {"config.json", "vocabulary.json", "model.safetensors", "metrics.json", "README.md"} <= names
    assert re.search(r"^epoch 2/2 .*dev accuracy [01]\.\d{4}", done.stdout, re.MULTILINE)
    said = record(output)
    assert (said["device"], said["precision"]) == ("cpu", "bf16")
    assert said["data_sha256"] == {
        f"data/{split}.csv": hashlib.sha256((data / f"{split}.csv").read_bytes()).hexdigest()
        for split in ("train", "dev", "test")
    }
    assert "--output" in said["command"]
    (prediction,) = TextMatcher.from_pretrained(output, "cpu").predict([("明天会下雨吗", "明天有没有雨")])
    assert set(prediction.probabilities) == {"Not Matched", "Matched"}


def test_a_killed_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    data, killed, unbroken = write_folder(tmp_path / "data", test=False), tmp_path / "killed", tmp_path / "unbroken"
    arguments = ["--data", str(data), *OPTIONS, "--epochs", "12"]
    progress = tmp_path / "killed.training" / "progress.json"
    log = tmp_path / "log"
    with (
        log.open("w") as file,
        subprocess.Popen(
            train_process(*arguments, "--output", killed), cwd=ROOT, env=environment(), stdout=file, stderr=file
        ) as process,
    ):
        while not (progress.exists() and len(json.loads(progress.read_bytes())["history"]) >= 2):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.002)
        process.kill()
    assert not killed.exists()
    assert len(json.loads(progress.read_bytes())["history"]) < 12
    command_line.main([*arguments, "--output", str(killed), "--resume"])
    command_line.main([*arguments, "--output", str(unbroken)])
    assert weights(killed) == weights(unbroken)
    assert history(killed) == history(unbroken)


# What length alone says


def prior_of(*pairs: tuple[int, int, int]) -> torch.Tensor:
    """The prior of pairs of sentences with these lengths, and labels."""
    encoded = {length: Encoded((2,) * length, (2,) * length, "", ()) for pair in pairs for length in pair[:2]}
    return length_prior(
        [(encoded[one], encoded[two]) for one, two, _ in pairs], [label for *_, label in pairs], 2
    ).exp()


def test_the_prior_is_the_share_of_each_class_at_each_length() -> None:
    short, long = [(4, 4, 1)] * 3000 + [(4, 4, 0)] * 1000, [(15, 15, 0)] * 4000
    prior = prior_of(*short, *long)
    assert prior.shape == (8000, 2)
    torch.testing.assert_close(prior.sum(1), torch.ones(8000))
    assert prior[0, 1].item() == pytest.approx(0.75, abs=0.02)
    assert prior[-1, 1].item() == pytest.approx(0.0, abs=0.02)


def test_a_length_hardly_seen_gets_the_overall_shares() -> None:
    prior = prior_of(*[(4, 4, 1), (4, 4, 0), (4, 4, 0), (4, 4, 0)] * 500, (300, 300, 1))
    assert prior[-1, 1].item() == pytest.approx(0.25, abs=0.02)


# More to learn from


def watch(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs each training step shows."""
    seen: list[int] = []
    forward = InteractionLSTM.forward

    def watched(self: InteractionLSTM, pairs: Sentences) -> MatchOutput:
        if self.training:
            seen.append(len(pairs.lengths) // 2)
        return forward(self, pairs)

    monkeypatch.setattr(InteractionLSTM, "forward", watched)
    return seen


def test_the_contrastive_loss_is_low_where_each_sentence_knows_its_match() -> None:
    apart, labels = torch.eye(4), torch.tensor([1, 0, 1, 1])
    right = contrastive_loss(torch.cat([apart, apart]), labels)
    wrong = contrastive_loss(torch.cat([apart, apart.roll(1, 0)]), labels)
    assert right < 1e-6 < wrong
    assert contrastive_loss(torch.cat([apart, apart]), torch.zeros(4, dtype=torch.long)) == 0


def test_the_contrastive_loss_asks_nothing_of_pairs_that_do_not_match_or_are_there_twice() -> None:
    first, second = torch.eye(5)[:3], torch.eye(5)[[0, 1, 4]]
    match = torch.tensor([1, 1, 0])
    apart = contrastive_loss(torch.cat([first, second]), match)
    assert contrastive_loss(torch.cat([first[[0, 0, 1, 2]], second[[0, 0, 1, 2]]]), match[[0, 0, 1, 2]]) <= apart
    assert apart < 1e-6


def test_a_small_corpus_is_passed_oftener_the_higher_the_temperature_and_none_more_than_the_one_that_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    forward = InteractionLSTM.forward

    def watched(self: InteractionLSTM, pairs: Sentences) -> MatchOutput:
        drawn.append(len(pairs.lengths) // 2 if self.training else 0)
        return forward(self, pairs)

    monkeypatch.setattr(InteractionLSTM, "forward", watched)
    small = splits(PAIRS[6:10])  # a quarter
    large = splits([*PAIRS, *PAIRS])
    for temperature, pairs in ((1.0, 4), (2.0, 8), (1e9, 16)):
        drawn.clear()
        config = replace(QUICK, epochs=1, sampling_temperature=temperature)
        run(tmp_path / "model", config=config, also=[small, large])
        assert sum(drawn) == len(PAIRS) + pairs + len(PAIRS)


def test_other_corpora_are_learned_beside_and_judged_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watch(monkeypatch)
    other = Splits(NEARLY, DEV[1:7], DEV, {"train.tsv": "1"}, "other")
    run(tmp_path / "model", config=replace(QUICK, epochs=1), also=[other])
    assert sum(seen) == len(PAIRS) + len(NEARLY)
    said = record(tmp_path / "model")
    assert said["corpora"]["other"]["split"] == "test"
    assert said["corpora"]["other"]["pairs"] == len(DEV)
    assert said["data_sha256"]["other/train.tsv"] == "1"
    assert "other" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    with pytest.raises(DataError, match="other, dev: expected the labels"):
        run(tmp_path / "none", also=[other._replace(dev=[Pair("天冷", "天热", "x")])])


def test_an_epoch_draws_its_share_of_inferred_and_made_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watch(monkeypatch)
    pairs = [Pair(f"怎么学好{one}", f"如何学会{one}", "1") for one in "琴棋书画"]
    pairs += [Pair(f"如何学会{one}", f"学会{one}有用吗", "0") for one in "琴棋书画"]
    run(tmp_path / "model", splits(train=pairs), config=replace(QUICK, epochs=2, inferred_pairs=0.5))
    assert sum(seen) == 2 * (len(pairs) + 2)  # four pairs follow
    seen.clear()
    run(tmp_path / "model", splits(train=pairs), config=replace(QUICK, epochs=2, hard_pairs=0.5))
    assert len(pairs) < sum(seen) / 2 <= len(pairs) * 1.5


def test_a_run_starts_from_a_checkpoint_with_its_words_and_weights(trained: Path, tmp_path: Path) -> None:
    config = replace(QUICK, epochs=1, learning_rate=1e-9, ema_decay=0.0)
    fewer = splits(PAIRS[4:12])
    run(tmp_path / "fine-tuned", fewer, config=config, init=[trained], model=replace(TINY["default"], hidden_size=5))
    before, after = load_file(trained / "model.safetensors"), load_file(tmp_path / "fine-tuned" / "model.safetensors")
    assert before.keys() == after.keys()
    for name in before:
        if not name.startswith("calibration."):
            torch.testing.assert_close(before[name], after[name], atol=1e-3, rtol=0)
    for file in ("vocabulary.json", "config.json"):
        assert (trained / file).read_bytes() == (tmp_path / "fine-tuned" / file).read_bytes()


def test_several_starts_are_averaged_and_without_an_epoch_that_is_the_checkpoint(trained: Path, tmp_path: Path) -> None:
    run(tmp_path / "other", config=replace(QUICK, epochs=1, seed=9), init=[trained], command="python train.py other")
    starts = [trained, tmp_path / "other"]
    run(tmp_path / "mean", config=replace(QUICK, epochs=0), init=starts)
    one, two, mean = (load_file(folder / "model.safetensors") for folder in (*starts, tmp_path / "mean"))
    assert any(not torch.equal(one[name], two[name]) for name in one)
    for name in one:
        if not name.startswith("calibration."):
            middle = (one[name].float() + two[name].float()) / 2
            torch.testing.assert_close(
                mean[name].float(), middle, atol=1e-3, rtol=1e-3
            )  # it is stored in half precision
    said = record(tmp_path / "mean")
    assert said["history"] == []
    assert [start["command"] for start in said["init"]["mean_of"]][1] == "python train.py other"
    assert TextMatcher.from_pretrained(tmp_path / "mean", "cpu").predict([MATCHED[0]])
    assert "mean of the weights of 2 checkpoints" in (tmp_path / "mean" / "README.md").read_text(encoding="utf-8")


def test_what_cannot_be_started_from_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(TextMatchError, match="epochs: expected at least 1"):
        run(tmp_path / "none", config=replace(QUICK, epochs=0))
    run(tmp_path / "other", config=replace(QUICK, epochs=1), model=replace(TINY["default"], hidden_size=5))
    with pytest.raises(TextMatchError, match="other: expected the configuration and vocabulary of"):
        run(tmp_path / "none", config=QUICK, init=[trained, tmp_path / "other"])
    assert not (tmp_path / "none").exists()


def test_an_ordered_network_tells_the_two_sentences_apart(tmp_path: Path) -> None:
    model = replace(TINY["default"], symmetric=False)
    run(tmp_path / "model", model=model, config=replace(QUICK, epochs=2))
    matcher = TextMatcher.from_pretrained(tmp_path / "model", "cpu")
    one, other = matcher.predict([MATCHED[0], MATCHED[0][::-1]])
    assert one.probabilities != other.probabilities
