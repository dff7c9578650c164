"""The batch tab: what happens to a table, and the tab in a browser."""

import csv
import gc
import itertools
import re
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import openpyxl
import pytest
from gradio.utils import get_upload_folder

from tests.helpers import HOSTILE, OTHER, PHONE, SAME, expect, visitor, write_workbook
from textmatch import TextMatcher
from textmatch.demo.components.status import WORKING
from textmatch.demo.handlers import HIDDEN
from textmatch.demo.handlers.batch import NO_LABEL, PAIR_NAMES, BatchHandlers, BatchView, Source, likely_columns
from textmatch.demo.i18n import TEXTS, text
from textmatch.demo.jobs import NO_CHANGE, Job, discard
from textmatch.demo.tabs.batch import EXAMPLE, tab
from textmatch.files import MAX_BYTES, TABLE_SUFFIXES, Columns, Row, Table

VIEW = BatchView(*BatchView._fields)

THINGS = ("借书证", "公交卡", "停车证", "居住证", "老年卡", "电费过户", "宽带移机")

DROP = """(target, files) => {
  const carried = new DataTransfer();
  for (const [name, text] of files) carried.items.add(new File([text], name));
  for (const kind of ["dragenter", "drop"])
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""

UNSEEN = """() => {
  const look = (element) => {
    const parts = [];
    for (let at = element, up = 0; at && up < 4; at = at.parentElement, up++) {
      const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(at);
      parts.push(outline, boxShadow, borderColor, backgroundColor);
    }
    return parts.join();
  };
  const before = window.focused;
  const now = document.activeElement;
  window.focused = { now, look: look(now) };
  return before && before.now !== now && before.now.isConnected && before.look === look(before.now)
    ? before.now.outerHTML : "";
}"""
"""What had the focus before, if it looks the same without it; else nothing."""

Open = Callable[..., Any]


class Gate:
    """Holds the model back: while it is shut, its answers get through one by one as they are let."""

    def __init__(self) -> None:
        self.is_open = True
        self.waiting = threading.Semaphore(0)
        self.places = threading.Semaphore(0)

    def shut(self, let: int = 0) -> None:
        self.waiting, self.places = threading.Semaphore(0), threading.Semaphore(let)
        self.is_open = False

    def let(self) -> None:
        """Let one more through."""
        self.places.release()

    def open(self) -> None:
        self.is_open = True
        self.places.release(100)

    def wait(self) -> None:
        if not self.is_open:
            self.waiting.release()
            self.places.acquire(timeout=60)

    def arrived(self, count: int) -> None:
        """Return once so many have come."""
        for _ in range(count):
            assert self.waiting.acquire(timeout=60)


@pytest.fixture
def handlers(matcher: TextMatcher) -> BatchHandlers:
    return BatchHandlers(matcher, VIEW)


def inputs_of(read: dict[Any, Any], job: Job | None = None, **chosen: int) -> dict[Any, Any]:
    """What Start gets after a table was read: its columns as they were recognised, or those chosen."""
    columns = {name: chosen.get(name, read[name].value) for name in Columns._fields}
    return {"source": read["source"], "job": job} | columns


def finish(updates: dict[Any, Any]) -> dict[Any, Any]:
    """Run the job that Start made; all that it has put on the page."""
    shown: dict[Any, Any] = {}
    for update in updates["job"].run():
        shown |= update
    return shown


def line(updates: dict[Any, Any]) -> str:
    return str(updates["status"]["line"]["key"])


# Tables


def test_a_job_that_waits_keeps_no_table(handlers: BatchHandlers, labelled: Path) -> None:
    """A table that was removed to make room for others is gone, however many jobs were made of it."""
    read = handlers.read_file(str(labelled), None, visitor())
    started = handlers.start(inputs_of(read), visitor())
    source = handlers.tables.get(read["source"])
    assert source
    kept = weakref.ref(source)
    handlers.tables.remove(read["source"])
    del source
    gc.collect()
    assert kept() is None
    assert finish(started)["status"]["line"] == {"text": TEXTS["en"]["batch_gone"]}


def test_a_file_is_read_scored_reported_and_written(handlers: BatchHandlers, labelled: Path) -> None:
    read = handlers.read_file(str(labelled), None, visitor("zh"))
    assert labelled.exists()  # it may be another visitor's, too: `uploads` deletes it later
    assert (read["file"], read["pasted"]) == (None, "")
    assert read["preview"]["caption"] == {
        "key": "batch_read_as",
        "name": "pairs.csv",
        "rows": "5",
        "encoding": "GB18030",
    }
    assert read["preview"]["columns"] == ["句子1", "句子2", "标签"]
    assert [row[0] for row in read["preview"]["rows"]] == [SAME, SAME, SAME, "", OTHER]
    assert [read[name].value for name in Columns._fields] == [0, 1, 2]

    shown = finish(handlers.start(inputs_of(read), visitor("zh")))
    assert shown["status"]["line"] == {"key": "batch_done", "done": "5", "total": "5", "failed": "1"}
    assert shown["status"]["progress"] is None
    rows = shown["results"]["rows"]
    verdicts = [{"key": "verdict_matched"}, {"key": "verdict_not_matched"}, rows[2][4], "", {"key": "verdict_matched"}]
    assert [row[4] for row in rows] == verdicts
    assert rows[3][3:] == ["", "", "", "句子1 是空的"]
    assert rows[4][-1] == "不认识标注 也许"
    assert shown["report"]["pairs"] == 3
    assert shown["report"]["labels"] == [{"key": "verdict_not_matched"}, {"key": "verdict_matched"}]
    assert shown["report"]["counts"][0] == [0, 2, 0, 1]
    assert [mistake["row"] for mistake in shown["report"]["mistakes"]][:1] == [3]
    assert {mistake["row"] for mistake in shown["report"]["mistakes"]} == {1, 2, 3}
    with Path(shown["csv"].value["path"]).open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["问题"] for row in written][3:] == ["句子1 是空的", "不认识标注 也许"]
    assert [row["判断"] for row in written][:2] == ["意思相同", "意思不同"]
    assert float(written[0]["相同的概率"]) > 0.9
    assert float(written[0]["相似度"]) == 1
    sheet = openpyxl.load_workbook(shown["xlsx"].value["path"]).active
    assert (sheet.max_row, sheet.max_column) == (6, 7)


def test_columns_of_other_names_can_be_chosen(handlers: BatchHandlers, tmp_path: Path) -> None:
    rows = [("序号", "甲", "乙", "丙"), (1, SAME, "x", SAME), (2, SAME, "y", OTHER)]
    write_workbook(tmp_path / "pairs.xlsx", {"Sheet": rows})
    read = handlers.read_file(str(tmp_path / "pairs.xlsx"), None, visitor())
    assert [read[name].value for name in Columns._fields] == [1, 3, NO_LABEL]
    shown = finish(handlers.start(inputs_of(read), visitor()))
    assert [row[-3] for row in shown["results"]["rows"]] == [
        {"key": "verdict_matched"},
        {"key": "verdict_not_matched"},
    ]
    assert shown["report"] is None


def columns(names: tuple[str, ...], *rows: tuple[Any, ...]) -> Columns:
    """The columns chosen of a table."""
    return likely_columns(Table(names, [Row(row) for row in rows]), ("Not Matched", "Matched"))


def test_columns_are_chosen_as_a_person_would() -> None:
    names = ("序号", "客户问法", "标准问", "人工标注")
    rows = [(number, f"请问{thing}怎么办", f"办理{thing}", number % 2) for number, thing in enumerate(THINGS)]
    assert columns(names, *rows) == (1, 2, 3)
    texts = [tuple(map(str, row)) for row in rows]
    assert columns(names, *texts) == (1, 2, 3)
    assert columns(("渠道", "日期", "b", "a", "标签"), *[("网页", "2026-01-02", *row[1:]) for row in rows]) == (2, 3, 4)
    assert columns(("渠道", "sentence2", "备注", "说法"), *[("网页", row[1], "", row[2]) for row in rows]) == (
        3,
        1,
        None,
    )
    assert columns(("a", "b"), ("好", None)) == (0, 1, None)
    assert columns(("a",), ("好",)) == (0, 0, None)


def test_the_file_of_a_source_is_named_without_its_endings() -> None:
    table = Table(("a",), [])
    for name, stem in (("pairs.csv", "pairs"), ("a.b.tsv.gz", "a.b"), ("", "pairs"), ("plain", "plain")):
        assert Source(table, name).stem == stem


def test_pasted_examples_have_columns_in_the_visitors_language(handlers: BatchHandlers) -> None:
    read = handlers.read_pasted(EXAMPLE, None, visitor("zh"))
    assert read["preview"]["caption"]["key"] == "batch_pasted"
    assert read["preview"]["columns"] == [{"key": name} for name in PAIR_NAMES]  # which follow a change of language
    assert [label for label, _ in read["sentence1"].choices] == [str(text(name)) for name in PAIR_NAMES]
    shown = finish(handlers.start(inputs_of(read), visitor("zh")))
    assert line(shown) == "batch_done_all"
    assert shown["results"]["columns"][:3] == [{"key": name} for name in PAIR_NAMES]
    with Path(shown["csv"].value["path"]).open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file))[:3] == ["第一句", "第二句", "标注"]
    assert shown["report"]["pairs"] == len(EXAMPLE.splitlines())


def test_the_first_row_can_be_read_as_the_header_or_not(handlers: BatchHandlers, labelled: Path) -> None:
    read = handlers.read_file(str(labelled), None, visitor())
    assert (read["header"].value, read["header"].visible) == (True, True)
    again = handlers.read_header(read["source"], False, None)
    assert again["preview"]["caption"]["rows"] == "6"
    assert [column["key"] for column in again["preview"]["columns"]] == PAIR_NAMES
    assert handlers.read_header(again["source"], True, None)["preview"] == read["preview"]


def test_another_sheet_can_be_chosen(handlers: BatchHandlers, labelled: Path, tmp_path: Path) -> None:
    assert handlers.read_file(str(labelled), None, visitor())["sheet"].visible == HIDDEN
    write_workbook(tmp_path / "a.xlsx", {"旧": [(SAME, OTHER)], "新": [("句子1", "句子2"), (SAME, SAME)]})
    read = handlers.read_file(str(tmp_path / "a.xlsx"), None, visitor())
    assert ([name for name, _ in read["sheet"].choices], read["sheet"].value) == (["旧", "新"], "新")
    assert read["preview"]["caption"]["name"] == "a.xlsx · 新"
    read = handlers.read_sheet(read["source"], "旧", None, visitor())
    assert read["preview"]["rows"] == [[SAME, OTHER]]
    (tmp_path / "a.xlsx").unlink()  # swept by age, meanwhile
    assert handlers.read_sheet(read["source"], "新", None, visitor())["status"]["tone"] == "error"


def test_the_encoding_is_offered_where_it_was_guessed(handlers: BatchHandlers, labelled: Path, tmp_path: Path) -> None:
    read = handlers.read_file(str(labelled), None, visitor())
    assert (read["encoding"]["value"], read["encoding"]["visible"]) == ("gb18030", True)
    assert "encoding" not in handlers.read_pasted("", None, visitor())
    assert handlers.read_encoding(read["source"], "gb18030", None, visitor()) is NO_CHANGE  # the Tab key passed it
    other = handlers.read_encoding(read["source"], "big5", None, visitor())
    assert other["preview"]["caption"]["encoding"] == "BIG5HKSCS"
    assert other["preview"]["rows"] != read["preview"]["rows"]
    back = handlers.read_encoding(other["source"], "gb18030", None, visitor())
    assert back["preview"] == read["preview"]
    refused = handlers.read_encoding(back["source"], "utf-8", None, visitor())
    assert "not in the encoding utf-8" in str(refused["status"])
    plain = tmp_path / "plain.csv"
    plain.write_text("sentence1,sentence2\n甲,乙\n", encoding="utf-8")
    assert handlers.read_file(str(plain), None, visitor())["encoding"]["visible"] == HIDDEN


def test_labels_that_are_unknown_give_no_report(handlers: BatchHandlers) -> None:
    read = handlers.read_pasted(f"{SAME}|{SAME}|也许\n{SAME}|{OTHER}|也许", None, visitor())
    shown = finish(handlers.start(inputs_of(read), visitor()))
    assert shown["report"]["pairs"] == 0
    assert [row[-1] for row in shown["results"]["rows"]] == ["the label 也许 is unknown"] * 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_bad_table_gets_a_message_in_the_visitors_language(
    handlers: BatchHandlers, tmp_path: Path, language: str
) -> None:
    texts = TEXTS["zh" if language == "zh" else "en"]
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK nothing")
    read = handlers.read_file(str(broken), None, visitor(language))
    assert read["status"]["line"] == {"text": texts["table_error_workbook"]}
    assert (read["status"]["tone"], read["source"], read["preview"]["rows"]) == ("error", None, [])
    long = handlers.read_pasted("很" * 1_000_001, None, visitor(language))
    assert long["status"]["line"]["text"] == texts["batch_too_long"].format(length=1_000_001, limit=1_000_000)


def test_an_emptied_box_changes_nothing(handlers: BatchHandlers) -> None:
    job = Mock(spec=Job)
    assert handlers.read_pasted(" \n", job, visitor()) == NO_CHANGE
    assert not job.mock_calls


@pytest.mark.parametrize("total", [1_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_long_table_is_scored_in_steps_until_it_is_stopped(
    handlers: BatchHandlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int
) -> None:
    monkeypatch.setattr("textmatch.scoring.CHUNK", 8)
    path = tmp_path / "many.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("问句1", "问句2", "标签"), *itertools.islice(pairs(), total)])
    read = handlers.read_file(str(path), None, visitor())
    assert read["preview"]["caption"]["rows"] == f"{total:,}"
    assert read["preview"]["rows"][0] == [*map(str, next(pairs()))]
    job = handlers.start(inputs_of(read), visitor())["job"]
    steps = job.run()
    for done in ("0", "8", "16", "24"):
        assert next(steps)["status"]["progress"]["done"] == done
    job.stop()
    (shown,) = steps
    assert shown["status"]["line"] == {"key": "batch_stopped_all", "done": "24", "total": f"{total:,}", "failed": "0"}
    assert shown["report"]["pairs"] == 24
    with Path(shown["csv"].value["path"]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["问句1"], row["问句2"]) for row in rows] == [pair[:2] for pair in itertools.islice(pairs(), 24)]
    assert all(0 <= float(row["Probability"]) <= 1 for row in rows)


def pairs() -> Iterator[tuple[str, str, int]]:
    """Pairs put together from a few phrases, numbered so that none comes twice."""
    for number in itertools.count():
        thing = THINGS[number % len(THINGS)]
        other = thing if number % 2 else THINGS[(number + 1) % len(THINGS)]
        yield f"{number}号柜台怎么办{thing}", f"在{number}号柜台办{other}", number % 2


# Jobs


@pytest.fixture
def start(handlers: BatchHandlers) -> Callable[..., dict[Any, Any]]:
    """Presses Start on a table of two columns; `before` is what the visitor's session has as the last job."""
    source = Source(Table(("a", "b"), [Row((SAME, SAME))]), "x")

    def press(before: Job | None = None, sentence1: int = 0, sentence2: int = 1) -> dict[Any, Any]:
        chosen = {"sentence1": sentence1, "sentence2": sentence2, "label": NO_LABEL}
        return handlers.start({"source": handlers.tables.add(source), "job": before} | chosen, visitor())

    return press


def test_files_go_with_the_visit(start: Callable[..., dict[Any, Any]]) -> None:
    first = start()["job"]
    list(first.run())
    assert sorted(path.name for path in first.folder.iterdir()) == ["x.scored.csv", "x.scored.xlsx"]
    assert first.folder.parent == Path(get_upload_folder())
    again = start(first)["job"]
    assert not first.folder.exists()
    list(again.run())
    assert again.folder.exists()
    discard(again)
    assert not again.folder.exists()


def test_files_that_nobody_waits_for_any_more_are_not_kept(start: Callable[..., dict[Any, Any]]) -> None:
    job = start()["job"]
    steps = job.run()
    while line(next(steps)) != "batch_writing":
        pass
    discard(job)  # as a new table does
    assert job.folder.exists()  # or they could not be written
    assert list(steps) == [NO_CHANGE]
    assert not job.folder.exists()


def test_a_second_start_keeps_the_place_in_the_queue(start: Callable[..., dict[Any, Any]]) -> None:
    waiting = start()
    first = waiting["job"]
    assert line(waiting) == "batch_queued"
    assert waiting["status"]["progress"] == WORKING
    assert start(first) == {name: value for name, value in waiting.items() if name != "job"}
    steps = first.run()
    running = next(steps)
    assert start(first) == running
    steps.close()
    second = start(first)["job"]
    assert second is not first
    assert line(second.stop()) == "batch_cancelled"
    assert [line(updates) for updates in second.run()] == ["batch_cancelled"]


def test_a_job_stopped_before_the_first_chunk_has_nothing_to_show(start: Callable[..., dict[Any, Any]]) -> None:
    job = start()["job"]
    steps = job.run()
    next(steps)
    assert job.stop() == NO_CHANGE
    (end,) = steps
    assert (line(end), end["results"]["rows"], end["report"]) == ("batch_cancelled", [], None)


@pytest.mark.parametrize(
    "read",
    [
        lambda handlers, job: handlers.read_header(None, True, job),
        lambda handlers, job: handlers.read_sheet(None, "x", job, visitor()),
        lambda handlers, job: handlers.read_encoding(None, "big5", job, visitor()),
        lambda handlers, job: handlers.read_pasted("x", job, visitor()),
        lambda handlers, job: handlers.read_file("/nowhere.csv", job, visitor()),
    ],
    ids=["header", "sheet", "encoding", "pasted", "file"],
)
@pytest.mark.parametrize("over", [True, False])
def test_a_new_table_ends_the_job_and_deletes_its_files(
    handlers: BatchHandlers, start: Callable[..., dict[Any, Any]], read: Callable[..., Any], over: bool
) -> None:
    job = start()["job"]
    if over:
        list(job.run())
    assert job.folder.exists()
    assert job.active != over
    read(handlers, job)
    assert not job.active
    assert not job.folder.exists()


def test_a_start_that_cannot_be_says_why(handlers: BatchHandlers, start: Callable[..., dict[Any, Any]]) -> None:
    inputs = {"source": None, "job": None, "sentence1": 0, "sentence2": 1, "label": NO_LABEL}
    gone = handlers.start(inputs, visitor())
    assert gone["job"] is None
    assert gone["status"]["line"] == {"text": TEXTS["en"]["batch_gone"]}
    same = start(sentence1=1)
    assert same["job"] is None
    assert same["status"]["line"] == {"text": TEXTS["en"]["table_error_same"].format(name="b")}


# The page in a browser


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def home(matcher: TextMatcher, gate: Gate, serve: Callable[..., Any]) -> Iterator[str]:
    """A real page with nothing but this tab, whose matcher waits at the gate."""

    def predict(*arguments: Any) -> Any:
        gate.wait()
        return matcher.predict(*arguments)

    watched = Mock(wraps=matcher, labels=matcher.labels, max_length=matcher.max_length, predict=predict)
    with gr.Blocks(analytics_enabled=False) as page, gr.Tabs(), gr.Tab("Batch"):
        tab(watched)
    with serve(page) as url:
        yield url
        gate.open()


@pytest.fixture
def ready() -> str:
    return "#batch-file:has(button:not([aria-label])) input[type=file]"  # `upload_check` listens there


@pytest.fixture
def anew() -> Callable[[Any], None]:
    """A table of one row in the place of all that the last test left."""

    def start_again(page: Any) -> None:
        paste(page, "重新|开始")

    return start_again


@pytest.fixture(autouse=True)
def opened(request: pytest.FixtureRequest) -> Iterator[None]:
    """Opens the gate after a test that failed while it was shut."""
    yield
    if "gate" in request.fixturenames:
        request.getfixturevalue("gate").open()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight rows in a step."""
    monkeypatch.setattr("textmatch.scoring.CHUNK", 8)


def upload(page: Any, path: Path) -> None:
    page.locator("#batch-file input[type=file]").set_input_files(path)
    preview(page, path.stem)


def paste(page: Any, *lines: str) -> None:
    page.locator("#batch-paste textarea").fill("\n".join(lines))
    page.locator("#batch-preview tbody").get_by_text(lines[0].split("|")[0], exact=True).first.wait_for()


def twenty() -> list[str]:
    return [f"{SAME}{number}|{SAME}" for number in range(20)]


def preview(page: Any, text: str) -> None:
    """Wait until the preview's caption has this text."""
    page.locator("#batch-preview").filter(has_text=text).locator("tbody tr").first.wait_for()


def status(page: Any, key: str, language: str = "zh", **fields: object) -> None:
    """Wait until the status says this."""
    said = TEXTS["zh" if language == "zh" else "en"][f"batch_{key}"].format(**fields)
    page.locator("#batch-status [role=status]").get_by_text(said, exact=True).wait_for()


def progress(page: Any, **fields: object) -> None:
    """Wait until the bar stands there."""
    said = TEXTS["zh"]["batch_count"].format(**fields)
    page.locator("#batch-status .tm-progress").filter(has_text=said).wait_for()


def cells(page: Any, table: str) -> list[list[str]]:
    rows = page.locator(f"{table} tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def download(page: Any, kind: str, folder: Path) -> Path:
    with page.expect_download() as caught:
        page.locator(f"#batch-{kind}").click()
    path = folder / str(caught.value.suggested_filename)
    caught.value.save_as(path)
    return path


@pytest.mark.browser
def test_a_csv_from_upload_to_download(visit: Open, labelled: Path, tmp_path: Path) -> None:
    page = visit(alone=True)  # nothing was read there before
    expect(page.locator("#batch-start")).to_be_hidden()
    upload(page, labelled)
    expect(page.locator("#batch-sentence1 input")).to_have_value("句子1")
    expect(page.locator("#batch-label input")).to_have_value("标签")
    expect(page.locator("#batch-stop")).to_be_hidden()
    page.locator("#batch-start").click()
    status(page, "done", done=5, failed=1)
    expect(page.locator("#batch-results tbody tr")).to_have_count(5)
    shown = cells(page, "#batch-results")
    assert [row[4] for row in shown] == ["意思相同", "意思不同", shown[2][4], "", "意思相同"]
    path = download(page, "csv", tmp_path)
    assert path.name == "pairs.scored.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 6
    sheet = openpyxl.load_workbook(download(page, "xlsx", tmp_path)).active
    assert (sheet.max_row, sheet.max_column) == (6, 7)

    expect(page.locator("#batch-report")).to_contain_text("3 行有标注")
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    confusion = page.locator(".tm-confusion tbody :is(th, td)")
    expect(confusion).to_have_text(["标注：意思不同", "✓ 0", "✗ 2", "标注：意思相同", "✗ 0", "✓ 1"])
    slider.press("End")
    # Equal texts are certain.
    expect(confusion).to_have_text(["标注：意思不同", "✓ 2", "✗ 0", "标注：意思相同", re.compile("."), re.compile(".")])
    expect(slider).to_have_attribute("aria-valuetext", "100%")
    slider.press("Home")
    expect(page.locator(".tm-mistakes tbody tr :is(th, td):first-child")).to_have_text(["3", "2"])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.slow
def test_a_visitor_sets_the_encoding_that_was_guessed(visit: Open, labelled: Path) -> None:
    page = visit(alone=True)
    upload(page, labelled)
    choice = page.locator("#batch-encoding input")
    expect(choice).to_have_value("GB18030")
    choice.click()
    page.get_by_role("option", name="Big5").click()
    expect(page.locator("#batch-preview")).to_contain_text("BIG5HKSCS")
    page.locator("#batch-encoding input").click()
    page.get_by_role("option", name="GB18030").click()
    expect(page.locator("#batch-sentence1 input")).to_have_value("句子1")


@pytest.mark.browser
def test_stopping_keeps_what_is_done(visit: Open, gate: Gate, small_chunks: None, tmp_path: Path) -> None:
    page = visit()
    paste(page, *twenty())
    gate.shut(let=1)
    page.locator("#batch-start").click()
    progress(page, done=8, total=20)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", str(8 / 20))
    page.locator("#batch-stop").click()
    status(page, "stopping")
    gate.open()
    status(page, "stopped_all", done=16, total=20)
    assert len(download(page, "csv", tmp_path).read_text(encoding="utf-8-sig").splitlines()) == 17
    page.locator("#batch-start").click()
    status(page, "done_all", done=20)


@pytest.mark.slow
@pytest.mark.browser
def test_a_new_table_ends_the_run_of_the_old_one(visit: Open, gate: Gate, small_chunks: None) -> None:
    page = visit()
    paste(page, *twenty())
    gate.shut(let=1)
    page.locator("#batch-start").click()
    progress(page, done=8, total=20)
    paste(page, f"{OTHER}|{OTHER}")
    page.locator("#batch-start").click()  # while the old run's chunk is still under way
    status(page, "queued")
    gate.open()
    status(page, "done_all", done=1)
    expect(page.locator("#batch-results tbody tr :is(th, td):first-child")).to_have_text([OTHER])


@pytest.mark.browser
@pytest.mark.slow
def test_a_run_stops_while_it_waits_for_its_turn(visit: Open, gate: Gate, small_chunks: None) -> None:
    busy, page = [visit(alone=True)], visit()
    for number, other in enumerate(busy):
        paste(other, f"{number}|{SAME}")
    paste(page, *twenty())
    gate.shut()
    for other in busy:
        other.locator("#batch-start").click()
    gate.arrived(len(busy))  # every place is taken
    page.locator("#batch-start").click()
    status(page, "queued")
    page.locator("#batch-stop").click()
    status(page, "cancelled")
    page.locator("#batch-stop").wait_for(state="hidden")
    page.locator("#batch-start").click()
    status(page, "queued")
    gate.open()
    status(page, "done_all", done=20)
    for other in busy:
        status(other, "done_all", done=1)


@pytest.mark.slow
@pytest.mark.browser
def test_hostile_text_stays_text(visit: Open, tmp_path: Path) -> None:
    path = tmp_path / f"bad{HOSTILE[1]}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [(text, other, "1", text) for text in HOSTILE for other in (SAME, text)]
        rows += [(SAME, OTHER, "0", "")]
        csv.writer(file).writerows([("sentence1", "sentence2", "label", HOSTILE[0]), *rows])
    page = visit()
    page.locator("#batch-file input[type=file]").set_input_files(path)
    preview(page, HOSTILE[0])
    page.locator("#batch-label input").click()
    page.keyboard.press("Escape")
    page.locator("#batch-start").click()
    status(page, "done_all", done=len(rows))
    page.get_by_role("slider").press("End")
    expect(page.locator("#batch-results tbody tr")).to_have_count(len(rows))
    shown = cells(page, "#batch-results")
    assert [row[0] for row in shown[::2]][:4] == list(HOSTILE)
    assert {row[1] for row in cells(page, ".tm-mistakes")} <= {*HOSTILE, SAME}
    expect(page.locator("img[src=x]")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.browser
def test_files_that_cannot_be_used_are_refused_before_they_are_sent(visit: Open, tmp_path: Path) -> None:
    page = visit("en-US")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/upload" in request.url else None)
    texts = TEXTS["en"]
    said = page.locator("#batch-file-check [role=alert]")
    letter, huge = tmp_path / "letter.docx", tmp_path / "huge.CSV"
    letter.write_bytes(b"PK")
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # a hole: it takes no room
    box = page.locator("#batch-file input[type=file]")
    box.set_input_files(letter)
    kinds = ", ".join(TABLE_SUFFIXES)
    expect(said).to_have_text(texts["table_error_kind"].format(kinds=kinds))
    box.set_input_files(huge)
    expect(said).to_have_text(texts["table_error_large"].format(size=65, limit=64))
    page.locator("#batch-file button").evaluate(DROP, [["letter.docx", "x"]])
    expect(said).to_have_text(texts["table_error_kind"].format(kinds=kinds))
    page.locator("#batch-file button").evaluate(DROP, [["a.csv", SAME], ["b.csv", SAME]])
    expect(said).to_have_text(texts["upload_many"])
    assert sent == []
    page.locator("#batch-example").click()
    preview(page, texts["batch_pasted"].format(rows=12))
    expect(page.locator("#batch-example")).to_be_hidden()
    expect(said).to_be_hidden()
    page.locator("#batch-file button").evaluate(DROP, [["dropped.tsv", f"{SAME}\t{SAME}"]])
    preview(page, "dropped")
    assert sent


@pytest.mark.browser
@pytest.mark.slow
def test_a_bad_file_gets_a_message_and_the_next_one_works(visit: Open, tmp_path: Path, labelled: Path) -> None:
    page = visit()
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK nothing")
    page.locator("#batch-file input[type=file]").set_input_files(broken)
    line = page.locator("#batch-status [role=status]")
    line.get_by_text(TEXTS["zh"]["table_error_workbook"], exact=True).wait_for()
    expect(page.locator("#batch-start")).to_be_hidden()
    upload(page, labelled)
    expect(line).to_have_text("")


@pytest.mark.browser
@pytest.mark.slow
def test_phone_width_and_keyboard(visit: Open, labelled: Path) -> None:
    page = visit(viewport=PHONE)
    upload(page, labelled)
    page.locator("#batch-header input").focus()
    page.keyboard.press("Space")
    preview(page, "6 行")
    page.keyboard.press("Space")
    preview(page, "5 行")
    page.keyboard.press("Tab")
    expect(page.locator("[role=region]:focus")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#batch-start")).to_be_focused()
    page.keyboard.press("Enter")
    status(page, "done", done=5, failed=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert "__i18n__" not in page.locator("body").inner_text()


@pytest.mark.browser
@pytest.mark.slow
def test_the_keyboard_alone_goes_from_the_file_to_the_download(visit: Open, labelled: Path, tmp_path: Path) -> None:
    page = visit(alone=True)  # where nothing has had the focus
    page.on("filechooser", lambda _: None)  # from now on the browser opens none of its own
    reach(page, "#batch-file button")
    expect(page.get_by_role("button", name=TEXTS["zh"]["upload_drop"])).to_have_count(1)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(labelled)
    preview(page, "pairs")
    reach(page, "#batch-paste textarea")
    reach(page, "#batch-sentence2 input")
    expect(page.locator("#batch-sentence2 input")).to_have_value("句子2")
    choose(page, "ArrowUp", "#batch-sentence2 input", "句子1")
    reach(page, "#batch-start")
    page.keyboard.press("Enter")
    page.locator("#batch-status").get_by_text("句子1").wait_for()  # the same column twice
    reach(page, "#batch-sentence2 input", "Shift+Tab")
    choose(page, "ArrowDown", "#batch-sentence2 input", "句子2")
    reach(page, "#batch-header input")
    reach(page, "#batch-preview [role=region]")
    reach(page, "#batch-start")
    page.keyboard.press("Enter")
    status(page, "done", done=5, failed=1)
    for kind in ("csv", "xlsx"):
        reach(page, f"#batch-{kind}")
        with page.expect_download() as caught:
            page.keyboard.press("Enter")
        assert caught.value.suggested_filename == f"pairs.scored.{kind}"
    reach(page, ".tm-threshold input")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tm-threshold output")).to_have_text("51%")
    page.keyboard.press("End")
    expect(page.locator(".tm-threshold output")).to_have_text("100%")
    reach(page, ".tm-report [role=region]")
    reach(page, "#batch-results [role=region]")


CHOSEN = """([box, option]) => new Promise((resolve) => {
  const end = Date.now() + 3000;
  const look = () => {
    const chosen = document.querySelector(box).value === option;
    chosen || Date.now() > end ? resolve(chosen) : requestAnimationFrame(look);
  };
  look();
})"""


def choose(page: Any, key: str, box: str, option: str) -> None:
    """Take `option` with an arrow key and Enter; a preview that comes in between closes the list: then once more."""
    for _ in range(5):
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        if page.evaluate(CHOSEN, [box, option]):
            return
    raise AssertionError(f"{option} cannot be chosen")


def reach(page: Any, target: str, key: str = "Tab") -> None:
    """Press Tab until `target` has the focus; every stop on the way must look other than without it."""
    for _ in range(20):
        page.keyboard.press(key)
        assert page.evaluate(UNSEEN) == ""
        if page.evaluate("target => document.activeElement.matches(target)", target):
            return
    raise AssertionError(f"{target} cannot be reached")


@pytest.mark.browser
@pytest.mark.slow
def test_visitors_see_their_own_rows_only(visit: Open, labelled: Path) -> None:
    first, second = visit(), visit(alone=True)
    upload(first, labelled)
    paste(second, f"{OTHER}|{OTHER}")
    for page in (first, second):
        page.locator("#batch-start").click()
    status(first, "done", done=5, failed=1)
    status(second, "done_all", done=1)
    expect(second.locator("#batch-results tbody tr :is(th, td)").first).to_have_text(OTHER)
    assert SAME not in second.locator("body").inner_text()
