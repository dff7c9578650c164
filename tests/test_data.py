"""textmatch.data: every format, every complaint, and the Hub's own client against a server on this machine."""

import gzip
import hashlib
import http.server
import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textmatch.data import (
    SUFFIXES,
    Pair,
    label_names,
    load_splits,
    read_pairs,
    read_sentences,
    read_table,
)
from textmatch.errors import DataError

ROOT = Path(__file__).parents[1]
PAIRS = [
    Pair("茶壶里的水烧开了没有", "茶壶的水开了吗", "1"),
    Pair("小猫为何追着毛线球跑", "毛线球要去哪里买", "0"),
    Pair('他说"明天, 再见"', "NA", "0"),
]
COLUMNS = ("sentence1", "sentence2", "label")


def write(
    path: Path, pairs: Sequence[tuple[str, ...]], columns: tuple[str, ...] = COLUMNS, header: bool = True
) -> Path:
    """Write pairs in the format that the name asks for, without the code under test."""
    frame = pandas.DataFrame(pairs, columns=columns, dtype=str)
    suffix = next(suffix for suffix in SUFFIXES if path.name.endswith(suffix)).removesuffix(".gz")
    if suffix == ".parquet":
        frame.to_parquet(path, index=False)
        return path
    if suffix == ".tsv":
        text = "".join("\t".join(row) + "\n" for row in [columns, *pairs][0 if header else 1 :])
    elif suffix == ".csv":
        text = frame.to_csv(index=False, header=header, lineterminator="\r\n")  # thus a bare "\r" is quoted too
    else:
        text = "".join(json.dumps(dict(zip(columns, pair, strict=True)), ensure_ascii=False) + "\n" for pair in pairs)
    content = text.encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content)
    return path


def refuse(message: str, function: Callable[..., Any], *arguments: Any) -> None:
    """Assert that the call raises a DataError with exactly this message."""
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        function(*arguments)


# What can be read


TABLES = [suffix for suffix in SUFFIXES if not suffix.startswith(".txt")]


@pytest.mark.parametrize("suffix", TABLES)
def test_every_format(tmp_path: Path, suffix: str) -> None:
    assert read_pairs(write(tmp_path / f"pairs{suffix}", PAIRS)) == PAIRS


MEANINGS = "怎么学游泳 | 如何学会游泳|学游泳有什么方法\n怎么教游泳\n\n今天下雨 | 今天有雨\n"


@pytest.mark.parametrize("suffix", [".txt", ".txt.gz"])
def test_lines_of_meanings_become_pairs(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"meanings{suffix}"
    path.write_bytes(gzip.compress(MEANINGS.encode(), mtime=0) if suffix.endswith(".gz") else MEANINGS.encode())
    assert read_pairs(path) == [
        Pair("怎么学游泳", "如何学会游泳", "1"),
        Pair("怎么学游泳", "学游泳有什么方法", "1"),
        Pair("如何学会游泳", "学游泳有什么方法", "1"),
        Pair("怎么学游泳", "怎么教游泳", "0"),
        Pair("如何学会游泳", "怎么教游泳", "0"),
        Pair("学游泳有什么方法", "怎么教游泳", "0"),
        Pair("今天下雨", "今天有雨", "1"),
    ]


def test_sentences_of_any_file(tmp_path: Path) -> None:
    text, table = tmp_path / "sentences.txt", tmp_path / "pairs.tsv"
    text.write_text(MEANINGS, encoding="utf-8")
    assert read_sentences(text) == [
        "怎么学游泳",
        "如何学会游泳",
        "学游泳有什么方法",
        "怎么教游泳",
        "今天下雨",
        "今天有雨",
    ]
    assert sorted(read_sentences(write(table, PAIRS))) == sorted(sentence for pair in PAIRS for sentence in pair[:2])
    missing = tmp_path / "none.txt"
    refuse(f"{missing}: the file cannot be read: No such file or directory", read_sentences, missing)


@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz", ".csv", ".csv.gz"])
def test_no_header(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"pairs{suffix}"
    assert read_pairs(write(path, PAIRS, header=False)) == PAIRS
    write(path, [pair[:2] for pair in PAIRS], COLUMNS[:2], header=False)
    table = read_table(path)
    assert list(table.columns) == ["sentence1", "sentence2"]
    assert table.to_numpy().tolist() == [list(pair[:2]) for pair in PAIRS]


@pytest.mark.parametrize(
    "columns",
    [
        ("text1", "text2", "labels"),
        ("query1", "query2", "label"),
        ("question1", "question2", "label"),
        ("premise", "hypothesis", "gold_label"),
        ("text_a", "text_b", "label"),
        (" Sentence1", "SENTENCE2 ", "Label"),
    ],
)
@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl", ".parquet"])
def test_other_column_names(tmp_path: Path, suffix: str, columns: tuple[str, ...]) -> None:
    assert read_pairs(write(tmp_path / f"pairs{suffix}", PAIRS, columns)) == PAIRS


def test_columns_in_another_order_and_more_of_them(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("id,label,sentence2,sentence1\n7,1,水开了吗,水烧开了没有\n")
    table = read_table(path)
    assert list(table.columns) == list(COLUMNS)
    assert read_pairs(path) == [Pair("水烧开了没有", "水开了吗", "1")]


@pytest.mark.parametrize("column", ["score", "similarity"])
def test_a_degree_is_no_label(tmp_path: Path, column: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(f"sentence1\tsentence2\t{column}\n水烧开了没有\t水开了吗\t4.5\n")
    assert list(read_table(path).columns) == ["sentence1", "sentence2"]
    refuse(f"{path}: there is no label column; expected sentence1, sentence2 and label", read_pairs, path)


def test_bom_windows_line_ends_and_no_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + "sentence1\tsentence2\tlabel\r\n水烧开了没有\t水开了吗\t1".encode())
    assert read_pairs(path) == [Pair("水烧开了没有", "水开了吗", "1")]


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_blank_lines_at_the_end(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", PAIRS)
    path.write_text(path.read_text(encoding="utf-8") + "\n\r\n", encoding="utf-8", newline="")
    assert read_pairs(path) == PAIRS


def test_labels_become_strings(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    labels = [1, 1.0, "1.0", " 1 ", 0, -1.0, 0.5, "neutral"]
    path.write_text("".join(json.dumps({"text1": "甲", "text2": "乙", "label": label}) + "\n" for label in labels))
    assert [pair.label for pair in read_pairs(path)] == ["1", "1", "1", "1", "0", "-1", "0.5", "neutral"]
    for dtype in (int, float):
        frame = pandas.DataFrame({"sentence1": ["甲", "丙"], "sentence2": ["乙", "丁"], "label": [1, 0]})
        frame.astype({"label": dtype}).to_parquet(tmp_path / "pairs.parquet")
        assert read_pairs(tmp_path / "pairs.parquet") == [Pair("甲", "乙", "1"), Pair("丙", "丁", "0")]


def labelled_pairs(suffix: str) -> st.SearchStrategy[list[Pair]]:
    # The fields of a TSV cannot hold its separators; the other formats hold every character.
    separators = "\t\r\n" if suffix.startswith(".tsv") else ""
    characters = st.characters(exclude_categories=["Cs"], exclude_characters=separators)
    sentences = st.text(characters, min_size=1).filter(str.strip)
    labels = st.sampled_from(["0", "1", "不同", "entailment"])
    return st.lists(st.builds(Pair, sentences, sentences, labels), min_size=1, max_size=4)


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl", ".parquet"])
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read(tmp_path: Path, suffix: str, data: Any) -> None:
    pairs = data.draw(labelled_pairs(suffix))
    assert read_pairs(write(tmp_path / f"pairs{suffix}", pairs)) == pairs


# What is refused

HEAD = "sentence1\tsentence2\tlabel\n水开了吗\t水开了没\t1\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        # fields and values
        ("a.tsv", HEAD + "甲\t乙\t1\t多\n", ", line 3: 4 fields; expected 3, as in the first row"),
        ("a.tsv", HEAD + "甲\t乙\n", ", line 3: label is missing or blank; expected one in every row"),
        ("a.tsv", HEAD + "甲\n", ", line 3: sentence2 is missing or blank; expected one in every row"),
        ("a.tsv", HEAD + "\n甲\t乙\t1\n", ", line 3: sentence1 is missing or blank; expected one in every row"),
        ("a.tsv", "水\t火\t0\n \u3000\t乙\t1\n", ", line 2: sentence1 is missing or blank; expected one in every row"),
        ("a.csv", '水,"火\n山",0\n甲,,1\n', ", row 2: sentence2 is missing or blank; expected one in every row"),
        ("a.csv", '水,"火\n山",0\n甲,乙,1,多\n', ", row 2: 4 fields; expected 3, as in the first row"),
        ("a.csv", '水,火,0\n甲,"乙,1\n', ", row 2: a quotation mark is not closed; expected a second one"),
        (
            "a.jsonl",
            '{"text1": "甲", "text2": "乙", "label": 1}\n{"text1": "甲", "text2": null, "label": 1}\n',
            ", line 2: sentence2 is missing or blank; expected one in every row",
        ),
        (
            "a.jsonl",
            '{"text1": "甲", "text2": "乙", "label": 1}\n{"text1": "甲", "text2": "乙"}\n',
            ", line 2: label is missing or blank; expected one in every row",
        ),
        ("a.jsonl", '{"text1": 5, "text2": "乙"}\n', ", line 1: sentence1 is 5; expected text"),
        ("a.jsonl", '{"text1": "甲", "text2": "乙", "label": [1]}\n', ", line 1: label is [1]; expected text"),
        # columns
        (
            "a.csv",
            "sentence1,other,label\n甲,乙,1\n",
            ": expected one sentence2 column, got 0; the columns are: sentence1, other, label",
        ),
        (
            "a.csv",
            "sentence1,text1,sentence2\n甲,乙,丙\n",
            ": expected one sentence1 column, got 2; the columns are: sentence1, text1, sentence2",
        ),
        (
            "a.tsv",
            "text1\ttext2\tlabel\tlabel\n甲\t乙\t1\t1\n",
            ": expected one label column, got 2; the columns are: text1, text2, label, label",
        ),
        ("a.jsonl", '{"a": 1}\n', ": expected one sentence1 column, got 0; the columns are: a"),
        (
            "a.tsv",
            "水开了吗,水开了没,1\n",
            (
                r", line 1: 1 fields between '\t', none a known column name; "
                "expected a header, or sentence1, sentence2 and perhaps label"
            ),
        ),
        (
            "a.csv",
            "7,水开了吗,水开了没,1\n",
            (
                ", row 1: 4 fields between ',', none a known column name; "
                "expected a header, or sentence1, sentence2 and perhaps label"
            ),
        ),
        # whole files
        ("a.tsv", "", ": the file is empty; expected rows of sentence1, sentence2 and perhaps label"),
        ("a.csv", "\ufeff\n\n", ": the file is empty; expected rows of sentence1, sentence2 and perhaps label"),
        (
            "a.jsonl.gz",
            gzip.compress(b"", mtime=0),
            ": the file is empty; expected rows of sentence1, sentence2 and perhaps label",
        ),
        (
            "a.tsv",
            "sentence1\tsentence2\n",
            ": there are no rows; expected sentence1, sentence2 and perhaps label in each",
        ),
        (
            "a.tsv",
            HEAD.encode() + "你好\t".encode("gbk"),
            ", line 3: byte 55 (0xc4) is not UTF-8; expected a file saved as UTF-8",
        ),
        ("a.jsonl", "[1, 2]\n", ", line 1: not a JSON object; expected one with sentence1 and sentence2"),
        (
            "a.xlsx",
            "",
            (
                ": the kind of file is unknown; "
                "expected a name that ends in .tsv, .tsv.gz, .csv, .csv.gz, .jsonl, .jsonl.gz, .parquet, "
                ".txt, .txt.gz"
            ),
        ),
    ],
)
def test_bad_file(tmp_path: Path, name: str, content: Any, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refuse(f"{path}{message}", read_table, path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv.gz", b"sentence1\tsentence2\n", ": this is not a whole gzip file: "),
        ("a.tsv.gz", gzip.compress(HEAD.encode(), mtime=0)[:-9], ": this is not a whole gzip file: "),
        ("a.parquet", b"", ": this is not a whole Parquet file: "),
        ("a.parquet", b"PAR1 and nothing more", ": this is not a whole Parquet file: "),
        ("a.jsonl", b'{"text1": "\xe7\x94\xb2", "text2": "\xe4\xb9\x99"}\n{"text1"\n', ", line 2: not JSON (Expecting"),
        ("a.jsonl", b'{"text1": "\\ud83d", "text2": "\xe4\xb9\x99"}\n', ", line 1: not JSON ('utf-8' codec can't"),
    ],
)
def test_damaged_file(tmp_path: Path, name: str, content: Any, message: str) -> None:
    """The rest of these messages is the words of a library."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"^{re.escape(f'{path}{message}')}"):
        read_table(path)


def test_missing_value_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    frame = pandas.DataFrame({"sentence1": ["甲", "丙"], "sentence2": ["乙", None], "label": [1, None]}, index=[8, 9])
    frame.to_parquet(path)
    refuse(f"{path}, row 2: sentence2 is missing or blank; expected one in every row", read_table, path)
    frame.assign(sentence2="乙").to_parquet(path)
    refuse(f"{path}, row 2: label is missing or blank; expected one in every row", read_table, path)
    frame.assign(sentence2=3).to_parquet(path)
    refuse(f"{path}, row 1: sentence2 is 3; expected text", read_table, path)


def test_no_file(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    refuse(f"{path}: the file cannot be read: No such file or directory", read_table, path)
    path.mkdir()
    refuse(f"{path}: the file cannot be read: Is a directory", read_table, path)


# Splits


def test_folder(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv.gz", PAIRS)
    write(tmp_path / "validation.jsonl", PAIRS[:2])
    write(tmp_path / "train_part.tsv", PAIRS)  # other names are left alone
    splits = load_splits(tmp_path)
    assert (splits.train, splits.dev, splits.test) == (PAIRS, PAIRS[:2], None)
    assert list(splits.sources) == ["train.tsv.gz", "dev.jsonl"]
    assert splits.sources["train.tsv.gz"] == hashlib.sha256(train.read_bytes()).hexdigest()

    write(tmp_path / "test.parquet", PAIRS[1:])
    for data in (tmp_path, str(tmp_path), [tmp_path]):
        assert load_splits(data).test == PAIRS[1:]


def test_files_in_order(tmp_path: Path) -> None:
    """Files of one name from different folders keep apart in `sources`."""
    files = []
    for name, pairs in [("甲", PAIRS), ("乙", PAIRS[:2]), ("丙", PAIRS[1:])]:
        (tmp_path / name).mkdir()
        files.append(write(tmp_path / name / "pairs.csv", pairs))
    assert load_splits(files[:2])[:3] == (PAIRS, PAIRS[:2], None)
    splits = load_splits(files)
    assert splits[:3] == (PAIRS, PAIRS[:2], PAIRS[1:])
    assert list(splits.sources) == ["train.csv", "dev.csv", "test.csv"]


def test_bad_splits(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    refuse(f"{folder}: this is not a folder; expected one with train, dev and perhaps test files", load_splits, folder)
    folder.mkdir()
    refuse(f"{folder}: there is no train file; expected a name such as train.tsv.gz", load_splits, folder)
    write(folder / "train.tsv", PAIRS)
    refuse(f"{folder}: there is no dev file; expected a name such as dev.tsv.gz", load_splits, folder)
    write(folder / "valid.tsv", PAIRS)
    write(folder / "dev.csv", PAIRS)
    refuse(f"{folder}: expected one dev file, got dev.csv, valid.tsv", load_splits, folder)
    write(folder / "train.csv", PAIRS)
    refuse(f"{folder}: expected one train file, got train.csv, train.tsv", load_splits, folder)
    for count in (0, 4):
        message = f"got {count} data files; expected one folder, or a train, a dev and perhaps a test file"
        refuse(message, load_splits, [folder / "train.tsv"] * count)


# Labels


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["1", "0", "1"], ("0", "1")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["neutral", "entailment", "contradiction"], ("contradiction", "entailment", "neutral")),
        (["10", "9", "unsure"], ("10", "9", "unsure")),
    ],
)
def test_label_names(labels: list[str], names: tuple[str, ...]) -> None:
    assert label_names(Pair("甲", "乙", label) for label in labels) == names


@pytest.mark.parametrize("labels", [[], ["1"]])
def test_too_few_labels(labels: list[str]) -> None:
    message = f"the distinct labels are {labels}; expected at least two"
    refuse(message, label_names, [Pair("甲", "乙", label) for label in labels * 2])


# The Hub

PREFIX = "/datasets/shibing624/nli_zh/resolve/refs%2Fconvert%2Fparquet/LCQMC/"
HUB_PAIRS = {"train": PAIRS, "validation": PAIRS[:2], "test": PAIRS[1:]}


class Hub(NamedTuple):
    port: int
    files: dict[str, bytes]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A server with the Hub's download protocol; `files` maps a request's path to content."""

    files: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> bytes:
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567")
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            else:
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            return content or b""

        def do_GET(self) -> None:
            self.wfile.write(self.do_HEAD())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Hub(server.server_port, files)
        server.shutdown()
        thread.join()


def fetch(port: int, home: Any, **more: str) -> str:
    """Call `load_splits(None)` in a fresh process, because the Hub's client reads its settings when imported."""
    script = (
        "import json, textmatch.data, textmatch.errors\n"
        "try:\n    print(json.dumps(textmatch.data.load_splits(None)))\n"
        "except textmatch.errors.DataError as error:\n    print(json.dumps(str(error)), error.__suppress_context__)\n"
    )
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    variables |= {"HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HOME": str(home), "NO_PROXY": "127.0.0.1"}
    variables |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "PYTHONPATH": str(ROOT), **more}
    command = [sys.executable, "-W", "error", "-c", script]
    run = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in run.stderr
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_hub(hub: Hub, tmp_path: Path) -> None:
    for split, pairs in HUB_PAIRS.items():
        buffer = io.BytesIO()
        pandas.DataFrame(pairs).astype({"label": int}).to_parquet(buffer)
        hub.files[f"{PREFIX}{split}/0000.parquet"] = buffer.getvalue()
    train, dev, test, sources, corpus = json.loads(fetch(hub.port, tmp_path))
    assert [list(map(list, pairs)) for pairs in HUB_PAIRS.values()] == [train, dev, test]
    hashes = [hashlib.sha256(content).hexdigest() for content in hub.files.values()]
    assert corpus == "lcqmc"
    assert sources == dict(zip(["train.parquet", "dev.parquet", "test.parquet"], hashes, strict=True))


def test_hub_without_the_file(hub: Hub, tmp_path: Path) -> None:
    output = fetch(hub.port, tmp_path)
    assert output.startswith("\"LCQMC could not be fetched from the Hub's data set shibing624/nli_zh: 404")
    assert output.endswith('(--data takes a local folder with train, dev and test files instead)" True\n')


def test_hub_out_of_reach(hub: Hub, tmp_path: Path) -> None:
    """Offline mode ends as a dead network does, without the client's half minute of retries."""
    output = fetch(hub.port, tmp_path, HF_HUB_OFFLINE="1")
    assert output.startswith("\"LCQMC could not be fetched from the Hub's data set shibing624/nli_zh: ")
    assert output.endswith('(--data takes a local folder with train, dev and test files instead)" True\n')


def test_import_is_light() -> None:
    script = "import sys, textmatch.data; print(sorted({'pandas', 'pyarrow', 'huggingface_hub'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
