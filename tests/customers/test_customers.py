"""Writing and finding customers."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cordiale.customers import actions, queries, rules
from cordiale.customers.models import Customer
from cordiale.customers.rules import RowRefused
from cordiale.errors import NotFound

ZOE = {
    "reference": "C-17",
    "first_name": "Zoé",
    "last_name": "Lefèvre-Œuvrard",
    "email": "zoe.lefevre@example.org",
    "phone": "+33 6 39 98 12 34",
    "city": "Lyon",
    "sources": {"email": {"source": "shop", "at": "2026-01-05T10:00:00Z"}},
    "declared": {"interest": "tea"},
}


@pytest.mark.django_db
def test_new_references_are_created_and_known_ones_filled_in(now: datetime) -> None:
    first = actions.upsert([ZOE], now)
    later = now + timedelta(days=1)
    second = actions.upsert(
        [{"reference": "C-17", "city": "Nice", "declared": {"pets": "cat"}}, {"reference": "N"}], later
    )
    zoe = Customer.objects.get(id=first["C-17"])
    assert second["C-17"] == first["C-17"]
    assert (zoe.city, zoe.first_name, zoe.updated_at) == ("Nice", "Zoé", later)
    assert zoe.declared == {"interest": "tea", "pets": "cat"}
    assert zoe.sources["email"]["source"] == "shop"


@pytest.mark.django_db
def test_a_row_that_says_nothing_new_leaves_the_date_of_change(now: datetime) -> None:
    actions.upsert([ZOE], now)
    actions.upsert([ZOE], now + timedelta(days=1))
    assert Customer.objects.get().updated_at == now


@pytest.mark.django_db
def test_of_a_reference_given_twice_the_last_row_counts(now: datetime) -> None:
    actions.upsert([{"reference": "A", "city": "Brest"}, {"reference": "A", "city": "Metz"}], now)
    assert Customer.objects.get().city == "Metz"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"city": "Lyon"}, "reference"),
        ({"reference": "B", "town": "Lyon"}, "town"),
        ({"reference": "B", "email": "not an address"}, "email"),
        ({"reference": "B", "timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"reference": "B", "city": "x" * 81}, "80"),
        ({"reference": "B", "created_at": datetime(2026, 1, 1)}, "zone"),  # noqa: DTZ001 - what must be refused
        ({"reference": "B", "birth_on": "1980-01-01"}, "birth_on"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(row: dict[str, object], word: str, now: datetime) -> None:
    with pytest.raises(Exception, match=word) as refusal:
        actions.upsert([{"reference": "A"}, row], now)
    assert isinstance(refusal.value, RowRefused) or "zone" in str(refusal.value)
    assert not Customer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        *("zoe", "ZOÉ", "lefevre", "oeuv", "Lefèvre zo", "lefèvre-œuvrard", "zoe.lef", "ZOE.LEFEVRE@EXAMPLE.ORG"),
        *("C-17", "c-1", "06 39 98", "0639981234", "+33 6 39", "33639", "zo"),
    ],
)
def test_she_is_found_by(text: str, now: datetime) -> None:
    actions.upsert([ZOE, {"reference": "X", "first_name": "Paul", "last_name": "Martin"}], now)
    assert [one.reference for one in queries.find(text)] == ["C-17"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["", " ", "z", "zoo", "zoe paul", "'", "\\", "& |", ":*", "!zoe)", "@", "zoe' | 'paul"]
)
def test_she_is_not_found_by(text: str, now: datetime) -> None:
    actions.upsert([ZOE, {"reference": "X", "first_name": "Paul"}], now)
    assert queries.find(text) == []


@pytest.mark.django_db
def test_twenty_are_found_at_most_and_the_reference_comes_first(now: datetime) -> None:
    actions.upsert([{"reference": f"R{number}", "last_name": "Durand"} for number in range(30)], now)
    actions.upsert([{"reference": "durand", "last_name": "Zola"}], now)
    found = queries.find("durand")
    assert (len(found), found[0].reference) == (20, "durand")


# PostgreSQL knows letters of later editions of Unicode than this Python.
_ASSIGNED = st.characters(blacklist_characters="\x00", blacklist_categories=["Cs", "Cn"])


@pytest.mark.django_db
@given(text=st.text(alphabet=_ASSIGNED, max_size=20))
def test_postgresql_folds_text_as_python_does(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(regexp_replace(normalize(replace(replace(%s, 'œ', 'oe'), 'Œ', 'oe'), NFKD),"
            " '[\\u0300-\\u036f]', '', 'g'))",
            [text],
        )
        assert cursor.fetchone()[0] == rules.fold(text)


@pytest.mark.django_db
def test_a_customer_is_got_by_reference_before_number(now: datetime) -> None:
    ids = actions.upsert([{"reference": "A"}], now)
    actions.upsert([{"reference": str(ids["A"])}], now)
    assert queries.get_customer(str(ids["A"])).reference == str(ids["A"])
    assert queries.get_customer("A").id == ids["A"]
    with pytest.raises(NotFound):
        queries.get_customer("nobody")


@pytest.mark.django_db
def test_profiles_keep_types_quotes_and_line_ends(now: datetime) -> None:
    row = {"reference": 'a"b,c', "city": "Aix\nles-Bains", "birth_on": date(1980, 2, 29), "declared": {"k": 'v"'}}
    ids = actions.upsert([row, ZOE], now)
    profiles = queries.profiles_table()
    assert profiles.schema.field("created_at").type == pa.timestamp("us", tz="UTC")
    first = next(one for one in profiles.to_pylist() if one["customer_id"] == ids['a"b,c'])
    assert (first["reference"], first["city"]) == (row["reference"], row["city"])
    assert (first["birth_on"], first["has_email"], first["created_at"]) == (date(1980, 2, 29), False, now)
    assert first["declared"] == '{"k": "v\\""}'


@pytest.mark.django_db
def test_profiles_of_nobody_have_their_columns() -> None:
    assert queries.profiles_table().num_rows == 0
    assert queries.profiles_table().schema.field("birth_on").type == pa.date32()


@pytest.mark.parametrize("value", ["=1+1", "+33", "-2", "@SUM", "\tx", "\rx"])
def test_no_exported_cell_is_a_formula(value: str) -> None:
    assert rules.csv_cell(value) == "'" + value
