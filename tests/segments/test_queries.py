"""Counting, holding over candidates, and what PostgreSQL knows of customers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from cordiale.consent.models import Consent
from cordiale.consent.purposes import purposes
from cordiale.customers.models import Customer
from cordiale.errors import NotFound
from cordiale.segments import actions, queries
from cordiale.segments.queries import given, listing, people
from cordiale.segments.rules import BadExpression
from tests.segments.conftest import NOW

MARKS = [("granted", "offers", "email")]


def candidates(*rows: tuple[int, int, datetime]) -> pa.Table:
    numbers, customers, entries = zip(*rows, strict=True)
    return pa.table({
        "candidate_id": pa.array(numbers, pa.int64()), "customer_id": pa.array(customers, pa.int64()),
        "entry": pa.array(entries, pa.timestamp("us", tz="UTC")),
    })  # fmt: skip


def test_a_count_is_out_of_everyone_in_the_snapshot(snapshot: dict[str, int]) -> None:
    found = queries.count("has_email", NOW)
    assert (found.matching, found.of, found.share) == (3, 5, 0.6)


def test_without_any_snapshot_counting_says_what_to_do(company: dict[str, int]) -> None:
    with pytest.raises(NotFound, match="traits compute"):
        queries.count("true", NOW)


def test_entry_is_each_candidates_own(snapshot: dict[str, int]) -> None:
    day = timedelta(days=1)
    who = candidates((11, 1, NOW - 10 * day), (12, 1, NOW - 3 * day), (13, 1, NOW - 60 * day), (14, 2, NOW - 200 * day))
    assert queries.holding("orders(since => entry) > 0", who, NOW) == {11, 13, 14}
    assert queries.holding("orders(since => entry - '2 days') >= 1 and city = 'Lyon'", who, NOW) == {11, 12, 13}
    assert queries.holding("last_order_at > entry and consent('offers', 'sms')", who, NOW) == {11, 13}


def test_a_candidate_without_traits_has_unknown_ones(snapshot: dict[str, int]) -> None:
    Customer.objects.create(id=77, reference="new", language="fr", created_at=NOW, updated_at=NOW)
    who = candidates((1, 77, NOW))
    assert queries.holding("language = 'fr' and orders() = 0 and orders_total is null", who, NOW) == {1}
    assert queries.holding("true", who.slice(0, 0), NOW) == set()


def test_holding_follows_segments_that_a_condition_names(snapshot: dict[str, int]) -> None:
    actions.save_segment("lyon", "city ilike 'lyon'", actor="test", now=NOW)
    who = candidates(*((number, number, NOW) for number in range(1, 6)))
    assert queries.holding("not in_segment('lyon')", who, NOW) == {2, 3, 4}


def test_entry_means_nothing_outside_a_scenario(snapshot: dict[str, int]) -> None:
    with pytest.raises(BadExpression, match="inside a scenario"):
        queries.count("orders(since => entry) > 0", NOW)


def test_members_come_page_by_page(snapshot: dict[str, int]) -> None:
    first, second = (queries.members_of("true", NOW, limit=3, offset=offset) for offset in (0, 3))
    assert (first.customer_ids, second.customer_ids, first.total) == ([1, 2, 3], [4, 5], 5)


@pytest.mark.django_db(transaction=True)
def test_a_changed_profile_is_read_anew_even_at_the_same_instant(company: dict[str, int]) -> None:
    def cities() -> dict[int, str | None]:
        table = people.profiles(("city",), (), NOW.date())
        return dict(zip(*(table.column(name).to_pylist() for name in ("customer_id", "city")), strict=True))

    assert cities()[1] == "Lyon"
    Customer.objects.filter(id=1).update(city='Nîmes,\n"the old"')
    assert cities()[1] == 'Nîmes,\n"the old"'
    Customer.objects.filter(id=5).delete()
    assert 5 not in cities()


@pytest.mark.django_db(transaction=True)
def test_an_unchanged_base_is_read_once(company: dict[str, int]) -> None:
    first = people._all(("city",), NOW.date())
    assert people._all(("city",), NOW.date()) is first
    wider = people._all(("city", "age"), NOW.date())
    assert people._all(("city",), NOW.date()) is wider
    assert people._all(("age",), NOW.date() + timedelta(days=1)) is not wider


@pytest.mark.django_db(transaction=True)
def test_consent_is_never_served_from_a_cache(company: dict[str, int]) -> None:
    def granted(only: list[int] | None = None) -> list[int]:
        return sorted(given.marks(MARKS, only)["mark_0"].column("customer_id").to_pylist())

    assert granted() == [1, 4]
    Consent.objects.filter(customer_id=1, channel="email").update(state="withdrawn")
    assert granted() == [4]
    assert granted([1, 2]) == []


def test_reach_and_moves_count_members(snapshot: dict[str, int]) -> None:
    segment = actions.save_segment("mailable", "has_email", actor="test", now=NOW)
    actions.refresh(NOW)
    actions.save_segment("mailable", "has_email and city is not null", actor="test", now=NOW)
    actions.refresh(NOW + timedelta(minutes=1))
    segment.refresh_from_db()
    offers = purposes()["offers"].title
    reached = [(one.channel, one.members, one.share) for one in listing.reach(segment) if one.purpose == offers]
    assert reached == [("email", 1, 0.5)]  # by text message nobody: no number is known
    weeks = listing.weekly_moves(segment, NOW)
    assert [(one.entered, one.left) for one in weeks] == [(0, 0)] * 7 + [(3, 1)]
    assert [one.reference for one in listing.samples(segment)] == ["anna", "bert"]
