"""The `textmatch` command, also `python -m textmatch`: predict, score, search, duplicates, evaluate."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textmatch.errors import CheckpointError, InputError, TextMatchError

if TYPE_CHECKING:
    from textmatch.files import Splits, Table
    from textmatch.matcher import TextMatcher
    from textmatch.results import Prediction
    from textmatch.scoring import Score
    from textmatch.search import Group, Hit, Index, Step

CHECKPOINT = Path(__file__).resolve().parent.parent / "checkpoints" / "default"
"""The default checkpoint of the repository; an installed package has none."""


def run() -> None:
    """The `textmatch` command: an error of ours is one line on standard error, and exit code 1."""
    try:
        main()
    except TextMatchError as error:
        sys.exit(f"textmatch: {error}")


def main(arguments: list[str] | None = None) -> None:
    """Run one command.

    Args:
        arguments: the command line without the program's name; None takes that of the process.

    Raises:
        TextMatchError: a sentence, a file or the checkpoint cannot be used.
    """
    options = parser().parse_args(arguments)
    options.run(options)


# The command line's options


def parser() -> argparse.ArgumentParser:
    """The parser; each command sets `run`, the function that does it."""
    result = argparse.ArgumentParser(prog="textmatch", description="Do two Chinese sentences mean the same?")
    commands = result.add_subparsers(dest="command", required=True)
    shared = _shared_options()
    with_checkpoint = argparse.ArgumentParser(add_help=False, parents=[shared])
    with_checkpoint.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="checkpoint folder (%(default)s)")
    _add_predict(commands, with_checkpoint)
    _add_score(commands, with_checkpoint)
    listed = _list_options()
    _add_search(commands, listed, with_checkpoint)
    _add_duplicates(commands, listed, with_checkpoint)
    _add_evaluate(commands, shared)
    return result


def _shared_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--device", help="cpu, cuda, mps or xpu (the best that this machine has)")
    options.add_argument("--json", action="store_true", help="print JSON")
    return options


def _list_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("file", type=Path, help="list of sentences: .txt, .csv, .tsv, .jsonl or .xlsx")
    options.add_argument("--column", help="name of the column with the sentences (question, 问题 … or the first)")
    return options


def _add_predict(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser("predict", parents=[shared], help="compare two sentences")
    command.add_argument("sentence1")
    command.add_argument("sentence2")
    command.set_defaults(run=predict)


def _add_score(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "score",
        parents=[shared],
        help="compare the pairs of a file, row by row",
        description="Compare the pairs of a file (CSV, TSV, JSONL, XLSX, Parquet). The result has the same rows, with "
        "the columns probability, prediction, similarity and problem. A row that cannot be used does not stop the "
        "others.",
    )
    command.add_argument("file", type=Path)
    command.add_argument("--output", type=Path, help="a .csv or .xlsx file (CSV, or with --json JSON Lines, to stdout)")
    for column in ("sentence1", "sentence2", "label"):
        command.add_argument(f"--{column}", default="", metavar="COLUMN", help=f"the {column} column (recognised)")
    command.set_defaults(run=score)


def _add_search(commands: Any, listed: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "search", parents=[listed, shared], help="find the sentences of a file that mean the same as a query"
    )
    command.add_argument("query")
    command.add_argument("--top-k", type=int, default=10, help="hits at most (%(default)s)")
    command.set_defaults(run=search)


def _add_duplicates(commands: Any, listed: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "duplicates", parents=[listed, shared], help="group the sentences of a file that mean the same"
    )
    command.add_argument(
        "--threshold", type=float, default=0.7, help="probability from which two are the same (%(default)s)"
    )
    command.set_defaults(run=duplicates)


def _add_evaluate(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "evaluate",
        parents=[shared],
        help="figures on labelled pairs, and the behaviour suite",
        description="Print a checkpoint's figures on the dev and test split of a folder, and its behaviour suite. If "
        "the data is what the checkpoint was trained on, they are also written to its metrics.json and card.",
    )
    command.add_argument("checkpoint", type=Path, help="checkpoint folder")
    command.add_argument("data", type=Path, help="a folder with train, dev and perhaps test files")
    command.set_defaults(run=evaluate)


# predict


def predict(options: argparse.Namespace) -> None:
    """Print the prediction for two sentences."""
    matcher = _matcher(options)
    (prediction,) = matcher.predict([(options.sentence1, options.sentence2)])
    if options.json:
        print(_json(dataclasses.asdict(prediction)))
    else:
        print("\n".join(_prediction_lines(prediction, matcher.max_length)))


def _prediction_lines(prediction: Prediction, max_length: int) -> Iterable[str]:
    yield f"Prediction: {prediction.label}"
    for label, probability in prediction.probabilities.items():
        yield f"{label}: {probability:.4f}"
    yield f"Similarity: {prediction.similarity:.4f}"
    for number, (truncated, unknown) in enumerate(zip(prediction.truncated, prediction.unknown, strict=True), 1):
        if truncated:
            yield f"Sentence {number} was cut after {max_length} positions: {truncated}"
        if unknown:
            yield f"Sentence {number} has unknown tokens: {' '.join(unknown)}"


# score


def score(options: argparse.Namespace) -> None:
    """Score a file. If interrupted, it writes what was scored until then."""
    from textmatch.files import read_table
    from textmatch.scoring import result_names, result_rows

    _check_output(options.output)
    columns = (options.sentence1, options.sentence2, options.label)
    table = read_table(options.file, filter(None, columns))
    scores = _score_rows(_matcher(options), table, columns)
    _write_rows(options, result_names(table), result_rows(table, scores))
    failed = sum(one.probability is None for one in scores)
    if options.output and options.json:
        summary = {"rows": len(table.rows), "scored": len(scores) - failed, "failed": failed}
        print(_json(summary | {"output": str(options.output)}))
    done = f"{len(scores):,} of {len(table.rows):,} rows, {failed:,} of them could not be scored"
    print(f"\r{done}", file=sys.stderr)


def _check_output(output: Path | None) -> None:
    if output and (output.suffix.lower() not in (".csv", ".xlsx") or not output.parent.is_dir()):
        raise InputError(f"--output {output}: expected a name that ends in .csv or .xlsx, in a folder that exists")


def _score_rows(matcher: TextMatcher, table: Table, columns: tuple[str, str, str]) -> list[Score]:
    from textmatch.scoring import score as score_chunks

    scores: list[Score] = []
    try:
        for chunk in score_chunks(matcher, table, table.columns(*columns)):
            scores += chunk
            if sys.stderr.isatty():
                print(f"\r{len(scores):,} of {len(table.rows):,} rows", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
    return scores


def _write_rows(options: argparse.Namespace, names: tuple[str, ...], rows: Iterable[list[Any]]) -> None:
    from textmatch.files import write_csv, write_xlsx

    if options.output:
        write = write_xlsx if options.output.suffix.lower() == ".xlsx" else write_csv
        try:
            write(options.output, names, rows)
        except OSError as error:
            raise InputError(f"--output {options.output}: the file cannot be written: {error.strerror}") from None
    elif options.json:
        for row in rows:
            print(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str))
    else:
        write_csv(sys.stdout, names, rows)


# search, duplicates


def search(options: argparse.Namespace) -> None:
    """Print the sentences of a list that are nearest to a query."""
    table, index = _index(options)
    hits = index.search(options.query, options.top_k)
    figures = ("probability", "similarity", "overlap")
    if options.json:
        print(_json([_hit_values(hit, table, figures) for hit in hits], indent=1))
        return
    for hit in hits:
        print(f"{hit.probability:.4f}  {hit.similarity:.4f}  {hit.overlap:.4f}  {_row(hit, table)}")


def duplicates(options: argparse.Namespace) -> None:
    """Print the sentences of a list that mean the same, in groups."""
    table, index = _index(options)
    groups = index.duplicates(options.threshold, _progress("comparing"))
    if options.json:
        print(_json([[_hit_values(hit, table, ("probability",)) for hit in group.members] for group in groups], 1))
    else:
        print("\n".join(_group_lines(groups, table)) or "no duplicates")


def _group_lines(groups: Iterable[Group], table: Table) -> Iterable[str]:
    for number, group in enumerate(groups, start=1):
        yield f"group {number}, {len(group.members)} sentences"
        for hit in group.members:
            yield f"  {hit.probability:.4f}  {_row(hit, table)}"


def _hit_values(hit: Hit, table: Table, figures: Iterable[str]) -> dict[str, Any]:
    row = hit.position + table.first_number
    return {"row": row, "sentence": hit.sentence} | {name: round(getattr(hit, name), 4) for name in figures}


def _row(hit: Hit, table: Table) -> str:
    return f"row {hit.position + table.first_number}: {hit.sentence}"


def _index(options: argparse.Namespace) -> tuple[Table, Index]:
    """The file's list, embedded; skipped rows are reported on standard error."""
    from textmatch.files import read_list
    from textmatch.search import Index
    from textmatch.text import MAX_CHARACTERS

    table = read_list(options.file)
    index = Index.build(_matcher(options), table.column(options.column), _progress("embedding"))
    reasons = {"blank": "blank", "long": f"over {MAX_CHARACTERS} characters", "broken": "holds a broken character"}
    for position, reason in index.skipped:
        print(f"row {position + table.first_number} was skipped: {reasons[reason]}", file=sys.stderr)
    return table, index


def _progress(what: str) -> Callable[[Step], None]:
    """Reports steps on standard error, if that is a terminal."""

    def report(step: Step) -> None:
        if sys.stderr.isatty():
            end = "\n" if step.done == step.total else ""
            print(f"\r{what} {step.done:,} / {step.total:,}", end=end, file=sys.stderr)

    return report


# evaluate


def evaluate(options: argparse.Namespace) -> None:
    """Print a checkpoint's figures. If the data is its own, write them to its metrics and card, too."""
    from textmatch.evaluation import report, table
    from textmatch.files import load_splits

    matcher = _matcher(options)
    splits = load_splits(options.data)
    figures = report(matcher, splits)
    print(_json(figures) if options.json else table(figures))
    if _trained_on(matcher, splits):
        _rewrite_metrics(options.checkpoint, figures)


def _trained_on(matcher: TextMatcher, splits: Splits) -> bool:
    own = matcher.metrics.get("data_sha256", {})
    return all(own.get(f"{splits.corpus}/{name}") == digest for name, digest in splits.sources.items())


def _rewrite_metrics(folder: Path, figures: dict[str, Any]) -> None:
    import torch

    from textmatch import checkpoint
    from textmatch.training import card

    loaded = checkpoint.load(folder, torch.device("cpu"))
    metrics = loaded.metrics | figures
    text = card.text(folder.resolve().name, loaded.config, metrics)
    checkpoint.save(folder, loaded._replace(metrics=metrics), text, card.pictures(metrics))


# All commands


def _matcher(options: argparse.Namespace) -> TextMatcher:
    from textmatch.matcher import TextMatcher

    if options.checkpoint == CHECKPOINT and not CHECKPOINT.exists():
        raise CheckpointError(
            "no checkpoint is installed with the package; give the folder of one with --checkpoint, "
            "for example checkpoints/default of the textmatch repository"
        )
    return TextMatcher.from_pretrained(options.checkpoint, options.device)


def _json(values: Any, indent: int | None = None) -> str:
    return json.dumps(values, ensure_ascii=False, indent=indent)
