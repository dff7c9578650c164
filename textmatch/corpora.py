"""Which corpora a checkpoint was trained on, by its own record and those of the checkpoints that it started from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RENAMED_CORPORA = {"meanings": "paraphrases"}
"""Names in the records of old checkpoints that are different now."""


def all_corpora(record: Mapping[str, Any]) -> list[str]:
    """Every corpus that a checkpoint was trained on, those of its last run first.

    Args:
        record: its figures, as in ``metrics.json``.
    """
    corpora = own_corpora(record)
    for start in start_records(record):
        corpora += all_corpora(start)
    return list(dict.fromkeys(corpora))


def own_corpora(record: Mapping[str, Any]) -> list[str]:
    """The corpora that a run itself read: of pairs, or of sentences."""
    pairs = [record["corpus"], *record.get("corpora", ())] if "corpus" in record else []
    sentences = [file.partition("/")[0] for file in record.get("files", ())]
    return list(dict.fromkeys(map(current_name, pairs + sentences)))


def start_records(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The records of the checkpoints that a run started from: none, one, or those whose weights were averaged."""
    start = record.get("init") or {}
    return list(start.get("mean_of", [start] if start else []))


def current_name(name: str) -> str:
    """The present name of a corpus, or of a file in it."""
    corpus, slash, file = name.partition("/")
    return RENAMED_CORPORA.get(corpus, corpus) + slash + file
