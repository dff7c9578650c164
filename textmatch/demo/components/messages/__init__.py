"""The line under a result: who answered and how fast, or what to do."""

import gradio as gr

from textmatch.demo.components import Message, component

EMPTY_MESSAGES: Message = {"key": "messages_hint"}


def messages() -> gr.HTML:
    """Build the line. It takes a message."""
    return component("messages", EMPTY_MESSAGES, elem_id="messages")
