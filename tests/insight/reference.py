"""Every default trait once more, in plain Python over lists: slow, and written without a look at the SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
DAY = timedelta(days=1)
CENT = Decimal("0.01")


def traits(lines: list[Row], events: list[Row], messages: list[Row], as_of: datetime, zone: ZoneInfo) -> Row:
    """One customer's traits as of `as_of`; rows are his facts, with `ts` aware."""
    lines = [row for row in lines if row["ts"] < as_of]
    orders = [row for row in lines if row["line_no"] == 1 and row["amount"] >= 0]

    def within(rows: list[Row], days: int, ago: int = 0) -> list[Row]:
        return [row for row in rows if as_of - (days + ago) * DAY <= row["ts"] < as_of - ago * DAY]

    def spend(rows: list[Row]) -> Decimal:
        return sum((row["amount"] for row in rows), Decimal("0.00"))

    year, quarter, before = within(lines, 365), within(lines, 90), within(lines, 90, ago=90)
    bought = [row for row in year if row["amount"] >= 0]
    first = min((row["ts"] for row in orders), default=None)
    last = max((row["ts"] for row in orders), default=None)
    recency = (as_of - last) // DAY if last else None
    tenure = (as_of - first) // DAY if first else None
    gap = (last - first) / timedelta(microseconds=1) / 8.64e10 / (len(orders) - 1) if len(orders) > 1 else None
    return {
        "first_order_at": first,
        "last_order_at": last,
        "recency_days": recency,
        "tenure_days": tenure,
        "orders_total": len(orders),
        **{f"orders_{days}d": len(within(orders, days)) for days in (30, 90, 365)},
        "spend_total": spend(lines),
        **{f"spend_{days}d": spend(within(lines, days)) for days in (30, 90, 365)},
        "spend_previous_90d": spend(before),
        "average_basket": (spend(lines) / len(orders)).quantize(CENT, ROUND_HALF_UP) if orders else None,
        "spend_monthly": (spend(lines) * 30 / max(tenure or 0, 30)).quantize(CENT, ROUND_HALF_UP),
        "units_90d": sum(row["quantity"] for row in quarter),
        "distinct_categories_365d": len({row["category"] for row in year} - {None}),
        "favourite_category": favourite(year, "category"),
        "last_category": favourite(year, "category", latest=True),
        "favourite_store": favourite(within(orders, 365), "store", weight=lambda row: 1),
        "promotion_share": share(bought, lambda row: row["discount"] > 0),
        "discount_365d": sum((row["discount"] for row in year), Decimal("0.00")),
        "days_between_orders": gap,
        "overdue_ratio": recency / gap if len(orders) >= 3 and gap else None,
        "spend_trend": float(spend(quarter) - spend(before)) / float(spend(before)) if spend(before) > 0 else None,
        "weekend_share": share(within(orders, 365), lambda row: row["ts"].astimezone(zone).isoweekday() > 5),
        "coupon_redemptions_365d": len([row for row in within(events, 365) if row["name"] == "Coupon Redeemed"]),
        "messages_90d": len([row for row in within(messages, 90) if row["kind"] == "handed_over"]),
        **interests(events, within),
    }


def interests(events: list[Row], within: Callable[..., list[Row]]) -> Row:
    def named(days: int, *names: str) -> list[Row]:
        return [row for row in within(events, days) if row["name"] in names]

    def looked(row: Row) -> int:
        return {"Product Added": 120, "Content Read": row["seconds"] or 0}.get(row["name"], 20)

    products = ("Page Viewed", "Product Viewed", "Product List Viewed", "Product Added", "Content Read")
    return {
        "last_visit_at": max((row["ts"] for row in named(365, "Page Viewed", "Screen Viewed")), default=None),
        "pages_30d": len(named(30, "Page Viewed", "Screen Viewed")),
        "products_viewed_30d": len({row["product_id"] for row in named(30, "Product Viewed")} - {None}),
        "interest_category": favourite(named(90, *products), "category", weight=looked),
        "interest_topic": favourite(
            named(90, "Page Viewed", "Content Read"),
            "topic",
            weight=lambda row: (row["seconds"] or 0) if row["name"] == "Content Read" else 10,
        ),
        "reading_90d": sum(row["seconds"] or 0 for row in named(90, "Content Read")),
    }


def favourite(
    rows: list[Row], column: str, weight: Callable[[Row], Any] = lambda row: row["amount"], *, latest: bool = False
) -> str | None:
    totals: dict[str, list[Any]] = defaultdict(lambda: [Decimal(0), None])
    for row in rows:
        if row[column] is not None:
            total = totals[row[column]]
            total[0] += weight(row)
            total[1] = max(total[1], row["ts"]) if total[1] else row["ts"]
    return max(totals, key=lambda value: (*totals[value][:: -1 if latest else 1], value), default=None)


def share(rows: list[Row], test: Callable[[Row], bool]) -> float | None:
    return sum(map(test, rows)) / len(rows) if rows else None
