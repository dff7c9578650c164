"""Builds and launches the demo page. The address is Gradio's: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT change it."""

import argparse
import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def main() -> None:
    """Load a checkpoint and serve the page around it and those that stand beside it."""
    parser = argparse.ArgumentParser(description="Serve the page that compares two Chinese sentences.")
    default = os.environ.get("TEXTMATCH_CHECKPOINT") or str(Path(__file__).parent / "checkpoints" / "default")
    parser.add_argument(
        "--checkpoint",
        default=default,
        help="checkpoint folder, or USER/NAME on the Hugging Face Hub, or USER/NAME@REVISION (default: %(default)s; "
        "TEXTMATCH_CHECKPOINT sets it, too)",
    )
    checkpoint: str = parser.parse_args().checkpoint
    with without_collection():
        page, options = prepare(checkpoint)
    from textmatch.demo.memory import give_back

    give_back()  # what only the making of the page needed
    page.launch(**options)


@contextmanager
def without_collection() -> Iterator[None]:
    """No garbage collection while the page is made.

    What is made then stays. To look through it again and again would take a quarter of the start.
    """
    gc.disable()
    try:
        yield
        gc.collect()
        gc.freeze()
    finally:
        gc.enable()


def prepare(checkpoint: str) -> tuple[Any, dict[str, Any]]:
    """The page around a checkpoint, and how to launch it. Only here are the large packages imported."""
    import torch
    from gradio import http_server

    from textmatch import TextMatchError
    from textmatch.demo import Models, build, launch_options
    from textmatch.demo.memory import few_arenas
    from textmatch.demo.models import fastest_backend

    few_arenas()
    torch.set_num_threads(1)  # visitors share the cores: with more threads a pair takes longer, not shorter
    if os.environ.get("SYSTEM") == "spaces":  # a Space is reached through the Hub's proxy alone
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
        # Gradio would also watch the source there, in a thread that fails without the package spaces.
        http_server.get_space = lambda: None  # type: ignore[attr-defined]
    device = "cpu" if marked_for_zero_gpu() else None
    try:
        models = Models.beside(checkpoint, device, backend=fastest_backend())
    except TextMatchError as error:
        sys.exit(f"app.py: {error}")
    return build(models), launch_options()


def marked_for_zero_gpu() -> bool:
    """Mark a function for ZeroGPU, if this is a Space with that hardware: it refuses a page without one.

    A GPU is lent there for seconds at a time, and each loan takes longer than a pair does on the CPU.
    """
    if os.environ.get("SPACES_ZERO_GPU") != "true" or importlib.util.find_spec("spaces") is None:
        return False
    spaces = importlib.import_module("spaces")
    spaces.GPU(marked_for_zero_gpu)
    return True


if __name__ == "__main__":
    main()
