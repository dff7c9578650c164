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
    with pytest.raises(DataError, match=r"typo\.csv, row 3: no row of .*has the label '相拟', which is in 1 rows"):
        load_splits([typo, good])
    with pytest.raises(DataError, match=r"typo\.csv, row 3: the label '相拟' is unknown; expected 不相似 or 相似"):
        load_splits([good, typo])


def test_a_column_of_degrees_is_no_label_column(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("sentence1,sentence2,label\n" + "".join(f"甲,乙,0.{n}\n" for n in range(11, 90)), encoding="utf-8")
    assert len(read_pairs(path)) == 79
    with pytest.raises(DataError, match=r"the label column has 79 different values \(0\.11, 0\.12, 0\.13 …\)"):
        load_splits([path, path])
