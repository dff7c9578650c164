"""The model card, drawn from a checkpoint's own figures: nothing in it is typed by hand."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textmatch.config import ModelConfig

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVE, EVALUATION = "curve.png", "evaluation.png"

# What is known of the terms of public corpora, by `Splits.corpus`.
TERMS = {
    "lcqmc": "LCQMC (Liu et al., COLING 2018), Baidu Zhidao questions. Its owners grant it on application only, for "
    "research; no licence for the text is given here.",
    "atec": "ATEC 2018, Ant Financial customer questions (rows numbered 0 mod 10 are test, 1 mod 10 dev, the rest "
    "train). No licence statement of its owners was found.",
    "bq": "BQ corpus / CCKS 2018 task 3 (Chen et al., EMNLP 2018), WeBank customer questions: about a quarter of the "
    "training pairs; its official dev split is the test here. No licence statement of its owners was found.",
    "covid": "Tianchi 2020 COVID-19 questions, split by first question. No licence statement of its owners was found.",
    "chip2019": "CHIP 2019 task 2, medical questions (rows numbered 0 mod 10 are test, 1 mod 10 dev). No licence "
    "statement was found.",
    "stsb": "Chinese STS-B (CNSD), machine translation partly corrected; a score from 4 up counts as matching. Its "
    "README allows research only.",
    "pawsx": "PAWS-X in Chinese (Yang et al., EMNLP 2019), Wikipedia sentences translated by people. Google allows any "
    "use and asks to be named; the copy used comes from a collection for research only.",
    "ocnli": "OCNLI (Hu et al., 2020), CC BY-NC 2.0: not for commercial use.",
    "unlabelled": "Questions without labels from DIAC 2019, insuranceQA-zh (research only), CHIP 2019, AFQMC test "
    "(research only), QBQTC, CCKS 2018 KBQA, SMP 2019 NLU and two FAQ collections; for most no licence was found.",
    "meanings": "Sentences written for this project, in `meanings/`, under the project's own licence.",
}

# The share that each ability of the behaviour suite is meant to reach.
BARS = {
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
    "interaction": "a shared bidirectional LSTM over characters and the jieba words that cover them, cross-attention "
    "between the sentences, a second LSTM and a head that is symmetric in the two sentences (after ESIM, Chen et "
    "al. 2017)",
    "bilstm": "a shared bidirectional LSTM over characters and the jieba words that cover them, largest and mean state "
    "of each sentence, and a head that is symmetric in the two sentences, which never meet before it",
    "overlap": "the cosine of the two sentences' sets of characters and a line through it; nothing is read in order",
    "siamese": "one shared LSTM over jieba words, the cosine of the two last states, a linear classifier",
}

HEADER = """\
---
language: zh
license: other
license_name: research-only
license_link: "#data-and-terms"
library_name: textmatch
pipeline_tag: text-classification
tags: [sentence-similarity, text-matching, lstm, chinese]
---
"""


def text(name: str, config: ModelConfig, record: Mapping[str, Any]) -> str:
    """Write the card.

    Args:
        name: the checkpoint's name.
        config: what its network was built from.
        record: its figures, as in ``metrics.json``.

    Returns:
        Markdown with the Hub's front matter.
    """
    training = record["training"]
    labels = ", ".join(config.labels)
    return f"""{HEADER}
# {name}

Do two Chinese sentences mean the same? Classes: {labels}. The network is {ARCHITECTURES[config.arch]}:
{record["parameters"]:,} parameters, stored in half precision.

```python
from textmatch import TextMatcher

matcher = TextMatcher.from_pretrained("checkpoints/{name}")
matcher.predict([("怎么学好英语", "如何才能把英语学好")])
```

## Figures

{_figures(record)}

Accuracy and F1 are taken at probability 0.5 with no threshold chosen afterwards. {_choice(record)} temperature and
class bias were fitted on dev; test was scored once, at the end. `test_new` is test without the pairs that train holds
too. ECE has 15 bins of equal mass. Spearman compares the similarity with the label.

![Reliability diagram, confusion matrix and histogram of scores]({EVALUATION})
{_curve(record)}{_corpora(record)}{_behaviour(record)}
## How it was trained
{_start(record)}
`{record["command"]}`: seed {training["seed"]}, {record["device"]} with {record["threads"]} threads and precision
{record["precision"]}{_duration(record)}, {record["date"]}, Python {record["versions"]["python"]}, torch
{record["versions"]["torch"]}.

| file | SHA-256 |
| --- | --- |
{_rows(record["data_sha256"].items())}

## Data and terms

Use these weights for research. No text of a corpus is in this repository. Trained on:

{_terms(record)}

## Limits

- It knows everyday questions of the kind in its training data; other domains and long texts are worse.
- It reads {config.max_length} {config.unit}s of each sentence; what is cut, and what it does not know, is reported with
  each prediction.
- It goes by words more than by logic: who does what to whom, negation, numbers and rare names can mislead it.
- Not for decisions about people, and not for medical, legal or financial advice.
"""


def _figures(record: Mapping[str, Any]) -> str:
    splits = [split for split in ("dev", "test", "test_new") if split in record]
    lines = ["| split | pairs | accuracy | F1 | AUC | Spearman | ECE | Brier |", "| --- |" + " ---: |" * 7]
    for split in splits:
        figures = record[split]
        shares = (figures[key] for key in ("accuracy", "f1", "auc", "spearman", "ece", "brier"))
        shown = " | ".join("–" if share is None else f"{share:.4f}" for share in shares)
        lines.append(f"| {split} | {figures['pairs']:,} | {shown} |")
    return "\n".join(lines)


def _corpora(record: Mapping[str, Any]) -> str:
    if not record["corpora"]:
        return ""
    lines = [
        "\n### Other corpora\n",
        "The same weights, calibrated on each corpus's own dev split. Best F1 is that of the best threshold.\n",
        "| corpus | split | pairs | accuracy | F1 | best F1 | AUC |",
        "| --- | --- |" + " ---: |" * 5,
    ]
    for name, figures in record["corpora"].items():
        shown = " | ".join(f"{figures[key]:.4f}" for key in ("accuracy", "f1", "best_f1", "auc"))
        lines.append(f"| {name} | {figures['split']} | {figures['pairs']:,} | {shown} |")
    return "\n".join(lines) + "\n"


def _behaviour(record: Mapping[str, Any]) -> str:
    if "behaviour" not in record:
        return ""
    lines = [
        "\n## What it can do, and where it fails\n",
        "Pairs written for this purpose (after CheckList, Ribeiro et al. 2020), with the most confident failures.\n",
        "| ability | pairs | right | aim | fails, for example, on |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for name, part in record["behaviour"].items():
        failures = "; ".join(f"{first} / {second} ({p:.2f})" for first, second, p in part["failures"])
        right, aim = part["right"] / part["pairs"], BARS[name]
        lines.append(f"| {name} | {part['pairs']} | {right:.1%} | {aim:.0%} | {failures} |")
    return "\n".join(lines) + "\n"


def _start(record: Mapping[str, Any]) -> str:
    return "".join(f"\n{paragraph}\n" for paragraph in dict.fromkeys(_lineage(record)))


def _lineage(record: Mapping[str, Any]) -> list[str]:
    """A paragraph for each thing that a checkpoint came from, the nearest first."""
    start = record.get("init")
    if not start:
        return []
    if members := start.get("mean_of"):
        how = "; ".join(f"`{one['command']}`{_duration(one)}" for one in members)
        told = f"`{record['command']}` started from the mean of the weights of {len(members)} checkpoints ({how})."
        return [told, *(paragraph for one in members for paragraph in _lineage(one))]
    if "sentences" not in start:
        told = f"`{start['command']}`{_duration(start)}"
        return [f"`{record['command']}` started from a checkpoint of {start['corpus']} ({told}).", *_lineage(start)]
    told = f"{start['sentences']:,} sentences without labels ({', '.join(start['files'])}; `{start['command']}`)"
    return [f"Before any pair, embeddings and encoder learned to fill in hidden words in {told}."]


def _choice(record: Mapping[str, Any]) -> str:
    if not record["history"]:
        return "No epoch followed its start;"
    return f"Epoch {_best(record)} of {record['training']['epochs']} was best on dev;"


def _duration(record: Mapping[str, Any]) -> str:
    history = record.get("history")
    if not history:
        return ""
    return f", {sum(epoch['seconds'] for epoch in history) / 60:.0f} minutes in {len(history)} epochs"


def _curve(record: Mapping[str, Any]) -> str:
    return f"\n![Accuracy and loss by epoch]({CURVE})\n" if record["history"] else ""


def _terms(record: Mapping[str, Any]) -> str:
    unknown = "its terms are those of whoever owns the data."
    return "\n".join(f"- {TERMS.get(name, f'{name}: {unknown}')}" for name in dict.fromkeys(_seen(record)))


def _seen(record: Mapping[str, Any]) -> list[str]:
    """Every corpus whose sentences a checkpoint was taught on, its start's included."""
    names = [record["corpus"], *record.get("corpora", ())] if "corpus" in record else []
    names += [file.partition("/")[0] for file in record.get("files", ())]
    return names + [name for start in starts(record) for name in _seen(start)]


def starts(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The records of what a checkpoint came from at the last step: none, one, or those whose mean was taken."""
    return [start for start in (record.get("init"), *record.get("mean_of", ())) if start]


def _rows(cells: Any) -> str:
    return "\n".join(f"| {name} | `{value}` |" for name, value in cells)


def _best(record: Mapping[str, Any]) -> int:
    return int(max(record["history"], key=lambda epoch: epoch["dev_accuracy"])["epoch"])


def curve(record: Mapping[str, Any]) -> bytes:
    """Draw accuracy and loss by epoch.

    Args:
        record: a run's figures, as in ``metrics.json``.

    Returns:
        A PNG picture.
    """
    from matplotlib.figure import Figure

    history = record["history"]
    epochs = [epoch["epoch"] for epoch in history]
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [epoch["train_accuracy"] for epoch in history], "o--", color="#94a3b8", label="train")
    left.plot(epochs, [epoch["dev_accuracy"] for epoch in history], "o-", color="#4f46e5", label="dev")
    left.axvline(_best(record), color="#4f46e5", alpha=0.3)
    left.set(xlabel="epoch", ylabel="accuracy", xticks=epochs)
    left.legend(frameon=False)
    right.plot(epochs, [epoch["loss"] for epoch in history], "o-", color="#0f766e")
    right.set(xlabel="epoch", ylabel="training loss", xticks=epochs)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def evaluation(record: Mapping[str, Any]) -> bytes:
    """Draw the reliability diagram, the confusion matrix and the histogram of scores, of test or else dev.

    Args:
        record: a checkpoint's figures, as in ``metrics.json``.

    Returns:
        A PNG picture.
    """
    from matplotlib.figure import Figure

    confusion = record.get("test", record["dev"])["confusion"]
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    bins = record["reliability"]
    left.plot([0, 1], [0, 1], ":", color="#94a3b8")
    left.plot([b["confidence"] for b in bins], [b["share"] for b in bins], "o-", color="#4f46e5")
    left.set(xlabel="said", ylabel="was so", title="reliability", xlim=(0, 1), ylim=(0, 1))
    middle.imshow(confusion, cmap="Purples")
    for i, row in enumerate(confusion):
        for j, count in enumerate(row):
            middle.text(
                j, i, f"{count:,}", ha="center", va="center", color="white" if count > max(row) / 2 else "black"
            )
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


def pictures(record: Mapping[str, Any]) -> dict[str, bytes]:
    """The card's pictures by file name."""
    drawn = {EVALUATION: evaluation(record)}
    return drawn | {CURVE: curve(record)} if record["history"] else drawn


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110, metadata={"Software": None})
    return picture.getvalue()
