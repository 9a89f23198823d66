"""Cohorts, intervals and baskets, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale import home
from cordiale.insight import actions
from cordiale.insight import queries as insight
from cordiale.lake import dialect
from cordiale.lifecycle import statements
from cordiale.lifecycle.models import Kept
from cordiale.lifecycle.queries import buying
from cordiale.lifecycle.rules import buying as rules

from .conftest import Shop, keep

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)


def told(shop: Shop, kind: str) -> Kept:
    return buying.count(kind, insight.get_snapshot())


def seasons(shop: Shop) -> None:
    """1 and 2 first ordered in August, 3 in September; 1 came back in September and October, 3 returned what he bought.

    2's first order is of 1 August in Paris, still 31 July in UTC.
    """
    shop.customers(1, 2, 3)
    for customer, at, amount in (
        (1, "2026-08-10", "10"), (1, "2026-09-05", "20"), (1, "2026-09-06", "5"), (1, "2026-10-31", "30"),
        (2, "2026-07-31T22:30", "40"), (3, "2026-09-20", "8"), (3, "2026-09-25", "-8"), (1, "2026-11-02", "99"),
    ):  # fmt: skip
        shop.order(customer, ts=datetime.fromisoformat(at).replace(tzinfo=UTC), amount=amount)
    keep(date(2026, 11, 16), {1: "active", 2: "lost", 3: "lost"})


@pytest.mark.django_db
def test_cohorts_are_counted_as_by_hand(shop: Shop) -> None:
    seasons(shop)

    found = buying.retention(told(shop, "cohorts-month"))

    assert found.starts == (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
    assert found.end == date(2026, 10, 31)
    august, september = found.cohorts
    assert (august.customers, august.shares, august.spend) == (2, (1.0, 0.5, 0.5), (25.0, 37.5, 52.5))
    assert (september.customers, september.shares, september.spend) == (1, (1.0, 0.0), (0.0, 0.0))
    assert rules.mean_shares(found.cohorts) == pytest.approx([1, 1 / 3, 0.5])


@pytest.mark.django_db
def test_quarters_leave_out_the_one_that_is_not_over(shop: Shop) -> None:
    seasons(shop)

    found = buying.retention(told(shop, "cohorts-quarter"))

    assert found.starts == (date(2026, 7, 1),)
    assert [one.customers for one in found.cohorts] == [3]


@pytest.mark.django_db
def test_intervals_count_whole_days_between_orders_and_who_is_overdue(shop: Shop, fresh_home: home.Home) -> None:
    shop.customers(1, 2)
    for days in (100, 90, 80, 20):
        shop.order(1, days_ago=days)
    shop.order(2, days_ago=3)
    shop.order(2, days_ago=2.5, amount="-4")
    actions.ensure_snapshot(shop.now)

    kept = told(shop, buying.INTERVALS)
    found = buying.intervals(kept)

    assert found.days == {10: 2, 60: 1}
    assert (found.customers, found.known, found.late, found.very_late) == (2, 1, 0, 0)
    assert buying.intervals(kept, "prospect").days == {}


@pytest.mark.django_db
def test_baskets_are_counted_by_worth_lines_and_categories(shop: Shop) -> None:
    shop.customers(1)
    lines = [("a", 1, "wine", "4.50"), ("a", 2, "cheese", "3.00"), ("b", 1, "wine", "9.90"), ("c", 1, "bread", "2"),
             ("d", 1, "wine", "-9.90"), ("e", 1, "wine", "1"), ("e", 2, "cheese", "1"), ("e", 3, "wine", "2"),
             ]  # fmt: skip
    shop.lines([
        {"customer_id": 1, "ts": shop.now - timedelta(days=5), "order_id": order, "line_no": line, "category": category,
         "amount": amount} for order, line, category, amount in lines
    ])  # fmt: skip
    shop.order(1, days_ago=400, amount="500")
    keep(date(2026, 11, 16), {1: "active"})

    found = buying.baskets(told(shop, buying.BASKETS))

    assert (found.orders, found.spend) == (4, pytest.approx(23.4))
    assert found.values == {7: 1, 9: 1, 2: 1, 4: 1}
    assert found.lines == {1: 2, 2: 1, 3: 1}
    assert found.categories == (("wine", 3, pytest.approx(17.4)), ("cheese", 2, 4.0), ("bread", 1, 2.0))
    assert found.pairs == (rules.Pair(one="cheese", other="wine", orders=2, support=0.5, lift=pytest.approx(4 / 3)),)


@pytest.mark.django_db
def test_counts_are_kept_for_their_snapshot_and_counted_anew_for_another(shop: Shop) -> None:
    seasons(shop)
    first = buying.at_once(buying.BASKETS, insight.get_snapshot())
    assert buying.at_once(buying.BASKETS, insight.get_snapshot()) == first

    keep(date(2026, 11, 17), {1: "active"})

    second = buying.at_once(buying.BASKETS, insight.get_snapshot())
    assert second is not None
    assert second.day == date(2026, 11, 17)


@pytest.mark.parametrize(
    "sql",
    [
        statements.cohorts([AT - timedelta(days=days) for days in (60, 30, 0)]),
        statements.intervals(AT), statements.overdue(), statements.baskets(AT), statements.categories(AT),
    ],
)  # fmt: skip
def test_the_statements_keep_to_what_both_engines_read(sql: str) -> None:
    dialect.require_portable(sql)


@pytest.mark.parametrize(
    ("first", "today", "expected"),
    [
        (date(2026, 8, 10), date(2026, 8, 30), []),
        (date(2026, 8, 10), date(2026, 9, 1), [date(2026, 8, 1), date(2026, 9, 1)]),
        (date(2025, 12, 31), date(2026, 2, 3), [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]),
    ],
)
def test_only_complete_months_make_a_cohort(first: date, today: date, expected: list[date]) -> None:
    assert buying.bounds(first, today, buying.MONTH) == expected


def test_at_most_two_years_are_looked_back_on() -> None:
    assert len(buying.bounds(date(2001, 1, 1), date(2026, 11, 16), buying.MONTH)) == 25


@given(st.dictionaries(st.integers(0, 9_999), st.integers(1, 1000), min_size=1, max_size=200))
def test_a_histogram_loses_nobody_and_its_bins_do_not_overlap(counts: dict[int, int]) -> None:
    bins = rules.histogram(counts)

    assert sum(one.many for one in bins) == sum(counts.values())
    assert all(one.high is not None and one.high < other.low for one, other in pairwise(bins))
    assert len(bins) <= 43


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_quantiles_are_values_that_so_many_do_not_exceed(values: list[int]) -> None:
    counts = {value: values.count(value) for value in values}

    for share, found in zip(rules.QUANTILES, rules.quantiles(counts), strict=True):
        assert sum(value <= found for value in values) >= share * len(values)
        assert sum(value < found for value in values) < share * len(values)
