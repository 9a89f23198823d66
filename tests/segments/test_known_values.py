"""Values that the builder proposes: of traits, of facts, of the profile, and of events' properties."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cordiale.accounts.models import Staff
from cordiale.lake import open_lake
from cordiale.segments import queries
from cordiale.segments.builder.controls import Control, Painter, RuleView
from cordiale.segments.builder.offers import offers
from cordiale.segments.builder.outline import Rule
from cordiale.segments.builder.subjects import helps, subjects
from cordiale.segments.queries import known_values
from cordiale.segments.queries.known_values import TopValue
from tests.segments.conftest import NOW, event


@pytest.fixture
def told(snapshot: dict[str, int]) -> dict[str, int]:
    """Three customers tell of carts: a currency they share, an address that is one's own."""
    said: list[dict[str, Any]] = [
        {"currency": "EUR", "total": 12, "email": "a@example.org", "bad\nname": 1, "nested": {"a": 1}},
        {"currency": "EUR", "total": 12, "is_gift": True},
        {"currency": "USD", "total": 5},
    ]
    rows = [{**event(who, 1, "Cart Told"), "properties": json.dumps(one)} for who, one in enumerate(said, 1)]
    broken = {**event(4, 1, "Cart Told"), "properties": "{"}
    open_lake().append("events", pa.Table.from_pylist([*rows, broken]))
    return snapshot


def test_values_are_found_without_case_or_accents(snapshot: dict[str, int]) -> None:
    assert [one.value for one in queries.top_values("city", NOW, containing="hay roses")] == ["L'Haÿ-les-Roses"]
    assert [one.value for one in queries.top_values("orders.category", NOW, containing="EES")] == ["cheese"]
    assert [one.value for one in queries.top_values("favourite_category", NOW, containing="wi")] == ["wine"]
    assert queries.top_values("city", NOW, containing="nowhere") == []


def test_an_events_properties_are_proposed_by_how_many_sent_them(told: dict[str, int]) -> None:
    assert [(one.value, one.many) for one in queries.property_names("Cart Told")] == [
        ("currency", 3), ("total", 3), ("email", 1), ("nested", 1), ("is_gift", 1),
    ]  # fmt: skip
    assert queries.property_names("Page Viewed") == []
    assert [one.value for one in queries.property_names("", containing="CURR")] == ["currency"]


def test_a_value_that_only_one_customer_sent_is_never_shown(told: dict[str, int]) -> None:
    assert queries.property_values("Cart Told", "currency") == [TopValue(value="EUR", many=2)]
    assert queries.property_values("Cart Told", "total") == [TopValue(value="12", many=2)]
    assert queries.property_values("Cart Told", "email") == []
    assert queries.property_values("Cart Told", "unheard-of") == []


@given(st.lists(st.text(min_size=1, max_size=5), min_size=100, max_size=200, unique=True))
def test_no_more_than_fifty_are_proposed(values: list[str]) -> None:
    assert len(known_values._narrowed([TopValue(value=one, many=1) for one in values], "")) == known_values.MOST


def test_the_page_asks_for_the_values_it_proposes(told: dict[str, int]) -> None:
    client = Client()
    client.force_login(Staff.objects.create(email="m@example.org", role="marketer", language="en", created_at=NOW))

    def asked(query: str) -> list[tuple[str, str]]:
        found = client.get(f"/segments/build/values/?{query}").json()["values"]
        return [(one["value"], one["said"]) for one in found]

    assert asked("name=city&q=par") == [("Paris", "1 customer")]
    assert asked("name=orders.category&q=wine") == [("wine", "4 times")]
    assert asked("name=events.property&event=Cart+Told&property=currency") == [("EUR", "2 customers")]
    assert asked("name=events.properties&event=Cart+Told&q=tot") == [("total", "3 customers")]
    assert asked("name=password") == asked("name=email") == asked("") == []


def shown(**flat: Any) -> list[Control]:
    view = Painter(offers=offers("en"), language="en").part(Rule(flat), "0")
    assert isinstance(view, RuleView)
    return [*view.controls, *(control for row in view.conds for control in row.controls)]


def test_several_values_are_proposed_where_they_are_known(snapshot: dict[str, int]) -> None:
    assert shown(about="field:city", op="in", v="Lyon\nParis")[-1].suggest == "name=city"
    assert shown(about="field:age", op="in", v="30")[-1].suggest == ""
    cond = {"column": "property", "property": "currency", "op": "in", "v": ""}
    controls = shown(about="fact:events", op="once", subject="Cart Told", conds=[cond])
    assert controls[-1].suggest == "name=events.property&event=Cart+Told&property=currency"
    assert [one.reshapes for one in controls if one.name.endswith("conds.0.property")] == [True]


def test_subjects_stand_by_family_with_what_they_mean(snapshot: dict[str, int]) -> None:
    known = offers("en")
    with translation.override("en"):
        groups = {title: [one.value for one in options] for title, options in subjects(known, "field:gone")}
        told = helps(known)
    assert "field:spend_90d" in groups["Traits of orders"]
    assert "field:messages_90d" in groups["Traits of messages"]
    assert groups["Other"][-1] == "field:gone"
    assert sum(map(len, groups.values())) == len(known.catalogue.fields) + len(known.catalogue.functions) + 8
    assert told["field:recency_days"].endswith("Unit: days.")
