"""textmatch.files.labels: names of classes tell which is which, whatever their alphabetical order."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from textmatch.errors import DataError
from textmatch.files import DataOptions, label_class, load_splits, read_pairs
from textmatch.files.labels import NEGATIVE, POSITIVE, class_order, is_label
from textmatch.training.augment import transitive_pairs

# Not matched, matched.
NAMES = [
    *(("不相似", "相似"), ("非同义", "同义"), ("no match", "match"), ("no", "yes"), ("False", "True"), ("0", "1")),
    *(("错", "对"), ("否", "是"), ("不匹配", "匹配"), ("Not Matched", "Matched"), ("未命中", "命中")),
    *(("unmatched", "Match"), ("not_duplicate", "duplicate"), ("其他", "相似"), ("无关", "命中"), ("1", "2")),
]


@pytest.mark.parametrize("names", NAMES)
def test_the_name_of_a_match_is_the_last_class(names: tuple[str, str]) -> None:
    assert class_order(names) == class_order(names[::-1]) == names


def test_every_known_name_is_known_with_and_without_a_negation() -> None:
    assert not set(POSITIVE) & set(NEGATIVE)
    for name in POSITIVE:
        assert class_order((name, f"not {name}")) == (f"not {name}", name)
        assert is_label(name)
    assert all(is_label(name) for name in NEGATIVE)
    assert not any(map(is_label, ("结果", "2", "", "一个很长的格子" * 20)))


@pytest.mark.parametrize("names", [("甲", "乙"), ("相同", "相似"), ("不同", "错")])
def test_of_two_names_that_do_not_tell_one_must_be_given(names: tuple[str, str]) -> None:
    with pytest.raises(DataError, match="expected --positive"):
        class_order(names)
    assert class_order(names, names[0]) == names[::-1]
    with pytest.raises(DataError, match="--positive 丙: there is no such label; the labels are: "):
        class_order(names, "丙")


def test_of_three_classes_the_positive_one_is_the_last() -> None:
    names = ("entailment", "neutral", "contradiction")
    assert class_order(names) == ("contradiction", "entailment", "neutral")
    assert class_order(names, "entailment") == ("contradiction", "neutral", "entailment")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(
            (0, 0),
            ("1", 1),
            (1.0, 1),
            ("1.0", 1),
            ("matched", 1),
            (" Not Matched", 0),
            ("是", 1),
            ("否", 0),
            (True, 1),
            ("true", 1),
        ),
        *(("不匹配", 0), ("也许", None), ("2", None), ("-1", None), ("²", None), ("1" * 5000, None), ("", None)),
    ],
)
def test_labels(value: Any, expected: int | None) -> None:
    assert label_class(value, ("Not Matched", "Matched")) == expected


def test_labels_of_three_classes() -> None:
    assert [label_class(value, ("no", "maybe", "yes")) for value in ("2", "Maybe", "是")] == [2, 1, None]


def write(path: Path, labels: Sequence[Any]) -> Path:
    one, other = "怎么退款", "几点开门"
    sentences = [(one, "如何退款"), (one, "怎样办理退款"), (other, "几点关门"), (other, "哪天开门")]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [(*pair, label) for pair, label in zip(sentences, labels, strict=True)]
        csv.writer(file).writerows([("sentence1", "sentence2", "label"), *rows])
    return path


@pytest.mark.parametrize("names", [*NAMES, ("0.0", "1.0")])
def test_whatever_the_labels_are_called_the_same_is_learned(tmp_path: Path, names: tuple[str, str]) -> None:
    """Network, loss, made pairs and figures get the class; the names are kept for people."""
    no, yes = names
    path = write(tmp_path / "train.csv", [yes, yes, no, no])
    splits = load_splits([path, path])
    assert [pair.label for pair in splits.train] == ["1", "1", "0", "0"]
    assert {pair.label for pair in transitive_pairs(splits.train)} == {"1"}
    expected = ("Not Matched", "Matched") if names in (("0", "1"), ("0.0", "1.0")) else names
    assert splits.labels == expected


def test_splits_may_spell_their_labels_differently(tmp_path: Path) -> None:
    train, dev = (
        write(tmp_path / name, labels)
        for name, labels in (("train.csv", ["Yes", "yes", "NO", "No "]), ("dev.csv", ["1", "是", "0", "否"]))
    )
    splits = load_splits([train, dev])
    assert splits.labels == ("NO", "Yes")
    assert [pair.label for pair in splits.train] == [pair.label for pair in splits.dev] == ["1", "1", "0", "0"]
    given = load_splits([dev, dev], DataOptions(labels=("非同义", "同义")))  # as of a checkpoint
    assert given.labels == ("非同义", "同义")
    assert [pair.label for pair in given.train] == ["1", "1", "0", "0"]


def test_a_label_that_only_one_split_has_is_shown_with_its_row(tmp_path: Path) -> None:
    good = write(tmp_path / "good.csv", ["相似", "相似", "不相似", "不相似"])
    typo = write(tmp_path / "typo.csv", ["相似", "相拟", "不相似", "不相似"])
    with pytest.raises(
        DataError, match=r"typo\.csv, row 3: no row of .*has the label '相拟', which is in 1 row of train"
    ):
        load_splits([typo, good])
    with pytest.raises(DataError, match=r"typo\.csv, row 3: the label '相拟' is unknown; expected 不相似 or 相似"):
        load_splits([good, typo])


def repeated(path: Path, labels: Sequence[str], times: int, *typos: str) -> Path:
    """A file with rows of these labels, each so many times, and then rows with other ones."""
    rows = [*labels] * times + [*typos]
    lines = [f"怎么去{number}号楼,去{number}号楼怎么走,{label}" for number, label in enumerate(rows)]
    path.write_text("\n".join(["sentence1,sentence2,label", *lines]), encoding="utf-8")
    return path


def test_a_typo_that_is_there_again_is_no_third_class(tmp_path: Path) -> None:
    """It was trained as one, without a word."""
    train = repeated(tmp_path / "train.csv", "01", 10, "1l")
    dev = repeated(tmp_path / "dev.csv", "01", 5, "1l")
    message = r"^.*train\.csv, row 22: the label '1l' is in 1 row of train, of 21; expected 0 or 1: is it a typo\?"
    with pytest.raises(DataError, match=rf"{message} If it is a class of its own: --labels 0 1 1l$"):
        load_splits([train, dev])
    with pytest.raises(DataError, match=r"'相 拟' is in 2 rows of train, of 22; .* --labels '不相似' '相 拟' '相似'$"):
        load_splits(repeated(tmp_path / "one.csv", ["不相似", "相似"], 10, "相 拟", "相 拟"))
    with pytest.raises(DataError, match=r"'否定' is in 5 rows of train, of 605; expected 否 or 是"):
        load_splits(repeated(tmp_path / "large.csv", "否是", 300, *["否定"] * 5))
    assert load_splits(train, DataOptions(labels=("0", "1", "1l"))).labels == ("0", "1", "1l")


@pytest.mark.parametrize(
    ("labels", "times", "others"),
    [("01", 10, ["2"] * 3), ("012", 10, ["3"] * 2), ("甲乙", 10, ["丙"] * 2), ("012", 2, [])],
    ids=["three rows", "four classes", "unknown names", "all are rare"],
)
def test_a_small_class_is_one_where_it_is_not_like_a_typo(
    tmp_path: Path, labels: str, times: int, others: list[str]
) -> None:
    splits = load_splits(repeated(tmp_path / "train.csv", labels, times, *others))
    assert splits.labels == tuple(sorted({*labels, *others}))


def test_a_label_that_only_dev_has_is_told_with_the_labels_of_the_file(tmp_path: Path) -> None:
    """They were called Not Matched and Matched, which the file has not."""
    train = repeated(tmp_path / "train.csv", "01", 10)
    dev = repeated(tmp_path / "dev.csv", "01", 3, "1l")
    message = r"dev\.csv, row 8: the label '1l' is unknown; expected 0 \(Not Matched\) or 1 \(Matched\)$"
    with pytest.raises(DataError, match=message):
        load_splits([train, dev])
    dev = repeated(tmp_path / "dev.csv", "1", 3, "O")  # the only 0 is an O
    with pytest.raises(DataError, match=r"dev\.csv, row 5: the label 'O' is unknown"):
        load_splits([train, dev])


def test_the_file_without_the_rows_of_a_class_is_blamed(tmp_path: Path) -> None:
    train = repeated(tmp_path / "train.csv", "012", 10)
    for labels, message in (
        ("1", r"dev\.csv: the only label is '1', in 4 pairs; expected rows of each label of train: 0, 1, 2$"),
        ("01", r"dev\.csv: no row has the label '2', which is in 10 rows of .*train\.csv; expected every label in"),
    ):
        with pytest.raises(DataError, match=message):
            load_splits([train, repeated(tmp_path / "dev.csv", labels, 4)])
    for times, pairs in ((1, "1 pair"), (3, "3 pairs")):
        with pytest.raises(DataError, match=rf"one\.csv: the only label is '1', in {pairs}; expected rows of at least"):
            load_splits(repeated(tmp_path / "one.csv", "1", times))


def test_a_column_of_degrees_is_no_label_column(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("sentence1,sentence2,label\n" + "".join(f"甲,乙,0.{n}\n" for n in range(11, 90)), encoding="utf-8")
    assert len(read_pairs(path)) == 79
    with pytest.raises(DataError, match=r"the label column has 79 different values \(0\.11, 0\.12, 0\.13 …\)"):
        load_splits([path, path])
