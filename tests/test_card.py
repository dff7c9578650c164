"""textmatch.card: everything on the card comes from the record."""

from typing import Any

import pytest

from textmatch import card
from textmatch.config import ModelConfig

FIGURES = {"pairs": 1234, "accuracy": 0.8125, "f1": 0.5, "auc": 0.9, "spearman": 0.6, "ece": 0.01, "brier": 0.1}
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
    ],
)
def test_the_card_says(fact: str) -> None:
    assert fact in card.text("mine", ModelConfig(), RECORD).replace("\n", " ")


def test_the_best_epoch_is_that_of_dev() -> None:
    assert "Epoch 1 of 2 was best on dev" in card.text("mine", ModelConfig(), RECORD).replace("\n", " ")


def test_unknown_data_gets_no_terms_of_others() -> None:
    text = card.text("mine", ModelConfig(), RECORD | {"corpus": "letters"})
    assert "Trained on letters" in text
    assert "LCQMC" not in text


def test_the_curve_is_a_picture_and_the_same_again() -> None:
    picture = card.curve(RECORD)
    assert picture.startswith(b"\x89PNG")
    assert picture == card.curve(RECORD)
    assert picture != card.curve(RECORD | {"history": EPOCHS[:1]})
