"""The checkpoints that the page offers: the one it was started with and the others in the same parent folder."""

from __future__ import annotations

import importlib.util
import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from textmatch import hub
from textmatch.checkpoint import CONFIG, METRICS, WEIGHTS
from textmatch.errors import InputError
from textmatch.matcher import Backend, TextMatcher, best_device


@dataclass(frozen=True)
class Facts:
    """What a checkpoint's files say without loading its weights.

    Attributes:
        arch: the architecture's name in its configuration; empty if the configuration cannot be read.
        parameters: number of trained parameters; 0 if unknown.
        megabytes: size of the weights file.
        record: the content of ``metrics.json``; empty if there is none.
        sha256: SHA-256 of the weights file, as its configuration has it; empty if it has none.
    """

    arch: str
    parameters: int
    megabytes: float
    record: Mapping[str, Any]
    sha256: str = ""

    @property
    def accuracy(self) -> float | None:
        """Accuracy on the test split, 0 to 1; None if it was never tested."""
        return _number(self.record.get("test", {}).get("accuracy"))

    @property
    def card(self) -> str:
        """The facts in one line."""
        shown = [self.arch, f"{self.parameters / 1e6:.2f} M" if self.parameters else "", f"{self.megabytes:.1f} MB"]
        if self.accuracy is not None:
            shown.append(f"test {self.accuracy:.1%}")
        return " · ".join(part for part in shown if part)


@dataclass(frozen=True)
class Models:
    """Checkpoints by name, the default one first; each is loaded when first used and then kept.

    Attributes:
        folders: name → checkpoint folder.
        device: the torch device they run on; None takes the best there is.
        commit: the commit of the default checkpoint on the Hub; empty if it did not come from there.
        backend: what runs the interaction networks; the others always run in PyTorch.
    """

    folders: Mapping[str, Path]
    device: str | torch.device | None = None
    commit: str = ""
    backend: Backend = "torch"
    _loaded: dict[str, TextMatcher] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def beside(
        cls, checkpoint: str | Path, device: str | torch.device | None = None, backend: Backend = "torch"
    ) -> Models:
        """Load a checkpoint and offer it with all others in the same parent folder; one of the Hub stands alone.

        Hidden folders are left out: they are checkpoints that are just being written.

        Args:
            checkpoint: a folder; or as a string USER/NAME or USER/NAME@REVISION on the Hub.
            device: the torch device they run on; None takes the best there is.
            backend: what runs the interaction networks; the others always run in PyTorch.

        Raises:
            CheckpointError: the checkpoint cannot be used; the message names the bad file.
            HubError: the Hub refuses it, or cannot be reached and no copy is in the cache.
            InputError: there is no such device on this machine.
        """
        name, folder, commit = hub.find(checkpoint)
        folder = folder.resolve()
        others = () if commit else (path.parent for path in sorted(folder.parent.glob(f"[!.]*/{CONFIG}")))
        models = cls(
            {name: folder} | {other.name: other for other in others if other != folder}, device, commit, backend
        )
        models[name]
        return models

    def __getitem__(self, name: Any) -> TextMatcher:
        """The matcher called `name`, loaded if it is used for the first time.

        Raises:
            InputError: there is no such model; the message lists the names.
            CheckpointError: its folder cannot be used; the message names the bad file.
        """
        if not isinstance(name, str) or name not in self.folders:
            raise InputError(f"model {name!r:.80}: expected one of {', '.join(self.folders)}")
        with self._lock:
            if name not in self._loaded:
                backend = self.backend if self.facts(name).arch == "interaction" else "torch"
                self._loaded[name] = TextMatcher.from_pretrained(self.folders[name], self.device, backend=backend)
            return self._loaded[name]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the default one first."""
        return tuple(self.folders)

    @property
    def default(self) -> str:
        """The name of the checkpoint that the page was started with."""
        return self.names[0]

    def facts(self, name: str) -> Facts:
        """What is known about the checkpoint `name` without loading it."""
        folder = self.folders[name]
        record, weights = _read_record(folder / METRICS), folder / WEIGHTS
        config = _read_json(folder / CONFIG)
        model, hashes = config.get("model"), config.get("sha256")
        return Facts(
            arch=str(model.get("arch", "")) if isinstance(model, dict) else "",
            parameters=int(_number(record.get("parameters")) or 0),
            megabytes=weights.stat().st_size / 1e6 if weights.is_file() else 0.0,
            record=record,
            sha256=str(hashes.get(WEIGHTS, "")) if isinstance(hashes, dict) else "",
        )


def fastest_backend() -> Backend:
    """ONNX Runtime, where it is installed and there is no accelerator."""
    installed = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))
    return "onnx" if installed and best_device().type == "cpu" else "torch"


def _read_record(file: Path) -> dict[str, Any]:
    """A checkpoint's figures, without those of a split that are none: a damaged neighbour must not stop the page."""
    record = _read_json(file)
    for split in ("dev", "test"):
        if split in record:
            figures = record[split] if isinstance(record[split], dict) else {}
            record[split] = {name: value for name, value in figures.items() if _number(value) is not None}
    return record


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if usable else None


def _read_json(file: Path) -> dict[str, Any]:
    """A JSON file's object; empty if it cannot be read: loading the checkpoint then says why."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
