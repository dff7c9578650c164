"""train.py: the command line becomes configurations and a checkpoint; errors are one line."""

import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch

import train as command_line
from tests.helpers import hear_ctrl_c
from textmatch import TextMatcher, TextMatchError
from textmatch.config import PRESETS, ModelConfig, TrainConfig
from textmatch.files import Pair, Splits, load_splits

ROOT = Path(__file__).parents[1]
PAIRS = [Pair(f"怎么学好{one}", f"如何学会{one}", "1") for one in "琴棋书画"]
PAIRS += [Pair(f"怎么学好{one}", f"学会{one}有用吗", "0") for one in "琴棋书画"]
OPTIONS = [
    *("--device=cpu", "--precision=no", "--batch-size=4"),
    *("--augmented-pairs=0", "--transitive-pairs=0", "--template-pairs=0"),
    *("--character-dim=16", "--word-dim=16", "--hidden-size=16", "--embedding-dim=16"),
]


def write_folder(folder: Path, suffix: str = ".tsv", splits: tuple[str, ...] = ("train", "dev", "test")) -> Path:
    folder.mkdir()
    for split in splits:
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n")
        writer.writerows([("sentence1", "sentence2", "label"), *(pair[:3] for pair in PAIRS)])
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


@pytest.mark.parametrize("config", [ModelConfig, TrainConfig])
def test_every_field_has_an_option_that_shows_its_defaults(config: type[ModelConfig] | type[TrainConfig]) -> None:
    told = re.sub(r"\s+", " ", command_line.parser().format_help())
    for field in fields(config):
        if field.name not in command_line.NOT_OPTIONS:
            option = f"--{field.name.replace('_', '-')}"
            assert option in told
            for parts in PRESETS.values():
                part = next(part for part in parts if isinstance(part, config))
                shown = told.split(f" {option}", 2)[-1]
                assert str(getattr(part, field.name)) in shown[:200]


@pytest.mark.parametrize(
    ("arguments", "model", "train"),
    [
        ([], *PRESETS["default"]),
        (["--preset", "siamese"], *PRESETS["siamese"]),
        (
            ["--hidden-size", "8", "--dropout", "0.5", "--no-bidirectional", "--unit", "word", "--seed", "7"],
            replace(ModelConfig(), hidden_size=8, dropout=0.5, bidirectional=False, unit="word"),
            TrainConfig(seed=7),
        ),
        (
            ["--preset", "siamese", "--bidirectional", "--epochs", "2", "--learning-rate", "1e-4", "--max-length", "9"],
            replace(PRESETS["siamese"][0], bidirectional=True, max_length=9),
            replace(PRESETS["siamese"][1], epochs=2, learning_rate=1e-4),
        ),
    ],
)
def test_options_become_configurations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], model: ModelConfig, train: TrainConfig
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("textmatch.training.loop.fit", lambda *given: seen.extend(given))
    data = write_folder(tmp_path / "data")
    command_line.main(["--data", str(data), "--output", str(tmp_path / "out"), *arguments])
    *positional, options = seen
    assert positional == [load_splits(data), model, replace(train, batch_size=16), tmp_path / "out"]
    assert (options.device, options.precision, options.resume) == (None, None, False)
    assert "train.py" in options.command
    assert str(data) in options.command


def test_further_files_may_call_the_classes_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("textmatch.training.loop.fit", lambda *given: seen.extend(given))
    data = write_folder(tmp_path / "data")
    other = write_folder(tmp_path / "other")
    for file in other.iterdir():
        text = file.read_text(encoding="utf-8").replace("\t1\n", "\t同义\n").replace("\t0\n", "\t非同义\n")
        file.write_text(text, encoding="utf-8")
    arguments = ["--data", str(data), "--also", str(other), "--dev-also", str(other / "dev.tsv")]
    command_line.main(arguments)
    assert [pair.label for pair in seen[4].dev_also] == [pair.label for pair in PAIRS]
    assert seen[4].also[0].train == PAIRS
    (other / "dev.tsv").write_text("天冷\t天热\t也许\n", encoding="utf-8")
    with pytest.raises(TextMatchError, match=r"dev\.tsv, line 1: the label '也许' is unknown"):
        command_line.main([*arguments[:2], *arguments[4:]])


@pytest.mark.parametrize(
    ("pairs", "batch_size"), [(8, 16), (320, 16), (1279, 16), (1280, 32), (10_239, 128), (10_240, 256), (10**6, 256)]
)
def test_small_data_is_trained_in_small_batches_unless_one_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pairs: int, batch_size: int
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("textmatch.training.loop.fit", lambda *given: seen.extend(given))
    monkeypatch.setattr(command_line, "load_splits", lambda *_: Splits(PAIRS[:1] * pairs, PAIRS, None, {}, "many"))
    command_line.main(["--data", str(tmp_path)])
    command_line.main(["--data", str(tmp_path), "--batch-size", "7"])
    assert [one.batch_size for one in seen if isinstance(one, TrainConfig)] == [batch_size, 7]


@pytest.mark.parametrize(
    ("preset", "name"), [("default", "pairs"), ("siamese", "pairs-siamese")], ids=["default", "siamese"]
)
def test_the_output_is_named_after_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preset: str, name: str
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("textmatch.training.loop.fit", lambda *given: seen.extend(given))
    data = write_folder(tmp_path / "Pairs")
    command_line.main(["--data", str(data), "--init", "checkpoints/default", "--preset", preset])
    assert seen[3] == Path("checkpoints") / name
    assert not seen[4].overwrite


@pytest.mark.parametrize(
    "option", ["--device banana", "--precision fp8", "--preset bert", "--epochs many", "--unit letter"]
)
def test_a_value_that_no_option_takes_shows_the_usage(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(["--data", "nowhere", *option.split()])
    assert caught.value.code == 2
    assert option.split()[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [
        "--epochs -1",
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
        "--patience -1",
    ],
)
def test_a_number_out_of_range_is_refused_by_name(option: str) -> None:
    name, value = option.split()
    with pytest.raises(TextMatchError, match=f"^{name}: expected .*, got {value}"):
        command_line.main(["--data", "nowhere", name, value])


@pytest.mark.parametrize("option", ["--hidden-size 8", "--unit word", "--no-bidirectional", "--min-words 2"])
def test_an_option_that_a_start_would_ignore_is_refused(option: str) -> None:
    name = option.split()[0].replace("--no-", "--")
    with pytest.raises(TextMatchError, match=f"^{name}: with --init this comes from the checkpoint"):
        command_line.main(["--data", "nowhere", "--init", "checkpoints/default", *option.split()])


@pytest.mark.parametrize("name", command_line.PACKAGES)
def test_without_the_training_packages_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """At once, also for those that draw the curve at the end."""
    monkeypatch.setitem(sys.modules, name, None)  # as if it was not there
    with pytest.raises(TextMatchError, match=rf"and {name} is not installed.*requirements-train\.txt"):
        command_line.main(["--data", "nowhere"])


def test_several_missing_packages_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("accelerate", "tqdm"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(TextMatchError, match="and accelerate and tqdm are not installed; expected pip install"):
        command_line.main(["--data", "nowhere"])
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(TextMatchError, match=r"needs torch, which is not installed; .* -r requirements\.txt$"):
        command_line.main(["--data", "nowhere"])


def train_with(folder: Path, module: str, statement: str) -> subprocess.CompletedProcess[str]:
    """Run train.py where a module of this name comes first and does this when it is loaded."""
    (folder / f"{module}.py").write_text(f"{statement}\n", encoding="utf-8")
    script = f"import runpy, sys; sys.path[:0] = {[str(folder), str(ROOT)]!r}; sys.argv[1:] = ['--data', 'nowhere']; "
    script += f"runpy.run_path({str(ROOT / 'train.py')!r}, run_name='__main__')"
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("module", "error"),
    [
        ("matplotlib", "ImportError('no such symbol')"),
        ("accelerate", r"ImportError('no such symbol\nin line 2')"),
        ("torch", "OSError('no such symbol')"),
    ],
)
def test_a_package_that_cannot_be_loaded_is_one_line(tmp_path: Path, module: str, error: str) -> None:
    done = train_with(tmp_path, module, f"raise {error}")
    said = "train.py: a package that training needs cannot be loaded: no such symbol; expected pip install "
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"{re.escape(said)}.*requirements-train\.txt\n", done.stderr)


def test_the_requirements_of_training_are_what_it_asks_for_and_nothing_of_the_tests() -> None:
    lines = (ROOT / "requirements-train.txt").read_text(encoding="utf-8").split()
    assert tuple(line.partition("==")[0] for line in lines) == command_line.PACKAGES


def test_labels_are_those_that_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("textmatch.training.loop.fit", lambda *given: seen.extend(given))
    data = write_folder(tmp_path / "data")
    with (data / "train.tsv").open("a", encoding="utf-8") as file:
        file.write("天冷\t天热\t2\n")
    with pytest.raises(TextMatchError, match=r"train\.tsv, line 10: .*'2'"):
        command_line.main(["--data", str(data), "--labels", "1", "0"])
    command_line.main(["--data", str(data), "--labels", "1", "0", "2"])
    assert seen[0].labels == ("0", "1", "2")
    (data / "train.tsv").write_text((data / "dev.tsv").read_text(encoding="utf-8"), encoding="utf-8")
    command_line.main(["--data", str(data), "--labels", "1", "0"])
    assert seen[5] == load_splits(data)
    with pytest.raises(TextMatchError, match="expected at least two"):
        command_line.main(["--data", str(data), "--labels", "1", "1"])


@pytest.mark.parametrize(("given", "arch"), [([], None), (["--preset", "siamese"], "siamese")])
def test_only_a_preset_that_is_given_asks_for_its_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], arch: str | None
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("textmatch.training.loop.fit", lambda *given: seen.extend(given))
    data = write_folder(tmp_path / "data")
    command_line.main(["--data", str(data), "--init", "checkpoints/default", *given])
    assert seen[4].arch == arch


@pytest.mark.parametrize("is_saved", [True, False])
def test_ctrl_c_says_that_epochs_are_saved_only_if_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_saved: bool
) -> None:
    monkeypatch.setattr("textmatch.training.loop.fit", Mock(side_effect=KeyboardInterrupt))
    if is_saved:
        (tmp_path / "out.training").mkdir()
        (tmp_path / "out.training" / "progress.json").touch()
    with pytest.raises(SystemExit) as caught:
        command_line.main(["--data", str(write_folder(tmp_path / "data")), "--output", str(tmp_path / "out")])
    assert caught.value.code == 130
    advice = "; the finished epochs are saved: the same command with --resume continues" if is_saved else ""
    assert capsys.readouterr().err == f"\ntrain.py: stopped{advice}\n"


@pytest.mark.parametrize(("module", "said"), [("textmatch", ""), ("torch", "\ntrain.py: stopped\n")])
def test_ctrl_c_while_packages_are_loaded_is_no_traceback(tmp_path: Path, module: str, said: str) -> None:
    done = train_with(tmp_path, module, "raise KeyboardInterrupt")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", said)


@pytest.mark.slow
def test_two_processes_train_what_one_does_with_the_same_pairs_a_step(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data")
    options = ["--data", str(data), *OPTIONS, "--epochs=3", "--dropout=0", "--token-dropout=0"]
    options += ["--contrastive-weight=0"]  # which compares the pairs of one process
    runs = {1: ["--batch-size=8"], 2: ["--batch-size=4"]}
    records = {}
    for processes, batch in runs.items():
        output = tmp_path / str(processes)
        torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        command = [sys.executable, *torchrun, "train.py", *options, *batch, "--output", str(output)]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        records[processes] = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    assert [record["processes"] for record in records.values()] == [1, 2]
    one, two = ([epoch["loss"] for epoch in record["history"]] for record in records.values())
    assert len(one) == 3
    assert one == pytest.approx(two, rel=1e-4)


@pytest.mark.slow
def test_help_shows_every_option_without_a_warning() -> None:
    done = train_py("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--learning-rate" in done.stdout


@pytest.mark.slow
def test_a_folder_without_data_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = train_py("--data", tmp_path / "nowhere")
    assert done.returncode == 1
    assert re.fullmatch(r"train\.py: .*nowhere.*\n", done.stderr)
    assert done.stdout == ""


@pytest.mark.slow
def test_a_folder_becomes_a_checkpoint(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data", ".csv")
    output = tmp_path / "out" / "tiny"
    done = train_py("--data", data, "--output", output, *OPTIONS, "--epochs", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in output.iterdir()} == {
        *("config.json", "vocabulary.json", "model.safetensors", "metrics.json"),
        *("README.md", "curve.png", "evaluation.png"),
    }
    assert re.search(r"^epoch 2/2 .*dev accuracy [01]\.\d{4}", done.stdout, re.MULTILINE)
    record = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    assert (record["device"], record["precision"]) == ("cpu", "no")
    assert record["data_sha256"] == {
        f"data/{split}.csv": hashlib.sha256((data / f"{split}.csv").read_bytes()).hexdigest()
        for split in ("train", "dev", "test")
    }
    assert "--output" in record["command"]
    (prediction,) = TextMatcher.from_pretrained(output, "cpu").predict([("怎么学好琴", "如何学会琴")])
    assert set(prediction.probabilities) == {"Not Matched", "Matched"}


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_without_a_traceback(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data", splits=("train", "dev"))
    arguments = ["--data", str(data), *OPTIONS, "--epochs", "50", "--output", str(tmp_path / "stopped")]
    progress = tmp_path / "stopped.training" / "progress.json"
    with subprocess.Popen(
        train_process(*arguments),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    ) as process:
        while not progress.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("train.py: stopped; the finished epochs are saved: the same command with --resume continues\n")
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_killed_run_is_resumed_as_if_it_had_not_been(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data", splits=("train", "dev"))
    arguments = ["--data", str(data), *OPTIONS, "--epochs", "8"]
    progress, log = tmp_path / "killed.training" / "progress.json", tmp_path / "log"
    command = train_process(*arguments, "--output", tmp_path / "killed")
    with (
        log.open("w") as file,
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=file, stderr=file) as process,
    ):
        while not (progress.exists() and len(json.loads(progress.read_bytes())["history"]) >= 2):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.002)
        process.kill()
    assert not (tmp_path / "killed").exists()
    assert len(json.loads(progress.read_bytes())["history"]) < 8
    command_line.main([*arguments, "--output", str(tmp_path / "killed"), "--resume"])
    command_line.main([*arguments, "--output", str(tmp_path / "unbroken")])
    killed, unbroken = (tmp_path / name / "model.safetensors" for name in ("killed", "unbroken"))
    assert killed.read_bytes() == unbroken.read_bytes()
