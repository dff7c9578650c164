"""Read mutated and hostile files of every kind: each ends as a message, or as every row once and in order.

    python -m benchmarks.hostile_files --files 20000 --output benchmarks/results/hostile_files.json

Rows carry their number, so that a row that is lost, doubled or moved is found. Peak memory is that of this process and
of its reading processes together, above what both take at rest. One file at a time; the same seed gives the same files.
All the while another thread compares two sentences again and again, as another visitor of the server would.
"""

from __future__ import annotations

import collections
import io
import itertools
import json
import random
import resource
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pyarrow
from pyarrow import parquet

from benchmarks.output import Machine, end_with, options_of_a_long_run
from textmatch import TextMatcher
from textmatch.files import LIST_SUFFIXES, TABLE_SUFFIXES, Table, TableError, read_list, read_table

NAMES = ("sentence1", "sentence2", "label")
PAGE = resource.getpagesize()
CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "default"
ASKED = ("几点开门", "什么时候开门")
FRAGMENTS = (
    *(b"\0", b"\xff", b'"', b"\n", b"\r", b",", b"\t", b"{", b"[", b"<", b"&", b"\xef\xbb\xbf", b"\xff\xfe"),
    *(
        "甲".encode(),
        "\u0301".encode() * 50,
        b"\\ud800",
        b"NaN",
        b"1e999",
        b"9" * 5000,
        b'r="1"',
        b'r="1048576"',
        b"XFD",
    ),
)
XML = (b"<row/>", b'<row r="1"/>', b'<c r="XFD1"><v>1</v></c>', b'<mergeCell ref="A1:A1048576"/>', b"<v>", b"</row>")


class Case(NamedTuple):
    """A file, and how many of its rows are numbered (None where a mutation may have changed that)."""

    name: str
    content: bytes
    rows: int | None = None


class Outcome(NamedTuple):
    """What reading a file came to.

    Attributes:
        result: "rows", "message" or what went wrong.
        seconds: how long it took.
        megabytes: peak memory above rest.
    """

    result: str
    seconds: float
    megabytes: float


# Files that are right, and mutations of them


def numbered(count: int) -> list[tuple[str, str, str]]:
    """Rows whose first sentence says which row it is."""
    return [(f"第{number}行几点开门", "什么时候开门", str(number % 2)) for number in range(count)]


def written(kind: str, rows: list[tuple[str, str, str]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A file of this kind with these rows."""
    if kind == ".xlsx":
        book = openpyxl.Workbook()
        for row in (NAMES, *rows):
            book.active.append(row)
        held = io.BytesIO()
        book.save(held)
        return repacked(held.getvalue(), lambda _, part: part, method)
    if kind == ".parquet":
        held = io.BytesIO()
        parquet.write_table(pyarrow.table(dict(zip(NAMES, zip(*rows, strict=True), strict=True))), held)
        return held.getvalue()
    if kind in (".json", ".jsonl"):
        objects = [dict(zip(NAMES, row, strict=True)) for row in rows]
        if kind == ".json":
            return json.dumps(objects, ensure_ascii=False).encode()
        return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects).encode()
    if kind == ".txt":
        return "".join(row[0] + "\n" for row in rows).encode()
    mark = "," if kind == ".csv" else "\t"
    return "".join(mark.join(row) + "\n" for row in (NAMES, *rows)).encode()


def repacked(content: bytes, change: Callable[[str, bytes], bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP file with its parts changed and whole checksums: damage that only what reads the parts can find."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(held, "w", method) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), change(name, source.read(name)), method)
    return held.getvalue()


def mutated(content: bytes, chance: random.Random, fragments: tuple[bytes, ...] = FRAGMENTS) -> bytes:
    """The content with one to eight changes: bytes, fragments, repeats, cuts and swaps."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        if kind == 0 and data:
            data[place % len(data)] = chance.randrange(256)
        elif kind == 1:
            data[place:place] = chance.choice(fragments)
        elif kind == 2:
            data[place:place] = data[place : place + chance.randrange(200)] * chance.choice((1, 2, 50))
        elif kind == 3:
            del data[place : place + chance.choice((1, 2, 20, 500))]
        elif kind == 4:
            data[place:place] = chance.choice(fragments) * chance.choice((2, 1000))
        elif chance.random() < 0.1:
            del data[place:]
    return bytes(data)


def mutated_files(count: int, seed: int) -> Iterator[Case]:
    """Seeded mutations of right files of every kind; one in twenty is the right file."""
    chance = random.Random(seed)
    kinds = sorted({*TABLE_SUFFIXES, *LIST_SUFFIXES})
    for number in range(count):
        kind = kinds[number % len(kinds)]
        rows = numbered(chance.choice((1, 3, 20)))
        content = written(kind, rows, chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
        if chance.random() < 0.05:
            yield Case(f"{number}{kind}", content, len(rows))
        elif kind == ".xlsx" and chance.random() < 0.7:
            target = chance.choice(("sheet1", "sheet1", "sheet1", "sharedStrings", "workbook.xml", "styles", "Types"))
            method = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2))
            change = _changer(target, chance)
            yield Case(f"{number}{kind}", repacked(content, change, method))
        else:
            yield Case(f"{number}{kind}", mutated(content, chance))


def _changer(target: str, chance: random.Random) -> Callable[[str, bytes], bytes]:
    return lambda name, part: mutated(part, chance, FRAGMENTS + XML) if target in name else part


# Files that unfold


def unfolding_files() -> Iterator[Case]:
    """Small files that ask for much memory or time."""
    yield Case("keys.jsonl", b"".join(b'{"a%d": 1}\n' % number for number in range(20_000)))
    yield Case("empty-objects.jsonl", b'{"sentence1":"a","sentence2":"b"}\n' + b"{}\n" * 10_000_000)
    yield Case("wide.jsonl", json.dumps({f"a{i}": 1 for i in range(256)}).encode() + b"\n" + b"{}\n" * 39_000)
    yield Case("nested.jsonl", b'{"a": ' + b"[" * 900_000 + b"]" * 900_000 + b"}\n")
    yield Case("lists.jsonl", b'{"a": [' + b"[]," * 9_000_000 + b"[]]}\n")
    yield Case("key.jsonl", b'{"' + ("\u0301\u0323" * 50_000).encode() + b'": 1, "sentence1": "a", "sentence2": "b"}\n')
    yield Case("commas.csv", b"," * 20_000 + b"\n" * 100_000)
    yield Case("short-rows.csv", b"," * 255 + b"\n" + b"a\n" * 200_000)
    yield Case("cells.csv", b"ab," * 20_000_000)
    yield Case("quotes.csv", b'a,"' + b"\n" * 60_000_000)
    yield Case("blank.csv", b"a,b\n" + b"\n" * 60_000_000)
    yield Case("blank.txt", b"\n" * 60_000_000 + b"a")
    yield Case("lines.txt", b"a\n" * 33_000_000)
    yield Case("one-line.txt", "水".encode() * 20_000_000)
    yield Case("separators.txt", b"\x0b" * 60_000_000)
    yield Case("one-emoji.csv", ("甲,乙\n" * 4_000_000 + "😀,😀\n").encode())
    yield Case("marks.tsv", ("\u0301\u0323" * 16_000_000).encode())
    yield from _unfolding_workbooks()
    yield from _unfolding_parquet()


def _unfolding_workbooks() -> Iterator[Case]:
    right = written(".xlsx", numbered(3))

    def sheet(name: str, old: bytes, new: bytes) -> Case:
        return Case(
            f"{name}.xlsx", repacked(right, lambda part, xml: xml.replace(old, new) if "sheet1" in part else xml)
        )

    end = b"</sheetData>"
    far = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (row, row) for row in range(5, 20_005))
    yield sheet("far-cells", end, far + end)
    yield sheet("far-empty-cells", end, far.replace(b"<v>1</v>", b"") + end)
    yield sheet("far-row", b'<row r="2"', b'<row r="1000000000"')
    yield sheet("last-row", b'<row r="4"', b'<row r="1048576"')
    yield sheet("empty-rows", end, b"<row/>" * 8_000_000 + end)
    yield sheet("same-row", end, b'<row r="4"/>' * 8_000_000 + end)
    yield sheet("unknown", end, b"<x/>" * 40_000_000 + end)
    yield sheet("cells", end, b'<row r="9">' + b"<c/>" * 40_000_000 + b"</row>" + end)
    yield sheet("merged", end, end + b'<mergeCells><mergeCell ref="A2:A1048576"/></mergeCells>' * 100_000)
    yield sheet("depth", end, b"<x>" * 5_000_000 + end)
    yield sheet("attribute", b"<sheetData>", b'<sheetData a="' + b"x" * 400_000_000 + b'">')
    entities = (
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"x" * 1000
        + b'">'
        + b"".join(b'<!ENTITY %c "%s">' % (code, b"&%c;" % (code - 1) * 20) for code in range(98, 106))
    )
    yield sheet("entities", b"<worksheet", entities + b"]><worksheet")
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + b"<si><t>a</t></si>" * 20_000_000
    )
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(right)) as source, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = strings + b"</sst>" if "sharedStrings" in name else source.read(name)
            target.writestr(name, part)
    yield Case("strings.xlsx", held.getvalue())
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as target:
        for number in range(200_000):
            target.writestr(zipfile.ZipInfo(str(number)), b"")
    yield Case("entries.xlsx", held.getvalue())
    long = repacked(
        right, lambda name, part: part.replace("什么时候开门".encode(), b"y" * 10_000_000) if "shared" in name else part
    )
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>3</v></c></row>' % (row, row) for row in range(5, 100_000))
    yield Case(
        "shared-text.xlsx",
        repacked(long, lambda name, part: part.replace(end, rows + end) if "sheet1" in name else part),
    )


def _unfolding_parquet() -> Iterator[Case]:
    def table(name: str, columns: dict[str, Any], **options: Any) -> Case:
        held = io.BytesIO()
        parquet.write_table(pyarrow.table(columns), held, compression="zstd", **options)
        return Case(f"{name}.parquet", held.getvalue())

    long = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 1000, pyarrow.int32()), ["水" * 3_000_000])
    yield table("one-text", {"sentence1": long, "sentence2": long})
    yield table("one-text-plain", {"sentence1": long[:20].cast(pyarrow.string()), "sentence2": ["a"] * 20})
    number = pyarrow.array([1] * 200_000, pyarrow.int8())
    yield table("numbers", {f"a{i}": number for i in range(256)})
    nothing = pyarrow.nulls(30_000_000, pyarrow.int8())
    yield table(
        "one-list", {"sentence1": pyarrow.ListArray.from_arrays([0, len(nothing)], nothing), "sentence2": ["a"]}
    )
    yield table("rows", {"sentence1": pyarrow.nulls(30_000_000, pyarrow.int8())})


# Reading them


class Memory:
    """Watches how much memory this process and the processes it started take together."""

    def __init__(self) -> None:
        self.peak = 0
        self._measuring = threading.Lock()  # so that nothing that was measured before the start counts
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def start(self) -> int:
        """Bytes in use now, from which the peak is counted."""
        with self._measuring:
            self.peak = now = self._used()
        return now

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            with self._measuring:
                self.peak = max(self.peak, self._used())

    def _used(self) -> int:
        children = {pid for file in Path("/proc/self/task").glob("*/children") for pid in _text(file).split()}
        own = _text(Path("/proc/self/cmdline"))
        # One that has just been started is still a copy of this process, and shares its memory.
        pids = ["self", *(pid for pid in children if _text(Path("/proc") / pid / "cmdline") != own)]
        return sum(int((_text(Path("/proc") / pid / "statm").split() or ["0", "0"])[1]) * PAGE for pid in pids)


class OtherVisitor:
    """Compares two sentences again and again in a thread, and notes how long the slowest answer took."""

    def __init__(self) -> None:
        self.slowest = 0.0
        self._matcher = TextMatcher.from_pretrained(CHECKPOINT, "cpu", backend="onnx")
        self._over = threading.Event()
        self._asking = threading.Thread(target=self._ask, daemon=True)
        self._asking.start()

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()
        self._asking.join()

    def _ask(self) -> None:
        self._matcher.predict([ASKED])  # loads word lists
        while not self._over.wait(0.1):
            start = time.monotonic()
            self._matcher.predict([ASKED])
            self.slowest = max(self.slowest, time.monotonic() - start)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def read(case: Case, folder: Path, memory: Memory) -> Iterator[Outcome]:
    """Read a file as a table and as a list, each where its kind is taken."""
    path = folder / case.name
    path.write_bytes(case.content)
    for reader, suffixes in ((read_table, TABLE_SUFFIXES), (read_list, LIST_SUFFIXES)):
        if path.suffix in suffixes:
            before, start = memory.start(), time.monotonic()
            try:
                result = _judged(reader(path), case)
            except TableError as error:
                result = "message" if case.rows is None else f"wrong: {error}"
            except Exception as error:
                result = f"wrong: {error!r:.200}"
            yield Outcome(result, time.monotonic() - start, (memory.peak - before) / 2**20)
    path.unlink()


def _judged(table: Table, case: Case) -> str:
    """Whether the rows of a table are right as far as that can be told."""
    if any(len(row.values) != len(table.names) for row in table.rows):
        return "wrong: a row is not as long as the header"
    cells = [cell for row in table.rows for cell in row.values if isinstance(cell, str)]
    if any("\ud800" <= character <= "\udfff" for cell in (*cells, *table.names) for character in cell[:1000]):
        return "wrong: half of a surrogate pair"
    if case.rows is not None:
        firsts = [row.values[0] for row in table.rows]
        if firsts != [row[0] for row in numbered(case.rows)]:
            return "wrong: a row is lost, doubled or moved"
    return "rows"


def main() -> None:
    """Read the files and print what came of them; exit code 1 if one was read wrongly or took too much."""
    parser = options_of_a_long_run(__doc__)
    parser.add_argument("--files", type=int, default=2000, help="mutated files (%(default)s)")
    parser.add_argument("--no-unfolding", action="store_true", help="leave out the files that unfold")
    options = parser.parse_args()
    results: collections.Counter[str] = collections.Counter()
    slowest = heaviest = ("", 0.0)
    wrong: list[str] = []
    around, began, mutations, unfolded = Machine(), time.monotonic(), 0, 0
    visitor, memory = OtherVisitor(), Memory()
    with tempfile.TemporaryDirectory() as folder:
        unfolding = () if options.no_unfolding else unfolding_files()
        for case in itertools.chain(unfolding, mutated_files(options.files, options.seed)):
            if time.monotonic() - began > options.seconds:
                break
            mutations, unfolded = mutations + case.name[0].isdigit(), unfolded + (not case.name[0].isdigit())
            for outcome in read(case, Path(folder), memory):
                results[outcome.result.partition(":")[0]] += 1
                slowest = max(slowest, (case.name, outcome.seconds), key=lambda pair: pair[1])
                heaviest = max(heaviest, (case.name, outcome.megabytes), key=lambda pair: pair[1])
                if outcome.result.startswith("wrong"):
                    wrong.append(f"{case.name}: {outcome.result}")
                if not case.name[0].isdigit():
                    took = f"{len(case.content):>11,} B {outcome.seconds:5.1f} s {outcome.megabytes:5.0f} MB"
                    print(f"{case.name:24} {took} {outcome.result}", flush=True)
    visitor.stop()
    memory.stop()
    figures = {
        "files": mutations, "unfolding": unfolded, "seed": options.seed, "results": dict(results), "wrong": wrong,
        "slowest": [slowest[0], round(slowest[1], 1)], "most_megabytes": [heaviest[0], round(heaviest[1])],
        "slowest_predict_seconds": round(visitor.slowest, 2), "machine": around.record(),
    }  # fmt: skip
    end_with(figures, options.output)


if __name__ == "__main__":
    main()
