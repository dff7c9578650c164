"""The `textmatch` command. Only the test of the README's example depends on how good the default checkpoint is."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny_matchers import TINY, random_matcher
from textmatch import CheckpointError, DataError, InputError, TextMatcher, TextMatchError, checkpoint, cli
from textmatch.checkpoint import Checkpoint
from textmatch.cli import CHECKPOINT, main

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_readme_example_as_a_program() -> None:
    pair = ("我不爱吃剁椒鱼头,但是我爱吃鱼头", "我爱吃土豆,但是不爱吃地瓜")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "textmatch", "predict", *pair],
        cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "Prediction: Not Matched"


def test_a_prediction_is_printed(matcher: TextMatcher, capsys: pytest.CaptureFixture[str]) -> None:
    pair = ("我家的猫喜欢晒太阳", "这只猫很喜欢晒太阳")
    main(["predict", *pair, "--device", "cpu"])
    (expected,) = matcher.predict([pair])
    probabilities = [f"{label}: {probability:.4f}" for label, probability in expected.probabilities.items()]
    printed = capsys.readouterr().out.splitlines()
    assert printed[:4] == [f"Prediction: {expected.label}", *probabilities, f"Similarity: {expected.similarity:.4f}"]
    assert re.fullmatch(r"Similarity: [01]\.\d{4}", printed[3])


def test_what_was_cut_and_what_is_unknown_is_printed(matcher: TextMatcher, capsys: pytest.CaptureFixture[str]) -> None:
    length = matcher.max_length
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


def test_a_package_without_a_checkpoint_says_what_to_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "CHECKPOINT", tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match=r"no checkpoint is installed.*--checkpoint"):
        main(["predict", "猫", "狗"])


def test_an_error_is_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["textmatch", "predict", "猫", "  "])
    with pytest.raises(SystemExit) as caught:
        cli.run()
    assert re.fullmatch(r"textmatch: .*blank.*", str(caught.value.code))  # Python prints it, and exits with 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("arguments", [[], ["predict"], ["predict", "猫"], ["guess", "猫", "狗"]])
def test_a_wrong_command_line_shows_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: textmatch" in capsys.readouterr().err


# Search and duplicates


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    sentences = ("怎么开发票", "如何退货", "门店几点开门")
    rows = ["问题,答案", *(f"{sentence},略" for sentence in sentences), " ,略", "怎么开发票？,略"]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_search_prints_the_nearest(listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["search", str(listed), "如何退货!", "--top-k", "2", "--device", "cpu"])
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == "1.0000  1.0000  1.0000  row 3: 如何退货"
    assert len(printed.out.splitlines()) == 2
    assert "row 5 was skipped: blank" in printed.err

    main(["search", str(listed), "如何退货!", "--top-k", "2", "--json", "--device", "cpu"])
    rows = json.loads(capsys.readouterr().out)
    assert rows[0] == {"row": 3, "sentence": "如何退货", "probability": 1.0, "similarity": 1.0, "overlap": 1.0}


def test_duplicates_prints_the_groups(listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["duplicates", str(listed), "--threshold", "1", "--device", "cpu"])
    assert capsys.readouterr().out.splitlines() == [
        "group 1, 2 sentences",
        "  1.0000  row 2: 怎么开发票",
        "  1.0000  row 6: 怎么开发票？",
    ]
    main(["duplicates", str(listed), "--threshold", "1", "--json", "--device", "cpu"])
    assert [[row["row"] for row in group] for group in json.loads(capsys.readouterr().out)] == [[2, 6]]
    main(["duplicates", str(listed), "--threshold", "1", "--column", "答案", "--device", "cpu"])
    assert capsys.readouterr().out.startswith("group 1, 5 sentences")


def test_no_duplicates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.txt"
    path.write_text("怎么开发票\n那只花猫搬家了\n", encoding="utf-8")
    main(["duplicates", str(path), "--threshold", "1", "--device", "cpu"])
    assert capsys.readouterr().out == "no duplicates\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "nowhere.txt", "猫"], "nowhere.txt"),
        (["search", "nowhere.doc", "猫"], "kind of file"),
        (["duplicates", "{list}", "--column", "x"], "no column x"),
        (["search", "{list}", " "], "query is blank"),
        (["duplicates", "{list}", "--threshold", "2"], "threshold is 2"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_name(listed: Path, arguments: list[str], message: str) -> None:
    with pytest.raises((DataError, InputError), match=message):
        main([argument.replace("{list}", str(listed)) for argument in arguments])


# Evaluation


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A small checkpoint with the default one's record, from which its card can be written."""
    matcher = random_matcher(TINY, ("去公园怎么走", "怎么去公园", "明天冷吗"))
    record = json.loads((CHECKPOINT / "metrics.json").read_text(encoding="utf-8"))
    saved = Checkpoint(matcher.config, matcher.vocabulary, matcher.model, record)
    checkpoint.save(tmp_path / "tiny", saved, "")
    return tmp_path / "tiny"


def test_evaluate_prints_the_figures_and_leaves_a_card_of_other_data_alone(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tiny / "metrics.json").read_bytes()
    data = write_data(tmp_path / "data")
    main(["evaluate", str(tiny), str(data), "--device", "cpu"])
    printed = capsys.readouterr().out
    assert printed.splitlines()[1].split()[:2] == ["dev", "2"]
    assert "negation" in printed
    assert (tiny / "metrics.json").read_bytes() == before
    main(["evaluate", str(tiny), str(data), "--device", "cpu", "--json"])
    assert json.loads(capsys.readouterr().out)["test"]["pairs"] == 2


@pytest.mark.slow
def test_evaluate_writes_the_card_of_its_own_data(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_data(tmp_path / "data")
    record = json.loads((tiny / "metrics.json").read_text(encoding="utf-8"))
    digests = {
        f"data/{split}.tsv": hashlib.sha256((data / f"{split}.tsv").read_bytes()).hexdigest()
        for split in ("train", "dev", "test")
    }
    (tiny / "metrics.json").write_text(json.dumps(record | {"data_sha256": digests}), encoding="utf-8")
    main(["evaluate", str(tiny), str(data), "--device", "cpu"])
    capsys.readouterr()
    written = json.loads((tiny / "metrics.json").read_text(encoding="utf-8"))
    assert written["test"]["pairs"] == 2
    assert written["command"] == record["command"]
    assert "| test | 2 |" in (tiny / "README.md").read_text(encoding="utf-8")
    assert TextMatcher.from_pretrained(tiny, "cpu").metrics == written


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
