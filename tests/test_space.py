"""textmatch.space: what a Space gets, and that it runs there."""

import os
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from huggingface_hub import SpaceCard

from tests.apps import App, running
from tests.conftest import OTHER_SITE
from tests.helpers import OTHER, SAME
from tests.hub_server import READER, Hub
from textmatch import CheckpointError, HubError, InputError, cli, space
from textmatch.demo.i18n import TEXTS
from textmatch.space import Space, deploy, files

ROOT = Path(__file__).parents[1]
SMALL = str(ROOT / "checkpoints" / "overlap")
NAME = "me/demo"
NO_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
"""Root without these is held to the permissions of files, as anybody."""

pytestmark = pytest.mark.filterwarnings("ignore:It seems that you are about to commit a data file")


def text_of(sent: dict[str, Any], name: str) -> str:
    content = sent[name]
    return content.decode() if isinstance(content, bytes) else content.read_text(encoding="utf-8")


def sent_to(hub: Hub) -> dict[str, bytes]:
    return hub.repositories[f"spaces/{NAME}"].files


# Which files


def test_only_what_the_page_needs_is_sent() -> None:
    sent = files(Space([SMALL]))
    tops = {PurePosixPath(path).parts[0] for path in sent}
    texts = {"README.md", "LICENSE", "LICENSE.md", ".gitattributes", "requirements.txt", "pre-requirements.txt"}
    assert tops == {"app.py", "textmatch", "checkpoints"} | texts
    assert not [path for path in sent if "__pycache__" in path or path.endswith((".pyc", ".tmp"))]
    assert {path for path in sent if path.startswith("checkpoints/")} == {
        f"checkpoints/overlap/{path.name}" for path in Path(SMALL).iterdir()
    }
    tracked = {path.suffix for path in (ROOT / "textmatch").rglob("*") if path.is_file()} - {".pyc"}
    assert tracked <= set(space.PACKAGE_SUFFIXES) | {""}  # a new kind of file is to be listed


@pytest.mark.parametrize("hardware", ["", "cpu-basic", "cpu-upgrade", "t4-small", "zero-a10g"])
def test_a_cpu_gets_torchs_cpu_build_and_a_gpu_the_other(hardware: str) -> None:
    sent = files(Space([SMALL], hardware))
    pins = text_of(sent, "requirements.txt").splitlines()
    torch = [pin for pin in pins if pin.startswith("torch==")]
    cuda = [pin for pin in pins if pin.startswith(("nvidia-", "triton", "cuda-"))]
    assert len(torch) == 1
    if "cpu" in (hardware or "cpu"):
        first = text_of(sent, "pre-requirements.txt").splitlines()
        assert first == [f"--extra-index-url {space.CPU_INDEX}", f"{torch[0]}+cpu"]
        assert cuda == []
    else:
        assert "pre-requirements.txt" not in sent
        assert cuda
    assert all("==" in pin and "--hash" not in pin for pin in pins)


def test_the_front_matter_keeps_step_with_the_pins() -> None:
    sent = files(Space([SMALL]))
    data = SpaceCard(text_of(sent, "README.md")).data
    pins = dict(line.partition(" ")[0].split("==") for line in text_of(sent, "requirements.txt").splitlines())
    own = SpaceCard((ROOT / "README.md").read_text(encoding="utf-8")).data
    assert data["sdk_version"] == own["sdk_version"] == pins["gradio"]
    assert (data["sdk"], data["app_file"], data["suggested_hardware"]) == ("gradio", "app.py", "cpu-basic")
    assert data["title"] == own["title"]


def test_the_licence_is_that_of_the_weights_where_they_restrict_the_use(tmp_path: Path) -> None:
    own = SpaceCard((ROOT / "README.md").read_text(encoding="utf-8")).data
    assert SpaceCard(text_of(files(Space(["me/words"])), "README.md")).data["license"] == own["license"] == "apache-2.0"
    sent = files(Space([SMALL]))
    data = SpaceCard(text_of(sent, "README.md")).data
    assert (data["license"], data["license_name"]) == ("other", "research-only")
    assert text_of(sent, data["license_link"]) == text_of(sent, "checkpoints/overlap/LICENSE.md")
    mine = Path(shutil.copytree(SMALL, tmp_path / "mine"))
    (mine / "README.md").write_text("---\nlanguage: zh\n---\n", encoding="utf-8")
    assert SpaceCard(text_of(files(Space([str(mine)])), "README.md")).data["license"] == "apache-2.0"


def test_locked_requirements_keep_step_with_the_pins() -> None:
    pins = {name.replace("_", "-").lower(): version for name, version in space._pins().items()}  # noqa: SLF001
    for name in ("requirements-locked.txt", "requirements-locked-cpu.txt"):
        entries = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        locked = [(entry.split("==")[0], entry.split("==")[1].split()[0]) for entry in entries]
        wanted = {pin: version for pin, version in pins.items() if not ("cpu" in name and pin == "torch")}
        assert wanted.items() <= dict(locked).items(), f"{name} is old: bash .ci/lock renews it"
        assert all("--hash=sha256:" in entry for entry in entries)


def test_a_checkpoint_on_the_hub_is_fetched_by_the_space() -> None:
    there = Space(["me/words"])
    sent = files(there)
    assert not [path for path in sent if path.startswith("checkpoints/")]
    data = SpaceCard(text_of(sent, "README.md")).data
    assert (data["models"], data["preload_from_hub"]) == (["me/words"], ["me/words"])
    assert there.environment == {"TEXTMATCH_CHECKPOINT": "me/words"}
    exact = Space(["me/words@v1"], variables={"A": "b"})
    assert exact.environment == {"TEXTMATCH_CHECKPOINT": "me/words@v1", "A": "b"}
    assert SpaceCard(text_of(files(exact), "README.md")).data["preload_from_hub"] == []


@pytest.mark.parametrize(
    ("checkpoints", "message"),
    [
        ([], "got none"),
        (["a/one", str(ROOT / "one")], "different names, got one, one"),
        ([SMALL, "me/words"], "expected one on the Hub, or folders"),
    ],
)
def test_checkpoints_that_do_not_go_together(checkpoints: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Space(checkpoints)


def test_an_installed_package_has_no_page_to_send(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(space, "ROOT", tmp_path)
    with pytest.raises(CheckpointError, match=r"there is no app\.py; expected a copy of the textmatch repository"):
        files(Space([SMALL]))


# Sending them


def test_a_dry_run_lists_exactly_what_is_then_sent(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["deploy", NAME, "--checkpoint", SMALL, "--variable", "A=b=c", "--hardware", "cpu-upgrade"]
    cli.main([*command, "--dry-run"])
    listed, rest = capsys.readouterr().out.split(" bytes in ")
    assert hub.requests == []
    assert rest.splitlines()[1:] == [
        "variable TEXTMATCH_CHECKPOINT=checkpoints/overlap",
        "variable A=b=c",
        "hardware cpu-upgrade",
    ]
    cli.main([*command, "--private"])
    assert capsys.readouterr().out == f"{hub.url}/spaces/{NAME}\n"
    made = hub.repositories[f"spaces/{NAME}"]
    assert (made.private, made.sdk, made.hardware) == (True, "gradio", "cpu-upgrade")
    assert made.variables == {"TEXTMATCH_CHECKPOINT": "checkpoints/overlap", "A": "b=c"}
    sizes = [line.split() for line in listed.splitlines()[:-1]]
    assert {path: int(size.replace(",", "")) for size, path in sizes} == {
        path: len(content) for path, content in made.files.items()
    }
    weights = made.files["checkpoints/overlap/vocabulary.json"]
    assert weights in hub.objects.values()  # it is large


def test_the_files_can_be_written_to_a_folder(tmp_path: Path) -> None:
    command = ["deploy", NAME, "--checkpoint", SMALL, "--output", str(tmp_path / "space")]
    cli.main(command)
    written = {path.relative_to(tmp_path / "space").as_posix() for path in (tmp_path / "space").rglob("*")}
    assert files(Space([SMALL])).keys() <= written
    with pytest.raises(InputError, match="space: expected a new folder: File exists"):
        cli.main(command)


@pytest.mark.slow
def test_a_second_deploy_updates_the_space_and_leaves_the_owners_files(hub: Hub) -> None:
    deploy(NAME, Space([SMALL]))
    repository = hub.repositories[f"spaces/{NAME}"]
    old = {"textmatch/old.py": b"", "checkpoints/gone/config.json": b"{}", "notes.txt": b"the owner's"}
    repository.commit(repository.files | old)
    deploy(NAME, Space([SMALL], hardware="t4-small", variables={"A": "b"}))
    assert repository.files["notes.txt"] == b"the owner's"
    gone = {"textmatch/old.py", "checkpoints/gone/config.json", "pre-requirements.txt"}
    assert not gone & repository.files.keys()
    assert (repository.hardware, repository.variables["A"]) == ("t4-small", "b")


@pytest.mark.parametrize(
    ("path", "status", "said", "message"),
    [
        ("repos/create", 402, "Subscribe to PRO", "asks for a paid plan: .*Subscribe to PRO"),
        ("repos/create", 403, "no rights", "does not allow it: .*no rights"),
        ("/preupload/", 500, "", "status 500"),
        ("/commit/", 409, "main has moved", "main has moved.*try again"),
        ("/commit/", 0, "", "cannot be reached"),
    ],
)
@pytest.mark.slow
def test_a_refused_deploy_is_explained(hub: Hub, path: str, status: int, said: str, message: str) -> None:
    hub.refuse(path, status, message=said)
    with pytest.raises(HubError, match=f"{NAME} was not deployed: .*{message}"):
        deploy(NAME, Space([SMALL]))


def test_what_cannot_work_is_said_before_anything_is_created(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HubError, match="nothing of this name"):
        deploy(NAME, Space(["me/nowhere"]))
    with pytest.raises(CheckpointError, match="missing"):
        deploy(NAME, Space([str(ROOT / "docs")]))
    with pytest.raises(InputError, match="expected USER/NAME"):
        cli.main(["deploy", "demo", "--dry-run"])
    with pytest.raises(InputError, match="--variable 'A': expected NAME=VALUE"):
        cli.main(["deploy", NAME, "--variable", "A"])
    assert hub.repositories == {}
    monkeypatch.setenv("HF_TOKEN", READER)
    with pytest.raises(HubError, match="may write there"):
        deploy(NAME, Space([SMALL]))


# Running there


@contextmanager
def uploaded(hub: Hub, folder: Path) -> Iterator[App]:
    """The page as a Space runs it: from its own files alone, which it cannot change, by somebody without rights."""
    deploy(NAME, Space([SMALL]))
    tree = folder / "app"
    for path, content in sent_to(hub).items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    for each in [*tree.rglob("*"), tree]:
        each.chmod(0o555 if each.is_dir() else 0o444)
    (folder / "tmp").mkdir()
    variables = hub.repositories[f"spaces/{NAME}"].variables
    assert variables == {"TEXTMATCH_CHECKPOINT": "checkpoints/overlap"}
    spaces = {"SYSTEM": "spaces", "SPACE_ID": NAME, "TMPDIR": str(folder / "tmp"), "HOME": "/nonexistent"}
    before = NO_RIGHTS if os.geteuid() == 0 and shutil.which(NO_RIGHTS[0]) else []
    with running(tree, folder / "log", variables | spaces, before) as app:
        yield app
    log = app.log.read_text(encoding="utf-8")
    assert "textmatch" not in log  # no warning of ours
    assert "Traceback" not in log
    assert "HOT_RELOAD" not in log
    assert not list(tree.rglob("__pycache__"))


@pytest.mark.slow
def test_the_uploaded_tree_answers_by_itself(hub: Hub, tmp_path: Path) -> None:
    with uploaded(hub, tmp_path) as app:
        told = httpx.get(f"{app.url}health").json()
        assert (told["checkpoint"], told["models"]) == ("overlap", ["overlap"])
        answer = httpx.post(f"{app.url}predict", json={"sentence1": SAME, "sentence2": OTHER}).json()
        assert answer["label"] == "Not Matched"
        assert httpx.get(app.url).status_code == 200


ASKED_BY_GRADIO = {"fonts.googleapis.com", "huggingface.co"}
"""Hosts that Gradio's page asks on a Space: fonts and the header with the Space's name (docs/hub.md)."""


@pytest.mark.slow
@pytest.mark.browser
def test_the_uploaded_tree_answers_in_a_frame_of_another_site(
    hub: Hub, tmp_path: Path, outer: Any, framed: Callable[[str], Any]
) -> None:
    """And nothing comes from a third host: the page's policy refuses what Gradio asks for there."""
    asked, answered = set[str](), set[str]()
    outer.on("request", lambda request: asked.add(request.url))
    outer.on("response", lambda response: answered.add(response.url))
    with uploaded(hub, tmp_path) as app:
        frame = framed(app.url)
        frame.locator("#sentence1 textarea").fill(SAME)
        frame.locator("#sentence2 textarea").fill(OTHER)
        frame.get_by_text(TEXTS["zh"]["verdict_not_matched"]).first.wait_for()
        frame.locator("#answer[data-state=fresh]").wait_for()
    hosts = {urlsplit(url).hostname for url in answered if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1", OTHER_SITE}
    assert {urlsplit(url).hostname for url in asked if "://" in url} - hosts <= ASKED_BY_GRADIO
    assert all(host in (ROOT / "docs" / "hub.md").read_text(encoding="utf-8") for host in ASKED_BY_GRADIO)


@pytest.fixture
def spaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A stand-in for the package that ZeroGPU Spaces have; the names of the functions that it was told to mark."""
    marked: list[str] = []
    (tmp_path / "spaces.py").write_text("", encoding="utf-8")  # so that it is found
    monkeypatch.syspath_prepend(tmp_path)
    stand_in = SimpleNamespace(GPU=lambda function: marked.append(function.__name__), __spec__=object())
    monkeypatch.setitem(sys.modules, "spaces", stand_in)
    return marked


@pytest.mark.slow
@pytest.mark.parametrize("zero_gpu", ["true", ""])
def test_zero_gpu_gets_its_mark_and_nobody_else(
    spaces: list[str], monkeypatch: pytest.MonkeyPatch, zero_gpu: str
) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", zero_gpu)
    app: dict[str, Callable[[], bool]] = runpy.run_path(str(ROOT / "app.py"))
    assert app["marked_for_zero_gpu"]() is bool(zero_gpu)
    assert spaces == (["marked_for_zero_gpu"] if zero_gpu else [])


@pytest.mark.slow
def test_without_the_package_there_is_no_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    app: dict[str, Callable[[], bool]] = runpy.run_path(str(ROOT / "app.py"))
    assert app["marked_for_zero_gpu"]() is False
