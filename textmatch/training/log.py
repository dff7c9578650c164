"""What a run reports while it trains: lines of JSON in a file, and the trackers of accelerate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from accelerate import Accelerator
from accelerate.tracking import get_available_trackers

from textmatch.config import TrainConfig
from textmatch.errors import TextMatchError

TRACKER_FOLDER = Path("runs")
"""Where TensorBoard looks; each run has a folder of its own in it."""

LOG_STEPS = 50
"""Steps from one report within an epoch to the next."""


def check_trackers(names: Sequence[str]) -> None:
    """Refuse a tracker whose package is missing: accelerate would leave it out without a word.

    Raises:
        TextMatchError: a package is not installed.
    """
    available = list(map(str, get_available_trackers()))
    for name in names:
        if name not in available:
            raise TextMatchError(f"--report-to {name}: the package is not installed; expected pip install {name}")


class RunLog:
    """Writes figures to a file, one JSON object a line, and to the trackers of an accelerator.

    Args:
        accelerator: whose trackers get the figures; only its main process writes the file.
        file: the file; None for none.
        resume: whether the lines are added to those of an interrupted run.
        overwrite: whether a file that is already there is replaced.

    Raises:
        TextMatchError: the file is there already, or cannot be written.
    """

    def __init__(self, accelerator: Accelerator, file: Path | None, *, resume: bool, overwrite: bool) -> None:
        self._accelerator, self._file = accelerator, file
        if file is None or not accelerator.is_main_process:
            return
        try:
            if not resume and not overwrite and file.exists() and file.stat().st_size:
                raise TextMatchError(f"--log {file}: the file is there already; expected another, or --overwrite")
            file.open("a" if resume else "w").close()
        except OSError as error:
            raise TextMatchError(f"--log {file}: cannot be written: {error.strerror}") from None

    def begin(self, name: str, config: TrainConfig) -> None:
        """Tell the trackers what is trained; they name the run `name`."""
        self._accelerator.init_trackers(name, asdict(config))

    def write(self, step: int, **figures: float) -> None:
        """Report figures after `step` steps of the run."""
        self._accelerator.log(figures, step=step)
        if self._file and self._accelerator.is_main_process:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step, **figures}) + "\n")

    def end(self) -> None:
        """Let the trackers write what they still hold."""
        self._accelerator.end_training()
