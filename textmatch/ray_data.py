"""Score a table that is too large for one machine: a folder of part files, on a Ray cluster.

Ray Data hands each part to a free worker, which reads it, asks `scoring.score` and writes it, as `textmatch score` does
with a file. A part is written whole or not at all, so that after a stop only the missing ones are left to do.
It needs ``pip install -r requirements-ray.txt``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, NamedTuple

import pyarrow
import torch
from pyarrow import fs, parquet

from textmatch.errors import DataError, InputError, TextMatchError
from textmatch.files import Table, read_table
from textmatch.files.table import Limits
from textmatch.matcher import Backend, TextMatcher
from textmatch.scoring import result_names, result_rows, score

SUFFIXES = (".csv", ".tsv", ".parquet", ".csv.gz", ".tsv.gz")

LIMITS = Limits(rows=2_000_000, cells=100_000_000, file_bytes=2**30, unpacked_bytes=4 * 2**30)
"""Of a part: a worker holds it in memory."""

KINDS = (pyarrow.float64(), pyarrow.string(), pyarrow.float64(), pyarrow.string())
"""What the `NEW_COLUMNS` hold."""


class Part(NamedTuple):
    """A part file that was scored.

    Attributes:
        name: its path below the folder.
        rows: that it has.
        failed: rows that could not be scored.
        problem: why the part was not written; empty if it was.
    """

    name: str
    rows: int
    failed: int
    problem: str


class Job(NamedTuple):
    """What every worker needs to know.

    Attributes:
        source: folder of the parts: a path, or an address such as ``s3://bucket/folder``.
        output: folder of the results, as `source`.
        checkpoint: a folder, or USER/NAME on the Hub.
        columns: names of the columns of both sentences and of the label; empty ones are recognised.
        header: whether the first row of a part names the columns; None tells it by its cells.
        backend: what runs the network.
        gpus: that a worker takes, such as 1 or 0.5; with 0 it runs on one core.
    """

    source: str
    output: str
    checkpoint: str
    columns: tuple[str, str, str] = ("", "", "")
    header: bool | None = None
    backend: Backend = "torch"
    gpus: float = 0

    def matcher(self) -> TextMatcher:
        """The model, on the device of a worker."""
        return TextMatcher.from_pretrained(self.checkpoint, None if self.gpus else "cpu", backend=self.backend)

    def absolute(self) -> Job:
        """The same with whole paths: a worker has another working folder."""
        checkpoint = str(Path(self.checkpoint).absolute()) if Path(self.checkpoint).is_dir() else self.checkpoint
        return self._replace(source=_whole(self.source), output=_whole(self.output), checkpoint=checkpoint)


def score_parts(job: Job) -> Iterator[Part]:
    """Score the parts that the output does not have yet.

    Every machine of the cluster must reach both folders and the checkpoint. Connect to the cluster first
    (``ray.init``); otherwise Ray takes the one in RAY_ADDRESS, or makes one of this machine.

    Args:
        job: what to do.

    Yields:
        Each part once it is done. One that cannot be read does not stop the others.

    Raises:
        DataError: there is no such folder, or no part in it.
        CheckpointError: the checkpoint cannot be used.
        InputError: Ray is not installed, or the backend cannot run this network.
    """
    data, job = _ray_data(), job.absolute()
    there = _names(job.source)
    if not there:
        raise DataError(f"{job.source}: expected a folder of parts whose names end in {', '.join(SUFFIXES)}")
    done = set(_names(job.output))
    missing = [{"name": name} for name in there if _result(name) not in done]
    if not missing:
        return
    job._replace(gpus=0).matcher()  # what is wrong with it is said here, not by a worker
    scored = data.from_items(missing, override_num_blocks=len(missing)).map(
        Worker,
        fn_constructor_args=(job,),
        compute=data.ActorPoolStrategy(),
        num_cpus=1,
        num_gpus=job.gpus,
    )
    for row in scored.iter_rows():
        yield Part(**row)


class Worker:
    """A process of the cluster, which loads the matcher once.

    Args:
        job: what to do.
    """

    def __init__(self, job: Job) -> None:
        torch.set_num_threads(1)  # there is a worker for each core
        self.job, self.matcher = job, job.matcher()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Score the part with this ``name``; the fields of its `Part`."""
        name = row["name"]
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / PurePosixPath(name).name
            try:
                _fetch(self.job.source, name, local)
                table = read_table(local, filter(None, self.job.columns), suffixes=SUFFIXES, limits=LIMITS)
                result = self._scored(local, table.with_header(self.job.header))
            except TextMatchError as error:
                return Part(name, 0, 0, str(error))._asdict()
            _store(result, self.job.output, _result(name))
        return Part(name, len(result), result[-len(KINDS)].null_count, "")._asdict()

    def _scored(self, local: Path, table: Table) -> pyarrow.Table:
        """The part's columns, with their own types if it has any, and the new ones."""
        scores = chain.from_iterable(score(self.matcher, table, table.columns(*self.job.columns)))
        names, columns = result_names(table), list(zip(*result_rows(table, scores), strict=True))
        old, new = columns[: -len(KINDS)], columns[-len(KINDS) :]
        arrays = parquet.read_table(local).columns if local.suffix == ".parquet" else map(pyarrow.array, old)
        return pyarrow.table([*arrays, *map(pyarrow.array, new, KINDS)], names)


def _ray_data() -> ModuleType:
    try:
        return import_module("ray.data")
    except ImportError:
        raise InputError("ray is not installed: expected pip install -r requirements-ray.txt") from None


def _result(name: str) -> str:
    """The name of a part's result."""
    return name if name.endswith(".parquet") else f"{name}.parquet"


def _whole(folder: str) -> str:
    return folder if "://" in folder else str(Path(folder).absolute())


def _place(folder: str) -> tuple[fs.FileSystem, str]:
    """Where a folder is: a file system and the path there."""
    try:
        system, path = fs.FileSystem.from_uri(folder)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{folder}: {error}") from None
    return system, path.rstrip("/")


def _names(folder: str) -> list[str]:
    """The parts below a folder; those with a mark before the name, by which programs hide their own, are left out."""
    system, top = _place(folder)
    found = system.get_file_info(fs.FileSelector(top, recursive=True, allow_not_found=True))
    names = [str(PurePosixPath(each.path).relative_to(top)) for each in found if each.type == fs.FileType.File]
    return sorted(name for name in names if name.endswith(SUFFIXES) and PurePosixPath(name).name[0] not in "._")


def _fetch(folder: str, name: str, local: Path) -> None:
    system, top = _place(folder)
    try:
        fs.copy_files(
            f"{top}/{name}", str(local), source_filesystem=system, destination_filesystem=fs.LocalFileSystem()
        )
    except OSError as error:
        raise DataError(f"{name}: {error}") from None


def _store(result: pyarrow.Table, folder: str, name: str) -> None:
    """Write a result under a hidden name, and give it its own once it is whole."""
    system, top = _place(folder)
    path = PurePosixPath(top, name)
    hidden = path.with_name(f".{path.name}")
    system.create_dir(str(path.parent), recursive=True)
    parquet.write_table(result, str(hidden), filesystem=system)
    system.move(str(hidden), str(path))
