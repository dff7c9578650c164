"""Whatever is sent to an event, it ends with a result or with a message."""

import errno
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest

from tests.helpers import OTHER, SAME, visitor, write_workbook
from tests.tiny_matchers import TINY, random_matcher
from textmatch.demo.events import MAX_MESSAGE, Page, _turns, answered
from textmatch.demo.i18n import TEXTS
from textmatch.demo.tabs import batch, search
from textmatch.demo.turns import LONG, SHORT
from textmatch.demo.values import whole
from textmatch.errors import BusyError, InputError

ODD = {
    "null": "null",
    "nan": "NaN",
    "half a surrogate pair": '"\\ud800"',
    "an object": '{"a": {}}',
    "nested": "[[[1]]]",
    "a long number": "9" * 4300,
    "a long text": json.dumps("猫" * 5000),
    "a file of the server": '{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}',
    "an address": '{"path": "http://127.0.0.1:1/a.csv", "meta": {"_type": "gradio.FileData"}}',
    "a path with a zero": '{"path": "a\\u0000b", "meta": {"_type": "gradio.FileData"}}',
    "a long path": json.dumps({"path": "猫" * 5000, "meta": {"_type": "gradio.FileData"}}),
    "a path with half a pair": '{"path": "\\ud800"}',
    "nested deeply": "[" * 900 + "]" * 900,
    "a fraction": "1.0",
    "true": "true",
    "a list of columns": "[0, 1]",
}
"""Values as JSON, each of which some event or component cannot take."""

FAST = ("null", "half a surrogate pair", "a long path")
RIGHT = {"textbox": json.dumps("几点开门"), "slider": "70", "checkbox": "true"}
"""A usable value for each kind of component; null is one for the others."""

Call = tuple[dict[str, Any], list[str]]
"""An event of the page as its configuration describes it, and what is sent to it, as JSON."""


def outcomes(server: str, calls: Sequence[Call], session: str) -> list[str]:
    """What each call came to, in the order in which they ended: an empty text for a result, or the message."""
    joined: set[str] = set()
    found: list[str] = []
    with httpx.Client(timeout=60) as asking:
        for event, sent in calls:
            body = f'{{"data": [{",".join(sent)}], "fn_index": {event["id"]}, "session_hash": "{session}"}}'
            headers = {"content-type": "application/json"}
            answer = asking.post(f"{server}gradio_api/queue/join", content=body, headers=headers)
            if answer.status_code == 200:
                joined.add(answer.json()["event_id"])
            else:
                found.append(answer.json()["detail"] or "a refusal without a word")
        with asking.stream("GET", f"{server}gradio_api/queue/data?session_hash={session}") as stream:
            messages = [json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line]
    ended = [message for message in messages if message["msg"] == "process_completed"]
    assert {message["event_id"] for message in ended} == joined
    return found + ["" if message["success"] else str(message["output"]["error"]) for message in ended]


def events_of(server: str) -> list[dict[str, Any]]:
    """The events of the page that the server answers."""
    config = httpx.get(f"{server}config").json()
    kinds = {component["id"]: component["type"] for component in config["components"]}
    events = [event for event in config["dependencies"] if event["backend_fn"]]
    return [event | {"kinds": [kinds[number] for number in event["inputs"]]} for event in events]


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[] if kind in FAST else pytest.mark.slow) for kind in ODD])
def test_every_event_ends_with_a_result_or_a_message(server: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    calls = [(event, [ODD[kind]] * len(event["inputs"])) for event in events_of(server)]
    messages = outcomes(server, calls, f"odd-{kind}")
    assert len(messages) == len(calls)
    assert None not in messages
    assert TEXTS["en"]["page_unexpected"] not in messages
    assert not caplog.records  # what a visitor sends is no fault of ours


@pytest.mark.slow
@pytest.mark.parametrize("kind", ODD)
def test_one_odd_value_among_right_ones_is_told(
    server: str, kind: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """In a session with a table, so that its columns could be chosen, and a job that runs to its end."""
    session = f"one-odd-{kind}"
    book = write_workbook(tmp_path / "a.xlsx", {"pairs": [("句子1", "句子2"), (SAME, OTHER)], "list": [(SAME,)]})
    (path,) = httpx.post(f"{server}gradio_api/upload", files={"files": ("a.xlsx", book.read_bytes())}).json()
    file = json.dumps({"path": path, "meta": {"_type": "gradio.FileData"}})
    events = [event for event in events_of(server) if "api" not in event["kinds"]]
    reading = [event for event in events if event["api_name"] in ("read_file", "read_columns")]
    assert outcomes(server, [(event, [file, "null"][: len(event["inputs"])]) for event in reading], session) == ["", ""]
    for event in events:
        right = [file if each == "file" else RIGHT.get(each, "null") for each in event["kinds"]]
        runs = [(each, ["null"]) for each in events if each["api_name"].startswith("run_job")]
        calls = [(event, [*right[:place], ODD[kind], *right[place + 1 :]]) for place in range(len(right))]
        assert TEXTS["en"]["page_unexpected"] not in outcomes(server, [*calls, (event, right[1:]), *runs], session)
    assert not caplog.records


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("call/v2/predict", {"sentence1": "猫"}, 422, "No value provided for required argument: sentence2"),
        (
            "call/v2/predict",
            {"sentence1": "猫", "sentence2": "狗", "third": "鱼"},
            422,
            "`third` is not a valid",
        ),
        ("call/v2/nothing", {}, 404, "there is no endpoint 'nothing'"),
        ("call/nothing", {"data": []}, 404, "there is no endpoint 'nothing'"),
        ("call/predict", {"data": "猫"}, 422, "body.data: Input should be a valid list"),
        ("queue/join", {"data": [], "fn_index": 10_000, "session_hash": "a"}, 404, "there is no event 10000"),
    ],
)
def test_a_call_that_does_not_fit_is_told_why(
    server: str, path: str, body: dict[str, Any], status: int, message: str
) -> None:
    answer = httpx.post(f"{server}gradio_api/{path}", json=body)
    assert answer.status_code == status
    assert message in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "call/predict/nothing", "event: error"),
        ("POST", "upload", "each with a name"),
    ],
)
def test_a_request_that_gradio_fails_at_is_answered(
    server: str, method: str, path: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent: dict[str, Any] = {"files": {"files": ("", b"a")}} if path == "upload" else {"json": {}}
    answer = httpx.request(method, f"{server}gradio_api/{path}", **sent)  # a cut connection would raise
    assert answer.status_code < 500
    assert told in answer.text
    assert not caplog.records


@pytest.mark.parametrize("body", ["", "{", '{"data": NaN}', "[" * 100_000, "[" * 50_000 + "]" * 50_000])
def test_a_body_that_is_no_json_is_told_why(server: str, body: str) -> None:
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{server}gradio_api/call/predict", content=body, headers=headers)
    assert answer.status_code in (400, 422, 500)
    assert answer.json()["detail"]


def test_every_event_that_reads_a_file_is_long_work() -> None:
    """Reading may take half a minute, which short work would wait for."""
    with Page() as page:
        batch.tab(random_matcher(TINY, (SAME, OTHER)))
        search.tab(random_matcher(TINY, (SAME, OTHER)))
    events = [(fn.name, len(fn.inputs), _turns(fn)) for fn in page.fns.values() if fn.fn]
    again = [("read_file", 2), ("read_columns", 1), ("read_header", 7)]
    again += [(name, 3) for name in ("read_sheet", "read_encoding")] * 2  # one in each tab
    assert sorted(again) == sorted(event[:2] for event in events if event[:2] in again and event[2] is LONG)
    assert {("start", 5, SHORT), ("find", 2, SHORT)} <= set(events)


def test_half_a_surrogate_pair_is_replaced_wherever_it_stands() -> None:
    assert whole({"a\ud800": ["\udfff猫", ("b", 1, None)]}) == {"a\ufffd": ["\ufffd猫", ["b", 1, None]]}
    assert json.dumps(whole("\ud800"), ensure_ascii=False).encode()


def test_a_visitor_reads_no_bug_and_no_visitor_writes_the_log(caplog: pytest.LogCaptureFixture) -> None:
    forged = "oops\n2031-01-01 INFO all is well\r"
    with caplog.at_level(logging.ERROR), pytest.raises(gr.Error) as told, answered(visitor("zh")):
        raise RuntimeError(forged)
    assert told.value.message == TEXTS["zh"]["page_unexpected"]
    assert "2031-01-01" in caplog.text
    assert not [line for line in caplog.text.splitlines() if line.startswith("2031")]


def test_a_full_disk_is_told() -> None:
    with pytest.raises(gr.Error) as told, answered(visitor()):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert told.value.message == TEXTS["en"]["page_no_space"]


def test_a_message_is_short_and_in_the_visitors_language() -> None:
    with pytest.raises(gr.Error) as long, answered(visitor()):
        raise InputError("猫" * 10_000)
    assert len(long.value.message) == MAX_MESSAGE
    for whose in ("client", "all"):
        with pytest.raises(gr.Error) as busy, answered(visitor("zh")):
            raise BusyError(whose, 24)
        assert busy.value.title == TEXTS["zh"]["busy_title"]
        assert busy.value.message == TEXTS["zh"][f"busy_{whose}"].format(limit=24)


def test_what_events_show_is_on_the_page_from_the_start(server: str) -> None:
    """See handlers.HIDDEN; a layout that is always hidden is no output of any event."""
    config = httpx.get(f"{server}config", timeout=60).json()
    changed = {output for event in config["dependencies"] for output in event["outputs"]}
    parts = [part for part in config["components"] if part["id"] in changed]
    assert [part["props"]["elem_id"] for part in parts if part["props"].get("visible") == "hidden"]
    assert not [part["props"].get("elem_id") for part in parts if part["props"].get("visible") is False]
