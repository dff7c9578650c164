"""textmatch.files.splits: training reads strictly; the Hub's own client asks a server on this machine."""

import gzip
import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tests.hub_server import Hub
from textmatch.errors import DataError
from textmatch.files import DataOptions, Pair, label_names, load_splits, read_pairs, read_sentences
from textmatch.files.splits import SAME_BLOCK, SAME_LINE, _fingerprint

Write = Callable[..., Path]
PAIRS = [
    Pair("茶壶里的水烧开了没有", "茶壶的水开了吗", "1"),
    Pair("小猫为何追着毛线球跑", "毛线球要去哪里买", "0"),
    Pair('他说"明天, 再见"', "NA", "0"),
]
ROWS = [pair[:3] for pair in PAIRS]
NAMES = ("sentence1", "sentence2", "label")


def refuse(message: str, function: Callable[..., Any], *arguments: Any) -> None:
    """Assert that the call raises a DataError with exactly this message."""
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        function(*arguments)


# What can be read


@pytest.mark.parametrize("kind", [".tsv", ".tsv.gz", ".csv", ".csv.gz", ".xlsx"])
def test_no_header(tmp_path: Path, write_table: Write, kind: str) -> None:
    assert read_pairs(write_table(tmp_path / f"pairs{kind}", None, ROWS)) == PAIRS
    unlabelled = write_table(tmp_path / f"sentences{kind}", None, [pair[:2] for pair in PAIRS])
    assert read_sentences(unlabelled) == [pair[i] for i in (0, 1) for pair in PAIRS]


def test_columns_in_another_order_and_more_of_them(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("id,label,sentence2,sentence1\n7,1,水开了吗,水烧开了没有\n", encoding="utf-8")
    assert read_pairs(path) == [Pair("水烧开了没有", "水开了吗", "1")]


@pytest.mark.parametrize("column", ["score", "similarity"])
def test_a_degree_is_no_label(tmp_path: Path, write_table: Write, column: str) -> None:
    path = write_table(
        tmp_path / "pairs.tsv", ("sentence1", "sentence2", column), [("水烧开了没有", "水开了吗", "4.5")]
    )
    assert read_sentences(path) == ["水烧开了没有", "水开了吗"]
    refuse(f"{path}: there is no label column; expected sentence1, sentence2 and label", read_pairs, path)


def test_bom_windows_line_ends_and_no_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + "sentence1\tsentence2\tlabel\r\n水烧开了没有\t水开了吗\t1".encode())
    assert read_pairs(path) == [Pair("水烧开了没有", "水开了吗", "1")]


@pytest.mark.parametrize("kind", [".tsv", ".csv", ".jsonl"])
def test_blank_lines_at_the_end(tmp_path: Path, write_table: Write, kind: str) -> None:
    path = write_table(tmp_path / f"a{kind}", NAMES, ROWS)
    path.write_bytes(path.read_bytes() + b"\n\r\n")
    assert read_pairs(path) == PAIRS


@pytest.mark.slow
def test_more_rows_than_a_visitor_may_bring(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("sentence1\tsentence2\tlabel\n" + "水\t火\t0\n" * 200_001, encoding="utf-8")
    assert len(read_pairs(path)) == 200_001


def test_labels_become_strings(tmp_path: Path, write_table: Write) -> None:
    labels = [1, 1.0, "1.0", " 1 ", 0, -1.0, 0.5, "neutral", "1.05"]
    path = write_table(tmp_path / "a.jsonl", ("text1", "text2", "label"), [("甲", "乙", label) for label in labels])
    assert [pair.label for pair in read_pairs(path)] == ["1", "1", "1", "1", "0", "-1", "0.5", "neutral", "1.05"]
    for kind in (int, float):
        for suffix in (".parquet", ".xlsx"):
            path = write_table(tmp_path / f"b{suffix}", NAMES, [("甲", "乙", kind(1)), ("丙", "丁", kind(0))])
            assert read_pairs(path) == [Pair("甲", "乙", "1"), Pair("丙", "丁", "0")]


# Paraphrases

TEXT = "怎么学游泳 | 如何学会游泳|学游泳有什么方法\n怎么教游泳\n\n今天下雨 | 今天有雨\n"


@pytest.mark.parametrize("kind", [".txt", ".txt.gz"])
def test_lines_of_paraphrases_become_pairs(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"paraphrases{kind}"
    path.write_bytes(gzip.compress(TEXT.encode(), mtime=0) if kind.endswith(".gz") else TEXT.encode())
    assert read_pairs(path) == [
        Pair("怎么学游泳", "如何学会游泳", "1", SAME_LINE),
        Pair("怎么学游泳", "学游泳有什么方法", "1", SAME_LINE),
        Pair("如何学会游泳", "学游泳有什么方法", "1", SAME_LINE),
        Pair("怎么学游泳", "怎么教游泳", "0", SAME_BLOCK),
        Pair("如何学会游泳", "怎么教游泳", "0", SAME_BLOCK),
        Pair("学游泳有什么方法", "怎么教游泳", "0", SAME_BLOCK),
        Pair("今天下雨", "今天有雨", "1", SAME_LINE),
    ]
    assert read_sentences(path) == [
        *("怎么学游泳", "如何学会游泳", "学游泳有什么方法", "怎么教游泳", "今天下雨", "今天有雨"),
    ]


def test_sentences_that_mean_different_things_are_also_paired_across_their_wordings(tmp_path: Path) -> None:
    path = tmp_path / "paraphrases.txt"
    path.write_text("他走了 | 他已经离开\n他来了 | 他到这里了\n", encoding="utf-8")
    assert [pair[:2] for pair in read_pairs(path) if pair.label == "0"] == [
        ("他走了", "他来了"),
        ("他已经离开", "他来了"),
        ("他已经离开", "他到这里了"),
    ]


def test_a_score_column_says_how_close_two_meanings_are(tmp_path: Path, write_table: Write) -> None:
    path = write_table(
        tmp_path / "pairs.tsv", (*NAMES, "score"), [("水", "火", "0", "0.25"), ("水", "水流", "1", "0.9")]
    )
    assert [pair.score for pair in read_pairs(path)] == [0.25, 0.9]


@pytest.mark.parametrize("score", ["", "high", "1.5", "-0.1", "nan"])
def test_a_score_that_is_no_share_is_refused(tmp_path: Path, write_table: Write, score: str) -> None:
    path = write_table(
        tmp_path / "pairs.csv", (*NAMES, "score"), [("水", "火", "0", "0.5"), ("水", "水流", "1", score)]
    )
    message = f"{path}, row 3: score is {score!r}; expected a number from 0 to 1"
    refuse(message, read_pairs, path)


# What is refused

HEAD = "sentence1\tsentence2\tlabel\n水开了吗\t水开了没\t1\n"
PAIR = '{"text1": "甲", "text2": "乙", "label": 1}\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        # fields and values
        ("a.tsv", HEAD + "甲\t乙\t1\t多\n", ", line 3: 4 fields; expected 3, as in the first row"),
        ("a.tsv", HEAD + "甲\t乙\n", ", line 3: 2 fields; expected 3, as in the first row"),
        ("a.tsv", HEAD + "\n甲\t乙\t1\n", ", line 3: 0 fields; expected 3, as in the first row"),
        ("a.tsv", HEAD + "甲\t乙\t \n甲\t乙\t1\n", ", line 3: label is blank; expected one in every row"),
        ("a.tsv", "水\t火\t0\n \u3000\t乙\t1\n", ", line 2: sentence1 is blank; expected one in every row"),
        ("a.csv", '水,"火\n山",0\n甲,,1\n', ", row 2: sentence2 is blank; expected one in every row"),
        ("a.csv", '水,"火\n山",0\n甲,乙,1,多\n', ", row 2: 4 fields; expected 3, as in the first row"),
        ("a.csv", '水,火,0\n甲,"乙,1\n', ": row 2: a quotation mark is not closed; expected a second one"),
        (
            "a.jsonl",
            PAIR + '{"text1": "甲", "text2": null, "label": 1}\n',
            ", line 2: text2 is missing; expected one in every row",
        ),
        ("a.jsonl", PAIR + '{"text1": "甲", "text2": "乙"}\n', ", line 2: label is missing; expected one in every row"),
        ("a.jsonl", '{"text1": [5], "text2": "乙", "label": 1}\n', ", line 1: text1 is of type list; expected text"),
        ("a.jsonl", '{"text1": "甲", "text2": "乙", "label": [1]}', ", line 1: label is of type list; expected text"),
        (
            "a.jsonl",
            '{"text1": "甲", "text2": "乙", "label": NaN}',
            ", line 1: label is missing; expected one in every row",
        ),
        (
            "a.jsonl",
            PAIR + "[1, 2]\n",
            ", line 2: not a JSON object (list); expected one with sentence1 and sentence2",
        ),
        # columns
        (
            "a.csv",
            "sentence1,other,label\n甲,乙,1\n",
            (
                ": expected one sentence2 column, got 0; the columns are: sentence1, other, label "
                "(--columns says which to read)"
            ),
        ),
        (
            "a.csv",
            "sentence1,text1,sentence2\n甲,乙,丙\n",
            (
                ": expected one sentence1 column, got 2; the columns are: sentence1, text1, sentence2 "
                "(--columns says which to read)"
            ),
        ),
        (
            "a.tsv",
            "text1\ttext2\tlabel\tlabel\n甲\t乙\t1\t1\n",
            (
                ": expected one label column, got 2; the columns are: text1, text2, label, label (2) "
                "(--columns says which to read)"
            ),
        ),
        (
            "a.jsonl",
            '{"a": 1}\n',
            ": expected one sentence1 column, got 0; the columns are: a (--columns says which to read)",
        ),
        (
            "a.tsv",
            "水开了吗,水开了没,1\n",
            (
                ": one field, which is no known column name: '水开了吗,水开了没,1'; "
                "expected a header, or rows of sentence1, sentence2 and perhaps label"
            ),
        ),
        (
            "a.csv",
            "7,水开了吗,水开了没,1\n8,水,火,0\n",
            (
                ": expected one sentence1 column, got 0; the columns are: column 1, column 2, column 3, column 4 "
                "(--columns says which to read)"
            ),
        ),
        # whole files
        ("a.tsv", "", ": there are no rows; expected sentence1, sentence2 and perhaps label in each"),
        ("a.csv", "\ufeff\n\n", ": there are no rows; expected sentence1, sentence2 and perhaps label in each"),
        (
            "a.jsonl.gz",
            gzip.compress(b"", mtime=0),
            ": there are no rows; expected sentence1, sentence2 and perhaps label in each",
        ),
        (
            "a.tsv",
            "sentence1\tsentence2\n",
            ": there are no rows; expected sentence1, sentence2 and perhaps label in each",
        ),
        ("a.txt", "\n", ": there are no sentences; expected one in each row"),
        (
            "a.tsv",
            HEAD.encode() + "你好\t".encode("gbk"),
            (
                ": the text is in an unknown encoding: line 3 is not UTF-8; expected a file saved as UTF-8 "
                "(--encoding says which it is)"
            ),
        ),
        ("a.tsv.gz", b"sentence1\tsentence2\n", ": this is not a whole gzip file"),
        ("a.tsv.gz", gzip.compress(HEAD.encode(), mtime=0)[:-9], ": this is not a whole gzip file"),
        ("a.parquet", b"PAR1 and nothing more", ": this is not a whole Parquet file"),
        (
            "a.doc",
            "",
            (
                ": the kind of file is unknown; expected a name that ends in "
                ".tsv, .tsv.gz, .csv, .csv.gz, .jsonl, .jsonl.gz, .json, .xlsx, .parquet, .txt, .txt.gz"
            ),
        ),
    ],
)
def test_bad_file(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refuse(f"{path}{message}", read_pairs, path)


def test_why_a_line_is_not_json(tmp_path: Path) -> None:
    """The rest of the message is the words of a library."""
    path = tmp_path / "a.jsonl"
    path.write_text(PAIR + '{"text1"', encoding="utf-8")
    with pytest.raises(DataError, match=f"^{re.escape(f'{path}, line 2: not a JSON object (Expecting')}"):
        read_pairs(path)


UNKNOWN = "结论,左边,右边\n相似,怎么退款,如何退款\n不相似,几点开门,几点关门\n不相似,去哪取票,在哪下车\n"


def test_columns_are_named_where_their_names_are_unknown(tmp_path: Path) -> None:
    """A header in unknown words is never a row of data."""
    path = tmp_path / "pairs.csv"
    path.write_text(UNKNOWN, encoding="utf-8")
    with pytest.raises(
        DataError, match=r"pairs\.csv, row 1: no other row has the label '右边'; .* --columns 结论,左边,右边"
    ):
        load_splits([path, path])
    splits = load_splits([path, path], DataOptions(("左边", "右边", "结论")))
    assert splits.labels == ("不相似", "相似")
    assert splits.train[0] == Pair("怎么退款", "如何退款", "1")
    assert splits.notes[0] == (
        "train: pairs.csv: 3 rows, sentence1 = 左边, sentence2 = 右边, label = 结论, row 1 is the header"
    )
    refuse(
        f"{path}: there is no column 中间; the columns are: sentence1, sentence2, label",
        load_splits,
        [path, path],
        DataOptions(("中间", "左", "")),
    )


def test_bad_rows_without_lines(tmp_path: Path, write_table: Write) -> None:
    path = write_table(tmp_path / "pairs.parquet", NAMES, [("甲", "乙", 1), ("丙", None, 0)])
    refuse(f"{path}, row 2: sentence2 is missing; expected one in every row", read_pairs, path)
    write_table(path, NAMES, [("甲", "乙", 1.0), ("丙", "丁", float("nan"))])
    refuse(f"{path}, row 2: label is missing; expected one in every row", read_pairs, path)
    path = write_table(tmp_path / "pairs.xlsx", NAMES, [("甲", "乙", 1), (None, None, None), ("丙", "丁", 0)])
    refuse(f"{path}, row 3: sentence1 is missing; expected one in every row", read_pairs, path)


@pytest.mark.parametrize("name", ["pairs.tsv", "paraphrases.txt"])
def test_no_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    refuse(f"{path}: there is no such file", read_sentences, path)
    path.mkdir()
    refuse(f"{path}: this is a folder; expected a file", read_pairs, path)


# Splits


def test_folder(tmp_path: Path, write_table: Write) -> None:
    train = write_table(tmp_path / "train.tsv.gz", NAMES, ROWS)
    write_table(tmp_path / "validation.jsonl", NAMES, ROWS[:2])
    write_table(tmp_path / "train_part.tsv", NAMES, ROWS)  # other names are left alone
    splits = load_splits(tmp_path)
    assert (splits.train, splits.dev, splits.test) == (PAIRS, PAIRS[:2], None)
    assert list(splits.sources) == ["train.tsv.gz", "dev.jsonl"]
    assert splits.sources["train.tsv.gz"] == hashlib.sha256(train.read_bytes()).hexdigest()

    write_table(tmp_path / "test.parquet", NAMES, ROWS[1:])
    for data in (tmp_path, str(tmp_path), [tmp_path]):
        assert load_splits(data).test == PAIRS[1:]


def test_files_in_order(tmp_path: Path, write_table: Write) -> None:
    """Files of one name from different folders keep apart in `sources`."""
    files = []
    for name, pairs in [("甲", ROWS), ("乙", ROWS[:2]), ("丙", ROWS[1:])]:
        (tmp_path / name).mkdir()
        files.append(write_table(tmp_path / name / "pairs.csv", NAMES, pairs))
    assert load_splits(files[:2])[:3] == (PAIRS, PAIRS[:2], None)
    splits = load_splits(files)
    assert splits[:3] == (PAIRS, PAIRS[:2], PAIRS[1:])
    assert list(splits.sources) == ["train.csv", "dev.csv", "test.csv"]


MANY = [Pair(f"怎么去{n}号楼", f"去{n}号楼怎么走", "01"[n % 5 == 0]) for n in range(60)]


def test_one_file_gives_train_and_dev(tmp_path: Path, write_table: Write) -> None:
    """A tenth of each class, the same at each call; a pair that is there twice is on one side only."""
    turned = [Pair(pair.sentence2, pair.sentence1, pair.label) for pair in MANY]
    path = write_table(tmp_path / "我的问题.xlsx", NAMES, [pair[:3] for pair in (*MANY, *turned)])
    splits = load_splits(path)
    assert load_splits([path]) == splits
    assert sorted([*splits.train, *splits.dev]) == sorted([*MANY, *turned])
    assert sorted(pair.label for pair in splits.dev) == ["0"] * 10 + ["1"] * 2
    assert not {frozenset(pair[:2]) for pair in splits.train} & {frozenset(pair[:2]) for pair in splits.dev}
    assert (splits.test, splits.corpus) == (None, "我的问题")
    assert splits.notes[1] == "dev: 12 of the train pairs, 10% of each class"
    half = load_splits(path, DataOptions(dev_share=0.5))
    assert sorted(pair.label for pair in half.dev) == ["0"] * 48 + ["1"] * 12
    assert half.sources["train.xlsx"] == splits.sources["train.xlsx"]
    assert half.sources["dev, a part of train"] != splits.sources["dev, a part of train"]
    with pytest.raises(DataError, match="--dev-share 1: expected more than 0 and less than 1"):
        DataOptions(dev_share=1)


def test_a_folder_without_dev_is_split_too(tmp_path: Path, write_table: Write) -> None:
    folder = tmp_path / "客服"
    folder.mkdir()
    write_table(folder / "train.csv", NAMES, [pair[:3] for pair in MANY])
    write_table(folder / "test.csv", NAMES, ROWS)
    splits = load_splits(folder)
    assert (len(splits.train), len(splits.dev), splits.test, splits.corpus) == (54, 6, PAIRS, "客服")


def test_a_label_that_is_there_once_cannot_be_split(tmp_path: Path, write_table: Write) -> None:
    named = [pair._replace(label="否是"[int(pair.label)]) for pair in MANY]
    path = write_table(tmp_path / "a.csv", NAMES, [*(pair[:3] for pair in named), ("甲", "乙", "事")])
    with pytest.raises(DataError, match=r"a\.csv, row 62: no other row has the label '事', .* is it a typo\?"):
        load_splits(path)


def test_training_reads_what_scoring_reads(tmp_path: Path, write_table: Write) -> None:
    path = write_table(tmp_path / "a.csv", NAMES, ROWS)
    text = path.read_text(encoding="utf-8")
    for encoding in ("gb18030", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert read_pairs(path) == PAIRS


def test_a_table_or_a_list_is_not_read_as_paraphrases(tmp_path: Path) -> None:
    """88 lines became 3,828 pairs."""
    path = tmp_path / "train.txt"
    path.write_text("怎么退款\t如何退款\t1\n" * 88, encoding="utf-8")
    assert read_pairs(path) == [Pair("怎么退款", "如何退款", "1")] * 88
    assert read_sentences(path) == ["怎么退款"] * 88 + ["如何退款"] * 88
    assert load_splits([path, path], DataOptions(labels=("0", "1"))).notes[0].startswith("train: train.txt: 88 rows, ")
    path.write_text("怎么退款\t如何退款\t1\n" * 8 + "怎么退款\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"train\.txt, line 9: 1 fields; expected 3"):
        read_pairs(path)
    path.write_text("怎么退款\n" * 1500, encoding="utf-8")
    with pytest.raises(DataError, match=r"train\.txt, line 201: this is line 201 of a block"):
        read_pairs(path)
    assert len(read_sentences(path)) == 1500


def test_bad_splits(tmp_path: Path, write_table: Write) -> None:
    folder = tmp_path / "data"
    message = "there is no such file or folder; expected one with train, dev and test files"
    refuse(f"{folder}: {message}", load_splits, folder)
    folder.mkdir()
    refuse(f"{folder}: there is no train file; expected a name such as train.tsv.gz", load_splits, folder)
    write_table(folder / "train.tsv", NAMES, ROWS)
    write_table(folder / "valid.tsv", NAMES, ROWS)
    write_table(folder / "dev.csv", NAMES, ROWS)
    refuse(f"{folder}: expected one dev file, got dev.csv, valid.tsv", load_splits, folder)
    write_table(folder / "train.csv", NAMES, ROWS)
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


def test_whether_there_is_a_header_can_be_told(tmp_path: Path, write_table: Write) -> None:
    path = write_table(
        tmp_path / "pairs.csv",
        None,
        [("很好", "不错", "好"), *[(*row[:2], "好坏"[i % 2]) for i, row in enumerate(ROWS * 3)]],
    )
    assert "row 1 is no header" in load_splits(path, DataOptions(header=False, positive="好")).notes[0]
    splits = load_splits(path, DataOptions(header=True, columns=("很好", "不错", "好"), positive="好"))
    assert "row 1 is the header" in splits.notes[0]
    assert len(splits.train) + len(splits.dev) == 9


# The Hub

HUB_PAIRS = {"train": PAIRS, "validation": PAIRS[:2], "test": PAIRS[1:]}
DATASET = "datasets/shibing624/nli_zh"


def test_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {}
    for split, pairs in HUB_PAIRS.items():
        table = pyarrow.table({name: [pair[i] for pair in pairs] for i, name in enumerate(NAMES)})
        table = table.set_column(2, "label", table["label"].cast(pyarrow.int64()))
        held = io.BytesIO()
        parquet.write_table(table, held)
        files[f"LCQMC/{split}/0000.parquet"] = held.getvalue()
    commit = hub.add(DATASET, files)
    splits = load_splits(None)
    assert [splits.train, splits.dev, splits.test] == list(HUB_PAIRS.values())
    assert splits.corpus == "lcqmc"
    hashes = [hashlib.sha256(content).hexdigest() for content in files.values()]
    assert splits.sources == dict(zip(["train.parquet", "dev.parquet", "test.parquet"], hashes, strict=True))
    note = f"LCQMC: shibing624/nli_zh on the Hub, commit {commit}: "
    assert splits.notes[-1] == f"{note}other pairs than those of the committed figures (train, dev, test)"
    known = {name: _fingerprint(reversed(getattr(splits, name))) for name in ("train", "dev", "test")}
    monkeypatch.setattr("textmatch.files.splits.LCQMC_SHA256", known)
    assert load_splits(None).notes[-1] == f"{note}the known pairs"


@pytest.mark.parametrize("offline", [False, True])
def test_hub_without_the_file_or_out_of_reach(hub: Hub, monkeypatch: pytest.MonkeyPatch, offline: bool) -> None:
    """Offline mode ends as a dead network does, without the client's half minute of retries."""
    hub.add(DATASET, {})
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    with pytest.raises(DataError) as caught:
        load_splits(None)
    message = str(caught.value)
    assert message.startswith("LCQMC could not be fetched from the Hub's data set shibing624/nli_zh: ")
    assert message.endswith("(--data takes a local folder with train, dev and test files instead)")
    assert ("404" in message) is not offline
    assert caught.value.__suppress_context__
