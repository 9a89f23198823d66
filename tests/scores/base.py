"""A small base with a past to learn from: customers of three paces, some of whom leave."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from cordiale import home
from cordiale.customers.models import Customer
from cordiale.lake import open_lake
from cordiale.lake.tables import FACTS

CUSTOMERS, DAYS = 240, 420
GATE = "gate: {buyers: 60, history: 90, positives: 15}"
TEXTS = "title: {fr: Un, en: One}\n    description: {fr: Un., en: One.}\n    owner: analyst"
LAPSE = f"""
  lapse_risk:
    kind: lapse risk
    {TEXTS}
    horizon: 28
    among: [customer, occasional, active, ambassador]
    {GATE}
"""
VALUE = f"""
  customer_value:
    kind: expected value
    {TEXTS}
    horizon: 365
    judged_on: 56
    margin: 0.5
    discount: 0.1
    columns: {{orders: expected_orders_12m, value: expected_value_12m, active: p_active, next_order: next_order_at}}
    {GATE}
"""


def declare(*scores: str) -> None:
    """Write these scores as the company's own."""
    here = home.current().prepare()
    (here.company / "scores.yaml").write_text("scores:" + "".join(scores), encoding="utf-8")


def fill(now: datetime, customers: int = CUSTOMERS) -> None:
    """Customers known for long, and their orders of `DAYS` days."""
    known = now - timedelta(days=DAYS + 1)
    Customer.objects.bulk_create(
        Customer(pk=pk, reference=f"C{pk}", email=f"c{pk}@example.org", created_at=known, updated_at=known)
        for pk in range(1, customers + 1)
    )
    open_lake().append("order_lines", lines(now, customers))


def lines(now: datetime, customers: int = CUSTOMERS, seed: int = 7) -> pa.Table:
    """One line an order: a gap drawn around each one's pace, until the day he leaves."""
    random = np.random.default_rng(seed)
    rows = []
    for pk in range(1, customers + 1):
        pace = (5.0, 12.0, 30.0)[pk % 3]
        at = random.uniform(0, DAYS / 2)
        leaves = min(DAYS, at + random.exponential(300))
        while at < leaves:
            rows.append((pk, now - timedelta(days=DAYS - at), float(np.round(random.gamma(3, 10), 2)) + 1))
            at += random.exponential(pace)
    return order_table(rows)


def order_table(rows: list[tuple[int, datetime, float]]) -> pa.Table:
    """Orders of one line: customer, instant, amount."""
    columns = FACTS["order_lines"].columns
    usual = {"line_no": 1, "product_id": "p", "category": "wine", "department": "food", "brand": "b", "store": "s1",
             "channel": "store", "quantity": 1}  # fmt: skip
    told = [
        {
            **usual,
            "customer_id": pk,
            "ts": at,
            "order_id": f"o{pk}-{at.isoformat()}",
            "amount": f"{amount:.2f}",
            "discount": "0",
        }
        for pk, at, amount in rows
    ]
    table = pa.Table.from_pylist(told)
    schema = pa.schema([columns.field(name) for name in table.column_names])
    return pa.table([table[one.name].cast(one.type) for one in schema], schema=schema)
