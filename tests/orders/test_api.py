"""`/api/v1/orders`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from cordiale.accounts.keys import add_key
from cordiale.customers.models import Customer
from cordiale.lake import Lake

from .cast import at, in_lake


@pytest.fixture
def client(lake: Lake, now: datetime) -> Client:
    Customer.objects.create(reference="u1", created_at=now, updated_at=now)
    key = add_key("till", "marketer", actor="test", now=now)
    return Client(headers={"Authorization": f"Bearer {key}"})


def _post(client: Client, *orders: dict[str, Any]) -> Any:
    return client.post("/api/v1/orders", {"orders": list(orders)}, content_type="application/json")


def _completed(**more: Any) -> dict[str, Any]:
    lines = [{"product_id": "a", "quantity": 2, "amount": "20.00", "category": "WINE"}]
    return {"order_id": "o/1", "customer": "u1", "kind": "completed", "at": at(0).isoformat(), "lines": lines} | more


def test_orders_are_told_and_read_with_all_that_was_said(client: Client) -> None:
    refund = {"order_id": "o/1", "customer": "u1", "kind": "refunded", "at": at(5).isoformat(), "total": "5.00"}
    answer = _post(client, refund, _completed())
    assert (answer.status_code, answer.json()) == (
        200, {"orders_new": 1, "orders_changed": 0, "orders_same": 0, "lines": 2},
    )  # fmt: skip
    assert in_lake("o/1") == [(1, "a", 2, "20.00"), (2, "a", 0, "-5.00")]
    order = client.get("/api/v1/orders/o/1").json()
    assert (order["status"], order["paid"], order["refunded"]) == ("partly_refunded", "20.00", "5.00")
    assert [(one["kind"], one["heard_at"] is None) for one in order["told"]] == [
        ("completed", False),
        ("refunded", False),
    ]
    assert order["lines"][0]["category"] == "WINE"


def test_an_unknown_order_or_customer_is_not_found(client: Client) -> None:
    assert client.get("/api/v1/orders/nothing").status_code == 404
    answer = _post(client, _completed(customer="nobody"))
    assert (answer.status_code, "nobody" in answer.json()["error"]) == (404, True)


@pytest.mark.parametrize(
    "wrong",
    [{"currency": "USD"}, {"lines": None}, {"at": "2026-01-01T00:00:00"}, {"kind": "paid"}, {"order_id": " "},
     {"order_id": "a\x00"}, {"discount": "-1"}, {"lines": [{"product_id": "a", "amount": "1e99"}]}],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_with_a_reason(client: Client, wrong: dict[str, Any]) -> None:
    answer = _post(client, _completed(**wrong))
    assert (answer.status_code, bool(answer.json())) == (422, True)


def test_a_key_that_may_not_import_tells_nothing(lake: Lake, now: datetime) -> None:
    key = add_key("desk", "agent", actor="test", now=now)
    answer = _post(Client(headers={"Authorization": f"Bearer {key}"}), _completed())
    assert answer.status_code == 403
    assert Client().get("/api/v1/orders/o").status_code == 401
