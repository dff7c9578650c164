"""Tells whether two Chinese sentences mean the same, with a trained LSTM: see `TextMatcher`."""

from typing import TYPE_CHECKING, Any

from textmatch.errors import CheckpointError, DataError, HubError, InputError, TextMatchError

if TYPE_CHECKING:
    from textmatch.matcher import TextMatcher
    from textmatch.results import Explanation, Prediction

__version__ = "0.10.0"
__all__ = [
    "CheckpointError",
    "DataError",
    "Explanation",
    "HubError",
    "InputError",
    "Prediction",
    "TextMatchError",
    "TextMatcher",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for: a process that only reads files does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from textmatch import matcher, results

    return getattr(matcher if name == "TextMatcher" else results, name)
