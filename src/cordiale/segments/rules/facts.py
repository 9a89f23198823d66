"""Fact functions as aggregates: one pass over each table for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import sqlglot
from sqlglot import exp

from cordiale.segments.rules.fragments import case, double, equals, joined, moment_sql
from cordiale.segments.rules.language import MESSAGE_KIND, Kind
from cordiale.segments.rules.moments import Moment
from cordiale.segments.rules.tree import FactKey, RowTest

_OF_ORDERS = frozenset({"channel", "store"})
"""Columns that are the order's; the others differ between its lines."""
_NAMED_BY = {"events": "name", "answers": "survey"}
"""The column by which rows nobody asks for are left out at once."""
_FIGURES = r"^-?[0-9]{1,15}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$"
"""Numbers as JSON writes them: what a shop adds up in floating point comes with seventeen digits."""
_SIGNS: dict[str, type[exp.Binary]] = {"=": exp.EQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
                                       "like": exp.Like, "ilike": exp.ILike}  # fmt: skip

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
    who = who_of(per_candidate)
    return _rows(table, facts, now, per_candidate).select(who, *columns).group_by(who)


def _measured(key: FactKey, now: datetime) -> exp.Expr:
    matches = _matches(key, now)
    if key.function == "spend":
        return exp.Sum(this=case(matches, exp.column("amount", "fact")))
    if key.function == "units":
        return exp.Sum(this=case(matches, exp.column("quantity", "fact")))
    if key.function == "orders":
        return _orders(key, matches)
    if key.function == "last_answer":
        last = exp.Anonymous(this="row", expressions=[exp.column("ts", "fact"), exp.column("answer_id", "fact")])
        return exp.ArgMax(this=case(matches, exp.column("value", "fact")), expression=last)
    if key.function == "messages" and ("kind", MESSAGE_KIND) not in key.filters:
        return _distinct(matches, "message_id")
    return exp.Count(this=case(matches, exp.Literal.number(1)))


def _orders(key: FactKey, matches: exp.Expr) -> exp.Expr:
    """Orders, returns left out. Line 1 stands for its order, unless the lines themselves are chosen from."""
    bought = joined(exp.And, [matches, at_least("amount", exp.Literal.number(0))])
    if _chooses_lines(key):
        return _distinct(bought, "order_id")
    first = joined(exp.And, [equals("line_no", 1), bought])
    return exp.Count(this=case(first, exp.Literal.number(1)))


def _chooses_lines(key: FactKey) -> bool:
    columns = {column for column, _ in key.filters} | {test.column for test in key.tests}
    return bool(columns - _OF_ORDERS)


def happened(key: FactKey) -> exp.Expr:
    """The rows that are a step of a sequence: those the function counts, whenever they were."""
    tests = _tests(key)
    if key.function == "orders":
        tests.append(at_least("amount", exp.Literal.number(0)))
        if not _chooses_lines(key):
            tests.append(equals("line_no", 1))
    return joined(exp.And, tests)


def _orders_above(table: str, facts: Mapping[FactKey, int], now: datetime, per_candidate: bool) -> exp.Select:
    """Orders whose matching lines sum to a minimum: first one row an order, then one a customer."""
    who = who_of(per_candidate)
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


def rows_of(
    table: str, keys: Sequence[FactKey], starts: Sequence[Moment | None], now: datetime, per_candidate: bool
) -> exp.Select:
    """The rows any of `keys` may count: before now, and not before the earliest of the windows opens."""
    fact = exp.alias_(exp.to_table(table), "fact", table=True)
    rows = exp.Select().from_(fact)
    if per_candidate:
        on = exp.EQ(this=exp.column("customer_id", "fact"), expression=exp.column("customer_id", "who"))
        rows = rows.join(exp.alias_(exp.to_table("candidates"), "who", table=True), on=on)
    rows = rows.where(exp.LT(this=exp.column("ts", "fact"), expression=moment_sql(Moment(base="now"), now)))
    if all(start is not None and start.base != "entry" for start in starts):
        earliest = min((start for start in starts if start is not None), key=lambda start: start.at(now))
        rows = rows.where(at_least("ts", moment_sql(earliest, now)))
    if table in _NAMED_BY:
        names = sorted({value for key in keys for column, value in key.filters if column == _NAMED_BY[table]})
        listed = [exp.Literal.string(name) for name in names]
        rows = rows.where(exp.In(this=exp.column(_NAMED_BY[table], "fact"), expressions=listed))
    return rows


def _rows(table: str, facts: Mapping[FactKey, int], now: datetime, per_candidate: bool) -> exp.Select:
    return rows_of(table, list(facts), [key.since for key in facts], now, per_candidate)


def _matches(key: FactKey, now: datetime) -> exp.Expr:
    tests = _tests(key)
    if key.since is not None:
        tests.append(at_least("ts", moment_sql(key.since, now)))
    return joined(exp.And, tests) if tests else exp.true()


def _tests(key: FactKey) -> list[exp.Expr]:
    tests: list[exp.Expr] = [
        exp.EQ(this=exp.column(column, "fact"), expression=exp.Literal.string(value)) for column, value in key.filters
    ]
    return [*tests, *(_row_test(test) for test in key.tests)]


def _row_test(test: RowTest) -> exp.Expr:
    """NULL, which is no match, where the row's value is unknown."""
    value = _row_value(test)
    if test.kind == Kind.TEXT and (test.negated or test.sign in ("like", "ilike")):
        value = exp.func("nullif", value, exp.Literal.string(""))  # an empty text is unknown
    options = [_constant(option) for option in test.options]
    held: exp.Expr
    if test.sign == "in":
        held = exp.In(this=value, expressions=options)
    else:
        held = _SIGNS[test.sign](this=value, expression=options[0])
    return exp.Not(this=exp.Paren(this=held)) if test.negated else held


def _row_value(test: RowTest) -> exp.Expr:
    if test.column:
        return exp.column(test.column, "fact")
    text = f"json_extract_string(fact.properties, '$.\"{test.name}\"')"  # letters, digits, space, _ and - only
    if not test.kind.is_numeric:
        return sqlglot.parse_one(text, read="duckdb")
    number = f"CASE WHEN regexp_matches({text}, '{_FIGURES}') THEN {text} END"
    return double(sqlglot.parse_one(number, read="duckdb"))


def _constant(option: Decimal | str) -> exp.Expr:
    if isinstance(option, str):
        return exp.Literal.string(option)
    number = exp.Literal.number(f"{abs(option):f}")
    return number if option >= 0 else exp.Neg(this=number)


def at_least(column: str, value: exp.Expr) -> exp.Expr:
    """A column of the fact is at least `value`."""
    return exp.GTE(this=exp.column(column, "fact"), expression=value)


def _distinct(matches: exp.Expr, column: str) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[case(matches, exp.column(column, "fact"))]))


def who_of(per_candidate: bool) -> exp.Column:
    """Whose a fact is, in a query over facts."""
    return exp.column("candidate_id", "who") if per_candidate else exp.column("customer_id", "fact")
