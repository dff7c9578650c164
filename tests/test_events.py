"""Whatever is sent to an event, it ends with a result or with a message."""

import errno
import json
import logging
from typing import Any

import gradio as gr
import httpx
import pytest

from tests.helpers import visitor
from textmatch.demo.events import MAX_MESSAGE, answered, whole
from textmatch.demo.i18n import TEXTS
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
}
"""Values as JSON, each of which some event or component cannot take."""

FAST = ("null", "half a surrogate pair")


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[] if kind in FAST else pytest.mark.slow) for kind in ODD])
def test_every_event_ends_with_a_result_or_a_message(server: str, kind: str) -> None:
    session, told, asking = f"odd-{kind}", dict[str, str](), httpx.Client(timeout=30)
    for event in asking.get(f"{server}config").json()["dependencies"]:
        if event["backend_fn"]:
            data = ",".join([ODD[kind]] * len(event["inputs"]))
            body = f'{{"data": [{data}], "fn_index": {event["id"]}, "session_hash": "{session}"}}'
            headers = {"content-type": "application/json"}
            joined = asking.post(f"{server}gradio_api/queue/join", content=body, headers=headers)
            if joined.status_code == 200:
                told[joined.json()["event_id"]] = event["api_name"]
            else:
                assert joined.json()["detail"], event["api_name"]
    with asking.stream("GET", f"{server}gradio_api/queue/data?session_hash={session}") as stream:
        messages = [json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line]
    asking.close()
    ended = [message for message in messages if message["msg"] == "process_completed"]
    assert {message["event_id"] for message in ended} == told.keys()
    for message in ended:
        assert message["success"] or message["output"]["error"], told[message["event_id"]]


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
        ("queue/join", {"data": [], "fn_index": 10_000, "session_hash": "a"}, 500, TEXTS["en"]["page_unexpected"]),
    ],
)
def test_a_call_that_does_not_fit_is_told_why(
    server: str, path: str, body: dict[str, Any], status: int, message: str
) -> None:
    answer = httpx.post(f"{server}gradio_api/{path}", json=body)
    assert answer.status_code == status
    assert message in answer.json()["detail"]


@pytest.mark.parametrize("body", ["", "{", '{"data": NaN}', "[" * 100_000, "[" * 50_000 + "]" * 50_000])
def test_a_body_that_is_no_json_is_told_why(server: str, body: str) -> None:
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{server}gradio_api/call/predict", content=body, headers=headers)
    assert answer.status_code in (400, 422, 500)
    assert answer.json()["detail"]


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
