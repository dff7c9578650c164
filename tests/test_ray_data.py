"""textmatch.ray_data: a folder of parts on a real Ray cluster of this machine, every row once, also after a kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tests.conftest import CHECKPOINT
from tests.helpers import OTHER, SAME
from textmatch import DataError, InputError, TextMatcher, cli
from textmatch.files import read_table
from textmatch.ray_data import LIMITS, Job, Part, Worker, score_parts
from textmatch.scoring import result_names, result_rows, score

ROOT = Path(__file__).parents[1]
NEW = ["probability", "prediction", "similarity", "problem"]


def expected(matcher: TextMatcher, file: Path) -> list[dict[str, Any]]:
    """The rows that `score` gives for a file."""
    table = read_table(file, limits=LIMITS)
    scores = chain.from_iterable(score(matcher, table, table.columns()))
    return [dict(zip(result_names(table), row, strict=True)) for row in result_rows(table, scores)]


def work(parts: Path, output: Path, *names: str, **job: Any) -> list[Part]:
    """What one worker, in this process, makes of the parts."""
    worker = Worker(Job(str(parts), str(output), str(CHECKPOINT), **job))
    return [Part(**worker({"name": name})) for name in names]


def test_a_worker_writes_what_score_says(
    tmp_path: Path, matcher: TextMatcher, write_table: Callable[..., Path]
) -> None:
    parts = tmp_path / "parts"
    (parts / "day").mkdir(parents=True)
    csv = write_table(parts / "day" / "a.csv", ("句子1", "句子2"), [(SAME, OTHER), ("", OTHER), (OTHER, OTHER)])
    rows = {"number": pyarrow.array([7, 8], "int8"), "text1": [SAME, None], "text2": [SAME, SAME], "problem": ["x", ""]}
    table = pyarrow.table(rows)
    parquet.write_table(table, parts / "b.parquet")
    done = work(parts, tmp_path / "scored", "day/a.csv", "b.parquet")
    assert done == [Part("day/a.csv", 3, 1, ""), Part("b.parquet", 2, 1, "")]
    written = parquet.read_table(tmp_path / "scored" / "day" / "a.csv.parquet")
    assert written.to_pylist() == expected(matcher, csv)
    typed = parquet.read_table(tmp_path / "scored" / "b.parquet")
    assert typed.select(rows).schema.types == table.schema.types
    assert typed.to_pylist() == expected(matcher, parts / "b.parquet")
    assert typed.column_names == [*rows, *NEW[:3], "problem (2)"]
    files = [path.relative_to(tmp_path / "scored").as_posix() for path in (tmp_path / "scored").rglob("*.*")]
    assert sorted(files) == ["b.parquet", "day/a.csv.parquet"]


def test_a_part_that_cannot_be_read_is_not_written(tmp_path: Path, write_table: Callable[..., Path]) -> None:
    write_table(tmp_path / "parts.csv", ("甲", "乙", "丙", "丁"), [(SAME, OTHER, "", "")])
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (unknown, empty, gone) = work(tmp_path, tmp_path / "scored", "parts.csv", "empty.csv", "gone.csv")
    assert "no column was recognised as sentence1" in unknown.problem
    assert "there are no rows" in empty.problem
    assert "gone.csv" in gone.problem
    assert not (tmp_path / "scored").exists()
    (named,) = work(tmp_path, tmp_path / "scored", "parts.csv", columns=("甲", "乙", ""))
    assert named == Part("parts.csv", 1, 0, "")


def test_what_cannot_work_is_said_before_a_cluster_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.ray_data._ray_data", lambda: None)
    with pytest.raises(DataError, match=r"nowhere: expected a folder of parts whose names end in \.csv"):
        next(score_parts(Job("nowhere", str(tmp_path), str(CHECKPOINT))))
    with pytest.raises(DataError, match="strange://here: "):
        next(score_parts(Job("strange://here", str(tmp_path), str(CHECKPOINT))))
    with pytest.raises(InputError, match="--ray: expected a folder"):
        cli.main(["score", str(tmp_path), "--ray"])


def test_without_ray_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(InputError, match=r"ray is not installed.*requirements-ray\.txt"):
        next(score_parts(Job(str(tmp_path), str(tmp_path), str(CHECKPOINT))))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A Ray cluster of two processors that this process is connected to; the environment that Ray is to have."""
    ray = pytest.importorskip("ray")
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(ROOT)}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield dict(os.environ)
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")  # Ray sets its own outdated options
def test_every_row_is_scored_once_also_after_a_kill(
    cluster: dict[str, str],
    tmp_path: Path,
    matcher: TextMatcher,
    write_table: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts, output = tmp_path / "parts", tmp_path / "scored"
    parts.mkdir()
    for part in range(6):
        pairs = [(f"{part}-{row}", f"第{row}天几点开门", f"{SAME}{part}{row % 9}") for row in range(40)]
        write_table(parts / f"{part}.csv", ("id", "sentence1", "sentence2"), pairs)
    command = ["score", str(parts), "--ray", "--output", str(output)]
    address = cluster | {"RAY_ADDRESS": "auto"}
    killed = subprocess.Popen(
        [sys.executable, "-m", "textmatch", *command], env=address, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    assert ": 40 rows, 0 of them could not be scored" in killed.stdout.readline()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    for path in sorted(output.glob("*.parquet"))[1:]:  # at least these are left to do
        path.unlink()
    (kept,) = output.glob("*.parquet")
    before = kept.stat().st_mtime_ns

    cli.main([*command, "--json"])
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert kept.stat().st_mtime_ns == before
    written = parquet.read_table(output).to_pylist()
    assert len(written) == 240
    wanted = {row["id"]: row for file in parts.iterdir() for row in expected(matcher, file)}
    assert {row["id"]: row for row in written} == wanted
    cli.main(command)
    assert capsys.readouterr().out == ""  # all is done
