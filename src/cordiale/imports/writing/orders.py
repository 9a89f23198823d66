"""Order lines; an order is replaced as a whole by what its file says of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cordiale.imports.people import Numbers
from cordiale.imports.writing.facts import column, in_file_order
from cordiale.imports.writing.known import known_people
from cordiale.imports.writing.tasks import Outcome, Part, Seen, Task
from cordiale.lake import open_lake

_TEXTS = ("product_id", "category", "department", "brand", "store", "channel")


def look(task: Task, part: Part, seen: Seen) -> Outcome:
    """What writing these rows would do."""
    known, _numbers, strangers = known_people(task, part)
    orders = column(known, "order_id", pa.string()).unique()
    there = len(open_lake().known_orders(orders)) if len(orders) else 0
    return Outcome({"lines": known.table.num_rows, "new": len(orders) - there, "changed": there}, strangers)


def write(task: Task, part: Part) -> Outcome:
    """Take the orders."""
    outcome = look(task, part, Seen())
    known, numbers, _strangers = known_people(task, part)
    if known.table.num_rows:
        from cordiale.orders.actions import take_table  # noqa: PLC0415

        take_table(_lines(known, numbers), source=task.source, now=task.now)
    return outcome


def _lines(part: Part, numbers: Numbers) -> pa.Table:
    zero = pa.array(np.zeros(part.table.num_rows), pa.int64())
    discount = column(part, "discount", pa.decimal128(12, 2))
    quantity = column(part, "quantity", pa.int32())
    return pa.table({
        "customer_id": pa.array(np.asarray(numbers), pa.int64()),
        "ts": column(part, "at", pa.timestamp("us", tz="UTC")),
        "order_id": column(part, "order_id", pa.string()),
        "line_no": in_file_order(part, column(part, "line_no", pa.int32())),
        **{name: column(part, name, pa.string()) for name in _TEXTS},
        "quantity": quantity.fill_null(1),
        "amount": column(part, "amount", pa.decimal128(12, 2)),
        "discount": discount.fill_null(zero[0].cast(pa.decimal128(12, 2))) if len(discount) else discount,
    })  # fmt: skip
