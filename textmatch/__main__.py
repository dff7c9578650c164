"""The command line: `python -m textmatch predict SENTENCE1 SENTENCE2`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from textmatch.errors import TextMatchError

CHECKPOINT = Path(__file__).resolve().parent.parent / "checkpoints" / "default"


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    result = argparse.ArgumentParser(prog="python -m textmatch", description="Do two Chinese sentences mean the same?")
    commands = result.add_subparsers(dest="command", required=True)
    predict = commands.add_parser("predict", help="judge two sentences")
    predict.add_argument("sentence1")
    predict.add_argument("sentence2")
    predict.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="checkpoint folder (%(default)s)")
    predict.add_argument("--device", help="cpu, cuda, mps or xpu (the best there is)")
    return result


def main(arguments: list[str]) -> None:
    """Do what the command line says.

    Raises:
        TextMatchError: a sentence or the checkpoint cannot be used.
    """
    options = parser().parse_args(arguments)
    from textmatch.matcher import TextMatcher

    matcher = TextMatcher.from_pretrained(options.checkpoint, options.device)
    (prediction,) = matcher.predict([(options.sentence1, options.sentence2)])
    print(f"Prediction: {prediction.label}")
    for label, probability in prediction.probabilities.items():
        print(f"{label}: {probability:.4f}")
    print(f"Similarity: {prediction.similarity:.4f}")
    for number in (0, 1):
        if prediction.truncated[number]:
            print(f"Sentence {number + 1} was cut after {matcher.max_length} positions: {prediction.truncated[number]}")
        if prediction.unknown[number]:
            print(f"Sentence {number + 1} has unknown tokens: {' '.join(prediction.unknown[number])}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"textmatch: {error}")
