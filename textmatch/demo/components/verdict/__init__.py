"""The verdict: what the model says, how sure it is, how often that is right, and what speaks against trusting it."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

import gradio as gr

from textmatch.demo.components import Message, component
from textmatch.demo.i18n import UNSURE_VERDICTS, VERDICTS


class ShareValue(TypedDict):
    """A class and its probability, 0 to 1."""

    name: Message
    share: float


class VerdictValue(TypedDict):
    """What the verdict shows; without a headline it is at rest.

    Attributes:
        headline: The verdict in words.
        tone: Its colour: same, different, unsure; "none" where the model cannot judge, "other" for classes of a model
            with labels of its own.
        shares: The classes, the most probable first.
        right: How often such a verdict is right; None if the checkpoint does not record that.
        warnings: Why the verdict may be wrong.
    """

    headline: Message | None
    tone: Literal["rest", "same", "different", "unsure", "none", "other"]
    shares: list[ShareValue]
    right: Message | None
    warnings: list[Message]


EMPTY_VERDICT: VerdictValue = {"headline": None, "tone": "rest", "shares": [], "right": None, "warnings": []}

CANNOT_JUDGE: Message = {"key": "gauge_unread"}
"""What stands in the place of a verdict where the model cannot judge."""

TONES: dict[str, Literal["same", "different"]] = {"Matched": "same", "Not Matched": "different"}


def label_message(label: str, *, sure: bool = True) -> Message:
    """A class as the page names it."""
    keys = VERDICTS if sure else UNSURE_VERDICTS
    return {"key": keys[label]} if label in keys else {"text": label}


def verdict_value(
    probabilities: Mapping[str, float], right: Message | None, warnings: Sequence[Message], *, sure: bool
) -> VerdictValue:
    """The value for a prediction.

    Args:
        probabilities: Class → probability, 0 to 1.
        right: How often such a verdict is right.
        warnings: Why it may be wrong.
        sure: Whether the page says it without "not sure".
    """
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    label = ranked[0][0]
    return {
        "headline": label_message(label, sure=sure),
        "tone": TONES.get(label, "other") if sure else "unsure",
        "shares": [{"name": label_message(name), "share": share} for name, share in ranked],
        "right": right,
        "warnings": list(warnings),
    }


def no_verdict(warnings: Sequence[Message]) -> VerdictValue:
    """The value for sentences that the model cannot judge, with the reasons."""
    return EMPTY_VERDICT | {"headline": CANNOT_JUDGE, "tone": "none", "warnings": list(warnings)}


def verdict() -> gr.HTML:
    """Build the verdict. It takes a `VerdictValue`."""
    return component("verdict", EMPTY_VERDICT, elem_id="verdict")
