"""Refuses a file that cannot be used before it is sent, in the visitor's language."""

from collections.abc import Sequence

import gradio as gr

from textmatch.demo.components import component
from textmatch.files import MAX_BYTES


def upload_check(upload: str, suffixes: Sequence[str]) -> gr.HTML:
    """Build the line, best right below an upload, that says why a file was not taken. It takes no value.

    Args:
        upload: The `elem_id` of the `gr.File` or `gr.UploadButton`.
        suffixes: The endings, in lower case, of the files that are taken.
    """
    return component(
        "upload_check",
        elem_id=f"{upload}-check",
        place=upload,
        suffixes=list(suffixes),
        limit=MAX_BYTES,
    )
