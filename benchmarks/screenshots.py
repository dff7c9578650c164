"""Take the picture of the page for docs/img; the page is started for this, and Chromium is needed.

python -m benchmarks.screenshots
python -m benchmarks.screenshots --all --out /tmp/pictures   # every tab, by day and night, in both languages, whole
"""

import argparse
import io
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import chromium
from textmatch.demo import Models, build, launch_options
from textmatch.demo.examples import EXAMPLES

ROOT = Path(__file__).parents[1]

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 1060}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
DARK = {"color_scheme": "dark"}
ENGLISH = {"locale": "en-US"}

VIEWS: dict[str, dict[str, Any]] = {
    "": DESKTOP,
    "-dark": DESKTOP | DARK,
    "-phone": PHONE,
    "-en": DESKTOP | ENGLISH,
    "-en-phone-dark": PHONE | ENGLISH | DARK,
}
"""End of a file name → how the browser is set."""

TABS = ("page", "batch", "search", "play", "about")
"""What the tabs' pictures are called, in the order of the tabs."""

DOCS = ("page",)
"""The picture that stands in docs/img; the others are taken with --all."""

PAIR = EXAMPLES[3][:2]
"""The pair on the pictures: it has words that speak for the verdict and against it."""

COLOURS = 128


def fill(page: Page, tab: str) -> None:
    """Give a tab something to show."""
    if tab == "batch":
        page.locator("#batch-example").click()
        page.locator("#batch-start").click()
        page.locator(".tm-status[data-key^=batch_done]").wait_for()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    if tab == "batch":
        page.locator("#batch-columns").evaluate("columns => columns.scrollIntoView()")


def take(browser: Browser, url: str, view: str, out: Path, every: bool) -> None:
    """Photograph the tabs in one of `VIEWS`: those of `DOCS` as on a screen, or with `every` each tab in full."""
    context = browser.new_context(**({"locale": "zh-CN", "reduced_motion": "reduce"} | VIEWS[view]))
    page = context.new_page()
    page.goto(f"{url}?{urlencode(dict(zip('ab', PAIR, strict=True)))}")
    page.locator(".tm-verdict:not([data-tone=rest])").first.wait_for()
    page.locator(".tm-why[data-state=drawn]").wait_for()
    for tab, name in zip(page.get_by_role("tab").all(), TABS, strict=True):
        if every or name + view in DOCS:
            tab.click()
            page.get_by_role("tabpanel").filter(visible=True).wait_for()
            fill(page, name)
            save(page.screenshot(full_page=every), out / f"{name}{view}.png")
    context.close()


def save(picture: bytes, path: Path) -> None:
    """Write a picture with few colours: a page has few, and the file is a third."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Serve the page and take every picture."""
    parser = argparse.ArgumentParser(description="Take the pictures of the page.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default", help="checkpoint folder")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "img", help="folder for the pictures")
    parser.add_argument("--all", action="store_true", help="the whole of every tab in every view")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    page = build(Models.beside(arguments.checkpoint, device="cpu"))
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for view in VIEWS:
            if arguments.all or any(tab + view in DOCS for tab in TABS):
                take(browser, url, view, arguments.out, arguments.all)
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
