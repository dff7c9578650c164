"""How far the page's layout shifts on a first visit, as browsers count it (cumulative layout shift; good is below 0.1).

    python -m benchmarks.first_visit --output benchmarks/results/first_visit.json

The median of several visits, each with an empty cache; the page is started for this, and Chromium is needed.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks.output import give
from benchmarks.screenshots import DESKTOP, PHONE, ROOT
from textmatch.demo import Models, build, launch_options

VIEWS = {"desktop": DESKTOP, "phone": PHONE}

SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


def shift(browser: Browser, url: str, view: str) -> float:
    """The layout shift of one first visit, up to a second after the first answer."""
    context = browser.new_context(locale="zh-CN", **VIEWS[view])
    page = context.new_page()
    page.add_init_script(SHIFTS)
    page.goto(url)
    page.locator("#answer[data-state=fresh] .tm-verdict:not([data-tone=rest])").wait_for()
    page.wait_for_timeout(1000)
    shifted = float(page.evaluate("window.shifts"))
    context.close()
    return shifted


def main() -> None:
    """Visit the page and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=5, help="of each kind (%(default)s)")
    parser.add_argument("--output", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    demo = build(Models.beside(ROOT / "checkpoints" / "default", device="cpu"))
    _, url, _ = demo.launch(**launch_options() | {"prevent_thread_lock": True, "quiet": True})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"))
        figures = {view: round(median(shift(browser, url, view) for _ in range(options.visits)), 3) for view in VIEWS}
        browser.close()
    demo.close()
    give({"visits": options.visits, "layout_shift": figures}, options.output)


if __name__ == "__main__":
    main()
