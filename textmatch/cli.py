"""The `textmatch` command, also `python -m textmatch`: predictions, files, lists, figures, exports, and the Hub."""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from textmatch import __version__
from textmatch.errors import STOPPED, CheckpointError, DataError, InputError, TextMatchError

if TYPE_CHECKING:
    import numpy as np

    from textmatch.files import Columns, Splits, Table
    from textmatch.matcher import TextMatcher
    from textmatch.results import Prediction
    from textmatch.scoring import Score
    from textmatch.search import Group, Hit, Index, Step

CHECKPOINT = str(Path(__file__).resolve().parent.parent / "checkpoints" / "default")
"""The default checkpoint of the repository; an installed package has none."""

COLUMNS = ("sentence1", "sentence2", "label")


def run() -> None:
    """The `textmatch` command: an error of ours is one line on standard error, and exit code 1."""
    accept_any_text()
    output = _Output(sys.stdout)
    try:
        with redirect_stdout(output):
            try:
                main()
            finally:
                output.flush()
    except TextMatchError as error:
        output.discard()
        sys.exit(f"textmatch: {error}")
    except BrokenPipeError:  # a reader such as `head` has seen enough
        output.discard()
        sys.exit(128 + signal.SIGPIPE)
    except KeyboardInterrupt:
        print("\ntextmatch: stopped", file=sys.stderr)
        sys.exit(STOPPED)


class _Output:
    """Standard output; that it is closed, or that its disk is full, is an error of ours."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or io.TextIOWrapper(io.BufferedReader(io.BytesIO()), encoding="utf-8")  # only for reading

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _output_errors():
            return self._stream.write(text)

    def flush(self) -> None:
        with _output_errors():
            self._stream.flush()

    def discard(self) -> None:
        """Forget what cannot be written, so that nothing is left to flush at exit."""
        try:
            self._stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


@contextmanager
def _output_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or "it is closed"
        raise InputError(f"standard output cannot be written: {reason}; expected a terminal, pipe or file") from None


def accept_any_text() -> None:
    """Let the terminal show escapes for characters that its encoding lacks (an emoji in GBK), instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


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
    result.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = result.add_subparsers(dest="command", required=True)
    shared = _shared_options()
    with_checkpoint = argparse.ArgumentParser(add_help=False, parents=[shared])
    with_checkpoint.add_argument(
        "--checkpoint", default=CHECKPOINT, help="checkpoint folder, or USER/NAME on the Hub (%(default)s)"
    )
    with_checkpoint.add_argument(
        "--backend", choices=("torch", "onnx"), default="torch", help="what runs the network (%(default)s)"
    )
    _add_predict(commands, with_checkpoint)
    _add_score(commands, with_checkpoint)
    listed = _list_options()
    _add_search(commands, listed, with_checkpoint)
    _add_duplicates(commands, listed, with_checkpoint)
    _add_embed(commands, listed, with_checkpoint)
    _add_evaluate(commands, shared)
    _add_push(commands)
    _add_deploy(commands)
    _add_export(commands)
    return result


def _shared_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--device", help="cpu, cuda, mps or xpu (the best that this machine has)")
    options.add_argument("--json", action="store_true", help="print JSON")
    return options


def _list_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("file", type=Path, help="list of sentences: .txt, .csv, .tsv, .jsonl, .json or .xlsx")
    options.add_argument(
        "--column",
        help="column with the sentences: its name, or its number where columns have no names (recognised)",
    )
    _add_reading(options)
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
        "others. With --ray the pairs are in a folder of files (CSV, TSV, Parquet), which the machines of a Ray "
        "cluster score; docs/speed.md says how.",
    )
    command.add_argument("file", type=Path, help="the file, or - for standard input")
    command.add_argument("--output", type=Path, help="a .csv or .xlsx file (CSV, or with --json JSON Lines, to stdout)")
    command.add_argument(
        "--ray", action="store_true", help="score the files of a folder on a Ray cluster, into the folder --output"
    )
    for column in COLUMNS:
        command.add_argument(f"--{column}", default="", metavar="COLUMN", help=f"the {column} column (recognised)")
    _add_columns(command)
    command.set_defaults(run=score)


def _add_columns(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--columns",
        default="",
        metavar="A,B,Y",
        help="the columns of both sentences and the label: their names, or numbers where they have no names",
    )
    _add_reading(command)


def _add_reading(command: argparse.ArgumentParser) -> None:
    """Options for how a file is read, where it is not left to be recognised."""
    from textmatch.files import ENCODINGS

    command.add_argument("--sheet", default="", metavar="NAME", help="the sheet of a workbook (the one with the data)")
    command.add_argument(
        "--encoding", default="", choices=tuple(ENCODINGS), help="the encoding of a file of text (recognised)"
    )
    command.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first row names the columns (told by its cells)",
    )


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


def _add_embed(commands: Any, listed: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "embed",
        parents=[listed, shared],
        help="write the embeddings of the sentences of a file",
        description="Write one embedding, of length 1, for each sentence of a file: the dot product of two is their "
        "cosine.",
    )
    command.add_argument(
        "--output", type=Path, required=True, help="a .npy file (an array), or .parquet (sentence and embedding)"
    )
    command.set_defaults(run=embed)


def _add_evaluate(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "evaluate",
        parents=[shared],
        help="figures on labelled pairs, and the behaviour suite",
        description="Print a checkpoint's figures on the dev and test split of a folder, or on one file, and its "
        "behaviour suite. Of a file that the checkpoint was trained on, only the part that was kept as dev counts. If "
        "the data is what the checkpoint was trained on, they are also written to its metrics.json and card.",
    )
    command.add_argument("checkpoint", help="checkpoint folder, or USER/NAME on the Hub")
    command.add_argument("data", type=Path, help="a folder with train, dev and perhaps test files, or one file")
    command.add_argument(
        "--mistakes", type=int, default=0, metavar="N", help="also print the N worst mistakes on test, or else on dev"
    )
    _add_columns(command)
    command.set_defaults(run=evaluate)


def _add_push(commands: Any) -> None:
    command = commands.add_parser(
        "push",
        help="write a checkpoint to the Hugging Face Hub",
        description="Write a checkpoint to the Hugging Face Hub; a repository that is not there yet is created. Log in "
        "first, with `hf auth login` or HF_TOKEN.",
    )
    command.add_argument("checkpoint", type=Path, help="checkpoint folder")
    command.add_argument("name", metavar="USER/NAME", help="the model on the Hub")
    command.add_argument("--private", action="store_true", help="make a new repository private")
    command.set_defaults(run=push)


def _add_deploy(commands: Any) -> None:
    command = commands.add_parser(
        "deploy",
        help="create or update a Gradio Space with the demo page",
        description="Create or update a Gradio Space on the Hugging Face Hub with the demo page and checkpoints. Log "
        "in first, with `hf auth login` or HF_TOKEN.",
    )
    command.add_argument("name", metavar="USER/SPACE", help="the Space on the Hub")
    command.add_argument(
        "--checkpoint",
        nargs="+",
        default=[CHECKPOINT],
        help="checkpoint folders, the one that the page opens with first; or USER/NAME on the Hub (%(default)s)",
    )
    command.add_argument(
        "--hardware", default="", help="such as cpu-basic, cpu-upgrade, t4-small (what the Space has; a new one: CPU)"
    )
    command.add_argument(
        "--variable", action="append", default=[], metavar="NAME=VALUE", help="an environment variable; may be repeated"
    )
    command.add_argument("--private", action="store_true", help="make a new Space private")
    nothing_sent = command.add_mutually_exclusive_group()
    nothing_sent.add_argument("--dry-run", action="store_true", help="list what would be sent, and send nothing")
    nothing_sent.add_argument("--output", type=Path, help="write the files to this new folder, and send nothing")
    command.set_defaults(run=deploy)


def _add_export(commands: Any) -> None:
    command = commands.add_parser(
        "export",
        help="write a checkpoint's network as an ONNX file",
        description="Write a checkpoint's network as one ONNX graph, for ONNX Runtime in any language. docs/speed.md "
        "describes what goes in and comes out.",
    )
    command.add_argument("checkpoint", type=Path, help="checkpoint folder")
    command.add_argument("output", type=Path, help="a .onnx file")
    command.set_defaults(run=export)


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
    """Score a file. If interrupted, it writes what was scored until then, and the exit code says so."""
    from textmatch.files import naming, read_table
    from textmatch.scoring import result_names, result_rows

    if options.ray:
        return _score_on_ray(options)
    _check_output(options.output, (".csv", ".xlsx"))
    _check_other(options.output, options.file)
    names = _column_names(options)
    with _file_or_input(options.file) as file:
        table = read_table(file, filter(None, names), sheet=options.sheet, encoding=options.encoding)
        table = table.with_header(options.header)
    with naming(file):
        columns = table.columns(*names)
    print(f"{options.file.name}: {table.reading(columns)}", file=sys.stderr)
    scores, stopped = _score_rows(_matcher(options), table, columns)
    if stopped and not scores:
        print(f"0 of {len(table.rows):,} rows; nothing was written", file=sys.stderr)
        sys.exit(STOPPED)
    _write_rows(options, result_names(table), result_rows(table, scores))
    failed = sum(one.probability is None for one in scores)
    if options.output and options.json:
        summary = {"rows": len(table.rows), "scored": len(scores) - failed, "failed": failed}
        print(_json(summary | {"output": str(options.output)}))
    done = f"{len(scores):,} of {len(table.rows):,} rows, {failed:,} of them could not be scored"
    print(f"\r{done}", file=sys.stderr)
    if stopped:
        sys.exit(STOPPED)
    return None


def _score_on_ray(options: argparse.Namespace) -> None:
    """Score the parts of a folder that the output folder does not have yet; exit code 1 if one could not be read."""
    from textmatch.ray_data import Job, score_parts

    if options.output is None or options.sheet:
        raise InputError("--ray: expected a folder of CSV, TSV or Parquet files, and --output FOLDER")
    gpus = int(options.device not in (None, "cpu"))
    first, second, label = _column_names(options)
    job = Job(
        str(options.file),
        str(options.output),
        options.checkpoint,
        (first, second, label),
        options.header,
        options.backend,
        gpus,
    )
    wrong = 0
    for part in score_parts(job):
        wrong += bool(part.problem)
        counts = f"{part.rows:,} rows, {part.failed:,} of them could not be scored"
        done = f"{part.name}: {'not scored: ' + part.problem if part.problem else counts}"
        print(_json(part._asdict()) if options.json else done, flush=True)
    if wrong:
        raise DataError(f"{wrong:,} files could not be scored; the others are in {options.output}")


def _column_names(options: argparse.Namespace) -> list[str]:
    """The names that are given for `COLUMNS`; empty where none is."""
    from textmatch.files import column_names

    given = column_names(options.columns)
    return [getattr(options, column) or name for column, name in zip(COLUMNS, given, strict=True)]


def _check_output(output: Path | None, suffixes: tuple[str, ...], name: str = "--output") -> None:
    if output and (output.suffix.lower() not in suffixes or not output.parent.is_dir()):
        kinds = " or ".join(suffixes)
        raise InputError(f"{name} {output}: expected a name that ends in {kinds}, in a folder that exists")


def _check_other(output: Path | None, file: Path) -> None:
    """Refuse an output that is the file to be read, perhaps under another name or through a link."""
    if output is None:
        return
    with suppress(OSError):  # one of them does not exist: they are not the same
        read = os.fstat(sys.stdin.fileno()) if file == Path("-") else file.stat()
        if os.path.samestat(output.stat(), read):
            raise InputError(f"--output {output}: this is the file to be read; expected another name")


@contextmanager
def _file_or_input(file: Path) -> Iterator[Path]:
    """The file; for - one that holds what comes on standard input, named after what it looks like."""
    if file != Path("-"):
        yield file
        return
    content = sys.stdin.buffer.read()
    starts = {b"PK\x03\x04": ".xlsx", b"PAR1": ".parquet", b"{": ".jsonl", b"[": ".json"}
    suffixes = [suffix for start, suffix in starts.items() if content.startswith(start)]
    text = ".tsv" if b"\t" in content.partition(b"\n")[0] else ".csv"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"standard input{suffixes[0] if suffixes else text}"
        copy.write_bytes(content)
        yield copy


def _score_rows(matcher: TextMatcher, table: Table, columns: Columns) -> tuple[list[Score], bool]:
    """The scores of the rows, in order, and whether Ctrl-C ended them early."""
    from textmatch.scoring import score as score_chunks

    scores: list[Score] = []
    try:
        for chunk in score_chunks(matcher, table, columns):
            scores += chunk
            if sys.stderr.isatty():
                print(f"\r{len(scores):,} of {len(table.rows):,} rows", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return scores, True
    return scores, False


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
            print(_json(dict(zip(names, row, strict=True))))
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
    from textmatch.search import Index
    from textmatch.text import MAX_CHARACTERS

    table = _list(options)
    index = Index.build(_matcher(options), table.column(options.column), _progress("embedding"))
    reasons = {"blank": "blank", "long": f"over {MAX_CHARACTERS} characters", "broken": "holds a broken character"}
    for position, reason in index.skipped:
        print(f"row {position + table.first_number} was skipped: {reasons[reason]}", file=sys.stderr)
    return table, index


def _list(options: argparse.Namespace) -> Table:
    """The file's list; how it is read is told on standard error."""
    from textmatch.files import naming, read_list

    table = read_list(options.file, sheet=options.sheet, encoding=options.encoding).with_header(options.header)
    with naming(options.file):
        table.column(options.column)
    print(f"{options.file.name}: {table.list_reading(options.column)}", file=sys.stderr)
    return table


def _progress(what: str) -> Callable[[Step], None]:
    """Reports steps on standard error, if that is a terminal."""

    def report(step: Step) -> None:
        if sys.stderr.isatty():
            end = "\n" if step.done == step.total else ""
            print(f"\r{what} {step.done:,} / {step.total:,}", end=end, file=sys.stderr)

    return report


# embed


def embed(options: argparse.Namespace) -> None:
    """Write the embeddings of a list."""
    _check_output(options.output, (".npy", ".parquet"))
    _check_other(options.output, options.file)
    table = _list(options)
    sentences = table.column(options.column)
    for number, sentence in enumerate(sentences, table.first_number):
        if not sentence.strip():
            raise InputError(f"{options.file}, row {number}: the sentence is blank; expected one in every row")
    vectors = _matcher(options).embed(sentences, show_progress=sys.stderr.isatty())
    try:
        _write_vectors(options.output, sentences, vectors.numpy())
    except OSError as error:
        raise InputError(f"--output {options.output}: the file cannot be written: {error.strerror}") from None
    rows, dimensions = vectors.shape
    if options.json:
        print(_json({"rows": rows, "dimensions": dimensions, "output": str(options.output)}))
    print(f"{rows:,} embeddings of {dimensions} dimensions", file=sys.stderr)


def _write_vectors(output: Path, sentences: list[str], vectors: np.ndarray) -> None:
    import numpy as np

    if output.suffix.lower() == ".npy":
        np.save(output, vectors)
        return
    import pyarrow
    from pyarrow import parquet

    column = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel()), vectors.shape[1])
    parquet.write_table(pyarrow.table({"sentence": sentences, "embedding": column}), output)


# evaluate


def evaluate(options: argparse.Namespace) -> None:
    """Print a checkpoint's figures. If the data is its own, write them to its metrics and card, too."""
    from textmatch.evaluation import report, table, worst_mistakes
    from textmatch.files import DataOptions, column_names, load_splits
    from textmatch.hub import is_on_hub

    matcher = _matcher(options)
    given = DataOptions(
        column_names(options.columns),
        options.sheet,
        labels=matcher.labels,
        header=options.header,
        encoding=options.encoding,
    )
    splits = _with_all_pairs(matcher, load_splits(options.data, given))
    print(*splits.notes, sep="\n", file=sys.stderr)
    figures = report(matcher, splits)
    judged = splits.test or splits.dev
    mistakes = worst_mistakes(matcher, judged)[: options.mistakes] if options.mistakes > 0 else []
    if options.json:
        print(_json(figures | ({"mistakes": [each._asdict() for each in mistakes]} if options.mistakes else {})))
    else:
        print(table(figures))
        for each in mistakes:
            print(f"{each.confidence:.4f}  {each.prediction}, not {each.label}: {each.sentence1} / {each.sentence2}")
        if options.mistakes > 0 and not mistakes:
            print(f"\nno mistakes in {len(judged):,} pairs")
    if _trained_on(matcher, splits) and not is_on_hub(options.checkpoint):
        _rewrite_metrics(Path(options.checkpoint), figures)


def _with_all_pairs(matcher: TextMatcher, splits: Splits) -> Splits:
    """The pairs of a file without splits all as dev, unless the checkpoint was trained on that file."""
    from textmatch.files.splits import PART_OF_TRAIN

    if PART_OF_TRAIN not in splits.sources or splits.test:
        return splits
    known = matcher.metrics.get("data_sha256", {}).values()
    if any(digest in known for name, digest in splits.sources.items() if name != PART_OF_TRAIN):
        return splits
    pairs = splits.train + splits.dev
    note = f"dev: all {len(pairs):,} pairs, as the checkpoint was not trained on this file"
    return splits._replace(train=[], dev=pairs, notes=(*splits.notes[:-1], note))


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
    checkpoint.save(folder, loaded._replace(metrics=metrics), text, card.attachments(metrics))


# push


def push(options: argparse.Namespace) -> None:
    """Write a checkpoint to the Hub, and print the commit's address."""
    from textmatch import hub

    print(hub.push(options.checkpoint, options.name, options.private))


# deploy


def deploy(options: argparse.Namespace) -> None:
    """Send the demo page to a Space, or list what would be sent."""
    from textmatch import hub
    from textmatch import space as spaces

    space = spaces.Space(options.checkpoint, options.hardware, _variables(options.variable), options.private)
    if not (options.dry_run or options.output):
        print(spaces.deploy(options.name, space))
        return
    hub.check_name(options.name)
    if options.output:
        spaces.write(space, options.output)
        return
    sizes = {
        path: len(content) if isinstance(content, bytes) else content.stat().st_size
        for path, content in spaces.files(space).items()
    }
    for path, size in sorted(sizes.items()):
        print(f"{size:12,}  {path}")
    print(f"{sum(sizes.values()):12,}  bytes in {len(sizes)} files")
    for name, value in space.environment.items():
        print(f"variable {name}={value}")
    print(f"hardware {space.hardware or 'as it is; a new Space: cpu-basic'}")


def _variables(given: list[str]) -> dict[str, str]:
    """The variables of an environment, from NAME=VALUE."""
    for each in given:
        if not re.fullmatch(r"[A-Za-z_]\w*=.*", each, re.DOTALL):
            raise InputError(f"--variable {each!r:.80}: expected NAME=VALUE")
    return {name: value for name, _, value in (each.partition("=") for each in given)}


# export


def export(options: argparse.Namespace) -> None:
    """Write a checkpoint's network as an ONNX file."""
    import torch

    from textmatch import checkpoint, onnx

    _check_output(options.output, (".onnx",), "output")
    onnx.export(checkpoint.load(options.checkpoint, torch.device("cpu")).model, options.output)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


# All commands


def _matcher(options: argparse.Namespace) -> TextMatcher:
    from textmatch.matcher import TextMatcher

    if options.checkpoint == CHECKPOINT and not Path(CHECKPOINT).exists():
        raise CheckpointError(
            "no checkpoint is installed with the package; give the folder of one with --checkpoint, "
            "for example checkpoints/default of the textmatch repository"
        )
    return TextMatcher.from_pretrained(options.checkpoint, options.device, backend=getattr(options, "backend", "torch"))


def _json(values: Any, indent: int | None = None) -> str:
    # Escapes where the terminal cannot show every character, so that it stays JSON.
    ascii_only = not (sys.stdout.encoding or "utf").lower().startswith("utf")
    return json.dumps(values, ensure_ascii=ascii_only, indent=indent, default=str)
