"""Long work that a visitor starts: it waits in the queue, reports its progress and can be stopped."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from textmatch.demo.turns import LONG
from textmatch.search import Stop

Updates = dict[Any, Any]
"""What a handler changes on the page: component → new value. A component that is not in it stays as it is."""


NO_CHANGE: Updates = gr.skip()
"""Everything stays as it is. Gradio does not take an empty dict for that."""


@dataclass(eq=False)
class Job:
    """Long work in steps, between which it can be stopped.

    Gradio's own way (`cancels=`) loses a click that comes while the event still waits or has just begun, and it throws
    away what is done. So a Stop button only notes the visitor's wish here, and `run` looks at it after every step.

    Attributes:
        steps: yields the updates after each step and returns the last ones. When the visitor stops the job, `Stop` is
            thrown into it; it may catch that and return what is done so far.
        latest: the updates shown last; before the first step those that say that the job waits.
        cancelled: the updates shown if it is stopped and has nothing to return.
        folder: where its result files are; deleted when the job is discarded.
        stage: how far it is.
        end: the visitor's wish. ``stop``: finish now and show what is done. ``discard``: nobody wants the result.
    """

    steps: Generator[Updates, None, Updates]
    latest: Updates
    cancelled: Updates
    folder: Path | None = None
    stage: Literal["waiting", "running", "over"] = "waiting"
    end: Literal["", "stop", "discard"] = ""

    @property
    def active(self) -> bool:
        """Whether it waits or runs, and nobody asked it to end."""
        return self.stage != "over" and not self.end

    def run(self) -> Generator[Updates, None, None]:
        """Do the work, unless an earlier event of the same visitor has begun it; yield what the page shows.

        Always yield once: Gradio otherwise repeats the last output.
        """
        if self.stage != "waiting":
            yield NO_CHANGE
            return
        self.stage = "running"
        try:
            while not self.end:
                self.latest = next(self.steps)
                if not self.end:
                    yield self.latest
            if self.end == "stop":
                self.steps.throw(Stop)
        except StopIteration as finished:
            self.latest = finished.value
        except Stop:
            self.latest = self.cancelled
        finally:
            self.stage = "over"
            self.steps.close()
            if self.end == "discard":
                discard(self)
        yield NO_CHANGE if self.end == "discard" else self.latest

    def stop(self) -> Updates:
        """Ask it to end after the current step; return what the page shows until then."""
        self.end = self.end or "stop"
        if self.stage == "running":
            return NO_CHANGE
        return self.cancelled if self.stage == "waiting" else self.latest


async def run_job(job: Job | None, request: gr.Request) -> AsyncIterator[Updates]:
    """Run a visitor's newest job, each step in its turn; there is none if its start was refused.

    Raises:
        BusyError: too much work is waiting already. After this or any other error the page shows that the job was
            cancelled, and beside it the error.
    """
    if job is None:
        yield NO_CHANGE
        return
    try:
        async with LONG.work(request) as work:
            steps = job.run()
            try:
                while (updates := await work.run(next, steps, None)) is not None:
                    yield updates
            finally:
                steps.close()
    except Exception:
        job.end = job.end or "stop"
        yield job.cancelled
        raise


def stop_job(job: Job | None) -> Updates:
    """Ask a visitor's newest job to end, if there is one; return what the page shows until then."""
    return job.stop() if job else NO_CHANGE


def discard(job: Job | None) -> None:
    """End a job, if there is one, whose result nobody wants any more, and delete its files."""
    if job:
        job.end = "discard"
        if job.folder and job.stage != "running":  # a running job still writes there; `run` deletes the folder later
            shutil.rmtree(job.folder, ignore_errors=True)


def progress(start: float, done: int, total: int) -> dict[str, Any]:
    """How far a job is, for the progress bar.

    Args:
        start: when it began, in seconds of `time.monotonic`.
        done: items done.
        total: items in all, at least 1.

    Returns:
        The share that is done (0 to 1), and in words both counts and the time left (None before the first item).
    """
    left = round((time.monotonic() - start) / done * (total - done)) if done else None
    return {
        "share": done / total,
        "done": f"{done:,}",
        "total": f"{total:,}",
        "left": None if left is None else f"{left // 60}:{left % 60:02}",
    }
