"""The state of a training run, and what of it is kept on disk so that an interrupted run can be resumed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from textmatch.config import TrainConfig
from textmatch.errors import TextMatchError
from textmatch.models import Network

PROGRESS, BEST = "progress.json", "best.safetensors"
"""The identity and history of a run, without which there is nothing to resume; the weights of its best epoch."""


def state_folder(output: Path) -> Path:
    """Where the state of a run that writes `output` is saved."""
    return output.with_name(f"{output.name}.training")


def has_finished_epochs(output: Path) -> bool:
    """Whether there is a run to resume."""
    return (state_folder(output) / PROGRESS).is_file()


@dataclass(frozen=True, slots=True)
class Epoch:
    """The figures of one epoch; `seconds` is its wall time, evaluation included."""

    epoch: int
    loss: float
    train_accuracy: float
    dev_accuracy: float
    dev_auc: float
    seconds: float
    dev_f1: float = 0.0


class TrainingRun:
    """Network, optimizer, running average of the weights and history of a run.

    After each epoch all of it is saved in a folder beside the output: `PROGRESS`, `BEST` (the averaged weights of the
    best epoch so far) and ``epoch-<n>`` (the rest).

    Args:
        model: the network to train.
        config: how to train it.
        accelerator: where to train it.
        folder: where to save the state.

    Attributes:
        model: the network, wrapped for the device and for several processes.
        optimizer: its optimizer.
        history: the epochs that are done.
    """

    def __init__(self, model: Network, config: TrainConfig, accelerator: Accelerator, folder: Path) -> None:
        self.config, self.accelerator, self.history = config, accelerator, list[Epoch]()
        self._folder, self._identity = folder, dict[str, Any]()
        optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        # The average is made before `prepare` wraps the network, so it is evaluated in float32, as it will be used.
        self._average = AveragedModel(model, accelerator.device, multi_avg_fn=partial(_update, config.ema_decay))
        self.model, self.optimizer = accelerator.prepare(model, optimizer)
        self._unwrapped: Network = accelerator.unwrap_model(self.model)
        accelerator.register_for_checkpointing(self._average)

    def begin(self, identity: dict[str, Any], resume: bool) -> None:
        """Start with an empty history, or load the last epoch of an interrupted run.

        Args:
            identity: JSON values that say what is trained on what; a resumed run must have the same.
            resume: whether to resume.

        Raises:
            TextMatchError: there is no run to resume, it has another identity, or a file of it is damaged.
        """
        self._identity = json.loads(json.dumps(identity))
        if not resume:
            if self.accelerator.is_main_process:
                self.discard()
            self.accelerator.wait_for_everyone()
            return
        file = self._folder / PROGRESS
        if not file.is_file():
            raise TextMatchError(
                f"{file}: missing, so there is no run to resume: it is finished, or has no whole epoch; leave --resume "
                "out to start one"
            )
        saved, self.history = _read_progress(file)
        if saved != self._identity:
            raise TextMatchError(
                f"{file}: was trained with other data or settings; expected the same to resume, or --overwrite instead "
                "of --resume to begin anew"
            )
        epoch = self._folder / f"epoch-{len(self.history)}"
        with _readable(epoch):
            self.accelerator.load_state(str(epoch))

    @property
    def best_epoch(self) -> Epoch:
        """The first of the epochs that are best on dev, by the figure that the configuration names."""
        return max(self.history, key=lambda epoch: getattr(epoch, f"dev_{self.config.metric}"))

    @property
    def has_stalled(self) -> bool:
        """Whether there was no better epoch for as many epochs as the configuration waits."""
        waits = bool(self.config.patience and self.history)
        return waits and len(self.history) - self.best_epoch.epoch >= self.config.patience

    @property
    def averaged_model(self) -> Network:
        """The network with averaged weights, which is the one that is evaluated and kept."""
        return cast(Network, self._average.module).eval()

    def update_average(self) -> None:
        """Move the average towards the current weights."""
        self._average.update_parameters(self._unwrapped)

    def finish_epoch(self, epoch: Epoch) -> None:
        """Add an epoch to the history and save the state; a kill at any point leaves the last saved epoch whole.

        Raises:
            TextMatchError: it cannot be saved, for example because the disk is full.
        """
        self.history.append(epoch)
        try:
            self._save(epoch)
        except (OSError, RuntimeError, SafetensorError) as error:  # PyTorch and safetensors have errors of their own
            is_saved = (self._folder / PROGRESS).is_file()
            advice = "; the same command with --resume continues after the last epoch that was" if is_saved else ""
            raise TextMatchError(
                f"{self._folder}: the state of the run cannot be saved: {error!s:.300}{advice}"
            ) from error
        self.accelerator.wait_for_everyone()

    def _save(self, epoch: Epoch) -> None:
        self.accelerator.save_state(str(self._folder / f"epoch-{epoch.epoch}"))
        if self.accelerator.is_main_process:
            if self.best_epoch is epoch:
                weights = self.averaged_model.state_dict()
                _replace(self._folder / BEST, lambda file: save_file(weights, file))
            progress = json.dumps({"identity": self._identity, "history": [asdict(one) for one in self.history]})
            _replace(self._folder / PROGRESS, lambda file: file.write_text(progress, encoding="utf-8"))
            shutil.rmtree(self._folder / f"epoch-{epoch.epoch - 1}", ignore_errors=True)

    def discard(self) -> None:
        """Delete the saved state. First what makes it one: a kill in the middle leaves nothing to resume."""
        (self._folder / PROGRESS).unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def best_model(self) -> Network:
        """The network of the epoch that is best on dev, rounded to half precision, as it will be stored.

        Without an epoch it is the network that the run started from.

        Raises:
            TextMatchError: the file with its weights is damaged.
        """
        model = self.averaged_model
        if self.history:
            with _readable(self._folder / BEST):
                model.load_state_dict(load_file(self._folder / BEST))
        for parameter in model.parameters():
            parameter.data = parameter.data.half().float()
        return model


@torch.no_grad()
def _update(decay: float, averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Tensor) -> None:
    """Exponential moving average; faster during the first updates, so that it forgets the random start."""
    torch._foreach_lerp_(list(averaged), list(current), 1 - min(decay, float((1 + updates) / (10 + updates))))


def _read_progress(file: Path) -> tuple[dict[str, Any], list[Epoch]]:
    """The identity of a run that can be resumed, and its epochs."""
    with _readable(file):
        progress = json.loads(file.read_text(encoding="utf-8"))
        return progress["identity"], [Epoch(**epoch) for epoch in progress["history"]]


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Say which file of a run is damaged: each of its formats has errors of its own."""
    try:
        yield
    except Exception as error:
        raise TextMatchError(
            f"{file}: damaged, so the run cannot be resumed: {error!r:.200}; expected --overwrite instead of --resume "
            "to begin anew"
        ) from error


def _replace(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name and rename it, so that it is never half written."""
    fresh = file.with_name(f".{file.name}.new")
    write(fresh)
    fresh.replace(file)
