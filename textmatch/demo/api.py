"""The named endpoints for programs: over HTTP, with gradio_client, and as MCP tools.

Gradio takes names, types and defaults from the signatures and the descriptions from the docstrings; it fills in
`request` itself. It cannot read the types of results as strings, so this module does not import
``__future__.annotations``. `docs/api.md` shows how to call the endpoints.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import gradio as gr
from gradio.events import api

from textmatch.demo.handlers import visitor_errors
from textmatch.demo.handlers.batch import Format, Labelled, Source, row_problems, source_bytes, write_scores
from textmatch.demo.handlers.compare import MAX_LINES, candidates_problem, sentence_problem
from textmatch.demo.i18n import translate
from textmatch.demo.models import Models
from textmatch.demo.turns import LONG, ROOM, SHORT, Work
from textmatch.demo.uploads import UPLOAD_FOLDER
from textmatch.errors import InputError
from textmatch.files import read_list, read_table
from textmatch.matcher import TextMatcher
from textmatch.results import Prediction
from textmatch.scoring import Score, score
from textmatch.search import Hit, Index, check_query

MAX_SENTENCES = 10_000
"""Sentences in a list: every call embeds them anew."""

MAX_TOP_K = 100
"""Hits that one call returns."""

Header = Literal["auto", "yes", "no"]
"""Whether the first row of a file names the columns; "auto" tells it by its cells."""

Encoding = Literal["auto", "utf-8", "utf-16", "gb18030", "big5"]
"""The encoding of a file of text; "auto" tells it by its bytes."""

Choices = tuple[Any, Any, Any]
"""What a caller sends of how a file is to be read: sheet, header and encoding."""

NO_FILE: Any = None
"""The default of an optional file. Its type is not `FileData | None` because Gradio's MCP server turns the address of a
file into an upload only where the schema is that of a file and nothing else."""


@dataclass(frozen=True)
class Endpoints:
    """The functions that programs call."""

    models: Models

    @property
    def all(self) -> list[Callable[..., Any]]:
        """Every function that is an endpoint."""
        short: list[Callable[..., Any]] = [self.predict, self.predict_with, self.explain, self.rank, self.list_models]
        return [*short, self.score_file, self.search, self.duplicates]

    async def predict(self, sentence1: str, sentence2: str, request: gr.Request) -> tuple[dict[str, Any], float]:
        """Say whether two Chinese sentences mean the same.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters; the order makes no difference.
            request: filled in by Gradio.

        Returns:
            The label with the confidence of every class, most likely first.
            The similarity of the two sentences, 0 to 1.
        """
        return await self.predict_with(sentence1, sentence2, request)

    async def predict_with(
        self, sentence1: str, sentence2: str, request: gr.Request, model: str = ""
    ) -> tuple[dict[str, Any], float]:
        """Say whether two Chinese sentences mean the same, as a chosen model sees it.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters; the order makes no difference.
            model: a name that `list_models` gives; empty for the default model.
            request: filled in by Gradio.

        Returns:
            The label with the confidence of every class, most likely first.
            The similarity of the two sentences, 0 to 1.
        """
        with visitor_errors("compare_refused", request):
            _check_pair(sentence1, sentence2, request)
            (prediction,) = await SHORT.run(request, self._predict, model, [(sentence1, sentence2)])
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
        confidences = [{"label": label, "confidence": share} for label, share in ranked]
        return {"label": prediction.label, "confidences": confidences}, prediction.similarity

    async def explain(self, sentence1: str, sentence2: str, request: gr.Request, model: str = "") -> dict[str, Any]:
        """Say why a model judges two Chinese sentences as it does.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters.
            model: a name that `list_models` gives; empty for the default model.
            request: filled in by Gradio.

        Returns:
            The prediction; the words of both sentences with their importance (how much the predicted class hangs on
            the word), what was tried to find it, and whether they are aligned with a word of the other sentence; the
            aligned pairs of words; the counterfactual, a change that turns the verdict, or null; and the weakness, a
            change that keeps the meaning and turns it all the same, or null.
        """
        with visitor_errors("compare_refused", request):
            _check_pair(sentence1, sentence2, request)
            return asdict(await SHORT.run(request, lambda: self._matcher(model).explain(sentence1, sentence2)))

    async def rank(
        self, sentence: str, candidates: list[str], request: gr.Request, model: str = ""
    ) -> list[dict[str, Any]]:
        """Compare one Chinese sentence with many and rank them, the most likely to mean the same first.

        Args:
            sentence: a Chinese sentence, at most 500 characters.
            candidates: the sentences to compare it with, at most 50 of at most 500 characters each.
            model: a name that `list_models` gives; empty for the default model.
            request: filled in by Gradio.

        Returns:
            For each candidate its sentence, its label, the probability of the last class (Matched) and the similarity.
        """
        with visitor_errors("compare_refused", request):
            _check_candidates(sentence, candidates, request)
            pairs = [(sentence, candidate) for candidate in candidates]
            predictions = await SHORT.run(request, self._predict, model, pairs)
        ranked = [_ranked(prediction) for prediction in predictions]
        return sorted(ranked, key=lambda row: -row["probability"])

    def list_models(self) -> list[dict[str, Any]]:
        """List the models that can be asked, the default one first.

        Returns:
            For each model its name, architecture, number of parameters, size in MB and test accuracy (0 to 1, or null).
        """
        return [
            {
                "name": name,
                "architecture": facts.arch,
                "parameters": facts.parameters,
                "megabytes": facts.megabytes,
                "test_accuracy": facts.accuracy,
            }
            for name, facts in ((name, self.models.facts(name)) for name in self.models.names)
        ]

    async def score_file(  # noqa: PLR0913 - an endpoint's parameters are those that callers send
        self,
        file: gr.FileData,
        request: gr.Request,
        sentence1: str = "",
        sentence2: str = "",
        label: str = "",
        format: Literal["csv", "xlsx"] = "csv",  # noqa: A002 - the name that callers send
        sheet: str = "",
        header: Header = "auto",
        encoding: Encoding = "auto",
    ) -> tuple[gr.FileData, dict[str, Any]]:
        """Score a file of Chinese sentence pairs: say of each pair whether the two sentences mean the same.

        Takes a CSV, TSV, JSONL, XLSX or Parquet file of up to 64 MB and 200,000 rows and returns the same rows in the
        same order with four more columns: probability (0 to 1 that the pair means the same), prediction (the label),
        similarity (0 to 1) and problem (empty, or what is wrong with that row; a row that cannot be scored has no
        probability and does not stop the others).

        Args:
            file: the file; its name must end in .csv, .tsv, .txt (with tabs), .jsonl, .json, .xlsx or .parquet.
            sentence1: name of the column with the first sentences; empty to recognise it.
            sentence2: name of the column with the second sentences; empty to recognise it.
            label: name of a column with labels to compare with (0/1, class names, 是/否); empty to recognise one.
            format: "csv" or "xlsx", the format of the returned file.
            sheet: name of the sheet of a workbook; empty for the one with the data.
            header: whether the first row names the columns: "yes", "no", or "auto" to tell it by its cells.
            encoding: that of a file of text: "utf-8", "utf-16", "gb18030", "big5", or "auto" to tell it by its bytes.
            request: filled in by Gradio.

        Returns:
            The scored file.
            A summary: rows, failed, how the file was read (in words, and the columns, sheet, header and encoding), and
            with labels the figures (accuracy, f1, auc, ece, brier, confusion).
        """
        with visitor_errors("batch_refused", request):
            if not file:
                raise InputError(translate("batch_nofile", request))
            path, chosen = uploaded_path(file), (sentence1, sentence2, label)
            _check_names(chosen)
            _check_choice("format", format, get_args(Format))
            async with LONG.work(request) as work:
                named = [name for name in chosen if name]
                source = await work.run(_read_table, path, named, (sheet, header, encoding))
                table = source.table
                columns = table.columns(*chosen)
                with ROOM.taken(await work.run(source_bytes, source)):
                    chunks = score(self._matcher(), table, columns, problems=row_problems(request))
                    scores = await work.finish(_all_scores(chunks))
                    scored = await work.run(write_scores, source, scores, None, format)
        names = {column: None if at is None else table.names[at] for column, at in columns._asdict().items()}
        summary = {
            "rows": len(scores),
            "failed": sum(each.probability is None for each in scores),
            "reading": table.reading(columns),
            "columns": names,
            "sheet": table.sheet,
            "header": table.header,
            "encoding": table.encoding,
            "figures": Labelled.of(scores).figures() if len(self._matcher().labels) == 2 else None,
        }
        return gr.FileData(path=str(scored)), summary

    async def search(  # noqa: PLR0913 - an endpoint's parameters are those that callers send
        self,
        query: str,
        request: gr.Request,
        sentences: list[str] | None = None,
        file: gr.FileData = NO_FILE,
        top_k: int = 5,
        column: str = "",
        sheet: str = "",
        header: Header = "auto",
        encoding: Encoding = "auto",
    ) -> list[dict[str, Any]]:
        """Find the sentences of a list that are most likely to mean the same as a query, in Chinese.

        Args:
            query: the sentence to look for.
            sentences: the list to search, at most 10,000 sentences; leave it out to send a file instead.
            file: a .txt, .csv, .tsv, .jsonl, .json or .xlsx file with the list, one sentence in each row.
            top_k: how many hits at most, 1 to 100.
            column: name of the file's column with the sentences, or its number from 1 where columns have no names;
                empty to recognise it.
            sheet: name of the sheet of a workbook; empty for the one with the data.
            header: whether the first row names the columns: "yes", "no", or "auto" to tell it by its cells.
            encoding: that of a file of text: "utf-8", "utf-16", "gb18030", "big5", or "auto" to tell it by its bytes.
            request: filled in by Gradio.

        Returns:
            Hits, nearest first (by probability plus overlap), each with its position in the list (from 0), sentence,
            probability that it means the same, similarity of the two as the model sees them, and overlap of their
            characters (all three 0 to 1).
        """
        with visitor_errors("search_refused", request):
            _check_number("top_k", top_k, 1, MAX_TOP_K)
            check_query(query)
            async with LONG.work(request) as work:
                index = await self._index(work, sentences, file, (column, (sheet, header, encoding)))
                return [_hit(hit) for hit in await work.run(index.search, query, int(top_k))]

    async def duplicates(  # noqa: PLR0913 - an endpoint's parameters are those that callers send
        self,
        request: gr.Request,
        sentences: list[str] | None = None,
        file: gr.FileData = NO_FILE,
        threshold: float = 0.7,
        column: str = "",
        sheet: str = "",
        header: Header = "auto",
        encoding: Encoding = "auto",
    ) -> list[list[dict[str, Any]]]:
        """Group the Chinese sentences of a list that mean the same.

        Args:
            sentences: the list, at most 10,000 sentences; leave it out to send a file instead.
            file: a .txt, .csv, .tsv, .jsonl, .json or .xlsx file with the list, one sentence in each row.
            threshold: probability from which two sentences count as the same, 0 to 1.
            column: name of the file's column with the sentences, or its number from 1 where columns have no names;
                empty to recognise it.
            sheet: name of the sheet of a workbook; empty for the one with the data.
            header: whether the first row names the columns: "yes", "no", or "auto" to tell it by its cells.
            encoding: that of a file of text: "utf-8", "utf-16", "gb18030", "big5", or "auto" to tell it by its bytes.
            request: filled in by Gradio.

        Returns:
            Groups of at least two, largest first. Each member has its position in the list (from 0), sentence,
            probability that it means the same as the first member (0 to 1) and similarity to it (0 to 1).
        """
        with visitor_errors("search_refused", request):
            _check_number("threshold", threshold, 0, 1)
            async with LONG.work(request) as work:
                index = await self._index(work, sentences, file, (column, (sheet, header, encoding)))
                groups, _ = await work.finish(index.duplicate_steps(threshold))
        return [[_hit(hit) for hit in group.members] for group in groups]

    def _matcher(self, name: str = "") -> TextMatcher:
        return self.models[self.models.default if name == "" else name]

    def _predict(self, model: str, pairs: list[tuple[str, str]]) -> list[Prediction]:
        return self._matcher(model).predict(pairs)

    async def _index(self, work: Work, sentences: Any, file: Any, reading: tuple[Any, Choices]) -> Index:
        if sentences is None and not file:
            raise InputError("there is no list: expected sentences, or a file")
        if sentences is None:
            sentences = await work.run(_read_sentences, uploaded_path(file), *reading)
        if not isinstance(sentences, list) or not all(isinstance(sentence, str) for sentence in sentences):
            raise InputError("sentences: expected a list of strings")
        if len(sentences) > MAX_SENTENCES:
            raise InputError(f"the list has {len(sentences):,} sentences; {MAX_SENTENCES:,} is the most")
        return await work.finish(Index.steps(self._matcher(), sentences))


def register(models: Models) -> Endpoints:
    """Add all endpoints to the open `gr.Blocks`, and return them."""
    endpoints = Endpoints(models)
    for function in endpoints.all:
        api(function)
    return endpoints


def uploaded_path(file: Any) -> Path:
    """The path of a file that a caller has uploaded.

    Gradio checks that it lies in the upload folder, but only if the caller marks it as a file (by ``meta``). Without
    the check here, anybody could read any file of the server.

    Args:
        file: what came over the API: the fields of a `gr.FileData`, or anything else.

    Raises:
        InputError: it is no uploaded file.
    """
    path = file.get("path") if isinstance(file, dict) else None
    if not isinstance(path, str) or not Path(path).resolve().is_relative_to(UPLOAD_FOLDER):
        raise InputError("file: expected an uploaded file, such as gradio_client's handle_file sends")
    return Path(path)


def _check_pair(sentence1: Any, sentence2: Any, request: gr.Request) -> None:
    _raise_problem(sentence_problem(sentence1, "1", request) or sentence_problem(sentence2, "2", request))


def _check_candidates(sentence: Any, candidates: Any, request: gr.Request) -> None:
    if not isinstance(candidates, list) or not candidates:
        raise InputError(f"candidates must be a list of 1 to {MAX_LINES} sentences, got {candidates!r:.40}")
    _raise_problem(sentence_problem(sentence, "1", request) or candidates_problem(candidates, request))


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} must be a number from {low} to {high}, got {value!r:.40}")


def _check_names(names: tuple[Any, ...]) -> None:
    for parameter, name in zip(("sentence1", "sentence2", "label"), names, strict=True):
        if not isinstance(name, str):
            raise InputError(f"{parameter} must be the name of a column, got {name!r:.40}")


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, got {value!r:.40}")


def _read_table(path: Path, names: list[str], choices: Choices) -> Source:
    """Read an uploaded table."""
    sheet, is_header, encoding = _checked(choices)
    table = read_table(path, names, sheet=sheet, encoding=encoding)
    return Source(table.with_header(is_header), path.name)


def _read_sentences(path: Path, column: Any, choices: Choices) -> list[str]:
    """Read the sentences of an uploaded list."""
    sheet, is_header, encoding = _checked(choices)
    table = read_list(path, sheet=sheet, encoding=encoding)
    return table.with_header(is_header).column(_name("column", column))


def _checked(choices: Choices) -> tuple[str, bool | None, str]:
    """Sheet, header and encoding as `files` takes them."""
    sheet, header, encoding = choices
    _check_choice("header", header, get_args(Header))
    _check_choice("encoding", encoding, get_args(Encoding))
    is_header = None if header == "auto" else header == "yes"
    return _name("sheet", sheet), is_header, "" if encoding == "auto" else encoding


def _name(parameter: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"{parameter} must be a name, got {value!r:.40}")
    return value


def _all_scores(chunks: Iterator[list[Score]]) -> Generator[None, None, list[Score]]:
    """The scores of all chunks, step by step."""
    scores: list[Score] = []
    for chunk in chunks:
        scores += chunk
        yield
    return scores


def _raise_problem(problem: str) -> None:
    if problem:
        raise InputError(problem)


def _ranked(prediction: Prediction) -> dict[str, Any]:
    return {
        "sentence": prediction.sentence2,
        "label": prediction.label,
        "probability": list(prediction.probabilities.values())[-1],
        "similarity": prediction.similarity,
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "position": hit.position,
        "sentence": hit.sentence,
        "probability": hit.probability,
        "similarity": hit.similarity,
        "overlap": hit.overlap,
    }
