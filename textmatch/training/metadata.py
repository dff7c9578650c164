"""What a checkpoint's card says to machines: the Hub's front matter, and the terms of the corpora."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from textmatch.config import ModelConfig
from textmatch.files.splits import HUB_DATASET

TERMS = "LICENSE.md"
"""A file in the checkpoint's folder. The Hub takes this name, LICENSE or an address as a link to a licence."""

TERMS_TEXT = """\
# Terms of use

Use these weights for research. They were trained on the corpora below, some of whose owners allow no other use, or are
not known to allow one. No licence to the text of a corpus is given, and none of that text is in this repository.

{table}

The code that made the weights, textmatch, is under the Apache License 2.0.
"""

METRICS = {"accuracy": "Accuracy", "f1": "F1"}
"""Figures that the Hub shows: its name of a metric, and what people read."""


class License(NamedTuple):
    """What a corpus is, and the terms of its owners as far as they are known.

    Attributes:
        description: what it is and where it comes from.
        terms: what its owners allow.
        restricts: whether weights that were trained on it are for research only.
        hub: the data set on the Hub that holds it, and its configuration there; empty if none is known.
    """

    description: str
    terms: str
    restricts: bool = True
    hub: tuple[str, str] = ("", "")


NONE_FOUND = "No licence was found."
# By `Splits.corpus`.
LICENSES = {
    "lcqmc": License(
        "LCQMC (Liu et al., COLING 2018): questions from Baidu Zhidao",
        "Granted by its owners on application, for research. No licence for the text is given here.",
        hub=(HUB_DATASET, "LCQMC"),
    ),
    "atec": License(
        "ATEC 2018: customer questions of Ant Financial. Of every ten rows one is test and one dev", NONE_FOUND
    ),
    "bq": License(
        "BQ corpus, CCKS 2018 task 3 (Chen et al., EMNLP 2018): customer questions of WeBank, with a quarter "
        "of the training pairs. Its official dev split is the test split here",
        NONE_FOUND,
    ),
    "covid": License("Tianchi 2020: questions about COVID-19, split by first question", NONE_FOUND),
    "chip2019": License("CHIP 2019 task 2: medical questions. Of every ten rows one is test and one dev", NONE_FOUND),
    "stsb": License(
        "Chinese STS-B (CNSD): machine translation, partly corrected. A score of 4 or more counts as matching",
        "For research only.",
    ),
    "pawsx": License(
        "PAWS-X in Chinese (Yang et al., EMNLP 2019): sentences from Wikipedia, translated by people",
        "Google allows any use and asks to be named. This copy comes from a collection for research only.",
    ),
    "ocnli": License("OCNLI (Hu et al., 2020)", "CC BY-NC 2.0: not for commercial use."),
    "unlabelled": License(
        "Questions without labels: DIAC 2019, insuranceQA-zh, CHIP 2019, AFQMC test, QBQTC, CCKS 2018 KBQA, SMP 2019 "
        "NLU and two FAQ collections",
        "insuranceQA-zh and AFQMC: for research only. For most of the others no licence was found.",
    ),
    "paraphrases": License("Sentences written for this project", "The project's own licence.", restricts=False),
    "kinds": License("Sentences written for this project, by kind", "The project's own licence.", restricts=False),
    "generated": License(
        "Pairs made by exchanging terms, amounts and spellings in sentences: the project's own, Tatoeba, NUS SMS, "
        "KdConv, CrossWOZ, questions without labels, medical questions (ChineseBLUE), SimCLUE, translated Alpaca "
        "instructions, film subtitles and reviews",
        "Tatoeba: CC BY 2.0 FR. KdConv, CrossWOZ, ChineseBLUE: Apache 2.0. Alpaca: CC BY-NC 4.0. For SimCLUE, film "
        "subtitles and reviews no licence was found.",
    ),
}

UNKNOWN = License("", "Those of the owner of the data.", restricts=False)
"""Of data that is not known here, such as one's own."""


def license_of(corpus: str) -> License:
    """What is known of a corpus."""
    return LICENSES.get(corpus, UNKNOWN)


def restricted(corpora: Iterable[str]) -> bool:
    """Whether the data restricts what the weights may be used for."""
    return any(license_of(corpus).restricts for corpus in corpora)


def front_matter(name: str, config: ModelConfig, record: Mapping[str, Any], corpora: Sequence[str]) -> str:
    """The front matter of a model card.

    Args:
        name: the checkpoint's name.
        config: what its network was built from.
        record: its figures, as in ``metrics.json``.
        corpora: the names of all corpora that it was trained on.

    Returns:
        YAML, as the Hub reads it.
    """
    from huggingface_hub import ModelCardData

    sets = list(dict.fromkeys(license_of(corpus).hub[0] for corpus in corpora if license_of(corpus).hub[0]))
    name_of_license, link = ("research-only", TERMS) if restricted(corpora) else (None, None)
    data = ModelCardData(
        language="zh",
        license=_license(corpora),
        license_name=name_of_license,
        license_link=link,
        library_name="textmatch",
        pipeline_tag="text-classification",
        tags=["sentence-similarity", "text-matching", "lstm", "chinese", config.arch],
        base_model=_base_models(record) or None,
        datasets=sets or None,
        metrics=list(METRICS),
        model_name=name,
        eval_results=_evaluations(record),
    )
    return data.to_yaml()


def _license(corpora: Sequence[str]) -> str | None:
    """The licence by the Hub's name; None where only the owner of the data can say it."""
    if restricted(corpora):
        return "other"
    return None if any(license_of(corpus) is UNKNOWN for corpus in corpora) else "apache-2.0"


def _base_models(record: Mapping[str, Any]) -> list[str]:
    """The models on the Hub that a run started from."""
    start = record.get("init") or {}
    return list(dict.fromkeys(each["hub"] for each in start.get("mean_of", [start]) if "hub" in each))


def _evaluations(record: Mapping[str, Any]) -> list[Any]:
    """The main figures: of the checkpoint's own corpus on test (or dev), and of the other corpora."""
    split = "test" if "test" in record else "dev"
    figures = {record["corpus"]: {"split": split} | record[split]} | dict(record.get("corpora", {}))
    return [result for corpus, values in figures.items() if values for result in _results(corpus, values)]


def _results(corpus: str, figures: Mapping[str, Any]) -> list[Any]:
    from huggingface_hub import EvalResult

    hub_id, subset = license_of(corpus).hub
    return [
        EvalResult(
            task_type="text-classification",
            task_name="Do two sentences mean the same?",
            dataset_type=hub_id or corpus,
            dataset_name=corpus.upper() if hub_id else corpus,
            dataset_config=subset or None,
            dataset_split=figures["split"],
            metric_type=metric,
            metric_name=name,
            metric_value=round(figures[metric], 4),
        )
        for metric, name in METRICS.items()
        if figures.get(metric) is not None
    ]
