"""Train a text matcher: `python train.py --data FOLDER`. The defaults are those of textmatch.config."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

from textmatch.config import PRESETS, ModelConfig, TrainConfig
from textmatch.errors import TextMatchError
from textmatch.files import load_splits
from textmatch.text import Unit

NOT_OPTIONS = {"arch", "labels"}  # set by the preset and by the data


def parser() -> argparse.ArgumentParser:
    """The command line; one option for every field of the configurations."""
    result = argparse.ArgumentParser(description=__doc__)
    result.add_argument("--preset", choices=PRESETS, default="default", help="network and training to start from")
    result.add_argument(
        "--data",
        nargs="+",
        type=Path,
        help="a folder with train, dev and perhaps test files, or the files (default: LCQMC from the Hub)",
    )
    result.add_argument(
        "--also", nargs="+", type=Path, default=[], help="folders of further corpora with the same labels"
    )
    result.add_argument(
        "--init",
        nargs="+",
        type=Path,
        default=[],
        help="a checkpoint to start from: its vocabulary, sizes and weights; of several the mean of their weights",
    )
    result.add_argument("--output", type=Path, help="checkpoint folder to write (default: checkpoints/PRESET)")
    result.add_argument("--device", choices=("cpu", "cuda", "mps", "xpu"), help="where to train (default: the best)")
    result.add_argument(
        "--precision", choices=("no", "bf16"), help="bfloat16 or not (default: where the hardware is fast at it)"
    )
    result.add_argument("--resume", action="store_true", help="continue an interrupted run")
    for part, config in enumerate((ModelConfig, TrainConfig)):
        group = result.add_argument_group(config.__name__)
        for field in fields(config):
            if field.name not in NOT_OPTIONS:
                defaults = ", ".join(f"{name} {getattr(preset[part], field.name)}" for name, preset in PRESETS.items())
                option = f"--{field.name.replace('_', '-')}"
                group.add_argument(option, help=f"(default: {defaults})", **_value_of(field.default))
    return result


def _value_of(default: object) -> dict[str, Any]:
    """How argparse reads a field with this default; an option that is not given is left out of the result."""
    if isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction, "default": argparse.SUPPRESS}
    choices = {"choices": get_args(Unit)} if default in get_args(Unit) else {}
    return {"type": type(default), "default": argparse.SUPPRESS, **choices}


def configurations(options: Mapping[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    """The preset's configurations with the given options in place.

    Raises:
        TextMatchError: a value that no network can be built from or trained with.
    """
    model, train = PRESETS[options["preset"]]
    given = {name: value for name, value in options.items() if name not in NOT_OPTIONS}
    try:
        model = replace(model, **{field.name: given[field.name] for field in fields(model) if field.name in given})
        train = replace(train, **{field.name: given[field.name] for field in fields(train) if field.name in given})
    except ValueError as error:
        raise TextMatchError(str(error)) from None
    return model, train


def main(arguments: list[str]) -> None:
    """Train as the command line says."""
    options = vars(parser().parse_args(arguments))
    model, train = configurations(options)
    from textmatch.training.loop import RunOptions, fit

    data = options["data"]
    fit(
        load_splits(data[0] if data and len(data) == 1 else data),
        model,
        train,
        options["output"] or Path("checkpoints") / options["preset"],
        RunOptions(
            also=[load_splits(folder) for folder in options["also"]],
            init=options["init"],
            device=options["device"],
            precision=options["precision"],
            resume=options["resume"],
            command=shlex.join(["python", "train.py", *arguments]),
        ),
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"train.py: {error}")
    except KeyboardInterrupt:
        sys.exit("\ntrain.py: stopped; the finished epochs are saved: the same command with --resume continues")
