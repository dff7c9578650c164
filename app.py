"""Builds and launches the demo page. The address is Gradio's: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT change it."""

import argparse
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
    default = Path(__file__).parent / "checkpoints" / "default"
    parser.add_argument("--checkpoint", type=Path, default=default, help="checkpoint folder (default: %(default)s)")
    folder: Path = parser.parse_args().checkpoint
    few_arenas()
    torch.set_num_threads(1)  # visitors share the cores: with more threads a pair takes longer, not shorter
    if os.environ.get("SYSTEM") == "spaces":  # a Space is reached through the Hub's proxy alone
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
    try:
        models = Models.beside(folder, backend=fastest_backend())
    except TextMatchError as error:
        sys.exit(f"app.py: {error}")
    build(models).launch(**launch_options())


if __name__ == "__main__":
    main()
