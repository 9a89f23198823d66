"""Sequences as window functions: one pass over the rows of their steps, whatever their number.

Rows carry their moment in microseconds (`us`) and one flag a step (`s_<n>`). From step to step the latest moment at
which the steps so far were walked is carried forward (`w_<n>`), and the latest of what must not happen (`x_<n>`): where
even the latest walk has such a fact after it, an earlier one has it too. Frames over whole numbers mean the same to
both engines.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlglot
from sqlglot import exp

from cordiale.segments.rules.facts import Relation, at_least, happened, rows_of, who_of
from cordiale.segments.rules.fragments import case, joined, moment_sql
from cordiale.segments.rules.tree import SequenceKey

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = "MAX(CASE WHEN {what} THEN us END) OVER (PARTITION BY whose ORDER BY us RANGE BETWEEN {most} AND 1 PRECEDING)"
_NEXT = "MIN(CASE WHEN {what} THEN us END) OVER (PARTITION BY whose ORDER BY us RANGE BETWEEN 1 FOLLOWING AND {most})"
_WALKED = "s_{n} = 1 AND NOT w_{n} IS NULL AND (x_{n} IS NULL OR x_{n} <= w_{n})"


def sequence_relation(key: SequenceKey, number: int, now: datetime, *, per_candidate: bool) -> Relation:
    """One row a customer (or candidate): `f_<number>` counts the moments at which the last step was reached."""
    query: exp.Select | exp.Union = _steps(key, now, per_candidate)
    walked, missed = "s_0 = 1", []
    for place, step in enumerate(key.steps[1:], 1):
        if step.negated:
            missed.append(f"s_{place} = 1")
            continue
        latest = _window(
            _LATEST, walked, "UNBOUNDED PRECEDING" if key.within is None else f"{_us(key.within)} PRECEDING"
        )
        between = _window(_LATEST, " OR ".join(missed) or "FALSE", "UNBOUNDED PRECEDING")
        columns = [exp.alias_(latest, f"w_{place}"), exp.alias_(between, f"x_{place}")]
        query = exp.select(exp.Star(), *columns).from_(query.subquery(f"step_{place}"))
        walked, missed = _WALKED.format(n=place), []
    if missed:
        most = "UNBOUNDED FOLLOWING" if key.within is None else f"{_us(key.within)} FOLLOWING"
        after = exp.alias_(_window(_NEXT, " OR ".join(missed), most), "missed")
        query = exp.select(exp.Star(), after).from_(query.subquery("steps"))
        walked += " AND missed IS NULL"
        if key.within is not None:
            walked += f" AND us < {(now - _EPOCH) // timedelta(microseconds=1) - _us(key.within)}"
    moments = exp.Count(this=exp.Distinct(expressions=[case(_sql(walked), exp.column("us"))]))
    whose = exp.column("whose")
    named = exp.alias_(whose, who_of(per_candidate).name)
    return exp.select(named, exp.alias_(moments, f"f_{number}")).from_(query.subquery("walked")).group_by(whose), [
        number
    ]


def _steps(key: SequenceKey, now: datetime, per_candidate: bool) -> exp.Select | exp.Union:
    """The rows of every table the steps are about; those that are no step of it are left out."""
    tables = list(dict.fromkeys(step.key.measure.table for step in key.steps))
    parts = [_steps_in(table, key, now, per_candidate) for table in tables]
    return parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)


def _steps_in(table: str, key: SequenceKey, now: datetime, per_candidate: bool) -> exp.Select:
    here = {place: step.key for place, step in enumerate(key.steps) if step.key.measure.table == table}
    flags = [
        exp.alias_(_flag(happened(here[place])) if place in here else exp.Literal.number(0), f"s_{place}")
        for place in range(len(key.steps))
    ]
    us = exp.Anonymous(this="epoch_us", expressions=[exp.column("ts", "fact")])
    rows = rows_of(table, list(here.values()), [key.since], now, per_candidate)
    rows = rows.where(joined(exp.Or, [happened(one) for one in here.values()]))
    if key.since is not None and key.since.base == "entry":
        rows = rows.where(at_least("ts", moment_sql(key.since, now)))
    return rows.select(exp.alias_(who_of(per_candidate), "whose"), exp.alias_(us, "us"), *flags)


def _flag(condition: exp.Expr) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=condition, true=exp.Literal.number(1))], default=exp.Literal.number(0))


def _window(template: str, what: str, most: str) -> exp.Expr:
    return _sql(template.format(what=what, most=most))


def _sql(text: str) -> exp.Expr:
    """Our own words and whole numbers only; nothing a person typed."""
    return sqlglot.parse_one(text, read="duckdb")


def _us(seconds: int) -> int:
    return seconds * 1_000_000
