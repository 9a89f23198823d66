"""SQL that both engines read alike.

Definitions are written once, in DuckDB's dialect, and transpiled to Spark's. A third of what can be written then means
something else, often silently, so only constructs held equal by a parity test are let through; the rest is refused with
the engine's and the function's name.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import sqlglot
from sqlglot import exp

from cordiale import clock
from cordiale.errors import CordialeError

DAY_MICROSECONDS = 86_400_000_000


class NotPortable(CordialeError):
    """A construct the two engines read differently, or one of them not at all."""


def instant(moment: datetime) -> str:
    """An instant as both engines read it. Raises NaiveInstant."""
    return f"timestamptz '{clock.require_aware(moment).strftime('%Y-%m-%d %H:%M:%S.%f')}+00:00'"


def whole_days(earlier: str, later: str) -> str:
    """Whole days of 24 hours from one instant to another (SQL); `date_diff` counts midnights, differently each."""
    return f"((epoch_us({later}) - epoch_us({earlier})) // {DAY_MICROSECONDS})"


def local_day(moment: str, zone_name: str) -> str:
    """The calendar day of an instant (SQL) where the clock on the wall is the zone's. Raises for an unknown zone."""
    return f"CAST({moment} AT TIME ZONE '{clock.zone(zone_name).key}' AS DATE)"


def weekday(moment: str, zone_name: str) -> str:
    """The day of the week of an instant (SQL) in a zone, 1 Monday to 7 Sunday; the engines' own `dow` differ."""
    return f"(date_diff('day', DATE '1969-12-29', {local_day(moment, zone_name)}) % 7 + 1)"


def to_spark(sql: str) -> str:
    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]
