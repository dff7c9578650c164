"""Do two Chinese sentences mean the same? A trained LSTM says so, and how sure it is."""

from textmatch.errors import CheckpointError, DataError, InputError, TextMatchError
from textmatch.explain import Explanation
from textmatch.matcher import Prediction, TextMatcher

__version__ = "0.4.0"
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
