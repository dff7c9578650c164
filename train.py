"""Train a text matcher: `python train.py --data FOLDER`. The defaults are those of textmatch.config."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn, get_args

STOPPED = 128 + signal.SIGINT
"""The exit code after Ctrl-C: that of `textmatch.errors`, which is not imported before Ctrl-C can be heard."""

try:
    from textmatch.cli import accept_any_text
    from textmatch.config import KEPT_SETTINGS, PRESETS, ClassWeights, DevMetric, ModelConfig, Tracker, TrainConfig
    from textmatch.errors import TextMatchError
    from textmatch.files import ENCODINGS, DataOptions, column_names, load_splits, read_pairs
    from textmatch.files.labels import class_order, shown_names
    from textmatch.text import Unit
except KeyboardInterrupt:
    sys.exit(STOPPED)

SMALLEST_BATCH = 16

PACKAGES = ("accelerate", "matplotlib", "pypinyin", "tqdm")
"""What training needs besides what the page needs."""

NOT_OPTIONS = {"arch", "labels"}  # set by the preset and by the data


def parser() -> argparse.ArgumentParser:
    """The command line; one option for every field of the configurations."""
    result = argparse.ArgumentParser(description=__doc__)
    result.add_argument("--preset", choices=PRESETS, help="network and training to start from (default: default)")
    result.add_argument(
        "--data",
        nargs="+",
        type=Path,
        help="a folder with train, dev and perhaps test files, or the files (default: LCQMC from the Hub)",
    )
    result.add_argument(
        "--dev-share",
        type=float,
        default=DataOptions().dev_share,
        help="share of the train pairs that become the dev split where there is none (%(default)s)",
    )
    result.add_argument(
        "--also", nargs="+", type=Path, default=[], help="folders of further corpora with the same labels"
    )
    result.add_argument(
        "--generated",
        nargs="+",
        type=Path,
        default=[],
        help="the same for pairs made by textmatch.training.generate: the vocabulary is not taken from them",
    )
    result.add_argument(
        "--weights",
        nargs="+",
        type=float,
        default=[],
        metavar="W",
        help="factors of how often pairs are drawn, one for each folder of --also and then of --generated (default: 1)",
    )
    result.add_argument(
        "--dev-also",
        nargs="+",
        type=Path,
        default=[],
        help="files of pairs that weigh as much as the dev split when an epoch is chosen and the network is calibrated",
    )
    result.add_argument(
        "--columns",
        default="",
        metavar="A,B,Y",
        help="the columns with the sentences and the label (default: recognised by their names, or by their order)",
    )
    result.add_argument(
        "--sheet", default="", metavar="NAME", help="the sheet of a workbook (default: the one with the data)"
    )
    result.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first row names the columns (default: told by its cells)",
    )
    result.add_argument(
        "--encoding",
        default="",
        choices=tuple(ENCODINGS),
        help="the encoding of files of text (default: recognised)",
    )
    result.add_argument(
        "--positive",
        default="",
        metavar="LABEL",
        help="the label of sentences that mean the same (default: told by its name, such as 1, yes, 是, 相似)",
    )
    result.add_argument(
        "--labels",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="all labels that there are; another one is an error (default: those of train, without what looks like a "
        "typo)",
    )
    result.add_argument(
        "--init",
        nargs="+",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint to start from, a folder or USER/NAME on the Hub: its vocabulary, sizes and weights; of "
        "several the mean of their weights",
    )
    result.add_argument(
        "--output",
        type=Path,
        help="checkpoint folder to write (default: checkpoints/, the name of the data and that of the preset)",
    )
    result.add_argument(
        "--overwrite",
        action="store_true",
        help="replace the checkpoint that the output holds, and what an interrupted run has saved for --resume",
    )
    result.add_argument(
        "--log",
        type=Path,
        metavar="FILE.jsonl",
        help="write the figures of each epoch, and within it of every 50 steps, as lines of JSON",
    )
    result.add_argument(
        "--report-to",
        nargs="+",
        choices=get_args(Tracker),
        default=[],
        help="also send them to these, whose packages are to be installed",
    )
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
                option = _option(field.name)
                by_size = "; smaller for small data" if field.name == "batch_size" else ""
                group.add_argument(option, help=f"(default: {defaults}{by_size})", **_value_of(field.default))
    return result


def _option(field: str) -> str:
    """What a field of the configurations is called on the command line."""
    return f"--{field.replace('_', '-')}"


def _value_of(default: object) -> dict[str, Any]:
    """How argparse reads a field with this default; an option that is not given is left out of the result."""
    if isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction, "default": argparse.SUPPRESS}
    choices = [get_args(kind) for kind in (Unit, ClassWeights, DevMetric) if default in get_args(kind)]
    chosen = {"choices": choices[0]} if choices else {}
    return {"type": type(default), "default": argparse.SUPPRESS, **chosen}


def configurations(options: Mapping[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    """The preset's configurations with the given options in place.

    Raises:
        TextMatchError: a value that no network can be built from or trained with.
    """
    model, train = PRESETS[options["preset"] or "default"]
    given = {name: value for name, value in options.items() if name not in NOT_OPTIONS}
    try:
        model = replace(model, **{field.name: given[field.name] for field in fields(model) if field.name in given})
        train = replace(train, **{field.name: given[field.name] for field in fields(train) if field.name in given})
    except ValueError as error:
        name, _, problem = str(error).partition(":")
        raise TextMatchError(f"{_option(name)}:{problem}") from None
    return model, train


def _refuse_ignored(options: Mapping[str, Any]) -> None:
    """Refuse options that a run from a checkpoint would ignore: it has that one's network and vocabulary."""
    ignored = {field.name for field in fields(ModelConfig)} - KEPT_SETTINGS | {"min_characters", "min_words"}
    if options["init"] and (given := sorted(ignored & options.keys())):
        names = ", ".join(map(_option, given))
        raise TextMatchError(f"{names}: with --init this comes from the checkpoint; leave it out, or --init")


def _refuse_missing_packages() -> None:
    """Refuse to begin where a package is missing, also one that is only needed at the end."""
    if find_spec("torch") is None:
        raise TextMatchError("training needs torch, which is not installed; expected pip install -r requirements.txt")
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise TextMatchError(
            f"training needs the packages {', '.join(PACKAGES)}, and {' and '.join(missing)} {are} not installed; "
            "expected pip install -r requirements-train.txt"
        )


@contextmanager
def _loading() -> Iterator[None]:
    """Say that a package is installed and yet cannot be loaded, also one that is only needed at the end."""
    try:
        for name in PACKAGES:
            import_module(name)
        yield
    except (ImportError, OSError) as error:  # OSError: a shared library of torch is missing or damaged
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise TextMatchError(
            f"a package that training needs cannot be loaded: {reason:.200}; expected pip install -r requirements.txt "
            "-r requirements-train.txt"
        ) from error


def _stop(advice: str = "") -> NoReturn:
    """End after Ctrl-C as the `textmatch` command does."""
    print(f"\ntrain.py: stopped{advice}", file=sys.stderr)
    sys.exit(STOPPED)


def _batch_size(pairs: int, largest: int) -> int:
    """A power of two with which an epoch has 40 steps, between `SMALLEST_BATCH` and `largest`."""
    size = SMALLEST_BATCH
    while size * 2 <= min(largest, pairs / 40):
        size *= 2
    return size


def _default_name(corpus: str, preset: str) -> str:
    """The name of a checkpoint: that of its data, and of the preset if it is not the default one."""
    return "-".join(filter(None, (corpus, "" if corpus and preset == "default" else preset)))


def main(arguments: list[str]) -> None:
    """Train as the command line says."""
    options = vars(parser().parse_args(arguments))
    model, train = configurations(options)
    _refuse_ignored(options)
    _refuse_missing_packages()
    with _loading():
        from textmatch.training.loop import RunOptions, fit
        from textmatch.training.state import has_finished_epochs

    labels, positive = options["labels"], options["positive"]
    given = DataOptions(
        columns=column_names(options["columns"]),
        sheet=options["sheet"],
        header=options["header"],
        positive=positive,
        labels=shown_names(class_order(set(labels), positive)) if labels else (),
        dev_share=options["dev_share"],
        encoding=options["encoding"],
    )
    splits = load_splits(options["data"], given)
    if "batch_size" not in options:
        train = replace(train, batch_size=_batch_size(len(splits.train), train.batch_size))
    also, generated = (
        [load_splits(folder, DataOptions(labels=splits.labels, dev_share=given.dev_share)) for folder in options[name]]
        for name in ("also", "generated")
    )
    output = options["output"] or Path("checkpoints") / _default_name(splits.corpus, options["preset"] or "default")
    run_options = RunOptions(
        also=also,
        generated=generated,
        weights=options["weights"],
        dev_also=[pair for file in options["dev_also"] for pair in read_pairs(file, splits.labels)],
        init=options["init"],
        arch=model.arch if options["preset"] else None,
        device=options["device"],
        precision=options["precision"],
        resume=options["resume"],
        overwrite=options["overwrite"],
        log=options["log"],
        report_to=options["report_to"],
        command=shlex.join(["python", "train.py", *arguments]),
    )
    try:
        fit(splits, model, train, output, run_options)
    except KeyboardInterrupt:
        is_saved = has_finished_epochs(output)
        _stop("; the finished epochs are saved: the same command with --resume continues" if is_saved else "")


if __name__ == "__main__":
    accept_any_text()
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"train.py: {error}")
    except KeyboardInterrupt:
        _stop()
