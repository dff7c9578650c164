"""Tells whether two Chinese sentences mean the same, with a trained LSTM: see `TextMatcher`."""

from textmatch.errors import CheckpointError, DataError, InputError, TextMatchError
from textmatch.matcher import TextMatcher
from textmatch.results import Explanation, Prediction

__version__ = "0.5.0"
__all__ = [
    "CheckpointError",
    "DataError",
    "Explanation",
    "InputError",
    "Prediction",
    "TextMatchError",
    "TextMatcher",
    "__version__",
]
