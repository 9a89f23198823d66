"""Who is suggested as one person, and who is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cordiale.customers.models import Customer
from cordiale.duplicates import finding, merging
from cordiale.duplicates.models import Compared, Run, State, Suggestion
from cordiale.home import Home
from tests.duplicates.conftest import Look, Make, policy

NOTHING: dict[str, Any] = {
    "first_name": "", "last_name": "", "birth_on": None, "street": "", "postcode": "", "city": "", "email": "",
    "phone": "",
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"last_name": "DELAUNEY REY"},
        {"street": "3 quai de la Pêcherie", "postcode": "69004", "phone": "", "email": ""},
        {"last_name": "Vasseur", "street": "8 allée du Lac", "postcode": "74000", "city": "Annecy"},
        {"first_name": "Delaunay-Rey", "last_name": "Camille", "email": ""},
        {"email": "camille.delaunai@example.org", "birth_on": None, "phone": ""},
        {"birth_on": date(1984, 12, 3), "email": ""},
        {"first_name": "C.", "birth_on": None},
    ],
    ids=["misspelt", "moved", "married", "swapped", "email misspelt", "day and month swapped", "initial"],
)
def test_one_person_twice_is_suggested(make: Make, look: Look, change: dict[str, Any]) -> None:
    one, other = make(), make(**change)
    assert look() == {(one.pk, other.pk)}


@pytest.mark.parametrize(
    "change",
    [
        {"first_name": "Hugo", "birth_on": date(2012, 5, 2)},
        {"first_name": "Hugo", "birth_on": None, "email": ""},
        {"first_name": "Victoire"},
        {"birth_on": date(1956, 7, 30), "phone": ""},
        {"first_name": "", "birth_on": None},
        {"first_name": "Hugo", "last_name": "Ferrand", "birth_on": None, "street": "", "postcode": "", "city": ""},
    ],
    ids=["child", "partner", "twin", "father and son", "nobody named", "shared email and telephone"],
)
def test_a_household_is_not_one_person(make: Make, look: Look, change: dict[str, Any]) -> None:
    make()
    make(**change)
    assert look() == set()


def test_what_is_empty_never_counts_as_shared(make: Make, look: Look) -> None:
    for _ in range(3):
        make(**NOTHING)
        make(**{**NOTHING, "first_name": "N/A", "phone": "0000000000", "birth_on": date(1900, 1, 1)})
    assert look() == set()


def test_a_value_shared_by_many_neither_brings_together_nor_counts(make: Make, look: Look) -> None:
    for number in range(150):
        letters = "".join(chr(ord("a") + (number * k) % 26) for k in (3, 5, 7, 11, 17)) + chr(ord("a") + number // 26)
        make(**{**NOTHING, "first_name": letters[::-1].title(), "last_name": letters.title(), "phone": "0144556677",
                "city": "Lyon", "postcode": "69001"})  # fmt: skip
    assert look() == set()
    run = Run.objects.get()
    assert run.pairs < 1000


def test_a_pair_keeps_its_number_and_date_on_every_run(make: Make, look: Look, pair: Suggestion, now: datetime) -> None:
    for full in (True, False):
        finding.find(now + timedelta(days=1), full=full)
        again = Suggestion.objects.get()
        assert (again.pk, again.found_at) == (pair.pk, now)


def test_a_pair_that_is_no_longer_alike_is_withdrawn(look: Look, pair: Suggestion, now: datetime) -> None:
    Customer.objects.filter(pk=pair.second_id).update(first_name="Hugo", birth_on=date(2012, 5, 2))
    assert look() == set()


def test_what_a_killed_run_left_on_disk_is_thrown_away(look: Look, fresh_home: Home) -> None:
    left = fresh_home.run / "duplicates-killed"
    left.mkdir()
    (left / "spilled.tmp").write_text("Camille")
    look()
    assert not left.exists()


def test_only_what_changed_is_compared_again(make: Make, look: Look) -> None:
    make()
    make(**{**NOTHING, "first_name": "Zoé", "last_name": "Quéré", "email": "zoe@example.org"})
    look()
    other = make(birth_on=None)
    assert look() == {(other.pk - 2, other.pk)}
    assert list(Run.objects.order_by("id").values_list("is_full", "compared")) == [(True, 2), (False, 1)]


def test_told_apart_is_not_suggested_again_unless_data_change(look: Look, pair: Suggestion, now: datetime) -> None:
    merging.refuse(pair.pk, actor="cli", now=now)
    assert look(full=True) == set()
    Customer.objects.filter(pk=pair.second_id).update(city="LYON")
    assert look() == set()
    Customer.objects.filter(pk=pair.second_id).update(last_name="Delaunay-Rey", phone="+33611223344")
    assert look() == {(pair.first_id, pair.second_id)}


def test_nothing_is_merged_until_the_company_says_so(make: Make, look: Look, now: datetime, fresh_home: Home) -> None:
    make()
    make()
    look()
    assert Customer.objects.count() == 2
    policy(fresh_home, is_on=True)
    assert finding.find(now).merged == 1
    assert Suggestion.objects.get().state == State.MERGED
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [{"birth_on": date(1984, 3, 13)}, {"first_name": "Camila"}, {"restricted_at": datetime(2026, 1, 1, tzinfo=UTC)}],
    ids=["birth", "first name", "restricted"],
)
def test_automatic_merging_leaves_what_contradicts(
    make: Make, now: datetime, fresh_home: Home, change: dict[str, Any]
) -> None:
    policy(fresh_home, is_on=True)
    make()
    make(**change)
    assert finding.find(now).merged == 0
    assert Suggestion.objects.get().state == State.OPEN


def test_automatic_merging_leaves_whom_one_source_knows_twice(make: Make, now: datetime, fresh_home: Home) -> None:
    from cordiale.identity.models import Identity

    policy(fresh_home, is_on=True)
    for customer in (make(), make()):
        Identity.objects.create(
            kind="reference", value=customer.reference, customer_id=customer.pk, source="shop", created_at=now
        )
    assert finding.find(now).merged == 0


def test_a_large_base_is_looked_at_as_a_whole_once_it_has_grown(make: Make, look: Look) -> None:
    make()
    look()
    assert Run.objects.get().model["is_trained"] is False  # type: ignore[index]
    assert Compared.objects.count() == 1
    look()
    assert list(Run.objects.order_by("id").values_list("is_full", flat=True)) == [True, False]
