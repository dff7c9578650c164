"""Starting a run from one or more checkpoints."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from textmatch import checkpoint, hub
from textmatch.errors import TextMatchError
from textmatch.models import Network
from textmatch.text import Vocabulary


def average_checkpoints(checkpoints: Sequence[str | Path]) -> checkpoint.Checkpoint:
    """The checkpoint with the mean of the weights (model soup, Wortsman et al. 2022); one folder is returned as it is.

    The result has the vocabulary of the first one. A token that another one does not know counts as in the first.

    Args:
        checkpoints: folders, or names on the Hub; at least one, of one configuration except for dropout.

    Returns:
        The checkpoint; its ``metrics`` say what it came from (`origin`).

    Raises:
        TextMatchError: the configurations differ.
        CheckpointError: a checkpoint cannot be used.
        HubError: a checkpoint cannot be fetched from the Hub.
    """
    sources = [hub.find(each) for each in checkpoints]
    starts = [checkpoint.load(source.folder, torch.device("cpu")) for source in sources]
    first, weights = starts[0], list[dict[str, Tensor]]()
    for name, start in zip(checkpoints, starts, strict=True):
        if replace(start.config, dropout=first.config.dropout) != first.config:
            raise TextMatchError(f"{name}: expected the configuration of {checkpoints[0]}, to take a mean")
        aligned = copy.deepcopy(first.model)
        copy_weights(start, aligned, first.vocabulary)
        weights.append(aligned.state_dict())
    first.model.load_state_dict({name: torch.stack([one[name] for one in weights]).mean(0) for name in weights[0]})
    origins = [
        origin(start.metrics) | ({"hub": source.name, "commit": source.commit} if source.commit else {})
        for source, start in zip(sources, starts, strict=True)
    ]
    metrics = {"mean_of": origins} if len(origins) > 1 else origins[0]
    return first._replace(metrics=without_repeats(metrics, set()))


def origin(record: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a checkpoint's record that is kept by the runs that start from it."""
    kept = ("sentences", "files", "command", "corpus", "corpora", "init", "history")
    values = {name: record[name] for name in kept if name in record}
    return values | {"corpora": list(values["corpora"])} if "corpora" in values else values


def without_repeats(record: Mapping[str, Any], seen: set[str]) -> dict[str, Any]:
    """A record in which each checkpoint that it came from is described once; after that only its command is named.

    Means of means come from the same checkpoints again and again.

    Args:
        record: what `origin` kept of a run, or of several (``mean_of``).
        seen: the descriptions so far, as JSON; they grow.
    """
    description = json.dumps(record, sort_keys=True)
    if description in seen:
        return {name: record[name] for name in ("command",) if name in record}
    seen.add(description)
    changed = dict(record)
    if record.get("init"):
        changed["init"] = without_repeats(record["init"], seen)
    if "mean_of" in record:
        changed["mean_of"] = [without_repeats(each, seen) for each in record["mean_of"]]
    return changed


def copy_weights(start: checkpoint.Checkpoint, target: Network, vocabulary: Vocabulary) -> None:
    """Copy the weights that fit; not the calibration, which is fitted at the end of a run.

    A token's embedding goes to where the token is in `vocabulary`. What the start does not know of a position (its
    sound, further matches with the other sentence) begins without effect.

    Args:
        start: what to copy from.
        target: the network to copy to.
        vocabulary: its vocabulary; that of the start, perhaps extended.
    """
    own, given = target.state_dict(), start.model.state_dict()
    for name in ("sound_embedding.weight", checkpoint.MATCHES):
        if name in own and (name not in given or own[name].shape != given[name].shape):
            own[name].zero_()
            if name in given:
                columns = given.pop(name)
                own[name][:, : columns.shape[1]] = columns
    for name, tokens, places in (
        ("character_embedding.weight", start.vocabulary.characters, vocabulary.characters),
        ("word_embedding.weight", start.vocabulary.words, vocabulary.words),
    ):
        if name in given:
            rows = given.pop(name)
            kept = [(row, places[token]) for row, token in enumerate(tokens) if token in places]
            own[name][[place for _, place in kept]] = rows[[row for row, _ in kept]]
            if "character" in name and start.vocabulary.num_characters > len(tokens):
                own[name][vocabulary.unknown_ids.start :] = rows[len(tokens) :]
    fitting = {
        name: tensor
        for name, tensor in given.items()
        if name in own and own[name].shape == tensor.shape and not name.startswith("calibration.")
    }
    target.load_state_dict(own | fitting)
