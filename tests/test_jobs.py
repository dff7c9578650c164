"""Jobs: waiting, steps, end, and what becomes of their files."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import run_async, visitor
from textmatch.demo.jobs import NO_CHANGE, Job, Updates, discard, progress, run_job
from textmatch.demo.turns import LONG
from textmatch.errors import BusyError
from textmatch.search import Stop


def counting(done: list[int], partial: bool = False) -> Generator[Updates, None, Updates]:
    """Three steps; `partial` says whether there is something to show if it is stopped."""
    for number in range(3):
        done.append(number)
        try:
            yield {"line": number}
        except Stop:
            if partial:
                return {"line": "partial"}
            raise
    return {"line": "all"}


def job(steps: Generator[Updates, None, Updates], folder: Path | None = None) -> Job:
    return Job(steps, {"line": "waiting"}, {"line": "cancelled"}, folder)


def shown(job: Job | None) -> list[Updates]:
    """What the page shows of a job, one after the other."""

    async def collect() -> list[Updates]:
        return [updates async for updates in run_job(job, visitor())]

    return run_async(collect())


def test_a_job_shows_its_steps_and_its_end_once() -> None:
    whole = job(counting([]))
    assert (whole.latest, whole.active) == ({"line": "waiting"}, True)
    assert shown(whole) == [{"line": 0}, {"line": 1}, {"line": 2}, {"line": "all"}]
    assert shown(whole) == [NO_CHANGE]
    assert (whole.stop(), whole.active) == ({"line": "all"}, False)


def test_a_start_that_was_refused_has_no_job() -> None:
    assert shown(None) == [NO_CHANGE]
    discard(None)


@pytest.mark.parametrize(
    ("end", "partial", "shown"),
    [
        (Job.stop, False, {"line": "cancelled"}),
        (Job.stop, True, {"line": "partial"}),
        (discard, True, NO_CHANGE),
    ],
)
def test_a_job_ends_after_the_current_step(end: Callable[[Job], Any], partial: bool, shown: Updates) -> None:
    done: list[int] = []
    ended = job(counting(done, partial))
    steps = ended.run()
    assert next(steps) == {"line": 0}
    assert end(ended) in (None, NO_CHANGE)
    assert not ended.active
    assert list(steps) == [shown]
    assert done == [0]


def test_a_waiting_job_is_stopped_at_once_and_never_starts() -> None:
    done: list[int] = []
    waiting = job(counting(done, partial=True))
    assert waiting.stop() == {"line": "cancelled"}
    assert list(waiting.run()) == [{"line": "cancelled"}]
    assert done == []


def test_a_discarded_job_cannot_be_stopped_into_showing_something() -> None:
    discarded = job(counting([]))
    discard(discarded)
    discarded.stop()
    assert list(discarded.run()) == [NO_CHANGE]


def test_a_job_that_fails_is_over() -> None:
    def failing() -> Generator[Updates, None, Updates]:
        yield {"line": 0}
        raise OSError("the disk is full")

    failed, told = job(failing()), list[Updates]()

    async def run() -> None:
        async for updates in run_job(failed, visitor()):
            told.append(updates)

    with pytest.raises(OSError, match="full"):
        run_async(run())
    assert told == [{"line": 0}, {"line": "cancelled"}]
    assert not failed.active


def test_a_job_is_refused_when_there_is_too_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LONG, "in_all", 0)
    refused, told = job(counting([])), list[Updates]()

    async def run() -> None:
        async for updates in run_job(refused, visitor()):
            told.append(updates)

    with pytest.raises(BusyError):
        run_async(run())
    assert told == [{"line": "cancelled"}]
    assert not refused.active


def test_a_job_that_fails_without_the_page_is_over() -> None:
    def failing() -> Generator[Updates, None, Updates]:
        yield {"line": 0}
        raise OSError("the disk is full")

    failed = job(failing())
    with pytest.raises(OSError, match="full"):
        list(failed.run())
    assert not failed.active


def test_a_discarded_jobs_folder_is_deleted_once_nothing_writes_there(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    waiting, running, over = (job(counting([]), folder) for folder in folders)
    steps = running.run()
    next(steps)
    list(over.run())
    for each in (waiting, running, over):
        discard(each)
    assert [folder.exists() for folder in folders] == [False, True, False]
    list(steps)
    assert not folders[1].exists()


def test_progress_gives_the_time_left_once_something_is_done() -> None:
    assert progress(0.0, 0, 2000) == {"share": 0.0, "done": "0", "total": "2,000", "left": None}
    assert progress(0.0, 2000, 2000) == {"share": 1.0, "done": "2,000", "total": "2,000", "left": "0:00"}
