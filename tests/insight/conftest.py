"""A small shop: customers in PostgreSQL, facts in a lake of its own."""

from __future__ import annotations

import textwrap
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from cordiale import home
from cordiale.customers.models import Customer
from cordiale.lake import open_lake
from cordiale.lake.tables import FACTS

LONG_AGO = timedelta(days=4000)
BOTTLES = """\
  bottles_30d:
    type: integer
    owner: Cellar team
    from: order_lines
    window: 30
    where: category = 'wine'
    value: sum(quantity)
    title: {fr: Bouteilles, en: Bottles}
    description: {fr: Vin., en: Wine.}
"""
"""A trait of the company's own, as it stands under `traits:`."""


def written(name: str = "bottles_30d", source: str = "order_lines", **changed: Any) -> str:
    """The same trait as it is written on the page; `window=60` says something else, `owner=""` leaves it out."""
    text = textwrap.dedent(BOTTLES).replace("bottles_30d", name).replace("order_lines", source)
    lines = text.splitlines()
    if source == "derived":
        lines = [line for line in lines if not line.startswith(("  window", "  where"))]
    for key, value in changed.items():
        lines = [
            f"  {key}: {value}" if line.startswith(f"  {key}:") else line
            for line in lines
            if value != "" or not line.startswith(f"  {key}:")
        ]
    return "\n".join(lines) + "\n"


class Shop:
    """Writes customers and facts; instants are given as days before `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.orders = 0

    def customers(self, *ids: int, known_for: timedelta = LONG_AGO) -> None:
        created = self.now - known_for
        Customer.objects.bulk_create(
            Customer(pk=pk, reference=f"C{pk}", created_at=created, updated_at=created) for pk in ids
        )

    def order(self, customer: int, days_ago: float = 1, amount: str = "10.00", **line: Any) -> None:
        """One order of one line."""
        self.orders += 1
        ts = line.pop("ts", self.now - timedelta(days=days_ago))
        self.lines([{"customer_id": customer, "ts": ts, "order_id": f"o{self.orders}", "amount": amount, **line}])

    def lines(self, rows: list[dict[str, Any]]) -> None:
        usual = {"line_no": 1, "product_id": "p", "category": "wine", "department": "food", "brand": "b", "store": "s1",
                 "channel": "store", "quantity": 1, "discount": "0"}  # fmt: skip
        table = pa.Table.from_pylist([{**usual, **row} for row in rows])
        money = [pa.field(name, pa.decimal128(12, 2)) for name in ("amount", "discount")]
        for field in money:
            place = table.column_names.index(field.name)
            table = table.set_column(place, field, table[field.name].cast(pa.string()).cast(field.type))
        open_lake().append("order_lines", table.cast(_ordered(table, "order_lines")))

    def write(self, name: str, rows: list[dict[str, Any]]) -> None:
        open_lake().append(name, pa.Table.from_pylist(rows, schema=FACTS[name].columns))


def _ordered(table: pa.Table, name: str) -> pa.Schema:
    columns = FACTS[name].columns
    return pa.schema([columns.field(column) for column in table.column_names])


@pytest.fixture
def shop(db: None, fresh_home: home.Home, now: datetime) -> Shop:
    return Shop(now)
