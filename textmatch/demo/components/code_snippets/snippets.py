"""The comparison on the page as code: the package, the client library, curl and MCP.

Every piece runs as it stands. A visitor's sentences are quoted by the language's own means (`repr`, JSON inside
`shlex.quote`). The page's address is what the browser knows best: it joins the parts of a piece with it.
"""

import json
import shlex
from collections.abc import Sequence
from typing import Any

FOLDER = "checkpoints"
"""Where README's commands put the checkpoints; those of the Hub have a name with a slash."""

Parts = list[str]
"""A piece of code with the page's address left out: it belongs between the parts."""


Snippets = dict[str, Parts]
"""The same comparison in four ways: `python`, `client`, `curl` and `mcp`; no parts before the first one."""

EMPTY_SNIPPETS: Snippets = {"python": [], "client": [], "curl": [], "mcp": []}


def snippets_value(sentence: str, candidates: Sequence[str], default: str, model: str) -> Snippets:
    """Code that makes a comparison again.

    Args:
        sentence: the first sentence.
        candidates: what it is compared with, one sentence or more.
        default: the name of the page's own model.
        model: the name of the model that was asked.
    """
    inputs: dict[str, Any]
    if len(candidates) == 1:
        endpoint = "predict" if model == default else "predict_with"
        inputs = {"sentence1": sentence, "sentence2": candidates[0]}
    else:
        endpoint, inputs = "rank", {"sentence": sentence, "candidates": list(candidates)}
    inputs |= {} if model == default else {"model": model}
    return {
        "python": _python([(sentence, candidate) for candidate in candidates], model),
        "client": _client(endpoint, inputs),
        "curl": _curl(endpoint, inputs),
        "mcp": _mcp(endpoint, inputs),
    }


def _python(pairs: list[tuple[str, str]], model: str) -> Parts:
    return [
        f"""\
from textmatch import TextMatcher

matcher = TextMatcher.from_pretrained({(model if "/" in model else f"{FOLDER}/{model}")!r})
for prediction in matcher.predict({pairs!r}):
    print(prediction.label, prediction.probabilities, prediction.similarity)
"""
    ]


def _client(endpoint: str, inputs: dict[str, Any]) -> Parts:
    arguments = "".join(f"    {name}={value!r},\n" for name, value in inputs.items())
    return [
        """\
from gradio_client import Client

client = Client(\"""",
        f"""")
answer = client.predict(
{arguments}    api_name="/{endpoint}",
)
print(answer)
""",
    ]


def _curl(endpoint: str, inputs: dict[str, Any]) -> Parts:
    body = shlex.quote(json.dumps(inputs, ensure_ascii=False))
    return [
        'url="',
        f"""\
gradio_api/call/v2/{endpoint}"
event=$(curl -s "$url" -H "Content-Type: application/json" -d {body} | cut -d '"' -f 4)
curl -sN "$url/$event"
""",
    ]


def _mcp(endpoint: str, inputs: dict[str, Any]) -> Parts:
    return [
        """\
# An assistant needs the address alone: {"mcpServers": {"textmatch": {"url": \"""",
        """\
gradio_api/mcp/"}}}
import asyncio

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


async def main():
    async with streamable_http_client(\"""",
        f"""\
gradio_api/mcp/") as (read, write, _):
        async with ClientSession(read, write) as session:
            await session.initialize()
            answer = await session.call_tool({endpoint!r}, {inputs!r})
            print(answer.content[0].text)


asyncio.run(main())
""",
    ]
