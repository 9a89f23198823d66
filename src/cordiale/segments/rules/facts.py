"""Fact functions as aggregates: one pass over each table for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlglot import exp

from cordiale.segments.rules.fragments import case, equals, joined, moment_sql
from cordiale.segments.rules.language import MESSAGE_KIND
from cordiale.segments.rules.moments import Moment
from cordiale.segments.rules.tree import FactKey

_OF_LINES = frozenset({"category", "department", "brand", "product_id"})
"""Columns that differ between the lines of an order; `channel` and `store` are the order's."""

Relation = tuple[exp.Select, list[int]]


def fact_relations(facts: Mapping[FactKey, int], now: datetime, *, per_candidate: bool) -> list[Relation]:
    """The aggregates of all `facts`, one query a table (a second one for orders above a minimum).

    Each query gives one row a customer (or candidate) with the columns `f_<n>` of the numbers beside it.
    """
    groups: dict[tuple[str, bool], dict[FactKey, int]] = {}
    for key, number in facts.items():
        groups.setdefault((key.measure.table, key.minimum is not None), {})[key] = number
    builders = {False: _aggregate, True: _orders_above}
    return [
        (builders[has_minimum](table, group, now, per_candidate), list(group.values()))
        for (table, has_minimum), group in groups.items()
    ]


def _aggregate(table: str, facts: Mapping[FactKey, int], now: datetime, per_candidate: bool) -> exp.Select:
    columns = [exp.alias_(_measured(key, now), f"f_{number}") for key, number in facts.items()]
    who = _who(per_candidate)
    return _rows(table, facts, now, per_candidate).select(who, *columns).group_by(who)


def _measured(key: FactKey, now: datetime) -> exp.Expr:
    matches = _matches(key, now)
    if key.function == "spend":
        return exp.Sum(this=case(matches, exp.column("amount", "fact")))
    if key.function == "units":
        return exp.Sum(this=case(matches, exp.column("quantity", "fact")))
    if key.function == "orders":
        return _orders(key, matches)
    if key.function == "messages" and ("kind", MESSAGE_KIND) not in key.filters:
        return _distinct(matches, "message_id")
    return exp.Count(this=case(matches, exp.Literal.number(1)))


def _orders(key: FactKey, matches: exp.Expr) -> exp.Expr:
    """Orders, returns left out. Line 1 stands for its order, unless the lines themselves are chosen from."""
    bought = joined(exp.And, [matches, _at_least("amount", exp.Literal.number(0))])
    if _OF_LINES.intersection(column for column, _ in key.filters):
        return _distinct(bought, "order_id")
    first = joined(exp.And, [equals("line_no", 1), bought])
    return exp.Count(this=case(first, exp.Literal.number(1)))


def _orders_above(table: str, facts: Mapping[FactKey, int], now: datetime, per_candidate: bool) -> exp.Select:
    """Orders whose matching lines sum to a minimum: first one row an order, then one a customer."""
    who = _who(per_candidate)
    sums = [
        exp.alias_(exp.Sum(this=case(_matches(key, now), exp.column("amount", "fact"))), f"paid_{number}")
        for key, number in facts.items()
    ]
    order = exp.column("order_id", "fact")
    orders = _rows(table, facts, now, per_candidate).select(who, order, *sums).group_by(who, order)
    counts = [exp.alias_(_count_paid(key, number), f"f_{number}") for key, number in facts.items()]
    key_column = exp.column(who.name)
    return exp.select(key_column, *counts).from_(orders.subquery("orders")).group_by(key_column)


def _count_paid(key: FactKey, number: int) -> exp.Expr:
    enough = exp.GTE(this=exp.column(f"paid_{number}"), expression=exp.Literal.number(f"{key.minimum:f}"))
    return exp.Count(this=case(enough, exp.Literal.number(1)))


def _rows(table: str, facts: Mapping[FactKey, int], now: datetime, per_candidate: bool) -> exp.Select:
    """The rows any of `facts` may count: before now, and not before the earliest window opens."""
    fact = exp.alias_(exp.to_table(table), "fact", table=True)
    rows = exp.Select().from_(fact)
    if per_candidate:
        on = exp.EQ(this=exp.column("customer_id", "fact"), expression=exp.column("customer_id", "who"))
        rows = rows.join(exp.alias_(exp.to_table("candidates"), "who", table=True), on=on)
    rows = rows.where(exp.LT(this=exp.column("ts", "fact"), expression=moment_sql(Moment(base="now"), now)))
    starts = [key.since for key in facts]
    if all(start is not None and start.base != "entry" for start in starts):
        earliest = min((start for start in starts if start is not None), key=lambda start: start.at(now))
        rows = rows.where(_at_least("ts", moment_sql(earliest, now)))
    if table == "events":
        names = sorted({value for key in facts for column, value in key.filters if column == "name"})
        named = exp.In(this=exp.column("name", "fact"), expressions=[exp.Literal.string(name) for name in names])
        rows = rows.where(named)
    return rows


def _matches(key: FactKey, now: datetime) -> exp.Expr:
    tests: list[exp.Expr] = [
        exp.EQ(this=exp.column(column, "fact"), expression=exp.Literal.string(value)) for column, value in key.filters
    ]
    if key.since is not None:
        tests.append(_at_least("ts", moment_sql(key.since, now)))
    return joined(exp.And, tests) if tests else exp.true()


def _at_least(column: str, value: exp.Expr) -> exp.Expr:
    return exp.GTE(this=exp.column(column, "fact"), expression=value)


def _distinct(matches: exp.Expr, column: str) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[case(matches, exp.column(column, "fact"))]))


def _who(per_candidate: bool) -> exp.Column:
    return exp.column("candidate_id", "who") if per_candidate else exp.column("customer_id", "fact")
