"""What is kept for visitors: nothing goes from one to another, and all of it is bounded."""

import asyncio
import gc
import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import httpx
import pytest
from gradio.server_messages import ProcessCompletedMessage
from gradio.state_holder import SessionState

from tests.helpers import run_async
from tests.test_api import PAIR, call
from textmatch.demo import memory, sessions
from textmatch.demo.sessions import MAX_UNREAD, Inbox, Inboxes, Sessions, SessionStore, table_bytes
from textmatch.files import Row, Table


@pytest.fixture(scope="module")
def page() -> Any:
    """A page with a box, a choice and a state."""
    with gr.Blocks() as built:
        gr.Textbox("first", label="box")
        gr.Dropdown(["a", "b"], value="a")
        gr.State([1])
    return built


def test_a_copied_session_is_like_one_that_gradio_makes(page: Any) -> None:
    copied, made = Sessions(page)["a"], SessionState(page)
    assert vars(copied).keys() == vars(made).keys()
    assert copied.config_values == made.config_values
    assert copied.blocks_config.blocks == made.blocks_config.blocks


def test_no_value_goes_from_one_session_to_another(page: Any) -> None:
    kept = Sessions(page)
    box, choice, state = (
        key for key, block in page.blocks.items() if isinstance(block, gr.Textbox | gr.Dropdown | gr.State)
    )
    kept["a"]._update_value_in_config(box, "secret")  # noqa: SLF001 - as Gradio does with what was sent
    kept["a"][state].append("secret")
    kept["a"][choice] = gr.Dropdown(["secret"], render=False)
    for other in (kept["b"], SessionState(page)):
        assert "secret" not in str(list(other.components))
        assert other[state] == [1]
    assert kept["a"][choice].choices == [("secret", "secret")]


def test_what_a_visitor_sent_is_not_kept(page: Any) -> None:
    """Up to 8 MB a box and 1000 sessions: Gradio would keep the last value of each."""
    box = next(key for key, block in page.blocks.items() if isinstance(block, gr.Textbox))
    session = Sessions(page)["a"]
    session._update_value_in_config(box, "secret")  # noqa: SLF001 - as Gradio does with what was sent
    assert "secret" not in str(vars(session))


def test_sessions_are_bounded_and_can_be_forgotten(page: Any) -> None:
    page.state_session_capacity = 3
    kept = Sessions(page)
    for number in range(9):
        assert kept[str(number)] is kept[str(number)]
    assert len(kept.session_data) <= 4
    kept.forget("8")
    kept.forget("nobody")
    assert "8" not in kept
    assert "8" not in kept.time_last_used


def test_a_call_without_a_session_leaves_none(server: str) -> None:
    call(server, "predict", {"sentence1": PAIR[0], "sentence2": PAIR[1]})
    kept = [each for each in gc.get_objects() if type(each) is Sessions and each.session_data]
    assert not [key for each in kept for key in each.session_data if len(key) == 32]


def test_answers_that_nobody_fetches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_UNREAD", 3)
    monkeypatch.setattr(sessions, "MAX_UNREAD_IN_ALL", 5)
    inboxes = Inboxes(Mock(pending_event_ids_session={}, event_ids_to_events={}))
    for session in ("a", "b", "c"):
        inboxes[session] = None
        for number in range(10 if session == "a" else 1):
            inboxes[session].put_nowait(number)
    assert [inbox.qsize() for inbox in inboxes.values()] == [3, 1, 1]
    assert inboxes["a"].get_nowait() == 7
    for _ in range(3):
        inboxes["b"].put_nowait(0)
    assert sum(inbox.qsize() for inbox in inboxes.values()) == inboxes.unread == 5
    del inboxes["a"]
    assert sum(inbox.qsize() for inbox in inboxes.values()) == inboxes.unread


def test_the_end_of_an_event_is_kept_longest_and_without_it_no_stream_waits_for_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "MAX_UNREAD", 2)
    queue = Mock(pending_event_ids_session={"a": {"1", "2", "3"}}, event_ids_to_events={})
    inboxes = Inboxes(queue)
    inboxes["a"] = None
    ends = [ProcessCompletedMessage(event_id=number, output={}, success=True) for number in "123"]
    for answer in (ends[0], "on its way", ends[1], "again", "and again"):
        inboxes["a"].put_nowait(answer)
    assert queue.pending_event_ids_session["a"] == {"1", "2", "3"}
    inboxes["a"].put_nowait(ends[2])
    assert [inboxes["a"].get_nowait() for _ in range(2)] == ends[1:]
    assert queue.pending_event_ids_session["a"] == {"2", "3"}


def test_a_stream_that_is_opened_late_ends_with_the_last_event(server: str) -> None:
    events = {event["api_name"]: event["id"] for event in httpx.get(f"{server}config").json()["dependencies"]}
    asked = {"data": [None], "fn_index": events["stop_job"], "session_hash": "reads-late"}
    joined = {httpx.post(f"{server}gradio_api/queue/join", json=asked).json()["event_id"] for _ in range(60)}
    ended: set[str] = set()
    with httpx.stream("GET", f"{server}gradio_api/queue/data?session_hash=reads-late", timeout=60) as stream:
        for line in filter(None, stream.iter_lines()):
            message = json.loads(line.removeprefix("data: "))
            assert message["msg"] != "heartbeat", f"it waits for more than {len(ended)} of {len(joined)}"
            if message["msg"] == "process_completed":
                ended.add(message["event_id"])
    assert ended == joined


def test_a_session_whose_work_goes_on_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_INBOXES", 3)
    queue = Mock(pending_event_ids_session={"works": {"1"}, "unread": {"2"}}, event_ids_to_events={"1": None})
    inboxes = Inboxes(queue)
    for session in ("works", "unread", "fetched"):
        inboxes[session] = None
    inboxes["unread"].put_nowait("answer")
    inboxes["new"] = None
    assert list(inboxes) == ["works", "unread", "new"]
    inboxes["new"].put_nowait("answer")
    inboxes["newer"] = None
    assert list(inboxes) == ["works", "new", "newer"]
    assert "unread" not in queue.pending_event_ids_session


def test_the_pages_answers_are_kept_in_inboxes_of_ours(server: str) -> None:
    events = {event["api_name"]: event["id"] for event in httpx.get(f"{server}config").json()["dependencies"]}
    asked = {"data": [None], "fn_index": events["stop_job"], "session_hash": "never-reads"}
    for _ in range(40):  # of each, three messages
        assert httpx.post(f"{server}gradio_api/queue/join", json=asked).status_code == 200
    assert max(inbox.qsize() for inbox in gc.get_objects() if type(inbox) is Inbox) == MAX_UNREAD


def test_tables_are_bounded_in_bytes() -> None:
    table = Table(("a", "b"), [Row(("猫" * 1000, "狗"))] * 100)
    assert table_bytes(table) > 100 * 2000
    store = SessionStore(3 * table_bytes(table), table_bytes)
    keys = [store.add(table) for _ in range(5)]
    assert [store.get(key) is not None for key in keys] == [False, False, True, True, True]


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is the C library of Linux alone")
def test_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PAUSE", 0.01)

    async def use() -> int:
        used = [bytearray(1000) for _ in range(200_000)]
        kept = used[::100]  # all over the heap, so that what is free between them stays until it is trimmed
        del used
        before = resident()
        async with memory.giving_back(), asyncio.timeout(30):
            while resident() > before - (100 << 20):
                await asyncio.sleep(0.01)
        return len(kept)

    assert run_async(use()) == 2000


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    memory.few_arenas()
    assert not memory.give_back()
