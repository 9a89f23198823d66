"""A small company whose programme has run: rows as the engine writes them, and the orders in the lake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from cordiale.content.models import Template, TemplateVersion
from cordiale.customers.models import Customer
from cordiale.decisions.models import Decision, Proposal
from cordiale.deliveries.models import Message, Outcome
from cordiale.lake import open_lake
from cordiale.programmes.models import Enrolment, Programme, ProgrammeVersion, Status

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOURCE = """
programme: win-back
title: {{fr: Reconquête, en: Win back}}
objective: {{kind: reactivation, metric: {metric}, target: 8 %, within: 30 days}}
panel: {{segment: dormant, control: {control}}}
entry: {{on: enters segment dormant}}
consent: {{purpose: offers}}
scenario:
  - send: {{channel: email, template: we-miss-you}}
  - wait: 7 days
  - send: {{channel: email, template: we-miss-you}}
"""


@dataclass
class Asked:
    """One proposal of a walk. `answers` are (instant, verdict, rule); `outcomes` of its message (kind, instant)."""

    at: datetime
    answers: list[tuple[datetime, str, str]] = field(default_factory=list)
    outcomes: list[tuple[str, datetime]] = field(default_factory=list)


@dataclass
class Walk:
    """One customer's walk, the customer by place."""

    customer: int
    entered_at: datetime = START
    is_control: bool = False
    asked: list[Asked] = field(default_factory=list)
    exited: tuple[datetime, str] | None = None
    occurrence: int = 1
    version: int = 1


@dataclass
class Order:
    """One order (or, with a negative amount, a return) of `lines` equal lines."""

    customer: int
    at: datetime
    amount: Decimal
    lines: int = 1


def contacted(customer: int, *, is_control: bool, at: datetime = START) -> Walk:
    """Proposed once and decided at once: sent and handed over, or held back as control."""
    if is_control:
        return Walk(customer, at, True, [Asked(at, [(at, "refused", "control")])])
    return Walk(customer, at, False, [Asked(at, [(at, "sent", "allowed")], [("handed_over", at)])])


def programme(*, control: str = "10 %", metric: str = "order") -> Programme:
    """The programme `win-back`, live since the start; called again it gets a new version."""
    created = {"salt": "s", "status": Status.LIVE, "started_at": START, "created_at": START, "updated_at": START}
    found, _ = Programme.objects.get_or_create(name="win-back", defaults=created)
    source = SOURCE.format(control=control, metric=metric)
    found.current = ProgrammeVersion.objects.create(
        programme=found, number=found.versions.count() + 1, source=source, applied_at=START, actor="test"
    )
    found.save()
    return found


def customers(number: int) -> list[Customer]:
    return Customer.objects.bulk_create(
        Customer(reference=f"C{place:06}", email=f"c{place}@example.org", created_at=START, updated_at=START)
        for place in range(number)
    )


def play(found: Programme, people: list[Customer], walks: list[Walk]) -> None:
    """Write the walks with their proposals, decisions, messages and outcomes."""
    versions = {version.number: version for version in found.versions.all()}
    rows = Enrolment.objects.bulk_create(_enrolment(found, versions, people, walk) for walk in walks)
    pairs = [(row, walk, step, asked) for row, walk in zip(rows, walks, strict=True)
             for step, asked in enumerate(walk.asked)]  # fmt: skip
    proposals = Proposal.objects.bulk_create(_proposal(*pair) for pair in pairs)
    answered = list(zip(proposals, (pair[3] for pair in pairs), strict=True))
    Decision.objects.bulk_create(
        Decision(proposal=proposal, at=at, verdict=verdict, rule=rule)
        for proposal, asked in answered
        for at, verdict, rule in asked.answers
    )
    _send([(proposal, asked) for proposal, asked in answered if asked.answers and asked.answers[-1][1] == "sent"])


def sell(people: list[Customer], orders: list[Order]) -> None:
    """Write orders to the lake; an order's amount is split over its lines."""
    rows = [
        {"customer_id": people[order.customer].pk, "ts": order.at, "order_id": f"O{number}", "line_no": line + 1,
         "product_id": "P", "quantity": 1 if order.amount >= 0 else -1, "amount": order.amount / order.lines,
         "discount": Decimal(0)}
        for number, order in enumerate(orders)
        for line in range(order.lines)
    ]  # fmt: skip
    schema = open_lake().facts["order_lines"].table.columns
    names = [name for name in schema.names if name in rows[0]]
    open_lake().append("order_lines", pa.Table.from_pylist(rows, pa.schema([schema.field(name) for name in names])))


def _enrolment(
    found: Programme, versions: dict[int, ProgrammeVersion], people: list[Customer], walk: Walk
) -> Enrolment:
    exited_at, reason = walk.exited or (None, "")
    return Enrolment(
        programme=found, version=versions[walk.version], customer=people[walk.customer], occurrence=walk.occurrence,
        is_control=walk.is_control, entered_at=walk.entered_at, step="1", arrived_at=walk.entered_at,
        exited_at=exited_at, exit_reason=reason,
    )  # fmt: skip


def _proposal(row: Enrolment, walk: Walk, step: int, asked: Asked) -> Proposal:
    return Proposal(
        programme="win-back", enrolment_id=row.pk, step=str(step), customer_id=row.customer_id, channel="email",
        purpose="offers", template="we-miss-you", is_control=walk.is_control, proposed_at=asked.at,
        expires_at=asked.at + timedelta(days=3), not_before=asked.at,
        is_open=not asked.answers or asked.answers[-1][1] == "postponed",
    )  # fmt: skip


def _send(sent: list[tuple[Proposal, Asked]]) -> None:
    template, _ = Template.objects.get_or_create(name="we-miss-you", channel="email")
    version, _ = TemplateVersion.objects.get_or_create(
        template=template, number=1, defaults={"sources": {}, "checksum": "", "created_at": START}
    )
    messages = Message.objects.bulk_create(
        Message(
            proposal_id=proposal.pk, customer_id=proposal.customer_id, channel="email", purpose="offers",
            programme="win-back", step=proposal.step, template_version=version, to_address="x@example.org",
            planned_at=asked.answers[-1][0],
        )
        for proposal, asked in sent
    )  # fmt: skip
    Outcome.objects.bulk_create(
        Outcome(message=message, kind=kind, at=at)
        for message, (_, asked) in zip(messages, sent, strict=True)
        for kind, at in asked.outcomes
    )
