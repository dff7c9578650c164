"""The command line: `python -m textmatch predict`, `score`, `search`, `duplicates` and `evaluate`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textmatch.errors import InputError, TextMatchError

if TYPE_CHECKING:
    from textmatch.lists import Table
    from textmatch.matcher import TextMatcher
    from textmatch.search import Index, Step

CHECKPOINT = Path(__file__).resolve().parent.parent / "checkpoints" / "default"


def parser() -> argparse.ArgumentParser:
    """The command line's grammar: each command names the function that does it."""
    result = argparse.ArgumentParser(prog="python -m textmatch", description="Do two Chinese sentences mean the same?")
    commands = result.add_subparsers(dest="command", required=True)

    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="checkpoint folder (%(default)s)")
    shared.add_argument("--device", help="cpu, cuda, mps or xpu (the best there is)")
    shared.add_argument("--json", action="store_true", help="answer in JSON")

    command = commands.add_parser("predict", parents=[shared], help="judge two sentences")
    command.add_argument("sentence1")
    command.add_argument("sentence2")
    command.set_defaults(run=predict)

    command = commands.add_parser(
        "score",
        parents=[shared],
        help="judge a file of pairs, row by row",
        description="Judge a file of pairs (CSV, TSV, JSONL, XLSX, Parquet): the same rows, with the columns "
        "probability, prediction, similarity and problem. A row that cannot be judged does not stop the others.",
    )
    command.add_argument("file", type=Path)
    command.add_argument("--output", type=Path, help="a .csv or .xlsx file (CSV, or with --json JSON Lines, to stdout)")
    for column in ("sentence1", "sentence2", "label"):
        command.add_argument(f"--{column}", default="", metavar="COLUMN", help=f"the {column} column (recognised)")
    command.set_defaults(run=score)

    list_of = argparse.ArgumentParser(add_help=False)
    list_of.add_argument("file", type=Path, help="list of sentences: .txt, .csv, .tsv, .jsonl or .xlsx")
    list_of.add_argument("--column", help="name of the column with the sentences (question, 问题 … or the first)")

    command = commands.add_parser(
        "search", parents=[list_of, shared], help="find the sentences of a file that mean the same as a query"
    )
    command.add_argument("query")
    command.add_argument("--top-k", type=int, default=10, help="hits at most (%(default)s)")
    command.set_defaults(run=search)

    command = commands.add_parser(
        "duplicates", parents=[list_of, shared], help="group the sentences of a file that mean the same"
    )
    command.add_argument(
        "--threshold", type=float, default=0.7, help="probability from which two are the same (%(default)s)"
    )
    command.set_defaults(run=duplicates)

    command = commands.add_parser(
        "evaluate",
        help="figures on labelled pairs, and the behaviour suite",
        description="Print a checkpoint's figures on the dev and test split of a folder, and its behaviour suite. On "
        "the data that the checkpoint was chosen on they are written to its metrics.json and card, too.",
    )
    command.add_argument("checkpoint", type=Path, help="checkpoint folder")
    command.add_argument("data", type=Path, help="a folder with train, dev and perhaps test files")
    command.add_argument("--device", help="cpu, cuda, mps or xpu (the best there is)")
    command.add_argument("--json", action="store_true", help="answer in JSON")
    command.set_defaults(run=evaluate)
    return result


def main(arguments: list[str]) -> None:
    """Do what the command line says.

    Raises:
        TextMatchError: a sentence, a file or the checkpoint cannot be used.
    """
    options = parser().parse_args(arguments)
    options.run(options)


def predict(options: argparse.Namespace) -> None:
    """Print the verdict on two sentences."""
    matcher = _matcher(options)
    (prediction,) = matcher.predict([(options.sentence1, options.sentence2)])
    if options.json:
        print(json.dumps(dataclasses.asdict(prediction), ensure_ascii=False))
        return
    print(f"Prediction: {prediction.label}")
    for label, probability in prediction.probabilities.items():
        print(f"{label}: {probability:.4f}")
    print(f"Similarity: {prediction.similarity:.4f}")
    for number in (0, 1):
        if prediction.truncated[number]:
            print(f"Sentence {number + 1} was cut after {matcher.max_length} positions: {prediction.truncated[number]}")
        if prediction.unknown[number]:
            print(f"Sentence {number + 1} has unknown tokens: {' '.join(prediction.unknown[number])}")


def search(options: argparse.Namespace) -> None:
    """Print the sentences of a list that are nearest to a query."""
    table, index = _index(options)
    hits = index.search(options.query, options.top_k)
    rows = [
        {
            "row": hit.position + table.first,
            "sentence": hit.sentence,
            "probability": round(hit.probability, 4),
            "similarity": round(hit.similarity, 4),
            "overlap": round(hit.overlap, 4),
        }
        for hit in hits
    ]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        figures = "  ".join(f"{row[name]:.4f}" for name in ("probability", "similarity", "overlap"))
        print(f"{figures}  row {row['row']}: {row['sentence']}")


def duplicates(options: argparse.Namespace) -> None:
    """Print the sentences of a list that mean the same, in groups."""
    table, index = _index(options)
    groups = index.duplicates(options.threshold, _progress("comparing"))
    found = [
        [
            {
                "row": hit.position + table.first,
                "sentence": hit.sentence,
                "probability": round(hit.probability, 4),
            }
            for hit in group.members
        ]
        for group in groups
    ]
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for number, members in enumerate(found, start=1):
        print(f"group {number}, {len(members)} sentences")
        for member in members:
            print(f"  {member['probability']:.4f}  row {member['row']}: {member['sentence']}")
    if not found:
        print("no duplicates")


def _index(options: argparse.Namespace) -> tuple[Table, Index]:
    """The file's list, embedded; what of it was left out is said on standard error."""
    from textmatch.lists import read_table
    from textmatch.search import Index
    from textmatch.text import MAX_CHARACTERS

    table = read_table(options.file)
    sentences = table.column(options.column)
    index = Index.build(_matcher(options), sentences, _progress("embedding"))
    reasons = {"blank": "blank", "long": f"over {MAX_CHARACTERS} characters", "broken": "holds a broken character"}
    for position, reason in index.skipped:
        print(f"row {position + table.first} was skipped: {reasons[reason]}", file=sys.stderr)
    return table, index


def _progress(what: str) -> Callable[[Step], None]:
    """Writes how far it is to standard error, if someone watches."""

    def report(step: Step) -> None:
        if sys.stderr.isatty():
            print(
                f"\r{what} {step.done:,} / {step.total:,}", end="\n" if step.done == step.total else "", file=sys.stderr
            )

    return report


def evaluate(options: argparse.Namespace) -> None:
    """Print a checkpoint's figures; on the data that it was trained beside, write them to its record and card too."""
    import torch

    from textmatch import card, checkpoint
    from textmatch.data import load_splits
    from textmatch.evaluation import report, table

    matcher = _matcher(options)
    splits = load_splits(options.data)
    figures = report(matcher, splits)
    print(json.dumps(figures, ensure_ascii=False) if options.json else table(figures))
    own = matcher.metrics.get("data_sha256", {})
    if all(own.get(f"{splits.corpus}/{name}") == digest for name, digest in splits.sources.items()):
        loaded = checkpoint.load(options.checkpoint, torch.device("cpu"))
        record = loaded.metrics | figures
        text = card.text(options.checkpoint.resolve().name, loaded.config, record)
        checkpoint.save(options.checkpoint, loaded._replace(metrics=record), text, card.pictures(record))


def score(options: argparse.Namespace) -> None:
    """Score a file; what was done before an interruption is written all the same."""
    from textmatch.scoring import Score, result_names, result_rows
    from textmatch.scoring import score as chunks
    from textmatch.tables import read, write_csv, write_xlsx

    writers = {".csv": write_csv, ".xlsx": write_xlsx}
    output: Path | None = options.output
    if output and (output.suffix.lower() not in writers or not output.parent.is_dir()):
        raise InputError(f"--output {output}: expected a name that ends in .csv or .xlsx, in a folder that exists")
    columns = (options.sentence1, options.sentence2, options.label)
    table = read(options.file, filter(None, columns))
    places = table.columns(*columns)
    total = len(table.rows)
    scores: list[Score] = []
    try:
        for chunk in chunks(_matcher(options), table, places):
            scores += chunk
            if sys.stderr.isatty():
                print(f"\r{len(scores):,} of {total:,} rows", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
    names, rows = result_names(table), result_rows(table, scores)
    if output:
        try:
            writers[output.suffix.lower()](output, names, rows)
        except OSError as error:
            raise InputError(f"--output {output}: the file cannot be written: {error.strerror}") from None
    elif options.json:
        for row in rows:
            print(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str))
    else:
        write_csv(sys.stdout, names, rows)
    failed = sum(one.probability is None for one in scores)
    summary: dict[str, Any] = {"rows": total, "scored": len(scores) - failed, "failed": failed}
    if output and options.json:
        print(json.dumps(summary | {"output": str(output)}, ensure_ascii=False))
    print(f"\r{len(scores):,} of {total:,} rows, {failed:,} of them could not be scored", file=sys.stderr)


def _matcher(options: argparse.Namespace) -> TextMatcher:
    from textmatch.matcher import TextMatcher

    return TextMatcher.from_pretrained(options.checkpoint, options.device)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"textmatch: {error}")
