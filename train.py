"""Train a text matcher: `python train.py --data FOLDER`. The defaults are those of textmatch.config."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

from textmatch.config import RECIPES, ModelConfig, TrainConfig
from textmatch.data import load_splits
from textmatch.errors import TextMatchError
from textmatch.text import Unit

DERIVED = {"arch", "labels"}


def parser() -> argparse.ArgumentParser:
    """The command line; one option for every field of the configurations."""
    result = argparse.ArgumentParser(description=__doc__)
    result.add_argument("--arch", choices=RECIPES, default="default", help="which network and recipe")
    result.add_argument(
        "--data",
        nargs="+",
        type=Path,
        help="a folder with train, dev and test files, or the files (LCQMC from the Hub)",
    )
    result.add_argument(
        "--also", nargs="+", type=Path, default=[], help="folders of further corpora with the same labels, learned too"
    )
    result.add_argument(
        "--init",
        nargs="+",
        type=Path,
        default=[],
        help="a checkpoint to start from: its vocabulary, sizes and weights; of several the mean of their weights",
    )
    result.add_argument("--output", type=Path, help="checkpoint folder to write (checkpoints/ARCH)")
    result.add_argument("--device", choices=("cpu", "cuda", "mps", "xpu"), help="where to train (the best there is)")
    result.add_argument(
        "--precision", choices=("no", "bf16"), help="bfloat16 or not (where the hardware is fast at it)"
    )
    result.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    for config in (ModelConfig, TrainConfig):
        group = result.add_argument_group(config.__name__)
        for field in fields(config):
            if field.name not in DERIVED:
                shown = ", ".join(f"{arch} {getattr(_part(arch, config), field.name)}" for arch in RECIPES)
                group.add_argument(
                    f"--{field.name.replace('_', '-')}", help=f"(default: {shown})", **_kind(field.default)
                )
    return result


def _part(arch: Any, config: type) -> ModelConfig | TrainConfig:
    return next(part for part in RECIPES[arch] if isinstance(part, config))


def _kind(default: object) -> dict[str, Any]:
    if isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction, "default": argparse.SUPPRESS}
    choices = {"choices": get_args(Unit)} if default in get_args(Unit) else {}
    return {"type": type(default), "default": argparse.SUPPRESS, **choices}


def main(arguments: list[str]) -> None:
    """Train as the command line says."""
    options = vars(parser().parse_args(arguments))
    model, train = RECIPES[options["arch"]]
    chosen = {name: value for name, value in options.items() if value is not None and name not in DERIVED}
    try:
        model = replace(model, **{f.name: chosen[f.name] for f in fields(model) if f.name in chosen})
        train = replace(train, **{f.name: chosen[f.name] for f in fields(train) if f.name in chosen})
    except ValueError as error:
        raise TextMatchError(str(error)) from None
    from textmatch.training import fit

    data = options["data"]
    fit(
        load_splits(data[0] if data and len(data) == 1 else data),
        model,
        train,
        options["output"] or Path("checkpoints") / options["arch"],
        also=[load_splits(folder) for folder in options["also"]],
        init=options["init"],
        device=options["device"],
        precision=options["precision"],
        resume=options["resume"],
        command=shlex.join(["python", "train.py", *arguments]),
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"train.py: {error}")
    except KeyboardInterrupt:
        sys.exit("\ntrain.py: stopped; the epochs that are done are kept: the same command with --resume goes on")
