"""The segment builder in Chromium: by keyboard alone, with undo and redo over a reload, in both faces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.site import Site
from tests.browser.test_pages import choose, opened

pytestmark = [pytest.mark.browser]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_EXPECTED = ("status of 422", "status of 409")  # an unfinished rule; a count that a later one took over


@pytest.fixture
def page(browser: Any, site: Site, session: Any) -> Iterator[Any]:
    with opened(browser, site, state=session, language="en", width=1280) as (page, complaints):
        choose(page, site, "en")
        page.goto(site.address + "/segments/new/")
        settled(page)
        yield page
        assert [one for one in complaints if not any(code in one for code in _EXPECTED)] == []


def settled(page: Any) -> None:
    """No count is waited for any more."""
    page.locator("#builder:not([data-busy])").wait_for()


def pick(page: Any, title: str) -> None:
    """Choose in the field that has the focus, as one does by keyboard: by typing its words."""
    if page.evaluate("document.activeElement.role") == "combobox":
        page.keyboard.type(title)
        active(page, title)
        page.keyboard.press("Enter")
        return settled(page)
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    value = page.evaluate(
        "(title) => [...document.activeElement.options].find((one) => one.text === title).index", title
    )
    page.keyboard.press("Home")
    for _ in range(value):
        page.keyboard.press("ArrowDown")
    return settled(page)


def active(page: Any, title: str) -> None:
    """Wait until the option of that title is the one that Enter takes, in the list of the field with the focus."""
    page.wait_for_function(
        """(title) => {
          const id = document.activeElement.getAttribute("aria-activedescendant");
          return id && document.getElementById(id)?.firstElementChild.textContent === title;
        }""",
        arg=title,
    )


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
    page.locator("[data-combo-of='0~about']").focus()
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


def test_a_list_stays_closed_once_something_of_it_was_chosen(page: Any) -> None:
    page.get_by_role("button", name="Add a rule").first.click()
    settled(page)
    pick(page, "Orders in 30 days")
    assert page.locator(".combo-popup:visible").count() == 0
    unit, field = (page.locator(one).last.bounding_box() for one in (".rule-joined > .rule-word", ".rule-number-field"))
    assert abs((unit["y"] + unit["height"] / 2) - (field["y"] + field["height"] / 2)) < 4, (
        "the unit stands by its field"
    )


def test_what_is_removed_is_brought_back(page: Any) -> None:
    begin(page, "Has consented to")
    page.get_by_role("button", name="Add a rule").click()
    settled(page)
    assert page.evaluate("document.activeElement.dataset.comboOf") == "1~about"
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
    page.locator("[data-combo-of='0~about']").focus()
    page.keyboard.press("Alt+ArrowDown")
    settled(page)
    assert page.evaluate("document.activeElement.dataset.comboOf") == "0.0~about"
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


def begun_with(page: Any, expression: str) -> None:
    page.goto(f"{page.url.partition('?')[0]}?{urlencode({'expression': expression})}")
    settled(page)


def accessible(page: Any) -> None:
    result = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": _RULES})
    assert result.violations_count == 0, result.generate_report()


def test_what_a_rule_is_about_is_found_by_typing(page: Any, site: Site) -> None:
    choose(page, site, "fr")
    page.goto(site.address + "/segments/new/")
    settled(page)
    field = page.locator("[data-combo-of='0~about']")
    field.focus()
    page.keyboard.type("depense sur 90")
    active(page, "Dépense sur 90 jours")
    assert field.get_attribute("aria-expanded") == "true"
    assert "retours déduits" in page.locator(".combo-option.is-active .combo-help").inner_text()
    assert page.locator(".combo-group").first.inner_text() == "Indicateurs tirés des commandes"
    accessible(page)
    page.keyboard.press("Escape")
    assert (field.input_value(), field.get_attribute("aria-expanded")) == ("", "false")
    page.keyboard.type("zzzz")
    assert page.locator(".combo-none").is_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type("depense sur 90")
    active(page, "Dépense sur 90 jours")
    page.keyboard.press("Tab")
    settled(page)
    assert page.locator("[name='0~about']").input_value() == "field:spend_90d"
    choose(page, site, "en")


def test_values_are_proposed_added_and_taken_away(page: Any) -> None:
    begun_with(page, "orders(category in ('wine')) >= 1")
    page.locator("[data-combo-of='0~conds.0.v']").focus()
    page.keyboard.type("BAK")
    page.locator(".combo-option").first.wait_for()
    accessible(page)
    page.keyboard.press("ArrowDown")
    active(page, "bakery")
    page.keyboard.press("Enter")
    page.keyboard.type("cheese & co")
    page.keyboard.press("Enter")
    settled(page)
    assert page.locator("#combo-status").inner_text() == "cheese & co added"
    page.get_by_role("button", name="Take wine away").click()
    settled(page)
    assert text_of(page) == "orders(category in ('bakery', 'cheese & co')) >= 1"


def test_an_events_properties_are_proposed(page: Any) -> None:
    begun_with(page, "events('Coupon Redeemed', property('x') = 'y') >= 1")
    name = page.locator("[name='0~conds.0.property']")
    name.fill("")
    name.press("ArrowDown")
    page.locator(".combo-option", has_text="campaign").click()
    settled(page)
    value = page.locator("[name='0~conds.0.v']")
    value.fill("")
    page.locator(".combo-option").first.wait_for()
    value.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page)
    assert page.locator(".combo-popup:visible").count() == 0
    assert value.input_value() != ""
    assert f"property('campaign') = {value.input_value()}" in text_of(page).replace("'", "").replace(
        "property(campaign)", "property('campaign')"
    )


def test_without_scripts_the_plain_fields_say_and_save_the_same(browser: Any, site: Site, session: Any) -> None:
    context = browser.new_context(storage_state=session, java_script_enabled=False)
    page = context.new_page()
    asked = urlencode({"expression": "language in ('fr', 'en')"})
    page.goto(f"{site.address}/segments/new/?{asked}")
    assert page.locator("select[name='0~about']").input_value() == "field:language"
    page.locator("textarea[name='0~v']").fill("en\nde")
    page.locator("#id_title_en").fill(f"No script {uuid4().hex[:8]}")
    page.locator("form.builder button.btn-primary").click()
    assert page.locator("pre.code").first.inner_text() == "language in ('en', 'de')"
    context.close()
