"""What a merge does to programmes, decisions, segments and messages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils.translation import override

from cordiale.consent.queries import standing
from cordiale.customers.models import Customer
from cordiale.decisions.models import Contact, Proposal
from cordiale.home import Home
from cordiale.identity.actions import Told, merge, tell, unmerge
from cordiale.programmes import statements
from cordiale.programmes.entries import _rows
from cordiale.programmes.models import Enrolment, Programme, ProgrammeVersion
from cordiale.programmes.why_not import _restricted
from cordiale.segments.models import Membership, Segment
from cordiale.segments.queries.people import profiles

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(now: datetime, fresh_home: Home) -> list[int]:
    return tell([Told(identifiers={"reference": name}, values={}, source="s", at=now) for name in ("u1", "u2")], now)


@pytest.fixture
def programme(now: datetime) -> Programme:
    made = Programme.objects.create(name="hello", salt="s", created_at=now, updated_at=now)
    made.current = ProgrammeVersion.objects.create(programme=made, number=1, source="", applied_at=now, actor="t")
    made.save()
    return made


@pytest.fixture
def segment(two: list[int], now: datetime) -> Segment:
    made = Segment.objects.create(name="all", expression="", created_at=now, updated_at=now)
    Membership.objects.bulk_create(Membership(segment=made, customer_id=one, entered_at=now) for one in two)
    return made


def enrol(programme: Programme, customers: list[int], now: datetime) -> int:
    values = {
        "customers": customers, "programme": programme.pk, "version": programme.current_id, "salt": "s", "control": 0.0,
        "now": now, "step": "0", "due": now, "again": False, "last_entry_until": now, "panel": "all", "excluded": [],
    }  # fmt: skip
    return len(_rows(statements.ENROL, **values))


def state() -> list[object]:
    models = (Enrolment, Membership, Proposal, Contact)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_merge_ends_what_ran_and_gives_it_back(
    two: list[int], programme: Programme, segment: Segment, now: datetime
) -> None:
    one, other = two
    assert enrol(programme, two, now) == 2
    walk = Enrolment.objects.get(customer=other)
    Proposal.objects.create(
        programme="hello", enrolment_id=walk.pk, step="0", customer_id=other, channel="email", purpose="offers",
        template="t", is_control=False, proposed_at=now, expires_at=now, not_before=now,
    )  # fmt: skip
    Contact.objects.create(customer_id=other, at=now, channel="email", purpose="offers", programme="hello")
    before = state()
    later = now + timedelta(hours=1)
    merge(one, other, actor="t", reason="", now=later)
    walk.refresh_from_db()
    assert (walk.exit_reason, walk.exited_at, walk.due_at) == ("merged", later, None)
    assert not Proposal.objects.get().is_open
    assert Contact.objects.get().customer_id == one
    assert Membership.objects.get(left_at=None).customer_id == one
    unmerge(other, actor="t", now=later)
    assert state() == before


def test_nobody_enters_again_by_a_merge(two: list[int], programme: Programme, segment: Segment, now: datetime) -> None:
    one, other = two
    assert enrol(programme, [other], now) == 1
    merge(one, other, actor="t", reason="", now=now)
    assert enrol(programme, two, now) == 0


def test_a_restricted_customer_hears_why_no_programme_takes_them(two: list[int], now: datetime) -> None:
    Customer.objects.filter(id=two[0]).update(restricted_at=now)
    with override("fr"):
        [(rule, told, _)] = _restricted(two[0])
    assert (rule, told[:40]) == ("restricted", "Le client a demandé la limitation du tra")
    assert list(_restricted(two[1])) == []


def test_merged_and_restricted_customers_are_not_planned_for(
    two: list[int], programme: Programme, segment: Segment, now: datetime
) -> None:
    one, other = two
    Customer.objects.filter(id=one).update(restricted_at=now)
    assert enrol(programme, [one], now) == 0
    assert standing([one], "offers", "email") == {one: "restricted"}
    Customer.objects.filter(id=one).update(restricted_at=None)
    merge(one, other, actor="t", reason="", now=now)
    assert standing([other], "offers", "email") == {other: "merged"}
    assert profiles(["city"], [], now.date())["customer_id"].to_pylist() == [one]
