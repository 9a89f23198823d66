"""What recommendations read of the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from cordiale.customers.models import Customer
from cordiale.lake import open_lake

WINDOW = timedelta(days=730)
"""Older purchases teach nothing any more."""
MOST_PRODUCTS, LEAST_BUYERS = 20_000, 5
"""Scores of a product are a column each: those with most buyers are kept, and none that fewer than five bought."""
INTEREST_WINDOW = timedelta(days=180)
_BOUGHT = "quantity > 0 AND amount >= 0 AND ts < ? AND ts >= ?"

_SIZES = f"""
SELECT count(DISTINCT customer_id) AS customers, count(DISTINCT order_id) AS orders,
    count(DISTINCT product_id) AS products
FROM order_lines ANTI JOIN restricted USING (customer_id) WHERE {_BOUGHT}
"""
_PRODUCTS = f"""
SELECT product_id, count(DISTINCT customer_id) AS buyers, arg_max(category, (ts, order_id, line_no)) AS category
FROM order_lines ANTI JOIN restricted USING (customer_id) WHERE {_BOUGHT}
GROUP BY product_id HAVING count(DISTINCT customer_id) >= {LEAST_BUYERS} ORDER BY buyers DESC, product_id
LIMIT {MOST_PRODUCTS}
"""
_PURCHASES = f"""
SELECT customer_id, code, CAST(epoch_us(ts) // 86400000000 AS INTEGER) AS day
FROM order_lines JOIN chosen USING (product_id) ANTI JOIN restricted USING (customer_id) WHERE {_BOUGHT}
GROUP BY ALL
"""
_OWN = f"""
SELECT customer_id, product_id, CAST(epoch_us(ts) // 86400000000 AS INTEGER) AS day, max(ts) AS last_at,
    arg_max(category, (ts, order_id, line_no)) AS category
FROM order_lines WHERE {_BOUGHT} GROUP BY ALL ORDER BY customer_id, day, product_id
"""
_SEEN = """
SELECT customer_id, name, category, topic, product_id, seconds, ts, properties
FROM events
WHERE ts < ? AND ts >= ? AND (category IS NOT NULL OR topic IS NOT NULL OR product_id IS NOT NULL OR name = ?)
ORDER BY customer_id, ts DESC, event_id
"""
_CATALOGUE = f"""
SELECT product_id, coalesce(arg_max(category, (ts, order_id, line_no)), '') AS category,
    coalesce(arg_max(department, (ts, order_id, line_no)), '') AS department,
    coalesce(arg_max(brand, (ts, order_id, line_no)), '') AS brand,
    median(CAST(amount + discount AS DOUBLE) / quantity) FILTER (amount + discount > 0) AS price
FROM order_lines WHERE {_BOUGHT} GROUP BY product_id
"""
GUIDE_ANSWERED = "Guide Answered"


def sizes(now: datetime) -> dict[str, int]:
    """How many customers, orders and products there are to learn from."""
    row = open_lake().query(_SIZES, bind=[now, now - WINDOW], restricted=_restricted()).to_pylist()[0]
    return {name: int(value) for name, value in row.items()}


def products(now: datetime) -> pa.Table:
    """The products to recommend (product_id, buyers, category), most bought first."""
    return open_lake().query(_PRODUCTS, bind=[now, now - WINDOW], restricted=_restricted())


def purchases(now: datetime, chosen: pa.Table) -> pa.Table:
    """Who bought which of the `chosen` products (product_id, code) on which day since 1970, each once."""
    return open_lake().query(_PURCHASES, bind=[now, now - WINDOW], chosen=chosen, restricted=_restricted())


def own(customer_ids: Sequence[int], now: datetime) -> pa.Table:
    """What these customers bought, each day once: customer_id, product_id, day, last_at, category."""
    return open_lake().query(_OWN, only_customers=customer_ids, bind=[now, now - WINDOW])


def seen(customer_ids: Sequence[int], now: datetime) -> pa.Table:
    """What these customers looked at, read about or told us in a guide, newest first."""
    return open_lake().query(_SEEN, only_customers=customer_ids, bind=[now, now - INTEREST_WINDOW, GUIDE_ANSWERED])


def sold(now: datetime) -> pa.Table:
    """Every product that was ever sold of late, as order lines describe it; `price` before discounts, the median."""
    return open_lake().query(_CATALOGUE, bind=[now, now - WINDOW])


def _restricted() -> pa.Table:
    """Who has the processing of his data restricted: nothing is learnt from him."""
    ids = Customer.everyone.filter(restricted_at__isnull=False).values_list("id", flat=True)
    return pa.table({"customer_id": pa.array(ids, pa.int64())})
