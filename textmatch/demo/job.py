"""Something long that a visitor asked for: it waits for its turn, shows how far it is, and can be stopped."""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from textmatch.search import Stop

View = tuple[Any, ...]
"""What the outputs of a handler show."""


@dataclass(eq=False)
class Job:
    """Work that is done between its views.

    Gradio's own way to cancel would lose a press that comes while the job still waits or takes its first step.

    Attributes:
        views: what is shown on the way, and as its result what is shown at the end. If the visitor stops it, `Stop` is
            thrown into it, and it may return what there is to show by then.
        now: what is shown: at first that it waits.
        stopped: what is shown if it is stopped and returns nothing.
        folder: where its files are; it goes once nobody wants to see them.
        stage: where it is.
        end: read after each view: ``stop`` shows what there is, ``drop`` nothing more.
    """

    views: Generator[View, None, View]
    now: View
    stopped: View
    folder: Path | None = None
    stage: Literal["waiting", "running", "over"] = "waiting"
    end: Literal["", "stop", "drop"] = ""

    @property
    def going(self) -> bool:
        """Whether it will go on to its own end."""
        return self.stage != "over" and not self.end

    def run(self) -> Iterator[Any]:
        """Do it, unless that was begun before.

        A handler that ends without a view has its last one shown again: to show nothing new is a view, too.
        """
        if self.stage != "waiting":
            yield gr.skip()
            return
        self.stage = "running"
        try:
            while not self.end:
                self.now = next(self.views)
                if not self.end:
                    yield self.now
            if self.end == "stop":
                self.views.throw(Stop)
        except StopIteration as over:
            self.now = over.value
        except Stop:
            self.now = self.stopped
        finally:
            self.stage = "over"
            self.views.close()
            if self.end == "drop":
                drop(self)
        yield gr.skip() if self.end == "drop" else self.now

    def stop(self) -> Any:
        """End it after the step under way, if there is one; what is to be shown until then."""
        self.end = self.end or "stop"
        return gr.skip() if self.stage == "running" else self.stopped if self.stage == "waiting" else self.now


def drop(job: Job | None) -> None:
    """End a job, if there is one, without a word: what it would show is of no use any more, nor are its files."""
    if job:
        job.end = "drop"
        if job.folder and job.stage != "running":  # or else they are being written
            shutil.rmtree(job.folder, ignore_errors=True)


def progress(start: float, done: int, total: int) -> dict[str, Any]:
    """How far a job is that began at `start` (of `time.monotonic`): its share from 0 to 1, and in words the rest.

    The time left is None as long as nobody can say.
    """
    left = round((time.monotonic() - start) / done * (total - done)) if done else None
    return {
        "share": done / total,
        "done": f"{done:,}",
        "total": f"{total:,}",
        "left": None if left is None else f"{left // 60}:{left % 60:02}",
    }
