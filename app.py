"""Builds and launches the demo page. The address is Gradio's: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT change it."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path

import torch

from textmatch import TextMatchError
from textmatch.demo import Models, build, launch_options
from textmatch.demo.memory import few_arenas
from textmatch.demo.models import fastest_backend


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
    few_arenas()
    torch.set_num_threads(1)  # visitors share the cores: with more threads a pair takes longer, not shorter
    if os.environ.get("SYSTEM") == "spaces":  # a Space is reached through the Hub's proxy alone
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
    device = "cpu" if marked_for_zero_gpu() else None
    try:
        models = Models.beside(checkpoint, device, backend=fastest_backend())
    except TextMatchError as error:
        sys.exit(f"app.py: {error}")
    build(models).launch(**launch_options())


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
