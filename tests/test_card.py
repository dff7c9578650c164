"""textmatch.card: everything on the card comes from the record."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from textmatch import card
from textmatch.config import ModelConfig

FIGURES = {
    "pairs": 1234,
    "accuracy": 0.8125,
    "f1": 0.5,
    "best_f1": 0.625,
    "auc": 0.9,
    "spearman": 0.6,
    "ece": 0.01,
    "brier": 0.1,
    "confusion": [[400, 100], [131, 603]],
}
EPOCHS = [
    {"epoch": 1, "loss": 0.7, "train_accuracy": 0.7, "dev_accuracy": 0.81, "dev_auc": 0.8, "seconds": 60.0},
    {"epoch": 2, "loss": 0.5, "train_accuracy": 0.8, "dev_accuracy": 0.79, "dev_auc": 0.8, "seconds": 60.0},
]
RECORD: dict[str, Any] = {
    "dev": FIGURES,
    "test": FIGURES | {"accuracy": 0.7654, "spearman": None},
    "parameters": 4321000,
    "training": {"epochs": 2, "seed": 7},
    "history": EPOCHS,
    "command": "python train.py --data somewhere",
    "corpus": "lcqmc",
    "corpora": {"atec": FIGURES | {"split": "test"}},
    "reliability": [{"confidence": 0.2, "share": 0.1, "pairs": 617}, {"confidence": 0.8, "share": 0.9, "pairs": 617}],
    "scores": [[400, 131], [100, 603]],
    "behaviour": {"negation": {"pairs": 8, "right": 6, "failures": [["他来了", "他没来", 0.75]]}},
    "init": {"sentences": 5678, "files": {"a/b.txt": "1"}, "command": "python -m textmatch.pretraining words"},
    "data_sha256": {"train.tsv": "0" * 64},
    "device": "cpu",
    "precision": "bf16",
    "processes": 1,
    "threads": 2,
    "versions": {"python": "3.11.0", "torch": "2.0"},
    "date": "2026-01-02",
}


@pytest.mark.parametrize(
    "fact",
    [
        "| dev | 1,234 | 0.8125 |",
        "| test | 1,234 | 0.7654 |",
        "| – |",
        "4,321,000 parameters",
        "Not Matched, Matched",
        'from_pretrained("checkpoints/mine")',
        "python train.py --data somewhere",
        "seed 7",
        "2 minutes in 2 epochs",
        "0" * 64,
        "on application only",
        "| atec | test | 1,234 | 0.8125 | 0.5000 | 0.6250 | 0.9000 |",
        "No licence statement of its owners was found",
        "| negation | 8 | 75.0% | 90% | 他来了 / 他没来 (0.75) |",
        "5,678 sentences without labels (a/b.txt; `python -m textmatch.pretraining words`)",
    ],
)
def test_the_card_says(fact: str) -> None:
    assert fact in card.text("mine", ModelConfig(), RECORD).replace("\n", " ")


def test_the_best_epoch_is_that_of_dev() -> None:
    assert "Epoch 1 of 2 was best on dev" in card.text("mine", ModelConfig(), RECORD).replace("\n", " ")


def test_unknown_data_gets_no_terms_of_others() -> None:
    text = card.text("mine", ModelConfig(), RECORD | {"corpus": "letters", "corpora": {}})
    assert "- letters: its terms are those of whoever owns the data." in text
    assert "LCQMC" not in text


def test_a_fine_tuned_checkpoint_names_the_corpora_of_its_start() -> None:
    start = {key: RECORD[key] for key in ("corpus", "corpora", "command", "init")}
    text = card.text("mine", ModelConfig(), RECORD | {"corpus": "letters", "corpora": {}, "init": start})
    assert "started from a checkpoint of lcqmc (`python train.py --data somewhere`)." in text
    for fact in ("- letters: ", "on application only", "ATEC 2018", "5,678 sentences"):
        assert fact in text.replace("\n", " ")


def test_a_mean_of_checkpoints_names_each_and_what_all_of_them_saw() -> None:
    kept = ("corpus", "corpora", "command", "init", "history")
    one = {key: RECORD[key] for key in kept}
    other = one | {"corpus": "bq", "corpora": {}, "command": "python train.py --seed 2", "history": EPOCHS[:1]}
    record = RECORD | {"corpora": {}, "history": [], "init": {"mean_of": [one, other]}}
    text = card.text("mine", ModelConfig(), record)
    assert (
        "the mean of the weights of 2 checkpoints (`python train.py --data somewhere`, 2 minutes in 2 epochs; "
        "`python train.py --seed 2`, 1 minutes in 1 epochs)."
    ) in text
    assert text.count("5,678 sentences") == 1
    for fact in ("on application only", "ATEC 2018", "BQ corpus", "- a: "):
        assert fact in text
    assert "was best on dev" not in text
    assert set(re.findall(r"\((\w+\.png)\)", text)) == set(card.pictures(record))


def test_every_corpus_that_the_default_saw_has_its_terms() -> None:
    metrics = Path(__file__).resolve().parent.parent / "checkpoints" / "default" / "metrics.json"
    record = json.loads(metrics.read_text(encoding="utf-8"))
    assert "its terms are those of whoever owns the data" not in card.text("default", ModelConfig(), record)


def test_a_record_without_the_extras_makes_a_card_without_them() -> None:
    plain = {key: value for key, value in RECORD.items() if key not in ("init", "behaviour")} | {"corpora": {}}
    text = card.text("mine", ModelConfig(), plain)
    assert "hidden words" not in text
    assert "Other corpora" not in text
    assert "| ability |" not in text


def test_every_picture_on_the_card_is_drawn() -> None:
    pictures = card.pictures(RECORD)
    assert set(re.findall(r"\((\w+\.png)\)", card.text("mine", ModelConfig(), RECORD))) == set(pictures)
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())


def test_the_curve_is_a_picture_and_the_same_again() -> None:
    picture = card.curve(RECORD)
    assert picture.startswith(b"\x89PNG")
    assert picture == card.curve(RECORD)
    assert picture != card.curve(RECORD | {"history": EPOCHS[:1]})
