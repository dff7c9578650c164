"""Learning-rate schedules, as shares of the peak rate.

There are two because the committed checkpoints were made with them: `warmup_cosine` starts its cosine when the warmup
ends, `cosine_under_warmup` at the first step. One formula for both would change the results of one of them.
"""

from __future__ import annotations

from math import cos, pi

import torch


def warmup_cosine(progress: float, warmup: float) -> float:
    """Rise linearly during `warmup`, then fall to zero along a half cosine.

    Args:
        progress: how much of the run is done, 0 to 1.
        warmup: share of the run with a rising rate, less than 1; negative for a constant rate of 1.
    """
    if warmup < 0:
        return 1.0
    if progress < warmup:
        return max(progress / warmup, 0.01)
    return half_cosine(min(1.0, (progress - warmup) / (1 - warmup)))


def cosine_under_warmup(progress: float, warmup: float, step: float) -> float:
    """Fall to zero along a half cosine over the whole run, scaled down linearly during `warmup`.

    Args:
        progress: how much of the run is done, 0 to 1.
        warmup: share of the run that is scaled down, above 0.
        step: share of the run that is one step, so that the first step's rate is not zero.
    """
    return min(1.0, (progress + step) / warmup) * half_cosine(progress)


def half_cosine(progress: float) -> float:
    """1 at 0, 0 at 1."""
    return 0.5 * (1 + cos(pi * progress))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = rate
