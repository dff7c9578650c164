"""Everything that textmatch raises on purpose.

TextMatchError
├── InputError       a sentence or pair handed to a model cannot be used
├── DataError        a data file, a row in it, or a data set on the Hub cannot be used
│   └── TableError   a file to score cannot be used (textmatch.tables, where its wordings are)
└── CheckpointError  a checkpoint folder is missing, damaged or does not fit

The messages are written for the person at the keyboard: what was wrong, where, and what was expected. The page and
the command line show them as they are; any other exception is a bug and stays loud.
"""


class TextMatchError(Exception):
    """Base of every error that textmatch raises on purpose."""


class InputError(TextMatchError):
    """A sentence or a pair cannot be used, for example because it is blank."""


class DataError(TextMatchError):
    """A data file cannot be used; the message names the file and, where there is one, the row."""


class CheckpointError(TextMatchError):
    """A checkpoint cannot be used; the message names the file at fault."""
