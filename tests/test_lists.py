"""Reading a list of sentences from every kind of file."""

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from textmatch.errors import DataError
from textmatch.lists import Table, read_table
from textmatch.tables import TableError

ROWS = [("怎么退货", "七天内"), ('他说"好"', "a,b"), ("", "空")]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(rows: list[tuple[object, ...]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def test_every_kind_gives_the_same_table(tmp_path: Path) -> None:
    expected = Table(("问题", "答案"), tuple(ROWS), 2)
    csv = '问题,答案\n怎么退货,七天内\n"他说""好""","a,b"\n,空\n'
    assert read_table(write(tmp_path / "a.csv", csv)) == expected
    assert read_table(write(tmp_path / "b.csv", ("\ufeff" + csv).encode())) == expected
    assert read_table(write(tmp_path / "c.CSV", csv.replace("\n", "\r\n").encode("gb18030"))) == expected
    tsv = "".join("\t".join(row) + "\n" for row in [("问题", "答案"), *ROWS])
    assert read_table(write(tmp_path / "d.tsv", tsv)) == expected
    assert read_table(write(tmp_path / "e.xlsx", workbook([("问题", "答案"), *ROWS]))) == expected
    lines = "".join(json.dumps({"问题": one, "答案": two}) + "\n" for one, two in ROWS)
    assert read_table(write(tmp_path / "f.jsonl", lines)) == Table(("问题", "答案"), tuple(ROWS), 1)


def test_a_list_of_plain_lines(tmp_path: Path) -> None:
    expected = Table((), (("怎么退货",), ("",), ("在哪儿",)), 1)
    for name in ("a.txt", "b.csv", "c.tsv"):
        content = "怎么退货\n\n在哪儿\n"
        assert read_table(write(tmp_path / name, content)) == expected
    assert read_table(write(tmp_path / "d.jsonl", '"怎么退货"\n\n"在哪儿"\n')) == expected
    assert read_table(write(tmp_path / "e.xlsx", workbook([("怎么退货",), (None,), ("在哪儿",)]))) == expected


def test_the_columns_are_guessed_by_name(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "编号,问题,回答\n1,怎么退货,七天内\n"))
    assert (table.sentence_column, table.answer_column) == ("问题", "回答")
    assert table.column() == ["怎么退货"]
    assert table.column("编号") == ["1"]
    assert read_table(write(tmp_path / "b.csv", "甲,乙\n1,2\n")).column() == ["1"]
    assert read_table(write(tmp_path / "c.csv", "问题\n怎么退货\n")).column() == ["怎么退货"]
    assert read_table(write(tmp_path / "d.csv", "甲,甲,\n1,2,3\n")).columns == ("甲", "甲 (2)", "column 3")


def test_numbers_of_a_workbook_are_written_plainly(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.xlsx", workbook([("question", "n"), (2.0, 1.5), ("猫", 3)])))
    assert table.rows == (("2", "1.5"), ("猫", "3"))


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.pdf", b"x", "kind"),
        ("a.txt", b"", "list"),
        ("a.csv", b"\n\n", "list"),
        ("a.csv", "问题,答案\n".encode(), "list"),
        ("a.txt", b"\xff\xff\xff", "encoding"),
        ("a.jsonl", b'"x"\n{', "item"),
        ("a.jsonl", b"3\n", "item"),
        ("a.xlsx", b"not a workbook", "workbook"),
        ("a.xlsx", workbook([])[:500], "workbook"),
        ("a.xlsx", workbook([]), "list"),
        ("missing.txt", None, "unreadable"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, fault: str) -> None:
    if content is not None:
        write(tmp_path / name, content)
    with pytest.raises(TableError, match=name) as caught:
        read_table(tmp_path / name)
    assert caught.value.problem.key == fault


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.lists.MAX_ROWS", 3)
    assert len(read_table(write(tmp_path / "a.txt", "猫\n" * 3)).rows) == 3
    with pytest.raises(DataError, match="more than 3 rows"):
        read_table(write(tmp_path / "a.txt", "猫\n" * 9))


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textmatch.tables.MAX_UNPACKED_BYTES", 100_000)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * 1_000_000)
    assert len(held.getvalue()) < 10_000
    with pytest.raises(DataError, match="unpacked"):
        read_table(write(tmp_path / "a.xlsx", held.getvalue()))


def test_there_is_no_such_column(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "甲,乙\n1,2\n"))
    with pytest.raises(DataError, match="no column 丙; the columns are: 甲, 乙"):
        table.column("丙")
