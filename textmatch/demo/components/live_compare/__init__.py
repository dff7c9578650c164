"""What the Compare tab does in the browser: ask while someone types, and copy a link to the comparison."""

import gradio as gr

from textmatch.demo.components import component

PAUSE = 400
"""Milliseconds without a keystroke after which the page asks for an answer."""

LONGEST_LINK = 6000
"""Characters of the longest link to a comparison; proxies refuse addresses from about 8,000 on."""


def live_compare() -> gr.HTML:
    """Build the line that says whether a link was copied. It takes no value.

    It triggers `submit` when both boxes have text and typing has paused, and `clear` when one of them is empty.
    """
    keys = ("compare_link_empty", "compare_link_long", "compare_link_copied", "copy_failed")
    return component("live_compare", keys=keys, elem_id="live", pause=PAUSE, longest=LONGEST_LINK)
