"""The play tab: the visitor against the model."""

import gradio as gr

from textmatch.demo.components.quiz import quiz
from textmatch.demo.i18n import text
from textmatch.demo.quiz_pairs import rounds
from textmatch.matcher import TextMatcher


def tab(matcher: TextMatcher) -> None:
    """Build the tab inside its open ``gr.Tab``.

    Args:
        matcher: the visitor's opponent.
    """
    gr.Markdown(text("quiz_intro"), elem_classes="tm-intro")
    quiz(rounds(matcher))
