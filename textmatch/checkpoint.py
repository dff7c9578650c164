"""Save and load checkpoint folders.

A folder holds everything that inference needs: configuration, vocabulary, weights, figures and the model card. What
answers depend on is kept with its SHA-256, so that damage is found and never answers.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load as weights_from_bytes
from safetensors.torch import save as weights_to_bytes
from torch import Tensor

from textmatch.config import ModelConfig, config_from_dict
from textmatch.errors import CheckpointError
from textmatch.models import Network, build
from textmatch.text import Vocabulary

FORMAT = 4
READABLE_FORMATS = (1, 2, 3, FORMAT)
"""Format 3 has fewer kinds of matches (`MATCHES`); format 2 has no hashes, and networks without `ADDED_IN_FORMAT_3`;
format 1 has `FORMAT_1_NAMES`, too."""

ADDED_IN_FORMAT_3 = {"sounds": False, "knowledge": False, "graded": False}
"""What networks of formats 1 and 2 did not have."""

MATCHES = "exact_match_projection.weight"
"""Weights with a column for each kind of match (`matches.Match`). New kinds come last; older networks do without."""

# Format 1 had other names for some parts of the networks: each part of a weight's dotted name, old → new. For example
# ``encoder.ahead.0.bias_hh_l0`` is read as ``encoder.forward_lstm.0.bias_hh_l0``. Nothing else differs.
FORMAT_1_NAMES = {
    "ahead": "forward_lstm",
    "back": "backward_lstm",
    "found": "exact_match_projection",
    "sentence": "sentence_projection",
}

MODEL = "model"
"""The model's configuration within `CONFIG`; it has a hash of its own."""

LARGEST = {"max_length": 100_000, "num_layers": 8}
LARGEST_SIZE = 2048
"""Values in a configuration beyond which nobody builds a network: they are damage, and would take all memory."""

WORKING_DIRECTORY, EXCHANGE = -100, 2
"""Linux's AT_FDCWD and RENAME_EXCHANGE."""

CONFIG, VOCABULARY, WEIGHTS, METRICS, CARD = (
    "config.json",
    "vocabulary.json",
    "model.safetensors",
    "metrics.json",
    "README.md",
)


class Checkpoint(NamedTuple):
    """A checkpoint in memory.

    Attributes:
        config: what the network was built from.
        vocabulary: of its training sentences.
        model: the network.
        metrics: its figures, and how it was trained; JSON values.
    """

    config: ModelConfig
    vocabulary: Vocabulary
    model: Network
    metrics: dict[str, Any]


def save(
    folder: Path,
    checkpoint: Checkpoint,
    card: str,
    attachments: Mapping[str, bytes] | None = None,
) -> None:
    """Write a checkpoint folder. It is written beside `folder` and then takes its place in one step.

    A crash or loss of power at any moment leaves the old checkpoint or the new one, whole. Other files in the folder
    stay.

    Args:
        folder: where to write; a checkpoint in it is replaced.
        checkpoint: what to write; weights are stored in half precision.
        card: the model card, Markdown.
        attachments: the files that the card refers to, by name.

    Raises:
        CheckpointError: `folder` exists and is not a checkpoint, or cannot be written.
    """
    folder = Path(folder)
    refuse_foreign(folder)
    try:
        _write_folder(folder, _contents(checkpoint) | {CARD: card.encode()} | dict(attachments or {}))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder}: cannot be written: {error}") from error


def _contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The files of a checkpoint, without card and pictures."""
    model = json.loads(json.dumps(asdict(checkpoint.config)))
    weights = {name: _stored(name, tensor) for name, tensor in checkpoint.model.state_dict().items()}
    files = {VOCABULARY: _json(checkpoint.vocabulary.to_dict()), WEIGHTS: weights_to_bytes(weights)}
    hashes = {MODEL: _model_hash(model)} | {name: _sha256(content) for name, content in files.items()}
    config = {"format": FORMAT, MODEL: model, "sha256": hashes}
    return files | {CONFIG: _json(config), METRICS: _json(checkpoint.metrics)}


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if (stale := _hidden(folder, "old")).exists() and not folder.exists():  # a crash where they cannot be exchanged
        stale.rename(folder)
    fresh, stale = _free(folder, "new"), _free(folder, "old")
    fresh.mkdir()
    for name, content in files.items():
        _write(fresh / name, content)
    if folder.exists():
        _keep_others(folder, fresh)
    _sync(fresh)
    if not folder.exists():
        fresh.rename(folder)
    elif not _exchange(fresh, folder):
        folder.rename(stale)
        fresh.rename(folder)
    _sync(folder.parent)
    for leftover in (fresh, stale):
        _remove(leftover)


def _hidden(folder: Path, end: str) -> Path:
    return folder.with_name(f".{folder.name}.{end}")


def _free(folder: Path, end: str) -> Path:
    """A name beside a folder that nothing has: what an earlier save left there is deleted, or else passed over."""
    names = (_hidden(folder, f"{end}{number or ''}") for number in count())
    return next(name for name in names if _remove(name))


def _remove(folder: Path) -> bool:
    """Delete a folder, also one that is read-only, as a checkpoint may be; whether it is gone."""
    _make_writable(folder)
    for parent, names, _ in os.walk(folder):
        for name in names:
            _make_writable(Path(parent, name))
    shutil.rmtree(folder, ignore_errors=True)
    return not os.path.lexists(folder)


def _make_writable(folder: Path) -> None:
    if not folder.is_symlink():  # whose target is not ours
        with suppress(OSError):
            folder.chmod(stat.S_IRWXU)


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _keep_others(folder: Path, fresh: Path) -> None:
    """Link what else is in a checkpoint's folder into the new one, for it is not ours to delete."""
    for entry in folder.iterdir():
        kept = fresh / entry.name
        if kept.exists():
            continue
        if entry.is_symlink():
            kept.symlink_to(entry.readlink())
        elif entry.is_dir():
            shutil.copytree(entry, kept, symlinks=True, copy_function=_link)
        else:
            _link(entry, kept)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # not every file system has links
        shutil.copy2(source, target)


def _sync(folder: Path) -> None:
    """Have a folder's names written to the disk, where the system can."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or its file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    names = (WORKING_DIRECTORY, os.fsencode(one), WORKING_DIRECTORY, os.fsencode(other), EXCHANGE)
    return bool(rename(*names) == 0)


def refuse_foreign(folder: Path) -> None:
    """Make sure that writing a checkpoint to `folder` overwrites nothing but a checkpoint.

    Raises:
        CheckpointError: it is a file, or a folder that is not empty and not a checkpoint.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / CONFIG).is_file()):
        raise CheckpointError(
            f"{folder}: exists and is not a checkpoint; expected a new or empty folder, or a checkpoint"
        )


def _stored(name: str, tensor: Tensor) -> Tensor:
    """Half precision, except for the calibration: it is small, and rounding it could change a label."""
    tensor = tensor.detach().cpu().contiguous()
    return tensor if name.startswith("calibration.") else tensor.half()


def load(folder: Path, device: torch.device) -> Checkpoint:
    """Read a checkpoint folder.

    Args:
        folder: what `save` wrote.
        device: where to put the weights.

    Raises:
        CheckpointError: a file is missing or damaged, or does not fit the others; the message names the file.
    """
    folder = Path(folder)
    if not folder.exists() and (stale := _hidden(folder, "old")).is_dir():  # a crash where they cannot be exchanged
        folder = stale
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such checkpoint folder")
    version, config, hashes = _read_config(folder / CONFIG)
    vocabulary = _read_vocabulary(folder / VOCABULARY, hashes)
    metrics = _read_json(folder / METRICS)
    model = build(config, vocabulary.num_characters, len(vocabulary.words))
    model.load_state_dict(_read_weights(folder / WEIGHTS, model, version, hashes))
    return Checkpoint(config, vocabulary, model.to(device).eval(), metrics)


def _read_config(file: Path) -> tuple[int, ModelConfig, Mapping[str, str]]:
    """The checkpoint's format, its model configuration, and the hashes of its files (none before format 3)."""
    values = _read_json(file)
    version = _format_of(file, values)
    hashes = values.get("sha256", {})
    if not isinstance(hashes, dict) or (version >= 3 and not {MODEL, VOCABULARY, WEIGHTS} <= hashes.keys()):
        raise CheckpointError(f"{file}: the SHA-256 of the checkpoint's files is missing")
    try:
        config = config_from_dict((ADDED_IN_FORMAT_3 if version < 3 else {}) | values[MODEL])
        _check_size(config)
        if MODEL in hashes and hashes[MODEL] != _model_hash(values[MODEL]):
            raise ValueError("it was changed since it was saved (its SHA-256 is another)")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{file}: not a model configuration: {error!s:.200}") from error
    return version, config, hashes


def file_format(file: Path) -> int:
    """The format of a checkpoint, by its configuration file.

    Raises:
        CheckpointError: it is not that of a checkpoint, or of a format that is not known.
    """
    return _format_of(file, _read_json(file))


def _format_of(file: Path, values: Mapping[str, Any]) -> int:
    version = values.get("format")
    if type(version) is not int or version not in READABLE_FORMATS:
        expected = " or ".join(map(str, READABLE_FORMATS))
        raise CheckpointError(f"{file}: expected format {expected}, got {version!r:.40}")
    return version


def _check_size(config: ModelConfig) -> None:
    """Refuse sizes that no network has, and labels that cannot be shown."""
    for name, value in asdict(config).items():
        most = LARGEST.get(name, LARGEST_SIZE)
        if type(value) is int and value > most:
            raise ValueError(f"{name}: expected at most {most}, got {value}")
    "".join(config.labels).encode()  # half of a surrogate pair is a UnicodeEncodeError, which is a ValueError


def _read_vocabulary(file: Path, hashes: Mapping[str, str]) -> Vocabulary:
    try:
        return Vocabulary.from_dict(_parse_json(file, _read(file, hashes)))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file}: not a vocabulary: {error!s:.200}") from error


def _read_weights(file: Path, model: Network, version: int, hashes: Mapping[str, str]) -> dict[str, Tensor]:
    try:
        weights = weights_from_bytes(_read(file, hashes))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{file}: not readable as safetensors: {error!s:.200}") from error
    if version == 1:
        weights = {_current_name(name): tensor for name, tensor in weights.items()}
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    if version < FORMAT and MATCHES in expected and MATCHES in weights and weights[MATCHES].ndim == 2:
        missing = expected[MATCHES][1] - weights[MATCHES].shape[1]
        weights[MATCHES] = torch.nn.functional.pad(weights[MATCHES], (0, max(missing, 0)))
    got = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    for name in sorted(expected.keys() | got.keys()):
        if expected.get(name) != got.get(name):
            raise CheckpointError(
                f"{file}: {name!s:.80} does not fit {CONFIG} and {VOCABULARY}: "
                f"expected {expected.get(name, 'nothing')}, got {got.get(name, 'nothing')}"
            )
        if not weights[name].is_floating_point() or not weights[name].isfinite().all():
            raise CheckpointError(f"{file}: {name} has values that are no finite numbers")
    if weights["calibration.temperature"] <= 0:
        raise CheckpointError(f"{file}: the calibration's temperature is not above 0")
    return {name: tensor.float() for name, tensor in weights.items()}


def _current_name(name: str) -> str:
    """The name that a weight of format 1 has today."""
    return ".".join(FORMAT_1_NAMES.get(part, part) for part in name.split("."))


def _read(file: Path, hashes: Mapping[str, str]) -> bytes:
    """A file's bytes, which must have the hash that was saved, if one was."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"{file}: missing") from None
    except OSError as error:
        raise CheckpointError(f"{file}: cannot be read: {error.strerror}") from error
    if file.name in hashes and hashes[file.name] != _sha256(content):
        raise CheckpointError(f"{file}: damaged or changed since it was saved: its SHA-256 is another")
    return content


def _read_json(file: Path) -> dict[str, Any]:
    return _parse_json(file, _read(file, {}))


def _parse_json(file: Path, content: bytes) -> dict[str, Any]:
    try:
        values = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{file}: not readable as JSON: {error!s:.200}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{file}: expected a JSON object, got {type(values).__name__}")
    return values


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _model_hash(values: Mapping[str, Any]) -> str:
    """The hash of a model configuration, however its JSON is laid out."""
    return _sha256(json.dumps(values, sort_keys=True).encode())
