"""Whole files: every kind is read row by row, scored in order, and written back with nothing lost or turned to code."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy
import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from textmatch import DataError, InputError, TextMatcher
from textmatch.__main__ import main
from textmatch.metrics import evaluate, threshold_counts
from textmatch.scoring import PROBLEMS, Score, label_class, result_names, result_rows, score
from textmatch.tables import (
    ERRORS,
    KINDS,
    MAX_COLUMNS,
    MAX_ROWS,
    Columns,
    Row,
    Table,
    decode,
    free_name,
    read,
    read_lines,
    write_csv,
    write_xlsx,
)
from textmatch.text import MAX_CHARACTERS

NAMES = ("编号", "句子1", "句子2", "标签")
ROWS = [("007", "怎么修改登录密码", "登录密码在哪里修改", "1"), ("008", '他说"明天, 再来"', "NA", "0")]


def write(path: Path, names: Sequence[str] = NAMES, rows: Sequence[Sequence[Any]] = ROWS) -> Path:
    """Write a table in the format that the name asks for, without the code under test."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in (names, *rows):
            book.active.append(list(row))
        book.save(path)
    elif path.suffix == ".parquet":
        parquet.write_table(pyarrow.table(dict(zip(names, zip(*rows, strict=True), strict=True))), path)
    elif path.suffix == ".jsonl":
        objects = (dict(zip(names, row, strict=True)) for row in rows)
        path.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
    elif path.suffix == ".tsv":
        path.write_text("".join("\t".join(row) + "\n" for row in (names, *rows)), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows((names, *rows))
    return path


def values(table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values) for row in table.rows]


def refused(path: Path, key: str, content: bytes | None = None) -> None:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(path)
    assert caught.value.problem.key == key  # type: ignore[attr-defined]
    assert str(caught.value).startswith(f"{path.name}: ")


# Reading


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_order_columns_and_values(tmp_path: Path, kind: str) -> None:
    table = read(write(tmp_path / f"pairs{kind}"))
    assert table.names == NAMES
    assert values(table) == ROWS
    assert table.columns() == Columns(1, 2, 3)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("gb18030", "GB18030"), ("big5", "BIG5HKSCS")],
)
def test_what_excel_writes_is_read_and_its_encoding_named(tmp_path: Path, encoding: str, name: str) -> None:
    first, second = ("請問圖書館幾點關門", "今天的天氣怎麼樣") if encoding == "big5" else ("请问图书馆几点关门", "很长")
    path = tmp_path / "pairs.csv"
    path.write_bytes(f"sentence1,sentence2\r\n{first},{second}\r\n".encode(encoding))
    table = read(path)
    assert (table.encoding, values(table)) == (name, [(first, second)])


@pytest.mark.parametrize("encoding", ["shift-jis", "latin-1"])
def test_other_encodings_are_refused_rather_than_misread(encoding: str) -> None:
    text = {"shift-jis": "学校,先生,猫が好きな人の文章です", "latin-1": "élève, à la crème brûlée, où ça"}[encoding]
    with pytest.raises(DataError, match="unknown encoding"):
        decode(text.encode(encoding) * 3)


def test_a_table_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("今天下雨吗,会下雨吗\n几点了,现在几点\n", encoding="utf-8")
    table = read(path)
    assert (table.names, len(table.rows), table.header) == (("sentence1", "sentence2"), 2, False)
    turned = table.with_header(True)
    assert (turned.names, values(turned)) == (("今天下雨吗", "会下雨吗"), [("几点了", "现在几点")])
    assert values(turned.with_header(False)) == values(table)
    assert read(path, ["今天下雨吗"]).header


def test_column_names_are_made_unique_and_recognised_in_many_spellings(tmp_path: Path) -> None:
    table = read(
        write(tmp_path / "a.csv", ("文本 １", "", "备注", "备注", "TEXT_B", "標籤"), [("a", "b", "c", "d", "e", "1")])
    )
    assert table.names == ("文本 １", "column 2", "备注", "备注 (2)", "TEXT_B", "標籤")
    assert table.columns() == Columns(0, 4, 5)
    assert table.columns("备注", "备注 (2)") == Columns(2, 3, 5)
    for arguments, key in ((("没有",), "column"), (("TEXT_B", "TEXT_B"), "same")):
        with pytest.raises(DataError) as caught:
            table.columns(*arguments)
        assert caught.value.problem.key == key  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="recognised as sentence2; the columns are: sentence1, c"):
        Table(("sentence1", "c"), []).columns()


def test_bad_rows_are_named_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sentence1,sentence2\n甲,乙\n只有一个\n\n一,二,三\n丙,丁\n", encoding="utf-8")
    table = read(path)
    assert values(table) == [("甲", "乙"), ("只有一个", ""), ("", ""), ("一", "二\t三"), ("丙", "丁")]
    assert [row.problem and row.problem.fields["got"] for row in table.rows] == [None, 1, 0, 3, None]
    lines = [
        '{"text1": "甲", "text2": "乙"}',
        "{broken",
        '{"text1": "\\ud800", "text2": "乙"}',
        '{"text2": 3, "x": null}',
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    table = read(path)
    assert table.names == ("text1", "text2", "x")
    assert [bool(row.problem) for row in table.rows] == [False, True, True, False]
    assert values(table)[1] == ("{broken", None, None)
    assert values(table)[3] == (None, 3, None)


def test_a_workbook_with_blank_rows_and_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for row in ([], ["句子1", "句子2", None], ["甲", "乙"], [], [3, None], ["", None]):
        book.active.append(row)
    book.active["A5000"].number_format = "0.00"
    book.save(path)
    assert values(read(path)) == [("甲", "乙"), (None, None), (3, None)]


def test_pasted_lines() -> None:
    table = read_lines("怎么走 | 路怎么走 | 1\r\n\n几点了｜现在几点|0\n")
    assert values(table) == [("怎么走", "路怎么走", "1"), ("几点了", "现在几点", "0")]
    assert values(read_lines("a|b\tc\n")) == [("a|b", "c")]
    assert read_lines("问题1|问题2\n甲|乙").names == ("问题1", "问题2")
    with pytest.raises(DataError, match="no rows"):
        read_lines(" \n")


def test_what_is_no_table_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(tmp_path / "a.doc", "kind", b"x")
    refused(tmp_path / "none.csv", "unreadable")
    refused(tmp_path / "a.csv", "empty", b" \n")
    refused(tmp_path / "a.csv", "empty", b"sentence1,sentence2\n")
    refused(tmp_path / "a.csv", "quotation", b'sentence1,sentence2\na,b\n"c,d\ne,f\n')
    refused(tmp_path / "a.csv", "field", b'sentence1,sentence2\n"' + b"x" * 200_000)
    refused(tmp_path / "a.csv", "columns", b"," * MAX_COLUMNS + b"\n")
    refused(tmp_path / "a.csv", "rows", b"a,b\n" * (MAX_ROWS + 1))
    refused(tmp_path / "a.csv", "encoding", bytes(range(128, 256)))
    refused(tmp_path / "a.jsonl", "objects", b"[1]\n3\n")
    refused(tmp_path / "a.xlsx", "workbook", b"PK nothing")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("a.txt", "no workbook")
    refused(tmp_path / "b.xlsx", "workbook")
    refused(tmp_path / "a.parquet", "parquet", b"PAR1 nothing PAR1")
    monkeypatch.setattr("textmatch.tables.MAX_UNPACKED_BYTES", 100)
    refused(write(tmp_path / "c.xlsx"), "unpacked")
    monkeypatch.setattr("textmatch.tables.MAX_BYTES", 100)
    refused(tmp_path / "a.csv", "large", b"a,b\n" * 50)


# Writing


def test_a_csv_is_utf8_for_excel(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ("句子", "x"), [("甲\n乙", None), ("=1+1", 0.5), ({"a": "乙"}, 1)])
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert found == [["句子", "x"], ["甲\n乙", ""], ["=1+1", "0.5"], ['{"a": "乙"}', "1"]]


def test_a_workbook_has_no_formula_and_loses_no_digit(tmp_path: Path) -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "=", "普通", "a\x00b\uffff"]
    rows: list[list[Any]] = [[text] for text in texts] + [[123456789012345678], [0.25], [True], [float("nan")]]
    write_xlsx(tmp_path / "a.xlsx", ["=名字"], rows)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    cells = [cell for (cell,) in sheet.iter_rows()]
    assert {cell.data_type for cell in cells[: len(texts) + 1]} == {"s"}
    shown = ["=名字", *texts[:-1], "a\ufffdb\ufffd", "123456789012345678", 0.25, True, "nan"]
    assert [cell.value for cell in cells] == shown
    assert [cell.quotePrefix for cell in cells[:3]] == [True] * 3


# Scoring


def test_rows_keep_their_order_and_their_problems(matcher: TextMatcher) -> None:
    same = "我们明天去爬山"
    long = "很" * (matcher.max_length + 1)
    pairs = [
        (same, same),
        (None, same),
        (" ", same),
        (3, same),
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
        "甲 is not text but int",
        f"乙 has {MAX_CHARACTERS + 1} characters; at most {MAX_CHARACTERS} are scored",
    ]
    assert "surrogate" in scores[5].problem
    assert f"only the first {matcher.max_length} positions of 乙" in scores[6].problem
    assert scores[0] == scores[8]
    assert scores[0].prediction == matcher.labels[1]
    assert scores[7].prediction == matcher.labels[0]


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


def test_a_pair_is_scored_once_and_stopping_stops(matcher: TextMatcher) -> None:
    watched = Mock(wraps=matcher, labels=matcher.labels, max_length=matcher.max_length)
    table = Table(("a", "b"), [Row(("几点开门", "几点关门"))] * 40)
    steps = score(watched, table, Columns(0, 1), chunk_size=10)
    assert len(next(steps)) == len(next(steps)) == 10
    asked = [pair for call in watched.predict.call_args_list for pair in call.args[0]]
    assert asked == [("几点开门", "几点关门")]


def test_result_columns_are_named_apart_and_partial_results_stand(matcher: TextMatcher) -> None:
    table = Table(("a", "b", "problem", "label"), [Row(("几点开门", "几点开门", "旧", "也许"))] * 3)
    scores = next(score(matcher, table, Columns(0, 1, 3), chunk_size=2))
    assert result_names(table) == (*table.names, "probability", "prediction", "similarity", "problem (2)")
    rows = list(result_rows(table, scores))
    assert len(rows) == 2
    assert rows[0][:4] == ["几点开门", "几点开门", "旧", "也许"]
    assert rows[0][-1] == "the label 也许 is unknown"
    assert free_name("a", {"a", "a (2)"}) == "a (3)"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((0, 0), ("1", 1), (1.0, 1), ("1.0", 1), ("matched", 1), (" Not Matched", 0), ("是", 1), ("否", 0), (True, 1)),
        *(("不匹配", 0), ("也许", None), ("2", None), ("-1", None), ("²", None)),
    ],
)
def test_labels(value: Any, expected: int | None) -> None:
    assert label_class(value, ("Not Matched", "Matched")) == expected


def test_labels_of_three_classes() -> None:
    assert [label_class(value, ("no", "maybe", "yes")) for value in ("2", "Maybe", "是")] == [2, 1, None]


def test_every_wording_can_be_filled() -> None:
    for words in (*PROBLEMS.values(), *ERRORS.values()):
        assert words == words.strip()
        assert not words.endswith(".")


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


def test_the_line_at_one_half_is_evaluates(matcher: TextMatcher) -> None:
    import torch

    probability, labels = numpy.array([0.1, 0.6, 0.7, 0.3, 0.8]), numpy.array([0, 0, 1, 1, 1])
    figures = evaluate(
        torch.tensor(numpy.stack([1 - probability, probability], 1)), torch.tensor(probability), torch.tensor(labels)
    )
    assert threshold_counts(probability, labels)[50] == tuple(sum(figures.confusion, ()))


# The command line


def test_score_writes_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "a.csv", ("x", "问法", "另一问法"), [("7", "几点开门", "几点开门"), ("8", "", "几点")])
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
    assert len(read(tmp_path / "out.xlsx").rows) == 2
    for name in ("out.doc", "nowhere/out.csv"):
        with pytest.raises(InputError, match="--output"):
            main([*named, "--output", str(tmp_path / name)])


def test_predict_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["predict", "几点开门", "几点开门", "--device", "cpu", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["label"] == "Matched"
    assert set(answer["probabilities"]) == {"Matched", "Not Matched"}


def test_an_interrupted_run_keeps_what_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Any:
        yield [Score(0.5, "Matched", 0.5, "", None)]
        raise KeyboardInterrupt

    monkeypatch.setattr("textmatch.scoring.score", interrupted)
    main(["score", str(write(tmp_path / "a.csv")), "--device", "cpu"])
    captured = capsys.readouterr()
    assert len(list(csv.reader(io.StringIO(captured.out)))) == 2
    assert "1 of 2 rows" in captured.err
