"""Load mutated checkpoint folders: each is a CheckpointError, or gives the very same answers.

    python -m benchmarks.hostile_checkpoints --folders 10000 --output benchmarks/results/hostile_checkpoints.json

A small network is enough, as loading does the same for any size. The same seed gives the same folders.
"""

from __future__ import annotations

import collections
import json
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.output import Machine, end_with, options_of_a_long_run
from textmatch import CheckpointError, TextMatcher, checkpoint
from textmatch.config import ModelConfig
from textmatch.models import build
from textmatch.results import Prediction
from textmatch.text import Vocabulary

SENTENCES = ("我家的猫喜欢晒太阳", "这只猫很喜欢晒太阳", "明天下午3点开会", "后天上午开会吗")
PAIRS = [(one, two) for one in SENTENCES for two in SENTENCES[:2]]
FRAGMENTS = (
    b"0",
    b"9",
    b"-",
    b"null",
    b'"',
    b"{",
    b"]",
    b",",
    b"\0",
    b"\xff",
    b"NaN",
    b"1e999",
    b"\\ud800",
    b"[" * 5000,
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**6,
    10**30,
    1.5,
    float("nan"),
    "",
    "x",
    [],
    {},
    ["\ud800", "b"],
    "0" * 64,
)


def small(folder: Path) -> None:
    """Save a checkpoint with an untrained small network."""
    torch.manual_seed(1)
    config = ModelConfig(character_dim=4, word_dim=4, hidden_size=4, embedding_dim=4)
    vocabulary = Vocabulary.build(SENTENCES, 1, 1)
    network = build(config, vocabulary.num_characters, len(vocabulary.words)).eval()
    checkpoint.save(folder, checkpoint.Checkpoint(config, vocabulary, network, {"dev": {"accuracy": 0.5}}), "# small\n")


def mutate(folder: Path, chance: random.Random) -> None:
    """Damage one or two of a folder's files."""
    for file in chance.sample(sorted(folder.iterdir()), chance.choice((1, 1, 2))):
        kind = chance.randrange(8)
        if kind == 0:
            file.unlink()
        elif kind == 1 and file.suffix == ".json":
            _change_value(file, chance)
        elif kind == 2:
            other = chance.choice([each for each in folder.iterdir() if each != file] or [file])
            file.write_bytes(other.read_bytes())
        else:
            file.write_bytes(_mutated(file.read_bytes(), chance))


def _change_value(file: Path, chance: random.Random) -> None:
    """Put another value somewhere in a JSON file."""
    values = json.loads(file.read_text(encoding="utf-8"))
    inside = values
    while True:
        key = chance.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
        if isinstance(inside[key], dict | list) and inside[key] and chance.random() < 0.8:
            inside = inside[key]
            continue
        inside[key] = chance.choice(VALUES)
        break
    file.write_text(json.dumps(values), encoding="utf-8")


def _mutated(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 3))):
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0 and data:
            data[place % len(data)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[place:place] = chance.choice(FRAGMENTS)
        elif kind == 2:
            del data[place : place + chance.choice((1, 8, 1000))]
        else:
            data[place : place + 4] = chance.randbytes(4)
    return bytes(data)


def judged(folder: Path, expected: list[Prediction]) -> str:
    """What loading a folder came to."""
    try:
        found = TextMatcher.from_pretrained(folder, "cpu").predict(PAIRS)
    except CheckpointError:
        return "CheckpointError"
    except Exception as error:
        return f"wrong: {error!r:.200}"
    return "the same answers" if found == expected else "wrong: other answers"


def main() -> None:
    """Load the folders and print what came of them; exit code 1 if one was loaded wrongly."""
    parser = options_of_a_long_run(__doc__)
    parser.add_argument("--folders", type=int, default=1000, help="mutated folders (%(default)s)")
    options = parser.parse_args()
    around, began = Machine(), time.monotonic()
    torch.set_num_threads(1)
    chance = random.Random(options.seed)
    results: collections.Counter[str] = collections.Counter()
    wrong: list[str] = []
    slowest = 0.0
    with tempfile.TemporaryDirectory() as place:
        right, folder = Path(place) / "right", Path(place) / "mutated"
        small(right)
        expected = TextMatcher.from_pretrained(right, "cpu").predict(PAIRS)
        for number in range(options.folders):
            if time.monotonic() - began > options.seconds:
                break
            shutil.copytree(right, folder)
            mutate(folder, chance)
            start = time.monotonic()
            result = judged(folder, expected)
            slowest = max(slowest, time.monotonic() - start)
            results[result.partition(":")[0]] += 1
            if result.startswith("wrong"):
                wrong.append(f"{number}: {result}")
            shutil.rmtree(folder)
    figures = {
        "folders": sum(results.values()), "seed": options.seed, "results": dict(results), "wrong": wrong,
        "slowest_seconds": round(slowest, 1), "machine": around.record(),
    }  # fmt: skip
    end_with(figures, options.output)


if __name__ == "__main__":
    main()
