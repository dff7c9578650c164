"""The demo page as a Gradio Space on the Hugging Face Hub: which files it needs, and sending them.

Only what is listed here is sent. A Space installs `pre-requirements.txt` first: on CPU hardware that brings torch's CPU
build, which is a third of the size of the ordinary one for Linux.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from textmatch import hub
from textmatch.checkpoint import CARD
from textmatch.errors import CheckpointError, InputError
from textmatch.training.metadata import TERMS

if TYPE_CHECKING:
    from huggingface_hub import HfApi

ROOT = Path(__file__).resolve().parent.parent

PACKAGE_SUFFIXES = (".css", ".gz", ".html", ".js", ".json", ".png", ".py", ".tsv", ".txt", ".typed")
"""Kinds of files of the package; whatever else lies in its folder is not sent."""

CPU_INDEX = "https://download.pytorch.org/whl/cpu"

LARGE_FILES = "".join(f"*.{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in ("safetensors", "gz"))
"""Git's attributes: the Hub refuses a plain push of binary files."""

REMOVABLE = ("textmatch/", "checkpoints/", "pre-requirements.txt", TERMS)
"""What an earlier `deploy` may have sent; what is no longer needed of it is deleted."""

DEFAULT_CHECKPOINT = "checkpoints/default"
"""What app.py serves if nothing else is said."""

CHECKPOINT_VARIABLE = "TEXTMATCH_CHECKPOINT"

TEXT = """
# textmatch

Do two Chinese sentences mean the same? An LSTM answers, says how sure it is and why.

The page serves {checkpoint}. Its terms of use are with it. Sent by `textmatch deploy`.
"""


@dataclass(frozen=True)
class Space:
    """What a Space gets.

    Attributes:
        checkpoints: checkpoint folders, the one that the page opens with first; or one USER/NAME on the Hub, which the
            Space then fetches itself.
        hardware: what it runs on, by the Hub's name (``cpu-basic``, ``t4-small`` …); empty for what it has, or for the
            Hub's free CPU.
        variables: environment variables; everybody can read them.
        private: whether a new Space is private.

    Raises:
        InputError: there is no checkpoint, or two have one name, or one of the Hub is not alone.
    """

    checkpoints: Sequence[str]
    hardware: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    private: bool = False

    def __post_init__(self) -> None:
        names = [Path(checkpoint).resolve().name for checkpoint in self.checkpoints]
        if not names or len(set(names)) < len(names):
            raise InputError(
                f"checkpoints: expected one or more with different names, got {', '.join(names) or 'none'}"
            )
        if len(names) > 1 and any(map(hub.is_on_hub, self.checkpoints)):
            raise InputError("checkpoints: expected one on the Hub, or folders; got both or several")

    @property
    def fetches(self) -> bool:
        """Whether the Space fetches its checkpoint from the Hub."""
        return hub.is_on_hub(self.checkpoints[0])

    @property
    def folders(self) -> list[Path]:
        """The checkpoints that are sent."""
        return [] if self.fetches else [Path(checkpoint).resolve() for checkpoint in self.checkpoints]

    @property
    def environment(self) -> dict[str, str]:
        """All variables: those given, and which checkpoint to serve."""
        first = self.checkpoints[0]
        served = first if self.fetches else f"checkpoints/{Path(first).resolve().name}"
        own = {} if served == DEFAULT_CHECKPOINT else {CHECKPOINT_VARIABLE: served}
        return own | dict(self.variables)

    @property
    def on_cpu(self) -> bool:
        """Whether its hardware is a CPU."""
        return not self.hardware or self.hardware.startswith("cpu")


def files(space: Space) -> dict[str, Path | bytes]:
    """Everything that is sent: the path in the Space, and a file here or its content.

    Raises:
        CheckpointError: a checkpoint cannot be used, or this is an installed package without app.py.
    """
    if not (ROOT / "app.py").is_file():
        raise CheckpointError(f"{ROOT}: there is no app.py; expected a copy of the textmatch repository")
    sent: dict[str, Path | bytes] = {name: ROOT / name for name in ("app.py", "LICENSE")}
    package = sorted(path for path in (ROOT / "textmatch").rglob("*") if path.suffix in PACKAGE_SUFFIXES)
    sent |= {path.relative_to(ROOT).as_posix(): path for path in package}
    for folder in space.folders:
        sent |= {f"checkpoints/{folder.name}/{path.name}": path for path in hub.files_of(folder)}
    restricted, terms = _restricted(space)
    if restricted:
        sent[TERMS] = restricted / TERMS  # at the top, because the Hub takes no path as a link
    sent |= {".gitattributes": LARGE_FILES.encode(), "README.md": _readme(space, terms).encode()}
    return sent | {name: text.encode() for name, text in _requirements(space).items()}


def write(space: Space, folder: Path) -> None:
    """Write everything that would be sent to a new folder.

    Raises:
        CheckpointError: as `files`.
        InputError: the folder is there already, or cannot be written.
    """
    sent = files(space)
    try:
        folder.mkdir(parents=True)
        for path, content in sent.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    except OSError as error:
        raise InputError(f"{folder}: expected a new folder: {error.strerror}") from None


def _readme(space: Space, terms: Mapping[str, str]) -> str:
    """The Space's card: the front matter of README, in step with the pins and with the terms, and a few words."""
    from huggingface_hub import SpaceCard

    card = SpaceCard((ROOT / "README.md").read_text(encoding="utf-8"), ignore_metadata_errors=True)
    card.data["sdk_version"] = _pins()["gradio"]
    card.data["suggested_hardware"] = space.hardware or "cpu-basic"
    for key, value in terms.items():
        card.data[key] = value
    served = f"the checkpoint in `checkpoints/{Path(space.checkpoints[0]).resolve().name}`"
    if space.fetches:
        name, _, revision = space.checkpoints[0].partition("@")
        card.data["models"] = [name]
        card.data["preload_from_hub"] = [] if revision else [name]
        served = f"[{space.checkpoints[0]}](https://huggingface.co/{name})"
    card.text = TEXT.format(checkpoint=served)
    return str(card)


def _restricted(space: Space) -> tuple[Path | None, dict[str, str]]:
    """The first folder sent whose weights may be used for less than the code, and the licence that its card names."""
    from huggingface_hub import ModelCard

    for folder in space.folders:
        data = ModelCard((folder / CARD).read_text(encoding="utf-8"), ignore_metadata_errors=True).data
        if data.get("license") == "other" and data.get("license_link") == TERMS:
            return folder, {key: data.get(key) for key in ("license", "license_name", "license_link")}
    return None, {}


def _requirements(space: Space) -> dict[str, str]:
    """What a Space installs: every package with its version, so that it is built the same at any time.

    A Space's own packages are installed in the same step, without hashes; so there are none here.
    """
    locked = "requirements-locked-cpu.txt" if space.on_cpu else "requirements-locked.txt"
    text = (ROOT / locked).read_text(encoding="utf-8")
    pins = "".join(f"{line}\n" for line in re.findall(r"^([\w.-]+==[^\\\n]*?) *\\?$", text, re.MULTILINE))
    if not space.on_cpu:
        return {"requirements.txt": pins}
    torch = f"torch=={_pins()['torch']}"
    return {
        "pre-requirements.txt": f"--extra-index-url {CPU_INDEX}\n{torch}+cpu\n",
        "requirements.txt": f"{torch}\n{pins}",
    }


def _pins() -> dict[str, str]:
    """The versions in requirements.txt, by package."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)(?:\[[\w,]+\])?==(\S+)$", text, re.MULTILINE))


def deploy(name: str, space: Space) -> str:
    """Create or update a Space: one commit with its files, its variables and hardware.

    Args:
        name: USER/SPACE.
        space: what it gets.

    Returns:
        The Space's address.

    Raises:
        HubError: the Hub refuses it or cannot be reached.
        CheckpointError: a checkpoint cannot be used.
        InputError: `name` has another form.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    hub.check_name(name)
    sent = files(space)
    if space.fetches:
        hub.find(space.checkpoints[0])  # what cannot be fetched here cannot be fetched there
    api = HfApi(library_name="textmatch")
    with hub.explained(f"{name} was not deployed"):
        _create_or_set(api, name, space)
        old = api.list_repo_files(name, repo_type="space")
        stale = [path for path in old if path.startswith(REMOVABLE) and path not in sent]
        api.create_commit(
            name,
            [
                *(CommitOperationAdd(path, content) for path, content in sent.items()),
                *(CommitOperationDelete(path) for path in stale),
            ],
            commit_message="textmatch deploy",
            repo_type="space",
        )
    return f"{api.endpoint}/spaces/{name}"


def _create_or_set(api: HfApi, name: str, space: Space) -> None:
    """Create the Space with its variables and hardware, or give an existing one these."""
    if not api.repo_exists(name, repo_type="space"):
        api.create_repo(
            name,
            repo_type="space",
            space_sdk="gradio",
            private=space.private,
            space_hardware=space.hardware or None,  # type: ignore[arg-type]
            space_variables=[{"key": key, "value": value} for key, value in space.environment.items()],
        )
        return
    for key, value in space.environment.items():
        api.add_space_variable(name, key, value)
    if space.hardware:
        api.request_space_hardware(name, space.hardware)  # type: ignore[arg-type]
