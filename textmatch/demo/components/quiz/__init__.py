"""The game: the visitor says whether two sentences mean the same, then sees what the model said."""

from collections.abc import Sequence

import gradio as gr

from textmatch.demo.components import component
from textmatch.demo.quiz_pairs import RoundValue


def quiz(rounds: Sequence[RoundValue]) -> gr.HTML:
    """Build the game with these pairs. It takes no value."""
    return component("quiz", elem_id="quiz", rounds=list(rounds))
