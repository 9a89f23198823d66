"""Merging and taking it back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cordiale.consent import actions as consent
from cordiale.consent.models import Consent, ConsentProof
from cordiale.consent.queries import may_contact
from cordiale.consent.rules import ConsentEntry
from cordiale.customers.models import Customer
from cordiale.errors import NotFound, Refused
from cordiale.home import Home
from cordiale.identity.actions import Seen, Told, merge, publish_aliases, resolve_events, tell, unmerge
from cordiale.identity.models import Merge
from cordiale.identity.queries import family, resolve, survivors
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db


def told(now: datetime, reference: str, days: int = 0, **values: str) -> int:
    row = Told(identifiers={"reference": reference}, values=values, source=reference, at=now + timedelta(days=days))
    return tell([row], now)[0]


@pytest.fixture
def two(now: datetime, fresh_home: Home) -> tuple[int, int]:
    one = told(now, "u1", first_name="Ana", email="ana@b.fr")
    return one, told(now, "u2", -1, first_name="Anna", last_name="Roy", phone="+33612345678")


def both(a: int, b: int, now: datetime) -> Merge:
    return merge(a, b, actor="cli", reason="same person", now=now)


def test_the_survivor_knows_what_both_knew(two: tuple[int, int], now: datetime) -> None:
    ana, anna = two
    both(ana, anna, now)
    survivor = Customer.objects.get()
    assert (survivor.id, survivor.first_name, survivor.last_name) == (ana, "Ana", "Roy")
    assert (survivor.phone, resolve("reference", "u2"), family(ana)) == ("+33612345678", ana, [ana, anna])


def test_taking_it_back_gives_back_what_was(two: tuple[int, int], now: datetime) -> None:
    before = list(Customer.everyone.order_by("id").values())
    both(*two, now)
    unmerge(two[1], actor="cli", now=now)
    after = list(Customer.everyone.order_by("id").values())
    assert [{**row, "updated_at": None} for row in after] == [{**row, "updated_at": None} for row in before]
    assert Merge.objects.get().undone_by == "cli"


def test_what_is_told_of_a_merged_customer_goes_back_with_it(two: tuple[int, int], now: datetime) -> None:
    ana, anna = two
    both(ana, anna, now)
    assert told(now, "u2", 1, last_name="Leroy") == anna
    assert Customer.objects.get(id=ana).last_name == "Leroy"
    unmerge(anna, actor="cli", now=now)
    assert [one.last_name for one in Customer.objects.order_by("id")] == ["", "Leroy"]


def test_facts_follow_and_come_back(two: tuple[int, int], now: datetime) -> None:
    ana, anna = two
    visitor = resolve_events([Seen(user_id=None, anonymous_id="x", at=now)], now)[0]
    resolve_events([Seen(user_id="u2", anonymous_id="x", at=now)], now)
    both(ana, anna, now)
    publish_aliases()
    assert open_lake().state().aliases.sort_by("alias_id").to_pylist() == [
        {"alias_id": anna, "customer_id": ana}, {"alias_id": visitor, "customer_id": ana},
    ]  # fmt: skip
    unmerge(anna, actor="cli", now=now)
    publish_aliases()
    assert open_lake().state().aliases.to_pylist() == [{"alias_id": visitor, "customer_id": anna}]


def test_what_cannot_be_merged_is_refused_with_the_reason(two: tuple[int, int], now: datetime) -> None:
    ana, anna = two
    third = told(now, "u3")
    both(ana, anna, now)
    with pytest.raises(Refused, match="into itself"):
        both(ana, ana, now)
    with pytest.raises(Refused, match=f"merged into {ana} already"):
        both(third, anna, now)
    with pytest.raises(Refused, match="already"):
        both(anna, third, now)
    with pytest.raises(NotFound):
        both(ana, 10**9, now)
    with pytest.raises(NotFound, match="not merged"):
        unmerge(third, actor="cli", now=now)
    Customer.objects.filter(id=third).update(restricted_at=now)
    with pytest.raises(Refused, match="restriction"):
        both(ana, third, now)


def test_a_link_in_the_middle_of_a_chain_comes_undone(now: datetime, fresh_home: Home) -> None:
    a, b, c = (told(now, name, place, first_name=name) for place, name in enumerate(["u1", "u2", "u3"]))
    both(b, a, now)
    both(c, b, now)
    assert survivors([a, b]) == {a: c, b: c}
    unmerge(a, actor="cli", now=now)
    assert survivors([a, b]) == {a: a, b: c}
    assert Customer.objects.get(id=a).first_name == "u1"
    unmerge(b, actor="cli", now=now)
    assert Customer.objects.count() == 3


def said(customer: int, state: str, at: datetime, source: str = "form") -> None:
    consent.record(
        [ConsentEntry(customer_id=customer, purpose="offers", channel="email", state=state, at=at, source=source)], at
    )


def test_a_merge_resubscribes_nobody(two: tuple[int, int], now: datetime) -> None:
    ana, anna = two
    said(ana, "granted", now)
    said(anna, "withdrawn", now - timedelta(days=9))
    both(ana, anna, now)
    assert may_contact([ana], "offers", "email") == set()
    said(ana, "granted", now + timedelta(days=1), source="import")
    assert may_contact([ana], "offers", "email") == set()
    said(ana, "granted", now + timedelta(days=2))
    assert may_contact([ana], "offers", "email") == {ana}


def test_the_ledger_stays_and_the_states_come_back(two: tuple[int, int], now: datetime) -> None:
    ana, anna = two
    said(ana, "granted", now)
    said(anna, "withdrawn", now - timedelta(days=9))
    columns = ("customer_id", "purpose_id", "channel", "state", "since", "proof_id")
    before = sorted(Consent.objects.values_list(*columns))
    both(ana, anna, now)
    said(anna, "withdrawn", now + timedelta(days=1))
    unmerge(anna, actor="cli", now=now + timedelta(days=2))
    after = sorted(Consent.objects.values_list(*columns))
    assert after[0] == before[0]
    assert after[1][3] == "withdrawn"
    assert ConsentProof.objects.count() == 3
