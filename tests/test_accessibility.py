"""Every tab as axe-core judges it, light and dark: nothing serious or critical."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers import PHONE
from textmatch.demo.i18n import TEXTS

pytestmark = pytest.mark.browser

ASK = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def faults(page: Any) -> list[str]:
    """What axe-core finds serious or critical, one line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    found = axe.Axe().run(page, options=ASK).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


TABLE = "怎么学英语|如何学好英语|1\n怎么学英语|明天下雨吗|0\n怎么学英语|怎么学英语|1"

USED = {
    "compare": ("#code-panel > button", "#code pre"),
    "batch": ("#batch-start", ".tm-report:not([hidden]) svg"),
    "search": ("#search-group", ".tm-group, [data-key=search_no_groups]"),
}
"""For each tab a button that brings up more of it, and what then is there."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("locale", "scheme"), [("zh-CN", "light"), pytest.param("en-US", "dark", marks=pytest.mark.slow)]
)
def test_no_tab_in_use_has_a_serious_fault(visit: Callable[..., Any], locale: str, scheme: str) -> None:
    page = visit(locale, scheme=scheme)
    for tab in ("compare", "batch", "search", "play", "about"):
        page.locator(f"#{tab}-tab-button").click()
        page.locator(f"#{tab}-tab .block").first.wait_for()
        if tab == "batch":
            page.locator("#batch-paste textarea").fill(TABLE)
        if tab == "search":
            page.locator("#search-own > button").click()
            page.locator("#search-load").wait_for()
        if tab in USED:
            button, shown = USED[tab]
            page.locator(button).click()
            page.locator(shown).first.wait_for()
        assert faults(page) == [], tab


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_editing_the_card_and_the_game_have_no_serious_fault(visit: Callable[..., Any], scheme: str) -> None:
    page = visit(viewport=PHONE, scheme=scheme, query="?a=屏幕亮度怎么调高&b=屏幕亮度怎么调低")
    page.locator(".tm-chip").first.click()
    page.locator(".tm-edit-delete").click()
    page.locator(".tm-before:not([hidden])").wait_for()
    assert faults(page) == []
    page.locator(".tm-card-make").click()
    page.get_by_role("dialog").wait_for()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.locator("#play-tab-button").click()
    for _ in range(10):
        page.locator(".tm-quiz-same").click()
        page.locator(".tm-quiz-next").click()
    page.locator(".tm-quiz-all li").first.wait_for()
    assert faults(page) == []


@pytest.mark.slow
def test_a_ranking_and_its_messages_have_no_serious_fault(visit: Callable[..., Any]) -> None:
    page = visit(viewport=PHONE, query="?a=怎么学英语&b=如何学好英语%0A明天下雨吗")
    assert faults(page) == []
    page.locator("#sentence1 textarea").fill(" ")
    page.locator("#compare").click()
    page.get_by_text(TEXTS["zh"]["sentence_blank_1"]).wait_for()
    assert faults(page) == []
