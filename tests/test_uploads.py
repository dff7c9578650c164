"""textmatch.demo.uploads: what visitors send is gone when the page says so, whatever becomes of them or the process."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file

from tests.helpers import visitor
from textmatch.demo import uploads
from textmatch.demo.handlers.search import SearchHandlers, SearchView
from textmatch.demo.i18n import TEXTS
from textmatch.demo.uploads import RESULTS, UPLOAD_FOLDER, claim, sweep
from textmatch.errors import InputError

ROOT = Path(__file__).parents[1]
TEXT = "sentence1,sentence2\n几点开门,什么时候开门\n"


def put(path: Path, minutes: float, size: int = 1) -> Path:
    """A file that is so old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return aged(path, minutes)


def aged(path: Path, minutes: float) -> Path:
    then = time.time() - 60 * minutes
    os.utime(path, (then, then))
    return path


def test_the_page_says_how_long_files_are_kept() -> None:
    sweeping = uploads.SWEEP_SECONDS
    assert uploads.UPLOAD_SECONDS + sweeping <= 15 * 60
    assert uploads.RESULT_SECONDS + sweeping <= 60 * 60
    assert "15 minutes and the result after an hour" in TEXTS["en"]["batch_intro"]
    assert "15 分钟后删除，结果一小时后删除" in TEXTS["zh"]["batch_intro"]
    assert "15 minutes" in TEXTS["en"]["search_intro"]
    assert "15 分钟" in TEXTS["zh"]["search_intro"]


def test_what_is_old_goes(tmp_path: Path) -> None:
    young, results = put(tmp_path / "hash" / "a.csv", 13), put(tmp_path / f"{RESULTS}x" / "a.csv", 58)
    gone = [
        put(tmp_path / "hash2" / "a.csv", 14.1),
        put(tmp_path / "tmpabc", 14.1, 0),  # an upload that broke off
        put(tmp_path / f"{RESULTS}y" / "a.csv", 59.1),
    ]
    sweep(tmp_path)
    assert not any(path.exists() for path in gone)
    assert young.exists()
    assert results.exists()
    aged(tmp_path / "hash2", 2)
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"hash", f"{RESULTS}x", f"{RESULTS}y"}


def test_a_clock_that_is_set_back_keeps_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "hash" / "a.csv", -24 * 60)  # was sent tomorrow, as the clock has it now
    sweep(tmp_path)
    later = time.time() + uploads.UPLOAD_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    sweep(tmp_path)
    assert not list(tmp_path.rglob("a.csv"))


def test_sweeping_goes_on_while_others_delete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder is gone as soon as it was seen, as when a job is discarded."""
    for number in range(3):
        put(tmp_path / str(number) / "deep" / "a.csv", 20)
    scanned, gone = os.scandir, set[str]()

    def vanishing(path: Any) -> Any:
        if str(path).endswith("deep") and len(gone) < 2:
            gone.add(str(path))
            shutil.rmtree(path)
        return scanned(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", vanishing)
        sweep(tmp_path)
    assert not list(tmp_path.rglob("a.csv"))
    assert len(gone) == 2


@pytest.mark.parametrize(("limit", "most"), [("MOST_BYTES", 250), ("MOST_FILES", 2)])
def test_the_folder_is_bounded_and_the_oldest_files_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(uploads, limit, most)
    paths = [put(tmp_path / str(minutes), minutes, 100) for minutes in (9, 5, 1, 7)]
    sweep(tmp_path)
    assert [path.exists() for path in paths] == [False, True, True, False]


def test_a_new_process_deletes_what_others_left_but_nothing_of_those_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path))
    running = claim()
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path))
    kept = put(running / "hash" / "a.csv", 0)
    left = put(running.parent / "page-killed" / "hash" / "a.csv", 0)
    new = claim()
    assert os.environ[uploads.VARIABLE] == str(new)
    assert kept.exists()
    assert not left.exists()
    assert {path for path in running.parent.iterdir() if path.is_dir()} == {running, new}
    assert running.parent.stat().st_mode & 0o077 == 0


def test_a_folder_that_somebody_else_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / f"textmatch-{os.getuid()}"
    theirs.mkdir()
    theirs.chmod(0o777)
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path))
    assert not claim().is_relative_to(theirs)


def test_without_a_place_for_uploads_the_message_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path / "file" / "below"))
    message = "^there is no folder for uploads: {}.*GRADIO_TEMP_DIR names one$"
    with pytest.raises(InputError, match=message.format("Not a directory: .*below")):
        claim()
    monkeypatch.delenv(uploads.VARIABLE)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "file")])
    with pytest.raises(InputError, match=message.format("No usable temporary directory")):
        claim()


@pytest.mark.slow
def test_the_page_tells_gradio_of_the_folder_before_it_is_imported() -> None:
    """Gradio reads the variable when it is imported."""
    script = """import runpy, sys
app = runpy.run_path("app.py")
try:
    app["prepare"]("nowhere")
except app["TextMatchError"]:
    from gradio import mcp
    from textmatch.demo import UPLOAD_FOLDER
    print(mcp.DEFAULT_TEMP_DIR == str(UPLOAD_FOLDER))"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.slow
def test_a_killed_process_leaves_its_folder_to_the_next(tmp_path: Path) -> None:
    script = (
        "import sys, time; from textmatch.demo.uploads import UPLOAD_FOLDER;"
        "print(UPLOAD_FOLDER, *UPLOAD_FOLDER.parent.iterdir(), flush=True); time.sleep(float(sys.argv[1]))"
    )
    environment = os.environ | {uploads.VARIABLE: str(tmp_path)}

    def started(seconds: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script, seconds], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )

    with started("60") as first:
        assert first.stdout is not None
        (folder, _) = first.stdout.readline().split()
        put(Path(folder) / "hash" / "a.csv", 0)
        first.send_signal(signal.SIGKILL)
    with started("0") as second:
        assert second.stdout is not None
        (other, only) = second.stdout.readline().split()
    assert other == only != folder
    assert not list(Path(other).parent.iterdir())  # the second one ended in its own time


# Visitors with the same file


@pytest.mark.slow
def test_visitors_with_the_same_file_do_not_disturb_each_other(home: str, tmp_path: Path) -> None:
    file = tmp_path / "same.csv"
    file.write_text(TEXT, encoding="utf-8")
    patient = {"timeout": 60}
    client = Client(
        home, verbose=False, download_files=False, httpx_kwargs=patient
    )  # several threads would download to one path
    with ThreadPoolExecutor(8) as visitors:
        jobs = [visitors.submit(client.predict, handle_file(file), api_name="/score_file") for _ in range(8)]
        assert [job.result()[1]["rows"] for job in jobs] == [1] * 8
    assert client.predict("几点开门", file=handle_file(file), api_name="/search")
    client.close()
    uploaded = [path for path in UPLOAD_FOLDER.rglob("same.csv") if path.is_file()]
    assert len(uploaded) == 1  # one path for all of them
    aged(uploaded[0], 15)
    sweep(UPLOAD_FOLDER)
    assert not uploaded[0].exists()


def test_a_list_whose_file_was_deleted_is_asked_for_again(tmp_path: Path) -> None:
    view: Any = SearchView(*SearchView._fields)
    nothing: Any = None
    updates = SearchHandlers(nothing, nothing, nothing, view).read_columns(str(tmp_path / "gone.csv"), visitor())
    assert "upload it again" in str(updates["status"])
