"""Traits as SQL: one statement gives the declared traits of every customer it is shown.

It reads a relation `customers` (customer_id) and the lake's views of facts; only facts before `as_of` count. Windows
are thresholds computed here, conditions become CASE, ties are broken by value, so that DuckDB and Spark agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlglot import exp

from cordiale.clock import require_aware
from cordiale.insight.rules import expressions
from cordiale.insight.rules.aggregates import Aggregate
from cordiale.insight.rules.lifecycle import Lifecycle
from cordiale.insight.rules.traits import Trait
from cordiale.lake import dialect

DAY_MICROSECONDS = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "share": "DOUBLE",
    "money": "DECIMAL(14, 2)",
    "text": "VARCHAR",
    "instant": "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class Moment:
    """The instant traits are computed at, and the zone that says which facts fall on a weekend.

    `reach` is how many days back facts are looked at where the zone matters.
    """

    as_of: datetime
    zone: ZoneInfo
    reach: int = 3653

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_of", require_aware(self.as_of))

    @property
    def microseconds(self) -> int:
        """Since 1970 began in UTC."""
        return (self.as_of - _EPOCH) // timedelta(microseconds=1)

    def ago(self, days: int) -> str:
        """The SQL of the instant `days` times 24 hours before."""
        return dialect.instant(self.as_of - timedelta(days=days))

    @cached_property
    def offsets(self) -> list[tuple[datetime, int]]:
        """The zone's distance from UTC in microseconds: since when which, oldest first."""
        start = self.as_of - timedelta(days=self.reach)
        known = [(start, _offset(start, self.zone))]
        for number in range(self.reach):
            day, following = start + timedelta(days=number), start + timedelta(days=number + 1)
            if (offset := _offset(following, self.zone)) != known[-1][1]:
                known.append((_first_with(offset, day, following, self.zone), offset))
        return known


def statement(traits: Sequence[Trait], moment: Moment) -> str:
    """One SELECT: customer_id and the traits, in their order, for each row of `customers`."""
    base = [trait for trait in traits if trait.aggregate is not None]
    parts = [*_straight(base, moment), *_by_value(base, moment)]
    with_clause = ",\n".join(text for part in parts for text in part.definitions)
    values = "".join(f",\n  {_base_value(trait)} AS {trait.name}" for trait in base)
    joins = "\n".join(f"LEFT JOIN {part.name} ON {part.name}.customer_id = c.customer_id" for part in parts)
    rows = f"{f'WITH {with_clause}' if parts else ''}\nSELECT c.customer_id{values}\nFROM customers c\n{joins}"
    return _derived(rows, traits, moment)


def scored(traits: Sequence[Trait], stages: Lifecycle, moment: Moment, scores: Mapping[str, str], rows: str) -> str:
    """One SELECT that adds to the traits in the relation `rows`: the RFM scores (their SQL is given) and the stage."""
    names, score_names = ", ".join(trait.name for trait in traits), ", ".join(scores)
    values = ", ".join(
        f"CAST(CASE WHEN orders_total > 0 THEN {sql} END AS INTEGER) AS {name}" for name, sql in scores.items()
    )
    code = " || ".join(f"CAST({name} AS VARCHAR)" for name in scores)
    branches = " ".join(
        f"WHEN {_sql(rule.condition, moment)} THEN '{rule.stage}'"
        for rule in stages.rules
        if rule.condition is not None
    )
    return (
        f"SELECT customer_id, {names}, {score_names}, rfm, CASE {branches} ELSE '{stages.rules[-1].stage}' END"
        f" AS lifecycle_stage FROM (\nSELECT customer_id, {names}, {score_names}, {code} AS rfm"
        f" FROM (\nSELECT customer_id, {names}, {values} FROM {rows}) measured) scored"
    )


@dataclass(frozen=True)
class _Part:
    """One aggregation: the relations that define it, the last one called `name`, one row a customer."""

    name: str
    definitions: tuple[str, ...]


def _straight(base: Sequence[Trait], moment: Moment) -> list[_Part]:
    """One pass over each table for all that needs no grouping but by customer."""
    tables: dict[str, list[Trait]] = {}
    for trait in base:
        if trait.aggregate is not None and not trait.aggregate.is_by_value:
            tables.setdefault(trait.source, []).append(trait)
    return [_pass(table, traits, moment) for table, traits in tables.items()]


def _pass(table: str, traits: Sequence[Trait], moment: Moment) -> _Part:
    reaches = [None if trait.window is None else trait.window + trait.ago for trait in traits]
    known = [days for days in reaches if days is not None]
    reach = max(known) if len(known) == len(reaches) else None
    columns = ",\n  ".join(_value(trait, moment, reach) for trait in traits)
    rows = f"SELECT customer_id,\n  {columns}\n  FROM {table} WHERE {_within(reach, 0, moment)}\n  GROUP BY customer_id"
    return _Part(f"{table}_straight", (f"{table}_straight AS (\n  {rows})",))


def _value(trait: Trait, moment: Moment, reach: int | None) -> str:
    """The column, or columns, a pass gives for a trait."""
    aggregate = trait.aggregate
    assert aggregate is not None
    moment = replace(moment, reach=trait.window + trait.ago) if trait.window is not None else moment
    condition = _condition(trait, moment, reach)
    if aggregate.name == "count":
        return f"{_count(condition)} AS {trait.name}"
    assert aggregate.argument is not None
    argument = _sql(aggregate.argument, moment)
    if aggregate.name == "share":
        return f"CAST({_count(condition, argument)} AS DOUBLE) / nullif({_count(condition)}, 0) AS {trait.name}"
    return _VALUES.get(aggregate.name, _plain)(trait, aggregate, condition, argument)


def _plain(trait: Trait, aggregate: Aggregate, condition: str, argument: str) -> str:
    return f"{aggregate.name}({_counted(condition, argument)}) AS {trait.name}"


def _averaged(trait: Trait, aggregate: Aggregate, condition: str, argument: str) -> str:
    """The sum, exact whatever the order of the rows, and the number: divided once all rows are together."""
    if aggregate.kind in ("number", "share"):
        fits = f"abs({argument}) < {_LARGEST}"
        argument = f"CASE WHEN {fits} THEN CAST(round(({argument}) * {_FINEST}) AS BIGINT) END"
    counted = _counted(condition, argument)
    return f"sum({counted}) AS _sum_{trait.name}, count({counted}) AS _count_{trait.name}"


def _at_an_end(trait: Trait, aggregate: Aggregate, condition: str, argument: str) -> str:
    """The value of the latest or first fact that has one; of facts at the same instant, the highest."""
    value = _counted(condition, argument)
    if aggregate.name == "latest":
        return f"arg_max({value}, (ts, {argument})) AS {trait.name}"
    return f"arg_max({value}, (-epoch_us(ts), {argument})) AS {trait.name}"


_VALUES: Mapping[str, Callable[[Trait, Aggregate, str, str], str]] = {
    "average": _averaged,
    "latest": _at_an_end,
    "first": _at_an_end,
}
_FINEST, _LARGEST = "10000e0", "1e12"
"""Numbers are averaged to four decimals; larger ones than this are left out."""


def _counted(condition: str, argument: str) -> str:
    return f"CASE WHEN {condition} THEN {argument} END" if condition else argument


def _count(*conditions: str) -> str:
    """How many facts meet all conditions: each is evaluated only for facts that met those before, unlike AND."""
    value = ""
    for condition in reversed([one for one in conditions if one]):
        value = f"CASE WHEN {condition} THEN {value or 1} END"
    return f"count({value or '*'})"


def _by_value(base: Sequence[Trait], moment: Moment) -> list[_Part]:
    """Traits that compare a column's values: facts are summed by value first, once for all traits that can share."""
    groups: dict[tuple[str, str, str], list[Trait]] = {}
    for trait in base:
        if trait.aggregate is not None and trait.aggregate.is_by_value and trait.aggregate.argument is not None:
            within = _within(trait.window, trait.ago, moment)
            where = f"{within} AND ({_sql(trait.where, moment)})" if trait.where is not None else within
            groups.setdefault((trait.source, trait.aggregate.argument.name, where), []).append(trait)
    return [
        _grouped(f"{source}_by_value_{number}", source, column, where, traits, moment)
        for number, ((source, column, where), traits) in enumerate(groups.items(), 1)
    ]


def _grouped(name: str, table: str, column: str, where: str, traits: Sequence[Trait], moment: Moment) -> _Part:
    weights = [
        "" if trait.aggregate is None or trait.aggregate.weight is None else _sql(trait.aggregate.weight, moment)
        for trait in traits
    ]
    columns = {weight: f"weight_{number}" for number, weight in enumerate(dict.fromkeys(weights), 1)}
    sums = "".join(f", sum({weight}) AS {called}" for weight, called in columns.items() if weight)
    if any(trait.aggregate is not None and trait.aggregate.name == "first" for trait in traits):
        sums += ", min(ts) AS first_at"
    picks = ", ".join(
        f"{_picked(trait, columns[weight])} AS {trait.name}" for trait, weight in zip(traits, weights, strict=True)
    )
    rows = (
        f"SELECT customer_id, {column} AS picked, max(ts) AS last_at{sums}"
        f"\n  FROM {table} WHERE {where} AND {column} IS NOT NULL\n  GROUP BY customer_id, {column}"
    )
    picked = f"SELECT customer_id, {picks}\n  FROM {name}_rows GROUP BY customer_id"
    return _Part(name, (f"{name}_rows AS (\n  {rows})", f"{name} AS (\n  {picked})"))


def _picked(trait: Trait, weight: str) -> str:
    """What is kept of a customer's values, each with `last_at` and a `weight`: a number of them, or one."""
    name = trait.aggregate.name if trait.aggregate is not None else ""
    if name == "distinct":
        return "count(*)"
    keys = {
        "favourite": f"{weight}, last_at",
        "latest": f"last_at, {weight}",
        "first": f"-epoch_us(first_at), {weight}",
    }[name]
    return f"arg_max(picked, ({keys}, picked))"


def _within(window: int | None, ago: int, moment: Moment) -> str:
    end = f"ts < {moment.ago(ago)}"
    return end if window is None else f"ts >= {moment.ago(window + ago)} AND {end}"


def _condition(trait: Trait, moment: Moment, reach: int | None) -> str:
    """Which of the facts that are read count for this trait; empty for all."""
    tests = []
    if trait.window is not None and trait.window + trait.ago != reach:
        tests.append(f"ts >= {moment.ago(trait.window + trait.ago)}")
    if trait.ago:
        tests.append(f"ts < {moment.ago(trait.ago)}")
    if trait.where is not None:
        tests.append(f"({_sql(trait.where, moment)})")
    return " AND ".join(tests)


def _base_value(trait: Trait) -> str:
    aggregate = trait.aggregate
    if aggregate is not None and aggregate.name == "average":
        return f"CAST({_divided(trait, aggregate)} AS {_TYPES[trait.type]})"
    is_zero = aggregate is not None and aggregate.is_zero_without_facts
    value = f"coalesce({trait.name}, 0)" if is_zero else trait.name
    return f"CAST({value} AS {_TYPES[trait.type]})"


def _divided(trait: Trait, aggregate: Aggregate) -> str:
    total, number = f"_sum_{trait.name}", f"_count_{trait.name}"
    if aggregate.kind == "money":
        return _average_money(total, number)
    scale = f"{_FINEST} * " if aggregate.kind in ("number", "share") else ""
    return f"CAST({total} AS DOUBLE) / nullif({scale}CAST({number} AS DOUBLE), 0e0)"


def _derived(rows: str, traits: Sequence[Trait], moment: Moment) -> str:
    by_name = {trait.name: trait for trait in traits}
    values = ",\n  ".join(
        trait.name
        if trait.formula is None
        else f"CAST({_sql(_inlined(trait.formula, by_name), moment)} AS {_TYPES[trait.type]}) AS {trait.name}"
        for trait in traits
    )
    return f"SELECT customer_id,\n  {values}\nFROM (\n{rows}\n) base"


def _inlined(formula: exp.Expression, by_name: dict[str, Trait]) -> exp.Expression:
    """The formula over base traits only: derived traits it uses are put in their place, cast as they are declared."""

    def base(node: exp.Expression) -> exp.Expression:
        used = by_name[node.name.lower()] if isinstance(node, exp.Column) else None
        if used is None or used.formula is None:
            return node
        return exp.cast(_inlined(used.formula, by_name), _TYPES[used.type], dialect="duckdb")

    return formula.copy().transform(base)


def _sql(tree: exp.Expression, moment: Moment) -> str:
    """The SQL of a checked expression, our functions written out."""
    return tree.copy().transform(lambda node: _written_out(node, moment)).sql(dialect="duckdb")


def _written_out(node: exp.Expression, moment: Moment) -> exp.Expression:
    called = expressions.call(node)
    if called is None:
        return node
    name, arguments = called
    texts = [_sql(argument, moment) for argument in arguments]
    return exp.maybe_parse(_FUNCTIONS[name](moment, *texts), dialect="duckdb")


def _days_since(moment: Moment, instant: str) -> str:
    return f"(({moment.microseconds} - epoch_us({instant})) // {DAY_MICROSECONDS})"


def _days_between(_: Moment, start: str, end: str) -> str:
    return f"(CAST(epoch_us({end}) - epoch_us({start}) AS DOUBLE) / 8.64e10)"


def _ratio(_: Moment, numerator: str, denominator: str) -> str:
    return f"(CAST({numerator} AS DOUBLE) / nullif(CAST({denominator} AS DOUBLE), 0e0))"


def _average(_: Moment, money: str, number: str) -> str:
    return _average_money(money, number)


def _average_money(money: str, number: str) -> str:
    """To the cent, halves away from zero, in whole numbers: engines round decimals differently."""
    cents, n = f"CAST(abs({money}) * 100 AS BIGINT)", f"CAST({number} AS BIGINT)"
    rounded = f"CAST((2 * {cents} + {n}) // nullif(2 * {n}, 0) AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2))"
    return f"(CASE WHEN {money} < 0 THEN -1 ELSE 1 END * CAST({rounded} AS DECIMAL(14, 2)))"


def _wall_clock(moment: Moment, instant: str) -> str:
    """Microseconds on the company's wall clock: the zone's offsets are written out, no engine's calendar is asked."""
    (_, first), *changes = moment.offsets
    offset = str(first)
    for at, microseconds in changes:
        offset = f"CASE WHEN {instant} >= {dialect.instant(at)} THEN {microseconds} ELSE {offset} END"
    return f"(epoch_us({instant}) + {offset})"


def _weekday_of(moment: Moment, instant: str) -> str:
    """1 Monday to 7 Sunday; 1970 began on a Thursday."""
    return f"(((({_wall_clock(moment, instant)} // {DAY_MICROSECONDS}) + 3) % 7) + 1)"


def _is_weekend(moment: Moment, instant: str) -> str:
    return f"({_weekday_of(moment, instant)} >= 6)"


def _hour_of(moment: Moment, instant: str) -> str:
    return f"(({_wall_clock(moment, instant)} // 3600000000) % 24)"


_FUNCTIONS: dict[str, Callable[..., str]] = {
    "days_since": _days_since,
    "days_between": _days_between,
    "ratio": _ratio,
    "average": _average,
    "is_weekend": _is_weekend,
    "hour_of": _hour_of,
    "weekday_of": _weekday_of,
}


def _offset(instant: datetime, zone: ZoneInfo) -> int:
    distance = instant.astimezone(zone).utcoffset()
    assert distance is not None
    return distance // timedelta(microseconds=1)


def _first_with(offset: int, before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second of (before, after] at which the zone is at `offset`, a change lying between."""
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(before + timedelta(seconds=middle), zone) == offset:
            high = middle
        else:
            low = middle
    return (before + timedelta(seconds=high)).replace(microsecond=0)
