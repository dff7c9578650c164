"""Kill training and saving at random moments: a run resumes to the unbroken run's bytes, a checkpoint is old or new.

    python -m benchmarks.kills --training 100 --saving 100 --output benchmarks/results/kills.json

Each attempt is a process of its own, which gets SIGKILL. It is forked from one that has everything loaded, so a kill
costs no start of Python. The network is small: what is written, and in what order, is the same for any size. The card's
pictures are left out, as drawing them takes longer than all else.
"""

from __future__ import annotations

import collections
import contextlib
import io
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import torch
from threadpoolctl import threadpool_limits

from benchmarks.output import Machine, end_with, options_of_a_long_run
from textmatch import TextMatchError, checkpoint
from textmatch.config import ModelConfig, TrainConfig
from textmatch.files import Pair, Splits
from textmatch.models import build
from textmatch.text import Vocabulary
from textmatch.training import card
from textmatch.training.loop import RunOptions, fit

CPU = torch.device("cpu")
MODEL = ModelConfig(character_dim=16, word_dim=16, hidden_size=16, embedding_dim=16)
TRAINING = TrainConfig(
    epochs=6,
    batch_size=4,
    min_characters=1,
    min_words=1,
    augmented_pairs=0.0,
    template_pairs=0.0,
    transitive_pairs=0.0,
)
THINGS = ("雨伞", "钥匙", "书包", "水杯", "帽子", "耳机", "手套", "围巾")
MATCHED = [Pair(f"我的{thing}不见了", f"我找不到{thing}了", "1") for thing in THINGS]
NOT_MATCHED = [Pair(f"我的{thing}不见了", f"哪里可以买到{thing}", "0") for thing in THINGS]
SPLITS = Splits([*MATCHED, *NOT_MATCHED], [*MATCHED[::2], *NOT_MATCHED[::2]], None, {}, "kills", ("不同", "相同"))

PATIENCE = 600
"""Seconds after which a process that should end has hung."""

FORK: Any = multiprocessing.get_context("fork")


def started(function: Callable[..., None], *arguments: Any) -> tuple[BaseProcess, Any]:
    """Run a function in a process of its own; the process, and a pipe that gets a message when the work begins."""
    here, there = FORK.Pipe()
    process = FORK.Process(target=_quietly, args=(function, there, *arguments))
    process.start()
    there.close()
    here.recv()
    return process, here


def _quietly(function: Callable[..., None], pipe: Any, *arguments: Any) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    torch.set_num_threads(1)
    pipe.send("begun")
    try:
        function(*arguments)
        pipe.send("")
    except TextMatchError as error:
        pipe.send(f"message: {error}")
    except Exception as error:
        pipe.send(f"wrong: {error!r:.300}")
    os._exit(0)


def told(process: BaseProcess, pipe: Any) -> str:
    """What became of a process that nobody kills: nothing if all went well."""
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        return "wrong: it hangs"
    return str(pipe.recv()) if pipe.poll() else "wrong: it died"


def killed(process: BaseProcess, seconds: float) -> bool:
    """Kill a process after some time; False if it was through before."""
    process.join(seconds)
    through = not process.is_alive()
    process.kill()
    process.join()
    return not through and process.exitcode == -signal.SIGKILL


# Training


def train(output: Path) -> None:
    """Train to the end: go on where there is a run to resume, else start anew."""
    progress = output.with_name(f"{output.name}.training") / "progress.json"
    fit(SPLITS, MODEL, TRAINING, output, RunOptions(device="cpu", resume=progress.exists(), overwrite=True))


def result(output: Path) -> tuple[bytes, ...]:
    """What a run came to: the files on which answers depend, and its figures without their times."""
    metrics = json.loads((output / checkpoint.METRICS).read_bytes())
    figures = [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in metrics["history"]]
    files = [(output / name).read_bytes() for name in (checkpoint.CONFIG, checkpoint.VOCABULARY, checkpoint.WEIGHTS)]
    return (*files, json.dumps([figures, metrics["dev"]]).encode())


def kill_training(kills: int, seconds: float, chance: random.Random, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Kill runs at random moments, each again and again until it is through; how far they were, and what went wrong."""
    began = time.monotonic()
    until = began + seconds
    wrong = [told(*started(train, folder / "unbroken"))]
    unbroken, expected = time.monotonic() - began, result(folder / "unbroken")
    moments: collections.Counter[str] = collections.Counter()
    for number in range(kills):
        output = folder / str(number) / "model"
        output.parent.mkdir()
        while sum(moments.values()) < kills:
            process, _ = started(train, output)
            if not killed(process, chance.uniform(0, unbroken)):
                break
            moments[_moment(output)] += 1
        problem = told(*started(train, output)) if not _through(output) else ""
        if problem or result(output) != expected:
            wrong.append(f"run {number}: {problem or 'another result'}")
        if left := sorted(path.name for path in output.parent.iterdir() if path != output):
            wrong.append(f"run {number}: left {left}")
        if sum(moments.values()) >= kills or time.monotonic() > until:
            break
    return dict(moments), [problem for problem in wrong if problem]


def _moment(output: Path) -> str:
    progress = output.with_name(f"{output.name}.training") / "progress.json"
    if output.exists():
        return "the checkpoint was there"
    return f"after epoch {len(json.loads(progress.read_bytes())['history'])}" if progress.exists() else "before epoch 1"


def _through(output: Path) -> bool:
    return output.exists() and not output.with_name(f"{output.name}.training").exists()


# Saving


def new_checkpoint(seed: int) -> checkpoint.Checkpoint:
    """A small checkpoint that says which one it is."""
    torch.manual_seed(seed)
    vocabulary = Vocabulary.build([sentence for pair in MATCHED for sentence in pair[:2]], 1, 1)
    config = replace(MODEL, hidden_size=16 * seed)
    network = build(config, vocabulary.num_characters, len(vocabulary.words)).eval()
    return checkpoint.Checkpoint(config, vocabulary, network, {"seed": seed})


def kill_saving(kills: int, chance: random.Random, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Kill the replacement of a checkpoint at random moments; what was there then, and what went wrong."""
    both = {seed: new_checkpoint(seed) for seed in (1, 2)}
    contents = {}
    for seed, each in both.items():
        checkpoint.save(folder / "expected" / str(seed), each, str(seed))
        contents[seed] = _contents(folder / "expected" / str(seed))
    took = []
    for _ in range(5):
        began = time.monotonic()
        process, _pipe = started(checkpoint.save, folder / "timed", both[2], "2")
        process.join()
        took.append(time.monotonic() - began)
    found: collections.Counter[str] = collections.Counter()
    wrong = []
    place = folder / "model"
    while sum(found.values()) < kills:
        checkpoint.save(place, both[1], "1")
        (place / "notes.txt").write_text("mine")
        process, _pipe = started(checkpoint.save, place, both[2], "2")
        if not killed(process, chance.uniform(0, sorted(took)[2])):
            continue
        seed = checkpoint.load(place, CPU).metrics["seed"]
        found["the new one" if seed == 2 else "the old one"] += 1
        if _contents(place) != contents[seed] | {"notes.txt": b"mine"}:
            wrong.append(f"kill {sum(found.values())}: not whole: {sorted(_contents(place))}")
        checkpoint.save(place, both[1], "1")
        others = {path.name for path in folder.iterdir()} - {"model", "expected", "timed"}
        if others or (place / "notes.txt").read_text() != "mine":
            wrong.append(f"kill {sum(found.values())}: left {sorted(others)} after another save")
    return dict(found), wrong


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def load_everything() -> None:
    """Load what a run loads on its way, so that each attempt begins at once."""
    card.attachments = Mock(return_value={})
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        train(Path(folder) / "model")


def main() -> None:
    """Kill, and print what came of it; exit code 1 if something went wrong."""
    parser = options_of_a_long_run(__doc__)
    parser.add_argument("--training", type=int, default=10, help="kills of training (%(default)s)")
    parser.add_argument("--saving", type=int, default=10, help="kills of saving (%(default)s)")
    options = parser.parse_args()
    around, chance = Machine(), random.Random(options.seed)
    torch.set_num_threads(1)
    threadpool_limits(1)  # a fork has no threads but its own
    load_everything()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        moments, wrong = kill_training(options.training, options.seconds, chance, folder)
        (folder / "saving").mkdir()
        found, damaged = kill_saving(options.saving, chance, folder / "saving")
    figures = {
        "seed": options.seed, "killed_at": moments,
        "found": found, "wrong": [*wrong, *damaged], "machine": around.record(),
    }  # fmt: skip
    end_with(figures, options.output)


if __name__ == "__main__":
    main()
