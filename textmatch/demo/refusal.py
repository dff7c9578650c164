"""Refuses a file that cannot be used before it is sent, in the visitor's language."""

from collections.abc import Sequence

import gradio as gr

from textmatch.demo.component import component
from textmatch.tables import MAX_BYTES


def refusal(upload: str, kinds: Sequence[str]) -> gr.HTML:
    """The place, best right below an upload, where it says why a file was not taken; empty until then.

    Args:
        upload: the `elem_id` of the `gr.File` or `gr.UploadButton`.
        kinds: the endings, in lower case, of the files it takes.
    """
    value = {"place": upload, "kinds": list(kinds), "limit": MAX_BYTES}
    keys = ("file_kind", "file_large", "file_many")
    return component("refusal", value, *keys, elem_id=f"{upload}-refusal", elem_classes="tm-refusal")
