"""What importing may import: a quick check from Python must not wait for what it does not use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAINING = {"accelerate", "sklearn", "textmatch.training", "textmatch.card"}
HEAVY = {
    "gradio",
    "pandas",
    "sklearn",
    "accelerate",
    "jieba",
    "matplotlib",
    "scipy",
    "opencc",
    "faiss",
    "textmatch.training",
}


def imported(*flags: str, statement: str) -> set[str]:
    """Every module that a fresh process holds after `statement`."""
    script = f"import json, sys\n{statement}\nprint('\\n' + json.dumps(list(sys.modules)))"
    command = [sys.executable, *flags, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_textmatch_imports_nothing_heavy_and_says_nothing() -> None:
    assert imported("-W", "error", statement="import textmatch") & HEAVY == set()


@pytest.mark.skipif(not (ROOT / "textmatch" / "demo").is_dir(), reason="there is no demo yet")
def test_the_demo_never_imports_training() -> None:
    modules = imported(statement="import textmatch.demo")
    assert "gradio" in modules
    assert modules & TRAINING == set()


def test_the_training_command_line_imports_training_only_to_train() -> None:
    assert imported("-W", "error", statement="import train; train.parser()") & TRAINING == set()


def test_importing_starts_no_thread_and_reads_no_dictionary() -> None:
    statement = (
        "import threading, textmatch, textmatch.text\n"
        "assert threading.active_count() == 1\n"
        "assert textmatch.text._segmenter.cache_info().currsize == 0"
    )
    imported("-W", "error", statement=statement)
