"""The `textmatch` command. Only the test of the README's example depends on how good the default checkpoint is."""

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from pyarrow import parquet

from tests.helpers import hear_ctrl_c, write_workbook
from tests.tiny_matchers import TINY, random_matcher
from textmatch import CheckpointError, DataError, InputError, TextMatcher, TextMatchError, __version__, checkpoint, cli
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
    monkeypatch.setattr(cli, "CHECKPOINT", str(tmp_path / "nowhere"))
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


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"textmatch {__version__}\n")


# Pipes and terminals


def console(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "utf-8"])
def test_a_terminal_shows_what_it_can(monkeypatch: pytest.MonkeyPatch, encoding: str, tmp_path: Path) -> None:
    """No UnicodeEncodeError after the work is done, and JSON stays JSON."""
    source = tmp_path / "pairs.csv"
    source.write_text("sentence1,sentence2\n我爱你😀,我爱你\n", encoding="utf-8")
    for arguments, read in (
        (["score", str(source), "--json"], lambda text: json.loads(text)["sentence1"]),
        (["score", str(source)], lambda text: text.splitlines()[1].split(",")[0]),
    ):
        shown = console(encoding)
        monkeypatch.setattr(sys, "stdout", shown)
        monkeypatch.setattr(sys, "argv", ["textmatch", *arguments, "--device", "cpu"])
        cli.run()
        emoji = "😀" if encoding == "utf-8" or "--json" in arguments else r"\U0001f600"
        words = "我爱你" if encoding != "ascii" or "--json" in arguments else r"\u6211\u7231\u4f60"
        assert read(shown.buffer.getvalue().decode(encoding)) == words + emoji  # type: ignore[attr-defined]


def test_a_closed_pipe_and_ctrl_c_end_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for error, code in ((BrokenPipeError, 141), (KeyboardInterrupt, 130)):
        with monkeypatch.context() as patched, tempfile.TemporaryFile("w+") as output:
            patched.setattr(sys, "stdout", output)
            patched.setattr(cli, "main", Mock(side_effect=error))
            with pytest.raises(SystemExit) as caught:
                cli.run()
        assert caught.value.code == code
    assert capfd.readouterr().err == "\ntextmatch: stopped\n"


FULL = Path("/dev/full")
"""Writing to it fails, as on a disk without space."""


@pytest.mark.parametrize(
    ("redirection", "reason"),
    [
        pytest.param(
            f">{FULL}",
            "No space left on device",
            marks=pytest.mark.skipif(not FULL.exists(), reason="this system has no such device"),
        ),
        (">&-", "it is closed"),
    ],
)
@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_an_output_that_cannot_be_written_is_one_line(redirection: str, reason: str, buffered: str) -> None:
    printing = "from textmatch import cli; cli.main = lambda: print('几点开门'); cli.run()"
    done = subprocess.run(
        f'{sys.executable} -c "{printing}" {redirection}',
        shell=True, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": buffered, "PYTHONIOENCODING": "utf-8"},
        stderr=subprocess.PIPE, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    told = f"textmatch: standard output cannot be written: {reason}; expected a terminal, pipe or file\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_a_closed_output_does_no_harm_where_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(cli, "main", lambda: print("done", file=sys.stderr))
    cli.run()
    assert capsys.readouterr().err == "done\n"


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0, 1, 4], ids=["loads torch", "loads the checkpoint", "scores"])
def test_ctrl_c_leaves_no_traceback_whatever_is_under_way(tmp_path: Path, seconds: float) -> None:
    source = tmp_path / "pairs.csv"
    pairs = "".join(f"第{number}家店几点开门,第{number + 1}家店几点关门\n" for number in range(20_000))
    source.write_text("sentence1,sentence2\n" + pairs, encoding="utf-8")
    arguments = ["score", str(source), "--device", "cpu", "--output", str(tmp_path / "scored.csv")]
    with subprocess.Popen(
        [sys.executable, "-m", "textmatch", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=hear_ctrl_c,
    ) as process:
        assert process.stderr is not None
        assert "20,000 rows" in process.stderr.readline()  # how the file is read is told before torch is loaded
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert "stopped" in said
    assert "Traceback" not in said
    assert process.returncode == 130


@pytest.mark.slow
def test_head_ends_a_long_result_quietly(tmp_path: Path) -> None:
    source = tmp_path / "pairs.csv"
    source.write_text("sentence1,sentence2\n" + "天冷,天冷\n" * 20_000, encoding="utf-8")
    command = f"{sys.executable} -m textmatch score {source} --device cpu | head -1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.stdout.startswith("sentence1,sentence2,probability")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet", "xlsx"])
def test_pairs_come_from_standard_input(
    tmp_path: Path, form: str, write_table: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_table(tmp_path / f"pairs.{form}", ("text1", "text2"), [("天冷", "天冷")])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    main(["score", "-", "--json", "--device", "cpu"])
    assert json.loads(capsys.readouterr().out)["prediction"] == "Matched"


def test_columns_and_header_are_said_where_they_cannot_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "pairs.csv"
    source.write_text("说法,备注,另一个说法\n天冷,略,天热\n", encoding="utf-8")
    main(["score", str(source), "--columns", "说法,另一个说法", "--json", "--device", "cpu"])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["说法"] == "天冷"
    assert "pairs.csv: 1 rows, sentence1 = 说法, sentence2 = 另一个说法, row 1 is the header\n" in printed.err
    main(["score", str(source), "--no-header", "--device", "cpu"])
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert "row 1 is no header" in printed.err
    with pytest.raises(DataError, match="no column 不在; the columns are: "):
        main(["score", str(source), "--columns", "说法,不在", "--device", "cpu"])


def test_the_encoding_of_a_file_can_be_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "pairs.csv"
    source.write_bytes("sentence1,sentence2\n驫麤,驫\n".encode("gb18030"))
    with pytest.raises(DataError, match="unknown encoding"):
        main(["score", str(source), "--device", "cpu"])
    main(["score", str(source), "--encoding", "gb18030", "--json", "--device", "cpu"])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["sentence1"] == "驫麤"
    assert "row 1 is the header, GB18030\n" in printed.err
    main(["search", str(source), "驫麤", "--encoding", "gb18030", "--device", "cpu"])
    assert "驫麤" in capsys.readouterr().out


# Embeddings


def test_embeddings_do_not_replace_the_list(listed: Path) -> None:
    link = listed.with_name("link.npy")
    link.symlink_to(listed)
    with pytest.raises(InputError, match=r"link\.npy: this is the file to be read; expected another name"):
        main(["embed", str(listed), "--output", str(link)])


@pytest.mark.parametrize("suffix", [".npy", ".parquet"])
def test_embeddings_are_written(
    listed: Path, matcher: TextMatcher, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = listed.read_text(encoding="utf-8")
    output = listed.with_name(f"vectors{suffix}")
    with pytest.raises(InputError, match=r"list\.csv, row 5: the sentence is blank"):
        main(["embed", str(listed), "--output", str(output)])
    listed.write_text(text.replace(" ,略\n", ""), encoding="utf-8")
    main(["embed", str(listed), "--output", str(output), "--json", "--device", "cpu"])
    assert json.loads(capsys.readouterr().out) == {"rows": 4, "dimensions": 256, "output": str(output)}
    sentences = ["怎么开发票", "如何退货", "门店几点开门", "怎么开发票？"]
    if suffix == ".npy":
        vectors = np.load(output)
    else:
        table = parquet.read_table(output)
        assert table["sentence"].to_pylist() == sentences
        vectors = np.array(table["embedding"].to_pylist())
    assert vectors == pytest.approx(matcher.embed(sentences).numpy(), abs=1e-6)


def test_embeddings_need_a_name_that_says_how_to_write_them(listed: Path) -> None:
    for name in ("vectors.csv", "nowhere/vectors.npy"):
        with pytest.raises(InputError, match=r"expected a name that ends in \.npy or \.parquet, in a folder"):
            main(["embed", str(listed), "--output", str(listed.parent / name)])
    folder = listed.with_name("folder.npy")
    folder.mkdir()
    listed.write_text("天冷\n", encoding="utf-8")
    with pytest.raises(InputError, match="the file cannot be written: Is a directory"):
        main(["embed", str(listed), "--output", str(folder), "--device", "cpu"])


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


def test_how_a_list_is_read_is_told_and_can_be_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheets = {"旧": [("天冷", "略"), ("怎么开发票", "略")], "新": [("编号", "问题"), ("1", "怎么开发票")]}
    command = ["search", str(write_workbook(tmp_path / "a.xlsx", sheets)), "天冷", "--device", "cpu"]
    main(command)
    printed = capsys.readouterr()
    assert printed.err.startswith("a.xlsx: 1 rows, sentences = 问题, sheet 新 (not 旧), row 1 is the header\n")
    main([*command, "--sheet", "旧", "--no-header"])
    printed = capsys.readouterr()
    assert printed.err.startswith("a.xlsx: 2 rows, sentences = column 1, sheet 旧 (not 新), row 1 is no header\n")
    assert printed.out.startswith("1.0000  1.0000  1.0000  row 1: 天冷")


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
        (["duplicates", "{list}", "--column", "x"], r"^list\.csv: there is no column x"),
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
    record = json.loads((Path(CHECKPOINT) / "metrics.json").read_text(encoding="utf-8"))
    saved = Checkpoint(matcher.config, matcher.vocabulary, matcher.model, record)
    checkpoint.save(tmp_path / "tiny", saved, "")
    return tmp_path / "tiny"


@pytest.mark.slow
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
    main(["evaluate", str(tiny), str(data), "--device", "cpu", "--json", "--mistakes", "1"])
    told = json.loads(capsys.readouterr().out)
    assert told["test"]["pairs"] == 2
    assert len(told["mistakes"]) <= 1


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


@pytest.mark.slow
def test_evaluate_uses_every_pair_of_a_file_that_was_not_trained_on(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = [f"第{number}路车几点开,第{number}路车几点开,1" for number in range(10)]
    other = [f"第{number}路车几点开,红烧肉要炖多久,0" for number in range(10)]
    file = tmp_path / "held_out.csv"
    file.write_text("\n".join(["sentence1,sentence2,label", *same, *other]), encoding="utf-8")

    def pairs() -> int:
        main(["evaluate", str(tiny), str(file), "--device", "cpu", "--json"])
        return int(json.loads(capsys.readouterr().out)["dev"]["pairs"])

    assert pairs() == 20
    record = json.loads((tiny / "metrics.json").read_text(encoding="utf-8"))
    digest = {"other_name/train.csv": hashlib.sha256(file.read_bytes()).hexdigest()}
    (tiny / "metrics.json").write_text(json.dumps(record | {"data_sha256": digest}), encoding="utf-8")
    assert pairs() == 2


@pytest.mark.slow
def test_evaluate_says_so_where_there_is_no_mistake(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textmatch.evaluation.worst_mistakes", lambda *_: [])
    main(["evaluate", str(tiny), str(write_data(tmp_path / "data")), "--device", "cpu", "--mistakes", "3"])
    assert capsys.readouterr().out.splitlines()[-1] == "no mistakes in 2 pairs"


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
