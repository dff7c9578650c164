"""Device and precision of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration

from textmatch.errors import TextMatchError
from textmatch.matcher import best_device
from textmatch.training.log import TRACKER_FOLDER


def accelerator_for(name: str | None, trackers: Sequence[str] = ()) -> Accelerator:
    """The accelerator of a device; precision is left to `autocast`.

    Args:
        name: ``cpu``, ``cuda``, ``mps`` or ``xpu``; None takes the best there is.
        trackers: names of those that it reports to (`config.Tracker`).

    Raises:
        TextMatchError: the device is not there, or this process has trained on another one.
    """
    best = best_device().type
    wanted = name or best
    if wanted not in ("cpu", best):
        raise TextMatchError(f"device {wanted}: not available on this machine; expected {best}")
    problem = f"device {wanted}: this process has trained on another device already; expected a new process"
    try:
        folders = ProjectConfiguration(logging_dir=str(TRACKER_FOLDER))
        accelerator = Accelerator(
            cpu=wanted == "cpu", mixed_precision="no", log_with=list(trackers) or None, project_config=folders
        )
    except ValueError:  # accelerate keeps one device for each process
        raise TextMatchError(problem) from None
    if accelerator.device.type != wanted:
        raise TextMatchError(problem)
    return accelerator


def choose_precision(wanted: str | None, device: torch.device) -> str:
    """The precision to train in: ``no`` or ``bf16``.

    Args:
        wanted: one of the two; None takes bf16 where the device is fast at it.
        device: where the run trains.

    Raises:
        TextMatchError: the device cannot run an LSTM in bf16.
    """
    if wanted == "bf16" and not supports_bf16(device):
        name = "CPU" if device.type == "cpu" else device.type
        raise TextMatchError(f"precision bf16: this {name} cannot run an LSTM in bfloat16; expected no")
    return wanted or ("bf16" if _is_fast_at_bf16(device) and supports_bf16(device) else "no")


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context in which the network runs forward."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


@cache
def supports_bf16(device: torch.device) -> bool:
    """Whether an LSTM can be trained in bfloat16 there.

    It is tried once with a tiny one: on a CPU it depends on what oneDNN has kernels for, and no flag says so.
    """
    with torch.random.fork_rng(devices=[]):  # the run's random numbers must not depend on this
        lstm = torch.nn.LSTM(8, 8, batch_first=True)
    try:
        with torch.autocast(device.type, torch.bfloat16):
            output, _ = lstm.to(device)(torch.zeros(2, 3, 8, device=device))
        output.float().sum().backward()
    except RuntimeError:
        return False
    return True


def _is_fast_at_bf16(device: torch.device) -> bool:
    if device.type == "cpu":
        return bool(torch.cpu.get_capabilities().get("amx_tile", False))
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "xpu"
