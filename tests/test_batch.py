"""The tab for whole files: over the API with the real client, and in a real browser."""

import csv
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
from textmatch.demo.batch import Batch, Outcome, Source, tab
from textmatch.demo.texts import ENGLISH, EXAMPLES, WORDS
from textmatch.scoring import PROBLEMS
from textmatch.tables import ERRORS, KINDS, Columns, Row, Table

HOSTILE = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}${", "</script><script>alert(1)</script>")
SAME = "明天早上几点开门"
OTHER = "红烧茄子怎样做才不油腻"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def gate() -> threading.Event:
    """While it is clear, the server scores the first chunk and waits."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture(scope="module")
def home(matcher: TextMatcher, gate: threading.Event) -> Iterator[str]:
    """A real page with nothing but this tab; its matcher waits after its first answer while the gate is shut."""
    waited = [False]

    def predict(*arguments: Any) -> Any:
        if not gate.is_set():
            if waited[0]:
                gate.wait(60)
            waited[0] = not waited[0]
        return matcher.predict(*arguments)

    watched = Mock(wraps=matcher, labels=matcher.labels, max_length=matcher.max_length, predict=predict)
    with gr.Blocks(analytics_enabled=False) as page, gr.Tabs(), gr.Tab("Batch"):
        tab(watched, "default")
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield url
    gate.set()
    page.close(verbose=False)


@pytest.fixture
def client(home: str) -> Iterator[Client]:
    with_client = Client(home, verbose=False)
    yield with_client
    with_client.close()


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


def test_files_go_with_the_visit(matcher: TextMatcher) -> None:
    table = Table(("a", "b"), [Row((SAME, SAME))])
    outcome = Outcome(Source(table, "x"), Columns(0, 1))
    batch = Batch(matcher, "default")
    *_, done = batch.run(outcome.source, None, 0, 1, -1, Mock(headers={}))
    folder = done[0].folder
    assert sorted(path.name for path in folder.iterdir()) == ["x.scored.csv", "x.scored.xlsx"]
    assert folder.parent == Path(get_upload_folder())
    *_, again = batch.run(outcome.source, done[0], 0, 1, -1, Mock(headers={}))
    assert not folder.exists()
    batch_module._delete_files(again[0])
    assert not again[0].folder.exists()


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
        ("a.doc", b"word", ("", ""), "Invalid file type"),
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
    assert "Not Matched" in shown[1][4]
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
    run(page)
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


def test_stopping_keeps_what_is_done(visit: Open, gate: threading.Event, small_chunks: None, tmp_path: Path) -> None:
    page = visit()
    lines = "\n".join(f"{SAME}{number}|{SAME}" for number in range(20))
    page.locator("#batch-paste textarea").fill(lines)
    page.locator("#batch-preview .tm-caption").filter(has_text="20").wait_for()
    gate.clear()
    page.locator("#batch-start").click()
    page.locator(".tm-bar span").filter(has_text="8 / 20").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == str(8 / 20)
    page.locator("#batch-stop").click()
    page.locator(".tm-status[data-state=stopping]").wait_for()
    gate.set()
    page.locator(".tm-status[data-state=stopped]").wait_for()
    assert "20 行里的 16 行" in page.locator(".tm-said").inner_text()
    assert len(download(page, "csv", tmp_path).read_text(encoding="utf-8-sig").splitlines()) == 17
    page.locator("#batch-start").click()
    page.locator(".tm-status[data-state=done]").wait_for(timeout=60_000)
    assert "20 行" in page.locator(".tm-said").inner_text()


def test_a_new_table_ends_the_run_of_the_old_one(visit: Open, gate: threading.Event, small_chunks: None) -> None:
    page = visit()
    page.locator("#batch-paste textarea").fill("\n".join(f"{SAME}{number}|{SAME}" for number in range(20)))
    page.locator("#batch-preview .tm-caption").filter(has_text="20").wait_for()
    gate.clear()
    page.locator("#batch-start").click()
    page.locator(".tm-bar span").filter(has_text="8 / 20").wait_for()
    page.locator("#batch-paste textarea").fill(f"{OTHER}|{OTHER}")
    page.locator("#batch-preview .tm-caption").filter(has_text="1 行").wait_for()
    page.locator("#batch-start").click()  # while the old run's chunk is still under way
    page.locator(".tm-status[data-state=waiting]").wait_for()
    gate.set()
    page.locator(".tm-status[data-state=done]").wait_for()
    assert [row[0] for row in cells(page, "#batch-results")] == [OTHER]


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
