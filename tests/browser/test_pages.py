"""Every page in Chromium, in both languages, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import EXPECTED_STATUS, FIXED_LANGUAGE, PUBLIC, SIGNED_IN
from tests.browser.site import Site

pytestmark = [pytest.mark.browser]
WIDTHS = (1280, 320)
_VIOLATIONS = """addEventListener('securitypolicyviolation',
  (refusal) => console.error(`CSP ${refusal.violatedDirective} ${refusal.blockedURI}`))"""
_FOCUSABLE = """() => {
  const all = document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]');
  const seen = [...all].filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled);
  seen.forEach((one, place) => { one.dataset.place = place; });
  return seen.length;
}"""


@contextmanager
def opened(browser: Any, site: Site, *, state: Any, language: str, width: int) -> Iterator[tuple[Any, list[str]]]:
    """A page whose console errors, refused contents and requests to elsewhere are written down."""
    context = browser.new_context(
        storage_state=state, locale=language, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    complaints: list[str] = []
    context.add_init_script(_VIOLATIONS)
    context.add_cookies([{"name": "language", "value": language, "url": site.address}])
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((site.address, "data:"))
            else complaints.append(f"outside request to {request.url}"))  # fmt: skip
    yield page, complaints
    context.close()


_chosen: dict[str, str] = {}


def choose(page: Any, site: Site, language: str) -> None:
    """Press the language button, as a person does, unless it is chosen: the session is shared by all the tests."""
    if _chosen.get(site.address) == language:
        return
    _chosen[site.address] = language
    page.goto(site.address + "/profile/")
    page.evaluate(f"document.querySelector('button[name=language][value={language}]').click()")
    page.locator(f"html[lang={language}]").wait_for(state="attached")


def inspect(page: Any, address: str, *, language: str, status: int, complaints: list[str]) -> None:
    """What holds for every page."""
    answer = page.goto(address, wait_until="load")
    page.locator("[data-chart]:not([data-ready])").first.wait_for(state="detached")
    assert answer.status == status
    said = [one for one in complaints if status == 200 or f"status of {status}" not in one]
    assert said == [], "something failed to load (were the pages rebuilt during the run?) or was refused"
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1
    assert page.locator("h1").inner_text().strip()
    text = page.locator("body").inner_text()
    for marker in ("%(", "{{", "{%", "None", "\ufffd"):
        assert marker not in text, f"'{marker}' shows on the page"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    result = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})  # fmt: skip
    assert result.violations_count == 0, result.generate_report()
    assert [one for one in complaints if status == 200 or f"status of {status}" not in one] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_page_is_sound(browser: Any, site: Site, name: str, language: str, width: int) -> None:
    with opened(browser, site, state=None, language=language, width=width) as (page, complaints):
        address, written_in = site.at(PUBLIC[name]), FIXED_LANGUAGE.get(name, language)
        inspect(page, address, language=written_in, status=EXPECTED_STATUS.get(name, 200), complaints=complaints)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SIGNED_IN)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_page_is_sound(browser: Any, site: Site, session: Any, name: str, language: str, width: int) -> None:
    with opened(browser, site, state=session, language=language, width=width) as (page, complaints):
        choose(page, site, language)
        address = site.at(SIGNED_IN[name])
        inspect(page, address, language=language, status=EXPECTED_STATUS.get(name, 200), complaints=complaints)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["dashboard", "customers", "customer", "programme", "segment"])
def test_the_tab_key_reaches_everything(browser: Any, site: Site, session: Any, name: str, width: int) -> None:
    with opened(browser, site, state=session, language="en", width=width) as (page, _complaints):
        page.goto(site.at(SIGNED_IN[name]))
        count = page.evaluate(_FOCUSABLE)
        reached = set()
        for _ in range(count + 3):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.dataset.place"))
        assert {str(place) for place in range(count)} <= reached


def test_the_first_tab_stop_skips_to_the_content(browser: Any, site: Site, session: Any) -> None:
    with opened(browser, site, state=session, language="en", width=1280) as (page, _complaints):
        page.goto(site.address + "/customers/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


def test_the_menu_of_a_narrow_page_opens_without_scripts(browser: Any, site: Site, session: Any) -> None:
    context = browser.new_context(
        storage_state=session, viewport={"width": 320, "height": 700}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(site.address + "/")
    page.locator(".topbar summary").click()
    page.locator(".topbar .navigation a[href='/customers/']").click()
    page.wait_for_url("**/customers/")
    context.close()


def test_a_form_that_is_too_old_says_so(browser: Any, site: Site) -> None:
    with opened(browser, site, state=None, language="en", width=1280) as (page, _complaints):
        page.goto(site.address + "/sign-in/")
        page.evaluate("document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((one) => { one.value = 'x' })")
        page.get_by_role("button", name="Sign in").click()
        assert "too old" in page.locator("h1").inner_text()
