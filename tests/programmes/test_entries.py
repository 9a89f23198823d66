"""Every way to enter, at the hour it is on the customer's own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cordiale.programmes import engine
from cordiale.programmes.models import Enrolment
from cordiale.programmes.rules.calendar import anniversaries_on, days_at

from .conftest import DAY, HOUR, WIN_BACK, Cast

SEND = WIN_BACK[: WIN_BACK.index("  - wait")].replace("segment: dormant, ", "segment: everyone, ")


def entering(entry: str) -> str:
    return SEND.replace("entry: {on: enters segment dormant}", f"entry: {entry}")


def entered() -> list[str]:
    return list(Enrolment.objects.order_by("customer").values_list("customer__reference", flat=True))


def test_who_leaves_a_segment_enters(cast: Cast, now: datetime):
    customer = cast.customer()
    cast.apply(entering("{on: leaves segment dormant}"))
    cast.move(customer, "Lyon", now + HOUR)
    engine.tick(now + HOUR)
    assert entered() == [customer.reference]


def test_an_event_enters_its_customer_once(cast: Cast, now: datetime):
    customer, _other = cast.customer(), cast.customer()
    cast.event(customer, "Cart Updated", now - HOUR)
    cast.apply(entering('{on: event "Cart Updated"}'))
    engine.tick(now + HOUR)
    assert entered() == []
    cast.event(customer, "Cart Updated", now + HOUR)
    cast.event(customer, "Cart Updated", now + HOUR)
    cast.event(customer, "Page Viewed", now + HOUR)
    engine.tick(now + 2 * HOUR)
    engine.tick(now + 3 * HOUR)
    assert entered() == [customer.reference]


def test_an_event_at_the_very_instant_of_a_tick_is_taken_by_the_next(cast: Cast, now: datetime):
    customer = cast.customer()
    cast.apply(entering('{on: event "Cart Updated"}'))
    cast.event(customer, "Cart Updated", now + HOUR)
    engine.tick(now + HOUR)
    assert entered() == []
    engine.tick(now + 2 * HOUR)
    assert entered() == [customer.reference]


def test_only_the_first_order_ever_enters_the_welcome(cast: Cast, now: datetime):
    old, new = cast.customer(), cast.customer()
    cast.order(old, now - 100 * DAY)
    cast.apply(entering("{on: first order}"))
    cast.order(old, now + HOUR)
    cast.order(new, now + HOUR)
    engine.tick(now + 2 * HOUR)
    assert entered() == [new.reference]


def test_a_birthday_comes_at_nine_on_the_customers_own_clock(cast: Cast, now: datetime):
    paris = cast.customer(birth_on=date(1990, 11, 17))
    tokyo = cast.customer(birth_on=date(1990, 11, 17), timezone="Asia/Tokyo")
    broken = cast.customer(birth_on=date(1990, 11, 17), timezone="Nowhere/Land")
    cast.apply(entering('{on: date birthday, at: "09:00"}'))
    engine.tick(datetime(2026, 11, 16, 23, 59, tzinfo=UTC))
    assert entered() == []
    engine.tick(datetime(2026, 11, 17, 0, 0, tzinfo=UTC))
    assert entered() == [tokyo.reference]
    engine.tick(datetime(2026, 11, 17, 8, 0, tzinfo=UTC))
    assert entered() == [paris.reference, tokyo.reference, broken.reference]


def test_a_birthday_weeks_ago_is_not_wished_after_a_standstill(cast: Cast, now: datetime):
    cast.customer(birth_on=date(1990, 11, 20))
    fresh = cast.customer(birth_on=date(1990, 12, 15))
    cast.apply(entering('{on: date birthday, at: "09:00"}'))
    engine.tick(now + 30 * DAY)
    assert entered() == [fresh.reference]


def test_every_monday_enters_the_panel_once(cast: Cast, now: datetime):
    cast.apply(entering('{every: monday, at: "11:00"}').replace("{after: 180 days}", "{after: 6 days}"))
    customer = cast.customer()
    for hours in (1, 2, 25, 7 * 24, 7 * 24 + 1):
        engine.tick(now + hours * HOUR)
    assert list(Enrolment.objects.values_list("customer", "occurrence").order_by("id")) == [
        (customer.pk, 1), (customer.pk, 2),
    ]  # fmt: skip


def test_29_february_is_kept_on_the_28th_in_common_years():
    assert (2, 29) in anniversaries_on(date(2027, 2, 28))
    assert (2, 29) not in anniversaries_on(date(2028, 2, 28))
    assert anniversaries_on(date(2028, 2, 29)) == [(2, 29)]


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    hours=st.lists(st.integers(1, 60), min_size=1, max_size=20),
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
    at=st.times().map(lambda one: time(one.hour, one.minute)),
)
def test_each_day_strikes_once_however_the_ticks_fall(start, hours, zone, at):
    instants = [start]
    for step in hours:
        instants.append(instants[-1] + timedelta(hours=step))
    place = ZoneInfo(zone)
    seen = [day for since, until in pairwise(instants) for day in days_at(since, until, at, place)]
    assert seen == list(days_at(instants[0], instants[-1], at, place))
    assert len(seen) == len(set(seen))
