"""The page's temporary folder: empty at the start, swept by age, bounded in bytes and in files.

Gradio puts an upload under the hash of its content, so two visitors who send the same file share one path: nobody may
delete it after reading. And it forgets what an aborted upload or a killed process leaves. So all of it lies in one
folder of our own, and everything in it goes when it is old.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from textmatch.errors import InputError

if sys.platform != "win32":
    import fcntl

UPLOAD_SECONDS, RESULT_SECONDS = 14 * 60, 59 * 60
"""Age at which an upload and a result file are deleted: with the time between two sweeps 15 minutes and an hour."""

SWEEP_SECONDS = 15
"""Time between two sweeps."""

EMPTY_SECONDS = 60
"""Age at which an empty folder is deleted."""

MOST_BYTES, MOST_FILES = 4 * 2**30, 20_000
"""Size of the folder, and files in it; above one of them the oldest files go first."""

RESULTS = "scored-"
"""How the names of folders with result files begin."""

VARIABLE = "GRADIO_TEMP_DIR"
"""The environment variable by which Gradio finds its temporary folder. It is read when Gradio is imported, too."""


def claim() -> Path:
    """A new folder for this process; folders that processes left behind are deleted.

    Raises:
        InputError: there is no place where a folder can be made.
    """
    try:
        parent = _private(Path(os.environ.get(VARIABLE) or tempfile.gettempdir()))
        with _locked(parent):
            for left in parent.iterdir():
                if _lock(left) is not None:
                    shutil.rmtree(left, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix="page-", dir=parent))
            _lock(folder)  # held until the process ends, however it ends
    except OSError as error:
        raise InputError(
            f"there is no folder for uploads: {error.strerror}: {error.filename or ''}; expected a temporary folder "
            f"that can be written, and {VARIABLE} names one"
        ) from None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)
    return folder


def _private(parent: Path) -> Path:
    """The folder in `parent` that only this user can read; a new one if that name was taken by somebody else."""
    if sys.platform == "win32":
        return Path(tempfile.mkdtemp(prefix="textmatch-", dir=parent))
    folder = parent / f"textmatch-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder.lstat()
    if about.st_uid == os.getuid() and about.st_mode & 0o170077 == 0o040000:
        return folder.resolve()
    return Path(tempfile.mkdtemp(prefix="textmatch-", dir=parent)).resolve()


def _lock(folder: Path, wait: bool = False) -> int | None:
    """Lock a folder and return what holds the lock; None if another process holds it, or where there are no locks."""
    if sys.platform == "win32":
        return None
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    held = _lock(folder, wait=True)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


UPLOAD_FOLDER = claim()
"""This process's temporary folder."""


@cache
def keep_swept() -> None:
    """Sweep the folder for as long as the process runs."""

    def run() -> None:
        while True:
            time.sleep(SWEEP_SECONDS)
            sweep(UPLOAD_FOLDER)

    threading.Thread(target=run, name="sweep-uploads", daemon=True).start()


def sweep(folder: Path) -> None:
    """Delete what is old, and then the oldest files until the rest is small enough.

    Args:
        folder: where uploads and result files are.
    """
    now = time.time()
    files: list[tuple[float, int, Path]] = []
    for place, _, names in os.walk(folder, topdown=False):  # goes on where others delete at the same time
        for path in (Path(place, name) for name in names):
            with suppress(OSError):  # gone in the meantime
                about = path.lstat()
                if about.st_mtime > now + SWEEP_SECONDS:  # the clock was set back: its age counts from now
                    os.utime(path, (now, now), follow_symlinks=False)
                if now - about.st_mtime > (RESULT_SECONDS if path.parent.name.startswith(RESULTS) else UPLOAD_SECONDS):
                    path.unlink()
                else:
                    files.append((about.st_mtime, about.st_size, path))
        with suppress(OSError):  # it is not empty
            if Path(place) != folder and now - Path(place).stat().st_mtime > EMPTY_SECONDS:
                Path(place).rmdir()
    total = sum(size for _, size, _ in files)
    for left, (_, size, path) in zip(range(len(files), 0, -1), sorted(files), strict=True):
        if total <= MOST_BYTES and left <= MOST_FILES:
            break
        with suppress(OSError):
            path.unlink(missing_ok=True)
            total -= size
