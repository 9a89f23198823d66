"""Finding somebody by a name that is misspelt, a number, an address, a card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.customers import actions, queries, rules, search, spelling, words
from cordiale.customers.models import Word

pytestmark = pytest.mark.django_db
PEOPLE = [
    {"reference": "C1", "first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org", "phone": "0612345678",
     "city": "Lyon", "postcode": "69003"},
    {"reference": "C2", "first_name": "Jean", "last_name": "Martin", "city": "Paris", "postcode": "75011"},
    {"reference": "C3", "first_name": "Martine", "last_name": "Jeannin", "phone": "+442079460958"},
    {"reference": "C4", "first_name": "Jean", "last_name": "Martin", "city": "Lyon", "postcode": "69001"},
]  # fmt: skip


@pytest.fixture
def people(now: datetime) -> None:
    actions.upsert(PEOPLE, now)
    words.learn_all()


def found(text: str) -> list[tuple[str, str]]:
    return [(one.customer.reference, one.why) for one in queries.search(text)]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("c1", ("C1", "reference")), ("ZOE@example.org", ("C1", "email")), ("zoe@", ("C1", "email")),
        ("zoe@exmaple.org", ("C1", "similar_email")), ("06 12 34 56 78", ("C1", "phone")), ("06 12 3", ("C1", "phone")),
        ("06 12 34 56 87", ("C1", "similar_phone")), ("0033612345678", ("C1", "phone")), ("+44 20 79", ("C3", "phone")),
        ("lefevre zoe", ("C1", "name")), ("Mme Lefèvre", ("C1", "name")), ("lefevr", ("C1", "name")),
        ("Lefevbre", ("C1", "similar")), ("Zoé Lefverre", ("C1", "similar")), ("lfevre", ("C1", "similar")),
        ("zoe.lefevre@gmial.com", ("C1", "name")), ("jeanin martine", ("C3", "similar")),
        ("martin paris", ("C2", "place")), ("martin 69", ("C4", "place")),
    ],
)  # fmt: skip
def test_somebody_is_found_and_the_page_says_why(text: str, first: tuple[str, str]) -> None:
    assert found(text)[0] == first
    assert queries.search(text)[0].reason


@pytest.mark.usefixtures("people")
def test_whole_words_come_before_beginnings_and_those_before_slips() -> None:
    assert [reference for reference, _ in found("martin")] == ["C2", "C4", "C3"]
    assert found("jean martni")[0][1] == "similar"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("text", ["", "z", "zoi", "xyz", "lefevre paul", "07", "%", "_", "\x00", "' or 1=1 --", "@@@"])
def test_nobody_is_found_by(text: str) -> None:
    assert found(text) == []


@pytest.mark.usefixtures("people")
def test_a_search_looks_only_among_those_asked_for_and_gives_no_more_than_asked() -> None:
    assert [one.customer.reference for one in queries.search("martin", among=Q(city="Lyon"))] == ["C4"]
    assert len(queries.search("jean", at_most=1)) == 1


@pytest.fixture
def cards() -> Iterator[None]:
    search.register_finder("card", 1, lambda text: [2_000_000_000] if text == "777" else [])
    yield
    search._finders.pop("card")


@pytest.mark.usefixtures("cards")
def test_a_package_above_finds_by_its_own_values(now: datetime) -> None:
    row = actions.Submitted(customer_id=2_000_000_000, reference="K", values={"city": "Metz"}, source="x", at=now)
    actions.submit([row], now)
    assert found("777") == [("K", "card")]
    assert found("778") == []


@settings(max_examples=50, deadline=None)
@given(text=st.text(alphabet=st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"]), max_size=20))
def test_postgresql_splits_names_as_python_does(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(customers_words(%s, ''))", [text])
        assert set(cursor.fetchone()[0]) == set(rules.words(text))


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=30))
def test_no_text_breaks_a_search(text: str) -> None:
    assert queries.search(text) == []


def test_a_slip_of_the_keyboard_is_one_letter_away() -> None:
    near = spelling.near("martin", spelling.OF_NAMES)
    assert {"martni", "matin", "marten", "martiin", "amrtin"} <= near
    assert "martin" not in near
    assert spelling.near_numbers("+33612345678") & {"+33612345687", "+3361234567"}
    assert all(one.startswith("+33") for one in spelling.near_numbers("+33612345678"))


@pytest.mark.usefixtures("people")
def test_words_nobody_is_called_any_more_are_forgotten() -> None:
    actions.upsert([{"reference": "C1", "last_name": "Roux"}, {"reference": "C2", "last_name": "Roux"}], _later())
    words.forget(["Zoé Lefèvre", "Martin"])
    left = set(Word.objects.values_list("word", flat=True))
    assert "lefevre" not in left
    assert {"zoe", "martin"} <= left


def _later() -> datetime:
    return datetime.fromisoformat("2026-11-20T10:00:00+00:00")
