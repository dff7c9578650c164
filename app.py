"""Builds and launches the demo page. GRADIO_SERVER_NAME and GRADIO_SERVER_PORT change its address."""

import argparse
import gc
import importlib.util
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from textmatch.errors import STOPPED, InputError, TextMatchError

PORT = 7860
"""Where the page answers if GRADIO_SERVER_PORT does not say."""


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
    parser.add_argument(
        "--collect",
        metavar="FILE",
        default=os.environ.get("TEXTMATCH_COLLECT"),
        help="let visitors send corrections, and append them to this file, as train.py --also reads (default: they "
        "stay in the visitors' browsers; TEXTMATCH_COLLECT sets it, too)",
    )
    arguments = parser.parse_args()
    try:
        port = usable_port()
        with without_collection():
            page, options = prepare(arguments.checkpoint, arguments.collect)
        page.launch(server_port=port, **options)
    except TextMatchError as error:
        sys.exit(f"app.py: {error}")
    except KeyboardInterrupt:
        print("\napp.py: stopped", file=sys.stderr)
        sys.exit(STOPPED)


def usable_port() -> int:
    """The port to answer at, before anything is loaded. Gradio itself would silently take another one if it is busy.

    Raises:
        InputError: GRADIO_SERVER_PORT is no port, or GRADIO_SERVER_NAME is none of this machine, or the port is busy.
    """
    port = os.environ.get("GRADIO_SERVER_PORT") or str(PORT)
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
        raise InputError(f"GRADIO_SERVER_PORT={port:.80}: expected a number from 1 to {2**16 - 1}")
    for name in dict.fromkeys(("127.0.0.1", os.environ.get("GRADIO_SERVER_NAME", "").strip("[]") or "127.0.0.1")):
        try:
            family, kind, _, _, address = socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            raise InputError(
                f"the page cannot answer at {name}, port {port}: {error.strerror}; GRADIO_SERVER_PORT names another "
                "port, GRADIO_SERVER_NAME another address"
            ) from None
    return int(port)


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


def prepare(checkpoint: str, collect: str | None = None) -> tuple[Any, dict[str, Any]]:
    """The page around a checkpoint, and how to launch it. Only here are the large packages imported.

    Gradio is imported by `textmatch.demo`, which first tells it where its temporary folder is.

    Raises:
        TextMatchError: the checkpoint, the temporary folder or the file to collect in cannot be used.
    """
    import torch

    from textmatch.demo import Models, build, launch_options
    from textmatch.demo.collecting import Collector
    from textmatch.demo.memory import few_arenas
    from textmatch.demo.models import fastest_backend

    few_arenas()
    torch.set_num_threads(1)  # visitors share the cores: with more threads a pair takes longer, not shorter
    if os.environ.get("SYSTEM") == "spaces":  # a Space is reached through the Hub's proxy alone
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
        # Gradio would also watch the source there, in a thread that fails without the package spaces.
        importlib.import_module("gradio.http_server").get_space = lambda: None  # type: ignore[attr-defined]
    device = "cpu" if marked_for_zero_gpu() else None
    collector = Collector.to(collect) if collect else None
    models = Models.beside(checkpoint, device, backend=fastest_backend())
    return build(models, collector), launch_options()


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
