"""The model card, written from a checkpoint's own record; no figure in it is typed by hand.

python -m textmatch.training.card checkpoints/default    # write the card again
"""

from __future__ import annotations

import argparse
import io
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from textmatch import checkpoint
from textmatch.config import ModelConfig
from textmatch.corpora import RENAMED_CORPORA, all_corpora, current_name, own_corpora, start_records
from textmatch.errors import TextMatchError
from textmatch.training import metadata

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVE, EVALUATION = "curve.png", "evaluation.png"


# Names in the records of old checkpoints that are different now.
RENAMED = RENAMED_CORPORA | {"textmatch.pretraining": "textmatch.training.pretraining"}

# The share of right predictions that each category of the behaviour suite should reach.
TARGETS = {
    "identical": 1.0,
    "surface": 1.0,
    "traditional": 0.95,
    "paraphrase": 0.9,
    "unrelated": 1.0,
    "negation": 0.9,
    "antonym": 0.85,
    "entity": 0.9,
    "number": 0.9,
    "roles": 0.8,
    "intent": 0.85,
    "typo": 0.85,
}

ARCHITECTURES = {
    "interaction": "a bidirectional LSTM over characters and their jieba words, shared by both sentences; "
    "cross-attention between the sentences; a second LSTM; and a classifier (after ESIM, Chen et al. 2017)",
    "bilstm": "a bidirectional LSTM over characters and their jieba words, shared by both sentences; "
    "maximum and mean of its states; and a classifier",
    "overlap": "the cosine of the two sentences' sets of characters, and a line through it; the order is not read",
    "siamese": "one LSTM over jieba words, shared by both sentences; the cosine of the two last states; and a linear "
    "classifier",
}


def text(name: str, config: ModelConfig, record: Mapping[str, Any]) -> str:
    """Write the card.

    Args:
        name: the checkpoint's name.
        config: what its network was built from.
        record: its figures, as in ``metrics.json``.

    Returns:
        Markdown with the Hub's front matter.
    """
    sections = [_introduction(name, config, record), _figures(record), _other_corpora(record), _behaviour(record)]
    sections += [_training(name, record), _data(record), _limits(config)]
    front = metadata.front_matter(name, config, record, all_corpora(record))
    return f"---\n{front}\n---\n\n" + "\n".join(filter(None, sections))


def _introduction(name: str, config: ModelConfig, record: Mapping[str, Any]) -> str:
    return f"""# {name}

Says whether two Chinese sentences mean the same. Classes: {", ".join(config.labels)}.

The network is {ARCHITECTURES[config.arch]}. It has {record["parameters"]:,} parameters, stored in half precision.

```python
from textmatch import TextMatcher

matcher = TextMatcher.from_pretrained("checkpoints/{name}")
matcher.predict([("怎么学好英语", "如何才能把英语学好")])
```
"""


def _figures(record: Mapping[str, Any]) -> str:
    keys = ("accuracy", "f1", "auc", "spearman", "ece", "brier")
    rows = [
        [split, f"{record[split]['pairs']:,}", *(_number(record[split][key]) for key in keys)]
        for split in ("dev", "test", "test_new")
        if split in record
    ]
    best = f"Epoch {_best_epoch(record)} of {len(record['history'])} was best on dev. " if record["history"] else ""
    return f"""## Figures

{_table("split | pairs: | accuracy: | F1: | AUC: | Spearman: | ECE: | Brier:", rows)}

Accuracy and F1 are at probability 0.5. {best}Temperature and class bias were fitted on dev{_calibrated_beside(record)}.
Test was evaluated once, at the end; `test_new` is test without the pairs that train holds too. Spearman compares
similarity and label. ECE has 15 bins of equal mass.

![Reliability diagram, confusion matrix and histogram of scores]({EVALUATION})
""" + (f"\n![Accuracy and loss by epoch]({CURVE})\n" if record["history"] else "")


def _other_corpora(record: Mapping[str, Any]) -> str:
    keys = ("accuracy", "f1", "best_f1", "auc")
    rows = [
        [current_name(name), figures["split"], f"{figures['pairs']:,}", *(_number(figures[key]) for key in keys)]
        for name, figures in record["corpora"].items()
        if figures
    ]
    if not rows:
        return ""
    return f"""### Other corpora

The same weights, with a calibration fitted on each corpus's own dev split. Best F1 is F1 at the best threshold.

{_table("corpus | split | pairs: | accuracy: | F1: | best F1: | AUC:", rows)}
"""


def _behaviour(record: Mapping[str, Any]) -> str:
    rows = [
        [
            name,
            str(part["pairs"]),
            f"{part['right'] / part['pairs']:.1%}",
            f"{TARGETS[name]:.0%}",
            "; ".join(f"{first} / {second} ({probability:.2f})" for first, second, probability in part["failures"]),
        ]
        for name, part in record.get("behaviour", {}).items()
    ]
    if not rows:
        return ""
    return f"""## Behaviour

Right predictions on pairs that were written for this test (after CheckList, Ribeiro et al. 2020), and the most
confident failures with their probability of a match.

{_table("ability | pairs: | right: | target: | failures", rows)}
"""


def _training(name: str, record: Mapping[str, Any]) -> str:
    runs = lineage(name, record)
    rows = []
    names: dict[str, str] = {}  # of each command, for checkpoints that were renamed
    known: str | None = None
    for run in runs:
        first_name = names.setdefault(run.record.get("command") or run.name, run.name)
        if first_name != run.name:
            rows.append([run.name, f"is {first_name}", "", "", ""])
            continue
        data = _data_of(run.record)
        rows.append([run.name, _start_of(run), "the same" if data == known else data, *_time_of(run.record)])
        known = data
    commands = "\n".join(f"{portable(command)}  # {name}" for command, name in names.items())
    return f"""## Training

{_table("run | started from | data | epochs: | minutes:", rows)}

{"A mean is that of the weights; a dash means not recorded. " if len(runs) > 1 else ""}The last run: seed
{record["training"]["seed"]}, {record["device"]}, threads {record["threads"]}, precision {record["precision"]},
{record["date"]}, Python {record["versions"]["python"]}, torch {record["versions"]["torch"]}.

<details>
<summary>Commands and data files</summary>

```bash
{commands}
```
{_renamed(commands)}
{_table("file | SHA-256", [[current_name(file), f"`{digest}`"] for file, digest in record["data_sha256"].items()])}

</details>
"""


def _data(record: Mapping[str, Any]) -> str:
    corpora = all_corpora(record)
    use = f"Use these weights for research ([terms]({metadata.TERMS})). " if metadata.restricted(corpora) else ""
    return f"""## Data and terms

{use}This repository holds no text of a corpus, except for the project's own sentences.

{_table("corpus | what it is | terms", [[corpus, *metadata.license_of(corpus)[:2]] for corpus in corpora])}
"""


def _limits(config: ModelConfig) -> str:
    return f"""## Limits

- It knows everyday questions like those it was trained on. It is worse in other domains and on long texts.
- It reads {config.max_length} {config.unit}s of each sentence. Predictions report what was cut and what is unknown.
- Changed roles, negations, numbers and rare names can still mislead it.
- Do not use it for decisions about people, or for medical, legal or financial advice.
"""


def portable(command: str) -> str:
    """A command line without the folders of the machine that it ran on.

    A path below the working directory becomes relative to it; of one elsewhere the last name is kept, of a file also
    that of its folder.
    """
    return shlex.join(map(_portable_word, shlex.split(command)))


def _portable_word(word: str) -> str:
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    path = Path(value)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    if path.is_absolute() or path.parts[:1] in [("..",), ("~",)]:
        path = Path(*path.parts[-2:]) if path.suffix and len(path.parts) > 2 else Path(path.name)
    elif str(path) == Path(value).as_posix():
        return word
    return f"{option}{equals}{path.as_posix()}"


class Run(NamedTuple):
    """One run that a checkpoint came from: its name, the names of the checkpoints it started from, its record."""

    name: str
    starts: tuple[str, ...]
    record: Mapping[str, Any]


def lineage(name: str, record: Mapping[str, Any]) -> list[Run]:
    """The runs that a checkpoint came from, the first run first, each once; the last is the checkpoint's own."""
    runs: dict[tuple[str, str], Run] = {}
    starts = start_records(record)
    names = _start_names(record.get("command", ""), len(starts))
    for run in (run for pair in zip(names, starts, strict=True) for run in lineage(*pair)):
        runs.setdefault((run.name, run.record.get("command", "")), run)
    return [*runs.values(), Run(name, names, record)]


def _start_names(command: str, count: int) -> tuple[str, ...]:
    """The names of the checkpoints given to ``--init``, or numbers where the command does not name them."""
    words = shlex.split(command)
    given = words[words.index("--init") + 1 :] if "--init" in words else []
    names = tuple(Path(word).name for word in takewhile(lambda word: not word.startswith("--"), given))
    return names if len(names) == count else tuple(f"start {number}" for number in range(1, count + 1))


def _start_of(run: Run) -> str:
    if len(run.starts) > 1:
        return f"mean of {', '.join(run.starts)}"
    return run.starts[0] if run.starts else "random weights"


def _data_of(record: Mapping[str, Any]) -> str:
    names = ", ".join(own_corpora(record))
    return f"{record['sentences']:,} sentences without labels: {names}" if "sentences" in record else names


def _time_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """Epochs and minutes, where the record has them."""
    history = record.get("history")
    if history is None:
        return "–", "–"
    return str(len(history)), f"{sum(epoch['seconds'] for epoch in history) / 60:.0f}"


def _renamed(commands: str) -> str:
    old = [f"`{old}` is now `{new}`" for old, new in RENAMED.items() if old in commands.split()]
    return f"\n{' and '.join(old)}.\n" if old else ""


def _calibrated_beside(record: Mapping[str, Any]) -> str:
    pairs = record.get("dev_also_pairs") or record.get("calibration_pairs")
    return f" and, weighing as much, on {pairs:,} pairs of everyday language" if pairs else ""


def _best_epoch(record: Mapping[str, Any]) -> int:
    metric = f"dev_{record.get('training', {}).get('metric', 'accuracy')}"
    return int(max(record["history"], key=lambda epoch: epoch[metric])["epoch"])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _table(header: str, rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; in the header columns are separated by |, and a colon aligns one to the right."""
    names = header.split(" | ")
    lines = [[name.removesuffix(":") for name in names], ["---:" if name.endswith(":") else "---" for name in names]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [*lines, *rows])


def attachments(record: Mapping[str, Any]) -> dict[str, bytes]:
    """The files that the card refers to, by name: its pictures, and the terms of use where there are some."""
    files = {EVALUATION: draw_evaluation(record)} | terms(record)
    return files | {CURVE: draw_curve(record)} if record["history"] else files


def terms(record: Mapping[str, Any]) -> dict[str, bytes]:
    """The terms of use as a file, where the data restricts what the weights may be used for."""
    corpora = all_corpora(record)
    rows = [[corpus, *metadata.license_of(corpus)[:2]] for corpus in corpora]
    table = _table("corpus | what it is | terms", rows)
    return {metadata.TERMS: metadata.TERMS_TEXT.format(table=table).encode()} if metadata.restricted(corpora) else {}


def draw_curve(record: Mapping[str, Any]) -> bytes:
    """Draw accuracy and loss by epoch, as PNG.

    Args:
        record: the figures of a run with at least one epoch, as in ``metrics.json``.
    """
    from matplotlib.figure import Figure

    history = record["history"]
    epochs = [epoch["epoch"] for epoch in history]
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [epoch["train_accuracy"] for epoch in history], "o--", color="#94a3b8", label="train")
    left.plot(epochs, [epoch["dev_accuracy"] for epoch in history], "o-", color="#4f46e5", label="dev")
    left.axvline(_best_epoch(record), color="#4f46e5", alpha=0.3)
    left.set(xlabel="epoch", ylabel="accuracy", xticks=epochs)
    left.legend(frameon=False)
    right.plot(epochs, [epoch["loss"] for epoch in history], "o-", color="#0f766e")
    right.set(xlabel="epoch", ylabel="training loss", xticks=epochs)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def draw_evaluation(record: Mapping[str, Any]) -> bytes:
    """Draw reliability diagram, confusion matrix and histogram of scores, of test or else dev, as PNG.

    Args:
        record: a checkpoint's figures, as in ``metrics.json``.
    """
    from matplotlib.figure import Figure

    confusion = record.get("test", record["dev"])["confusion"]
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    bins = record["reliability"]
    left.plot([0, 1], [0, 1], ":", color="#94a3b8")
    left.plot([b["confidence"] for b in bins], [b["share"] for b in bins], "o-", color="#4f46e5")
    left.set(xlabel="probability", ylabel="share right", title="reliability", xlim=(0, 1), ylim=(0, 1))
    middle.imshow(confusion, cmap="Purples")
    for i, row in enumerate(confusion):
        for j, count in enumerate(row):
            color = "white" if count > max(row) / 2 else "black"
            middle.text(j, i, f"{count:,}", ha="center", va="center", color=color)
    places = range(len(confusion))
    middle.set(xlabel="predicted class", ylabel="labelled class", title="confusion", xticks=places, yticks=places)
    for c, counts in enumerate(record["scores"]):
        edges = [(i + 0.5) / len(counts) for i in range(len(counts))]
        right.step(edges, counts, where="mid", label=f"class {c}", linestyle="-" if c else "--")
    right.set(xlabel="probability of the last class", ylabel="pairs", title="scores")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110, metadata={"Software": None})
    return picture.getvalue()


def main(arguments: Sequence[str]) -> None:
    """Write the cards of checkpoints again; weights, figures and pictures stay as they are.

    Raises:
        TextMatchError: a folder is no checkpoint, or one without figures.
    """
    parser = argparse.ArgumentParser(
        prog="python -m textmatch.training.card", description="Write the model card of a checkpoint again."
    )
    parser.add_argument("folders", nargs="+", type=Path, help="checkpoint folders")
    for folder in parser.parse_args(arguments).folders:
        loaded = checkpoint.load(folder, torch.device("cpu"))
        if "training" not in loaded.metrics:
            raise TextMatchError(f"{folder}: metrics.json has no figures; expected a checkpoint that train.py wrote")
        card = text(folder.resolve().name, loaded.config, loaded.metrics)
        (folder / checkpoint.CARD).write_text(card, encoding="utf-8")
        for name, content in terms(loaded.metrics).items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"textmatch.training.card: {error}")
