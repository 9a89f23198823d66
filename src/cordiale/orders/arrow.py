"""Lines between JSON, Arrow and statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
import pyarrow as pa

from cordiale.lake import fact_table
from cordiale.orders.rules.lines import Line
from cordiale.orders.rules.told import LineTold, OrderTold

COLUMNS = fact_table("order_lines").columns
_SAID = ("product_id", "quantity", "amount", "discount", "category", "department", "brand", "line_no")


def as_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """As kept with an order: plain values."""
    plain: list[dict[str, Any]] = msgspec.to_builtins(list(lines))
    return plain


def lake_rows(orders: Iterable[tuple[str, list[dict[str, Any]]]]) -> pa.Table:
    """The lake's rows of orders, each with its kept lines."""
    rows = [
        {"order_id": order_id} | _columns(line)
        for order_id, lines in orders
        for line in msgspec.convert(lines, list[Line], strict=False)
    ]
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def _columns(line: Line) -> dict[str, Any]:
    return {name: getattr(line, name) for name in Line.__dataclass_fields__} | {"source": line.source or None}


def statements(rows: pa.Table) -> Iterator[OrderTold]:
    """What the lake's rows state of their orders: exactly these lines, at the time of the last of them."""
    ordered = rows.sort_by([("order_id", "ascending"), ("line_no", "ascending")]).to_pylist()
    for order_id, group in groupby(ordered, key=lambda row: str(row["order_id"])):
        lines = list(group)
        yield OrderTold(
            order_id=order_id,
            customer_id=lines[0]["customer_id"],
            source=lines[0].get("source") or "",
            at=max(line["ts"] for line in lines),
            kind="stated",
            placed_at=lines[0]["ts"],
            store=lines[0].get("store"),
            channel=lines[0].get("channel"),
            lines=[LineTold(at=line["ts"], **{name: line.get(name) for name in _SAID}) for line in lines],
        )
