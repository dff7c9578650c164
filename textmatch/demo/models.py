"""The checkpoints that the page offers: the one it was started with, and those that stand beside it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from textmatch.checkpoint import CONFIG, METRICS, WEIGHTS
from textmatch.errors import InputError
from textmatch.matcher import TextMatcher


@dataclass(frozen=True)
class Facts:
    """What is known of a checkpoint without loading it.

    Attributes:
        arch: the architecture's name in its configuration; empty if that cannot be read.
        parameters: number of trained values; 0 if unknown.
        megabytes: size of its weights.
        record: its figures, as in ``metrics.json``; empty if it has none.
    """

    arch: str
    parameters: int
    megabytes: float
    record: Mapping[str, Any]

    @property
    def accuracy(self) -> float | None:
        """Share of test pairs it got right, 0 to 1; None if it was never tested."""
        share: float | None = self.record.get("test", {}).get("accuracy")
        return share

    @property
    def card(self) -> str:
        """The facts in one line of figures."""
        shown = [self.arch, f"{self.parameters / 1e6:.2f} M" if self.parameters else "", f"{self.megabytes:.1f} MB"]
        if self.accuracy is not None:
            shown.append(f"test {self.accuracy:.1%}")
        return " · ".join(part for part in shown if part)


@dataclass(frozen=True)
class Models:
    """Checkpoints by name, the page's own first; each is loaded when first asked for and then kept.

    Attributes:
        folders: name → checkpoint folder.
        device: where they answer; None takes the best there is.
    """

    folders: Mapping[str, Path]
    device: str | torch.device | None = None
    _loaded: dict[str, TextMatcher] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def beside(cls, folder: Path, device: str | torch.device | None = None) -> Models:
        """Offer the checkpoint in `folder`, loaded, and every other one that its parent folder holds.

        Hidden folders are left out: they are checkpoints being written.

        Raises:
            CheckpointError: the checkpoint in `folder` cannot be used; the message names the file at fault.
            InputError: there is no such device on this machine.
        """
        folder = folder.resolve()
        others = (path.parent for path in sorted(folder.parent.glob(f"[!.]*/{CONFIG}")))
        models = cls({folder.name: folder} | {other.name: other for other in others if other != folder}, device)
        models[folder.name]
        return models

    def __getitem__(self, name: str) -> TextMatcher:
        """The matcher called `name`.

        Raises:
            InputError: there is none of that name; the message lists the names there are.
            CheckpointError: its folder cannot be used; the message names the file at fault.
        """
        if name not in self.folders:
            raise InputError(f"model {name!r}: expected one of {', '.join(self.folders)}")
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = TextMatcher.from_pretrained(self.folders[name], self.device)
            return self._loaded[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the page's own checkpoint first."""
        return tuple(self.folders)

    @property
    def default(self) -> str:
        """The name of the checkpoint that the page was started with."""
        return self.names[0]

    def facts(self, name: str) -> Facts:
        """What the files of the checkpoint `name` say, without loading its weights."""
        folder = self.folders[name]
        record, weights = _read(folder / METRICS), folder / WEIGHTS
        return Facts(
            arch=_read(folder / CONFIG).get("model", {}).get("arch", ""),
            parameters=record.get("parameters", 0),
            megabytes=weights.stat().st_size / 1e6 if weights.is_file() else 0.0,
            record=record,
        )


def _read(file: Path) -> dict[str, Any]:
    """What a JSON file holds; nothing if it cannot be read, for then loading the checkpoint says why."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
