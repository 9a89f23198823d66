"""The kinds of entries whose facts the lake alone holds: orders, visits, answers to surveys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from cordiale.customers import timeline
from cordiale.customers.timeline import Entry, Fact, Kind
from cordiale.facts.categories import category_label
from cordiale.lake.tables import FACTS
from cordiale.ui import formats

ORDERS = """
    SELECT order_id AS key, min(ts) AS ts, coalesce(min(channel), '') AS channel,
        to_json({'store': min(store), 'amount': sum(amount)::VARCHAR, 'discount': sum(discount)::VARCHAR,
                 'many': count(*), 'categories': list(DISTINCT category ORDER BY category),
                 'lines': list({'product': product_id, 'category': category, 'brand': brand, 'quantity': quantity,
                                'amount': amount::VARCHAR, 'discount': discount::VARCHAR}
                               ORDER BY line_no)[1:40]}) AS data
    FROM order_lines GROUP BY order_id"""
VISITS = """
    SELECT min_by(event_id, (ts, event_id)) AS key, min(ts) AS ts, min(source) AS channel,
        to_json({'many': count(*), 'until': epoch_us(max(ts)),
                 'events': list({'at': epoch_us(ts), 'name': name, 'properties': properties}
                                ORDER BY ts, event_id)[1:40]}) AS data
    FROM (SELECT *, sum(is_first) OVER (PARTITION BY source ORDER BY ts, event_id ROWS UNBOUNDED PRECEDING) AS visit
          FROM (SELECT event_id, ts, name, properties, coalesce(source, '') AS source,
                    coalesce(ts - lag(ts) OVER (PARTITION BY coalesce(source, '') ORDER BY ts, event_id)
                        > INTERVAL 30 MINUTE, false)::INTEGER AS is_first
                FROM events WHERE NOT list_contains($9, coalesce(source, ''))))
    GROUP BY source, visit"""
"""Events of one source less than 30 minutes apart are one visit."""
ANSWERS = """
    SELECT min(answer_id) AS key, ts, coalesce(min(channel), '') AS channel,
        to_json({'survey': survey, 'many': count(*),
                 'answers': list({'question': question, 'kind': kind, 'value': value, 'text': text}
                                 ORDER BY answer_id)[1:40]}) AS data
    FROM answers GROUP BY survey, ts"""
_LISTED_CATEGORIES, _LISTED_PROPERTIES = 4, 6
_EVENTS: dict[str, str | Promise] = {
    "Page Viewed": pgettext_lazy("event", "Page viewed"),
    "Screen Viewed": pgettext_lazy("event", "Screen viewed"),
    "Product Viewed": pgettext_lazy("event", "Product viewed"),
    "Product List Viewed": pgettext_lazy("event", "List of products viewed"),
    "Products Searched": pgettext_lazy("event", "Search for products"),
    "Product Added": pgettext_lazy("event", "Put into the cart"),
    "Product Removed": pgettext_lazy("event", "Taken out of the cart"),
    "Cart Viewed": pgettext_lazy("event", "Cart viewed"),
    "Cart Updated": pgettext_lazy("event", "Cart changed"),
    "Checkout Started": pgettext_lazy("event", "Checkout begun"),
    "Order Completed": pgettext_lazy("event", "Order placed"),
    "Order Updated": pgettext_lazy("event", "Order changed"),
    "Order Refunded": pgettext_lazy("event", "Order refunded"),
    "Order Cancelled": pgettext_lazy("event", "Order cancelled"),
    "Coupon Redeemed": pgettext_lazy("event", "Coupon used"),
    "Content Read": pgettext_lazy("event", "Content read"),
    "Signed Up": pgettext_lazy("event", "Account opened"),
    "Signed In": pgettext_lazy("event", "Signed in"),
    "Email Opened": pgettext_lazy("event", "Email opened"),
    "Store Visited": pgettext_lazy("event", "Store visited"),
}
"""What is often sent; another event shows under its own name."""
_TOLD_BY = ("title", "name", "query", "path", "url", "product_id", "order_id", "coupon")
_CHANNELS: tuple[tuple[str, str | Promise], ...] = (
    ("store", pgettext_lazy("channel", "store")),
    ("web", pgettext_lazy("channel", "website")),
    ("app", pgettext_lazy("channel", "application")),
)
_BEST = {"nps": 10, "csat": 5, "ces": 7}


def register() -> None:
    """Called once, when Django is ready."""
    timeline.register(
        Kind(name="order", order=10, label=gettext_lazy("Orders"), facts=ORDERS, write=orders, channels=_CHANNELS)
    )
    timeline.register(Kind(name="visit", order=20, label=gettext_lazy("Visits"), facts=VISITS, write=visits))
    if "answers" in FACTS:
        timeline.register(
            Kind(name="answer", order=40, label=pgettext_lazy("survey", "Answers"), facts=ANSWERS, write=answers)
        )


def event_name(name: str) -> str:
    """What an event is called, in the page's language."""
    return str(_EVENTS.get(name, name))


def orders(facts: Sequence[Fact]) -> list[Entry]:
    """Each order with its total; its lines unfold."""
    return [_order(fact) for fact in facts]


def _order(fact: Fact) -> Entry:
    data, amount, discount = fact.data, Decimal(fact.data["amount"]), Decimal(fact.data["discount"])
    parts = [ngettext("%(many)s line", "%(many)s lines", data["many"]) % {"many": formats.number(data["many"])}]
    if data["store"]:
        parts.append(_("store %(store)s") % {"store": data["store"]})
    if discount:
        parts.append(_("%(discount)s off") % {"discount": formats.money(discount)})
    parts += filter(None, [_categories(data["categories"] or [])])
    return Entry(
        kind="order",
        key=fact.key,
        at=fact.at,
        icon="receipt-refund" if amount < 0 else "shopping-bag",
        title=_("Return") if amount < 0 else _("Order"),
        amount=amount,
        channel=fact.channel,
        detail=" · ".join(parts),
        columns=(_("Product"), _("Category"), _("Quantity"), _("Paid"), _("Discount")),
        rows=tuple(_line(line) for line in data["lines"]),
        more_rows=data["many"] - len(data["lines"]),
    )


def _line(line: Mapping[str, Any]) -> tuple[str, ...]:
    product = " · ".join(part for part in (line["product"], line["brand"]) if part)
    discount = Decimal(line["discount"])
    return (
        product,
        category_label(line["category"], formats.language()) if line["category"] else formats.NOTHING,
        formats.number(line["quantity"]),
        formats.money(Decimal(line["amount"])),
        formats.money(discount) if discount else formats.NOTHING,
    )


def _categories(codes: Sequence[str]) -> str:
    named = [code for code in codes if code]
    names = ", ".join(category_label(code, formats.language()) for code in named[:_LISTED_CATEGORIES])
    return names + (f" + {len(named) - _LISTED_CATEGORIES}" if len(named) > _LISTED_CATEGORIES else "")


def visits(facts: Sequence[Fact]) -> list[Entry]:
    """Each visit; one of a single event is told as that event."""
    return [_visit(fact) for fact in facts]


def _visit(fact: Fact) -> Entry:
    events, many = fact.data["events"], fact.data["many"]
    if many == 1:
        title, detail = event_name(events[0]["name"]), _told(events[0]["properties"])
    else:
        title = _("Visit")
        minutes = round((fact.data["until"] / 1e6 - fact.at.timestamp()) / 60)
        parts = [ngettext("%(many)s event", "%(many)s events", many) % {"many": formats.number(many)}]
        parts += [_("%(minutes)s min") % {"minutes": formats.number(minutes)}] if minutes else []
        detail = " · ".join([*parts, *dict.fromkeys(event_name(one["name"]) for one in events[:_LISTED_PROPERTIES])])
    return Entry(
        kind="visit",
        key=fact.key,
        at=fact.at,
        icon="bolt" if many == 1 else "click",
        title=title,
        channel=fact.channel,
        detail=detail,
        columns=(_("Time"), _("What happened"), _("Details")) if many > 1 else (),
        rows=tuple(_event(one, fact.at) for one in events) if many > 1 else (),
        more_rows=many - len(events),
    )


def _event(event: Mapping[str, Any], begun: datetime) -> tuple[str, ...]:
    at = datetime.fromtimestamp(event["at"] / 1e6, begun.tzinfo)
    return formats.time_of_day(at), event_name(event["name"]), _told(event["properties"])


def _told(text: str | None) -> str:
    """What an event says of itself: its title, page or product where it has one, else its first properties."""
    try:
        values = json.loads(text or "{}")
    except ValueError:  # facts are kept as they came: what is no JSON is shown as it is
        return text or ""
    if not isinstance(values, Mapping):
        return text or ""
    for name in _TOLD_BY:
        if isinstance(values.get(name), str | int) and len(values) > 1:
            return str(values[name])
    return " · ".join(f"{name}: {value}" for name, value in list(values.items())[:_LISTED_PROPERTIES])


def answers(facts: Sequence[Fact]) -> list[Entry]:
    """What was answered to a survey at one moment."""
    return [_answered(fact) for fact in facts]


def _answered(fact: Fact) -> Entry:
    given, many = fact.data["answers"], fact.data["many"]
    first = given[0]
    parts = [f"{first['question']}{_(': ')}{_answer(first)}"]
    if many > 1:
        parts.append(ngettext("%(many)s answer", "%(many)s answers", many) % {"many": formats.number(many)})
    return Entry(
        kind="answer",
        key=fact.key,
        at=fact.at,
        icon="message-2",
        title=_("Survey “%(survey)s”") % {"survey": fact.data["survey"]},
        channel=fact.channel,
        detail=" · ".join(parts),
        columns=(_("Question"), _("Answer")) if many > 1 else (),
        rows=tuple((one["question"], _answer(one)) for one in given) if many > 1 else (),
        more_rows=many - len(given),
    )


def _answer(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return one["text"] or formats.NOTHING
    value, best = formats.number(one["value"]), _BEST.get(one["kind"])
    shown = _("%(value)s of %(best)s") % {"value": value, "best": best} if best else value
    return f"{shown} – {one['text']}" if one["text"] else shown
