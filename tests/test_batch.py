"""The tab for whole files: over the API with the real client, and in a real browser."""

import csv
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import openpyxl
import pytest
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from textmatch import TextMatcher
from textmatch.demo import batch as batch_module
from textmatch.demo import launch_options
from textmatch.demo.batch import CONCURRENCY, Batch, Source, _turn, tab
from textmatch.demo.job import Job, drop
from textmatch.demo.texts import ENGLISH, EXAMPLES, WORDS
from textmatch.scoring import PROBLEMS
from textmatch.tables import ERRORS, KINDS, MAX_BYTES, Columns, Row, Table

HOSTILE = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}${", "</script><script>alert(1)</script>")
SAME = "明天早上几点开门"
OTHER = "红烧茄子怎样做才不油腻"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

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


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def home(matcher: TextMatcher, gate: Gate) -> Iterator[str]:
    """A real page with nothing but this tab, whose matcher waits at the gate."""

    def predict(*arguments: Any) -> Any:
        gate.wait()
        return matcher.predict(*arguments)

    watched = Mock(wraps=matcher, labels=matcher.labels, max_length=matcher.max_length, predict=predict)
    with gr.Blocks(analytics_enabled=False) as page, gr.Tabs(), gr.Tab("Batch"):
        tab(watched, "default")
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield url
    gate.open()
    page.close(verbose=False)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.csv"
    rows = [
        (SAME, SAME, "是"),
        (SAME, OTHER, "否"),
        (SAME, SAME + "呢", "否"),
        ("", OTHER, "否"),
        (OTHER, OTHER, "也许"),
    ]
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([("句子1", "句子2", "标签"), *rows])
    return path


def files_kept() -> set[Path]:
    """Files in Gradio's folder that hold anything."""
    return {path for path in Path(get_upload_folder()).rglob("*") if path.is_file() and path.stat().st_size}


# Parts


def test_every_wording_has_both_languages_and_the_same_fields() -> None:
    for key in (*(f"file_{key}" for key in ERRORS), *(f"batch_p_{key}" for key in PROBLEMS)):
        assert key in WORDS["zh"]
    assert ENGLISH["file_empty"].startswith("There are no rows")


@pytest.fixture
def enter(matcher: TextMatcher) -> Callable[..., tuple[Any, ...]]:
    """Presses Start on a table of two columns."""
    source = Source(Table(("a", "b"), [Row((SAME, SAME))]), "x")
    asked = Mock(headers={}, query_params={})

    def press(before: Job | None, sentence1: int = 0, sentence2: int = 1) -> tuple[Any, ...]:
        return Batch(matcher, "default").enter(source, before, sentence1, sentence2, -1, asked)

    return press


def test_files_go_with_the_visit(enter: Callable[..., tuple[Any, ...]]) -> None:
    first = enter(None)[0]
    list(first.run())
    assert sorted(path.name for path in first.folder.iterdir()) == ["x.scored.csv", "x.scored.xlsx"]
    assert first.folder.parent == Path(get_upload_folder())
    again = enter(first)[0]
    assert not first.folder.exists()
    list(again.run())
    assert again.folder.exists()
    drop(again)
    assert not again.folder.exists()


def test_files_that_nobody_waits_for_any_more_are_not_kept(enter: Callable[..., tuple[Any, ...]]) -> None:
    job = enter(None)[0]
    turn = job.run()
    while next(turn)[0]["state"] != "writing":
        pass
    drop(job)  # as a new table does
    assert job.folder.exists()  # or they could not be written
    assert list(turn) == [gr.skip()]
    assert not job.folder.exists()


def test_a_second_start_keeps_the_place_in_the_queue(enter: Callable[..., tuple[Any, ...]]) -> None:
    first, queued, *_ = enter(None)
    assert enter(first)[:2] == (gr.skip(), queued) == (gr.skip(), {"state": "queued"})
    turn = first.run()
    running = next(turn)
    assert enter(first) == (gr.skip(), *running)
    turn.close()
    second = enter(first)[0]
    assert second.stop()[0] == {"state": "cancelled"}
    assert [view[0] for view in _turn(second)] == [{"state": "cancelled"}]
    assert enter(second)[0] is not second


def test_a_run_stopped_before_the_first_chunk_has_nothing_to_show(enter: Callable[..., tuple[Any, ...]]) -> None:
    job = enter(None)[0]
    turn = job.run()
    next(turn)
    assert job.stop() == gr.skip()
    assert [view[0] for view in turn] == [{"state": "cancelled"}]


@pytest.mark.parametrize(
    "read",
    [lambda batch, *rest: batch.read_header(None, True, *rest), lambda batch, *rest: batch.read_pasted("x", *rest)],
)
def test_a_table_read_anew_ends_the_run_and_takes_its_files_along(
    matcher: TextMatcher, enter: Callable[..., tuple[Any, ...]], read: Callable[..., Any]
) -> None:
    over, waiting = enter(None)[0], enter(None)[0]
    list(over.run())
    for job in (over, waiting):
        read(Batch(matcher, "default"), job, Mock(headers={}, query_params={}))
        assert not job.going
        assert not job.folder.exists()


def test_a_start_that_cannot_be_says_why(matcher: TextMatcher, enter: Callable[..., tuple[Any, ...]]) -> None:
    gone = Batch(matcher, "default").enter(None, None, 0, 1, -1, Mock(headers={}, query_params={}))
    assert gone[:2] == (None, {"state": "error", "message": WORDS["en"]["batch_gone"]})
    job, status, *_ = enter(None, 1)
    assert status == {"state": "error", "message": WORDS["en"]["file_same"].format(name="b")}
    assert list(_turn(job)) == [gr.skip()]


# The API


def test_score_file(client: Client, labelled: Path) -> None:
    before = files_kept()
    scored, summary = client.predict(handle_file(labelled), "", "", "", "csv", api_name="/score_file")
    with Path(scored).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["句子1", "句子2", "标签", "probability", "prediction", "similarity", "problem"]
    assert [row["prediction"] for row in rows] == ["Matched", "Not Matched", rows[2]["prediction"], "", "Matched"]
    assert rows[3]["problem"] == "句子1 is blank"
    assert rows[4]["problem"] == "the label 也许 is unknown"
    assert (summary["rows"], summary["failed"], summary["encoding"]) == (5, 1, "GB18030")
    assert summary["columns"] == {"sentence1": "句子1", "sentence2": "句子2", "label": "标签"}
    assert summary["figures"]["pairs"] == 3
    assert not [path for path in files_kept() - before if path.name == labelled.name]


def test_score_file_by_named_columns_into_a_workbook(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(f"问\t答\n{SAME}\t=1+1\n", encoding="utf-8")
    scored, summary = client.predict(handle_file(path), "问", "答", "", "xlsx", api_name="/score_file")
    sheet = openpyxl.load_workbook(scored).active
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=1+1", "s")
    assert summary["figures"] is None


@pytest.mark.parametrize(
    ("name", "content", "columns", "message"),
    [
        ("a.csv", b"", ("", ""), "There are no rows"),
        ("a.csv", b"x,y\na,b\n", ("x", "z"), "There is no column z"),
        ("a.csv", bytes(range(128, 256)), ("", ""), "unknown encoding"),
        ("a.xlsx", b"PK", ("", ""), "not a readable XLSX"),
        ("a.doc", b"word", ("", ""), "expected a name that ends in .csv"),
    ],
)
def test_bad_files_are_named(
    client: Client, tmp_path: Path, name: str, content: bytes, columns: tuple[str, str], message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content or b" ")
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(path), *columns, "", "csv", api_name="/score_file")


def test_only_score_file_is_public_and_well_described(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(endpoints) == ["/score_file"]
    described = endpoints["/score_file"]
    assert [one["parameter_name"] for one in described["parameters"]] == [
        *("file", "sentence1", "sentence2", "label", "format")
    ]
    assert "same rows" in described["description"]


# The page in a browser


@pytest.fixture
def ready() -> str:
    return "#batch-file input[type=file]"


def upload(page: Any, path: Path) -> None:
    page.locator("#batch-file input[type=file]").set_input_files(path)
    page.locator("#batch-preview .tm-caption").filter(has_text=path.stem).wait_for()


def run(page: Any) -> str:
    page.locator("#batch-start").click()
    page.locator(".tm-status[data-state=done]").wait_for()
    return str(page.locator(".tm-said").inner_text())


def cells(page: Any, table: str) -> list[list[str]]:
    rows = page.locator(f"{table} tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def download(page: Any, kind: str, folder: Path) -> Path:
    with page.expect_download() as caught:
        page.locator(f"#batch-{kind}").click()
    path = folder / str(caught.value.suggested_filename)
    caught.value.save_as(path)
    return path


def test_a_csv_from_drop_to_download(visit: Open, labelled: Path, tmp_path: Path) -> None:
    page = visit()
    assert not page.locator("#batch-start").is_visible()
    upload(page, labelled)
    assert "5 行，编码 GB18030" in page.locator("#batch-preview .tm-caption").inner_text()
    assert page.locator("#batch-sentence1 input").input_value() == "句子1"
    assert page.locator("#batch-label input").input_value() == "标签"
    assert "5 行，其中 1 行" in run(page)
    shown = cells(page, "#batch-results")
    assert [row[0] for row in shown] == [SAME, SAME, SAME, "", OTHER]
    assert shown[3][-1] == "句子1 是空的"
    assert [row[4] for row in shown] == ["意思相同", "意思不同", shown[2][4], "", "意思相同"]
    path = download(page, "csv", tmp_path)
    assert path.name == "pairs.scored.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 6
    sheet = openpyxl.load_workbook(download(page, "xlsx", tmp_path)).active
    assert (sheet.max_row, sheet.max_column) == (6, 7)


def test_a_workbook_with_columns_of_ones_own(visit: Open, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("序号", "甲", "乙", "丙"), (1, SAME, "x", SAME), (2, SAME, "y", OTHER)):
        book.active.append(row)
    book.save(tmp_path / "pairs.xlsx")
    page = visit()
    upload(page, tmp_path / "pairs.xlsx")
    for column, name in (("sentence1", "甲"), ("sentence2", "丙")):
        page.locator(f"#batch-{column} input").click()
        page.get_by_role("option", name=name, exact=True).click()
        page.get_by_role("option").first.wait_for(state="detached")
    run(page)
    assert not page.locator(".tm-report").is_visible()
    assert len({row[-3] for row in cells(page, "#batch-results")}) == 2


def test_labels_slider_and_worst_mistakes(visit: Open, labelled: Path) -> None:
    page = visit()
    upload(page, labelled)
    run(page)
    assert "3 行有标签" in page.locator(".tm-basis").inner_text()
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    assert cells(page, ".tm-confusion") == [["✓ 0", "✗ 2"], ["✗ 0", "✓ 1"]]
    slider.press("End")
    assert [row[0] for row in cells(page, ".tm-confusion")] == ["✓ 2", "✗ 1"]
    assert slider.get_attribute("aria-valuetext") == "100%"
    slider.press("Home")
    mistakes = cells(page, ".tm-mistakes")
    assert [row[0] for row in mistakes] == ["3", "2"]
    assert page.locator(".tm-report svg").get_attribute("aria-label").count(";") >= 1


def test_the_examples_can_be_tried_at_once(visit: Open) -> None:
    page = visit()
    page.locator("#batch-example").click()
    page.locator("#batch-preview td").first.wait_for()
    assert not page.locator("#batch-example").is_visible()
    assert page.locator("#batch-preview .tm-caption").inner_text().startswith("粘贴的内容：12 行")
    assert page.locator("#batch-preview th").all_inner_texts() == ["第一句", "第二句", "标签"]
    assert run(page) == "完成：12 行都比好了。"
    assert f"{len(EXAMPLES)} 行有标签" in page.locator(".tm-basis").inner_text()


def test_labels_nobody_knows_are_named(visit: Open) -> None:
    page = visit("en-US")
    page.locator("#batch-paste textarea").fill(f"{SAME}|{SAME}|也许\n{SAME}|{OTHER}|也许")
    page.locator("#batch-preview td").first.wait_for()
    run(page)
    assert page.locator(".tm-basis").inner_text() == WORDS["en"]["batch_r_none"]
    assert [row[-1] for row in cells(page, "#batch-results")] == ["the label 也许 is unknown"] * 2


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight rows between two signs of life."""
    monkeypatch.setattr(batch_module, "CHUNK", 8)


def test_stopping_keeps_what_is_done(visit: Open, gate: Gate, small_chunks: None, tmp_path: Path) -> None:
    page = visit()
    lines = "\n".join(f"{SAME}{number}|{SAME}" for number in range(20))
    page.locator("#batch-paste textarea").fill(lines)
    page.locator("#batch-preview .tm-caption").filter(has_text="20").wait_for()
    gate.shut(let=1)
    page.locator("#batch-start").click()
    page.locator(".tm-bar span").filter(has_text="8 / 20").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == str(8 / 20)
    page.locator("#batch-stop").click()
    page.locator(".tm-status[data-state=stopping]").wait_for()
    gate.open()
    page.locator(".tm-status[data-state=stopped]").wait_for()
    assert "20 行里的 16 行" in page.locator(".tm-said").inner_text()
    assert len(download(page, "csv", tmp_path).read_text(encoding="utf-8-sig").splitlines()) == 17
    page.locator("#batch-start").click()
    page.locator(".tm-status[data-state=done]").wait_for()
    assert "20 行" in page.locator(".tm-said").inner_text()


def test_a_new_table_ends_the_run_of_the_old_one(visit: Open, gate: Gate, small_chunks: None) -> None:
    page = visit()
    page.locator("#batch-paste textarea").fill("\n".join(f"{SAME}{number}|{SAME}" for number in range(20)))
    page.locator("#batch-preview .tm-caption").filter(has_text="20").wait_for()
    gate.shut(let=1)
    page.locator("#batch-start").click()
    page.locator(".tm-bar span").filter(has_text="8 / 20").wait_for()
    page.locator("#batch-paste textarea").fill(f"{OTHER}|{OTHER}")
    page.locator("#batch-preview .tm-caption").filter(has_text="1 行").wait_for()
    page.locator("#batch-start").click()  # while the old run's chunk is still under way
    page.locator(".tm-status[data-state=queued]").wait_for()
    gate.open()
    page.locator(".tm-status[data-state=done]").wait_for()
    assert [row[0] for row in cells(page, "#batch-results")] == [OTHER]


def test_a_run_stops_while_it_waits_for_its_turn(
    visit: Open, client: Client, tmp_path: Path, gate: Gate, small_chunks: None
) -> None:
    page = visit()
    files = [tmp_path / f"{number}.tsv" for number in range(CONCURRENCY)]
    for file in files:
        file.write_text(f"{file.name}\t{SAME}", encoding="utf-8")
    page.locator("#batch-paste textarea").fill("\n".join(f"{SAME}{number}|{SAME}" for number in range(20)))
    page.locator("#batch-preview .tm-caption").filter(has_text="20").wait_for()
    gate.shut()
    busy = [client.submit(handle_file(file), "", "", "", "csv", api_name="/score_file") for file in files]
    gate.arrived(CONCURRENCY)  # every place is taken
    page.locator("#batch-start").click()
    page.locator("#batch-stop").click()
    page.locator(".tm-status[data-state=cancelled]").wait_for()
    assert not page.locator("#batch-stop").is_visible()
    page.locator("#batch-start").click()
    page.locator(".tm-status[data-state=queued]").wait_for()
    gate.open()
    page.locator(".tm-status[data-state=done]").wait_for()
    assert page.locator(".tm-said").inner_text().startswith("完成：20 行")
    assert [job.result()[1]["rows"] for job in busy] == [1] * CONCURRENCY


def test_a_hundred_thousand_rows(visit: Open, gate: Gate, small_chunks: None, tmp_path: Path) -> None:
    page = visit()
    path = tmp_path / "many.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("问句1", "问句2", "标签"), *itertools.islice(pairs(), 100_000)])
    upload(page, path)
    assert page.locator("#batch-preview .tm-caption").inner_text().startswith("many：100,000 行")
    assert cells(page, "#batch-preview")[0] == [*map(str, next(pairs()))]
    assert [page.locator(f"#batch-{name} input").input_value() for name in Columns._fields] == [
        *("问句1", "问句2", "标签")
    ]
    gate.shut(let=1)
    page.locator("#batch-start").click()
    page.locator(".tm-bar span").filter(has_text="8 / 100,000").wait_for()
    gate.let()
    page.locator(".tm-bar span").filter(has_text="16 / 100,000").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == str(16 / 100_000)
    page.locator("#batch-stop").click()
    page.locator(".tm-status[data-state=stopping]").wait_for()
    gate.open()
    page.locator(".tm-status[data-state=stopped]").wait_for()
    assert page.locator(".tm-said").inner_text().startswith("已停止：完成了 100,000 行里的 24 行")
    with download(page, "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["问句1"], row["问句2"]) for row in rows] == [pair[:2] for pair in itertools.islice(pairs(), 24)]
    assert all(0 <= float(row["probability"]) <= 1 for row in rows)
    assert openpyxl.load_workbook(download(page, "xlsx", tmp_path)).active.max_row == 25
    assert "24 行有标签" in page.locator(".tm-basis").inner_text()


def pairs() -> Iterator[tuple[str, str, int]]:
    """Pairs put together from a few phrases, numbered so that none comes twice."""
    for number in itertools.count():
        thing = THINGS[number % len(THINGS)]
        other = thing if number % 2 else THINGS[(number + 1) % len(THINGS)]
        yield f"{number}号柜台怎么办{thing}", f"在{number}号柜台办{other}", number % 2


def test_hostile_text_stays_text(visit: Open, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [(text, other, "1", text) for text in HOSTILE for other in (SAME, text)]
        rows += [(SAME, OTHER, "0", "")]
        csv.writer(file).writerows([("sentence1", "sentence2", "label", HOSTILE[0]), *rows])
    page = visit()
    upload(page, path)
    page.locator("#batch-label input").click()
    page.keyboard.press("Escape")
    run(page)
    page.locator(".tm-report input").press("End")
    shown = cells(page, "#batch-results")
    assert [row[0] for row in shown[::2]][:4] == list(HOSTILE)
    assert {row[1] for row in cells(page, ".tm-mistakes")} <= {*HOSTILE, SAME}
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_files_that_cannot_be_used_are_refused_before_they_are_sent(
    visit: Open, tmp_path: Path, labelled: Path, locale: str
) -> None:
    page = visit(locale)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/upload" in request.url else None)
    words = WORDS["zh" if locale == "zh-CN" else "en"]
    said = page.locator("#batch-file-refusal [role=alert]")
    letter, huge = tmp_path / "letter.docx", tmp_path / "huge.CSV"
    letter.write_bytes(b"PK")
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # a hole: it takes no room
    box = page.locator("#batch-file input[type=file]")
    box.set_input_files(letter)
    kinds = ", ".join(KINDS)
    assert said.inner_text() == words["file_kind"].format(kinds=kinds)
    box.set_input_files(huge)
    assert said.inner_text() == words["file_large"].format(size=65, limit=64)
    page.locator("#batch-file button").evaluate(DROP, [["letter.docx", "x"]])
    assert said.inner_text() == words["file_kind"].format(kinds=kinds)
    page.locator("#batch-file button").evaluate(DROP, [["a.csv", SAME], ["b.csv", SAME]])
    assert said.inner_text() == words["file_many"]
    assert sent == []
    page.locator("#batch-example").click()
    page.locator("#batch-preview td").first.wait_for()
    assert not said.is_visible()
    page.locator("#batch-file button").evaluate(DROP, [["dropped.tsv", f"{SAME}\t{SAME}"]])
    page.locator("#batch-preview .tm-caption").filter(has_text="dropped").wait_for()
    assert sent


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("en-US", "en")])
def test_a_bad_file_gets_a_message_and_the_next_one_works(
    visit: Open, tmp_path: Path, labelled: Path, locale: str, language: str
) -> None:
    page = visit(locale)
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK nothing")
    page.locator("#batch-file input[type=file]").set_input_files(broken)
    page.locator(".tm-status[data-state=error]").wait_for()
    texts = WORDS["zh" if language == "zh" else "en"]
    assert page.locator(".tm-said[role=status]").inner_text() == texts["file_workbook"]
    upload(page, labelled)
    assert page.locator(".tm-said").inner_text() == ""
    page.locator("#batch-sentence2 input").click()
    page.get_by_role("option", name="句子1", exact=True).click()
    page.locator("#batch-start").click()
    page.locator(".tm-status[data-state=error]").wait_for()
    assert "句子1" in page.locator(".tm-said").inner_text()


def test_phone_width_and_keyboard(visit: Open, labelled: Path) -> None:
    page = visit(viewport=PHONE)
    upload(page, labelled)
    page.locator("#batch-header input").focus()
    page.keyboard.press("Space")
    page.locator("#batch-preview .tm-caption").filter(has_text="6 行").wait_for()
    page.keyboard.press("Space")
    page.locator("#batch-preview .tm-caption").filter(has_text="5 行").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "batch-start"
    page.keyboard.press("Enter")
    page.locator(".tm-status[data-state=done]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert "__i18n__" not in page.locator("body").inner_text()


def test_the_keyboard_alone_goes_from_the_file_to_the_download(visit: Open, labelled: Path, tmp_path: Path) -> None:
    page = visit()
    page.on("filechooser", lambda _: None)  # from now on the browser opens none of its own
    reach(page, "#batch-file button")
    assert page.get_by_role("button", name="将文件拖放到此处").count() == 1
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(labelled)
    page.locator("#batch-preview .tm-caption").filter(has_text="pairs").wait_for()
    reach(page, "#batch-paste textarea")
    reach(page, "#batch-sentence2 input")
    assert page.locator("#batch-sentence2 input").input_value() == "句子2"
    choose(page, "ArrowUp", "#batch-sentence2 input", "句子1")
    reach(page, "#batch-start")
    page.keyboard.press("Enter")
    page.locator(".tm-status[data-state=error]").wait_for()  # the same column twice
    reach(page, "#batch-sentence2 input", "Shift+Tab")
    choose(page, "ArrowDown", "#batch-sentence2 input", "句子2")
    reach(page, "#batch-header input")
    reach(page, "#batch-preview [role=region]")
    reach(page, "#batch-start")
    page.keyboard.press("Enter")
    page.locator(".tm-status[data-state=done]").wait_for()
    for kind in ("csv", "xlsx"):
        reach(page, f"#batch-{kind}")
        with page.expect_download() as caught:
            page.keyboard.press("Enter")
        assert caught.value.suggested_filename == f"pairs.scored.{kind}"
    reach(page, ".tm-threshold input")
    page.keyboard.press("ArrowRight")
    assert page.locator(".tm-threshold output").inner_text() == "51%"
    page.keyboard.press("End")
    assert page.locator(".tm-threshold output").inner_text() == "100%"
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


def test_visitors_see_their_own_rows_only(visit: Open, labelled: Path) -> None:
    first, second = visit(), visit()
    upload(first, labelled)
    run(first)
    second.locator("#batch-paste textarea").fill(f"{OTHER}|{OTHER}")
    second.locator("#batch-preview td").first.wait_for()
    run(second)
    assert cells(second, "#batch-results")[0][0] == OTHER
    assert SAME not in second.locator("body").inner_text()
    assert len(KINDS) == 5
