"""What is kept for visitors: nothing goes from one to another, and all of it is bounded."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from tests.helpers import run_async
from tests.test_api import PAIR, call
from textmatch.demo import memory
from textmatch.demo.sessions import Sessions, SessionStore, table_bytes
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
    sessions = Sessions(page)
    box, choice, state = (
        key for key, block in page.blocks.items() if isinstance(block, gr.Textbox | gr.Dropdown | gr.State)
    )
    sessions["a"]._update_value_in_config(box, "secret")  # noqa: SLF001 - as Gradio does with what was sent
    sessions["a"][state].append("secret")
    sessions["a"][choice] = gr.Dropdown(["secret"], render=False)
    for other in (sessions["b"], SessionState(page)):
        assert "secret" not in str(list(other.components))
        assert other[state] == [1]
    assert sessions["a"][choice].choices == [("secret", "secret")]


def test_what_a_visitor_sent_is_not_kept(page: Any) -> None:
    """Up to 8 MB a box and 1000 sessions: Gradio would keep the last value of each."""
    box = next(key for key, block in page.blocks.items() if isinstance(block, gr.Textbox))
    session = Sessions(page)["a"]
    session._update_value_in_config(box, "secret")  # noqa: SLF001 - as Gradio does with what was sent
    assert "secret" not in str(vars(session))


def test_sessions_are_bounded_and_can_be_forgotten(page: Any) -> None:
    page.state_session_capacity = 3
    sessions = Sessions(page)
    for number in range(9):
        assert sessions[str(number)] is sessions[str(number)]
    assert len(sessions.session_data) <= 4
    sessions.forget("8")
    sessions.forget("nobody")
    assert "8" not in sessions
    assert "8" not in sessions.time_last_used


def test_a_call_without_a_session_leaves_none(server: str) -> None:
    import gc

    call(server, "predict", {"sentence1": PAIR[0], "sentence2": PAIR[1]})
    kept = [each for each in gc.get_objects() if type(each) is Sessions and each.session_data]
    assert not [key for each in kept for key in each.session_data if len(key) == 32]


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

    async def use() -> tuple[int, int]:
        kept = [bytearray(1000) for _ in range(200_000)]
        last = bytearray(1000)  # at the end of the heap, so that what is below stays until it is trimmed
        del kept
        before = resident()
        async with memory.giving_back():
            await asyncio.sleep(0.5)
        return before - resident(), len(last)

    assert run_async(use())[0] > 100 << 20


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    memory.few_arenas()
    assert not memory.give_back()
