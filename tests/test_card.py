"""textmatch.training.card: everything on the card comes from the record."""

import json
import re
import shlex
import shutil
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from textmatch import TextMatchError
from textmatch.config import ModelConfig
from textmatch.training import card

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
    "command": "python train.py --data somewhere --init out/words",
    "corpus": "lcqmc",
    "corpora": {"atec": FIGURES | {"split": "test"}},
    "reliability": [{"confidence": 0.2, "share": 0.1, "pairs": 617}, {"confidence": 0.8, "share": 0.9, "pairs": 617}],
    "scores": [[400, 131], [100, 603]],
    "behaviour": {"negation": {"pairs": 8, "right": 6, "failures": [["他来了", "他没来", 0.75]]}},
    "init": {
        "sentences": 5678,
        "files": {"a/b.txt": "1"},
        "command": "python -m textmatch.training.pretraining out/words",
    },
    "data_sha256": {"train.tsv": "0" * 64},
    "device": "cpu",
    "precision": "bf16",
    "processes": 1,
    "threads": 2,
    "versions": {"python": "3.11.0", "torch": "2.0"},
    "date": "2026-01-02",
}
CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"


def written(**changed: Any) -> str:
    """The card of the record with some values changed."""
    return card.text("mine", ModelConfig(), RECORD | changed)


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its first two lines."""
    lines = text.split(f"\n{heading}\n")[1].splitlines()
    table = list(takewhile(lambda line: line[:1] == "|", dropwhile(lambda line: line[:1] != "|", lines)))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:]]


@pytest.mark.parametrize(
    "fact",
    [
        "| dev | 1,234 | 0.8125 |",
        "| test | 1,234 | 0.7654 |",
        "| – |",
        "4,321,000 parameters",
        "Not Matched, Matched",
        'from_pretrained("checkpoints/mine")',
        "Epoch 1 of 2 was best on dev.",
        "seed 7",
        "0" * 64,
        "on application",
        "| atec | test | 1,234 | 0.8125 | 0.5000 | 0.6250 | 0.9000 |",
        "No licence was found",
        "| negation | 8 | 75.0% | 90% | 他来了 / 他没来 (0.75) |",
    ],
)
def test_the_card_says(fact: str) -> None:
    assert fact in written().replace("\n", " ")


def test_the_front_matter_says_what_the_hub_shows() -> None:
    text = written(init=RECORD["init"] | {"hub": "me/words", "commit": "0" * 40})
    data = ModelCard(text).data.to_dict()
    assert (data["language"], data["library_name"], data["base_model"]) == ("zh", "textmatch", ["me/words"])
    assert (data["license"], data["license_name"], data["license_link"]) == ("other", "research-only", "LICENSE.md")
    assert data["pipeline_tag"] == "text-classification"
    assert {"lstm", "interaction"} <= set(data["tags"])
    assert data["datasets"] == ["shibing624/nli_zh"]
    assert data["metrics"] == ["accuracy", "f1"]
    (index,) = data["model-index"]
    assert index["name"] == "mine"
    told = {
        (result["dataset"]["type"], result["dataset"].get("config"), result["dataset"]["split"]): {
            metric["type"]: metric["value"] for metric in result["metrics"]
        }
        for result in index["results"]
    }
    assert told == {
        ("shibing624/nli_zh", "LCQMC", "test"): {"accuracy": 0.7654, "f1": 0.5},
        ("atec", None, "test"): {"accuracy": 0.8125, "f1": 0.5},
    }


def test_the_licence_follows_from_the_data() -> None:
    own: dict[str, Any] = {"init": None, "corpora": {}}
    free = ModelCard(written(corpus="paraphrases", **own)).data.to_dict()
    assert free["license"] == "apache-2.0"
    assert "license_link" not in free
    theirs = ModelCard(written(corpus="letters", **own)).data.to_dict()  # only their owner can say
    assert not any("license" in name for name in theirs)
    assert "for research" not in written(corpus="letters", **own)
    assert card.terms(RECORD | {"corpus": "letters"} | own) == {}
    assert "LCQMC (Liu et al." in card.terms(RECORD)["LICENSE.md"].decode()
    start = {"corpus": "lcqmc", "command": "", "history": []}
    assert ModelCard(written(corpus="letters", corpora={}, init=start)).data["license"] == "other"


def test_dev_stands_in_where_there_is_no_test() -> None:
    text = card.text("mine", ModelConfig(), {name: value for name, value in RECORD.items() if name != "test"})
    (result, _) = ModelCard(text).data.to_dict()["model-index"][0]["results"]
    assert (result["dataset"]["split"], result["metrics"][0]["value"]) == ("dev", 0.8125)


def test_commands_have_no_path_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    words = {
        "/home/me/corpora/bank/train.tsv": "bank/train.tsv",
        "/home/me/corpora/bank": "bank",
        "../shared/data/lcqmc": "lcqmc",
        "~/data/my pairs.csv": "'data/my pairs.csv'",
        f"--output={tmp_path}/checkpoints/mine": "--output=checkpoints/mine",
        str(tmp_path / "data" / "dev.tsv"): "data/dev.tsv",
        "--data=/srv/x": "--data=x",
        "checkpoints/words": "checkpoints/words",
        "me/words@v1": "me/words@v1",
        "--epochs": "--epochs",
        "6e-4": "6e-4",
    }
    assert card.portable(shlex.join(["python", "train.py", *words])) == f"python train.py {' '.join(words.values())}"
    assert "/srv/" not in written(command="python train.py --data /srv/data/bank")


def test_the_runs_are_listed_from_the_first_to_the_last() -> None:
    assert rows(written(), "## Training") == [
        ["words", "random weights", "5,678 sentences without labels: a", "–", "–"],
        ["mine", "words", "lcqmc, atec", "2", "2"],
    ]
    for command in ("python -m textmatch.training.pretraining out/words  # words", f"{RECORD['command']}  # mine"):
        assert command in written()


def test_unknown_data_gets_no_terms_of_others() -> None:
    text = written(corpus="letters", corpora={}, init=None)
    assert rows(text, "## Data and terms") == [["letters", "", "Those of the owner of the data."]]
    assert "LCQMC" not in text


def test_a_mean_names_each_checkpoint_once_and_all_that_they_were_trained_on() -> None:
    kept = ("corpus", "corpora", "command", "init", "history")
    one = {key: RECORD[key] for key in kept}
    other = one | {"corpus": "bq", "corpora": {}, "command": "python train.py --init out/one", "history": EPOCHS[:1]}
    other["init"] = one
    command = "python train.py --init out/one out/other --epochs 0"
    text = written(corpora={}, history=[], command=command, init={"mean_of": [one, other]})
    assert rows(text, "## Training") == [
        ["words", "random weights", "5,678 sentences without labels: a", "–", "–"],
        ["one", "words", "lcqmc, atec", "2", "2"],
        ["other", "one", "bq", "1", "1"],
        ["mine", "mean of one, other", "lcqmc", "0", "0"],
    ]
    assert text.count("python -m textmatch.training.pretraining out/words") == 1
    assert [row[0] for row in rows(text, "## Data and terms")] == ["lcqmc", "atec", "a", "bq"]
    assert "was best on dev" not in text
    assert card.CURVE not in text


def test_starts_that_no_command_names_are_numbered() -> None:
    text = written(command="")
    assert [row[:2] for row in rows(text, "## Training")] == [["start 1", "random weights"], ["mine", "start 1"]]


def test_an_old_corpus_name_is_replaced_and_explained() -> None:
    figures = FIGURES | {"split": "dev"}
    command = "python train.py --also meanings --init out/words"
    text = written(corpora={"meanings": figures}, data_sha256={"meanings/train.txt": "1" * 64}, command=command)
    assert "| paraphrases | dev |" in text
    assert "| paraphrases/train.txt |" in text
    assert command in text
    assert "`meanings` is now `paraphrases`" in text
    assert rows(text, "## Data and terms")[1][::2] == ["paraphrases", "The project's own licence."]
    assert "is now" not in written()


def test_a_record_without_the_extras_makes_a_card_without_them() -> None:
    plain = {key: value for key, value in RECORD.items() if key not in ("init", "behaviour")} | {"corpora": {}}
    text = card.text("mine", ModelConfig(), plain)
    for part in ("without labels", "Other corpora", "## Behaviour"):
        assert part not in text


@pytest.mark.parametrize("name", ["default", "siamese", "overlap"])
def test_the_committed_cards_are_those_of_their_records(name: str) -> None:
    record = json.loads((CHECKPOINTS / name / "metrics.json").read_text(encoding="utf-8"))
    config = json.loads((CHECKPOINTS / name / "config.json").read_text(encoding="utf-8"))["model"]
    text = card.text(name, ModelConfig(**config | {"labels": tuple(config["labels"])}), record)
    assert (CHECKPOINTS / name / "README.md").read_text(encoding="utf-8") == text
    assert "Those of the owner of the data" not in text
    assert all((CHECKPOINTS / name / picture).is_file() for picture in re.findall(r"\((\w+\.png)\)", text))
    for file, content in card.terms(record).items():
        assert (CHECKPOINTS / name / file).read_bytes() == content


def test_the_command_writes_the_card_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "overlap"
    shutil.copytree(CHECKPOINTS / "overlap", folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (folder / "README.md").write_text("old", encoding="utf-8")
    card.main([str(folder)])
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    (folder / "metrics.json").write_text('{"sentences": 3}', encoding="utf-8")
    with pytest.raises(TextMatchError, match=r"no figures; expected a checkpoint that train\.py wrote"):
        card.main([str(folder)])


@pytest.mark.slow
def test_every_picture_on_the_card_is_drawn_the_same_again() -> None:
    pictures = card.attachments(RECORD)
    assert set(re.findall(r"\((\w+\.(?:png|md))\)", written())) == set(pictures)
    assert pictures.pop("LICENSE.md") == card.terms(RECORD)["LICENSE.md"]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
    assert card.draw_curve(RECORD) == pictures[card.CURVE]
    assert card.draw_curve(RECORD | {"history": EPOCHS[:1]}) != pictures[card.CURVE]
