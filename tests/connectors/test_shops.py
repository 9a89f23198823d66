"""What each shop says, in our words: amounts add up to what was paid for products."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.connectors.rules import prestashop, shopify, values, woocommerce
from cordiale.connectors.rules.found import Found, Line, Unreadable
from tests.connectors.payloads import dumped, presta, shopify_order, woo_order

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


def _woo(topic: str = "order.updated", **changes: object) -> Found:
    return woocommerce.read(topic, dumped(woo_order(**changes)), "Europe/Paris", NOW)


def _paid(found: Found, place: int = 0) -> Decimal:
    return sum((line.amount for line in found.orders[place].lines), Decimal(0))


def test_woocommerce_lines_are_what_was_paid_for_products_taxes_included() -> None:
    found = _woo()
    order = found.orders[0]
    assert [(line.product_id, line.quantity, line.amount, line.discount) for line in order.lines] == [
        ("COAT-1", 2, Decimal("41.99"), Decimal("6.00")), ("23", 1, Decimal("13.33"), Decimal("0.00")),
    ]  # fmt: skip
    assert _paid(found) == Decimal("60.12") - Decimal("4.80")
    assert (order.order_id, order.at) == ("727", datetime(2026, 11, 10, 9, 15, tzinfo=UTC))
    assert found.person is not None
    assert found.person.identifiers == {"reference": "26", "email": "anne@example.org", "phone": "06 12 34 56 78"}


def test_a_guest_of_woocommerce_has_no_reference() -> None:
    found = _woo(customer_id=0)
    assert found.person is not None
    assert "reference" not in found.person.identifiers


@pytest.mark.parametrize("status", ["pending", "on-hold", "checkout-draft"])
def test_a_woocommerce_order_counts_only_once_it_is_paid(status: str) -> None:
    found = _woo(status=status)
    assert found.orders == ()
    assert found.person is not None


def test_a_partial_woocommerce_refund_is_shared_over_the_products() -> None:
    found = _woo(refunds=[{"id": 900, "reason": "", "total": "-10.00"}])
    assert _paid(found, 1) == Decimal("-10.00")
    assert found.orders[1].returns == "727"
    assert {line.quantity for line in found.orders[1].lines} == {0}


def test_a_whole_woocommerce_refund_gives_back_every_unit_and_no_shipping() -> None:
    found = _woo(status="refunded", refunds=[{"id": 900, "reason": "", "total": "-60.12"}])
    assert _paid(found, 0) + _paid(found, 1) == 0
    assert [line.quantity for line in found.orders[1].lines] == [-2, -1]


def test_woocommerce_cancels_and_deletes() -> None:
    assert _woo(status="cancelled").orders[0].is_cancelled
    gone = woocommerce.read("order.deleted", b'{"id": 727}', "Europe/Paris", NOW)
    assert (gone.person, gone.orders[0].order_id, gone.orders[0].is_cancelled) == (None, "727", True)


def test_shopify_lines_take_off_discounts_and_add_taxes_that_come_on_top() -> None:
    found = shopify.read("orders/create", dumped(shopify_order()), NOW)
    assert [(line.product_id, line.amount, line.discount) for line in found.orders[0].lines] == [
        ("TEA", Decimal("30.00"), Decimal("5.00")), ("12", Decimal("15.00"), Decimal("0.00")),
    ]  # fmt: skip
    assert _paid(found) == Decimal("37.50") + Decimal("7.50")


def test_shopify_prices_that_include_taxes_stay_as_they_are() -> None:
    found = shopify.read("orders/paid", dumped(shopify_order(taxes_included=True)), NOW)
    assert _paid(found) == Decimal("37.50")


def test_shopify_refunds_give_back_their_share_and_the_last_unit_the_rest() -> None:
    refunds = [
        {
            "id": 50,
            "created_at": "2026-11-12T10:00:00+01:00",
            "refund_line_items": [{"line_item_id": 1, "quantity": 1}],
        },
        {
            "id": 51,
            "created_at": "2026-11-13T10:00:00+01:00",
            "refund_line_items": [{"line_item_id": 1, "quantity": 2}],
        },
    ]
    found = shopify.read(
        "orders/updated", dumped(shopify_order(refunds=refunds, financial_status="partially_refunded")), NOW
    )
    assert (_paid(found, 1), _paid(found, 2)) == (Decimal("-10.00"), Decimal("-20.00"))
    assert found.orders[1].at == datetime(2026, 11, 12, 9, tzinfo=UTC)


def test_shopify_money_given_back_without_a_product_is_spread_and_leaves_shipping_out() -> None:
    refund = {
        "id": 52, "created_at": "2026-11-12T10:00:00+01:00", "refund_line_items": [],
        "transactions": [{"kind": "refund", "status": "success", "amount": "9.00"},
                         {"kind": "refund", "status": "failure", "amount": "9.00"}],
        "order_adjustments": [{"kind": "shipping_refund", "amount": "-3.00"}],
    }  # fmt: skip
    found = shopify.read(
        "orders/updated", dumped(shopify_order(refunds=[refund], financial_status="partially_refunded")), NOW
    )
    assert _paid(found, 1) == Decimal("-9.00") + Decimal("3.00")


@pytest.mark.parametrize(("tax", "back"), [("5.00", "-10.00"), ("4.17", "-8.33")])
def test_a_shopify_refund_alone_knows_from_its_rates_whether_taxes_are_inside(tax: str, back: str) -> None:
    line = shopify_order()["line_items"][0] | {"tax_lines": [{"price": tax, "rate": 0.2}]}
    refund = {
        "id": 50, "order_id": 820982911, "created_at": "2026-11-12T10:00:00+01:00",
        "refund_line_items": [{"line_item_id": 1, "quantity": 1, "line_item": line}],
    }  # fmt: skip
    found = shopify.read("refunds/create", dumped(refund), NOW)
    assert (found.orders[0].returns, _paid(found)) == ("820982911", Decimal(back))


def test_shopify_says_who_agreed_himself_and_when() -> None:
    (choice,) = shopify.read("orders/create", dumped(shopify_order()), NOW).choices
    assert (choice.channel, choice.state, choice.is_own) == ("email", "granted", True)
    assert choice.at == datetime(2026, 11, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize("told", [
    {"state": "not_subscribed", "opt_in_level": None, "consent_updated_at": None},
    {"state": "pending", "opt_in_level": "single_opt_in", "consent_updated_at": "2026-11-01T08:00:00+01:00"},
    {"state": "redacted", "opt_in_level": None, "consent_updated_at": None},
])  # fmt: skip
def test_shopify_states_that_decide_nothing_are_passed_over(told: dict[str, object]) -> None:
    body = dumped({"id": 5, "email": "e@example.org", "email_marketing_consent": told})
    assert shopify.read("customers/update", body, NOW).choices == ()


def test_a_shopify_subscription_of_unknown_level_is_not_the_persons_own_word() -> None:
    told = {"state": "subscribed", "opt_in_level": "unknown", "consent_updated_at": "2026-11-01T08:00:00+01:00"}
    body = dumped({"customer_id": 5, "email_address": "e@example.org", "email_marketing_consent": told})
    (choice,) = shopify.read("customers/email_marketing_consent_update", body, NOW).choices
    assert not choice.is_own


def test_prestashop_spreads_the_carts_discount_over_the_rows() -> None:
    found = prestashop.read("", dumped(presta()), "Europe/Paris")
    assert _paid(found) == Decimal("59.80")
    assert sum(line.discount for line in found.orders[0].lines) == Decimal("10.00")
    assert found.orders[0].at == datetime(2026, 11, 10, 9, 5, tzinfo=UTC)
    assert found.person is not None
    assert found.person.values["birth_on"] == "1990-05-01"


def test_free_shipping_takes_nothing_off_the_products_of_prestashop() -> None:
    order = presta()["order"] | {"total_discounts_tax_incl": "5.00"}
    body = dumped(presta(order=order, order_cart_rules=[{"free_shipping": "1"}]))
    assert _paid(prestashop.read("", body, "Europe/Paris")) == Decimal("69.80")


def test_a_prestashop_credit_slip_gives_back_the_row_it_names() -> None:
    slip = {
        "id": 3, "id_order": "9", "date_add": "2026-11-12 09:00:00",
        "associations": {"order_slip_details": [
            {"id_order_detail": "31", "product_quantity": "1", "amount_tax_incl": "17.05"},
        ]},
    }  # fmt: skip
    found = prestashop.read("", dumped(presta(order_slips=[slip])), "Europe/Paris")
    (line,) = found.orders[1].lines
    assert (found.orders[1].returns, line.product_id, line.quantity, line.amount) == (
        "9",
        "BOOK",
        -1,
        Decimal("-17.05"),
    )


def test_prestashops_missing_tick_counts_only_where_the_yes_was_its_own() -> None:
    customer = presta()["customer"] | {"newsletter": "0"}
    (choice,) = prestashop.read("", dumped(presta(customer=customer)), "Europe/Paris").choices
    assert (choice.state, choice.only_if_ours) == ("withdrawn", True)


@pytest.mark.parametrize(("body", "said"), [
    (b"{", "this is not JSON"), (b"\xff", "byte 0 is not UTF-8"), (b"[]", "order should be an object"),
    (dumped(woo_order(line_items=[{"sku": "A", "quantity": "x"}])), "line_items[0].quantity should be a number"),
    (dumped(woo_order(date_created=None, date_created_gmt=None)), "order.date_created is missing"),
    (dumped(woo_order(total="NaN")), "order.total is no amount"), (b"[" * 100_000, "nested too deep"),
])  # fmt: skip
def test_what_cannot_be_read_says_where(body: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=r".") as refusal:
        woocommerce.read("order.created", body, "Europe/Paris", NOW)
    assert said in str(refusal.value)


@given(st.decimals(0, 100_000, places=2), st.lists(st.decimals(0, 10_000, places=4), min_size=1, max_size=20))
def test_parts_always_add_up_to_the_total(total: Decimal, shares: list[Decimal]) -> None:
    parts = values.spread(total, shares)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)


@given(st.lists(st.decimals(-1_000, 1_000, places=4), min_size=1, max_size=20))
def test_settled_lines_add_up_to_the_rounded_sum(amounts: list[Decimal]) -> None:
    line = Line(product_id="a", quantity=1, amount=Decimal(0))
    settled = values.settle([(line, amount) for amount in amounts])
    assert sum(one.amount for one in settled) == values.cents(sum(amounts, Decimal(0)))
