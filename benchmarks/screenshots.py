"""Take the README's pictures of the page; it is started for this, and Chromium is needed.

python -m benchmarks.screenshots
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from textmatch import TextMatcher
from textmatch.demo import build, launch_options

ROOT = Path(__file__).parents[1]

PICTURES: dict[str, dict[str, Any]] = {
    "page.png": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "page-dark.png": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "page-phone.png": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "device_scale_factor": 2},
}
"""File name → how the browser is set."""


def take(browser: Browser, url: str, settings: dict[str, Any], path: Path) -> None:
    """Photograph the first screen once the first answer stands still."""
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce", **settings)
    page = context.new_page()
    page.goto(url)
    page.locator("#verdict .confidence-set").first.wait_for()
    page.locator(".tm-gauge:not([data-level=waiting])").wait_for()
    page.screenshot(path=path)
    context.close()


def main() -> None:
    """Serve the page and take every picture."""
    parser = argparse.ArgumentParser(description="Take the README's pictures of the page.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default", help="checkpoint folder")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder for the pictures")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    page = build(TextMatcher.from_pretrained(arguments.checkpoint, device="cpu"), arguments.checkpoint.resolve().name)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(
            executable_path=own if own.exists() else shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, settings in PICTURES.items():
            take(browser, url, settings, arguments.out / name)
            print(arguments.out / name)
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
