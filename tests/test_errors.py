"""textmatch.errors: one `except TextMatchError` catches every error that is raised on purpose, and no other."""

import pytest

import textmatch
from textmatch.errors import CheckpointError, DataError, HubError, InputError, TextMatchError
from textmatch.files import TableError


@pytest.mark.parametrize("error", [InputError, DataError, CheckpointError, HubError])
def test_every_error_is_a_text_match_error_and_public(error: type[Exception]) -> None:
    assert issubclass(error, TextMatchError)
    assert getattr(textmatch, error.__name__) is error


def test_the_kinds_of_error_are_told_apart() -> None:
    assert issubclass(TableError, DataError)
    assert not issubclass(InputError, DataError | CheckpointError)
    assert not issubclass(TextMatchError, ValueError | OSError | RuntimeError)
