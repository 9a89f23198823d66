"""What PrestaShop says: the resources of its web service in JSON (`?output_format=JSON`), sent by a module. Pure.

One body holds any of `customer`, `address`, `order`, `order_cart_rules`, `order_slips`, each written as the web service
writes it. A row's `unit_price_tax_incl` is after the catalogue's reductions and before the cart's: these (without free
shipping) are spread over the rows. Moments have no zone: they are the shop's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from cordiale.connectors.rules import values
from cordiale.connectors.rules.found import NOTHING, Choice, Found, Line, Order, Person, Unreadable

_CANCELLED, _REFUNDED, _FAILED = "6", "7", "8"  # order states of a new shop
_NEVER = "0000-00-00"


def read(topic: str, body: bytes, zone: str) -> Found:
    """What a delivery tells; `topic` is a word of the module's and decides nothing. Raises Unreadable."""
    payload = values.mapping(values.document(body), "payload")
    parts = {
        name: values.mapping(payload[name], name) for name in ("customer", "address", "order") if payload.get(name)
    }
    slips = values.items(payload.get("order_slips"), "order_slips")
    if payload.get("order_slip"):
        slips = [*slips, values.mapping(payload["order_slip"], "order_slip")]
    if not parts and not slips:
        raise Unreadable("the body has none of customer, address, order, order_slip, order_slips")
    customer, address, order = (parts.get(name, {}) for name in ("customer", "address", "order"))
    orders = _orders(order, slips, values.items(payload.get("order_cart_rules"), "order_cart_rules"), zone)
    person = _person(customer, address, order, zone)
    if person is None and not orders:
        return NOTHING
    return Found(person=person, orders=orders, choices=_newsletter(customer, zone))


def _orders(order: Mapping[str, Any], slips: Any, cart_rules: Any, zone: str) -> tuple[Order, ...]:
    returns = tuple(_slip(slip, f"order_slips[{place}]", order, zone) for place, slip in enumerate(slips))
    if not order:
        return returns
    order_id = values.required(order, "id", "order")
    at = values.instant(values.required(order, "date_add", "order"), "order.date_add", zone)
    told_at = values.instant(order["date_upd"], "order.date_upd", zone) if order.get("date_upd") else at
    state = values.text(order.get("current_state"))
    if state in {_CANCELLED, _FAILED}:
        return (Order(order_id=order_id, at=at, told_at=told_at, is_cancelled=True),)
    if values.text(order.get("valid")) not in {"1", "true"} and state != _REFUNDED:
        return ()
    bought = Order(
        order_id=order_id, at=at, told_at=told_at, lines=_lines(order, cart_rules), channel="online",
        store=values.text(order.get("id_shop")),
    )  # fmt: skip
    if state == _REFUNDED and not returns:
        back = tuple(
            Line(product_id=one.product_id, quantity=-one.quantity, amount=-one.amount) for one in bought.lines
        )
        returns = (Order(order_id="all", at=told_at, told_at=told_at, returns=order_id, channel="online", lines=back),)
    return (bought, *returns)


def _lines(order: Mapping[str, Any], cart_rules: Any) -> tuple[Line, ...]:
    rows = values.items(
        values.mapping(order.get("associations") or {}, "order.associations").get("order_rows"),
        "order.associations.order_rows",
    )
    if not rows:
        raise Unreadable("order.associations.order_rows is missing; send the order as the web service writes it")
    read_rows = [_row(row, f"order.associations.order_rows[{place}]") for place, row in enumerate(rows)]
    full = [amount for _, amount in read_rows]
    discount = min(_discount(order, cart_rules), sum(full, Decimal(0)))
    parts = values.spread(values.cents(discount), full)
    pairs = [
        (Line(product_id=line.product_id, quantity=line.quantity, amount=Decimal(0), discount=part), amount - part)
        for (line, amount), part in zip(read_rows, parts, strict=True)
    ]
    return values.settle(pairs)


def _row(row: Mapping[str, Any], place: str) -> tuple[Line, Decimal]:
    quantity = values.whole(row.get("product_quantity"), f"{place}.product_quantity")
    unit = values.number(values.required(row, "unit_price_tax_incl", place), f"{place}.unit_price_tax_incl")
    product = values.text(row.get("product_reference")) or values.required(row, "product_id", place)
    return Line(product_id=product, quantity=quantity, amount=Decimal(0)), unit * quantity


def _discount(order: Mapping[str, Any], cart_rules: Any) -> Decimal:
    """What the cart's rules took off products; the one that gives free shipping takes off no product."""
    discount = values.number(order.get("total_discounts_tax_incl"), "order.total_discounts_tax_incl")
    if any(values.text(rule.get("free_shipping")) == "1" for rule in cart_rules):
        discount -= values.number(order.get("total_shipping_tax_incl"), "order.total_shipping_tax_incl")
    return max(discount, Decimal(0))


def _slip(slip: Mapping[str, Any], place: str, order: Mapping[str, Any], zone: str) -> Order:
    """A credit slip: its rows name rows of the order, or its total is all that is known."""
    details = values.mapping(slip.get("associations") or {}, f"{place}.associations").get("order_slip_details")
    rows = values.mapping(order.get("associations") or {}, "order.associations").get("order_rows")
    products = {
        values.text(row.get("id")): values.text(row.get("product_reference")) or values.text(row.get("product_id"))
        for row in values.items(rows, "order.associations.order_rows")
    }
    lines = [
        _slip_line(detail, f"{place}.associations.order_slip_details[{number}]", products)
        for number, detail in enumerate(values.items(details, f"{place}.associations.order_slip_details"))
    ]
    if not lines:
        total = values.cents(values.number(slip.get("total_products_tax_incl"), f"{place}.total_products_tax_incl"))
        lines = [Line(product_id="refund", quantity=0, amount=-total)]
    at = values.instant(values.required(slip, "date_add", place), f"{place}.date_add", zone)
    returns = values.required(slip, "id_order", place)
    return Order(
        order_id=values.required(slip, "id", place),
        at=at,
        told_at=at,
        returns=returns,
        lines=tuple(lines),
        channel="online",
    )


def _slip_line(detail: Mapping[str, Any], place: str, products: Mapping[str, str]) -> Line:
    row = values.required(detail, "id_order_detail", place)
    amount = values.cents(values.number(detail.get("amount_tax_incl"), f"{place}.amount_tax_incl"))
    quantity = values.whole(detail.get("product_quantity"), f"{place}.product_quantity")
    return Line(product_id=products.get(row) or f"row {row}", quantity=-quantity, amount=-amount)


def _person(
    customer: Mapping[str, Any], address: Mapping[str, Any], order: Mapping[str, Any], zone: str
) -> Person | None:
    number = values.text(customer.get("id") or order.get("id_customer") or address.get("id_customer"))
    email = values.text(customer.get("email"))
    phone = values.text(address.get("phone_mobile")) or values.text(address.get("phone"))
    identifiers = values.present({"reference": number if number != "0" else "", "email": email, "phone": phone})
    dated = customer or address or order
    moment = values.text(dated.get("date_upd")) or values.text(dated.get("date_add"))
    if not identifiers or not moment:
        return None
    birthday = values.text(customer.get("birthday"))
    street = " ".join(filter(None, (values.text(address.get("address1")), values.text(address.get("address2")))))
    told = {
        "first_name": values.text(customer.get("firstname") or address.get("firstname")),
        "last_name": values.text(customer.get("lastname") or address.get("lastname")),
        "birth_on": "" if birthday.startswith(_NEVER) else birthday[:10],
        "email": email, "phone": phone, "street": street,
        "postcode": values.text(address.get("postcode")), "city": values.text(address.get("city")),
    }  # fmt: skip
    return Person(identifiers=identifiers, values=values.present(told), at=values.instant(moment, "date_upd", zone))


def _newsletter(customer: Mapping[str, Any], zone: str) -> tuple[Choice, ...]:
    """The tick of the registration form has a date; its absence has none and may mean never."""
    if "newsletter" not in customer:
        return ()
    if values.text(customer["newsletter"]) in {"1", "true"} or customer["newsletter"] is True:
        return _subscribed(customer, zone)
    moment = values.text(customer.get("date_upd"))
    if not moment:
        return ()
    at = values.instant(moment, "customer.date_upd", zone)
    return (
        Choice(channel="email", state="withdrawn", at=at, is_own=True, only_if_ours=True, how="PrestaShop: newsletter"),
    )


def _subscribed(customer: Mapping[str, Any], zone: str) -> tuple[Choice, ...]:
    moment = values.text(customer.get("newsletter_date_add"))
    is_own = bool(moment) and not moment.startswith(_NEVER)
    dated: datetime | None = None
    for name in ("newsletter_date_add",) if is_own else ("date_upd", "date_add"):
        if customer.get(name):
            dated = values.instant(customer[name], f"customer.{name}", zone)
            break
    if dated is None:
        return ()
    return (Choice(channel="email", state="granted", at=dated, is_own=is_own, how="PrestaShop: newsletter"),)
