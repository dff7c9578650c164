"""How well a model did on a table with labels: figures at a threshold, a confusion matrix, a chart, and mistakes."""

from typing import TypedDict

import gradio as gr

from textmatch.demo.components import Message, component


class Mistake(TypedDict):
    """A row on which the model can be wrong: its number, sentences, class (0 or 1) and probability of class 1."""

    row: int
    sentence1: str
    sentence2: str
    label: int
    probability: float


class ReportValue(TypedDict):
    """What the report shows.

    Attributes:
        pairs: Rows with a known label; with 0 the report says that there are none.
        labels: The names of the two classes.
        auc: Area under the ROC curve, 0 to 1.
        ece: Expected calibration error, 0 to 1.
        counts: Rows [true negatives, false positives, false negatives, true positives] at each threshold from 0% to
            100%, 101 lists.
        bins: [mean probability, share of class 1, rows] of each bin of probabilities.
        mistakes: The worst first.
    """

    pairs: int
    labels: list[Message]
    auc: float
    ece: float
    counts: list[list[int]]
    bins: list[list[float]]
    mistakes: list[Mistake]


def batch_report() -> gr.HTML:
    """Build the report, hidden. It takes a `ReportValue`, or None to hide it.

    Its slider picks among the counts that are there already, so it answers at once.
    """
    return component("batch_report", draws=["table", "chart"], elem_id="batch-report")
