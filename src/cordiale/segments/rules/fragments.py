"""Small pieces of SQL trees that both engines read alike."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import sqlglot
from sqlglot import exp

from cordiale.lake import dialect
from cordiale.segments.rules.moments import Moment


def moment_sql(moment: Moment, now: datetime) -> exp.Expr:
    """A moment as an instant literal, or as the column `entry` moved."""
    if moment.base == "entry":
        return later(exp.column("entry"), moment.seconds)
    return instant(moment.at(now)).copy()


def later(instant: exp.Expr, seconds: int) -> exp.Expr:
    """An instant `seconds` later (earlier where negative)."""
    if not seconds:
        return instant
    length = exp.Interval(this=exp.Literal.string(str(abs(seconds))), unit=exp.var("SECOND"))
    return (exp.Add if seconds > 0 else exp.Sub)(this=instant, expression=length)


@lru_cache(maxsize=256)
def instant(moment: datetime) -> exp.Expr:
    """An instant literal."""
    return sqlglot.parse_one(dialect.instant(moment), read="duckdb")


def whole_days(earlier: exp.Expr, later: exp.Expr) -> exp.Expr:
    """Whole days from one instant to another."""
    sql = dialect.whole_days("earlier", "later")
    tree = sqlglot.parse_one(sql, read="duckdb")
    given = {"earlier": earlier, "later": later}
    return tree.transform(lambda node: given[node.name].copy() if isinstance(node, exp.Column) else node)


def share_sql(salt: str, customer: exp.Expr) -> exp.Expr:
    """The eight figures (base 16) that `ids.share_of` is made of."""
    salted = exp.DPipe(this=exp.Literal.string(f"{salt}:"), expression=exp.cast(customer, "varchar"))
    return exp.func("substring", exp.MD5(this=salted), exp.Literal.number(1), exp.Literal.number(8))


def share_below(column: str, share: Decimal) -> exp.Expr:
    """Whether figures of `share_sql` say a share below `share`: figures of one length compare like numbers."""
    figures = f"{math.ceil(share * 2**32):08x}"
    return exp.true() if share >= 1 else exp.LT(this=exp.column(column), expression=exp.Literal.string(figures))


def left_join(select: exp.Select, relation: exp.Expr, alias: str, key: str) -> exp.Select:
    """`relation` joined to the base table `who` on `key`."""
    on = exp.EQ(this=exp.column(key, "who"), expression=exp.column(key, alias))
    return select.join(exp.alias_(relation, alias, table=True), on=on, join_type="left")


def equals(column: str, number: int) -> exp.Expr:
    """column = number."""
    return exp.EQ(this=exp.column(column), expression=exp.Literal.number(number))


def case(condition: exp.Expr, value: exp.Expr) -> exp.Case:
    """`value` where the condition holds, else NULL."""
    return exp.Case(ifs=[exp.If(this=condition, true=value)])


def or_false(condition: exp.Expr) -> exp.Expr:
    """The condition, unknown as false."""
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def double(value: exp.Expr) -> exp.Expr:
    """A value in floating point."""
    return exp.cast(value, "double")


def joined(kind: type[exp.And] | type[exp.Or], parts: list[exp.Expr]) -> exp.Expr:
    """Parts joined as a balanced tree, so that long lists do not nest deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return exp.Paren(this=kind(this=joined(kind, parts[:middle]), expression=joined(kind, parts[middle:])))
