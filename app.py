"""Builds and launches the demo page. The address is Gradio's: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT change it."""

import argparse
import sys
from pathlib import Path

from textmatch import TextMatchError
from textmatch.demo import Models, build, launch_options


def main() -> None:
    """Load a checkpoint and serve the page around it and those that stand beside it."""
    parser = argparse.ArgumentParser(description="Serve the page that compares two Chinese sentences.")
    default = Path(__file__).parent / "checkpoints" / "default"
    parser.add_argument("--checkpoint", type=Path, default=default, help="checkpoint folder (default: %(default)s)")
    folder: Path = parser.parse_args().checkpoint
    try:
        models = Models.beside(folder)
    except TextMatchError as error:
        sys.exit(f"app.py: {error}")
    build(models).launch(**launch_options())


if __name__ == "__main__":
    main()
