"""E-commerce events as the Segment specification writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.intake import readers
from cordiale.intake.readers import Happened
from cordiale.lake import Lake
from cordiale.orders import reading
from cordiale.orders.models import Order
from cordiale.orders.rules import segment
from cordiale.orders.rules.told import OrderRefused, OrderTold, require

from .cast import at, in_lake

COMPLETED: dict[str, Any] = {  # the specification's own example, in the company's currency
    "checkout_id": "fksdjfsdjfisjf9sdfjsd9f", "order_id": "50314b8e9bcf000000000000", "affiliation": "Google Store",
    "subtotal": 22, "total": 27.5, "revenue": 25.0, "shipping": 3, "tax": 2, "discount": 2.5, "coupon": "hasbros",
    "currency": "EUR",
    "products": [
        {"product_id": "507f1f77bcf86cd799439011", "sku": "45790-32", "name": "Monopoly: 3rd Edition", "price": 19,
         "quantity": 1, "category": "Games", "url": "https://www.example.com/product/path"},
        {"product_id": "505bd76785ebb509fc183733", "sku": "46493-32", "name": "Uno Card Game", "price": 3,
         "quantity": 2, "category": "Games"},
    ],
}  # fmt: skip


def _event(name: str, properties: Mapping[str, Any], hours: float = 0, customer: int = 1) -> Happened:
    return Happened(event_id=f"{name}{hours}", customer_id=customer, kind="track", name=name, at=at(hours),
                    properties=properties, context={}, source="site")  # fmt: skip


def _read(name: str, **properties: Any) -> OrderTold:
    return segment.read(name, properties, customer_id=1, at=at(0), source="site")


def test_the_specification_s_example_becomes_lines_with_its_discount_shared(lake: Lake, now: datetime) -> None:
    reading.read([_event("Order Completed", COMPLETED), _event("Product Viewed", {"product_id": "x"})], now)
    rows = lake.order_lines_of([COMPLETED["order_id"]]).sort_by("line_no").to_pylist()
    assert [(row["quantity"], str(row["amount"]), str(row["discount"])) for row in rows] == [
        (1, "17.10", "1.90"), (2, "5.40", "0.60"),
    ]  # fmt: skip
    assert {(row["category"], row["store"], row["source"]) for row in rows} == {("Games", "Google Store", "site")}


def test_a_refund_by_products_then_a_cancellation_come_before_the_order(lake: Lake, now: datetime) -> None:
    order = COMPLETED["order_id"]
    reading.read([_event("Order Refunded", {"order_id": order, "products": [{"sku": "x"}]}, 2)], now)
    reading.read(
        [_event("Order Refunded", {"order_id": order, "total": 5.4, "products": COMPLETED["products"][1:]}, 3)], now
    )
    reading.read([_event("Order Completed", COMPLETED)], now)
    assert in_lake(order)[2:] == [(3, "505bd76785ebb509fc183733", -2, "-5.40")]
    reading.read([_event("Order Cancelled", COMPLETED, 4)], now)
    assert (in_lake(order), Order.objects.get().status) == ([], "cancelled")


def test_any_batch_of_events_tells_the_lake_what_it_missed(lake: Lake, now: datetime) -> None:
    reading.read([_event("Order Completed", COMPLETED)], now)
    Order.objects.update(written=0)
    reader = next(one for one in readers.registered() if one.name == "orders")
    reader.read([_event("Cart Viewed", {})], now)
    assert Order.objects.get().written == 1
    assert len(in_lake(COMPLETED["order_id"])) == 2


def test_what_was_taken_off_is_found_from_the_subtotal() -> None:
    products = [{"sku": 7, "price": "10.00", "quantity": 2}]
    assert _read("Order Completed", order_id=1, products=products, subtotal=15).discount == 5
    told = _read("Order Completed", order_id=1, products=products)
    assert (told.order_id, told.discount, (told.lines or ())[0].product_id) == ("1", 0, "7")


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"products": [{"sku": "a", "price": 1}]}, "order_id is blank"),
        ({"order_id": "o", "products": "a"}, "'products' must be a list"),
        ({"order_id": "o", "products": [{"sku": "a", "price": "dear"}]}, "'price' is 'dear', which is no number"),
        ({"order_id": "o", "products": [{"sku": "a"}]}, "line 1 has no amount"),
        ({"order_id": "o", "products": [{"sku": "a", "price": 1, "quantity": 1.5}]}, "is no number of items"),
        ({"order_id": "o", "products": [{"sku": "a", "price": -1}]}, "tell what is given back by Order Refunded"),
        ({"order_id": "o", "currency": "USD", "products": [{"sku": "a", "price": 1}]}, "this company counts in EUR"),
        ({"order_id": {"a": 1}, "products": []}, "'order_id' must be a text"),
    ],
)
def test_an_event_that_cannot_be_an_order_says_why(properties: dict[str, Any], words: str) -> None:
    with pytest.raises(OrderRefused, match=words):
        require(_read("Order Completed", **properties), "EUR")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**12) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
_PRODUCT = st.dictionaries(st.sampled_from(["product_id", "sku", "price", "quantity", "category"]), _JSON)
_PROPERTIES = st.fixed_dictionaries(
    {"order_id": st.just("o") | _JSON, "products": st.lists(_PRODUCT, max_size=2) | _JSON},
    optional=dict.fromkeys(("total", "discount", "subtotal", "currency", "affiliation", "refund_id"), _JSON),
)


@given(st.sampled_from(sorted(segment.EVENTS)), _PROPERTIES)
def test_whatever_an_event_holds_it_is_read_or_refused(name: str, properties: dict[str, Any]) -> None:
    try:
        told = _read(name, **properties)
        require(told, "EUR")
    except OrderRefused:
        return
    assert all(line.amount is None or abs(line.amount) < Decimal(10) ** 10 for line in told.lines or ())
