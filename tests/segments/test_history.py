"""What segments were: sizes by day, members of a past day, moves, overlaps, files of members."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta

import pytest

from cordiale.accounts.models import AuditEntry
from cordiale.consent.models import Consent
from cordiale.consent.purposes import purposes
from cordiale.customers.filters import apply
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound
from cordiale.segments import actions, queries
from cordiale.segments.queries import listing
from tests.segments.conftest import NOW

DAY = timedelta(days=1)


def save(name: str, expression: str) -> None:
    actions.save_segment(name, expression, actor="test", now=NOW)


@pytest.fixture
def lyon(snapshot: dict[str, int]) -> str:
    """A segment over four days: two, three, one, one."""
    save("lyon", "city ilike 'lyon'")
    actions.refresh(NOW)
    for days, moved in ((1, {2: "Lyon"}), (2, {1: "Nice", 2: "Nice"}), (3, {})):
        for customer, city in moved.items():
            Customer.objects.filter(id=customer).update(city=city)
        actions.refresh(NOW + days * DAY)
    return "lyon"


def test_a_size_for_each_day_with_who_came_and_went(lyon: str) -> None:
    days = queries.history(lyon, NOW + 3 * DAY)
    assert [(one.day.day, one.size, one.entered, one.left) for one in days] == [
        (16, 2, 2, 0), (17, 3, 1, 0), (18, 1, 0, 2), (19, 1, 0, 0),
    ]  # fmt: skip
    tail = queries.history(lyon, NOW + 3 * DAY, start=date(2026, 11, 18), end=date(2026, 11, 18))
    assert [(one.size, one.left) for one in tail] == [(1, 2)]


def test_who_was_in_on_a_past_day(lyon: str) -> None:
    now = NOW + 3 * DAY
    on = {day: queries.members_on(lyon, date(2026, 11, day), now).customer_ids for day in (15, 16, 17, 18, 19)}
    assert on == {15: [], 16: [1, 5], 17: [1, 2, 5], 18: [5], 19: [5]}
    with pytest.raises(CordialeError, match="still to come"):
        queries.members_on(lyon, date(2026, 11, 20), now)


def test_moves_are_told_in_order_of_time_and_once(lyon: str) -> None:
    found = queries.moves(lyon, NOW, NOW + 3 * DAY)
    assert [(one.customer_id, one.kind) for one in found] == [(2, "entered"), (1, "left"), (2, "left")]
    assert queries.moves(lyon, NOW + 2 * DAY, NOW + 3 * DAY) == []
    assert queries.members_of("entries('lyon', last => '2 days') = 1 and exits('lyon') = 1", NOW + 3 * DAY).total == 1


def test_a_day_is_the_companys(lyon: str) -> None:
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # the 20th in Paris
    Customer.objects.filter(id=3).update(city="Lyon")
    actions.refresh(late)
    assert [(one.day.day, one.entered) for one in queries.history(lyon, late)][-2:] == [(19, 0), (20, 1)]


def test_every_combination_is_counted_once(snapshot: dict[str, int]) -> None:
    for name, text in {"mail": "has_email", "fr": "language = 'fr'", "none": "false"}.items():
        save(name, text)
    found = queries.overlap(["mail", "fr", "none", "mail"], NOW)
    assert (found.of, found.sizes) == (5, {"mail": 3, "fr": 3, "none": 0})
    assert [(one.names, one.customers) for one in found.intersections] == [
        (("mail", "fr"), 2), (("fr",), 1), (("mail",), 1),
    ]  # fmt: skip
    assert found.shared("mail", "fr") == 2


def test_an_overlap_is_of_two_to_eight_segments_there_are(snapshot: dict[str, int]) -> None:
    save("one", "true")
    with pytest.raises(CordialeError, match="2 to 8"):
        queries.overlap(["one", "one"], NOW)
    with pytest.raises(NotFound):
        queries.overlap(["one", "two"], NOW)


def test_a_file_of_members_shows_no_sensitive_field_and_no_formula(snapshot: dict[str, int]) -> None:
    Customer.objects.filter(id=1).update(first_name="=cmd()")
    save("mail", "has_email")
    header, *rows = csv.reader("".join(queries.export("mail", actor="test", now=NOW)).lstrip("\ufeff").splitlines())
    assert header[:3] == ["id", "reference", "first_name"]
    assert [row[0] for row in rows] == ["1", "2", "4"]
    assert rows[0][2] == "'=cmd()"
    assert AuditEntry.objects.get(verb="export").detail == {"members": 3}


def test_whoever_withdraws_is_out_before_the_next_refresh(snapshot: dict[str, int]) -> None:
    save("news", "consent('offers', 'email')")
    save("inner", "in_segment('news') and language = 'fr'")
    actions.refresh(NOW)
    assert queries.members("inner", NOW).customer_ids == [1, 4]
    lines = queries.export("inner", actor="test", now=NOW)
    next(lines)
    Consent.objects.filter(customer_id=1, channel="email").update(state="withdrawn")
    assert [line.split(",")[0] for line in lines] == ["4"]
    assert queries.members("inner", NOW).customer_ids == [4]
    assert queries.count("in_segment('inner')", NOW).matching == 1
    segment = queries.get_segment("inner")
    assert [one.pk for one in listing.samples(segment)] == [4]
    condition, _shown = apply({"segment": "inner"})
    assert list(Customer.objects.filter(condition).values_list("id", flat=True)) == [4]
    asked = [one for one in listing.reach(segment) if one.purpose == purposes()["offers"].title]
    assert [(one.channel, one.members) for one in asked] == [("email", 1)]
