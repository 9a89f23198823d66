"""Who events are of: history joins when somebody signs in, a shared browser fuses nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.identity.actions import Seen, publish_aliases, resolve_events
from cordiale.identity.models import Alias, Sighting, Visitor
from cordiale.identity.queries import family, survivors
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db


def seen(now: datetime, minute: int, user: str | None = None, browser: str | None = None) -> Seen:
    return Seen(user_id=user, anonymous_id=browser, at=now + timedelta(minutes=minute))


def test_a_visitor_has_a_number_and_no_profile(now: datetime) -> None:
    one, two, other = resolve_events([seen(now, 0, None, "x"), seen(now, 1, None, "x"), seen(now, 1, None, "y")], now)
    assert one == two != other
    assert resolve_events([seen(now, 2, None, "x")], now) == [one]
    assert not Customer.objects.exists()


def test_what_was_done_unsigned_is_read_as_who_signs_in(now: datetime, fresh_home: Home) -> None:
    visitor, ana = resolve_events([seen(now, 0, None, "x"), seen(now, 1, "u1", "x")], now)
    assert visitor != ana == Customer.objects.get(reference="u1").id
    assert survivors([visitor]) == {visitor: ana}
    assert family(ana) == [ana, visitor]
    assert publish_aliases() == 1
    assert open_lake().state().aliases.to_pylist() == [{"alias_id": visitor, "customer_id": ana}]


def test_a_shared_browser_fuses_nobody(now: datetime) -> None:
    rows = [seen(now, 0, None, "x"), seen(now, 1, "u1", "x"), seen(now, 2, None, "x"), seen(now, 3, "u2", "x")]
    before, ana, between, bob = resolve_events(rows, now)
    after, again = resolve_events([seen(now, 4, None, "x"), seen(now, 5, None, "x")], now)
    read_as = survivors([before, ana, between, bob, after])
    assert [read_as[number] for number in (before, ana, between, bob, after)] == [ana, ana, ana, bob, after]
    assert after == again
    assert resolve_events([seen(now, 6, "u1", "x"), seen(now, 7, None, "x")], now) == [ana, after]


def test_who_was_first_counts_in_any_order_of_arrival(now: datetime) -> None:
    rows = [seen(now, 0, None, "x"), seen(now, 1, "u1", "x"), seen(now, 2, "u2", "x")]
    for number, order in enumerate(permutations(range(3))):
        named = [Seen(user_id=row.user_id, anonymous_id=f"x{number}", at=row.at) for row in rows]
        numbers = {place: resolve_events([named[place]], now)[0] for place in order}
        assert survivors([numbers[0]]) == {numbers[0]: numbers[1]}


def test_events_again_change_nothing(now: datetime) -> None:
    rows = [seen(now, minute, user, "x") for minute, user in enumerate([None, "u1", None, "u2", None])]
    first = resolve_events(rows, now)
    counts = [model.objects.count() for model in (Alias, Sighting, Visitor)]
    resolve_events(rows, now)
    assert resolve_events(rows[:2], now) == first[:2]
    assert [model.objects.count() for model in (Alias, Sighting, Visitor)] == [1, 2, 2] or counts == [1, 2, 1]


def test_nobodys_names_are_passed_over(now: datetime) -> None:
    rows = [
        seen(now, 0, "null", "x"),
        seen(now, 0, "0", "undefined"),
        seen(now, 0, None, None),
        seen(now, 0, None, "x"),
    ]
    one, nobody, also_nobody, same = resolve_events(rows, now)
    assert (one, nobody) == (same, also_nobody)
    assert one != nobody
    assert not Customer.objects.exists()


def test_a_kiosk_remembers_only_some_of_its_people(now: datetime) -> None:
    resolve_events([seen(now, number, f"u{number}", "kiosk") for number in range(40)], now)
    resolve_events([seen(now, number, f"w{number}", "kiosk") for number in range(40)], now)
    assert Sighting.objects.count() <= 40
    assert Customer.objects.count() == 80
