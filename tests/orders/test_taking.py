"""Statements on their way through PostgreSQL to the lake."""

from __future__ import annotations

import shutil
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale.clock import NaiveInstant
from cordiale.facts.actions import record
from cordiale.lake import Lake, RowsRefused
from cordiale.orders import actions, holding, queries
from cordiale.orders.actions import OrderRefused, OrderTold, Taken, take
from cordiale.orders.models import Order

from .cast import at, in_lake, line, told
from .test_folding import STATEMENTS

BOUGHT = told("completed", 0, line("a", "20", 2), line("b", "10"))
_LINES = [(1, "a", 2, "20.00"), (2, "b", 1, "10.00")]


def test_a_completed_order_s_lines_are_in_the_lake_once(lake: Lake, now: datetime) -> None:
    assert take([BOUGHT, BOUGHT], now) == Taken(1, 0, 0, 2)
    assert take([BOUGHT], now) == Taken(0, 0, 1, 0)
    assert in_lake() == _LINES
    assert lake.state().facts["order_lines"].superseded.path is None


def test_a_refund_that_comes_first_waits_for_its_order(lake: Lake, now: datetime) -> None:
    take([told("refunded", 5, line("b", None))], now)
    assert (in_lake(), queries.get_order("o1").status) == ([], "waiting")
    take([BOUGHT], now)
    assert in_lake() == [*_LINES, (3, "b", -1, "-10.00")]


def test_a_cancelled_order_leaves_the_lake(lake: Lake, now: datetime) -> None:
    take([BOUGHT], now)
    assert take([told("cancelled", 5)], now) == Taken(0, 1, 0, 0)
    assert in_lake() == []
    assert queries.get_order("o1").status == "cancelled"


def test_an_order_that_came_in_bulk_is_refunded_where_it_is(lake: Lake, now: datetime) -> None:
    columns = {"customer_id": 4, "ts": at(0), "order_id": "o1", "line_no": 1, "product_id": "p", "quantity": 2,
               "amount": Decimal("8.00"), "discount": Decimal("0.00"), "source": "till"}  # fmt: skip
    record("order_lines", pa.Table.from_pylist([columns]))
    take([told("refunded", 5, line("p", None), customer_id=9)], now)
    assert in_lake() == [(1, "p", 2, "8.00"), (2, "p", -1, "-4.00")]
    assert queries.get_order("o1").customer_id == 4
    rows = lake.order_lines_of(["o1"]).sort_by("line_no").to_pylist()
    assert [(row["customer_id"], row["source"], row["ts"]) for row in rows] == [(4, "till", at(0)), (4, "shop", at(5))]


def test_one_bad_statement_and_none_is_taken(lake: Lake, now: datetime) -> None:
    with pytest.raises(OrderRefused, match="in USD"):
        take([BOUGHT, told("completed", 0, line("a", "1"), order="o2", currency="USD")], now)
    with pytest.raises(RowsRefused, match="is twice in order"):
        take([told("stated", 0, line("a", "1", line_no=1), line("b", "1", line_no=1))], now)
    with pytest.raises(NaiveInstant):
        take([BOUGHT], datetime(2026, 1, 1))  # noqa: DTZ001
    assert (Order.objects.count(), in_lake()) == (0, [])


def test_the_lake_hears_nothing_of_what_was_rolled_back(lake: Lake, now: datetime) -> None:
    def take_and_fail() -> None:
        with transaction.atomic():
            take([BOUGHT], now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        take_and_fail()
    assert (Order.objects.count(), in_lake()) == (0, [])


def test_what_the_lake_missed_it_is_told_again(lake: Lake, now: datetime) -> None:
    take([BOUGHT], now)
    Order.objects.update(written=0)
    shutil.rmtree(lake.root)
    assert actions.write_due() == 1
    assert actions.write_due() == 0
    assert in_lake() == _LINES


def test_a_source_s_statements_are_withdrawn(lake: Lake, now: datetime) -> None:
    take([BOUGHT, told("updated", 2, line("c", "5"), source="import-7")], now)
    assert actions.withdraw_source("import-7", now) == 1
    assert in_lake() == _LINES
    assert actions.withdraw_source("shop", now) == 1
    assert in_lake() == []


def test_an_erased_person_s_orders_are_deleted_and_another_s_keep_nothing_of_his(lake: Lake, now: datetime) -> None:
    take([BOUGHT, told("completed", 0, line("a", "5"), order="o2", customer_id=2)], now)
    take([told("updated", 1, line("a", "6"), order="o2", customer_id=3), told("refunded", 1, order="o3")], now)
    exported = holding.export([1])
    assert [row["order_id"] for row in exported or ()] == ["o1"]
    with transaction.atomic():
        assert holding.erase([1, 2], now) == 3
        assert holding.erase([1, 2], now) == 0
    assert list(Order.objects.values_list("order_id", flat=True)) == ["o2"]
    assert [one["customer_id"] for one in Order.objects.get().told] == [3]


def test_orders_count_as_orders_do_in_the_traits(lake: Lake, now: datetime) -> None:
    take([BOUGHT, told("refunded", 1, line("a", None)), told("completed", 0, line("a", "0"), order="o2")], now)
    rows = lake.query("SELECT count(*) AS n FROM order_lines WHERE line_no = 1 AND amount >= 0")
    assert rows["n"].to_pylist() == [2]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.lists(STATEMENTS, min_size=1, max_size=5))
def test_in_whatever_batches_statements_arrive_the_lake_ends_the_same(
    lake: Lake, now: datetime, data: st.DataObject, statements: list[OrderTold]
) -> None:
    arrivals = data.draw(st.permutations(statements + data.draw(st.lists(st.sampled_from(statements), max_size=3))))
    Order.objects.all().delete()
    lake.replace_orders(["o1"], lake.order_lines_of([]))
    take(statements, now)
    expected = in_lake()
    Order.objects.all().delete()
    lake.replace_orders(["o1"], lake.order_lines_of([]))
    while arrivals:
        size = data.draw(st.integers(1, len(arrivals)))
        take(arrivals[:size], now)
        arrivals = arrivals[size:]
        if data.draw(st.booleans()):
            lake.fold("order_lines")
    assert in_lake() == expected
