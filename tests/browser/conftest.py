"""One seeded site and one Chromium for all the tests here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import site as places

HOW_TO_GET_ONE = "no Chromium found: install one (Debian: apt-get install chromium) or name it in CORDIALE_CHROMIUM"


@pytest.fixture(scope="session")
def chromium_path() -> str:
    found = places.find_chromium()
    if found is None:
        pytest.skip(HOW_TO_GET_ONE)
    return found


@pytest.fixture(scope="session")
def site(chromium_path: str) -> Iterator[places.Site]:
    # Not pytest's own folder: under root, each new run of pytest closes it to PostgreSQL, which then ends in a panic.
    with tempfile.TemporaryDirectory(prefix="cordiale-site-") as folder, places.seeded(Path(folder)) as one:
        yield one


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=list(places.CHROMIUM_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def browser(chromium: object, site: places.Site) -> object:
    """The browser, once there is a site to visit."""
    return chromium


@pytest.fixture(scope="session")
def session(browser, site: places.Site) -> str:  # type: ignore[no-untyped-def]
    """The cookies of a signed-in administrator, from the one-time link, as a person gets them."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(site.at("{link}"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state  # type: ignore[no-any-return]
