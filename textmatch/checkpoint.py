"""Save and load checkpoint folders.

A folder holds everything that inference needs: configuration, vocabulary, weights, figures and the model card.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from textmatch.config import ModelConfig, config_from_dict
from textmatch.errors import CheckpointError
from textmatch.models import Network, build
from textmatch.text import Vocabulary

FORMAT = 2
READABLE_FORMATS = (1, FORMAT)

# Format 1 had other names for some parts of the networks: each part of a weight's dotted name, old → new. For example
# ``encoder.ahead.0.bias_hh_l0`` is read as ``encoder.forward_lstm.0.bias_hh_l0``. Nothing else differs.
FORMAT_1_NAMES = {
    "ahead": "forward_lstm",
    "back": "backward_lstm",
    "found": "exact_match_projection",
    "sentence": "sentence_projection",
}

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
    pictures: Mapping[str, bytes] | None = None,
) -> None:
    """Write a checkpoint folder. It is written beside `folder` and then renamed: a crash leaves the old folder.

    Args:
        folder: where to write; a checkpoint in it is replaced.
        checkpoint: what to write; weights are stored in half precision.
        card: the model card, Markdown.
        pictures: the card's pictures, by file name.

    Raises:
        CheckpointError: `folder` exists and is not a checkpoint.
    """
    folder = Path(folder)
    refuse_foreign(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh, stale = (folder.with_name(f".{folder.name}.{end}") for end in ("new", "old"))
    if stale.exists() and not folder.exists():  # a crash between the two renames below
        stale.rename(folder)
    for leftover in (fresh, stale):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir()
    _write_json(fresh / CONFIG, {"format": FORMAT, "model": asdict(checkpoint.config)})
    _write_json(fresh / VOCABULARY, checkpoint.vocabulary.to_dict())
    _write_json(fresh / METRICS, checkpoint.metrics)
    (fresh / CARD).write_text(card, encoding="utf-8")
    for name, content in (pictures or {}).items():
        (fresh / name).write_bytes(content)
    save_file({name: _stored(name, tensor) for name, tensor in checkpoint.model.state_dict().items()}, fresh / WEIGHTS)
    (fresh / WEIGHTS).chmod((fresh / CARD).stat().st_mode)  # safetensors lets nobody else read it
    if folder.exists():
        folder.rename(stale)
    fresh.rename(folder)
    shutil.rmtree(stale, ignore_errors=True)


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
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such checkpoint folder")
    file_format, config = _read_config(folder / CONFIG)
    vocabulary = _read_vocabulary(folder / VOCABULARY)
    metrics = _read_json(folder / METRICS)
    model = build(config, len(vocabulary.characters), len(vocabulary.words))
    _load_weights(folder / WEIGHTS, model, file_format)
    return Checkpoint(config, vocabulary, model.to(device).eval(), metrics)


def _read_config(file: Path) -> tuple[int, ModelConfig]:
    """The checkpoint's format and its model configuration."""
    values = _read_json(file)
    file_format = values.get("format")
    if type(file_format) is not int or file_format not in READABLE_FORMATS:
        raise CheckpointError(f"{file}: expected format {' or '.join(map(str, READABLE_FORMATS))}, got {file_format!r}")
    try:
        return file_format, config_from_dict(values["model"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{file}: not a model configuration: {error}") from error


def _read_vocabulary(file: Path) -> Vocabulary:
    try:
        return Vocabulary.from_dict(_read_json(file))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file}: not a vocabulary: {error}") from error


def _load_weights(file: Path, model: Network, file_format: int) -> None:
    if not file.is_file():
        raise CheckpointError(f"{file}: missing")
    try:
        weights = load_file(file)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file}: not readable as safetensors: {error}") from error
    if file_format == 1:
        weights = {_current_name(name): tensor for name, tensor in weights.items()}
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    got = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    for name in sorted(expected.keys() | got.keys()):
        if expected.get(name) != got.get(name):
            raise CheckpointError(
                f"{file}: {name} does not fit {CONFIG} and {VOCABULARY}: "
                f"expected {expected.get(name, 'nothing')}, got {got.get(name, 'nothing')}"
            )
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})


def _current_name(name: str) -> str:
    """The name that a weight of format 1 has today."""
    return ".".join(FORMAT_1_NAMES.get(part, part) for part in name.split("."))


def _read_json(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{file}: missing") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: not readable as JSON: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{file}: expected a JSON object, got {type(values).__name__}")
    return values


def _write_json(file: Path, values: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
