"""Something long that a visitor asked for: it waits for its turn, shows how far it is, and can be stopped."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr

View = tuple[Any, ...]
"""What the outputs of a handler show."""


@dataclass(eq=False)
class Job:
    """Work that is done between its views.

    Gradio's own way to cancel would lose a press that comes while the job still waits or takes its first step.

    Attributes:
        views: what is shown on the way, and as its result what is shown at the end.
        stopped: what is shown at the end if the visitor stops it.
        end: read after each view: ``stop`` shows `stopped`, ``drop`` nothing more.
        begun: whether it had its turn.
        last: what was shown at the end; None before.
    """

    views: Generator[View, None, View]
    stopped: View
    end: Literal["", "stop", "drop"] = ""
    begun: bool = False
    last: View | None = None

    @property
    def nothing(self) -> View:
        """A view that changes nothing; a handler that ends without one has its last view shown again."""
        return (gr.skip(),) * len(self.stopped)

    def run(self) -> Iterator[View]:
        """Do it, unless that was begun before."""
        if self.begun:
            yield self.nothing
            return
        self.begun = True
        while not self.end:
            try:
                view = next(self.views)
            except StopIteration as over:
                self.last = over.value
                break
            if not self.end:
                yield view
        self.views.close()
        self.last = self.last or self.stopped
        yield self.nothing if self.end == "drop" else self.last

    def stop(self) -> View:
        """End it after the step under way, if there is one; what is to be shown until then."""
        self.end = self.end or "stop"
        return (self.last or self.nothing) if self.begun else self.stopped

    def drop(self) -> None:
        """End it without a word: what it would show is of no use any more."""
        self.end = "drop"
