"""Orders by the table: what is new, what changed, what stays."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from cordiale.lake import Lake, RowsRefused
from cordiale.orders.actions import Taken, take, take_table
from cordiale.orders.models import Order

from .cast import at, in_lake, line, told


def _table(*rows: tuple[str, int, str, str], **columns: list[object]) -> pa.Table:
    """Lines of (order, customer, product, amount)."""
    orders, customers, products, amounts = ([row[place] for row in rows] for place in range(4))
    return pa.table({
        "customer_id": pa.array(customers, pa.int64()), "ts": pa.array([at(0)] * len(rows), pa.timestamp("us", "UTC")),
        "order_id": pa.array(orders, pa.string()), "product_id": pa.array(products, pa.string()),
        "quantity": pa.array([1] * len(rows), pa.int32()), "discount": [Decimal("0.00")] * len(rows),
        "amount": pa.array([Decimal(amount) for amount in amounts], pa.decimal128(12, 2)), **columns,
    })  # fmt: skip


_FIRST = (("o1", 1, "a", "5"), ("o2", 2, "a", "6"), ("o1", 1, "b", "7"))


def test_a_table_is_taken_once_and_its_lines_numbered_in_their_order(lake: Lake, now: datetime) -> None:
    assert take_table(_table(*_FIRST), source="till", now=now) == Taken(2, 0, 0, 3)
    assert in_lake() == [(1, "a", 1, "5.00"), (2, "b", 1, "7.00")]
    assert take_table(_table(*_FIRST), source="again", now=now) == Taken(0, 0, 2, 0)
    assert set(lake.query("SELECT source FROM order_lines")["source"].to_pylist()) == {"till"}


def test_a_changed_order_is_replaced_or_kept(lake: Lake, now: datetime) -> None:
    take_table(_table(*_FIRST), source="till", now=now)
    second = _table(("o1", 1, "c", "9"), ("o2", 2, "a", "6"), ("o3", 3, "a", "1"))
    assert take_table(second, source="more", now=now, on_known="keep") == Taken(1, 0, 2, 1)
    assert in_lake() == [(1, "a", 1, "5.00"), (2, "b", 1, "7.00")]
    assert take_table(second, source="more", now=now) == Taken(0, 1, 2, 1)
    assert in_lake() == [(1, "c", 1, "9.00")]
    assert lake.remove("order_lines", "source", ["more"]) == 2


def test_an_order_told_of_bit_by_bit_hears_the_table_too(lake: Lake, now: datetime) -> None:
    take([told("completed", 0, line("z", "3")), told("refunded", 1, line("z", None))], now)
    assert take_table(_table(*_FIRST), source="till", now=now, on_known="keep") == Taken(1, 0, 1, 1)
    assert take_table(_table(*_FIRST), source="till", now=now) == Taken(0, 1, 1, 2)
    assert in_lake() == [(1, "a", 1, "5.00"), (2, "b", 1, "7.00")]
    assert take_table(_table(*_FIRST), source="till", now=now) == Taken(0, 0, 2, 0)
    assert [one["kind"] for one in Order.objects.get().told] == ["completed", "refunded", "stated"]


def test_a_bad_row_is_named_and_nothing_is_taken(lake: Lake, now: datetime) -> None:
    with pytest.raises(RowsRefused, match=r"order_lines\.product_id, row 1: '' is blank"):
        take_table(_table(("o1", 1, "a", "5"), ("o2", 1, "", "5")), source="till", now=now)
    with pytest.raises(RowsRefused, match="which has 0 lines numbered 1"):
        take_table(_table(("o1", 1, "a", "5"), line_no=pa.array([2], pa.int32())), source="till", now=now)
    assert lake.query("FROM order_lines").num_rows == 0


def test_an_empty_table_changes_nothing(lake: Lake, now: datetime) -> None:
    assert take_table(_table(), source="till", now=now) == Taken()
