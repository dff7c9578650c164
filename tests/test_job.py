"""A long run: its turn, its steps, its end."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from textmatch.demo.job import Job, View, drop, progress
from textmatch.search import Stop


def counting(done: list[int], so_far: bool = False) -> Generator[View, None, View]:
    for number in range(3):
        done.append(number)
        try:
            yield (number,)
        except Stop:
            if so_far:
                return ("so far", *done)
            raise
    return ("all",)


def job(views: Generator[View, None, View], folder: Path | None = None) -> Job:
    return Job(views, ("waiting",), ("stopped",), folder)


def test_a_job_shows_its_steps_and_its_end_once() -> None:
    whole = job(counting([]))
    assert (whole.now, whole.going) == (("waiting",), True)
    assert list(whole.run()) == [(0,), (1,), (2,), ("all",)]
    assert list(whole.run()) == [gr.skip()]
    assert (whole.stop(), whole.going) == (("all",), False)


@pytest.mark.parametrize(
    ("how", "so_far", "end"),
    [(Job.stop, False, ("stopped",)), (Job.stop, True, ("so far", 0)), (drop, True, gr.skip())],
)
def test_a_job_ends_after_the_step_under_way(how: Callable[[Job], Any], so_far: bool, end: View) -> None:
    done: list[int] = []
    ended = job(counting(done, so_far))
    shown = ended.run()
    assert next(shown) == (0,)
    assert how(ended) in (None, gr.skip())
    assert not ended.going
    assert list(shown) == [end]
    assert done == [0]


def test_a_job_that_waits_is_stopped_at_once_and_never_begun() -> None:
    done: list[int] = []
    waiting = job(counting(done, so_far=True))
    assert waiting.stop() == ("stopped",)
    assert list(waiting.run()) == [("stopped",)]
    assert done == []


def test_what_is_dropped_stays_so() -> None:
    dropped = job(counting([]))
    drop(dropped)
    dropped.stop()
    assert list(dropped.run()) == [gr.skip()]
    drop(None)


def test_a_job_that_fails_is_over() -> None:
    def failing() -> Generator[View, None, View]:
        yield (0,)
        raise OSError("the disk is full")

    failed = job(failing())
    with pytest.raises(OSError, match="full"):
        list(failed.run())
    assert not failed.going


def test_a_folder_goes_when_nobody_wants_it_and_nobody_writes_into_it(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    waiting, running, over = (job(counting([]), folder) for folder in folders)
    shown = running.run()
    next(shown)
    list(over.run())
    for each in (waiting, running, over):
        drop(each)
    assert [folder.exists() for folder in folders] == [False, True, False]
    list(shown)
    assert not folders[1].exists()


def test_progress_tells_the_rest_once_something_is_done() -> None:
    now = progress(0.0, 0, 2000)
    assert now == {"share": 0.0, "done": "0", "total": "2,000", "left": None}
    assert progress(0.0, 2000, 2000) == {"share": 1.0, "done": "2,000", "total": "2,000", "left": "0:00"}
