"""The cast: customers in segments, programmes from a text, facts in a lake of this test's own, and an engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest

from cordiale import facts, home
from cordiale.consent import actions as consent
from cordiale.consent.rules import ConsentEntry
from cordiale.content.models import Template, TemplateVersion
from cordiale.customers.models import Customer
from cordiale.facts.actions import record
from cordiale.programmes import actions, engine
from cordiale.programmes.models import Enrolment, Programme
from cordiale.segments.actions import save_segment

assert facts
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WIN_BACK = """\
programme: win-back
title: {fr: Reconquête, en: Win back}
objective: {kind: reactivation, metric: order, target: 8 %, within: 30 days}
panel: {segment: dormant, exclude: [staff], control: 0 %}
entry: {on: enters segment dormant}
reentry: {after: 180 days}
consent: {purpose: offers}
scenario:
  - send: {channel: email, template: we-miss-you}
  - wait: {for: order, at most: 7 days}
  - if: "orders(since => entry) > 0"
    then: [{exit: goal}]
    else: [{send: {channel: email, template: we-miss-you-again}}]
"""


@dataclass
class Cast:
    """Makes customers, facts and programmes; `city = 'Dormont'` is what makes a customer dormant here."""

    now: datetime
    folder: Path
    numbers: count[int] = field(default_factory=lambda: count(1))

    def customer(self, *, dormant: bool = True, consents: bool = True, **values: object) -> Customer:
        number = next(self.numbers)
        known = {"reference": f"c{number}", "email": f"c{number}@example.org", "city": "Dormont" if dormant else "Lyon"}
        long_ago = self.now - timedelta(days=400)
        customer = Customer.objects.create(**(known | values), created_at=long_ago, updated_at=long_ago)
        if consents:
            entry = ConsentEntry(customer_id=customer.pk, purpose="offers", channel="email", state="granted",
                                 at=long_ago, source="form")  # fmt: skip
            consent.record([entry], now=long_ago)
        return customer

    def move(self, customer: Customer, city: str, now: datetime) -> None:
        Customer.objects.filter(pk=customer.pk).update(city=city, updated_at=now)

    def order(self, customer: Customer, at: datetime, amount: str = "12.50") -> None:
        number = next(self.numbers)
        row = {"customer_id": customer.pk, "ts": at, "order_id": f"o{number}", "line_no": 1, "product_id": "p",
               "category": "WINE", "department": "D", "brand": "B", "store": "S", "channel": "shop",
               "quantity": 1 if Decimal(amount) > 0 else -1, "amount": Decimal(amount),
               "discount": Decimal("0.00")}  # fmt: skip
        record("order_lines", pa.Table.from_pylist([row]))

    def event(self, customer: Customer, name: str, at: datetime) -> None:
        row = {"customer_id": customer.pk, "ts": at, "event_id": f"e{next(self.numbers)}", "name": name,
               "properties": "{}", "source": "test"}  # fmt: skip
        record("events", pa.Table.from_pylist([row]))

    def write(self, text: str, name: str = "programme.yaml") -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def apply(self, text: str = WIN_BACK, now: datetime | None = None, *, start: bool = True) -> Programme:
        """Apply a text and start it, after a tick that puts everybody in their segments."""
        now = now or self.now
        change = actions.apply([self.write(text)], actor="test", now=now)[0]
        if start:
            engine.tick(now - timedelta(minutes=1))
            actions.start_programme(change.programme, actor="test", now=now)
        return Programme.objects.get(name=change.programme)


@pytest.fixture
def cast(transactional_db: None, fresh_home: home.Home, now: datetime, tmp_path: Path) -> Cast:
    for name in ("we-miss-you", "we-miss-you-again", "welcome", "birthday"):
        template = Template.objects.create(name=name, channel="email")
        template.current = TemplateVersion.objects.create(
            template=template, number=1, sources={}, checksum="0", created_at=now
        )
        template.save()
    for name, expression in {
        "dormant": "city = 'Dormont'", "staff": "declared('staff') = 'yes'", "everyone": "true",
    }.items():  # fmt: skip
        save_segment(name, expression, actor="test", now=now - DAY)
    folder = tmp_path / "files"
    folder.mkdir()
    return Cast(now=now, folder=folder)


def walk_of(customer: Customer) -> Enrolment:
    """The customer's only walk."""
    return Enrolment.objects.get(customer=customer)
