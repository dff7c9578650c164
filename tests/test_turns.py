"""Turns: in rotation, within bounds, and given up by those who have left."""

import asyncio
import threading
from collections.abc import Generator
from typing import Any
from unittest.mock import Mock

import pytest

from tests.helpers import run_async
from textmatch.demo.turns import Room, Turns
from textmatch.errors import BusyError


def caller(client: str, visit: str = "") -> Any:
    """A request from the address `client`."""
    return Mock(client=Mock(host=client), session_hash=visit, request=None)


def test_clients_take_turns_however_much_one_of_them_wants() -> None:
    done: list[str] = []

    async def ask() -> None:
        turns = Turns(places=1, per_client=20, in_all=20)
        calls = [turns.run(caller("many"), done.append, f"many {number}") for number in range(8)]
        calls += [turns.run(caller("other"), done.append, "other"), turns.run(caller("third"), done.append, "third")]
        await asyncio.gather(*calls)
        assert len(turns) == 0

    run_async(ask())
    assert done[:4] == ["many 0", "many 1", "other", "third"]
    assert done[4:] == [f"many {number}" for number in range(2, 8)]


def test_one_client_never_has_all_places() -> None:
    async def ask() -> None:
        turns, hold = Turns(places=2, per_client=5, in_all=9), threading.Event()
        greedy = [asyncio.ensure_future(turns.run(caller("greedy"), hold.wait)) for _ in range(3)]
        assert await asyncio.wait_for(turns.run(caller("other"), int, "3"), 30) == 3
        hold.set()
        assert await asyncio.gather(*greedy) == [True] * 3

    run_async(ask())


def test_long_work_gives_way_after_each_step() -> None:
    done: list[str] = []

    def steps() -> Generator[None, None, str]:
        for number in range(3):
            done.append(f"step {number}")
            yield
        return "result"

    async def ask() -> None:
        turns = Turns(places=1, per_client=5, in_all=9)

        async def long() -> str:
            async with turns.work(caller("long")) as work:
                return await work.finish(steps())

        result, _ = await asyncio.gather(long(), turns.run(caller("short"), done.append, "short"))
        assert result == "result"

    run_async(ask())
    assert done == ["step 0", "short", "step 1", "step 2"]


def test_too_much_work_is_refused() -> None:
    async def ask() -> None:
        turns, hold = Turns(places=1, per_client=2, in_all=3), threading.Event()
        waiting = [asyncio.ensure_future(turns.run(caller(client), hold.wait)) for client in ("a", "a", "b")]
        await asyncio.sleep(0)
        for client, whose, limit in (("a", "client", 2), ("c", "all", 3)):
            with pytest.raises(BusyError) as refused:
                await turns.run(caller(client), int)
            assert (refused.value.whose, refused.value.limit) == (whose, limit)
        hold.set()
        await asyncio.gather(*waiting)
        assert await turns.run(caller("c"), int, "1") == 1

    run_async(ask())


def test_the_work_of_one_who_left_ends_whether_it_runs_or_waits() -> None:
    async def ask() -> None:
        turns, started, hold = Turns(places=1, per_client=5, in_all=9), threading.Event(), threading.Event()
        ended: list[str] = []

        def steps() -> Generator[None, None, None]:
            try:
                while True:
                    started.set()
                    hold.wait()
                    yield
            finally:
                ended.append("closed")

        async def long() -> None:
            async with turns.work(caller("a", "visit")) as work:
                await work.finish(steps())

        running = asyncio.ensure_future(long())
        await asyncio.to_thread(started.wait)
        waiting = asyncio.ensure_future(turns.run(caller("b", "visit"), ended.append, "never"))
        stays = asyncio.ensure_future(turns.run(caller("c", "another"), ended.append, "stays"))
        await asyncio.sleep(0)
        turns.leave("visit")
        await asyncio.sleep(0.01)
        assert not ended  # the thread is still in its step, and so is its place
        hold.set()
        results = await asyncio.gather(running, waiting, stays, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError, asyncio.CancelledError, type(None)]
        assert ended == ["closed", "stays"]
        assert len(turns) == 0

    run_async(ask())


def test_an_error_gives_the_place_back() -> None:
    async def ask() -> None:
        turns = Turns(places=1, per_client=1, in_all=1)
        with pytest.raises(ValueError, match="invalid literal"):
            await turns.run(caller("a"), int, "x")
        assert await turns.run(caller("a"), int, "1") == 1

    run_async(ask())


def test_what_is_worked_on_is_bounded_and_one_alone_may_be_larger() -> None:
    room = Room(100)
    with room.taken(500):
        pass
    with room.taken(60), room.taken(40), pytest.raises(BusyError), room.taken(1):
        pass
    with room.taken(100):  # all of it was given back
        pass
