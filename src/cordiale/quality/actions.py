"""Measuring the base; taking note of addresses that do not work; the register of what the base costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.company import company
from cordiale.consent import actions as consent
from cordiale.consent import queries as consents
from cordiale.customers.queries import get_customer
from cordiale.duplicates import queries as duplicates
from cordiale.errors import CordialeError, NotFound
from cordiale.quality.measures import all_measures
from cordiale.quality.models import Cost, CostKind, Measurement

REASONS: Mapping[str, str] = {
    "email": "hard bounce",
    "letter": "returned letter",
    "phone": "wrong number",
    "sms": "wrong number",
}
"""What makes an address of a channel invalid; the reason kept on the opposition list."""


def measure(now: datetime) -> Measurement:
    """Measure everybody in one pass and keep it as this local day's; a second time the same day replaces the first."""
    found = all_measures(clock.require_aware(now))
    columns = ", ".join(f"count(*) filter (where {one.among} and {one.condition})" for one in found.values())
    bases = ", ".join(f"count(*) filter (where {one.among})" for one in found.values())
    values = {name: value for one in found.values() for name, value in one.values.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*), {columns}, {bases} from customers_customer customer where merged_into_id is null", values
        )
        total, *numbers = cursor.fetchone()
    counts = dict(zip(found, numbers[: len(found)], strict=True))
    counts |= {f"{name}.among": number for name, number in zip(found, numbers[len(found) :], strict=True)}
    counts["duplicates"] = duplicates.open_count()
    measurement, _made = Measurement.objects.update_or_create(
        day=clock.local_day(now, company().zone), defaults={"at": now, "customers": total, "counts": counts}
    )
    return measurement


@dataclass(frozen=True)
class Taken:
    """How many addresses were new on the list, and what was wrong with the others, by their place."""

    marked: int
    known: int
    errors: list[tuple[int, str]]


def mark_invalid(rows: Sequence[Mapping[str, str]], *, actor: Staff | str, now: datetime) -> Taken:
    """Take note of bounces, returned letters and wrong numbers: nothing is sent to those addresses any more.

    Each row has `channel` and either `address` or `customer` (a reference: the address known now). An address that is
    corrected later is another one, and reachable at once. Good rows are kept whatever the others are.
    """
    marked = known = 0
    errors: list[tuple[int, str]] = []
    for place, row in enumerate(rows):
        try:
            channel, address = _addressed(row)
            is_new = consent.oppose(channel, address, REASONS[channel], now)
        except CordialeError as error:
            errors.append((place, str(error)))
            continue
        marked, known = marked + is_new, known + (not is_new)
    audit("quality", "invalid contacts", "mark", actor, {"marked": marked, "refused": len(errors)}, now)
    return Taken(marked, known, errors)


def _addressed(row: Mapping[str, str]) -> tuple[str, str]:
    channel = str(row.get("channel") or "").strip()
    if channel not in REASONS:
        raise CordialeError(f"'{channel}' is not a channel; write one of {', '.join(REASONS)}")
    address = str(row.get("address") or "").strip()
    if not address and row.get("customer"):
        address = consents.address_of(get_customer(str(row["customer"])), channel)
    if not address:
        raise CordialeError("give an address, or a customer who has one for this channel")
    return channel, address


@transaction.atomic
def add_cost(
    kind: str, label: str, amount: Decimal, *, is_monthly: bool, since: date, until: date | None, actor: Staff | str,
    now: datetime,
) -> Cost:  # fmt: skip
    """Write a line of the cost register, in the company's currency."""
    if kind not in CostKind.values:
        raise CordialeError(f"'{kind}' is no kind of cost; write one of {', '.join(CostKind.values)}")
    if amount < 0 or not amount.is_finite():
        raise CordialeError("a cost is an amount of 0 or more")
    if until is not None and until < since:
        raise CordialeError("the last day comes before the first")
    cost = Cost.objects.create(
        kind=kind, label=label.strip(), amount=amount, is_monthly=is_monthly, since=since, until=until, actor=str(actor)
    )
    audit("quality", "cost", "add", actor, {"cost": cost.pk, "kind": kind}, now)
    return cost


@transaction.atomic
def remove_cost(cost_id: int, *, actor: Staff | str, now: datetime) -> None:
    """Take a line out of the register."""
    found = Cost.objects.filter(pk=cost_id).first()
    if found is None:
        raise NotFound("this line of the cost register is gone already")
    detail: dict[str, Any] = {"kind": found.kind, "label": found.label, "amount": str(found.amount)}
    found.delete()
    audit("quality", "cost", "remove", actor, detail, now)


def cost_between(costs: Iterable[Cost], start: date, end: date) -> Decimal:
    """What was paid from `start` up to, but not on, `end`: monthly lines on the same day of each month."""
    return sum((one.amount * _payments(one, start, end) for one in costs), Decimal(0))


def _payments(cost: Cost, start: date, end: date) -> int:
    if not cost.is_monthly:
        return int(start <= cost.since < end)
    last = min(end, cost.until) if cost.until else end
    return max(0, _months_until(cost.since, last) - _months_until(cost.since, start))


def _months_until(since: date, day: date) -> int:
    """Payments on days before `day` of what is paid on `since` and each month after."""
    if day <= since:
        return 0
    months = (day.year - since.year) * 12 + day.month - since.month
    return months + int(day.day > since.day)
