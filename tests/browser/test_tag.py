"""The page tag in a real browser: what it keeps, what it sends, and when."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser import shop as shops

pytestmark = pytest.mark.browser


@pytest.fixture
def shop() -> Iterator[shops.Shop]:
    with shops.serving() as one:
        yield one


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def soon(holds: Callable[[], bool], page: Any, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return holds()


def cookies(page: Any) -> dict[str, str]:
    return {one["name"]: one["value"] for one in page.context.cookies()}


def test_nothing_is_kept_or_sent_before_consent(page: Any, shop: shops.Shop) -> None:
    page.goto(shop.address + "/product")
    page.wait_for_timeout(600)
    assert (cookies(page), shop.received) == ({}, [])
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_consent_sends_what_the_visitor_saw_and_keeps_one_first_party_cookie(page: Any, shop: shops.Shop) -> None:
    page.goto(shop.address + "/product")
    page.evaluate("cordiale.consent(true)")
    assert soon(lambda: shop.names() == ["page", "Product Viewed"], page)
    assert set(cookies(page)) == {"cordiale_id", "cordiale_consent"}
    seen = shop.received[1]["properties"]
    assert (seen["product_id"], seen["category"], seen["price"]) == ("W-12", "WINE", 12.5)
    assert shop.received[0]["anonymousId"] == cookies(page)["cordiale_id"]


def test_a_refusal_is_remembered_and_erases_what_was_kept(page: Any, shop: shops.Shop) -> None:
    page.goto(shop.address)
    page.evaluate("cordiale.consent(true); cordiale.consent(false)")
    page.goto(shop.address + "/product")
    page.wait_for_timeout(500)
    assert cookies(page) == {"cordiale_consent": "0"}
    assert "Product Viewed" not in shop.names()


def test_the_same_visitor_is_recognised_on_the_next_page(page: Any, shop: shops.Shop) -> None:
    shop.consent = "exempt"
    page.goto(shop.address)
    page.goto(shop.address + "/product")
    assert soon(lambda: shop.names().count("page") == 2, page)
    assert len({one["anonymousId"] for one in shop.received}) == 1


def test_reading_time_counts_while_the_reader_is_there(page: Any, shop: shops.Shop) -> None:
    shop.consent = "exempt"
    page.goto(shop.address + "/guide")
    for _ in range(12):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(500)
    page.goto(shop.address)
    assert soon(lambda: "Content Read" in shop.names(), page)
    read = next(one for one in shop.received if one.get("event") == "Content Read")["properties"]
    assert (read["category"], read["topic"]) == ("WINE", "cellar")
    assert 5 <= read["seconds"] <= 10
    assert read["scrolled"] > 0.2


def test_a_click_on_a_marked_button_is_an_event(page: Any, shop: shops.Shop) -> None:
    shop.consent = "exempt"
    page.goto(shop.address)
    page.click("text=Add")
    assert soon(lambda: "Product Added" in shop.names(), page)
    assert shop.received[-1]["properties"] == {"product_id": "12", "price": 9.9}


def test_a_page_changed_without_loading_is_a_page(page: Any, shop: shops.Shop) -> None:
    shop.consent = "exempt"
    page.goto(shop.address)
    page.evaluate("history.pushState({}, '', '/?step=2')")
    assert soon(lambda: shop.names() == ["page", "page"], page)
    assert shop.received[1]["properties"]["url"].endswith("/?step=2")


def test_what_was_not_taken_is_sent_again_with_the_same_number(page: Any, shop: shops.Shop) -> None:
    shop.consent, shop.failing = "exempt", 2
    page.goto(shop.address)
    page.evaluate("cordiale.identify('u1', {email: 'ana@example.org'})")
    assert soon(lambda: shop.names() == ["page", "identify"], page, seconds=20)
    assert shop.received[1]["userId"] == "u1"
    assert len({one["messageId"] for one in shop.received}) == 2


def test_reset_makes_a_new_visitor(page: Any, shop: shops.Shop) -> None:
    shop.consent = "exempt"
    page.goto(shop.address)
    page.evaluate("cordiale.identify('u1'); cordiale.reset(); cordiale.track('Seen')")
    assert soon(lambda: "Seen" in shop.names(), page)
    assert "userId" not in shop.received[-1]
    assert shop.received[-1]["anonymousId"] != shop.received[0]["anonymousId"]


def test_the_tag_is_a_few_kilobytes() -> None:
    assert len(gzip.compress(shops.TAG.read_bytes())) < 4_000
