"""A dry run is the real thing on fewer customers; a past day computed later is what it was."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from cordiale import clock
from cordiale.errors import CordialeError, Located, NotFound
from cordiale.insight import actions, queries
from cordiale.insight.models import Snapshot, TraitVersion
from cordiale.lake import open_lake

from .conftest import BOTTLES, Shop, written
from .test_traits import random_facts, write

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 16)


def a_base(shop: Shop) -> None:
    shop.customers(*range(1, 41))
    write(shop, random_facts(3, shop.now, customers=40))


@pytest.mark.parametrize(
    ("text", "name"),
    [(written(), "bottles_30d"), (written("last", type="text", where="", value="latest(store)"), "last"),
     (written("basket", "derived", type="money", value="average(spend_90d, orders_90d)"), "basket")],
)  # fmt: skip
def test_a_dry_run_says_what_the_snapshot_will_say_and_keeps_nothing(shop: Shop, text: str, name: str) -> None:
    a_base(shop)
    [trial] = actions.try_out(text, shop.now)
    assert not TraitVersion.objects.exists()

    actions.declare(text, actor="cli", now=shop.now)
    actions.ensure_snapshot(shop.now)

    assert trial.is_whole
    assert trial.distribution == queries.distribution(name)
    real = {row["customer_id"]: row[name] for row in queries.traits_of(range(1, 41)).to_pylist()}
    assert trial.sample
    assert {number: real[number] for number, _ in trial.sample} == dict(trial.sample)


def test_a_dry_run_that_takes_too_long_tells_how_long_everybody_would_take(shop: Shop) -> None:
    a_base(shop)
    lake = open_lake()
    lake._rows_a_bucket = 20
    lake.fold("order_lines")

    [trial] = actions.try_out(written(), shop.now, seconds=0)

    assert not trial.is_whole
    assert 0 < trial.computed < trial.customers == 40
    assert trial.estimated_seconds == pytest.approx(trial.seconds * 40 / trial.computed)


def test_a_dry_run_of_several_traits_may_derive_one_from_another(shop: Shop) -> None:
    a_base(shop)
    cases = written("cases_30d", "derived", value="bottles_30d * 6")

    first, second = actions.try_out(written() + cases, shop.now)

    assert second.distribution.quantiles == tuple(6 * value for value in first.distribution.quantiles)


def test_a_dry_run_of_a_faulty_text_is_refused_at_its_place(shop: Shop) -> None:
    with pytest.raises(Located, match=r"wine\.yaml:7:14"):
        actions.try_out(written(value="sum(quantty)"), shop.now, source="wine.yaml")


def test_a_past_day_computed_later_is_what_it_was(shop: Shop) -> None:
    a_base(shop)
    day = actions.ensure_snapshot(shop.now)
    then = queries.traits_of(range(1, 41))
    later = random_facts(9, shop.now + timedelta(days=900), customers=40)
    write(shop, {name: [row for row in rows if row["ts"] >= shop.now] for name, rows in later.items()})

    actions.compute_day(day, shop.now + timedelta(days=40), again=True)

    assert queries.traits_of(range(1, 41), day).equals(then)
    past = pa.concat_tables(actions.compute_at(shop.now)).sort_by("customer_id")
    assert past.equals(then.select(past.column_names))


def test_a_past_day_counts_all_its_facts_and_no_later_one(shop: Shop) -> None:
    shop.customers(1)
    end = clock.start_of_day(date(2026, 3, 2), "Europe/Paris")
    shop.order(1, ts=end - timedelta(microseconds=1), amount="1.00")
    shop.order(1, ts=end, amount="2.00")

    day = actions.compute_day(date(2026, 3, 1), shop.now)

    assert queries.traits_of([1], day)["spend_total"].to_pylist() == [Decimal("1.00")]
    assert Snapshot.objects.get(day=day).as_of == end


def test_a_day_that_is_kept_stays_as_it_was_told_unless_asked_again(shop: Shop) -> None:
    shop.customers(1)
    day = actions.compute_day(date(2026, 3, 1), shop.now)
    shop.order(1, ts=Snapshot.objects.get().as_of - timedelta(days=1))

    actions.compute_day(day, shop.now)
    assert queries.traits_of([1], day)["orders_total"].to_pylist() == [0]

    actions.compute_day(day, shop.now, again=True)
    assert queries.traits_of([1], day)["orders_total"].to_pylist() == [1]


def test_a_day_to_come_is_refused(shop: Shop) -> None:
    with pytest.raises(CordialeError, match="still to come"):
        actions.compute_day(TODAY + timedelta(days=1), shop.now)


def test_any_past_day_is_asked_of_the_nearest_kept(shop: Shop) -> None:
    shop.customers(1)
    with pytest.raises(NotFound, match="cordiale traits compute"):
        queries.traits_on(TODAY)
    for days in (40, 20, 0):
        actions.snapshot_at(shop.now - timedelta(days=days))

    asked = [TODAY - timedelta(days=days) for days in (60, 40, 30, 20, 0, -5)]

    found = [(TODAY - queries.traits_on(day).day).days for day in asked]
    assert found == [40, 40, 40, 20, 0, 0]


def test_a_trend_tells_mean_median_and_share_known_by_day(shop: Shop) -> None:
    shop.customers(1, 2, 3)
    for customer, amount in ((1, "10.00"), (2, "50.00"), (2, "20.00")):
        shop.order(customer, days_ago=10, amount=amount)
    for days in (20, 5, 0):
        actions.snapshot_at(shop.now - timedelta(days=days))

    spend = [(one.known, one.mean, one.median) for one in queries.trend("spend_total")]
    basket = [(one.share_known, one.median) for one in queries.trend("average_basket", points=2)]

    assert spend == [(3, 0.0, 0.0), (3, pytest.approx(80 / 3), 10.0), (3, pytest.approx(80 / 3), 10.0)]
    assert basket == [(0.0, None), (pytest.approx(2 / 3), 10.0)]


def test_a_customers_history_is_bounded_and_of_the_columns_asked_for(shop: Shop) -> None:
    shop.customers(1, 2)
    shop.order(1, days_ago=10)
    for days in (20, 5, 0):
        actions.snapshot_at(shop.now - timedelta(days=days))

    rows = queries.history(1, ["orders_total", "lifecycle_stage"], days=2).to_pylist()

    assert [(str(row["day"]), row["orders_total"], row["lifecycle_stage"]) for row in rows] == [
        ("2026-11-11", 1, "customer"), ("2026-11-16", 1, "customer"),
    ]  # fmt: skip
    with pytest.raises(NotFound, match="there is no trait 'wealthh'"):
        queries.history(1, ["wealthh"])


def test_a_history_asks_a_trait_declared_since_for_no_more_than_there_is(shop: Shop) -> None:
    shop.customers(1)
    actions.snapshot_at(shop.now - timedelta(days=1))
    actions.declare(f"traits:\n{BOTTLES}", actor="cli", now=shop.now)

    assert queries.history(1, ["bottles_30d"]).column_names == ["day"]
    assert queries.trend("bottles_30d") == []
