"""The state of a training run, and what of it is kept on disk so that an interrupted run can be resumed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from textmatch.config import TrainConfig
from textmatch.errors import TextMatchError
from textmatch.models import Network


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

    After each epoch all of it is saved in a folder beside the output: ``progress.json`` (identity and history),
    ``best.safetensors`` (the averaged weights of the best epoch so far) and ``epoch-<n>`` (the rest).

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
            TextMatchError: there is no run to resume, or it has another identity.
        """
        self._identity = json.loads(json.dumps(identity))
        if not resume:
            if self.accelerator.is_main_process:
                shutil.rmtree(self._folder, ignore_errors=True)
            self.accelerator.wait_for_everyone()
            return
        file = self._folder / "progress.json"
        if not file.is_file():
            raise TextMatchError(
                f"{file}: missing, so there is no run to resume: it is finished, or has no whole epoch; leave --resume "
                "out to start one"
            )
        progress = json.loads(file.read_text(encoding="utf-8"))
        if progress["identity"] != self._identity:
            raise TextMatchError(f"{file}: was trained with other data or settings; expected the same to resume")
        self.history = [Epoch(**epoch) for epoch in progress["history"]]
        self.accelerator.load_state(str(self._folder / f"epoch-{len(self.history)}"))

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
        """Add an epoch to the history and save the state; a kill at any point leaves the last saved epoch whole."""
        self.history.append(epoch)
        self.accelerator.save_state(str(self._folder / f"epoch-{epoch.epoch}"))
        if self.accelerator.is_main_process:
            if self.best_epoch is epoch:
                weights = self.averaged_model.state_dict()
                _replace(self._folder / "best.safetensors", lambda file: save_file(weights, file))
            progress = json.dumps({"identity": self._identity, "history": [asdict(one) for one in self.history]})
            _replace(self._folder / "progress.json", lambda file: file.write_text(progress, encoding="utf-8"))
            shutil.rmtree(self._folder / f"epoch-{epoch.epoch - 1}", ignore_errors=True)
        self.accelerator.wait_for_everyone()

    def discard(self) -> None:
        """Delete the saved state: the run is finished."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def best_model(self) -> Network:
        """The network of the epoch that is best on dev, rounded to half precision, as it will be stored.

        Without an epoch it is the network that the run started from.
        """
        model = self.averaged_model
        if self.history:
            model.load_state_dict(load_file(self._folder / "best.safetensors"))
        for parameter in model.parameters():
            parameter.data = parameter.data.half().float()
        return model


@torch.no_grad()
def _update(decay: float, averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Tensor) -> None:
    """Exponential moving average; faster during the first updates, so that it forgets the random start."""
    torch._foreach_lerp_(list(averaged), list(current), 1 - min(decay, float((1 + updates) / (10 + updates))))


def _replace(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name and rename it, so that it is never half written."""
    fresh = file.with_name(f".{file.name}.new")
    write(fresh)
    fresh.replace(file)
