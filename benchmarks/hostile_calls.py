"""Send wrong types to every endpoint and every event of the page: each call ends with a result or with a message.

    python -m benchmarks.hostile_calls --calls 20000 --output benchmarks/results/hostile_calls.json

Starts app.py. Some arguments of a call are right and others are not, chosen by the seed. Calls go to every event of
Gradio's queue, to the plain address ``/predict`` and, as odd JSON, to every other address that takes a request. A
message that speaks of an unexpected error is a fault, and so is an error without a message, a status of 500 and a call
that never ends.
"""

from __future__ import annotations

import asyncio
import collections
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.load import end, new_client, start_server, until_up
from benchmarks.output import Machine, end_with, options_of_a_long_run
from textmatch.demo.i18n import TEXTS

UNEXPECTED = TEXTS["en"]["page_unexpected"]
RIGHT = (
    '"几点开门"',
    '"什么时候开门"',
    '["几点开门","开门了吗"]',
    "5",
    "0.7",
    '""',
    '"csv"',
    '"auto"',
    "true",
    '"default"',
)
ODD = (
    *("null", "NaN", "Infinity", "-1", "1e999", "9" * 4300, "true", '""', '"\\ud800"', '"\\u0000"', "[]", "{}"),
    *('{"a": {}}', '[null]', '["\\ud800"]', "[1, 2]", json.dumps("猫" * 5000), json.dumps(["猫"] * 200), '"<b>${x}"'),
    *('{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}', '{"path": null}', '{"path": ["a"]}'),
    *('{"path": "http://127.0.0.1:1/a.csv", "meta": {"_type": "gradio.FileData"}}', '{"__type__": "update"}'),
    "[[[1]]]",
    *("[" * 500 + "]" * 500, '"../../etc"', '{"headers": [], "data": [[null]]}', '{"label": "x", "confidences": []}'),
)  # fmt: skip
OTHERS = ("upload", "component_server", "cancel", "reset", "queue/join", "run/predict", "api/predict", "call/predict")
"""Further addresses of Gradio that take a request, below ``/gradio_api``."""

BATCH = 16
"""Calls of one session at a time; one client may have 24."""
PATIENCE = 300.0
"""Seconds after which a session's calls have hung."""


async def sent(http: httpx.AsyncClient, event: dict[str, Any], chance: random.Random, session: str) -> tuple[str, str]:
    """Send one call to the queue; the id under which it ends and nothing, or nothing and what it came to."""
    data = ",".join(chance.choice(RIGHT if chance.random() < 0.5 else ODD) for _ in event["inputs"])
    data = data if chance.random() < 0.95 else chance.choice(ODD)
    body = f'{{"data": [{data}], "fn_index": {event["id"]}, "session_hash": "{session}"}}'
    answer = await http.post("/gradio_api/queue/join", content=body, headers={"content-type": "application/json"})
    if answer.status_code == 200:
        return str(answer.json()["event_id"]), ""
    return "", judged(answer, body)


def judged(answer: httpx.Response, body: str) -> str:
    """What an answer came to that is not a stream of events."""
    try:
        told = json.dumps(answer.json(), ensure_ascii=False)
    except ValueError:
        told = ""
    if answer.status_code >= 500 or UNEXPECTED in told or not told:
        return f"wrong: {answer.url.path} {body:.200}: {answer.status_code} {answer.text:.200}"
    return "result" if answer.status_code == 200 else "message"


def ended(message: dict[str, Any]) -> str:
    """What a call of the queue came to."""
    if message["success"]:
        return "result"
    error = message["output"].get("error")
    return "message" if error and UNEXPECTED not in error else f"wrong: {error!r:.200}"


async def batch(
    http: httpx.AsyncClient, events: list[dict[str, Any]], chance: random.Random, session: str
) -> list[str]:
    """What some calls to the queue came to."""
    waiting: dict[str, str] = {}
    found: list[str] = []
    for event in chance.choices(events, k=BATCH):
        number, result = await sent(http, event, chance, session)
        if number:
            waiting[number] = str(event["api_name"])
        else:
            found.append(result)
    if not waiting:
        return found
    try:
        async with (
            asyncio.timeout(PATIENCE),
            http.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream,
        ):
            async for line in stream.aiter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                if message.get("msg") == "process_completed":
                    result = ended(message)
                    name = waiting.pop(message["event_id"])
                    found.append(f"{result} in {name}" if result.startswith("wrong") else result)
    except (TimeoutError, httpx.HTTPError) as error:
        found.append(f"wrong: {error!r:.200}")
    return [*found, *(f"wrong: {name} never ended" for name in waiting.values())]


async def plain(http: httpx.AsyncClient, paths: list[str], chance: random.Random) -> list[str]:
    """What a call to the plain address and one to another address of the API came to."""
    fields = {
        name: chance.choice((*RIGHT, *ODD)) for name in ("sentence1", "sentence2", "model") if chance.random() < 0.9
    }
    pair = "{" + ",".join(f'"{name}": {value}' for name, value in fields.items()) + "}"
    found = []
    for path, body in (("/predict", chance.choice((pair, pair, chance.choice(ODD)))), (chance.choice(paths), pair)):
        answer = await http.post(path, content=body, headers={"content-type": "application/json"})
        found.append(judged(answer, body))
    return found


async def measured(calls: int, seconds: float, seed: int) -> dict[str, Any]:
    """Start the page, send the calls."""
    around, chance = Machine(), random.Random(seed)
    results: collections.Counter[str] = collections.Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        server = start_server([sys.executable, "app.py"], Path(folder))
        try:
            await until_up(server[1], server[0])
            began = time.monotonic()
            async with new_client(server[1], 0) as http:
                config = (await http.get("/config")).json()
                events = [event for event in config["dependencies"] if event["backend_fn"]]
                described = (await http.get("/gradio_api/openapi.json")).json()
                named = [path for path, ways in described["paths"].items() if "post" in ways]
                paths = [*named, *(f"/gradio_api/{path}" for path in OTHERS)]
                done = 0
                while sum(results.values()) < calls and time.monotonic() - began < seconds:
                    found = await batch(http, events, chance, f"odd{done}") + await plain(http, paths, chance)
                    results.update(each.partition(":")[0] for each in found)
                    wrong += [each for each in found if each.startswith("wrong")]
                    done += 1
                alive = (await http.get("/health")).status_code == 200
        finally:
            end(server)
    return {
        "calls": sum(results.values()), "events": len(events), "seed": seed, "results": dict(results),
        "wrong": wrong[:50], "answers_afterwards": alive, "machine": around.record(),
    }  # fmt: skip


def main() -> None:
    """Send the calls and print what came of them; exit code 1 if something was wrong."""
    parser = options_of_a_long_run(__doc__)
    parser.add_argument("--calls", type=int, default=1000, help="(%(default)s)")
    options = parser.parse_args()
    figures = asyncio.run(measured(options.calls, options.seconds, options.seed))
    end_with(figures, options.output)


if __name__ == "__main__":
    main()
