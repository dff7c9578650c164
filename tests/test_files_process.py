"""textmatch.files.process and worker: what nobody foresaw ends as a message, and costs only so much."""

import io
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import hear_ctrl_c
from textmatch.files import TableError, process, read_list, read_table, worker
from textmatch.files.readers import LIST_LIMITS, TABLE_LIMITS, TABLE_SUFFIXES, Request, parse
from textmatch.files.table import Limits

ROOT = Path(__file__).parents[1]
TEXT = "sentence1,sentence2,label\n几点开门,什么时候开门,1\n只有一个\n,空的,0\n"


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def request(path: Path, limits: Limits = TABLE_LIMITS) -> Request:
    return Request("table", path, (), TABLE_SUFFIXES, limits)


def answers(*requests: Any) -> list[tuple[str, Any, bool]]:
    """What a worker writes, in this process."""
    asked, answered = io.BytesIO(b"".join(map(pickle.dumps, requests))), io.BytesIO()
    worker.serve(asked, answered)
    answered.seek(0)
    found = []
    while answered.tell() < len(answered.getbuffer()):
        found.append(pickle.load(answered))
    return found


def test_a_table_is_the_same_from_a_process_of_its_own(tmp_path: Path, labelled: Path) -> None:
    for path in (put(tmp_path / "a.csv", TEXT), labelled):
        assert read_table(path) == parse(request(path))
    lines = put(tmp_path / "a.txt", "甲\n\n乙\n")
    assert read_list(lines) == parse(Request("list", lines, (), (".txt",), LIST_LIMITS))


def test_one_process_reads_one_file_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "a.csv", TEXT)
    read_table(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "Popen", None)  # nothing more can be started
    for _ in range(3):
        assert len(read_table("a.csv").rows) == 3
        with pytest.raises(TableError, match=r"^none\.csv: there is no such file"):
            read_table("none.csv")


def test_what_takes_too_much_memory_is_refused_and_the_next_file_is_read(tmp_path: Path) -> None:
    heavy = put(tmp_path / "a.jsonl", '{"a":"", "b":"' + "水" * 5_000_000 + '"}\n')
    with pytest.raises(TableError, match=r"^a\.jsonl: reading the file takes more than 8 MB of memory"):
        read_table(heavy, limits=Limits(rows=9, memory=8 * 2**20, seconds=20))
    assert len(read_table(put(tmp_path / "a.csv", TEXT)).rows) == 3


def test_what_takes_too_long_is_refused_and_the_next_file_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "a.csv"
    os.mkfifo(pipe)  # reading waits for a writer that never comes
    with pytest.raises(TableError, match=r"^a\.csv: reading the file takes more than 0 seconds"):
        read_table(pipe, limits=Limits(rows=9, memory=2**28, seconds=0.3))
    assert len(read_table(put(tmp_path / "b.csv", TEXT)).rows) == 3


def test_a_process_that_dies_is_a_message(tmp_path: Path) -> None:
    dying = f"import os, signal; os.kill(os.getpid(), signal.{signal.SIGKILL.name})"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process, "_idle", [])
        patched.setattr(process, "COMMAND", dying)
        with pytest.raises(TableError, match="memory"):
            read_table(put(tmp_path / "a.csv", TEXT))


def test_a_process_that_was_taken_over_can_send_nothing_but_plain_values(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code = "import os, pickle, sys; sys.stdout.buffer.write(pickle.dumps(('rows', os.system, True)))"
    with pytest.MonkeyPatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(process, "_idle", [])
        patched.setattr(process, "COMMAND", code)
        with pytest.raises(TableError, match="the file is damaged"):
            read_table(put(tmp_path / "a.csv", TEXT))
    assert "system is no plain value" in caplog.text


def test_files_are_read_side_by_side(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", TEXT)
    read: list[int] = []
    threads = [threading.Thread(target=lambda: read.append(len(read_table(path).rows))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [3] * 6


def test_where_no_process_can_be_started_the_file_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "AVAILABLE", False)
    monkeypatch.setattr(process, "read", None)
    assert len(read_table(put(tmp_path / "a.csv", TEXT)).rows) == 3


# The worker


def test_an_error_that_nobody_foresaw_is_a_message_without_the_text_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Request) -> None:
        raise RuntimeError("\n2026 INFO a forged line")

    monkeypatch.setattr(worker, "parse", fail)
    monkeypatch.setattr(worker, "_set_limits", lambda _: None)
    ((kind, content, _),) = answers(request(put(tmp_path / "a.csv", TEXT)))
    assert kind == "failed"
    assert content.startswith("RuntimeError at test_files_process.py:")


def test_a_worker_that_ran_out_of_memory_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Request) -> None:
        raise MemoryError

    monkeypatch.setattr(worker, "parse", fail)
    monkeypatch.setattr(worker, "_set_limits", lambda _: None)
    asked = request(put(tmp_path / "a.csv", TEXT))
    assert answers(asked, asked) == [("refused", ("heavy", {"limit": 256}), False)]


def test_a_worker_that_has_grown_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GROWN", 0)
    monkeypatch.setattr(worker, "_set_limits", lambda _: None)
    asked = request(put(tmp_path / "a.csv", TEXT))
    assert [waits for *_, waits in answers(asked, asked)] == [False] * 3


def test_a_long_text_in_many_rows_is_counted_in_each(tmp_path: Path, write_table: Any) -> None:
    long = "水" * 30_000
    path = write_table(tmp_path / "a.parquet", ("sentence1", "sentence2"), [(long, long)] * 20)
    found = answers(request(path, Limits(rows=99, memory=10**6)))
    assert found[-1][:2] == ("refused", ("heavy", {"limit": 0}))
    assert len(answers(request(path, Limits(rows=99, memory=10**7)))) == 3


def test_ctrl_c_is_left_to_the_parent(tmp_path: Path) -> None:
    asked = pickle.dumps(request(put(tmp_path / "a.csv", TEXT)))
    with subprocess.Popen(
        [sys.executable, "-c", process.COMMAND],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_ctrl_c,
    ) as reader:  # fmt: skip
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(asked)
        reader.stdin.flush()
        assert [pickle.load(reader.stdout)[0] for _ in range(3)] == ["table", "rows", "end"]
        reader.send_signal(signal.SIGINT)  # as a terminal does, to all that run in it
        answered, complaints = reader.communicate(asked, timeout=60)
    assert (reader.returncode, complaints) == (0, b"")
    assert pickle.loads(answered)[0] == "table"


@pytest.mark.slow
def test_a_worker_goes_with_its_parent(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", TEXT)
    script = (
        "import sys; from textmatch.files import process, read_table; read_table(sys.argv[1]);"
        "print(process._idle[0]._process.pid, flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", script, path],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
