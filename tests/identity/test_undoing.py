"""Any merges and un-merges of anybody, in any order: what is left of them is what a model says, and nothing more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale.consent import actions as consent
from cordiale.consent.models import Consent
from cordiale.consent.rules import ConsentEntry
from cordiale.customers.models import Customer
from cordiale.errors import NotFound, Refused
from cordiale.home import Home
from cordiale.identity.actions import Told, merge, tell, unmerge
from cordiale.identity.models import Alias, Conflict, Identity, Merge

START = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = 4
WHO = st.integers(0, PEOPLE - 1)
NAMES = st.sampled_from(["Ana", "Anna", "Bob", "Eve"])
MERGES = st.tuples(st.just("merge"), WHO, WHO)
STEPS = st.one_of(
    MERGES,
    st.tuples(st.just("unmerge"), WHO, WHO),
    st.tuples(st.just("tell"), WHO, NAMES),
    st.tuples(st.just("consent"), WHO, st.sampled_from(["granted", "withdrawn"])),
)


class Model:
    """Who is merged into whom, directly."""

    def __init__(self) -> None:
        self.into: dict[int, int] = {}

    def head(self, number: int) -> int:
        while number in self.into:
            number = self.into[number]
        return number


def state() -> dict[str, Any]:
    columns = [one.name for one in Customer._meta.fields if one.name not in ("updated_at", "merged_into")]
    return {
        "customers": list(Customer.everyone.order_by("id").values(*columns, "merged_into_id")),
        "identities": sorted(Identity.objects.values_list("kind", "value", "customer_id")),
        "conflicts": sorted(Conflict.objects.values_list("kind", "value", "holder_id", "claimant_id")),
        "consents": sorted(Consent.objects.values_list("customer_id", "state", "since", "proof_id")),
        "aliases": sorted((a, c) for a, c in Alias.objects.values_list("alias_id", "customer_id") if a != c),
    }


def apply(step: tuple[str, Any, Any], numbers: list[int], model: Model, at: datetime) -> None:
    verb, who, what = step
    if verb == "merge":
        a, b = numbers[who], numbers[what]
        if a == b or a in model.into or b in model.into:
            with pytest.raises(Refused):
                merge(a, b, actor="test", reason="", now=at)
            return
        merge(a, b, actor="test", reason="", now=at)
        model.into[b] = a
    elif verb == "unmerge":
        if numbers[who] in model.into:
            unmerge(numbers[who], actor="test", now=at)
            del model.into[numbers[who]]
        else:
            with pytest.raises(NotFound):
                unmerge(numbers[who], actor="test", now=at)
    elif verb == "tell":
        named = {"reference": f"u{who}", "email": f"e{who}@b.fr"}
        assert tell([Told(identifiers=named, values={"first_name": what}, source="s", at=at)], at) == [numbers[who]]
    else:
        said = {"purpose": "offers", "channel": "email", "state": what, "source": "form"}
        consent.record([ConsentEntry(customer_id=numbers[who], at=at, **said)], at)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(STEPS, max_size=8), merges=st.lists(MERGES, min_size=1, max_size=5), data=st.data())
def test_merges_taken_back_in_any_order_leave_nothing(
    before: list[Any], merges: list[Any], data: st.DataObject, fresh_home: Home
) -> None:
    mark = transaction.savepoint()
    try:
        leave_nothing(before, merges, data)
    finally:
        transaction.savepoint_rollback(mark)


def leave_nothing(before: list[Any], merges: list[Any], data: st.DataObject) -> None:
    model, at = Model(), START
    rows = [Told(identifiers={"reference": f"u{n}"}, values={}, source="s", at=at) for n in range(PEOPLE)]
    numbers = tell(rows, at)
    for step in before:
        at += timedelta(hours=1)
        apply(step, numbers, model, at)
    was, kept = state(), dict(model.into)
    for step in merges:
        at += timedelta(hours=1)
        apply(step, numbers, model, at)
    heads = {number: model.head(number) if number in model.into else None for number in numbers}
    assert dict(Customer.everyone.values_list("id", "merged_into_id")) == heads
    for number in data.draw(st.permutations(sorted(set(model.into) - set(kept)))):
        at += timedelta(hours=1)
        unmerge(number, actor="test", now=at)
    assert state() == was
    assert Merge.objects.filter(undone_at=None).count() == len(kept)
