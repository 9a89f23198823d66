"""What Shopify says (topics `orders/*`, `refunds/create`, `customers/*`). Pure.

A line is price × quantity less its `discount_allocations` (which hold the order's discounts too), plus its taxes
where prices do not include them. What is given back of a line is its share of what was paid for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from cordiale.connectors.rules import values
from cordiale.connectors.rules.found import NOTHING, Choice, Found, Line, Order, Person, Unreadable

_BOUGHT = frozenset({"paid", "authorized", "partially_paid", "partially_refunded", "refunded"})
_STATES = {"subscribed": "granted", "unsubscribed": "withdrawn"}
_OWN_LEVELS = frozenset({"single_opt_in", "confirmed_opt_in"})
_CONSENT_TOPICS = {"customers/email_marketing_consent_update": "email", "customers/marketing_consent_update": "sms"}
_ADDRESS = {"zip": "postcode", "city": "city", "country_code": "country"}


def read(topic: str, body: bytes, received_at: datetime) -> Found:
    """What a delivery of `topic` tells. Raises Unreadable."""
    payload = values.mapping(values.document(body), "payload")
    if topic in _CONSENT_TOPICS:
        return _consent(payload, _CONSENT_TOPICS[topic], received_at)
    if topic in {"customers/create", "customers/update", "customers/enable", "customers/disable"}:
        at = _moment(payload, "updated_at", "customer") or received_at
        return Found(person=_person(payload, at), choices=_choices(payload, received_at))
    if topic.startswith("orders/"):
        return _order(topic, payload, received_at)
    if topic == "refunds/create":
        return Found(orders=(_refund_alone(payload),))
    return NOTHING


def _order(topic: str, payload: Mapping[str, Any], received_at: datetime) -> Found:
    order_id = values.required(payload, "id", "order")
    if topic == "orders/delete":
        return Found(orders=(Order(order_id=order_id, at=received_at, told_at=received_at, is_cancelled=True),))
    at = _moment(payload, "processed_at", "order") or _moment(payload, "created_at", "order")
    if at is None:
        raise Unreadable("order.created_at is missing")
    told_at = _moment(payload, "updated_at", "order") or at
    customer = values.mapping(payload.get("customer") or {}, "order.customer")
    person, choices = _buyer(payload, customer, told_at), _choices(customer, received_at)
    if payload.get("test") is True:
        return NOTHING
    is_cancelled = bool(payload.get("cancelled_at")) or payload.get("financial_status") == "voided"
    if is_cancelled:
        orders: tuple[Order, ...] = (Order(order_id=order_id, at=at, told_at=told_at, is_cancelled=True),)
    elif payload.get("financial_status") in _BOUGHT:
        orders = _bought(payload, order_id, at, told_at)
    else:
        orders = ()
    return Found(person=person, orders=orders, choices=choices)


def _bought(payload: Mapping[str, Any], order_id: str, at: datetime, told_at: datetime) -> tuple[Order, ...]:
    includes = payload.get("taxes_included") is True
    rows = values.items(payload.get("line_items"), "order.line_items")
    lines = values.settle(_line(row, f"order.line_items[{place}]", includes) for place, row in enumerate(rows))
    channel = "store" if payload.get("source_name") == "pos" else "online"
    bought = Order(
        order_id=order_id, at=at, told_at=told_at, lines=lines, channel=channel,
        store=values.text(payload.get("location_id")), currency=values.text(payload.get("currency")),
    )  # fmt: skip
    by_id = {values.text(row.get("id")): line for row, line in zip(rows, lines, strict=True)}
    left = {number: (line.quantity, line.amount) for number, line in by_id.items()}
    refunds = values.items(payload.get("refunds"), "order.refunds")
    return (
        bought,
        *(
            one
            for place, row in enumerate(refunds)
            if (one := _refund(row, f"order.refunds[{place}]", bought, by_id, left))
        ),
    )


def _line(row: Mapping[str, Any], place: str, taxes_included: bool) -> tuple[Line, Decimal]:
    quantity = values.whole(row.get("quantity", 1), f"{place}.quantity")
    before = values.number(row.get("price"), f"{place}.price") * quantity
    discount = _total(row, "discount_allocations", "amount", place)
    taxes = Decimal(0) if taxes_included else _total(row, "tax_lines", "price", place)
    product = values.text(row.get("sku")) or values.text(row.get("variant_id")) or values.text(row.get("product_id"))
    line = Line(
        product_id=product or values.required(row, "title", place), quantity=quantity, amount=Decimal(0),
        discount=discount, brand=values.text(row.get("vendor")), category=values.text(row.get("product_type")),
    )  # fmt: skip
    return line, before - discount + taxes


def _refund(
    row: Mapping[str, Any], place: str, bought: Order, by_id: Mapping[str, Line], left: dict[str, tuple[int, Decimal]]
) -> Order | None:
    """One refund of an order; `left` is what was not given back before, and shrinks. The last unit takes the rest."""
    lines = []
    for number, item in enumerate(values.items(row.get("refund_line_items"), f"{place}.refund_line_items")):
        key = values.text(item.get("line_item_id"))
        if key not in by_id:
            raise Unreadable(
                f"{place}.refund_line_items[{number}] names line {key or '?'}, which the order does not have"
            )
        units, amount = left[key]
        given = min(values.whole(item.get("quantity", 0), f"{place}.refund_line_items[{number}].quantity"), units)
        back = amount if given == units else values.cents(amount * given / units)
        left[key] = (units - given, amount - back)
        if given:
            lines.append(Line(product_id=by_id[key].product_id, quantity=-given, amount=-back))
    if not lines:
        lines = _money_only(row, place, by_id, left)
    if not lines:
        return None
    at = _moment(row, "processed_at", place) or _moment(row, "created_at", place) or bought.told_at
    return Order(
        order_id=values.required(row, "id", place), at=at, told_at=at, returns=bought.order_id, channel=bought.channel,
        store=bought.store, lines=tuple(lines),
    )  # fmt: skip


def _money_only(
    row: Mapping[str, Any], place: str, by_id: Mapping[str, Line], left: dict[str, tuple[int, Decimal]]
) -> list[Line]:
    """Money given back without any product: what is not shipping, spread over what is left of the lines."""
    back = _total(row, "transactions", "amount", place, kind="refund")
    back -= abs(_total(row, "order_adjustments", "amount", place, kind="shipping_refund"))
    amounts = [amount for _, amount in left.values()]
    back = min(back, sum(amounts, Decimal(0)))
    lines = []
    for (key, (units, amount)), part in zip(
        list(left.items()), values.spread(max(back, Decimal(0)), amounts), strict=True
    ):
        if part:
            left[key] = (units, amount - part)
            lines.append(Line(product_id=by_id[key].product_id, quantity=0, amount=-part))
    return lines


def _refund_alone(payload: Mapping[str, Any]) -> Order:
    """`refunds/create`: the refund brings its lines with it. Orders told whole later say the same again."""
    at = _moment(payload, "processed_at", "refund") or _moment(payload, "created_at", "refund")
    if at is None:
        raise Unreadable("refund.created_at is missing")
    lines = []
    for place, item in enumerate(values.items(payload.get("refund_line_items"), "refund.refund_line_items")):
        where = f"refund.refund_line_items[{place}]"
        row = values.mapping(item.get("line_item") or {}, f"{where}.line_item")
        line, amount = _line(row, f"{where}.line_item", _includes_taxes(row, f"{where}.line_item"))
        given = values.whole(item.get("quantity", 0), f"{where}.quantity")
        if given and line.quantity:
            lines.append(
                Line(product_id=line.product_id, quantity=-given, amount=-values.cents(amount * given / line.quantity))
            )
    return Order(
        order_id=values.required(payload, "id", "refund"), at=at, told_at=at,
        returns=values.required(payload, "order_id", "refund"), lines=tuple(lines),
    )  # fmt: skip


def _includes_taxes(row: Mapping[str, Any], place: str) -> bool:
    """A refund alone does not say whether prices include taxes: their rates against their amounts do."""
    full = values.number(row.get("price"), f"{place}.price") * values.whole(row.get("quantity", 1), f"{place}.quantity")
    full -= _total(row, "discount_allocations", "amount", place)
    rate, told = _total(row, "tax_lines", "rate", place), _total(row, "tax_lines", "price", place)
    return abs(full * rate / (1 + rate) - told) < abs(full * rate - told)


def _total(row: Mapping[str, Any], name: str, field: str, place: str, *, kind: str | None = None) -> Decimal:
    rows = values.items(row.get(name), f"{place}.{name}")
    return sum(
        (
            values.number(one.get(field), f"{place}.{name}[{number}].{field}")
            for number, one in enumerate(rows)
            if kind is None or (one.get("kind") == kind and one.get("status", "success") == "success")
        ),
        Decimal(0),
    )


def _buyer(payload: Mapping[str, Any], customer: Mapping[str, Any], at: datetime) -> Person | None:
    address = payload.get("billing_address") or payload.get("shipping_address") or customer.get("default_address") or {}
    contact = {
        "email": values.text(payload.get("email") or payload.get("contact_email")),
        "phone": values.text(payload.get("phone")),
    }
    return _person({**values.present(contact), **values.present(customer), "default_address": address}, at)


def _person(customer: Mapping[str, Any], at: datetime) -> Person | None:
    address = values.mapping(customer.get("default_address") or {}, "customer.default_address")
    email, phone = values.text(customer.get("email")), values.text(customer.get("phone") or address.get("phone"))
    identifiers = values.present({"reference": values.text(customer.get("id")), "email": email, "phone": phone})
    if not identifiers:
        return None
    told = {ours: values.text(address.get(theirs)) for theirs, ours in _ADDRESS.items()}
    street = " ".join(filter(None, (values.text(address.get("address1")), values.text(address.get("address2")))))
    names = {name: values.text(customer.get(name) or address.get(name)) for name in ("first_name", "last_name")}
    return Person(
        identifiers=identifiers,
        values=values.present({**told, **names, "street": street, "email": email, "phone": phone}),
        at=at,
    )


def _choices(customer: Mapping[str, Any], received_at: datetime) -> tuple[Choice, ...]:
    pairs = (("email", "email_marketing_consent"), ("sms", "sms_marketing_consent"))
    return tuple(
        choice
        for channel, name in pairs
        if customer.get(name)
        and (choice := _choice(values.mapping(customer[name], f"customer.{name}"), channel, received_at))
    )


def _choice(told: Mapping[str, Any], channel: str, received_at: datetime) -> Choice | None:
    """Subscribed and unsubscribed count; pending, never subscribed, redacted and invalid say nothing.

    A date makes it the person's own act, and a "yes" needs to say how it was given too: what staff or an import
    ticked (level unknown) can never override a withdrawal.
    """
    state = _STATES.get(values.text(told.get("state")).lower())
    if state is None:
        return None
    dated = _moment(told, "consent_updated_at", f"{channel} consent")
    level = values.text(told.get("opt_in_level")).lower()
    return Choice(
        channel=channel, state=state, at=min(dated, received_at) if dated else received_at,
        is_own=dated is not None and (state == "withdrawn" or level in _OWN_LEVELS),
        how=f"Shopify: {level}" if level else "Shopify",
    )  # fmt: skip


def _consent(payload: Mapping[str, Any], channel: str, received_at: datetime) -> Found:
    name = f"{channel}_marketing_consent"
    choice = _choice(values.mapping(payload.get(name) or {}, name), channel, received_at)
    person = _person(
        {
            "id": payload.get("customer_id"),
            "email": payload.get("email_address"),
            "phone": payload.get("phone") or payload.get("phone_number"),
        },
        received_at,
    )
    return Found(person=person, choices=(choice,) if choice else ())


def _moment(row: Mapping[str, Any], name: str, place: str) -> datetime | None:
    return values.instant(row[name], f"{place}.{name}", "UTC") if row.get(name) else None
