"""Builds and launches the demo page. The address is Gradio's: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT change it."""

import argparse
import os
import sys
from pathlib import Path

import torch

from textmatch import TextMatchError
from textmatch.demo import Models, build, launch_options
from textmatch.demo.memory import few_arenas


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
    try:
        models = Models.beside(checkpoint)
    except TextMatchError as error:
        sys.exit(f"app.py: {error}")
    build(models).launch(**launch_options())


if __name__ == "__main__":
    main()
