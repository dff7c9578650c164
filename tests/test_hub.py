"""textmatch.hub: the Hub's real client asks a server on this machine."""

import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from huggingface_hub import ModelCard

from tests.apps import free_port
from tests.helpers import OTHER, SAME
from tests.hub_server import READER, Hub
from textmatch import CheckpointError, HubError, InputError, TextMatcher, TextMatchError, cli
from textmatch import hub as on_hub
from textmatch.demo import Models, build
from textmatch.demo.components.code_snippets.snippets import snippets_value
from textmatch.training.start import average_checkpoints

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
SMALL = CHECKPOINTS / "overlap"
NAME = "me/words"
PAIRS = [(SAME, SAME + "呢"), (SAME, OTHER)]

Offline = Callable[[], None]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Offline:
    """Switches the client's offline mode on."""
    return lambda: monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


# From the Hub


def test_a_pushed_checkpoint_comes_back_with_the_same_scores(hub: Hub) -> None:
    address = on_hub.push(SMALL, NAME)
    repository = hub.repositories[NAME]
    commit = repository.commits[-1][0]
    assert address == f"{hub.url}/{NAME}/commit/{commit}"
    assert repository.files.keys() == {path.name for path in SMALL.iterdir()}
    here, there = TextMatcher.from_pretrained(SMALL, "cpu"), TextMatcher.from_pretrained(NAME, "cpu")
    assert there.predict(PAIRS) == here.predict(PAIRS)
    for revision in (commit, "main"):
        assert on_hub.find(NAME, revision)[::2] == on_hub.find(f"{NAME}@{revision}")[::2] == (NAME, commit)


@pytest.mark.slow
def test_large_files_go_to_large_file_storage(hub: Hub) -> None:
    on_hub.push(CHECKPOINTS / "siamese", NAME)
    weights = (CHECKPOINTS / "siamese" / "model.safetensors").read_bytes()
    assert weights in hub.objects.values()
    assert TextMatcher.from_pretrained(NAME, "cpu").predict(PAIRS)


def test_the_card_on_the_hub_names_the_hub(hub: Hub) -> None:
    on_hub.push(SMALL, NAME)
    card = ModelCard(hub.repositories[NAME].files["README.md"].decode())
    assert f'from_pretrained("{NAME}")' in card.text
    assert "checkpoints/overlap" not in card.text.partition("## Training")[0]


def test_a_second_push_of_the_same_makes_no_commit(hub: Hub) -> None:
    on_hub.push(SMALL, NAME)
    on_hub.push(SMALL, NAME)
    assert len(hub.repositories[NAME].commits) == 2  # the empty one and ours


def test_what_is_cached_is_read_without_a_network(hub: Hub, offline: Offline) -> None:
    commit = hub.add(NAME, files_of(SMALL))
    source = on_hub.find(NAME)
    before = len(hub.requests)
    assert on_hub.find(NAME, commit) == source  # a commit never changes: the Hub is not asked
    assert len(hub.requests) == before
    hub.refuse(NAME, 0)  # connections are dropped
    assert on_hub.find(NAME) == source
    offline()
    assert on_hub.find(NAME) == source
    assert TextMatcher.from_pretrained(NAME, "cpu").predict(PAIRS)


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_cache_stands_in_for_a_hub_with_a_problem(hub: Hub, status: int) -> None:
    hub.add(NAME, files_of(SMALL))
    source = on_hub.find(NAME)
    hub.refuse(NAME, status)
    assert on_hub.find(NAME) == source


def test_a_newer_commit_is_fetched(hub: Hub) -> None:
    hub.add(NAME, files_of(SMALL))
    old = on_hub.find(NAME)
    hub.repositories[NAME].commit(files_of(SMALL) | {"README.md": b"new"})
    new = on_hub.find(NAME)
    assert (new.folder / "README.md").read_bytes() == b"new"
    assert on_hub.find(NAME, old.commit) == old


def test_nothing_but_a_checkpoints_files_is_fetched(hub: Hub) -> None:
    hub.add(NAME, files_of(SMALL) | {"pytorch_model.bin": b"\x80", "run.py": b"", "LICENSE.md": b"terms"})
    names = {path.name for path in on_hub.find(NAME).folder.iterdir()}
    assert names == {path.name for path in SMALL.iterdir()} | {"LICENSE.md"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"config.json": b'{"model_type": "bert"}', "model.safetensors": b""}, "expected format"),
        ({"README.md": b""}, "it has no config.json"),
        (files_of(SMALL) | {"model.safetensors": b"other"}, "not readable as safetensors"),
    ],
)
def test_something_else_is_no_checkpoint(hub: Hub, files: dict[str, bytes], message: str) -> None:
    hub.add(NAME, files)
    with pytest.raises(CheckpointError, match=message):
        TextMatcher.from_pretrained(NAME, "cpu")
    weights = [request for request in hub.requests if "GET" in request and "model.safetensors" in request]
    assert bool(weights) is ("safetensors" in message)


def test_a_folder_here_comes_first(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add(NAME, {})
    shutil.copytree(SMALL, tmp_path / NAME)
    monkeypatch.chdir(tmp_path)
    assert on_hub.find(NAME) == ("words", Path(NAME), "")
    with pytest.raises(CheckpointError, match="no such checkpoint folder"):
        TextMatcher.from_pretrained("me/typo", "cpu")  # there is a folder `me`: a name in it is meant
    with pytest.raises(InputError, match="me/words is a folder; expected USER/NAME"):
        TextMatcher.from_pretrained(NAME, "cpu", revision="main")
    assert hub.requests == []


# What can go wrong


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        ({"status": 401, "code": "RepoNotFound"}, "nothing of this name, or it is private; if it is yours, log in"),
        ({"status": 404, "code": "RepoNotFound"}, "nothing of this name, or it is private; if it is yours, log in"),
        ({"status": 403, "code": "GatedRepo"}, "ask on its page, then log in with `hf auth login`, or set HF_TOKEN"),
        ({"status": 403, "message": "Storage is locked"}, "does not allow it: .*Storage is locked"),
        ({"status": 429, "Retry_After": "9"}, "too many requests: .*; wait a while"),
        ({"status": 500}, r"has a problem \(status 500\); try again later"),
        ({"status": 503}, r"has a problem \(status 503\); try again later"),
        ({"status": 418, "message": "I am a teapot"}, r"refuses it \(status 418\): .*I am a teapot"),
        ({"status": 0}, "cannot be reached: Server disconnected"),
    ],
)
def test_a_refused_download_is_explained(hub: Hub, refusal: dict[str, Any], message: str) -> None:
    hub.add(NAME, files_of(SMALL))
    hub.refuse("/api/models", **refusal)
    with pytest.raises(
        HubError, match=f"^{NAME}: there is no such folder here, and from the Hub .*{message}"
    ) as caught:
        TextMatcher.from_pretrained(NAME, "cpu")
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_not_there_or_not_ours_is_explained(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HubError, match="nothing of this name"):
        on_hub.find("me/nowhere")
    hub.add(NAME, files_of(SMALL), private=True)
    with pytest.raises(HubError, match=f"{NAME}@v9: .*no such revision; expected a branch, a tag or a commit"):
        on_hub.find(f"{NAME}@v9")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match="or it is private"):
        on_hub.find(NAME)


def test_without_a_network_and_without_a_copy(hub: Hub, offline: Offline) -> None:
    offline()
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set, and no copy is in the cache"):
        on_hub.find(NAME)


def test_a_copy_that_is_not_whole_is_not_used(hub: Hub, offline: Offline) -> None:
    hub.add(NAME, files_of(SMALL))
    (on_hub.find(NAME).folder / "vocabulary.json").unlink()
    offline()
    with pytest.raises(HubError, match=r"not whole, and the Hub cannot be reached|HF_HUB_OFFLINE is set"):
        on_hub.find(NAME)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("GET /me/words/resolve/.*/model.safetensors", 0, "cannot be reached"),
        ("GET /me/words/resolve/.*/model.safetensors", 503, "status 503"),
    ],
)
def test_a_download_that_breaks_off_is_explained(hub: Hub, path: str, status: int, message: str) -> None:
    """The client tries again for half a minute."""
    hub.add(NAME, files_of(SMALL))
    hub.refuse(path, status)
    with pytest.raises(HubError, match=message):
        on_hub.find(NAME)


# To the Hub


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "refusal", "message"),
    [
        ("repos/create", {"status": 402, "message": "PRO needed"}, "asks for a paid plan: .*PRO needed"),
        ("/commit/", {"status": 409, "message": "main has moved"}, "changed it at the same moment: .*main has moved"),
        ("/commit/", {"status": 412, "message": "main has moved"}, "changed it at the same moment: .*try again"),
        ("/commit/", {"status": 429}, "too many requests"),
        ("/commit/", {"status": 500}, "has a problem"),
        ("/commit/", {"status": 0}, "cannot be reached"),
        ("/objects/batch", {"status": 413, "message": "quota"}, r"refuses it \(status 413\): .*quota"),
        ("PUT /objects", {"status": 403, "message": "expired"}, "does not allow it: .*expired"),
    ],
)
def test_a_refused_push_is_explained(hub: Hub, path: str, refusal: dict[str, Any], message: str) -> None:
    hub.refuse(path, **refusal)
    with pytest.raises(HubError, match=f"siamese was not pushed to {NAME}: .*{message}") as caught:
        on_hub.push(CHECKPOINTS / "siamese", NAME)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("token", "message"),
    [("", "does not know who you are; log in with `hf auth login`"), (READER, "may write there")],
)
def test_without_the_right_to_write(hub: Hub, monkeypatch: pytest.MonkeyPatch, token: str, message: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(HubError, match=message):
        on_hub.push(SMALL, NAME)
    assert hub.repositories == {}


@pytest.mark.parametrize("name", ["words", "a/b/c", "me/a b", "me/..", "me/x@main", ""])
def test_a_name_that_the_hub_cannot_have(hub: Hub, name: str) -> None:
    with pytest.raises(InputError, match="expected USER/NAME"):
        on_hub.push(SMALL, name)
    assert hub.requests == []


def test_what_is_no_checkpoint_is_not_pushed(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="missing"):
        on_hub.push(tmp_path, NAME)
    shutil.copytree(SMALL, tmp_path / "half")
    (tmp_path / "half" / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors: missing"):
        on_hub.push(tmp_path / "half", NAME)
    shutil.copytree(SMALL, tmp_path / "card")
    (tmp_path / "card" / "README.md").write_text("---\nlanguage: [zh\n---\n", encoding="utf-8")
    with pytest.raises(TextMatchError, match=r"README.md|card"):
        on_hub.push(tmp_path / "card", NAME)
    assert hub.requests == []


# Where a checkpoint is named


def test_the_command_line_pushes_and_predicts(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["push", str(SMALL), NAME, "--private"])
    assert capsys.readouterr().out.startswith(f"{hub.url}/{NAME}/commit/")
    assert hub.repositories[NAME].private
    cli.main(["predict", *PAIRS[1], "--checkpoint", NAME, "--device", "cpu"])
    assert capsys.readouterr().out.startswith("Prediction: ")


def test_training_starts_from_the_hub_and_remembers_it(hub: Hub) -> None:
    commit = hub.add(NAME, files_of(SMALL))
    assert average_checkpoints([NAME]).metrics | {"hub": NAME, "commit": commit} == average_checkpoints([NAME]).metrics
    assert "hub" not in average_checkpoints([SMALL]).metrics


def test_the_code_on_the_page_names_the_hub() -> None:
    (code,) = snippets_value(SAME, [OTHER], NAME, NAME)["python"]
    assert f"from_pretrained({NAME!r})" in code


def test_the_page_takes_its_checkpoint_from_the_environment(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTMATCH_CHECKPOINT", "me/nowhere")
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(free_port()))
    monkeypatch.setattr(sys, "argv", ["app.py"])
    with pytest.raises(SystemExit, match=r"^app\.py: me/nowhere: .*nothing of this name"):
        runpy.run_path(str(CHECKPOINTS.parent / "app.py"), run_name="__main__")


@pytest.mark.slow
def test_the_page_says_what_it_serves(hub: Hub, serve: Callable[..., Any]) -> None:
    commit = hub.add(NAME, files_of(SMALL))
    models = Models.beside(NAME, "cpu")
    assert models.names == (NAME,)
    page = build(models)
    assert f"{NAME} · commit {commit}" in str(page.get_config_file())
    with serve(page) as url:
        told = httpx.get(f"{url}health").json()
        assert (told["checkpoint"], told["commit"]) == (NAME, commit)
        answer = httpx.post(f"{url}predict", json={"sentence1": SAME, "sentence2": OTHER, "model": NAME}).json()
        assert 0 <= answer["similarity"] <= 1
