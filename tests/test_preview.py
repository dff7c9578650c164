"""What a link to the page looks like where people share it."""

import re
from html import unescape

import httpx
import pytest

from textmatch.demo.i18n import TEXTS
from textmatch.demo.preview import PATH, PICTURE, with_preview

PAGE = b"""<head><meta property="og:title" content="Gradio" /><meta
    name="twitter:image" content="https://elsewhere.example/x.jpg"
/><meta charset="utf-8"></head><body></body>"""


def tags(page: str) -> dict[str, str]:
    return {
        name: unescape(content)
        for name, content in re.findall(r'<meta (?:name|property)="(.*?)" content="(.*?)">', page)
    }


def scope(host: str, query: str = "", root: str = "") -> dict[str, object]:
    return {
        "type": "http",
        "scheme": "https",
        "root_path": root,
        "query_string": query.encode(),
        "headers": [(b"host", host.encode())],
    }


@pytest.mark.parametrize(("query", "language"), [("", "zh"), ("a=x&lang=en", "en"), ("lang=zh", "zh")])
def test_the_tags_are_ours(query: str, language: str) -> None:
    page = with_preview(PAGE, scope("match.example", query, "/demo")).decode()
    found = tags(page)
    heading, _, description = TEXTS["zh" if language == "zh" else "en"]["page_heading"].partition("\n\n")
    assert found["og:title"] == heading.removeprefix("# ")
    assert found["og:description"] == found["description"] == description
    assert found["og:image"] == f"https://match.example/demo{PATH}"
    assert f"<title>{found['og:title']}</title>" in page
    assert "Gradio" not in page
    assert "elsewhere" not in page
    assert 'charset="utf-8"' in page


def test_a_strange_host_stays_text() -> None:
    page = with_preview(PAGE, scope('x"><script>alert(1)</script>')).decode()
    assert "<script>" not in page


@pytest.mark.slow
def test_the_served_page_names_a_picture_that_is_there(server: str) -> None:
    page = httpx.get(server).text
    found = tags(page)
    assert found["og:image"] == server.rstrip("/") + PATH
    assert page.count("og:title") == 1
    picture = httpx.get(found["og:image"])
    assert (picture.headers["content-type"], picture.content) == ("image/png", PICTURE.read_bytes())
