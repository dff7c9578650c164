"""The named endpoints for programs: over HTTP, with gradio_client, and as MCP tools.

Gradio takes names, types and defaults from the signatures and the descriptions from the docstrings; it fills in
`request` itself. It cannot read the types of results as strings, so this module does not import
``__future__.annotations``. `docs/api.md` shows how to call the endpoints.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr
from gradio.events import api
from gradio.utils import get_upload_folder

from textmatch.demo.handlers import visitor_errors
from textmatch.demo.handlers.batch import Labelled, Source, row_problems, write_scores
from textmatch.demo.handlers.compare import MAX_LINES, candidates_problem, sentence_problem
from textmatch.demo.i18n import translate
from textmatch.demo.models import Models
from textmatch.demo.tabs import batch, compare
from textmatch.errors import InputError
from textmatch.files import read_list, read_table
from textmatch.matcher import TextMatcher
from textmatch.results import Prediction
from textmatch.scoring import score
from textmatch.search import Hit, Index

MAX_SENTENCES = 10_000
"""Sentences in a list: every call embeds them anew."""

MAX_TOP_K = 100
"""Hits that one call returns."""

SEARCH_CONCURRENCY: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "search-api"}

NO_FILE: Any = None
"""The default of an optional file. Its type is not `FileData | None` because Gradio's MCP server turns the address of a
file into an upload only where the schema is that of a file and nothing else."""


@dataclass(frozen=True)
class Endpoints:
    """The functions that programs call."""

    models: Models

    def predict(self, sentence1: str, sentence2: str, request: gr.Request) -> tuple[dict[str, Any], float]:
        """Say whether two Chinese sentences mean the same.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters; the order makes no difference.
            request: filled in by Gradio.

        Returns:
            The label with the confidence of every class, most likely first.
            The similarity of the two sentences, 0 to 1.
        """
        return self.predict_with(sentence1, sentence2, request)

    def predict_with(
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
            (prediction,) = self._matcher(model).predict([(sentence1, sentence2)])
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
        confidences = [{"label": label, "confidence": share} for label, share in ranked]
        return {"label": prediction.label, "confidences": confidences}, prediction.similarity

    def explain(self, sentence1: str, sentence2: str, request: gr.Request, model: str = "") -> dict[str, Any]:
        """Say why a model judges two Chinese sentences as it does.

        Args:
            sentence1: a Chinese sentence, at most 500 characters.
            sentence2: the sentence to compare it with, at most 500 characters.
            model: a name that `list_models` gives; empty for the default model.
            request: filled in by Gradio.

        Returns:
            The prediction; the words of both sentences with their importance (the predicted class's probability with
            the word minus that without it) and whether they are aligned with a word of the other sentence; the aligned
            pairs of words; and the counterfactual, the smallest change found that turns the verdict, or null.
        """
        with visitor_errors("compare_refused", request):
            _check_pair(sentence1, sentence2, request)
            return asdict(self._matcher(model).explain(sentence1, sentence2))

    def rank(self, sentence: str, candidates: list[str], request: gr.Request, model: str = "") -> list[dict[str, Any]]:
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
            matcher = self._matcher(model)
            predictions = matcher.predict([(sentence, candidate) for candidate in candidates])
        ranked = [_ranked(prediction, matcher.labels[-1]) for prediction in predictions]
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

    def score_file(  # noqa: PLR0913 - an endpoint's parameters are those that callers send
        self,
        file: gr.FileData,
        request: gr.Request,
        sentence1: str = "",
        sentence2: str = "",
        label: str = "",
        format: Literal["csv", "xlsx"] = "csv",  # noqa: A002 - the name that callers send
    ) -> tuple[gr.FileData, dict[str, Any]]:
        """Score a file of Chinese sentence pairs: say of each pair whether the two sentences mean the same.

        Takes a CSV, TSV, JSONL, XLSX or Parquet file of up to 64 MB and 200,000 rows and returns the same rows in the
        same order with four more columns: probability (0 to 1 that the pair means the same), prediction (the label),
        similarity (0 to 1) and problem (empty, or what is wrong with that row; a row that cannot be scored has no
        probability and does not stop the others).

        Args:
            file: the file; its name must end in .csv, .tsv, .jsonl, .xlsx or .parquet.
            sentence1: name of the column with the first sentences; empty to recognise it.
            sentence2: name of the column with the second sentences; empty to recognise it.
            label: name of a column with labels to compare with (0/1, class names, 是/否); empty to recognise one.
            format: "csv" or "xlsx", the format of the returned file.
            request: filled in by Gradio.

        Returns:
            The scored file.
            A summary: rows, failed, the columns that were read, the encoding, and with labels the figures (accuracy,
            f1, auc, ece, brier, confusion).
        """
        with visitor_errors("batch_refused", request):
            if not file:
                raise InputError(translate("batch_nofile", request))
            path = uploaded_path(file)
            try:
                source = Source(read_table(path, [name for name in (sentence1, sentence2, label) if name]), path.stem)
            finally:
                path.unlink(missing_ok=True)
            table = source.table
            columns = table.columns(sentence1 or "", sentence2 or "", label or "")
        chunks = score(self._matcher(), table, columns, problems=row_problems(request))
        scores = [each for chunk in chunks for each in chunk]
        names = {column: None if at is None else table.names[at] for column, at in columns._asdict().items()}
        summary = {
            "rows": len(scores),
            "failed": sum(each.probability is None for each in scores),
            "columns": names,
            "encoding": table.encoding,
            "figures": Labelled.of(scores).figures() if len(self._matcher().labels) == 2 else None,
        }
        scored = write_scores(source, scores, None, "xlsx" if format == "xlsx" else "csv")
        return gr.FileData(path=str(scored)), summary

    def search(
        self,
        query: str,
        request: gr.Request,
        sentences: list[str] | None = None,
        file: gr.FileData = NO_FILE,
        top_k: int = 5,
    ) -> list[dict[str, Any]]:
        """Find the sentences of a list that are most likely to mean the same as a query, in Chinese.

        Args:
            query: the sentence to look for.
            sentences: the list to search, at most 10,000 sentences; leave it out to send a file instead.
            file: a .txt, .csv, .tsv, .jsonl or .xlsx file with the list, one sentence in each row.
            top_k: how many hits at most, 1 to 100.
            request: filled in by Gradio.

        Returns:
            Hits, nearest first (by probability plus overlap), each with its position in the list (from 0), sentence,
            probability that it means the same, similarity of the two as the model sees them, and overlap of their
            characters (all three 0 to 1).
        """
        with visitor_errors("search_refused", request):
            _check_number("top_k", top_k, 1, MAX_TOP_K)
            index = self._index(sentences, file)
            return [_hit(hit) for hit in index.search(query, int(top_k))]

    def duplicates(
        self,
        request: gr.Request,
        sentences: list[str] | None = None,
        file: gr.FileData = NO_FILE,
        threshold: float = 0.7,
    ) -> list[list[dict[str, Any]]]:
        """Group the Chinese sentences of a list that mean the same.

        Args:
            sentences: the list, at most 10,000 sentences; leave it out to send a file instead.
            file: a .txt, .csv, .tsv, .jsonl or .xlsx file with the list, one sentence in each row.
            threshold: probability from which two sentences count as the same, 0 to 1.
            request: filled in by Gradio.

        Returns:
            Groups of at least two, largest first. Each member has its position in the list (from 0), sentence,
            probability that it means the same as the first member (0 to 1) and similarity to it (0 to 1).
        """
        with visitor_errors("search_refused", request):
            _check_number("threshold", threshold, 0, 1)
            groups = self._index(sentences, file).duplicates(threshold)
        return [[_hit(hit) for hit in group.members] for group in groups]

    def _matcher(self, name: str = "") -> TextMatcher:
        return self.models[name or self.models.default]

    def _index(self, sentences: Any, file: Any) -> Index:
        if sentences is None and not file:
            raise InputError("there is no list: expected sentences, or a file")
        if sentences is None:
            sentences = read_list(uploaded_path(file)).column(None)
        if not isinstance(sentences, list) or not all(isinstance(sentence, str) for sentence in sentences):
            raise InputError("sentences: expected a list of strings")
        if len(sentences) > MAX_SENTENCES:
            raise InputError(f"the list has {len(sentences):,} sentences; {MAX_SENTENCES:,} is the most")
        return Index.build(self._matcher(), sentences)


def register(models: Models) -> None:
    """Add all endpoints to the open `gr.Blocks`."""
    endpoints = Endpoints(models)
    api(endpoints.predict, **compare.CONCURRENCY)
    api(endpoints.predict_with, **compare.CONCURRENCY)
    api(endpoints.explain, **compare.CONCURRENCY)
    api(endpoints.rank, **compare.CONCURRENCY)
    api(endpoints.list_models, **compare.CONCURRENCY)
    api(endpoints.score_file, **batch.CONCURRENCY)
    api(endpoints.search, **SEARCH_CONCURRENCY)
    api(endpoints.duplicates, **SEARCH_CONCURRENCY)


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
    folder = Path(get_upload_folder()).resolve()
    if not isinstance(path, str) or not Path(path).resolve().is_relative_to(folder):
        raise InputError("file: expected an uploaded file, such as gradio_client's handle_file sends")
    return Path(path)


def _check_pair(sentence1: Any, sentence2: Any, request: gr.Request) -> None:
    _raise_problem(sentence_problem(sentence1, "1", request) or sentence_problem(sentence2, "2", request))


def _check_candidates(sentence: Any, candidates: Any, request: gr.Request) -> None:
    if not isinstance(candidates, list) or not candidates:
        raise InputError(f"candidates must be a list of 1 to {MAX_LINES} sentences, got {candidates!r:.40}")
    _raise_problem(sentence_problem(sentence, "1", request) or candidates_problem(candidates, request))


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    if not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} must be a number from {low} to {high}, got {value!r:.40}")


def _raise_problem(problem: str) -> None:
    if problem:
        raise InputError(problem)


def _ranked(prediction: Prediction, label: str) -> dict[str, Any]:
    return {
        "sentence": prediction.sentence2,
        "label": prediction.label,
        "probability": prediction.probabilities[label],
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
