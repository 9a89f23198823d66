"""A decider written the naive way, one proposal after the other, gives the same answers as the SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale import clock
from cordiale.decisions import actions, rulebook
from cordiale.decisions.models import Contact, Decision, Proposal
from cordiale.decisions.rules.hours import quiet_until
from cordiale.decisions.rules.plan import Limit, Plan

from .conftest import Cast

START = datetime(2026, 10, 23, 6, 0, tzinfo=UTC)  # two days before clocks go back in Europe
HOURS = st.integers(0, 240)
LIMITS = st.sampled_from([(), (Limit(id="own", channel="", purpose="", most=1, window=timedelta(days=4)),)])


@dataclass
class Naive:
    """Proposals and contacts of one customer, in memory."""

    plan: Plan
    zone: str
    consents: bool
    contacts: list[tuple[datetime, str]]
    open: list[Proposal]
    answers: dict[int, list[tuple[datetime, str, str]]] = field(default_factory=dict)

    def decide(self, now: datetime) -> None:
        due = [one for one in self.open if one.not_before <= now]
        for one in sorted(due, key=lambda one: (-one.priority, one.proposed_at, one.pk)):
            verdict, rule, until = self.judge(one, now)
            self.answers.setdefault(one.pk, []).append((now, verdict, rule))
            if verdict == "postponed":
                assert until is not None
                one.not_before = until
            else:
                self.open.remove(one)
            if verdict == "sent" or rule == "control":
                self.contacts.append((now, one.purpose))

    def judge(self, one: Proposal, now: datetime) -> tuple[str, str, datetime | None]:
        if one.expires_at <= now:
            return "refused", "expired", None
        if not self.consents:
            return "refused", "consent", None
        until = quiet_until(now, clock.zone(self.zone), self.plan.quiet_hours["email"])
        if until:
            return self.later(one, "quiet-hours", until)
        blocking = [(frees, -place, rule) for place, rule, frees in self.blocking(one, now)]
        if blocking:
            frees, _, rule = max(blocking)
            return self.later(one, rule, frees)
        return ("refused", "control", None) if one.is_control else ("sent", "allowed", None)

    @staticmethod
    def later(one: Proposal, rule: str, until: datetime) -> tuple[str, str, datetime | None]:
        return ("postponed", rule, until) if until < one.expires_at else ("refused", rule, None)

    def blocking(self, one: Proposal, now: datetime) -> list[tuple[int, str, datetime]]:
        limits = [(place, f"pressure.{limit.id}", limit.purpose, limit.most, limit.window)
                  for place, limit in enumerate(self.plan.limits)]  # fmt: skip
        limits += [(1000, f"own.{limit['id']}", "", limit["max"], timedelta(seconds=limit["window"]))
                   for limit in one.limits]  # fmt: skip
        found = []
        for place, rule, purpose, most, window in limits:
            if purpose not in ("", one.purpose):
                continue
            seen = sorted((at for at, why in self.contacts if now - window < at <= now and purpose in ("", why)),
                          reverse=True)  # fmt: skip
            if len(seen) >= most:
                found.append((place, rule, seen[most - 1] + window))
        return found


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(["Europe/Paris", "America/Sao_Paulo", "Pacific/Auckland", "Asia/Kolkata"]),
    consents=st.booleans() | st.just(True),
    past=st.lists(HOURS.map(lambda hours: START - timedelta(hours=hours * 3)), max_size=6, unique=True),
    wishes=st.lists(st.tuples(HOURS, st.integers(0, 2), st.booleans(), st.integers(1, 96), LIMITS), max_size=8),
    ticks=st.lists(HOURS, min_size=1, max_size=8, unique=True),
)
def test_the_sql_decides_as_a_naive_decider(cast: Cast, zone, consents, past, wishes, ticks):
    customer = cast.customer(timezone=zone, consents=consents)
    cast.contacted(customer, *past)
    proposals = [
        cast.propose(customer, START + timedelta(hours=at), control=control, priority=priority, limits=limits,
                     within=timedelta(hours=hours), programme=f"p{number}")
        for number, (at, priority, control, hours, limits) in enumerate(wishes)
    ]  # fmt: skip
    naive = Naive(
        plan=rulebook.plan(), zone=zone, consents=consents, contacts=[(at, "news") for at in past], open=proposals
    )
    for hours in sorted(ticks):
        actions.decide(START + timedelta(hours=hours))
        naive.decide(START + timedelta(hours=hours))
    decided = Decision.objects.filter(proposal__customer=customer).order_by("at")
    found: dict[int, list[tuple[datetime, str, str]]] = {}
    for one in decided:
        found.setdefault(one.proposal_id, []).append((one.at, one.verdict, one.rule))
    assert found == naive.answers
    assert Contact.objects.filter(customer=customer).count() == len(naive.contacts)
