"""Order lines; an order is replaced as a whole by what its file says of it."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from cordiale.imports import before
from cordiale.imports.people import Numbers
from cordiale.imports.writing.facts import column, in_file_order
from cordiale.imports.writing.known import known_people
from cordiale.imports.writing.tasks import Outcome, Part, Seen, Task
from cordiale.lake import open_lake
from cordiale.orders.actions import take_table

_NOTHING = pa.scalar(Decimal("0.00"), pa.decimal128(12, 2))
_TEXTS = ("product_id", "category", "department", "brand", "store", "channel")


def look(task: Task, part: Part, seen: Seen) -> Outcome:
    """What writing these rows would do."""
    known, _numbers, strangers = known_people(task, part)
    orders = column(known, "order_id", pa.string()).unique()
    there = len(open_lake().known_orders(orders)) if len(orders) else 0
    return Outcome({"lines": known.table.num_rows, "new": len(orders) - there, "known": there}, strangers)


def write(task: Task, part: Part) -> Outcome:
    """Take the orders: an order we know has exactly these lines from now on."""
    known, numbers, strangers = known_people(task, part)
    if not known.table.num_rows:
        return Outcome({}, strangers)
    lines = _lines(known, numbers)
    before.keep(task.number, part.number, open_lake().order_lines_of(lines["order_id"].combine_chunks().unique()))
    taken = take_table(lines, source=task.source, now=task.now)
    counts = {"new": taken.orders_new, "changed": taken.orders_changed, "same": taken.orders_same}
    return Outcome({"lines": known.table.num_rows, **counts}, strangers)


def _lines(part: Part, numbers: Numbers) -> pa.Table:
    discount = column(part, "discount", pa.decimal128(12, 2))
    quantity = column(part, "quantity", pa.int32())
    return pa.table({
        "customer_id": pa.array(numbers, pa.int64()),
        "ts": column(part, "at", pa.timestamp("us", tz="UTC")),
        "order_id": column(part, "order_id", pa.string()),
        "line_no": in_file_order(part, column(part, "line_no", pa.int32())),
        **{name: column(part, name, pa.string()) for name in _TEXTS},
        "quantity": quantity.fill_null(1),
        "amount": column(part, "amount", pa.decimal128(12, 2)),
        "discount": discount.fill_null(_NOTHING),
    })  # fmt: skip
