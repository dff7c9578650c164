"""The line under a result: who answered and how fast, or what to do."""

import gradio as gr

from textmatch.demo.components import Message, component

EMPTY_MESSAGES: Message = {"key": "messages_hint"}


def messages() -> gr.HTML:
    """Build the line. It takes a message."""
    keys = ("messages_hint", "messages_answered", "messages_answered_default")
    return component("messages", EMPTY_MESSAGES, keys=keys, elem_id="messages")
