"""The endpoints as tools for assistants (MCP): valid schemas, answers as JSON with structured content.

Gradio opens the MCP server and describes the tools. Its own calls would go over HTTP to itself, where all assistants
are one client, and answer in Python's notation; so the tools are listed and called here.
"""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import gradio as gr
from gradio.mcp import GradioMCPServer
from gradio.route_utils import get_root_url
from gradio_client.utils import encode_file_path
from mcp import types
from pydantic import create_model

from textmatch.demo.events import answered
from textmatch.demo.values import whole
from textmatch.errors import InputError

FILE_ADDRESS = "/gradio_api/file="

FILE_HINT = (
    " Upload it first (a form with the field `files`, to /gradio_api/upload) and give the path that this answers."
)


@dataclass(frozen=True)
class Tools:
    """The tools of one page.

    Attributes:
        gradio: Gradio's MCP server.
    """

    gradio: GradioMCPServer

    def register(self) -> None:
        """List and call the tools here in place of Gradio."""
        self.gradio.mcp_server.list_tools()(self.listed)
        self.gradio.mcp_server.call_tool()(self.call)

    async def listed(self) -> list[types.Tool]:
        """Every tool, with the schemas of its arguments and of its answer."""
        chosen = self.gradio.get_selected_tools_from_request()
        return [self._tool(name) for name in self.gradio.tool_to_endpoint if chosen is None or name in chosen]

    async def call(self, name: str, arguments: dict[str, Any]) -> tuple[list[types.TextContent], dict[str, Any]]:
        """Call a tool.

        Args:
            name: of the tool.
            arguments: by name, checked against the schema.

        Returns:
            The answer as JSON, and as structured content: an object with the one key ``result``.

        Raises:
            InputError: what an assistant is told about an error.
        """
        names = self.gradio.tool_to_endpoint
        if name not in names:
            raise InputError(f"there is no tool {name!r:.80}; the tools are {', '.join(self.gradio.tool_to_endpoint)}")
        function, files = self._function(name), self._files(name)
        given = {key: _upload(value) if key in files else value for key, value in arguments.items()}
        asked = self.gradio.mcp_server.request_context.request
        assert asked is not None
        request = gr.Request(asked)
        if "request" in inspect.signature(function).parameters:
            given["request"] = request
        try:
            with answered(request):
                answer = function(**given)
                answer = whole(await answer if inspect.isawaitable(answer) else answer)
        except gr.Error as error:
            raise InputError(f"{error.title}: {error.message}") from None
        root = get_root_url(asked, "/gradio_api/mcp", self.gradio.root_path)
        result = _with_addresses(answer, f"{root}{FILE_ADDRESS}")
        text = json.dumps(result, ensure_ascii=False)
        return [types.TextContent(type="text", text=text)], {"result": json.loads(text)}

    def _tool(self, name: str) -> types.Tool:
        function = self._function(name)
        block_fn = self.gradio.get_block_fn_from_endpoint_name(self.gradio.tool_to_endpoint[name])
        assert block_fn is not None
        description, parameters = self.gradio.get_fn_description(block_fn, name)
        schema, _ = self.gradio.get_input_schema(name, parameters)
        for file in self._files(name):
            told = schema["properties"][file]["description"] + FILE_HINT
            schema["properties"][file] = {"type": "string", "description": told}
        answer = create_model("Answer", result=(_answer_type(function), ...))
        return types.Tool(
            name=name,
            description=description,
            inputSchema=schema,
            outputSchema=answer.model_json_schema(mode="serialization"),
            annotations=types.ToolAnnotations(readOnlyHint=True, openWorldHint=False),
        )

    def _function(self, name: str) -> Callable[..., Any]:
        block_fn = self.gradio.get_block_fn_from_endpoint_name(self.gradio.tool_to_endpoint[name])
        assert block_fn is not None
        assert block_fn.fn is not None
        return block_fn.fn

    def _files(self, name: str) -> set[str]:
        """The parameters that take a file."""
        _, positions = self.gradio.get_input_schema(name)
        return {str(position[-1]) for position in positions}


def _upload(address: Any) -> dict[str, Any]:
    """The file that an assistant means by its address or its path."""
    return {"path": unquote(str(address).rpartition(FILE_ADDRESS)[2])}


def _with_addresses(answer: Any, start: str) -> Any:
    """An answer with the address of each file in its place."""
    if isinstance(answer, gr.FileData):
        return start + encode_file_path(answer.path)
    return [_with_addresses(each, start) for each in answer] if isinstance(answer, list) else answer


def _answer_type(function: Callable[..., Any]) -> Any:
    """What a function returns; a file is an address there."""
    returned = typing.get_type_hints(function)["return"]
    if typing.get_origin(returned) is not tuple:
        return returned
    kinds: Any = tuple(str if each is gr.FileData else each for each in typing.get_args(returned))
    return tuple.__class_getitem__(kinds)
