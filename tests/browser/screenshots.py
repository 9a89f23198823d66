"""Pictures of every page, wide and narrow, in both languages: `python -m tests.browser.screenshots FOLDER [NAME…]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import site as places
from tests.browser.pages import PUBLIC, SIGNED_IN

SIZES = {"wide": (1280, 900), "narrow": (360, 780)}


def main(folder: Path, names: list[str]) -> None:
    """Seed a home, visit, and write `NAME-LANGUAGE-SIZE.png`."""
    chromium = places.find_chromium()
    if chromium is None:
        sys.exit("no Chromium found: install one (Debian: apt-get install chromium)")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, places.seeded(Path(home)) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(places.CHROMIUM_FLAGS))
        state = None
        for pages in (PUBLIC, SIGNED_IN):
            wanted = {name: path for name, path in pages.items() if not names or name in names}
            if pages is SIGNED_IN:
                state = _sign_in(browser, site)
            for language in ("fr", "en"):
                _take(browser, site, wanted, state, language, folder)
        browser.close()


def _sign_in(browser: Any, site: places.Site) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.at("{link}"))
    page.locator("main form button").click()
    page.wait_for_url("**/")
    return context.storage_state()


def _take(browser: Any, site: places.Site, pages: dict[str, str], state: Any, language: str, folder: Path) -> None:
    for size, (width, height) in SIZES.items():
        context = browser.new_context(
            storage_state=state, locale=language, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(site.address + ("/profile/" if state else "/sign-in/"))
        page.evaluate(f"document.querySelector('button[name=language][value={language}]').click()")
        page.locator(f"html[lang={language}]").wait_for(state="attached")
        for name, path in pages.items():
            page.goto(site.at(path), wait_until="networkidle")
            page.screenshot(path=folder / f"{name}-{language}-{size}.png", full_page=size == "narrow")
        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
