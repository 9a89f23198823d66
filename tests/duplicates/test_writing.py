"""How values are written so that two spellings meet, in Python and in SQL."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.duplicates.linking import engine
from cordiale.duplicates.rules import addresses, contacts, names, records
from cordiale.home import Home


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jean-Pierre", "JEAN PIERRE"), ("Hélène", "helene"), ("Cœur", "COEUR"), ("Mme Anne", "Anne"),
        ("e\u0301mile", "Émile"),
    ],
)  # fmt: skip
def test_first_names_meet(one: str, other: str) -> None:
    assert names.first_name(one) == names.first_name(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("de La Fontaine", "La Fontaine"), ("Le Goff", "LEGOFF"), ("O'Brien", "OBrien"), ("d'Estaing", "Estaing"),
        ("Saint-Exupéry", "St Exupery"), ("Martin née Dupont", "MARTIN-DUPONT"),
    ],
)  # fmt: skip
def test_last_names_meet(one: str, other: str) -> None:
    assert names.last_name(one) == names.last_name(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 bis, av. de la République", "12b AVENUE REPUBLIQUE"), ("3 R. St-Jean Appt 4", "3 rue Saint Jean"),
        ("N°05 chem. des Œillets", "5 chemin Oeillets"), ("8 BD du Gal Leclerc", "8, boulevard Général Leclerc"),
        ("1 imp. de l'Église Bât B", "1 impasse Eglise"),
    ],
)  # fmt: skip
def test_streets_meet(one: str, other: str) -> None:
    assert addresses.street(one) == addresses.street(other) is not None


def test_towns_meet_whatever_their_district() -> None:
    assert addresses.city("LYON 3e arrondissement") == addresses.city("Lyon CEDEX 03") == "lyon"
    assert addresses.city("St-Étienne") == addresses.city("SAINT ETIENNE")
    assert addresses.postcode("F-69 001") == "69001"
    assert addresses.postcode("1000") == "01000"


def test_telephones_and_emails_meet() -> None:
    assert contacts.phone("+33 (0)6 11 22 33 44") == contacts.phone("0033611223344") == contacts.phone("06.11.22.33.44")
    assert contacts.email(" Ana@Example.ORG ") == "ana@example.org"
    assert contacts.loose_email("a.na+shop@googlemail.com") == contacts.loose_email("ana@gmail.com")
    assert contacts.loose_email("a.na@example.org") != contacts.loose_email("ana@example.org")


@pytest.mark.parametrize("nothing", ["", " ", "x", "XXX", "N/A", "inconnu", "non renseigné", "-", "?"])
def test_a_name_that_says_nothing_is_none(nothing: str) -> None:
    assert names.first_name(nothing) is None
    assert names.last_name(nothing) is None


def test_numbers_and_days_that_say_nothing_are_none() -> None:
    assert contacts.phone("0000000000") is contacts.phone("0123456789") is contacts.phone("06") is None
    assert contacts.email("nobody") is None
    assert records.record({**dict.fromkeys(records.SOURCES), "birth_on": date(1900, 1, 1)})["birth_on"] is None


_LETTERS = "abeimnrstABR éèœŒßÀ-'.,/°0125 \u00a0’+@"
_PIECES = ("rue ", "St ", "de la ", "bis ", "cedex ", "gmail.com", "Le ")
_WORDS = st.lists(st.sampled_from([*_LETTERS, *_PIECES]), max_size=14).map("".join)
_CUSTOMER = st.fixed_dictionaries(
    {name: _WORDS for name in records.SOURCES if name != "birth_on"} | {"birth_on": st.none() | st.dates()}
)


@settings(max_examples=25, deadline=None)
@given(st.lists(_CUSTOMER, min_size=1, max_size=40))
def test_sql_writes_as_python_does(customers: list[dict[str, Any]]) -> None:
    rows = [{"unique_id": number, "is_new": True, **one} for number, one in enumerate(customers)]
    types = {**dict.fromkeys(records.SOURCES, pa.string()), "birth_on": pa.date32()}
    schema = pa.schema({"unique_id": pa.int64(), "is_new": pa.bool_(), **types})
    with engine.opened(pa.Table.from_pylist(rows, schema=schema)) as base:
        columns = ", ".join(records.COLUMNS)
        written = base.rows(f"SELECT {columns} FROM records ORDER BY unique_id")
    assert written == [tuple(records.record(one).values()) for one in customers]


def test_nothing_of_a_run_stays_on_disk(fresh_home: Home) -> None:
    row = {"unique_id": 1, "is_new": True, **dict.fromkeys(records.SOURCES)}
    with engine.opened(pa.Table.from_pylist([row])) as base:
        assert base.count() == 1
    assert not list(fresh_home.run.glob("duplicates-*"))
