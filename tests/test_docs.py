"""README and docs: links lead somewhere, snippets run, and the command lines shown exist."""

import re
import shlex
from pathlib import Path

import pytest

import train
from benchmarks import trust
from textmatch import cli
from textmatch.space import CPU_INDEX

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("checkpoints/*/README.md")]


def code(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def command_lines(program: str) -> list[list[str]]:
    """Every line of README and docs that calls `program`, without the program and without comments."""
    pages = ("README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in ROOT.glob("docs/*.md")))
    lines = [
        line.partition("#")[0].strip()
        for page in pages
        for block in code(page, "bash")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    found = [line.partition(program)[2] for line in lines if re.match(rf"(torchrun .*)?{re.escape(program)} ", line)]
    return [shlex.split(arguments) for arguments in found if "$" not in arguments and "…" not in arguments]


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_names_torchs_cpu_build_in_step_with_the_pins() -> None:
    (torch,) = re.findall(r"^torch==\S+$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    line = f"`pip install {torch} --index-url {CPU_INDEX}`"
    assert line in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_in_the_readme_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (snippet,) = code("README.md", "python")
    exec(compile(snippet, "README.md", "exec"), {})
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Matched")
    assert second.startswith("Not Matched")


def test_the_command_lines_in_the_docs_are_understood() -> None:
    lines = command_lines("python train.py")
    assert len(lines) > 5
    for arguments in lines:
        if "--help" not in arguments:
            train.parser().parse_args(arguments)
    lines = command_lines("textmatch") + command_lines("python -m textmatch")
    assert {line[0] for line in lines} >= {"predict", "score", "search", "duplicates", "evaluate"}
    for arguments in lines:
        cli.parser().parse_args(arguments)


@pytest.mark.parametrize("name", [name for names in trust.TESTED.values() for name in names])
def test_what_is_said_to_be_tested_is(name: str) -> None:
    file, _, test = name.partition("::")
    assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")
