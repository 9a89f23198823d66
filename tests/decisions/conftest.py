"""The cast: customers who consented, a template, and the shortest way to propose a contact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest

from cordiale.consent import actions as consent
from cordiale.consent.rules import ConsentEntry
from cordiale.content.models import Template, TemplateVersion
from cordiale.customers.models import Customer
from cordiale.decisions import actions
from cordiale.decisions.models import Decision, Proposal
from cordiale.decisions.rules.plan import Limit


@dataclass
class Cast:
    """Makes customers and proposals."""

    now: datetime
    walks: count[int] = field(default_factory=lambda: count(1))
    references: count[int] = field(default_factory=lambda: count(1))

    def customer(self, *, consents: bool = True, **values: object) -> Customer:
        number = next(self.references)
        values = {"reference": f"c{number}", "email": f"c{number}@example.org"} | values
        customer = Customer.objects.create(**values, created_at=self.now, updated_at=self.now)
        if consents:
            self.say(customer, "granted", self.now - timedelta(days=400))
        return customer

    def say(self, customer: Customer, state: str, at: datetime, purpose: str = "offers") -> None:
        entry = ConsentEntry(
            customer_id=customer.pk, purpose=purpose, channel="email", state=state, at=at, source="form"
        )
        consent.record([entry], now=at)

    def propose(self, customer: Customer, now: datetime, *, control: bool = False, programme: str = "win-back",
                priority: int = 0, limits: tuple[Limit, ...] = (), within: timedelta = timedelta(days=3),
                purpose: str = "offers") -> Proposal:  # fmt: skip
        walk = next(self.walks)
        ask = actions.Ask(
            programme=programme, step="0", channel="email", purpose=purpose, template="hello", priority=priority,
            limits=limits, now=now, expires_at=now + within,
        )  # fmt: skip
        actions.propose(ask, [actions.Proposed(walk, customer.pk, 1, control)])
        return Proposal.objects.get(enrolment_id=walk)

    def contacted(self, customer: Customer, *instants: datetime, channel: str = "email", purpose: str = "news") -> None:
        rows = [
            {"customer_id": customer.pk, "ts": at, "channel": channel, "purpose": purpose, "programme": "past"}
            for at in instants
        ]
        actions.record_past_contacts(rows, now=self.now)


@pytest.fixture
def cast(db: None, now: datetime) -> Cast:
    template = Template.objects.create(name="hello", channel="email")
    template.current = TemplateVersion.objects.create(
        template=template, number=1, sources={}, checksum="0", created_at=now
    )
    template.save()
    return Cast(now=now)


@pytest.fixture
def answer() -> Callable[[Proposal], tuple[str, str]]:
    """The last verdict and rule of a proposal."""

    def last(proposal: Proposal) -> tuple[str, str]:
        decision = Decision.objects.filter(proposal=proposal).latest("at", "id")
        return decision.verdict, decision.rule

    return last
