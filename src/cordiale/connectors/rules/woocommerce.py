"""What WooCommerce says (its REST API's order and customer, version 3; topics `order.*`, `customer.*`). Pure.

Amounts come without taxes beside their taxes; `subtotal` is before discounts, `total` after. An order lists its
refunds with nothing but a total: they are spread over the products in proportion to what was paid for each, products
before shipping, and give no unit back unless all was refunded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from cordiale.connectors.rules import values
from cordiale.connectors.rules.found import NOTHING, Choice, Found, Line, Order, Person

_BOUGHT = frozenset({"processing", "completed", "refunded"})
_CANCELLED = frozenset({"cancelled", "failed", "trash"})
_TICKED = frozenset({"1", "yes", "true", "on"})


def read(topic: str, body: bytes, zone: str, received_at: datetime, opt_in: str = "") -> Found:
    """What a delivery of `topic` tells; `opt_in` is the key of the order's meta data that a ticked box leaves.

    Raises Unreadable.
    """
    resource, _, event = topic.partition(".")
    if resource not in {"order", "customer"}:
        return NOTHING
    payload = values.mapping(values.document(body), resource)
    if resource == "customer":
        return NOTHING if event == "deleted" else Found(person=_customer(payload, zone))
    if event == "deleted":  # the body is the number alone: who and what is known already
        return Found(orders=(_gone(payload, received_at),))
    return _order(payload, zone, opt_in)


def _gone(payload: Mapping[str, Any], at: datetime) -> Order:
    return Order(order_id=values.required(payload, "id", "order"), at=at, told_at=at, is_cancelled=True)


def _order(payload: Mapping[str, Any], zone: str, opt_in: str) -> Found:
    created = _moment(payload, "date_created", zone)
    told_at = _moment(payload, "date_modified", zone) if payload.get("date_modified") else created
    person = _buyer(payload, told_at)
    choices = _ticked(payload, opt_in, created) if person else ()
    status = values.text(payload.get("status"))
    order_id = values.required(payload, "id", "order")
    if status in _CANCELLED:
        gone = Order(order_id=order_id, at=created, told_at=told_at, is_cancelled=True)
        return Found(person=person, orders=(gone,), choices=choices)
    if status not in _BOUGHT:  # not paid yet: who came is known, nothing is bought
        return Found(person=person, choices=choices)
    lines = _lines(payload)
    bought = Order(
        order_id=order_id, at=created, told_at=told_at, lines=lines, channel="online",
        currency=values.text(payload.get("currency")),
    )  # fmt: skip
    returns = _refunds(payload, bought, status == "refunded")
    return Found(person=person, orders=(bought, *returns), choices=choices)


def _ticked(payload: Mapping[str, Any], opt_in: str, at: datetime) -> tuple[Choice, ...]:
    """The box of the checkout, ticked when the order was placed. One that is not ticked says nothing."""
    rows = values.items(payload.get("meta_data"), "order.meta_data") if opt_in else ()
    told = [row.get("value") for row in rows if row.get("key") == opt_in]
    if not any(one is True or values.text(one).lower() in _TICKED for one in told):
        return ()
    return (Choice(channel="email", state="granted", at=at, is_own=True, how=f"WooCommerce: {opt_in}"),)


def _lines(payload: Mapping[str, Any]) -> tuple[Line, ...]:
    pairs = [
        _line(item, f"order.line_items[{place}]")
        for place, item in enumerate(values.items(payload.get("line_items"), "order.line_items"))
    ]
    exact = sum((amount for _, amount in pairs), Decimal(0))
    return values.settle(pairs, _paid_for_products(payload, exact, len(pairs)))


def _line(item: Mapping[str, Any], place: str) -> tuple[Line, Decimal]:
    amount = values.number(item.get("total"), f"{place}.total") + values.number(
        item.get("total_tax"), f"{place}.total_tax"
    )
    before = values.number(item.get("subtotal"), f"{place}.subtotal") + values.number(
        item.get("subtotal_tax"), f"{place}.subtotal_tax"
    )
    product = values.text(item.get("sku")) or _number_of(item)
    line = Line(
        product_id=product or values.required(item, "name", place),
        quantity=values.whole(item.get("quantity", 1), f"{place}.quantity"),
        amount=Decimal(0),
        discount=before - amount,
    )
    return line, amount


def _number_of(item: Mapping[str, Any]) -> str:
    variation, product = values.text(item.get("variation_id")), values.text(item.get("product_id"))
    return variation if variation not in {"", "0"} else product if product != "0" else ""


def _paid_for_products(payload: Mapping[str, Any], exact: Decimal, lines: int) -> Decimal | None:
    """The order's total without shipping and fees, where it differs from the lines by roundings only."""
    if payload.get("total") in (None, ""):
        return None
    other = values.number(payload.get("shipping_total"), "order.shipping_total") + values.number(
        payload.get("shipping_tax"), "order.shipping_tax"
    )
    for place, fee in enumerate(values.items(payload.get("fee_lines"), "order.fee_lines")):
        other += values.number(fee.get("total"), f"order.fee_lines[{place}].total")
        other += values.number(fee.get("total_tax"), f"order.fee_lines[{place}].total_tax")
    paid = values.number(payload["total"], "order.total") - other
    return paid if abs(paid - exact) <= values.CENT * (lines + 1) else None


def _refunds(payload: Mapping[str, Any], bought: Order, is_whole: bool) -> list[Order]:
    left = sum((line.amount for line in bought.lines), Decimal(0))
    told = values.items(payload.get("refunds"), "order.refunds")
    returns = []
    for place, refund in enumerate(told):
        back = abs(values.number(refund.get("total"), f"order.refunds[{place}].total"))
        amount = left if is_whole and place == len(told) - 1 else min(back, left)
        left -= amount
        number = values.required(refund, "id", f"order.refunds[{place}]")
        if amount:
            returns.append(_return(bought, number, amount, keeps_units=not (is_whole and len(told) == 1)))
    if is_whole and not told and left:
        returns.append(_return(bought, "all", left, keeps_units=False))
    return returns


def _return(bought: Order, number: str, amount: Decimal, *, keeps_units: bool) -> Order:
    parts = values.spread(amount, [line.amount for line in bought.lines])
    lines = [
        Line(product_id=line.product_id, quantity=0 if keeps_units else -line.quantity, amount=-part)
        for line, part in zip(bought.lines, parts, strict=True)
        if part or not keeps_units
    ]
    return Order(
        order_id=number, at=bought.told_at, told_at=bought.told_at, returns=bought.order_id, channel=bought.channel,
        lines=tuple(lines), is_dated=False,
    )  # fmt: skip


def _buyer(payload: Mapping[str, Any], at: datetime) -> Person | None:
    billing = values.mapping(payload.get("billing") or {}, "order.billing")
    return _person(values.text(payload.get("customer_id")), billing, {}, at)


def _customer(payload: Mapping[str, Any], zone: str) -> Person | None:
    field = "date_modified" if payload.get("date_modified") else "date_created"
    billing = values.mapping(payload.get("billing") or {}, "customer.billing")
    own = {name: values.text(payload.get(name)) for name in ("first_name", "last_name", "email")}
    return _person(
        values.text(payload.get("id")), billing, values.present(own), _moment(payload, field, zone, "customer")
    )


def _person(number: str, billing: Mapping[str, Any], own: Mapping[str, str], at: datetime) -> Person | None:
    email = own.get("email") or values.text(billing.get("email"))
    phone = values.text(billing.get("phone"))
    identifiers = values.present({"reference": number if number != "0" else "", "email": email, "phone": phone})
    if not identifiers:
        return None
    street = " ".join(filter(None, (values.text(billing.get("address_1")), values.text(billing.get("address_2")))))
    told = {name: values.text(billing.get(name)) for name in ("first_name", "last_name", "postcode", "city", "country")}
    return Person(
        identifiers=identifiers,
        values=values.present({**told, "street": street, "phone": phone, "email": email, **own}),
        at=at,
    )


def _moment(payload: Mapping[str, Any], name: str, zone: str, place: str = "order") -> datetime:
    if payload.get(f"{name}_gmt"):
        return values.instant(payload[f"{name}_gmt"], f"{place}.{name}_gmt", "UTC")
    return values.instant(values.required(payload, name, place), f"{place}.{name}", zone)
