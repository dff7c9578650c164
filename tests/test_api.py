"""The endpoints as programs call them: with the client library, over bare HTTP, and as MCP tools."""

import asyncio
import csv
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import httpx
import openpyxl
import pytest
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from jsonschema import Draft202012Validator
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.helpers import HOSTILE, SAME, write_workbook
from textmatch import TextMatcher
from textmatch.demo.api import MAX_SENTENCES, Encoding, uploaded_path
from textmatch.demo.handlers.compare import MAX_LINES
from textmatch.demo.i18n import TEXTS, VERDICTS
from textmatch.errors import InputError
from textmatch.files import ENCODINGS
from textmatch.search import Index
from textmatch.text import MAX_CHARACTERS

ROOT = Path(__file__).parents[1]
PAIR = ("怎么给手机充值话费", "手机话费在哪里充值")
LIST = ["怎么开发票", "门店几点开门", "", "楼上的邻居在晒太阳", "怎么开发票？", "班长唱起歌来"]

MODEL = ("model", "str", True)
READING = [
    *(("sheet", "str", True), ("header", "Literal['auto', 'yes', 'no']", True)),
    ("encoding", "Literal['auto', 'utf-8', 'utf-16', 'gb18030', 'big5']", True),
]
ENDPOINTS = {
    "/predict": [("sentence1", "str", False), ("sentence2", "str", False)],
    "/predict_with": [("sentence1", "str", False), ("sentence2", "str", False), MODEL],
    "/explain": [("sentence1", "str", False), ("sentence2", "str", False), MODEL],
    "/rank": [("sentence", "str", False), ("candidates", "list[str]", False), MODEL],
    "/list_models": [],
    "/score_file": [
        ("file", "filepath", False),
        *((column, "str", True) for column in ("sentence1", "sentence2", "label")),
        ("format", "Literal['csv', 'xlsx']", True),
        *READING,
    ],
    "/search": [
        ("query", "str", False),
        ("sentences", "None | list[str]", True),
        ("file", "filepath", True),
        ("top_k", "int", True),
        ("column", "str", True),
        *READING,
    ],
    "/duplicates": [
        ("sentences", "None | list[str]", True),
        ("file", "filepath", True),
        ("threshold", "float", True),
        ("column", "str", True),
        *READING,
    ],
}


def call(server: str, endpoint: str, data: dict[str, Any]) -> tuple[str, Any]:
    """Call an endpoint over bare HTTP with named values: the event's name and what it carries."""
    url = f"{server}gradio_api/call/v2/{endpoint}"
    event = httpx.post(url, json=data).raise_for_status().json()["event_id"]
    *_, name, answer = httpx.get(f"{url}/{event}", timeout=60).text.strip().splitlines()
    return name.removeprefix("event: "), json.loads(answer.removeprefix("data: "))


# What there is


def test_every_endpoint_is_named_typed_and_described_and_no_event_of_the_page_is(client: Client, server: str) -> None:
    listed = client.view_api(return_format="dict", print_info=False)
    parameters = {
        name: [
            (each["parameter_name"], each["python_type"]["type"], each["parameter_has_default"])
            for each in endpoint["parameters"]
        ]
        for name, endpoint in listed["named_endpoints"].items()
    }
    assert parameters == ENDPOINTS
    assert not listed["unnamed_endpoints"]
    with pytest.raises(ValueError, match="Cannot find a function"):
        client.predict(*PAIR, api_name="/compare")
    described = httpx.get(f"{server}gradio_api/openapi.json").text
    for event in ("compare", "compare_all", "load_example", "open", "read_file", "find", "run_job"):
        assert f"/{event}" not in described


def test_the_documentation_and_the_page_name_every_endpoint() -> None:
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    told = "\n".join(path.read_text(encoding="utf-8") for path in documents)
    for text in (told, TEXTS["en"]["code_lead"], TEXTS["zh"]["code_lead"]):
        assert set(re.findall(r"(?<![\w/`.])`?(/[a-z_]+)\b(?![/.])", text)) >= set(ENDPOINTS)


# The same over every way


def uploaded(server: str, name: str, text: str) -> str:
    """The path of a file that was just uploaded."""
    answer = httpx.post(f"{server}gradio_api/upload", files={"files": (name, text.encode())})
    return str(answer.raise_for_status().json()[0])


FILE = "the path of an uploaded file"

MINIMUM: dict[str, dict[str, Any]] = {
    "predict": {"sentence1": PAIR[0], "sentence2": PAIR[1]},
    "predict_with": {"sentence1": PAIR[0], "sentence2": PAIR[1]},
    "explain": {"sentence1": PAIR[0], "sentence2": PAIR[1]},
    "rank": {"sentence": PAIR[0], "candidates": [PAIR[1]]},
    "list_models": {},
    "score_file": {"file": FILE},
    "search": {"query": PAIR[0], "sentences": [PAIR[1]]},
    "duplicates": {"sentences": LIST},
}
"""The fewest arguments that each endpoint needs."""


def tell(server: str, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """What an assistant's client gets: the tools, and the results of these calls."""

    async def talk() -> tuple[list[Any], list[Any]]:
        async with (
            streamable_http_client(f"{server}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = await session.list_tools()  # after this the client checks every answer against its schema
            return tools.tools, [await session.call_tool(name, arguments) for name, arguments in calls]

    with ThreadPoolExecutor(1) as aside:  # the browser's event loop may live in this thread
        return aside.submit(lambda: asyncio.run(talk())).result(60)


@pytest.mark.parametrize("name", MINIMUM)
def test_every_way_needs_the_same_few_arguments_and_gives_the_same_answer(
    client: Client, server: str, name: str
) -> None:
    def arguments(file: Any) -> dict[str, Any]:
        return {key: file() if value is FILE else value for key, value in MINIMUM[name].items()}

    def path() -> str:
        return uploaded(server, "few.csv", f"sentence1,sentence2\n{PAIR[0]},{PAIR[1]}\n")

    def sent() -> dict[str, Any]:
        return {"path": path(), "meta": {"_type": "gradio.FileData"}}

    event, named = call(server, name, arguments(sent))
    assert event == "complete"
    url = f"{server}gradio_api/call/{name}"
    listed = httpx.post(url, json={"data": list(arguments(sent).values())}).raise_for_status().json()["event_id"]
    _, *answers = httpx.get(f"{url}/{listed}", timeout=60).text.strip().splitlines()
    asked = client.predict(api_name=f"/{name}", **arguments(sent))
    _, (told,) = tell(server, (name, arguments(path)))
    assert not told.isError
    result = told.structuredContent["result"]
    assert json.loads(told.content[0].text) == result
    if name == "score_file":  # the scored files differ in their places
        named, asked, result = named[1], asked[1], result[1]
        assert json.loads(answers[-1].removeprefix("data: "))[1] == named
        assert named["rows"] == 1
    else:
        assert json.loads(answers[-1].removeprefix("data: ")) == named
        named = named if len(named) > 1 else named[0]
        asked = list(asked) if isinstance(asked, tuple) else asked
    assert asked == result == named


def test_an_assistant_may_read_the_scored_file(server: str) -> None:
    path = uploaded(server, "few.csv", f"sentence1,sentence2\n{PAIR[0]},{PAIR[1]}\n")
    _, (told,) = tell(server, ("score_file", {"file": f"{server}gradio_api/file={path}"}))
    address = told.structuredContent["result"][0]
    assert address.startswith(server)
    assert PAIR[0] in httpx.get(address).raise_for_status().text


def test_an_assistant_is_told_what_was_wrong(server: str, secret: Path) -> None:
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "first sentence is empty": ("predict", {"sentence1": "", "sentence2": PAIR[1]}),
        "'sentence2' is a required property": ("predict", {"sentence1": PAIR[0]}),
        "expected an uploaded file": ("score_file", {"file": str(secret)}),
        "there is no tool 'nothing'": ("nothing", {}),
        "there is no list": ("search", {"query": PAIR[0]}),
    }
    _, answers = tell(server, *calls.values())
    for message, answer in zip(calls, answers, strict=True):
        assert answer.isError
        assert message in answer.content[0].text


def test_every_tool_has_valid_schemas(server: str) -> None:
    tools, _ = tell(server)
    assert {f"/{tool.name}" for tool in tools} == set(ENDPOINTS)
    for tool in tools:
        for schema in (tool.inputSchema, tool.outputSchema):
            Draft202012Validator.check_schema(schema)
        assert len(tool.description) > 40
        properties = tool.inputSchema["properties"]
        assert list(properties) == [name for name, *_ in ENDPOINTS[f"/{tool.name}"]]
        assert all(each["description"] and each.keys() & {"type", "enum", "oneOf"} for each in properties.values())
        assert all(each.get("type", "") != {} for each in properties.values())
        optional = {name for name, _, has_default in ENDPOINTS[f"/{tool.name}"] if has_default}
        assert set(tool.inputSchema.get("required", ())) == set(properties) - optional


# Pairs


def test_predict_gives_the_matchers_answer(client: Client, matcher: TextMatcher) -> None:
    label, similarity = client.predict(*PAIR, api_name="/predict")
    expected = matcher.predict([PAIR])[0]
    assert label["label"] == expected.label
    assert {row["label"]: row["confidence"] for row in label["confidences"]} == pytest.approx(expected.probabilities)
    assert label["confidences"][0]["label"] == expected.label
    assert similarity == pytest.approx(expected.similarity)


def test_two_sentences_over_bare_http_are_enough(server: str, matcher: TextMatcher) -> None:
    event, (label, similarity) = call(server, "predict", {"sentence1": PAIR[0], "sentence2": PAIR[1]})
    expected = matcher.predict([PAIR])[0]
    assert (event, label["label"], similarity) == ("complete", expected.label, pytest.approx(expected.similarity))


def test_a_model_can_be_named(client: Client) -> None:
    own = client.predict(*PAIR, api_name="/predict")
    assert [client.predict(*PAIR, name, api_name="/predict_with") for name in ("", "default")] == [own, own]
    for endpoint, second in (("/predict_with", PAIR[1]), ("/explain", PAIR[1]), ("/rank", [PAIR[1]])):
        odd: tuple[Any, ...] = ("nobody", ["default"], {}, 3)
        for nobody in odd:
            with pytest.raises(AppError, match="expected one of default"):
                client.predict(PAIR[0], second, nobody, api_name=endpoint)


def test_explain_gives_the_matchers_explanation(client: Client, matcher: TextMatcher) -> None:
    told, expected = client.predict(*PAIR, api_name="/explain"), matcher.explain(*PAIR)
    assert told["prediction"]["label"] == expected.prediction.label
    assert [word["text"] for word in told["words"][0]] == [word.text for word in expected.words[0]]
    assert [word["importance"] for word in told["words"][1]] == pytest.approx(
        [word.importance for word in expected.words[1]]
    )
    assert len(told["aligned_pairs"]) == len(expected.aligned_pairs)
    assert (told["counterfactual"] is None) == (expected.counterfactual is None)


def test_rank_orders_the_candidates_and_takes_many_at_once(client: Client, matcher: TextMatcher) -> None:
    candidates = ["明天会不会下雨", PAIR[1], PAIR[0], "宠物猫一天吃几顿"]
    ranked = client.predict(PAIR[0], candidates, api_name="/rank")
    shares = [row["probability"] for row in ranked]
    assert shares == sorted(shares, reverse=True)
    assert sorted(row["sentence"] for row in ranked) == sorted(candidates)
    expected = {row.sentence2: row for row in matcher.predict([(PAIR[0], text) for text in candidates])}
    for row in ranked:
        answer = expected[row["sentence"]]
        assert (row["label"], row["similarity"]) == (answer.label, pytest.approx(answer.similarity))
        assert row["probability"] == pytest.approx(answer.probabilities["Matched"])


def test_the_models_are_listed_with_what_is_known_of_them(client: Client, matcher: TextMatcher) -> None:
    (row,) = client.predict(api_name="/list_models")
    assert row["name"] == "default"
    assert (row["architecture"], row["parameters"]) == (matcher.config.arch, matcher.metrics["parameters"])
    assert row["test_accuracy"] == matcher.metrics["test"]["accuracy"]
    assert row["megabytes"] > 1


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (("", PAIR[1]), "first sentence is empty"),
        ((PAIR[0], " \t\n"), "second sentence is empty"),
        ((PAIR[0], "很" * (MAX_CHARACTERS + 1)), f"{MAX_CHARACTERS + 1} characters"),
        ((3, PAIR[1]), "sentence1 must be a string"),
    ],
)
def test_bad_sentences_are_named(client: Client, sentences: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(*sentences, api_name="/predict")


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ([], "1 to 50"),
        ([PAIR[1]] * (MAX_LINES + 1), f"{MAX_LINES + 1} sentences"),
        ([PAIR[1], " "], "Sentence 2 is empty"),
        ([PAIR[1], 3], "sentence2 must be a string"),
        (["很" * (MAX_CHARACTERS + 1)], f"Sentence 1 has {MAX_CHARACTERS + 1} characters"),
        ("一句", "must be a list"),
    ],
)
def test_bad_candidates_are_named(client: Client, candidates: Any, message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(PAIR[0], candidates, api_name="/rank")


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_only_text(client: Client, text: str) -> None:
    label, _ = client.predict(text, PAIR[0], api_name="/predict")
    assert label["label"] in VERDICTS


# Files of pairs


def test_a_scored_file_has_the_same_rows_and_four_more_columns(client: Client, labelled: Path) -> None:
    scored, summary = client.predict(handle_file(labelled), api_name="/score_file")
    with Path(scored).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Path(scored).name == "pairs.scored.csv"
    assert list(rows[0]) == ["句子1", "句子2", "标签", "probability", "prediction", "similarity", "problem"]
    assert [row["prediction"] for row in rows] == ["Matched", "Not Matched", rows[2]["prediction"], "", "Matched"]
    assert rows[3]["problem"] == "句子1 is blank"
    assert rows[4]["problem"] == "the label 也许 is unknown"
    assert (summary["rows"], summary["failed"], summary["encoding"]) == (5, 1, "GB18030")
    assert summary["columns"] == {"sentence1": "句子1", "sentence2": "句子2", "label": "标签"}
    assert summary["figures"]["pairs"] == 3


def test_columns_are_named_and_a_workbook_comes_back(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(f"问\t答\n{SAME}\t=1+1\n", encoding="utf-8")
    scored, summary = client.predict(handle_file(path), "问", "答", "", "xlsx", api_name="/score_file")
    sheet = openpyxl.load_workbook(scored).active
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=1+1", "s")
    assert summary["figures"] is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b" ", "There are no rows"),
        ("a.csv", bytes(range(128, 256)), "unknown encoding"),
        ("a.xlsx", b"PK", "not a readable XLSX"),
        ("a.doc", b"word", "expected a name that ends in .csv"),
    ],
)
def test_bad_files_are_named(client: Client, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(path), api_name="/score_file")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": ["a"]}, "label must be the name of a column"),
        ({"format": "doc"}, "format must be one of csv, xlsx"),
        ({"header": "perhaps"}, "header must be one of auto, yes, no"),
        ({"sheet": 1}, "sheet must be a name"),
        ({"encoding": "latin-1"}, "encoding must be one of auto, utf-8, utf-16, gb18030, big5"),
        ({"encoding": "utf-8"}, "The text is not in the encoding utf-8"),
        ({"sheet": "x"}, "There is no sheet x"),
    ],
)
def test_bad_choices_are_named(client: Client, labelled: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(labelled), **arguments, api_name="/score_file")


def test_how_a_file_is_read_is_told_and_can_be_set(client: Client, tmp_path: Path) -> None:
    sheets = {"旧": [PAIR, PAIR[::-1]], "新": [("句子1", "句子2"), (SAME, SAME)]}
    file = handle_file(write_workbook(tmp_path / "a.xlsx", sheets))
    told = client.predict(file, api_name="/score_file")[1]
    assert told["reading"] == "1 rows, sentence1 = 句子1, sentence2 = 句子2, sheet 新 (not 旧), row 1 is the header"
    assert (told["sheet"], told["header"]) == ("新", True)
    told = client.predict(file, sheet="旧", api_name="/score_file")[1]
    assert (told["sheet"], told["header"], told["rows"]) == ("旧", False, 2)
    assert client.predict(file, sheet="新", header="no", api_name="/score_file")[1]["rows"] == 2
    (hit,) = client.predict(PAIR[0], file=file, sheet="旧", header="no", top_k=1, api_name="/search")
    assert (hit["sentence"], hit["position"]) == (PAIR[0], 0)
    (hit, *_) = client.predict(SAME, file=file, sheet="新", column="句子2", top_k=1, api_name="/search")
    assert hit["sentence"] == SAME
    with pytest.raises(AppError, match="There is no column 问"):
        client.predict(file=file, column="问", api_name="/duplicates")


def test_the_encodings_are_those_that_files_know() -> None:
    assert get_args(Encoding) == ("auto", *ENCODINGS)


def test_an_encoding_that_cannot_be_told_can_be_set(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("sentence1,sentence2\n驫麤靐龘,驫麤\n".encode("gb18030"))
    with pytest.raises(AppError, match="unknown encoding"):
        client.predict(handle_file(path), api_name="/score_file")
    told = client.predict(handle_file(path), encoding="gb18030", api_name="/score_file")[1]
    assert (told["encoding"], told["rows"]) == ("GB18030", 1)
    (hit,) = client.predict("驫麤", file=handle_file(path), encoding="gb18030", top_k=1, api_name="/search")
    assert hit["sentence"] == "驫麤靐龘"


def test_a_missing_column_is_named(client: Client, labelled: Path) -> None:
    with pytest.raises(AppError, match="There is no column 句子3; the columns are: 句子1, 句子2, 标签"):
        client.predict(handle_file(labelled), "句子1", "句子3", api_name="/score_file")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the server that nobody has uploaded."""
    path = tmp_path / "secret.csv"
    path.write_text("sentence1,sentence2\n机密,机密\n机密,机密\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("mark", [{"meta": {"_type": "gradio.FileData"}}, {}], ids=["marked as a file", "not marked"])
@pytest.mark.parametrize("endpoint", ["score_file", "search", "duplicates"])
def test_no_file_of_the_server_can_be_read(server: str, secret: Path, endpoint: str, mark: dict[str, Any]) -> None:
    others = {"query": "机密"} if endpoint == "search" else {}
    event, told = call(server, endpoint, {"file": {"path": str(secret)} | mark} | others)
    assert event == "error"
    assert "机密" not in str(told)
    assert secret.exists()


@pytest.mark.parametrize("file", ["{folder}/../..{secret}", "{secret}", "", None, 3])
def test_only_a_path_in_the_upload_folder_is_an_uploaded_file(secret: Path, file: Any) -> None:
    path = file.format(folder=get_upload_folder(), secret=secret) if isinstance(file, str) else file
    for sent in (path, {"path": path}, [{"path": path}]):
        with pytest.raises(InputError, match="expected an uploaded file"):
            uploaded_path(sent)
    inside = f"{get_upload_folder()}/a/b.csv"
    assert uploaded_path({"path": inside}) == Path(inside)


# Lists


def test_search_gives_the_indexs_answer(client: Client, matcher: TextMatcher) -> None:
    hits = client.predict("发票怎么开", LIST, top_k=3, api_name="/search")
    expected = Index.build(matcher, LIST).search("发票怎么开", 3)
    assert [(hit["position"], hit["sentence"]) for hit in hits] == [(hit.position, hit.sentence) for hit in expected]
    assert [hit["probability"] for hit in hits] == pytest.approx([hit.probability for hit in expected], abs=1e-5)


def test_duplicates_gives_the_indexs_groups(client: Client, server: str) -> None:
    groups = client.predict(LIST, threshold=1, api_name="/duplicates")
    assert [[member["position"] for member in group] for group in groups] == [[0, 4]]
    assert call(server, "duplicates", {"sentences": LIST})[1][0][0][0]["position"] == 0


def test_a_file_does_as_well_as_a_list(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("编号,问题\n1,怎么开发票\n2,门店几点开门\n", encoding="utf-8")
    hits = client.predict("门店几点开门？", file=handle_file(path), top_k=1, api_name="/search")
    assert [hit["sentence"] for hit in hits] == ["门店几点开门"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((" ", LIST, None, 3), "query is blank"),
        ((None, LIST), "query must be text"),
        (("猫", LIST, None, True), "top_k must be a number from 1 to 100, got True"),
        (("猫", LIST, {"path": "https://example.org/a.csv"}), "got the address"),
        (("很" * (MAX_CHARACTERS + 1), LIST, None, 3), f"{MAX_CHARACTERS + 1} characters"),
        (("猫", None, None, 3), "no list"),
        (("猫", [], None, 3), "no sentence"),
        (("猫", [1, 2], None, 3), "list of strings"),
        (("猫", {"a": 1}, None, 3), "list of strings"),
        (("猫", ["猫"] * (MAX_SENTENCES + 1), None, 3), "is the most"),
        (("猫", LIST, None, 0), "top_k must be a number from 1 to 100, got 0"),
        (("猫", LIST, None, "many"), "top_k must be a number from 1 to 100, got 'many'"),
    ],
)
def test_bad_lists_and_queries_are_named(client: Client, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(*arguments, api_name="/search")


@pytest.mark.parametrize(("threshold", "got"), [(1.5, "1.5"), ("high", "'high'")])
def test_bad_thresholds_are_named(client: Client, threshold: Any, got: str) -> None:
    with pytest.raises(AppError, match=f"threshold must be a number from 0 to 1, got {got}"):
        client.predict(LIST, threshold=threshold, api_name="/duplicates")
