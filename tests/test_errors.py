"""textmatch.errors: one tree, so that one `except` catches all that is raised on purpose."""

import pytest

import textmatch
from textmatch.errors import CheckpointError, DataError, InputError, TextMatchError


@pytest.mark.parametrize("error", [InputError, DataError, CheckpointError])
def test_every_error_is_a_text_match_error_and_public(error: type[Exception]) -> None:
    assert issubclass(error, TextMatchError)
    assert getattr(textmatch, error.__name__) is error


def test_no_error_hides_among_builtin_ones() -> None:
    assert TextMatchError.__mro__ == (TextMatchError, Exception, BaseException, object)
    assert not issubclass(InputError, DataError | CheckpointError)
