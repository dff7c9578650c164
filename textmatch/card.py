"""The model card, drawn from a checkpoint's own figures: nothing in it is typed by hand."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from textmatch.config import ModelConfig

CURVE = "curve.png"

# What is known of the terms of public corpora, by `Splits.corpus`.
TERMS = {
    "lcqmc": (
        "LCQMC (Liu et al., COLING 2018), Baidu Zhidao questions. Its owners grant it on application only, for "
        "research; no licence for the text is given here, and none of it is in this repository. Use these weights "
        "for research."
    ),
}

ARCHITECTURES = {
    "interaction": "a shared bidirectional LSTM over characters and the jieba words that cover them, cross-attention "
    "between the sentences, a second LSTM and a head that is symmetric in the two sentences (after ESIM, Chen et "
    "al. 2017)",
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
    corpus, training = record["corpus"], record["training"]
    labels = ", ".join(config.labels)
    seconds = sum(epoch["seconds"] for epoch in record["history"])
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

Accuracy and F1 are taken at probability 0.5 with no threshold chosen afterwards. Epoch {_best(record)} of
{training["epochs"]} was best on dev; temperature and class bias were fitted on dev; test was scored once, at the end.
ECE has 15 bins of equal mass. Spearman compares the similarity (the cosine of the two encoded sentences) with the
label.

![Accuracy and loss by epoch]({CURVE})

## How it was trained

`{record["command"]}`: seed {training["seed"]}, {record["device"]} with {record["threads"]} threads and precision
{record["precision"]}, {seconds / 60:.0f} minutes in {len(record["history"])} epochs, {record["date"]}, Python
{record["versions"]["python"]}, torch {record["versions"]["torch"]}.

| file | SHA-256 |
| --- | --- |
{_rows(record["data_sha256"].items())}

## Data and terms

Trained on {corpus}. {TERMS.get(corpus, "Its terms are those of whoever owns the data.")}

## Limits

- It knows everyday questions of the kind in its training data; other domains and long texts are worse.
- It reads {config.max_length} {config.unit}s of each sentence; what is cut, and what it does not know, is reported with
  each prediction.
- It goes by words more than by logic: who does what to whom, negation, numbers and rare names can mislead it.
- Not for decisions about people, and not for medical, legal or financial advice.
"""


def _figures(record: Mapping[str, Any]) -> str:
    splits = [split for split in ("dev", "test") if split in record]
    lines = ["| split | pairs | accuracy | F1 | AUC | Spearman | ECE | Brier |", "| --- |" + " ---: |" * 7]
    for split in splits:
        figures = record[split]
        shares = (figures[key] for key in ("accuracy", "f1", "auc", "spearman", "ece", "brier"))
        shown = " | ".join("–" if share is None else f"{share:.4f}" for share in shares)
        lines.append(f"| {split} | {figures['pairs']:,} | {shown} |")
    return "\n".join(lines)


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
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120, metadata={"Software": None})
    return picture.getvalue()
