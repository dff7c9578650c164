"""`python -m textmatch predict` against the checkpoint that the project ships; what it says must not depend on how good
that checkpoint is, but for one test.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from textmatch import TextMatcher, TextMatchError
from textmatch.__main__ import CHECKPOINT, main

ROOT = Path(__file__).parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "textmatch", *arguments]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60
    )


def test_the_readme_example() -> None:
    done = run("predict", "我不爱吃剁椒鱼头,但是我爱吃鱼头", "我爱吃土豆,但是不爱吃地瓜")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "Prediction: Not Matched"


def test_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    pair = ("我家的猫喜欢晒太阳", "这只猫很喜欢晒太阳")
    main(["predict", *pair, "--device", "cpu"])
    (expected,) = TextMatcher.from_pretrained(CHECKPOINT, "cpu").predict([pair])
    probabilities = [f"{label}: {probability:.4f}" for label, probability in expected.probabilities.items()]
    printed = capsys.readouterr().out.splitlines()
    assert printed[:4] == [f"Prediction: {expected.label}", *probabilities, f"Similarity: {expected.similarity:.4f}"]
    assert re.fullmatch(r"Similarity: [01]\.\d{4}", printed[3])


def test_what_was_cut_and_what_is_unknown_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    length = TextMatcher.from_pretrained(CHECKPOINT, "cpu").max_length
    main(["predict", "猫𪚥", "好" * length + "天气", "--device", "cpu"])
    printed = capsys.readouterr().out
    assert re.search(r"^Sentence 1 .*unknown.*𪚥", printed, re.MULTILINE)
    assert re.search(rf"^Sentence 2 .*cut after {length} .*天气$", printed, re.MULTILINE)
    assert "Sentence 1 was cut" not in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["", "猫"], "sentence 1.*blank"),
        (["猫", " "], "sentence 2.*blank"),
        (["猫", "狗", "--checkpoint", "nowhere"], "nowhere"),
        (["猫", "狗", "--device", "banana"], "banana"),
        (["猫", "狗", "--device", "hpu"], "hpu"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(arguments: list[str], message: str) -> None:
    with pytest.raises(TextMatchError, match=message):
        main(["predict", *arguments])


def test_an_error_is_one_line_without_a_traceback() -> None:
    done = run("predict", "猫", "  ")
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"textmatch: .*blank.*\n", done.stderr)


@pytest.mark.parametrize("arguments", [[], ["predict"], ["predict", "猫"], ["guess", "猫", "狗"]])
def test_a_wrong_command_line_shows_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m textmatch" in capsys.readouterr().err


# Figures


def test_evaluate_prints_the_figures_and_leaves_a_card_of_other_data_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(CHECKPOINT, folder)
    before = (folder / "metrics.json").read_bytes()
    data = write_data(tmp_path / "data")
    main(["evaluate", str(folder), str(data), "--device", "cpu"])
    printed = capsys.readouterr().out
    assert printed.splitlines()[1].split()[:2] == ["dev", "2"]
    assert "negation" in printed
    assert (folder / "metrics.json").read_bytes() == before
    main(["evaluate", str(folder), str(data), "--device", "cpu", "--json"])
    assert json.loads(capsys.readouterr().out)["test"]["pairs"] == 2


def test_evaluate_writes_the_card_of_its_own_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, data = tmp_path / "copy", write_data(tmp_path / "data")
    shutil.copytree(CHECKPOINT, folder)
    record = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    digests = {
        f"data/{split}.tsv": hashlib.sha256((data / f"{split}.tsv").read_bytes()).hexdigest()
        for split in ("train", "dev", "test")
    }
    (folder / "metrics.json").write_text(json.dumps(record | {"data_sha256": digests}), encoding="utf-8")
    main(["evaluate", str(folder), str(data), "--device", "cpu"])
    capsys.readouterr()
    written = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert written["test"]["pairs"] == 2
    assert written["command"] == record["command"]
    assert "| test | 2 |" in (folder / "README.md").read_text(encoding="utf-8")
    assert TextMatcher.from_pretrained(folder, "cpu").metrics == written


def write_data(folder: Path) -> Path:
    folder.mkdir()
    rows = {
        "train": ("去公园怎么走", "怎么去公园"),
        "dev": ("这家店几点开门", "这家店什么时候开门"),
        "test": ("明天冷吗", "明天冷不冷"),
    }
    for split, pair in rows.items():
        other = (pair[0], "红烧肉要炖多久")
        lines = ["sentence1\tsentence2\tlabel", "\t".join((*pair, "1")), "\t".join((*other, "0"))]
        (folder / f"{split}.tsv").write_text("\n".join(lines), encoding="utf-8")
    return folder
