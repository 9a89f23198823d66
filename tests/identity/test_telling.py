"""Whom rows are about: the strongest identifier decides, what is shared fuses nobody."""

from __future__ import annotations

from datetime import datetime

import pytest

from cordiale.customers.models import Customer, Submission
from cordiale.errors import CordialeError
from cordiale.identity.actions import Told, tell
from cordiale.identity.models import Conflict, Identity
from cordiale.identity.queries import resolve, survivors

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at(now: datetime) -> datetime:
    return now


def told(now: datetime, first: str = "", last: str = "", **identifiers: str) -> Told:
    values = {name: value for name, value in (("first_name", first), ("last_name", last)) if value}
    return Told(identifiers=identifiers, values=values, source="shop", at=now)


def test_a_row_makes_a_customer_once(now: datetime) -> None:
    row = told(now, "Ana", "Roy", reference="u1", email="Ana@b.fr", phone="06 12 34 56 78", card="77")
    first = tell([row], now)
    assert tell([row, row], now) == first * 2
    assert resolve("phone", "+33 6 12 34 56 78") == resolve("email", "ana@B.fr") == resolve("card", "77") == first[0]
    ana = Customer.objects.get()
    assert (ana.id, ana.reference, ana.first_name, ana.phone[-8:]) == (first[0], "u1", "Ana", "12345678")
    assert Submission.objects.count() == 1


def test_each_identifier_alone_finds_the_customer(now: datetime) -> None:
    one = tell([told(now, reference="u1", email="ana@b.fr", card="77")], now)
    assert tell([told(now, email="ana@b.fr"), told(now, card="77"), told(now, reference="u1")], now) == one * 3


def test_rows_of_one_call_find_each_other(now: datetime) -> None:
    rows = [told(now, email="ana@b.fr"), told(now, email="ana@b.fr", phone="0612345678"), told(now, phone="0612345678")]
    assert len(set(tell(rows, now))) == 1
    assert Customer.objects.count() == 1


def test_the_strongest_identifier_decides_and_the_conflict_is_kept(now: datetime) -> None:
    ana, bob = tell([told(now, reference="u1", email="ana@b.fr"), told(now, reference="u2", email="bob@b.fr")], now)
    assert tell([told(now, reference="u1", email="bob@b.fr")] * 2, now) == [ana, ana]
    assert resolve("email", "bob@b.fr") == bob
    kept = Conflict.objects.get()
    assert (kept.kind, kept.holder_id, kept.claimant_id, kept.reason) == ("email", bob, ana, "two customers")


def test_a_shared_household_email_does_not_fuse_two_people(now: datetime) -> None:
    ana = tell([told(now, "Ana", "Roy", email="roy@b.fr")], now)[0]
    luc = tell([told(now, "Luc", "Roy", email="roy@b.fr")], now)[0]
    assert luc != ana
    assert resolve("email", "roy@b.fr") == ana
    assert Conflict.objects.get().reason == "names"
    assert tell([told(now, "Luc", "Roy", email="roy@b.fr"), told(now, "Ana", "ROY", email="roy@b.fr")], now) == [
        luc,
        ana,
    ]
    assert Customer.objects.get(id=ana).first_name == "Ana"
    assert Customer.objects.count() == 2


SPELLINGS = [("Anaëlle", "Le Goff"), ("ANAELLE", "le-goff"), ("A.", "Legoff"), ("Anaele", ""), ("Le Goff", "Anaëlle")]


@pytest.mark.parametrize(("first", "last"), SPELLINGS)
def test_spelling_is_not_another_person(first: str, last: str, now: datetime) -> None:
    one = tell([told(now, "Anaëlle", "Le Goff", email="a@b.fr")], now)
    assert tell([told(now, first, last, email="a@b.fr")], now) == one


def test_a_tills_email_stops_saying_who_somebody_is(now: datetime) -> None:
    rows = [told(now, reference=f"u{number}", email="till@shop.fr") for number in range(8)]
    numbers = [tell([row], now)[0] for row in rows]
    assert len(set(numbers[:3])) == 1
    assert len(set(numbers[2:])) == 6
    assert tell(rows, now) == numbers
    assert len(set(tell([told(now, "Zoé", "Blanc", email="till@shop.fr")] * 2, now))) == 1


@pytest.mark.parametrize("value", ["null", " 0 ", "undefined", "anonymous", "", "N/A", "test"])
def test_a_value_that_is_nobodys_recognises_nobody(value: str, now: datetime) -> None:
    one, two = tell([told(now, reference=value, email="a@b.fr"), told(now, reference=value, email="c@b.fr")], now)
    assert one != two
    assert not Identity.objects.filter(kind="reference").exists()


def test_nobodys_mailbox_and_number_recognise_nobody(now: datetime) -> None:
    rows = [told(now, reference=f"u{number}", email="noreply@b.fr", phone="00 00 00 00 00") for number in range(2)]
    assert len(set(tell(rows, now))) == 2
    assert not Identity.objects.exists()


def test_a_row_that_names_nobody_is_refused_with_its_place(now: datetime) -> None:
    with pytest.raises(CordialeError, match="row 2: it names nobody"):
        tell([told(now, reference="u1"), told(now, reference="null")], now)
    assert not Customer.objects.exists()


def test_a_row_without_identifiers_is_known_again_by_what_it_says(now: datetime) -> None:
    row = told(now, "Ana", "Roy")
    assert tell([row], now) == tell([row], now)
    assert Customer.objects.count() == 1


def test_a_reference_too_long_for_the_profile_still_recognises(now: datetime) -> None:
    row = told(now, reference="x" * 200)
    assert tell([row], now) == tell([row], now)


def test_a_second_reference_of_one_person_is_tied(now: datetime) -> None:
    one = tell([told(now, "Ana", "Roy", reference="u1", email="a@b.fr")], now)
    assert (
        tell([told(now, "Ana", "Roy", reference="web-9", email="a@b.fr"), told(now, reference="web-9")], now) == one * 2
    )


def test_a_till_is_seen_through_within_one_call_too(now: datetime) -> None:
    numbers = tell([told(now, reference=f"u{number}", email="till@shop.fr") for number in range(8)], now)
    assert (len(set(numbers[:3])), len(set(numbers[2:]))) == (1, 6)


def test_the_same_name_born_another_day_with_its_own_reference_is_somebody_else(now: datetime) -> None:
    rows = [
        Told(identifiers={"reference": ref, "email": "roy@b.fr"}, source="shop", at=now,
             values={"first_name": "Jean", "last_name": "Roy", "birth_on": born})
        for ref, born in (("u1", "1950-02-03"), ("u2", "1980-04-05"))
    ]  # fmt: skip
    assert len({tell([row], now)[0] for row in rows}) == 2


def test_a_shared_browser_swaps_no_names(now: datetime) -> None:
    ana = tell([told(now, "Ana", "Roy", email="ana@b.fr", anonymous="x")], now)[0]
    bob, again = tell([told(now, "Bob", "Noir", email="bob@b.fr", anonymous="x"), told(now, "Bob", anonymous="x")], now)
    assert bob != ana
    assert again not in (ana, bob)
    assert [one.first_name for one in Customer.objects.order_by("id")] == ["Ana", "Bob"]


def test_a_row_that_names_a_browser_only_writes_into_nobodys_profile(now: datetime) -> None:
    ana = tell([told(now, "Ana", email="ana@b.fr", anonymous="x")], now)[0]
    visitor = tell([told(now, "Zoé", anonymous="x")], now)[0]
    assert survivors([visitor]) == {visitor: ana}
    assert Customer.objects.get().first_name == "Ana"
