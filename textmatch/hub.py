"""Checkpoints on the Hugging Face Hub: fetched into its client's cache, and pushed.

Wherever a checkpoint is given by a string, USER/NAME or USER/NAME@REVISION means one on the Hub, unless there is such a
folder here. What was fetched once is read from the cache when the Hub cannot be reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textmatch.checkpoint import CARD, CONFIG, METRICS, VOCABULARY, WEIGHTS, file_format
from textmatch.errors import CheckpointError, HubError, InputError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[^\s@]+)?", re.ASCII)

FILES = (CONFIG, VOCABULARY, WEIGHTS, METRICS, CARD, "LICENSE*", "*.png")
"""What a checkpoint on the Hub may hold; nothing else is fetched or pushed."""

LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"


class Source(NamedTuple):
    """Where a checkpoint is.

    Attributes:
        name: what it is called: USER/NAME on the Hub, else the folder's name.
        folder: the folder on this machine.
        commit: the commit on the Hub, 40 hexadecimal digits; empty for a folder that did not come from there.
    """

    name: str
    folder: Path
    commit: str = ""


def find(checkpoint: str | Path, revision: str | None = None) -> Source:
    """Find a checkpoint on this machine, or fetch it from the Hub.

    Args:
        checkpoint: a folder; or as a string USER/NAME or USER/NAME@REVISION.
        revision: a branch, tag or commit on the Hub; None takes the one in `checkpoint`, or else the main branch.

    Raises:
        HubError: the Hub has no such model or revision, refuses it, or cannot be reached and no copy is in the cache.
        CheckpointError: what is there is no checkpoint of textmatch.
        InputError: there is a revision, but the checkpoint is a folder here.
    """
    if not is_on_hub(checkpoint):
        if revision:
            raise InputError(f"revision {revision}: {checkpoint} is a folder; expected USER/NAME of a model on the Hub")
        return Source(Path(checkpoint).resolve().name, Path(checkpoint))
    name, _, given = str(checkpoint).partition("@")
    revision = revision or given or None
    what = f"{name}@{revision}" if revision else name
    with explained(f"{what}: there is no such folder here, and from the Hub it cannot be fetched"):
        config = _fetched(name, revision, [CONFIG])
        if not (config / CONFIG).is_file():
            raise CheckpointError(f"{what}: on the Hub it has no {CONFIG}; expected a checkpoint of textmatch")
        file_format(config / CONFIG)  # before the weights of something else are fetched
        folder = _fetched(name, config.name, list(FILES))
    return Source(name, folder, folder.name)


def is_on_hub(checkpoint: str | Path) -> bool:
    """Whether a string names a model on the Hub: it has the form of one, and here is no folder that it could mean."""
    is_name = isinstance(checkpoint, str) and HUB_NAME.fullmatch(checkpoint) is not None
    return is_name and not Path(checkpoint).parent.exists()


def _fetched(name: str, revision: str | None, files: list[str]) -> Path:
    """The folder of a snapshot with some of its files, from the cache where the Hub cannot be reached."""
    from httpx2 import TransportError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=files))
    except TransportError as error:  # the client itself looks into its cache for some of these only
        try:
            return Path(snapshot_download(name, revision=revision, allow_patterns=files, local_files_only=True))
        except LocalEntryNotFoundError:
            raise error from None


def push(folder: Path, name: str, private: bool = False) -> str:
    """Write a checkpoint to the Hub, as one commit; a repository that is not there yet is created.

    Args:
        folder: the checkpoint.
        name: USER/NAME.
        private: whether a new repository is private.

    Returns:
        The commit's address.

    Raises:
        HubError: the Hub refuses it or cannot be reached.
        CheckpointError: `folder` is no checkpoint.
        InputError: `name` has another form.
    """
    from huggingface_hub import HfApi

    check_name(name)
    files = _to_push(folder, name)
    api = HfApi(library_name="textmatch")
    with explained(f"{folder} was not pushed to {name}"):
        api.create_repo(name, private=private, exist_ok=True)
        commit = api.create_commit(name, files, commit_message=f"Checkpoint {folder.resolve().name}")
    return str(commit.commit_url)


def files_of(folder: Path) -> list[Path]:
    """The files of a checkpoint that belong on the Hub.

    Raises:
        CheckpointError: `folder` is no checkpoint, or one of its files is missing.
    """
    file_format(folder / CONFIG)
    for needed in (CONFIG, VOCABULARY, WEIGHTS, METRICS, CARD):
        if not (folder / needed).is_file():
            raise CheckpointError(f"{folder / needed}: missing")
    return sorted({path for pattern in FILES for path in folder.glob(pattern)})


def _to_push(folder: Path, name: str) -> list[CommitOperationAdd]:
    """A checkpoint's files, its card as it is to be read on the Hub."""
    from huggingface_hub import CommitOperationAdd, ModelCard
    from yaml import YAMLError

    files = [CommitOperationAdd(path.name, path) for path in files_of(folder) if path.name != CARD]
    try:
        card = ModelCard((folder / CARD).read_text(encoding="utf-8"))
    except (ValueError, YAMLError) as error:
        raise CheckpointError(f"{folder / CARD}: its front matter cannot be read: {_first_line(error)}") from None
    own = folder.resolve().name
    if card.data.get("eval_results"):
        card.data["model_name"] = name.partition("/")[2]
    card.text = card.text.replace(f'from_pretrained("checkpoints/{own}")', f'from_pretrained("{name}")')
    return [*files, CommitOperationAdd(CARD, str(card).encode())]


def check_name(name: str) -> None:
    """Make sure that a name can be one on the Hub.

    Raises:
        InputError: it cannot.
    """
    if not HUB_NAME.fullmatch(name) or "@" in name:
        raise InputError(f"{name!r:.100}: expected USER/NAME, of letters, digits, -, _ and .")


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn whatever the Hub's client raises into a `HubError`.

    Args:
        what: what failed, the beginning of the message.
    """
    from httpx2 import HTTPError

    try:
        yield
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise HubError(f"{what}: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    """Why the Hub's client failed, in one line, and what to do."""
    from httpx2 import HTTPError
    from huggingface_hub import errors

    while isinstance(error, errors.LocalEntryNotFoundError | RuntimeError) and error.__cause__:
        error = error.__cause__  # the client wraps what happened
    if isinstance(error, errors.GatedRepoError):
        return f"its owner gives access to those who ask; ask on its page, then {LOG_IN}"
    if isinstance(error, errors.RevisionNotFoundError):
        return "there is no such revision; expected a branch, a tag or a commit"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"the Hub has nothing of this name, or it is private; if it is yours, {LOG_IN}"
    if isinstance(error, errors.HfHubHTTPError):
        return _refusal(error.response.status_code, error.server_message or _first_line(error))
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, and no copy is in the cache"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return "the copy in the cache is not whole, and the Hub cannot be reached"
    if isinstance(error, HTTPError):
        return f"the Hub cannot be reached: {_first_line(error)}"
    return _first_line(error)


def _refusal(status: int, said: str) -> str:
    """What an HTTP status of the Hub means."""
    if status == 401:
        return f"the Hub does not know who you are; {LOG_IN}"
    if status == 402:
        return f"the Hub asks for a paid plan: {said}"
    if status == 403:
        return f"the Hub does not allow it: {said}; expected a token that may write there"
    if status in (409, 412):
        return f"something else changed it at the same moment: {said}; try again"
    if status == 429:
        return f"too many requests: {said}; wait a while, then try again"
    if status >= 500:
        return f"the Hub has a problem (status {status}); try again later"
    return f"the Hub refuses it (status {status}): {said}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
