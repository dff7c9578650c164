"""A fast sample of the benchmarks that attack: mutated and hostile files, mutated checkpoint folders."""

import itertools
import random
import shutil
from pathlib import Path

import pytest
import torch

from benchmarks import hostile_checkpoints, hostile_files, hostile_texts
from tests.tiny_matchers import TINY, random_matcher
from textmatch import TextMatcher

CHEAP = (
    "keys.jsonl",
    "nested.jsonl",
    "key.jsonl",
    "short-rows.csv",
    "far-row.xlsx",
    "same-row.xlsx",
    "one-text.parquet",
)


def attacked(cases: list[hostile_files.Case], folder: Path) -> None:
    memory = hostile_files.Memory()
    for case in cases:
        for outcome in hostile_files.read(case, folder, memory):
            assert not outcome.result.startswith("wrong"), (case.name, outcome)
    memory.stop()


def test_mutated_files_are_a_message_or_every_row_once(tmp_path: Path) -> None:
    attacked(list(hostile_files.mutated_files(12, seed=7)), tmp_path)


@pytest.mark.slow
def test_files_that_unfold_are_a_message(tmp_path: Path) -> None:
    found = [case for case in hostile_files.unfolding_files() if case.name in CHEAP]
    assert len(found) == len(CHEAP)
    attacked(found, tmp_path)


@pytest.mark.slow
def test_many_mutated_files(tmp_path: Path) -> None:
    attacked(list(itertools.islice(hostile_files.mutated_files(300, seed=8), 300)), tmp_path)


def test_mutated_checkpoints_are_an_error_or_give_the_same_answers(tmp_path: Path) -> None:
    hostile_checkpoints.small(tmp_path / "right")
    expected = TextMatcher.from_pretrained(tmp_path / "right", torch.device("cpu")).predict(hostile_checkpoints.PAIRS)
    chance = random.Random(7)
    for number in range(6):
        shutil.copytree(tmp_path / "right", tmp_path / "mutated")
        hostile_checkpoints.mutate(tmp_path / "mutated", chance)
        assert not hostile_checkpoints.judged(tmp_path / "mutated", expected).startswith("wrong"), number
        shutil.rmtree(tmp_path / "mutated")


def test_generated_texts_are_a_result_or_a_message() -> None:
    made = hostile_texts.strings(random.Random(7))
    pairs = [(next(made), next(made)) for _ in range(64)]
    matcher = random_matcher(TINY, hostile_checkpoints.SENTENCES)
    assert hostile_texts.faults(matcher, pairs, swap=True)[0] == []
    assert hostile_texts.faults(matcher, [("猫", "\ud800"), ("猫", "狗"), ("", "猫")], swap=True) == ([], 2)
