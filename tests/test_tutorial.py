"""The tutorial: its commands run one after the other, in both languages and as a notebook they are the same."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.apps import running
from tests.hub_server import WRITER, Hub

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial.md"


def commands(page: Path) -> list[list[str]]:
    """The command lines of a page, without those that install."""
    blocks = re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line[0] != "pip"]


def snippet(page: Path) -> str:
    """The Python on a page."""
    (found,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_both_languages_and_the_notebook_say_the_same() -> None:
    other = ROOT / "docs" / "tutorial.zh.md"
    assert commands(PAGE) == commands(other)
    assert snippet(PAGE) == snippet(other)
    notebook = json.loads((ROOT / "docs" / "tutorial" / "tutorial.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    lines = [shlex.split(line.removeprefix("!")) for cell in cells for line in cell.splitlines() if line[:1] == "!"]
    assert [line for line in lines if line[0] != "pip"] == commands(PAGE)
    assert snippet(PAGE).strip() in cells
    (torch,) = re.findall(r"^torch==\S+$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    for text in (PAGE.read_text(encoding="utf-8"), other.read_text(encoding="utf-8"), "\n".join(cells)):
        assert f"pip install {torch} --index-url" in text


@pytest.mark.slow
def test_the_commands_run_one_after_the_other(hub: Hub, tmp_path: Path) -> None:
    for name in ("app.py", "train.py", "textmatch", "docs", "checkpoints/default"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    settings = {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hub"),
        "HF_TOKEN": WRITER,
        "HF_HUB_DISABLE_XET": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONPATH": str(tmp_path),
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env={**os.environ, **settings}, text=True, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    for program, *arguments in commands(PAGE):
        given = [argument.replace("USER/", "me/") for argument in arguments]
        if given[0] == "app.py":
            with running(tmp_path, tmp_path / "log", settings, arguments=given[1:]) as app:
                assert httpx.get(f"{app.url}health").json()["checkpoint"] == "mine"
        elif program == "python":
            assert "Matched: the sentences match" in run(*given)
            assert (tmp_path / "checkpoints" / "mine" / "curve.png").is_file()
        else:
            said = run("-m", "textmatch", *given)
            assert "Prediction: " in said or given[0] != "predict"
    assert run("-c", snippet(PAGE)).strip() in ("Matched", "Not Matched")
    assert hub.repositories["me/NAME"].private
    assert "checkpoints/mine/model.safetensors" in hub.repositories["spaces/me/SPACE"].files
    assert hub.repositories["spaces/me/SPACE"].variables == {"TEXTMATCH_CHECKPOINT": "checkpoints/mine"}
