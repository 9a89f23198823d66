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
    """The day of the week of an instant (SQL) in a zone: 1 Monday to 7 Sunday."""
    return f"isodow({local_day(moment, zone_name)})"


def filters_to_case(sql: str) -> str:
    """The same query with each aggregate's `FILTER` as a `CASE`: twice as fast in DuckDB, equal in Spark.

    An aggregate over a window keeps its filter.
    """
    return _parse(sql).transform(_case).sql(dialect="duckdb")


def _case(node: exp.Expression) -> exp.Expression:
    if not isinstance(node, exp.Filter) or isinstance(node.parent, exp.Window):
        return node
    aggregate, condition = node.this.copy(), node.expression.this
    if isinstance(aggregate, exp.ArgMax | exp.ArgMin):
        place = aggregate.expression  # a row without a key takes no part
        aggregate.set("expression", _when(condition, place))
    elif isinstance(aggregate.this, exp.Distinct) and len(aggregate.this.expressions) == 1:
        place = aggregate.this.expressions[0]
        aggregate.set("this", exp.Distinct(expressions=[_when(condition, place)]))
    elif isinstance(aggregate, _CASED):
        counted = exp.Literal.number(1) if isinstance(aggregate.this, exp.Star) else aggregate.this
        aggregate.set("this", _when(condition, counted))
    else:
        return node
    return aggregate


_CASED = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)


def _when(condition: exp.Expression, value: exp.Expression) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=value.copy())])


@lru_cache(maxsize=256)
def _parsed(sql: str) -> exp.Expression:
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except sqlglot.ParseError as error:
        raise NotPortable(f"this SQL cannot be read: {str(error).splitlines()[0]}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise NotPortable("one SELECT is expected")
    return statements[0]


def _parse(sql: str) -> exp.Expression:
    return _parsed(sql).copy()


def to_spark(sql: str) -> str:
    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]
