"""Whole tables of people: as one by one, only faster."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from cordiale.customers.models import Customer
from cordiale.identity import rules
from cordiale.identity.actions import Told, recognise, tell, tell_table
from cordiale.identity.columns import column, strong
from cordiale.identity.matching import holders, look_up
from cordiale.identity.models import Conflict, Identity

COLUMNS = ("reference", "card", "email", "phone", "first_name", "last_name")
PEOPLE = [
    dict(zip(COLUMNS, row, strict=True))
    for row in (
        ("u1", "77", "ana@b.fr", None, "Ana", "Roy"),
        ("u2", None, "roy@b.fr", "+33612345678", "Luc", "Roy"),
        (None, None, "roy@b.fr", None, "Eve", "Roy"),
        ("u1", "77", "ana@b.fr", None, "Ana", "Roy"),
        ("u1", "78", None, None, None, None),
        (None, None, None, "+33612345678", "L", "Roy"),
        ("null", "78", "noreply@b.fr", None, None, None),
    )
]


@pytest.mark.django_db
def test_a_table_says_what_its_rows_say(now: datetime) -> None:
    numbers = tell_table(pa.Table.from_pylist(PEOPLE), source="shop", at=now, now=now).to_pylist()
    ana, luc, eve = numbers[:3]
    assert numbers == [ana, luc, eve, ana, ana, luc, ana]
    assert Customer.objects.get(id=eve).email == "roy@b.fr"
    assert [(one.holder_id, one.claimant_id) for one in Conflict.objects.all()] == [(luc, eve)]
    told = [
        Told(identifiers={kind: row[kind] for kind in rules.STRONG}, source="shop", at=now,
             values={name: row[name] for name in ("first_name", "last_name") if row[name]})
        for row in PEOPLE
    ]  # fmt: skip
    assert tell(told, now) == numbers


@pytest.mark.django_db
def test_a_table_again_changes_nothing(now: datetime) -> None:
    table = pa.Table.from_pylist(PEOPLE)
    first = tell_table(table, source="shop", at=now, now=now)
    before = Identity.objects.count(), Customer.objects.count()
    assert tell_table(table, source="shop", at=now, now=now) == first
    assert (Identity.objects.count(), Customer.objects.count()) == before


@pytest.mark.django_db
def test_a_table_looked_up_beforehand_says_the_same(now: datetime) -> None:
    table = pa.Table.from_pylist(PEOPLE)
    tell_table(table.slice(0, 2), source="shop", at=now, now=now)
    with transaction.atomic():
        place = transaction.savepoint()
        plain = tell_table(table, source="shop", at=now, now=now).to_pylist()
        transaction.savepoint_rollback(place)
        known = recognise(strong(table))
        told = tell_table(table, source="shop", at=now, now=now, known=known).to_pylist()
    assert told == [number if number in plain[:2] else number + 1 for number in plain]  # the sequence went on


@pytest.mark.django_db
def test_values_are_found_however_often_and_with_whatever_in_them(now: datetime) -> None:
    tell_table(pa.Table.from_pylist(PEOPLE), source="shop", at=now, now=now)
    ana, luc = Customer.objects.get(reference="u1").id, Customer.objects.get(reference="u2").id
    assert holders("reference", ["u2", "none", "u1", "u2"]) == [(0, luc), (2, ana), (3, luc)]
    assert holders("card", ["77\x1f78", "78", ""]) == [(1, ana)]
    many = [f"c{number}@b.fr" for number in range(3_000)]
    assert holders("email", [*many, "ana@b.fr"]) == [(3_000, ana)]
    known = look_up(strong(pa.table({"email": [*many, "ana@b.fr", "ana@b.fr"]})))
    column = known.columns["email"]
    assert column.spread(known.holders["email"]).nonzero()[0].tolist() == [3_000, 3_001]
    left = known.hidden("email", column.codes == 3_000).only(column.codes > 2_998).columns["email"]
    assert left.is_given.tolist() == [True, False, False]


@pytest.mark.django_db
def test_a_table_of_references_alone_repeated_many_times_makes_each_once(now: datetime) -> None:
    table = pa.table({"reference": [f"u{number % 7}" for number in range(100)]})
    numbers = tell_table(table, source="till", at=now, now=now).to_pylist()
    assert numbers == (numbers[:7] * 15)[:100]
    assert Customer.objects.count() == 7


PHONES = st.text("0123456789+ .-()/", max_size=20)
EMAILS = st.from_regex(r"\A[A-Za-z.+é-]{1,8}@[A-Za-z-]{1,8}(\.[A-Za-z]{1,4}){0,2}\Z") | st.just("NoReply+1@B.fr")


@pytest.mark.parametrize("kind", rules.KINDS)
@given(st.data())
def test_columns_are_spelt_as_single_values(kind: str, data: st.DataObject) -> None:
    texts = {"phone": PHONES, "email": EMAILS}.get(kind, st.text(max_size=12)) | st.text(max_size=6) | st.just(" Null ")
    given_values = data.draw(st.lists(st.none() | texts, max_size=8))
    one = column(kind, pa.array(given_values, pa.string()))
    wanted = [rules.canonical(kind, value) if value is not None else "" for value in given_values]
    expected = [None if rules.is_nobodys(kind, value) else value for value in wanted]
    assert [None if code < 0 else one.values[int(code)].as_py() for code in one.codes] == expected
