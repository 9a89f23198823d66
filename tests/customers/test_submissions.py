"""What sources say becomes one record; it can be corrected and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale import company as company_package
from cordiale.customers import actions, history, queries
from cordiale.customers.actions import Submitted
from cordiale.customers.models import Customer, Submission
from cordiale.customers.rules import RowRefused
from cordiale.customers.signals import customers_changed
from cordiale.customers.validation import NotValid
from cordiale.errors import NotFound, Refused
from cordiale.home import Home

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told(values: dict[str, Any], at: datetime, source: str = "crm", **more: Any) -> Submitted:
    return Submitted(values=values, source=source, at=at, **more)


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What packages above are told."""
    calls: list[dict[str, Any]] = []

    def listen(**said: Any) -> None:
        calls.append({name: said[name] for name in ("customer_ids", "fields", "is_new")})

    customers_changed.connect(listen)
    yield calls
    customers_changed.disconnect(listen)


def test_two_sources_make_one_record_with_the_origin_of_each_value(now: datetime) -> None:
    (first,) = actions.submit([told({"first_name": "Ana", "city": "Metz"}, now - DAY, reference="A")], now)
    (again,) = actions.submit([told({"city": "Lyon", "household": "2"}, now, "shop", reference="A")], now)
    ana = Customer.objects.get()
    assert first == again == ana.id
    assert (ana.first_name, ana.city, ana.declared) == ("Ana", "Lyon", {"household": "2"})
    assert (ana.origin("city")["source"], ana.origin("first_name")["source"]) == ("shop", "crm")
    assert ana.origin("declared.household")["source"] == "shop"


def test_who_has_no_reference_gets_one_and_a_visitors_number_a_profile(now: datetime) -> None:
    visitor, _spare = actions.reserve_ids(2)
    ids = actions.submit([told({"city": "Metz"}, now), told({"city": "Nice"}, now, customer_id=visitor)], now)
    assert ids[1] == visitor
    assert set(Customer.objects.values_list("reference", flat=True)) == {f"cordiale-{ids[0]}", f"cordiale-{visitor}"}


def test_what_says_nothing_new_is_not_kept_twice(now: datetime, heard: list[dict[str, Any]]) -> None:
    row = told({"city": "Metz"}, now, reference="A")
    actions.submit([row], now)
    heard.clear()
    actions.submit([told({"city": "Metz"}, now + DAY, reference="A")], now + DAY)
    assert Submission.objects.count() == 1
    assert Customer.objects.get().updated_at == now
    assert heard == []


def test_packages_above_hear_who_is_new_and_what_changed(now: datetime, heard: list[dict[str, Any]]) -> None:
    (one,) = actions.submit([told({"city": "Metz"}, now, reference="A")], now)
    actions.submit([told({"city": "Lyon", "first_name": "Ana"}, now + DAY, reference="A")], now + DAY)
    assert heard == [
        {"customer_ids": [one], "fields": ["city"], "is_new": True},
        {"customer_ids": [one], "fields": ["city", "first_name"], "is_new": False},
    ]
    heard.clear()
    actions.submit([told({"income": "high"}, now, reference="A")], now)
    assert [one["fields"] for one in heard] == [["income"]]


def test_what_is_not_known_is_as_the_company_is(now: datetime, fresh_home: Home) -> None:
    path = fresh_home.company_file("company.yaml", company_package._DEFAULT)
    path.write_text(path.read_text().replace("Europe/Paris", "Europe/Brussels"))
    (one,) = actions.load(pa.table({"city": ["Gand"]}), source="file", at=now, now=now).to_pylist()
    assert actions.reckon([one], now) == []
    assert (Customer.objects.get().timezone, Customer.objects.get().sources["*"]["source"]) == (
        "Europe/Brussels",
        "file",
    )


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_tell_of_the_same_new_customer_make_one(now: datetime) -> None:
    def tell(source: str) -> int:
        try:
            return actions.submit([told({"city": source}, now, source, reference="A")], now)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(tell, ["a", "b", "c", "d"]))
    assert ids == set(Customer.objects.values_list("id", flat=True))
    assert Submission.objects.count() == 4


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"values": {"email": "no"}}, "row 2: 'email'"), ({"values": {"ciy": "Metz"}}, "did you mean 'city'"),
        ({"standing": "best"}, "row 2: 'best'"), ({"certainty": 2}, "certainty"), ({"reference": "x" * 65}, "64"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_nothing_is_written(row: dict[str, Any], word: str, now: datetime) -> None:
    good = told({"city": "Metz"}, now, reference="A")
    with pytest.raises(RowRefused, match=word):
        actions.submit([good, Submitted(**{"values": {}, "source": "crm", "at": now} | row)], now)
    assert not Customer.objects.exists()


_ROWS = st.lists(
    st.tuples(st.sampled_from(["crm", "shop"]), st.sampled_from(["city", "first_name"]), st.sampled_from(["X", "Y"]),
              st.integers(0, 3), st.sampled_from(["fill", "normal", "own"])),
    max_size=6, unique_by=lambda row: (row[1], row[3], row[0]),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_ROWS, seed=st.integers())
def test_told_at_once_or_one_by_one_in_any_order_it_is_folded_from_all_that_is_kept(
    rows: list[tuple[str, str, str, int, str]], seed: int
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = [told({field: value}, start + day * DAY, source, reference=f"S{seed}", standing=standing)
            for source, field, value, day, standing in rows]  # fmt: skip
    for one in Random(seed).sample(made, len(made)):
        actions.submit([one], start + 9 * DAY)
    before = Customer.objects.filter(reference=f"S{seed}").values().first()
    assert actions.reckon(Customer.objects.filter(reference=f"S{seed}").values_list("id", flat=True), start) == []
    assert Customer.objects.filter(reference=f"S{seed}").values().first() == before


def test_a_correction_counts_before_later_sources_and_may_say_that_there_is_none(now: datetime) -> None:
    (ana,) = actions.submit([told({"city": "Metz", "phone": "0612345678"}, now, reference="A")], now)
    assert actions.correct(ana, {"city": "Lyon", "phone": "", "street": ""}, now + DAY) == ["city", "phone"]
    actions.submit([told({"city": "Nice", "phone": "0612345679"}, now + 2 * DAY, reference="A")], now + 2 * DAY)
    one = Customer.objects.get()
    assert (one.city, one.phone) == ("Lyon", "")


def test_a_correction_of_what_changed_meanwhile_is_refused_with_how_it_is_now(now: datetime) -> None:
    (ana,) = actions.submit([told({"city": "Metz"}, now, reference="A")], now)
    actions.correct(ana, {"city": "Lyon"}, now + DAY, seen_at=now)
    with pytest.raises(actions.ChangedMeanwhile) as refusal:
        actions.correct(ana, {"city": "Nice"}, now + DAY, seen_at=now)
    assert refusal.value.current.city == "Lyon"
    with pytest.raises(NotValid, match="email"):
        actions.correct(ana, {"email": "no"}, now)


def test_a_source_taken_back_leaves_what_the_others_say(now: datetime) -> None:
    a, b = actions.submit(
        [
            told({"city": "Metz"}, now, reference="A"),
            told({"city": "Nice", "email": "b@b.fr"}, now, "file", reference="B"),
        ],
        now,
    )
    actions.submit([told({"city": "Lyon", "first_name": "Ana"}, now + DAY, "file", reference="A")], now + DAY)
    (withdrawn,) = actions.withdraw_source("file", now + 2 * DAY)
    assert (sorted(withdrawn.changed), withdrawn.emptied, withdrawn.gone) == ([a, b], [b], [])
    ana, bob = Customer.objects.order_by("reference")
    assert (ana.city, ana.first_name, bob.city, bob.email, bob.sources) == ("Metz", "", "", "", {})
    assert actions.discard([a, b]) == [b]


def test_a_value_that_no_source_is_known_of_stays(now: datetime) -> None:
    old = Customer.objects.create(reference="A", city="Metz", created_at=now, updated_at=now)
    actions.submit([told({"first_name": "Ana"}, now, reference="A")], now)
    old.refresh_from_db()
    assert (old.city, old.first_name) == ("Metz", "Ana")


@pytest.fixture
def merged(now: datetime) -> tuple[int, int]:
    """Customer B merged into A."""
    a, b = actions.submit(
        [
            told({"city": "Metz"}, now, reference="A"),
            told({"city": "Nice", "email": "b@b.fr"}, now + DAY, reference="B"),
        ],
        now,
    )
    Customer.everyone.filter(id=b).update(merged_into=a)
    actions.reckon([b], now)
    return a, b


def test_a_merged_customer_is_folded_into_the_survivor_and_back(merged: tuple[int, int], now: datetime) -> None:
    a, b = merged
    before = Customer.everyone.values().get(id=b)
    assert (Customer.objects.get().id, Customer.objects.get().email) == (a, "b@b.fr")
    assert queries.get_customer("B").id == queries.get_customer(str(b)).id == a
    assert queries.find("b@b.fr")[0].id == a
    actions.submit([told({"city": "Lyon"}, now + 2 * DAY, customer_id=b)], now)
    assert Customer.objects.get().city == "Lyon"
    Customer.everyone.filter(id=b).update(merged_into=None)
    actions.reckon([a, b], now)
    assert Customer.objects.get(id=a).city == "Metz"
    assert Customer.objects.get(id=b).city == "Lyon"
    assert Customer.objects.get(id=b).email == before["email"]


def test_a_history_shows_what_each_source_said_and_why_one_is_kept(merged: tuple[int, int], now: datetime) -> None:
    city = next(one for one in history.of(Customer.objects.get()) if one.name == "city")
    assert [(one.raw, one.is_kept) for one in city.told] == [("Nice", True), ("Metz", False)]
    assert "latest" in city.why or "récente" in city.why


def test_a_merge_that_runs_in_a_circle_is_nobody(merged: tuple[int, int], now: datetime) -> None:
    a, b = merged
    Customer.everyone.filter(id=a).update(merged_into=b)
    with pytest.raises(NotFound):
        queries.get_customer("A")
    with pytest.raises(Refused):
        actions.submit([told({"city": "Lyon"}, now, customer_id=a)], now)


TABLE = pa.table({
    "reference": ["A", "B", "A", None], "first_name": ["Ana", "Bob", None, "Cy"],
    "city": ["Metz", 'Aix "les" \\B', "Lyon", None],
    "household_size": ["2", None, None, None],
})  # fmt: skip


def test_a_table_is_loaded_as_rows_are_submitted(now: datetime, heard: list[dict[str, Any]]) -> None:
    ids = actions.load(TABLE, source="file", at=now, now=now).to_pylist()
    assert ids[0] == ids[2]
    loaded = [_facts(Customer.objects.get(id=id_)) for id_ in ids]
    assert [one["customer_ids"] for one in heard if one["is_new"]] == [[ids[0], ids[1], ids[3]]]
    Customer.objects.all().delete()
    rows = [told({name: value for name, value in row.items() if name != "reference" and value}, now, "file",
                 reference=row["reference"] or "") for row in TABLE.to_pylist()]  # fmt: skip
    assert [_facts(Customer.objects.get(id=id_)) for id_ in actions.submit(rows, now)] == loaded


def _facts(one: Customer) -> dict[str, Any]:
    said = [(each.source, each.at, each.standing, each.values) for each in one.submissions.order_by("id")]
    return {
        "names": (one.first_name, one.city, one.country, one.timezone), "declared": one.declared,
        "sources": one.sources, "created_at": one.created_at, "said": said,
    }  # fmt: skip


def test_loading_again_keeps_nothing_twice_and_adds_what_is_new(now: datetime) -> None:
    ids = actions.load(TABLE.slice(0, 2), source="file", at=now, now=now)
    assert actions.load(TABLE.slice(0, 2), source="file", at=now + DAY, now=now + DAY) == ids
    assert Submission.objects.count() == 2
    changed = pa.table({"customer_id": ids, "city": ["Brest", None]})
    actions.load(changed, source="file", at=now + DAY, now=now + DAY, standing={"city": "own"})
    assert list(Customer.objects.order_by("reference").values_list("city", flat=True)) == ["Brest", 'Aix "les" \\B']
    assert Submission.objects.get(standing="own").values == {"city": "Brest"}


def test_a_visitors_number_and_known_since_are_taken_from_the_table(now: datetime) -> None:
    (visitor,) = actions.reserve_ids(1)
    since = pa.array([now - DAY], pa.timestamp("us", tz="UTC"))
    rows = pa.table({"customer_id": [visitor], "reference": ["V"], "city": ["Metz"], "created_at": since})
    assert actions.load(rows, source="file", at=now, now=now).to_pylist() == [visitor]
    assert (Customer.objects.get().reference, Customer.objects.get().created_at) == ("V", now - DAY)
