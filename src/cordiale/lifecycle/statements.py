"""The SQL of how people buy, in what both engines read alike. An order is a line numbered 1 that is no return.

Local months are told by their bounds, a tree of comparisons: exact where clocks change, and quicker than converting
every instant to the zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cordiale.lake.dialect import instant, whole_days

LONGEST_GAP = 730
"""Days between two orders; longer gaps count as this and one more."""
DEAREST, MOST_LINES = 9_999, 100
"""Baskets of more money, or more lines, count as these."""
CATEGORIES = 25
"""The categories bought most often, between which pairs are counted."""
BASKET_DAYS = 365
_ORDER = "line_no = 1 AND amount >= 0"


def cohorts(bounds: Sequence[datetime]) -> str:
    """By cohort and period: customers who ordered, and what those of the cohort spent.

    Periods are numbered from 1 by their `bounds`, the last of which ends the last one; 0 is before the first bound.
    """
    return (
        "WITH bought AS ("
        f"SELECT customer_id, {_place(list(bounds[:-1]), 0)} AS period, sum(amount) AS spend,"
        f" count(CASE WHEN {_ORDER} THEN 1 END) AS orders"
        f" FROM order_lines WHERE ts < {instant(bounds[-1])} GROUP BY 1, 2"
        "), firsts AS (SELECT customer_id, min(period) AS cohort FROM bought WHERE orders > 0 GROUP BY customer_id)"
        " SELECT f.cohort AS cohort, b.period AS period, count(CASE WHEN b.orders > 0 THEN 1 END) AS customers,"
        " CAST(sum(b.spend) AS DOUBLE) AS spend"
        " FROM bought b JOIN firsts f ON f.customer_id = b.customer_id WHERE b.period >= f.cohort GROUP BY 1, 2"
    )


def intervals(as_of: datetime) -> str:
    """By stage of the snapshot and whole days since the customer's order before: how many orders."""
    days = whole_days("earlier", "ts")
    return (
        "SELECT t.lifecycle_stage AS stage,"
        f" CASE WHEN {days} > {LONGEST_GAP} THEN {LONGEST_GAP + 1} ELSE {days} END AS days, count(*) AS orders FROM ("
        "SELECT customer_id, ts, lag(ts) OVER (PARTITION BY customer_id ORDER BY ts, order_id) AS earlier"
        f" FROM order_lines WHERE {_ORDER} AND ts < {instant(as_of)}"
        ") g JOIN traits t ON t.customer_id = g.customer_id WHERE earlier IS NOT NULL GROUP BY 1, 2"
    )


def overdue() -> str:
    """By stage of the snapshot: customers, those with a usual interval, those past it, and those past it twice."""
    return (
        "SELECT lifecycle_stage AS stage, count(*) AS customers, count(overdue_ratio) AS known,"
        " count(CASE WHEN overdue_ratio > 1 THEN 1 END) AS late,"
        " count(CASE WHEN overdue_ratio > 2 THEN 1 END) AS very_late FROM traits GROUP BY 1"
    )


def baskets(as_of: datetime) -> str:
    """Orders of a year by what they are worth (`value`, whole units of money) and by their lines (`lines`)."""
    capped = f"CASE WHEN lines > {MOST_LINES} THEN {MOST_LINES} ELSE lines END"
    return (
        f"WITH orders AS ({_orders(as_of)}),"
        f" sized AS (SELECT CAST(floor(spend) AS BIGINT) AS worth, lines, spend FROM orders)"
        f" SELECT 'value' AS measure, CASE WHEN worth > {DEAREST} THEN {DEAREST} ELSE worth END AS size,"
        " count(*) AS orders, CAST(sum(spend) AS DOUBLE) AS spend FROM sized GROUP BY 1, 2"
        f" UNION ALL SELECT 'lines' AS measure, {capped} AS size,"
        " count(*) AS orders, CAST(sum(spend) AS DOUBLE) AS spend FROM sized GROUP BY 1, 2"
    )


def categories(as_of: datetime) -> str:
    """Orders of a year that hold two of the commonest categories, `one` ≤ `other`; spend where both are the same."""
    return (
        f"WITH orders AS ({_orders(as_of)}),"
        " parts AS (SELECT l.order_id AS order_id, l.category AS category, sum(l.amount) AS spend"
        " FROM order_lines l JOIN orders o ON o.order_id = l.order_id"
        f" WHERE l.category IS NOT NULL AND {_year(as_of, 'l.ts')} GROUP BY 1, 2),"
        " common AS (SELECT category, count(*) AS many FROM parts GROUP BY category"
        f" ORDER BY many DESC, category LIMIT {CATEGORIES}),"
        " kept AS (SELECT p.order_id AS order_id, p.category AS category, p.spend AS spend"
        " FROM parts p JOIN common c ON c.category = p.category)"
        " SELECT a.category AS one, b.category AS other, count(*) AS orders,"
        " CAST(sum(CASE WHEN a.category = b.category THEN a.spend END) AS DOUBLE) AS spend"
        " FROM kept a JOIN kept b ON b.order_id = a.order_id WHERE a.category <= b.category GROUP BY 1, 2"
    )


def _orders(as_of: datetime) -> str:
    """Orders of the year before a moment that are no returns: their number, lines and worth."""
    return (
        "SELECT order_id, count(*) AS lines, sum(amount) AS spend FROM order_lines"
        f" WHERE {_year(as_of, 'ts')} GROUP BY order_id HAVING count(CASE WHEN {_ORDER} THEN 1 END) > 0"
    )


def _year(as_of: datetime, column: str) -> str:
    return f"{column} >= {instant(as_of - timedelta(days=BASKET_DAYS))} AND {column} < {instant(as_of)}"


def _place(bounds: list[datetime], before: int) -> str:
    """How many of the bounds an instant has reached, `before` of those left out included."""
    if not bounds:
        return str(before)
    middle = len(bounds) // 2
    low, high = _place(bounds[:middle], before), _place(bounds[middle + 1 :], before + middle + 1)
    return f"CASE WHEN ts < {instant(bounds[middle])} THEN {low} ELSE {high} END"
