"""Gives memory back to the system that nobody needs any more. glibc keeps it by itself, and more with every thread."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PAUSE = 20.0
"""Seconds between two times that memory is given back; each takes some milliseconds."""

MAX_ARENAS = 2
"""Areas in which threads find memory; by default glibc makes eight for every core, and each keeps what it once held."""

M_ARENA_MAX = -8
"""glibc's number for the setting."""


def few_arenas() -> None:
    """Keep memory in few areas. To be called before there are threads; does nothing where there is no glibc."""
    libc = _glibc()
    if libc:
        libc.mallopt(M_ARENA_MAX, MAX_ARENAS)


def give_back() -> bool:
    """Give unused memory back to the system; False where there is no glibc."""
    libc = _glibc()
    if libc:
        libc.malloc_trim(0)
    return bool(libc)


@asynccontextmanager
async def giving_back() -> AsyncIterator[None]:
    """Give memory back at once, and regularly as long as the context lasts."""

    async def regularly() -> None:
        while True:
            await asyncio.to_thread(give_back)
            await asyncio.sleep(PAUSE)

    task = asyncio.create_task(regularly())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is glibc."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
