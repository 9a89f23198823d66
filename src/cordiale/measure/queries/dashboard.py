"""The figures of the dashboard: the last 28 days beside the 28 days before, four weeks with the same weekdays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from cordiale import clock
from cordiale.company import company
from cordiale.consent import queries as consent
from cordiale.lake import open_lake
from cordiale.measure import statements
from cordiale.measure.queries import windows

DAYS = 28

SALES = """
select cast(sum(case when ts >= ? and line_no = 1 and amount >= 0 then 1 else 0 end) as bigint) as orders,
       cast(sum(case when ts >= ? then amount else 0 end) as double) as revenue,
       cast(sum(case when ts < ? and line_no = 1 and amount >= 0 then 1 else 0 end) as bigint) as orders_before,
       cast(sum(case when ts < ? then amount else 0 end) as double) as revenue_before
from order_lines where ts >= ? and ts < ?
"""
"""Orders (a return is none) and net revenue, in the period and in the one before."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of the period and of the one before."""

    value: float
    before: float

    @property
    def change(self) -> float | None:
        """The relative change (0.1 is 10 % more), None where there was nothing before."""
        return self.value / self.before - 1 if self.before else None


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Sums over `first_day` … `last_day` (company's zone), `reachable` of `customers` at present."""

    first_day: date
    last_day: date
    messages: Figure
    contacted: Figure
    orders: Figure
    revenue: Figure
    customers: int
    reachable: int


def dashboard_figures(now: datetime) -> Dashboard:
    """The figures for the 28 days up to the last complete day that orders are known of (yesterday at the latest).

    Where orders come in late, a period up to today would compare full weeks with half-empty ones.
    """
    now = clock.require_aware(now)
    last_day = _last_day(now)
    start, middle, end = (_midnight(last_day + timedelta(days=1 - back)) for back in (2 * DAYS, DAYS, 0))
    messages, contacted = _contacts(start, middle, end)
    orders, revenue = _sales(start, middle, end)
    customers, reachable = _reachable("email")
    return Dashboard(
        first_day=last_day - timedelta(days=DAYS - 1),
        last_day=last_day,
        messages=messages,
        contacted=contacted,
        orders=orders,
        revenue=revenue,
        customers=customers,
        reachable=reachable,
    )


def _last_day(now: datetime) -> date:
    zone = company().zone
    yesterday = clock.local_day(now, zone) - timedelta(days=1)
    known = windows.known_until(open_lake(), now)
    return yesterday if known is None else min(yesterday, clock.local_day(known, zone))


def _midnight(day: date) -> datetime:
    return clock.start_of_day(day, company().zone)


def _contacts(start: datetime, middle: datetime, end: datetime) -> tuple[Figure, Figure]:
    with connection.cursor() as cursor:
        cursor.execute(statements.CONTACTED, {"start": start, "middle": middle, "end": end})
        messages, customers, messages_before, customers_before = cursor.fetchone()
    return Figure(value=messages, before=messages_before), Figure(value=customers, before=customers_before)


def _sales(start: datetime, middle: datetime, end: datetime) -> tuple[Figure, Figure]:
    row = open_lake().query(SALES, bind=[middle, middle, middle, middle, start, end]).to_pylist()[0]
    orders, revenue = (
        Figure(value=row[name] or 0, before=row[f"{name}_before"] or 0) for name in ("orders", "revenue")
    )
    return orders, revenue


def _reachable(channel: str) -> tuple[int, int]:
    address = consent.address_sql(channel)
    statement = statements.REACHABLE.format(address=address, hash=consent.HASH_SQL.format(address=address))
    with connection.cursor() as cursor:
        cursor.execute(statement, consent.hash_parameters(channel))
        customers, reachable = cursor.fetchone()
    return customers, reachable
