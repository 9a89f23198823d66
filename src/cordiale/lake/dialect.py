"""SQL that both engines read alike.

Definitions are written once, in DuckDB's dialect, and transpiled to Spark's. A third of what can be written then means
something else, often silently, so only constructs held equal by a parity test are let through; the rest is refused with
the engine's and the function's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

from cordiale import clock
from cordiale.errors import CordialeError
from cordiale.lake import portable

DAY_MICROSECONDS = 86_400_000_000
_CASED = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.LogicalOr, exp.LogicalAnd)
_NAMES = {"epoch_us": "unix_micros", "row": "struct"}


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

    Aggregates over a window, and those a CASE cannot stand for, keep their filter.
    """
    return str(_parse(sql).transform(_case).sql(dialect="duckdb"))


def require_portable(sql: str) -> None:
    """Raise NotPortable, naming engine and construct, where Spark would not read this SQL as DuckDB does."""
    for construct, advice in portable.faults(_parse(sql)):
        raise NotPortable(f"Spark does not read '{construct}' as DuckDB does; {advice}")


def to_spark(sql: str) -> str:
    """A portable query in Spark's SQL; each `?` has a name of `named_values`. Raises NotPortable."""
    require_portable(sql)
    tree = _parse(_placeholders_named(sql))
    for step in (_case, _aggregate, _for_spark, _skip_empty):
        tree = tree.transform(step)
    return str(tree.sql(dialect="spark"))


def named_values(bind: Sequence[Any]) -> dict[str, Any]:
    """The values of the `?` of a query, under the names `to_spark` gives them."""
    return {f"v{number}": value for number, value in enumerate(bind)}


def _placeholders_named(sql: str) -> str:
    """By name, since a `?` moves, or is there twice, where an expression is rewritten."""
    if "?" not in sql:
        return sql
    pieces, end = [], 0
    places = [token for token in sqlglot.tokenize(sql, read="duckdb") if token.token_type.name == "PLACEHOLDER"]
    for name, place in zip(named_values(places), places, strict=True):
        pieces += [sql[end : place.start], f"${name}"]
        end = place.end + 1
    return "".join([*pieces, sql[end:]])


def _aggregate(node: exp.Expr) -> exp.Expr:
    """Aggregates of the same name that mean something else.

    Spark's average of money is money, rounded; DuckDB's is the exact sum over the number. DuckDB's `count_if` is a sum,
    and NULL where there is nothing to add.
    """
    if isinstance(node, exp.CountIf):
        yes, no = exp.Literal.number("1"), exp.Literal.number("0")
        counted = [exp.If(this=node.this.copy(), true=yes), exp.If(this=exp.not_(node.this.copy()), true=no)]
        return exp.Sum(this=exp.Case(ifs=counted))
    if not isinstance(node, exp.Avg) or isinstance(node.parent, exp.Window):
        return node
    many = exp.Nullif(this=exp.Count(this=node.this.copy()), expression=exp.Literal.number("0"))
    return exp.paren(exp.Div(this=exp.Sum(this=node.this.copy()), expression=many))


def _for_spark(node: exp.Expr) -> exp.Expr:
    """What sqlglot leaves as it is, or gets wrong. In place, where a node's parts are to be looked at too."""
    if isinstance(node, exp.Anonymous):
        node.set("this", _NAMES.get(node.name.lower(), node.name))
    if isinstance(node, exp.Div):  # of money it would be money, rounded
        node.set("this", exp.Cast(this=node.this, to=exp.DataType.build("double")))
    if isinstance(node, exp.DayOfWeekIso):
        return exp.paren(exp.Anonymous(this="weekday", expressions=[node.this]) + 1)
    return node


def _skip_empty(node: exp.Expr) -> exp.Expr:
    """DuckDB's arg_max passes over NULL values; Spark would answer NULL. A row without a key takes no part."""
    if not isinstance(node, exp.ArgMax | exp.ArgMin):
        return node
    guarded = node.copy()
    present = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
    guarded.set("expression", _when(present, node.expression))
    return guarded


def _case(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.Filter) or isinstance(node.parent, exp.Window):
        return node
    aggregate: exp.Expr = node.this.copy()
    condition = node.expression.this
    inner = aggregate.this
    if isinstance(aggregate, exp.ArgMax | exp.ArgMin):
        aggregate.set("expression", _when(condition, aggregate.expression))
    elif isinstance(aggregate, _CASED) and isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
        aggregate.set("this", exp.Distinct(expressions=[_when(condition, inner.expressions[0])]))
    elif isinstance(aggregate, _CASED) and not isinstance(inner, exp.Distinct):
        counted = exp.Literal.number(1) if inner is None or isinstance(inner, exp.Star) else inner
        aggregate.set("this", _when(condition, counted))
    else:
        return node
    return aggregate


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=value.copy())])


def _parse(sql: str) -> exp.Expr:
    return _parsed(sql).copy()


@lru_cache(maxsize=256)
def _parsed(sql: str) -> exp.Expr:
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except sqlglot.ParseError as error:
        raise NotPortable(f"this SQL cannot be read: {str(error).splitlines()[0]}") from error
    statement = statements[0] if len(statements) == 1 else None
    if not isinstance(statement, exp.Query):
        raise NotPortable("one SELECT is expected")
    return statement
