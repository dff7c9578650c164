"""textmatch.scoring: every row of a table gets its score or its problem, in order, and `score` writes them."""

import csv
import datetime
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy
import pytest

from tests.helpers import reading
from textmatch import DataError, InputError, TextMatcher
from textmatch.cli import main
from textmatch.files import Columns, Problem, Row, Table, read_table
from textmatch.metrics import compute_metrics, threshold_counts
from textmatch.scoring import PROBLEMS, Score, result_names, result_rows, score
from textmatch.text import MAX_CHARACTERS


def test_rows_keep_their_order_and_their_problems(matcher: TextMatcher) -> None:
    matcher = reading(matcher, 128)
    same = "我们明天去爬山"
    long = "很" * (matcher.max_length + 1)
    pairs = [
        (same, same),
        (None, same),
        (" ", same),
        ([3], same),
        (same, "很" * (MAX_CHARACTERS + 1)),
        ("\ud800", same),
        (same, long),
        (same, "红烧茄子怎样做才不油腻"),
        (same, same),
        (float("nan"), same),
    ]
    table = Table(("甲", "乙"), [Row(pair) for pair in pairs])
    chunks = list(score(matcher, table, Columns(0, 1), chunk_size=3))
    scores = [one for chunk in chunks for one in chunk]
    assert [len(chunk) for chunk in chunks] == [3, 3, 3, 1]
    assert [one.probability is None for one in scores] == [False, *[True] * 5, False, False, False, True]
    assert [one.problem for one in scores[1:5]] == [
        "甲 is missing",
        "甲 is blank",
        "甲 is not text but list",
        f"乙 has {MAX_CHARACTERS + 1} characters; at most {MAX_CHARACTERS} are scored",
    ]
    assert "surrogate" in scores[5].problem
    assert f"only the first {matcher.max_length} positions of 乙" in scores[6].problem
    assert scores[0] == scores[8]
    assert scores[0].prediction == matcher.labels[1]
    assert scores[7].prediction == matcher.labels[0]


@pytest.mark.slow
def test_scores_are_the_matchers_in_any_chunks(matcher: TextMatcher) -> None:
    sentences = ["几点开门", "什么时候开始营业", "这件衣服有没有大一号的", "𪚥是什么字", "快递几天能到"]
    pairs = [(a, b) for a in sentences for b in sentences]
    table = Table(("a", "b"), [Row(pair) for pair in pairs])
    expected = matcher.predict(pairs)
    for size in (1, 7, 100):
        scores = [one for chunk in score(matcher, table, Columns(0, 1), size) for one in chunk]
        assert [one.probability for one in scores] == pytest.approx(
            [one.probabilities[matcher.labels[-1]] for one in expected], abs=1e-5
        )
        assert [one.similarity for one in scores] == pytest.approx([one.similarity for one in expected], abs=1e-5)


def test_long_work_can_be_stopped_within_a_chunk(matcher: TextMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.scoring.STEP", 3)
    watched = Mock(wraps=matcher, labels=matcher.labels, max_length=matcher.max_length)
    pairs = [("几点开门" + "呢" * (5 - number), f"{number}点开门") for number in range(8)]
    steps = score(watched, Table(("a", "b"), [Row(pair) for pair in pairs]), Columns(0, 1))
    assert (next(steps), next(steps)) == ([], [])
    assert watched.predict.call_count == 2
    (scores,) = steps
    assert [one.probability for one in scores] == pytest.approx(
        [one.probabilities[matcher.labels[-1]] for one in matcher.predict(pairs)], abs=1e-5
    )
    lengths = [len(max(pair, key=len)) for call in watched.predict.call_args_list for pair in call.args[0]]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize(
    ("rows", "chunks"),
    [
        (600, [512, 88]),
        (8_000, [512, 512, *[1000] * 6, 976]),
        (40_000, [512, 512, 1024, 2048, *[4096] * 8, 3136]),
    ],
)
def test_a_large_table_is_sorted_in_large_chunks_after_small_ones(
    matcher: TextMatcher, rows: int, chunks: list[int]
) -> None:
    table = Table(("a", "b"), [Row(("几点开门", "几点开门"))] * rows)
    assert [len(chunk) for chunk in score(matcher, table, Columns(0, 1))] == chunks


def test_numbers_and_dates_are_read_as_a_spreadsheet_shows_them(matcher: TextMatcher) -> None:
    values = [12306, 10086.0, 0.5, True, datetime.datetime(2024, 5, 1), datetime.date(2024, 5, 1), datetime.time(9, 30)]
    shown = ["12306", "10086", "0.5", "TRUE", "2024-05-01", "2024-05-01", "09:30:00"]
    table = Table(("a", "b"), [Row(pair) for pair in zip(values, shown, strict=True)])
    (scores,) = score(matcher, table, Columns(0, 1))
    assert [one.similarity for one in scores] == [1.0] * len(values)
    assert [row[0] for row in result_rows(table, scores)] == values  # the file's own values stay


def test_a_pair_is_scored_once_and_stopping_stops(matcher: TextMatcher) -> None:
    watched = Mock(wraps=matcher, labels=matcher.labels, max_length=matcher.max_length)
    pairs = [("几点开门", "几点关门")] * 25 + [("几点开门", "几点下班")] * 15
    steps = score(watched, Table(("a", "b"), [Row(pair) for pair in pairs]), Columns(0, 1), chunk_size=10)
    assert len(next(steps)) == len(next(steps)) == 10
    asked = [pair for call in watched.predict.call_args_list for pair in call.args[0]]
    assert asked == pairs[:1]
    assert len(next(steps)) == 10
    asked = [pair for call in watched.predict.call_args_list for pair in call.args[0]]
    assert asked == [pairs[0], pairs[-1]]


def test_result_columns_are_named_apart_and_partial_results_stand(matcher: TextMatcher) -> None:
    table = Table(("a", "b", "problem", "label"), [Row(("几点开门", "几点开门", "旧", "也许"))] * 3)
    scores = next(score(matcher, table, Columns(0, 1, 3), chunk_size=2))
    assert result_names(table) == (*table.names, "probability", "prediction", "similarity", "problem (2)")
    rows = list(result_rows(table, scores))
    assert len(rows) == 2
    assert rows[0][:4] == ["几点开门", "几点开门", "旧", "也许"]
    assert rows[0][-1] == "the label 也许 is unknown"


def test_problems_are_worded_as_asked(matcher: TextMatcher) -> None:
    matcher = reading(matcher, 128)
    pairs = [("甲", None, "1"), ("甲", " ", "1"), ("甲", [3], "1"), ("甲", "乙" * (MAX_CHARACTERS + 1), "1")]
    pairs += [
        ("甲", "\ud800", "1"),
        ("甲", "乙" * (matcher.max_length + 1), "1"),
        ("甲", "𪚥", "1"),
        ("甲", "乙", "也许"),
        ("甲", "#N/A", "1"),
        ("甲", "A", "1"),
    ]
    rows = [Row(pair) for pair in pairs]
    rows += [
        Row(("甲", "", ""), Problem("fields", {"got": 1, "expected": 3})),
        Row(("{", None, None), Problem("json", {})),
    ]
    table = Table(("a", "b", "label"), rows)
    wordings = {key: f"<{key}>" for key in PROBLEMS}
    (scores,) = score(matcher, table, Columns(0, 1, 2), problems=wordings)
    keys = ["missing", "blank", "type", "long", "input", "cut", "unknown", "label", "formula", "chinese"]
    keys += ["fields", "json"]
    assert [one.problem for one in scores] == [f"<{key}>" for key in keys]
    assert set(keys) == set(PROBLEMS)
    scored = ("cut", "unknown", "chinese", "label")
    assert [one.probability is not None for one in scores] == [key in scored for key in keys]


def test_only_different_texts_need_chinese(matcher: TextMatcher) -> None:
    rows = [Row(pair) for pair in [("iPhone 15", "ｉＰｈｏｎｅ 15"), ("iPhone 15", "iPhone 16"), ("1800", "一千八")]]
    (scores,) = score(matcher, Table(("a", "b"), rows), Columns(0, 1))
    told = "has no Chinese character, and the model has only learnt Chinese"
    assert [one.problem for one in scores] == ["", f"a {told}; b {told}", f"a {told}"]
    assert all(one.prediction for one in scores)


# Figures


def test_threshold_counts_agree_with_counting() -> None:
    generator = numpy.random.default_rng(5)
    probability = generator.integers(0, 21, 200) / 20
    labels = generator.integers(0, 2, 200)
    for step, (tn, fp, fn, tp) in enumerate(threshold_counts(probability, labels, 20)):
        said = probability >= step / 20
        assert tp == (said & (labels == 1)).sum()
        assert fp == (said & (labels == 0)).sum()
        assert (tn + fp, fn + tp) == ((labels == 0).sum(), (labels == 1).sum())


def test_the_row_at_one_half_has_the_figures_of_compute_metrics(matcher: TextMatcher) -> None:
    import torch

    probability, labels = numpy.array([0.1, 0.6, 0.7, 0.3, 0.8]), numpy.array([0, 0, 1, 1, 1])
    figures = compute_metrics(
        torch.tensor(numpy.stack([1 - probability, probability], 1)), torch.tensor(probability), torch.tensor(labels)
    )
    assert threshold_counts(probability, labels)[50] == tuple(sum(figures.confusion, ()))


# The command line


def test_score_writes_what_was_asked_for(
    tmp_path: Path, write_table: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_table(
        tmp_path / "a.csv", ("x", "问法", "另一问法"), [("7", "几点开门", "几点开门"), ("8", "", "几点")]
    )
    named = ["score", str(source), "--device", "cpu", "--sentence1", "问法", "--sentence2", "另一问法"]
    main(named)
    printed = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert printed[0] == ["x", "问法", "另一问法", "probability", "prediction", "similarity", "problem"]
    assert [row[0] for row in printed[1:]] == ["7", "8"]
    assert printed[2][3:] == ["", "", "", "问法 is blank"]
    main([*named, "--json"])
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects[0]["prediction"] == "Matched"
    assert objects[1]["probability"] is None
    main([*named, "--json", "--output", str(tmp_path / "out.xlsx")])
    summary = json.loads(capsys.readouterr().out)
    assert (summary["rows"], summary["scored"], summary["failed"]) == (2, 1, 1)
    assert len(read_table(tmp_path / "out.xlsx").rows) == 2
    for name in ("out.doc", "nowhere/out.csv"):
        with pytest.raises(InputError, match="--output"):
            main([*named, "--output", str(tmp_path / name)])


def test_predict_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["predict", "几点开门", "几点开门", "--device", "cpu", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["label"] == "Matched"
    assert set(answer["probabilities"]) == {"Matched", "Not Matched"}


@pytest.fixture
def stopped(tmp_path: Path, write_table: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Scores so many of two rows until Ctrl-C is pressed."""
    source = write_table(tmp_path / "a.csv", ("句子1", "句子2"), [("几点开门", "何时开门"), ("几点了", "现在几点")])

    def run(rows: int, *arguments: str) -> None:
        def interrupted(*_: Any) -> Any:
            yield [Score(0.5, "Matched", 0.5, "", None)] * rows
            raise KeyboardInterrupt

        monkeypatch.setattr("textmatch.scoring.score", interrupted)
        monkeypatch.setattr("textmatch.cli._matcher", Mock())
        with pytest.raises(SystemExit) as caught:
            main(["score", str(source), *arguments])
        assert caught.value.code == 130

    return run


def test_an_interrupted_run_keeps_what_is_done(
    tmp_path: Path, stopped: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    stopped(1)
    captured = capsys.readouterr()
    assert len(list(csv.reader(io.StringIO(captured.out)))) == 2
    assert "1 of 2 rows" in captured.err
    output = tmp_path / "out.csv"
    output.write_text("an earlier result", encoding="utf-8")
    stopped(1, "--output", str(output))
    assert len(read_table(output).rows) == 1


def test_a_run_that_is_interrupted_before_the_first_row_replaces_nothing(
    tmp_path: Path, stopped: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.csv"
    output.write_text("an earlier result", encoding="utf-8")
    for arguments in ([], ["--output", str(output)], ["--output", str(output), "--json"]):
        stopped(0, *arguments)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.endswith("\nstopped\n0 of 2 rows; nothing was written\n")
    assert output.read_text(encoding="utf-8") == "an earlier result"


def test_an_output_that_is_the_input_is_refused(
    tmp_path: Path, write_table: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_table(tmp_path / "a.csv", ("句子1", "句子2"), [("几点开门", "何时开门")])
    before = source.read_bytes()
    (tmp_path / "soft.csv").symlink_to(source)
    (tmp_path / "hard.csv").hardlink_to(source)
    monkeypatch.chdir(tmp_path)
    for file, output in ((source, "a.csv"), ("a.csv", source), ("a.csv", "soft.csv"), ("soft.csv", "hard.csv")):
        with pytest.raises(InputError, match=r"^--output .*\.csv: this is the file to be read; expected another name"):
            main(["score", str(file), "--output", str(output)])
    with source.open(encoding="utf-8") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        with pytest.raises(InputError, match="this is the file to be read"):
            main(["score", "-", "--output", "a.csv"])
    assert source.read_bytes() == before


def test_a_column_that_is_not_recognised_is_told_with_the_file(
    tmp_path: Path, write_table: Callable[..., Path]
) -> None:
    source = write_table(tmp_path / "pairs.csv", ("编号", "说法", "备注", "时间"), [("1", "几点开门", "略", "早上")])
    with pytest.raises(DataError, match=r"^pairs\.csv: no column was recognised as sentence1; the columns are: "):
        main(["score", str(source)])
