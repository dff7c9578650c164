"""What importing loads, and which way imports go."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAINING = {"accelerate", "textmatch.training", "textmatch.training.card"}
HEAVY = {"gradio", "pandas", "sklearn", "accelerate", "rjieba", "matplotlib", "scipy", "opencc", "faiss"} | {
    "onnx",
    "onnxruntime",
}

# One fresh process for all tests: starting one takes seconds.
SCRIPT = """
import json, sys, threading, warnings
loaded = {}
import textmatch, textmatch.text
loaded["package"] = list(sys.modules)
loaded["threads"] = [thread.name for thread in threading.enumerate()]
import train
train.parser()
loaded["train"] = list(sys.modules)
warnings.simplefilter("ignore")  # Gradio's own
import textmatch.demo
loaded["demo"] = list(sys.modules)
print("\\n" + json.dumps(loaded))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """The modules that are loaded after each import of `SCRIPT`, and the threads after the first."""
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    modules: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return modules


@pytest.mark.slow
def test_the_package_loads_nothing_heavy_and_starts_no_thread(loaded: dict[str, list[str]]) -> None:
    assert set(loaded["package"]) & (HEAVY | TRAINING) == set()
    assert loaded["threads"] == ["MainThread"]


@pytest.mark.slow
def test_the_training_command_line_loads_training_only_to_train(loaded: dict[str, list[str]]) -> None:
    assert set(loaded["train"]) & (TRAINING | {"sklearn"}) == set()


@pytest.mark.slow
def test_the_demo_never_loads_training(loaded: dict[str, list[str]]) -> None:
    assert "gradio" in loaded["demo"]
    assert set(loaded["demo"]) & (TRAINING | {"sklearn"}) == set()


def test_imports_go_one_way() -> None:
    files = {_module(file): file for file in (ROOT / "textmatch").rglob("*.py")}
    graph = {name: set(_imports(file)) & files.keys() for name, file in files.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(files)  # raises CycleError if there is a circle


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(file: Path) -> Iterator[str]:
    """The modules that a file imports anywhere, those for type checking alone too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {alias.name for alias in node.names if _is_module(node.module, alias.name)}
            yield from (f"{node.module}.{name}" for name in submodules)
            if len(submodules) < len(node.names):
                yield node.module


def _is_module(package: str, name: str) -> bool:
    folder = ROOT.joinpath(*package.split("."))
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
