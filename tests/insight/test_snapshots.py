"""One snapshot a local day: everybody known, scored, in exactly one stage."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pyarrow as pa
import pytest

from cordiale import home
from cordiale.customers.models import Customer
from cordiale.errors import NotFound
from cordiale.identity.models import Alias
from cordiale.insight import actions, definitions, queries
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lake import open_lake

from .conftest import BOTTLES, Shop

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 16)


def stage_of(customer: int, day: date | None = None) -> str:
    stage: str = queries.traits_of([customer], day)["lifecycle_stage"][0].as_py()
    return stage


def a_base_with_every_stage(shop: Shop) -> None:
    shop.customers(*range(1, 8))
    for customer, days in ((2, (5,)), (3, (400, 20)), (5, (300, 50)), (6, (400, 130))):
        for day in days:
            shop.order(customer, day)
    for day in (100, *range(1, 89, 12)):
        shop.order(4, day)
    for day in (100, *range(1, 89, 4)):
        shop.order(7, day, amount="500.00")


def test_every_stage_is_made_by_its_rule(shop: Shop) -> None:
    a_base_with_every_stage(shop)

    assert actions.ensure_snapshot(shop.now) == TODAY

    expected = ("prospect", "customer", "occasional", "active", "dormant", "lost", "ambassador")
    assert [stage_of(customer) for customer in range(1, 8)] == list(expected)
    assert queries.stages(TODAY) == dict.fromkeys(STAGES, 1)
    assert Snapshot.objects.get().customers == 7


def test_a_day_is_computed_once(shop: Shop) -> None:
    shop.customers(1)
    actions.ensure_snapshot(shop.now)
    shop.order(1, days_ago=-0.1)

    actions.ensure_snapshot(shop.now + timedelta(hours=5))

    assert stage_of(1) == "prospect"
    assert Snapshot.objects.get(day=TODAY).as_of == shop.now


def test_changed_rules_count_from_today_on(shop: Shop, fresh_home: home.Home) -> None:
    shop.customers(1)
    shop.order(1, days_ago=400)
    shop.order(1, days_ago=50)
    yesterday = actions.ensure_snapshot(shop.now - timedelta(days=1))
    actions.ensure_snapshot(shop.now)
    assert stage_of(1) == "dormant"

    path = fresh_home.company / "lifecycle.yaml"
    path.write_text(path.read_text().replace("dormant_days: 45", "dormant_days: 60"))
    actions.ensure_snapshot(shop.now + timedelta(hours=1))

    assert (stage_of(1), stage_of(1, yesterday)) == ("occasional", "dormant")
    assert queries.stages(TODAY)["occasional"] == 1


def test_wrong_rules_change_nothing(shop: Shop, fresh_home: home.Home) -> None:
    shop.customers(1)
    actions.ensure_snapshot(shop.now)
    (fresh_home.company / "traits.yaml").write_text("traits: []")

    with pytest.raises(definitions.Located):
        actions.ensure_snapshot(shop.now + timedelta(days=1))

    assert list(open_lake().days()) == [TODAY]


def test_a_snapshot_lost_from_the_lake_is_computed_again(shop: Shop, fresh_home: home.Home) -> None:
    shop.customers(1)
    Snapshot.objects.create(day=TODAY, as_of=shop.now, customers=9, seconds=1,
                            definition=definitions.current().fingerprint)  # fmt: skip

    actions.ensure_snapshot(shop.now)

    assert Snapshot.objects.get().customers == 1


def test_what_a_killed_computation_left_is_swept_after_a_day(shop: Shop, fresh_home: home.Home) -> None:
    old, fresh = fresh_home.run / "traits-old", fresh_home.run / "traits-fresh"
    old.mkdir()
    fresh.mkdir()
    os.utime(old, (0, 0))

    actions.ensure_snapshot(shop.now)

    assert [old.exists(), fresh.exists()] == [False, True]


def test_an_empty_base_has_a_snapshot_of_nobody(shop: Shop) -> None:
    assert actions.ensure_snapshot(shop.now) == TODAY

    assert queries.stages() == dict.fromkeys(STAGES, 0)
    assert queries.traits_of([1]).num_rows == 0


def test_before_any_snapshot_stages_say_what_to_do(shop: Shop) -> None:
    assert queries.find_snapshot() is None
    with pytest.raises(NotFound, match="cordiale traits compute"):
        queries.stages()


def test_only_whom_we_knew_or_who_had_a_history_is_in_a_past_snapshot(shop: Shop) -> None:
    shop.customers(1)
    shop.customers(2, 3, 4, known_for=timedelta(days=3))
    shop.order(2, days_ago=9)
    shop.order(3, days_ago=4)

    day = actions.snapshot_at(shop.now - timedelta(days=5))

    assert sorted(open_lake().query("SELECT customer_id FROM traits", day)["customer_id"].to_pylist()) == [1, 2]


def test_what_a_past_instant_holds_is_told_without_being_kept(shop: Shop) -> None:
    shop.customers(1, 2)
    shop.order(1, days_ago=50)
    shop.order(1, days_ago=2)

    past = pa.concat_tables(actions.compute_at(shop.now - timedelta(days=10), [1]))
    everyone = pa.concat_tables(actions.compute_at(shop.now - timedelta(days=10)))

    assert past.select(["customer_id", "recency_days", "lifecycle_stage"]).to_pylist() == [
        {"customer_id": 1, "recency_days": 40, "lifecycle_stage": "customer"}
    ]
    assert (everyone.num_rows, open_lake().days(), Snapshot.objects.count()) == (2, (), 0)


def test_a_merged_customer_counts_once_with_all_his_facts(shop: Shop) -> None:
    shop.customers(1, 2)
    shop.order(1, days_ago=3)
    shop.order(2, days_ago=2)
    Customer.objects.filter(pk=2).update(merged_into=1)
    Alias.objects.create(alias_id=2, customer_id=1, created_at=shop.now)
    open_lake().publish_aliases(pa.table({"alias_id": [2], "customer_id": [1]}))

    actions.ensure_snapshot(shop.now)

    rows = open_lake().query("SELECT customer_id, orders_total FROM traits").to_pylist()
    assert rows == [{"customer_id": 1, "orders_total": 2}]


def test_the_end_of_a_day_belongs_to_that_day(shop: Shop) -> None:
    shop.customers(1)
    midnight = shop.now.replace(hour=23, minute=0)  # 17 November, 00:00 in Paris

    assert actions.snapshot_at(midnight) == TODAY
    assert actions.ensure_snapshot(midnight) == TODAY + timedelta(days=1)


def test_flows_count_where_people_went(shop: Shop) -> None:
    shop.customers(1, 2)
    shop.customers(3, known_for=timedelta(days=3))
    shop.order(1, days_ago=44)
    shop.order(1, days_ago=300)
    shop.order(3, days_ago=1)
    start = actions.snapshot_at(shop.now - timedelta(days=10))
    end = actions.ensure_snapshot(shop.now)

    flows = {(flow.origin, flow.target): flow.customers for flow in queries.flows(start, end)}

    assert flows == {("occasional", "occasional"): 1, ("prospect", "prospect"): 1, (None, "customer"): 1}
    with pytest.raises(NotFound):
        queries.flows(start, end + timedelta(days=1))


def test_a_months_end_is_its_last_snapshot(shop: Shop) -> None:
    for days in (40, 17, 16, 2, 0):
        actions.snapshot_at(shop.now - timedelta(days=days))

    assert [str(snapshot.day) for snapshot in queries.month_ends()] == ["2026-10-31", "2026-11-16"]


def test_who_never_ordered_has_no_rfm_score(shop: Shop) -> None:
    shop.customers(1, 2, 3)
    shop.order(2, days_ago=700)
    shop.order(3, days_ago=1)
    actions.ensure_snapshot(shop.now)

    rows = queries.traits_of([1, 2, 3]).select(["rfm", "rfm_frequency"]).to_pylist()

    assert rows == [{"rfm": None, "rfm_frequency": None}, {"rfm": "222", "rfm_frequency": 2},
                    {"rfm": "444", "rfm_frequency": 4}]  # fmt: skip


def test_a_trait_added_later_is_unknown_on_earlier_days(shop: Shop, fresh_home: home.Home) -> None:
    shop.customers(1)
    yesterday = actions.ensure_snapshot(shop.now - timedelta(days=1))
    (fresh_home.company / "traits.yaml").write_text(f"traits:\n{BOTTLES}")
    actions.ensure_snapshot(shop.now)

    assert queries.traits_of([1])["bottles_30d"].to_pylist() == [0]
    history = open_lake().query("SELECT bottles_30d FROM traits_history WHERE day = ?", bind=[yesterday])
    assert history["bottles_30d"].to_pylist() == [None]
