"""Every error that textmatch raises on purpose.

TextMatchError
├── InputError       a sentence or pair cannot be used by a model
├── DataError        a data file, a row in it, or a data set on the Hub cannot be used
│   └── TableError   a whole file cannot be used (in `textmatch.files`, with its wordings)
├── CheckpointError  a checkpoint folder is missing, damaged or does not fit
├── HubError         the Hugging Face Hub refuses something or cannot be reached
└── BusyError        the server has too much work already

A message says what was wrong, where, and what was expected. The page and the command line show it as it is. Any other
exception is a bug and is not caught.
"""

import signal
from typing import Literal

STOPPED = 128 + signal.SIGINT
"""The exit code of every command after Ctrl-C, which is none of these errors; a shell gives the same."""


class TextMatchError(Exception):
    """Base of every error that textmatch raises on purpose."""


class InputError(TextMatchError):
    """A sentence or a pair cannot be used, for example because it is blank."""


class DataError(TextMatchError):
    """A data file cannot be used; the message names the file and, where there is one, the row."""


class CheckpointError(TextMatchError):
    """A checkpoint cannot be used; the message names the file at fault."""


class HubError(TextMatchError):
    """The Hugging Face Hub refuses something or cannot be reached; the message says why and what to do."""


class BusyError(TextMatchError):
    """The server takes no more work at the moment.

    Args:
        whose: whose work is too much: that of one ``client``, or that of ``all``.
        limit: how much is taken.
    """

    def __init__(self, whose: Literal["client", "all"], limit: int) -> None:
        self.whose: Literal["client", "all"] = whose
        self.limit = limit
        super().__init__(f"too much work is waiting already ({whose}); at most {limit} at once")
