"""The groups of sentences that mean the same, and their download."""

import gradio as gr

from textmatch.demo.components import component
from textmatch.demo.components.search_hits import HitValue

EMPTY_GROUPS: list[list[HitValue]] = []


def duplicate_groups(value: list[list[HitValue]] = EMPTY_GROUPS) -> gr.HTML:
    """Build the groups. They take a list of groups, each a list of its members; without a group they are hidden.

    The CSV file is made in the browser, so the server keeps no copy of a visitor's sentences.
    """
    return component("duplicate_groups", value, elem_id="search-groups")
