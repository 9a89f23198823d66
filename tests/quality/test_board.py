from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from cordiale.consent import actions as consent
from cordiale.customers.actions import upsert
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.quality import actions, queries
from cordiale.quality.measures import all_measures
from cordiale.quality.panels import concerned

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(now: datetime) -> dict[str, int]:
    """One well known, one with gaps, one whose values cannot be right."""
    street = {"street": "12 rue des Lilas", "postcode": "46000", "city": "Cahors"}
    ids = upsert(
        [
            {"reference": "good", "last_name": "Roy", "email": "ana@example.org", "phone": "+33612345678",
             "birth_on": date(1980, 2, 3), **street},
            {"reference": "gaps", "last_name": "Bel"},
            {"reference": "wrong", "birth_on": date(1850, 1, 1), **street,
             "postcode": "4600"},
        ],
        now,
    )  # fmt: skip
    Customer.objects.filter(pk=ids["wrong"]).update(email="ana@example", phone="0612", postcode="4600")
    for reference in ("good", "wrong"):
        origin = consent.Origin(source="form", language="fr")
        consent.grant(ids[reference], [("offers", "email"), ("offers", "letter")], now, origin)
    return ids


def counts(now: datetime) -> dict[str, int]:
    return dict(actions.measure(now).counts)


def test_each_number_is_the_length_of_the_list_it_opens(people: dict[str, int], now: datetime) -> None:
    found = counts(now)
    for name in all_measures(now):
        assert Customer.objects.filter(concerned(name)).count() == found[name], name


def test_gaps_and_values_that_cannot_be_right_are_counted(people: dict[str, int], now: datetime) -> None:
    found = counts(now)
    assert {name: found[name] for name in ("no-email", "no-phone", "no-address", "no-birthday", "no-name")} == {
        "no-email": 1, "no-phone": 1, "no-address": 1, "no-birthday": 1, "no-name": 1,
    }  # fmt: skip
    assert (found["bad-email"], found["bad-email.among"]) == (1, 2)
    assert (found["bad-phone"], found["bad-address"], found["bad-birthday"]) == (1, 1, 1)


def test_reach_takes_an_address_a_consent_and_no_opposition(people: dict[str, int], now: datetime) -> None:
    assert counts(now)["reach-email"] == 2
    actions.mark_invalid([{"channel": "email", "address": "ANA@example.org"}], actor="cli", now=now)
    found = counts(now)
    assert (found["reach-email"], found["reach-letter"], found["reach"]) == (1, 2, 2)


def test_a_corrected_address_is_reachable_at_once(people: dict[str, int], now: datetime) -> None:
    actions.mark_invalid([{"channel": "letter", "customer": "good"}], actor="cli", now=now)
    assert counts(now)["reach-letter"] == 1
    Customer.objects.filter(pk=people["good"]).update(street="14 rue des Lilas")
    assert counts(now)["reach-letter"] == 2


def test_wrong_rows_of_returns_are_told_and_the_good_ones_kept(people: dict[str, int], now: datetime) -> None:
    rows = [
        {"channel": "pigeon"},
        {"channel": "phone", "customer": "gaps"},
        {"channel": "phone", "address": "+33611111111"},
    ]
    taken = actions.mark_invalid(rows, actor="cli", now=now)
    assert (taken.marked, [place for place, _reason in taken.errors]) == (1, [0, 1])
    assert actions.mark_invalid(rows[2:], actor="cli", now=now).known == 1


def test_a_profile_nobody_touched_for_a_year_is_stale(people: dict[str, int], now: datetime) -> None:
    assert counts(now)["stale"] == 0
    assert counts(now + timedelta(days=366))["stale"] == 3


def test_the_board_compares_with_a_month_before(people: dict[str, int], now: datetime) -> None:
    actions.measure(now - timedelta(days=31))
    Customer.objects.filter(pk=people["gaps"]).update(email="bel@example.org")
    actions.measure(now)
    board = queries.board(now)
    assert board is not None
    line = next(one for one in board.lines if one.measure.name == "no-email")
    assert (line.count, line.among, round(line.change or 0, 3)) == (0, 3, -0.333)
    assert [share for _day, share in queries.trend("no-email")] == [pytest.approx(1 / 3), 0]


def test_a_negative_cost_is_refused(now: datetime) -> None:
    with pytest.raises(CordialeError, match="0 or more"):
        actions.add_cost(
            "host", "x", actions.Decimal(-1), is_monthly=True, since=now.date(), until=None, actor="cli", now=now
        )
