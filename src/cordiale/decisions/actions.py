"""Verbs on proposals: propose a contact, decide on all that are due, take back what is no longer wanted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction

from cordiale import clock
from cordiale.decisions import gates, rulebook, statements
from cordiale.decisions.rules.law import Law
from cordiale.decisions.rules.plan import Limit, Plan
from cordiale.deliveries import actions as deliveries
from cordiale.deliveries.rules import PlannedMessage

_CHUNK = 5000
_LOCK = 0x0DEC1DE


class Proposed(NamedTuple):
    """Whom a step proposes to contact: one walk of one customer."""

    enrolment_id: int
    customer_id: int
    occurrence: int
    is_control: bool


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a step proposes, the same for all who stand before it."""

    programme: str
    step: str
    channel: str
    purpose: str
    template: str
    priority: int
    limits: Sequence[Limit]
    now: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many proposals got which answer: (programme, verdict, rule) → number."""

    by_rule: dict[tuple[str, str, str], int]

    def of(self, verdict: str) -> int:
        """How many got this verdict."""
        return sum(number for (_, given, _), number in self.by_rule.items() if given == verdict)


def propose(ask: Ask, people: Iterable[Proposed]) -> int:
    """Propose one step's contact to `people`; how many proposals are new. Asking again adds nothing."""
    remaining = iter(people)
    added = 0
    with transaction.atomic(), connection.cursor() as cursor:
        while chunk := list(islice(remaining, _CHUNK)):
            cursor.execute(statements.PROPOSE, _proposal_values(ask, chunk))
            added += cursor.rowcount
    return added


def _proposal_values(ask: Ask, people: Sequence[Proposed]) -> dict[str, Any]:
    return {
        "programme": ask.programme,
        "step": ask.step,
        "channel": ask.channel,
        "purpose": ask.purpose,
        "template": ask.template,
        "priority": ask.priority,
        "limits": json.dumps([limit.as_json() for limit in ask.limits]),
        "now": clock.require_aware(ask.now),
        "expires_at": clock.require_aware(ask.expires_at),
        "enrolments": [one.enrolment_id for one in people],
        "occurrences": [one.occurrence for one in people],
        "customers": [one.customer_id for one in people],
        "controls": [one.is_control for one in people],
    }


def decide(now: datetime, *, held: Collection[str] = ()) -> Counts:
    """Answer every open proposal that is due, but those of the programmes `held`.

    Customers are taken in chunks, each its own transaction.

    In one transaction: the decisions, the contacts that pressure counts, and the messages of what is sent. Calling it
    again at the same instant finds nothing due.
    """
    now = clock.require_aware(now)
    plan, law = rulebook.plan(), rulebook.law()
    counts: Counter[tuple[str, str, str]] = Counter()
    after = -1
    due = {"now": now, "held": list(held)}
    while customers := _next_customers(due, after):
        counts += _decide_for(customers, plan, law, due)
        after = customers[-1]
    return Counts(by_rule=dict(counts))


def _next_customers(due: dict[str, Any], after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statements.CUSTOMERS_WITH_DUE, due | {"after": after, "size": _CHUNK})
        return [row[0] for row in cursor.fetchall()]


def _decide_for(customers: Sequence[int], plan: Plan, law: Law, due: dict[str, Any]) -> Counter[tuple[str, str, str]]:
    now: datetime = due["now"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("drop table if exists pg_temp.decision_due")
        cursor.execute(statements.GATHER, due | {"customers": list(customers)})
        _pass_gates(cursor, plan, law, now)
        cursor.execute(statements.TURNS)
        for (turn,) in cursor.fetchall():
            values = _pressure_values(plan) | {"turn": turn, "now": now}
            cursor.execute(statements.PRESSURE, values)
            cursor.execute(statements.CONTACTS, values)
        cursor.execute(statements.RECORD, {"now": now})
        cursor.execute(statements.CLOSE)
        cursor.execute(statements.TO_PLAN)
        messages = [
            PlannedMessage(
                proposal_id=row[0], customer_id=row[1], channel=row[2], purpose=row[3], programme=row[4], step=row[5],
                template=row[6],
            )
            for row in cursor.fetchall()
        ]  # fmt: skip
        if messages:
            deliveries.plan(messages, now)
        cursor.execute(statements.COUNTS)
        return Counter({(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()})


def _pass_gates(cursor: Any, plan: Plan, law: Law, now: datetime) -> None:
    cursor.execute("select customer_id, purpose, channel, timezone, country from decision_due")
    due = cursor.fetchall()
    values = (
        gates.standings((customer, purpose, channel) for customer, purpose, channel, *_ in due)
        | gates.zones(((zone, channel) for _, _, channel, zone, _ in due), plan, now)
        | gates.laws(((country, channel) for _, _, channel, _, country in due), law, now)
    )
    cursor.execute(statements.GATES, values | {"now": now})


def _pressure_values(plan: Plan) -> dict[str, list[Any]]:
    return {
        "ids": [f"pressure.{limit.id}" for limit in plan.limits],
        "channels": [limit.channel for limit in plan.limits],
        "purposes": [limit.purpose for limit in plan.limits],
        "most": [limit.most for limit in plan.limits],
        "windows": [int(limit.window.total_seconds()) for limit in plan.limits],
    }


def withdraw_walks(enrolment_ids: Sequence[int], *, reason: str, now: datetime) -> int:
    """Take back what these walks proposed earlier and is still open: their customer left for `reason`. How many.

    What a walk proposed at this very instant stays: it is the scenario's last word.
    """
    values: dict[str, Any] = {
        "enrolments": list(enrolment_ids),
        "now": clock.require_aware(now),
        "seen": json.dumps({"reason": reason}),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements.WITHDRAW, values)
        return int(cursor.rowcount)


def record_past_contacts(rows: Iterable[Mapping[str, Any]], now: datetime) -> int:
    """Load contacts made before Cordiale, so that pressure counts them; how many are new.

    A row has `customer_id`, `ts`, `channel`, `purpose` and `programme`, as the lake's `messages` do. A contact with
    the same customer, instant, channel and programme is loaded once. Customers we do not know are left out. Refuses
    naive instants.
    """
    clock.require_aware(now)
    remaining = iter(rows)
    added = 0
    with transaction.atomic(), connection.cursor() as cursor:
        while chunk := list(islice(remaining, _CHUNK)):
            columns = {f"{name}s": [row[name] for row in chunk] for name in ("channel", "purpose", "programme")}
            columns["customers"] = [row["customer_id"] for row in chunk]
            columns["instants"] = [clock.require_aware(row["ts"]) for row in chunk]
            cursor.execute(statements.PAST_CONTACTS, columns)
            added += cursor.rowcount
    return added
