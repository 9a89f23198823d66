"""The segment builder in Chromium: by keyboard alone, with undo and redo over a reload, in both faces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.site import Site
from tests.browser.test_pages import choose, opened

pytestmark = [pytest.mark.browser]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def page(browser: Any, site: Site, session: Any) -> Iterator[Any]:
    with opened(browser, site, state=session, language="en", width=1280) as (page, complaints):
        choose(page, site, "en")
        page.goto(site.address + "/segments/new/")
        settled(page)
        yield page
        assert [one for one in complaints if "status of 422" not in one] == []


def settled(page: Any) -> None:
    """No count is waited for any more."""
    page.locator("#builder:not([data-busy])").wait_for()


def pick(page: Any, title: str) -> None:
    """Choose in the list that has the focus, as one does by keyboard: by typing its words."""
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    value = page.evaluate(
        "(title) => [...document.activeElement.options].find((one) => one.text === title).index", title
    )
    page.keyboard.press("Home")
    for _ in range(value):
        page.keyboard.press("ArrowDown")
    settled(page)


def tab_to(page: Any, name: str) -> None:
    """Press Tab until the field or button of that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText").strip() == name:
            return
    raise AssertionError(f"Tab does not reach '{name}'")


def press(page: Any, name: str, key: str = "Enter") -> None:
    tab_to(page, name)
    page.keyboard.press(key)
    settled(page)


def begin(page: Any, title: str) -> None:
    """In the first rule, which waits to be filled in."""
    page.locator("#id_title_en").fill(f"By keyboard {uuid4().hex[:8]}")
    page.locator("[name='0~about']").focus()
    pick(page, title)


def text_of(page: Any) -> str:
    page.get_by_role("button", name="As text").click()
    settled(page)
    said: str = page.locator("#id_expression").input_value()
    page.get_by_role("button", name="As rules").click()
    settled(page)
    return said


def test_a_segment_is_built_by_keyboard_taken_back_and_saved(page: Any, site: Site) -> None:
    begin(page, "Number of orders")
    press(page, "Condition")
    tab_to(page, "Condition on")
    pick(page, "Category")
    tab_to(page, "Value")
    page.keyboard.type("bakery")
    settled(page)
    press(page, "Add a rule")
    pick(page, "Has consented to")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    settled(page)
    built = "orders(category => 'bakery', last => '90 days') >= 1 and not consent('offers', 'email')"
    assert re.sub(r"consent\(.*?\)", "consent('offers', 'email')", text_of(page)) == built
    assert re.search(r"of \d+ customers", page.locator("#counts").inner_text())
    assert page.locator("[data-count-of='1']").inner_text()

    page.get_by_role("button", name="Undo", exact=True).click()
    settled(page)
    page.reload()
    settled(page)
    assert page.locator("#draft-notice").is_visible()
    while page.get_by_role("button", name="Redo").is_enabled():
        page.get_by_role("button", name="Redo").click()
        settled(page)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/segments/by-keyboard-*/")
    saved = page.locator("pre.code").first.inner_text()
    assert re.sub(r"consent\(.*?\)", "consent('offers', 'email')", saved) == built
    page.get_by_role("link", name="Edit").click()
    settled(page)
    assert page.locator("#draft-notice").is_hidden()
    assert text_of(page) == saved


def test_what_is_removed_is_brought_back(page: Any) -> None:
    begin(page, "Has consented to")
    page.get_by_role("button", name="Add a rule").click()
    settled(page)
    assert page.evaluate("document.activeElement.name") == "1~about"
    pick(page, "Age")
    page.get_by_role("button", name="Remove", exact=True).last.click()
    settled(page)
    assert page.locator(".rule").count() == 1
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    settled(page)
    assert page.locator(".rule").count() == 2


def test_a_rule_is_moved_into_a_group_by_keys(page: Any) -> None:
    begin(page, "Has consented to")
    page.get_by_role("button", name="Add a group").click()
    settled(page)
    pick(page, "May be contacted for")
    page.locator("[name='0~about']").focus()
    page.keyboard.press("Alt+ArrowDown")
    settled(page)
    assert page.evaluate("document.activeElement.name") == "0.0~about"
    assert re.fullmatch(r"consent\(.*\) or reachable\(.*\)", text_of(page))


def test_a_fault_is_told_at_its_place_and_nothing_is_lost(page: Any) -> None:
    begin(page, "A rule written as text")
    page.locator("[name='0~text']").fill("citi = 'Lyon'")
    settled(page)
    assert "did you mean 'city'?" in page.locator("[data-problem-of='0']").inner_text()
    assert page.locator("#unfinished").is_visible()
    page.get_by_role("button", name="Save").click()
    settled(page)
    assert page.locator("[name='0~text']").input_value() == "citi = 'Lyon'"
    assert page.locator("#id_title_en").input_value().startswith("By keyboard")
    result = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": _RULES})
    assert result.violations_count == 0, result.generate_report()


def test_a_customer_is_tested_against_what_is_not_saved(page: Any) -> None:
    begin(page, "An email address is known")
    page.locator("[data-test-q]").fill("ma")
    page.keyboard.press("Enter")
    page.locator("[data-test-customer]").first.click()
    page.locator("#tested .badge").first.wait_for()
    assert page.locator("[data-held-of='0']").inner_text() in ("✓", "✗")


def test_the_old_count_stays_until_the_next_one_comes(page: Any) -> None:
    begin(page, "Has consented to")
    before = page.locator(".builder-total").inner_text()
    page.route("**/build/count/", lambda route: route.abort())
    page.get_by_role("button", name="Add a rule").click()
    settled(page)
    assert page.locator(".builder-total").inner_text() == before
    assert "is-stale" in page.locator("#builder").get_attribute("class")
    page.unroute("**/build/count/")
