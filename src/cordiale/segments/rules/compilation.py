"""From checked expressions to one query for all of them, read by both engines.

The query is built as a tree, never as text: names come from closed lists and literals are quoted by sqlglot. Its shape:
one row a customer (or candidate) with every value any expression needs, each fact function computed once; then one
layer for each depth of `in_segment`; then one boolean column an expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from cordiale.segments.rules.bounds import Bounded, End, bounded, end_sql, field_of, is_certain
from cordiale.segments.rules.facts import fact_relations
from cordiale.segments.rules.fragments import (
    case,
    double,
    equals,
    joined,
    later,
    left_join,
    moment_sql,
    or_false,
    whole_days,
)
from cordiale.segments.rules.language import Field, Kind
from cordiale.segments.rules.moments import Moment
from cordiale.segments.rules.references import layers
from cordiale.segments.rules.tree import (
    Always,
    Arithmetic,
    Between,
    Compare,
    Condition,
    Consented,
    Day,
    DaysSince,
    Declared,
    Every,
    Expression,
    Fact,
    FactKey,
    FieldValue,
    Flag,
    InSegment,
    Like,
    MomentValue,
    Negative,
    Node,
    Not,
    Number,
    OneOf,
    Shifted,
    Some,
    Text,
    Unknown,
    Value,
    walk,
)

_COMPARISONS = {"=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}
_ARITHMETIC = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A query and the relations it joins.

    `sql` gives `customer_id` (and `candidate_id` where it runs over candidates), one boolean column `o_<n>` an output
    (true where it holds, else false or NULL) and one column `v_<n>` a value. `profile` and `declared` are the columns
    of the relation `profiles` (`declared` ones as `declared_<n>` in this order); `consents` the pairs (purpose,
    channel) of the relation `consents`, which holds `customer_id` and `pair` (the position in this list) of those who
    granted.
    """

    select: exp.Select
    profile: tuple[str, ...]
    declared: tuple[Declared, ...]
    consents: tuple[tuple[str, str], ...]
    has_facts: bool
    outputs: int

    @property
    def sql(self) -> str:
        """The query, in the dialect definitions are written in."""
        return self.select.sql("duckdb")

    @property
    def counting(self) -> str:
        """The query that counts: `total` rows, and how many hold as `o_<n>`."""
        counts = [exp.alias_(exp.CountIf(this=exp.column(f"o_{n}")), f"o_{n}") for n in range(self.outputs)]
        total = exp.alias_(exp.Count(this=exp.Star()), "total")
        return exp.select(total, *counts).from_(self.select.subquery("held")).sql("duckdb")


def to_sql(
    expressions: Sequence[Expression],
    now: datetime,
    segments: Mapping[str, Expression] | None = None,
    *,
    over_candidates: bool = False,
) -> Plan:
    """One pass for all `expressions`. `segments` holds every segment they name, directly or not."""
    conditions = [expression.root for expression in expressions]
    return Compiler(now, segments or {}, over_candidates).plan(conditions, [])


def to_sql_of_nodes(
    conditions: Sequence[Condition], values: Sequence[Value], now: datetime, segments: Mapping[str, Expression],
    *, over_candidates: bool,
) -> Plan:  # fmt: skip
    """The same for parts of expressions, and for values (columns `v_<n>`): what an explanation shows."""
    return Compiler(now, segments, over_candidates).plan(conditions, values)


class Compiler:
    """Collects what conditions need and names it; one use."""

    def __init__(self, now: datetime, segments: Mapping[str, Expression], over_candidates: bool) -> None:
        self._now = now
        self._segments = segments
        self._over_candidates = over_candidates
        self._traits: dict[str, str] = {}
        self._profile: dict[str, str] = {}
        self._declared: dict[tuple[str, Kind], Declared] = {}
        self._consents: dict[tuple[str, str], int] = {}
        self._facts: dict[FactKey, int] = {}
        self._named: dict[str, int] = {}
        self._ends: dict[tuple[str, End], Field] = {}

    def plan(self, conditions: Sequence[Condition], values: Sequence[Value]) -> Plan:
        """The query for all of them."""
        inner = layers(_references(conditions), self._segments)
        self._named = {name: number for number, name in enumerate(name for layer in inner for name in layer)}
        for root in (*conditions, *values, *(self._segments[name].root for name in self._named)):
            for node in walk(root):
                self._note(node)
        query = self._base()
        for depth, layer in enumerate(inner):
            held = [exp.alias_(self._condition(self._segments[name].root), f"s_{self._named[name]}") for name in layer]
            query = exp.select(exp.Star(), *held).from_(query.subquery(f"layer_{depth}"))
        outputs = [exp.alias_(self._condition(condition), f"o_{n}") for n, condition in enumerate(conditions)]
        shown = [exp.alias_(self._value(value), f"v_{n}") for n, value in enumerate(values)]
        select = exp.select(*self._keys(), *outputs, *shown).from_(query.subquery("known"))
        return Plan(select=select, profile=tuple(self._profile), declared=tuple(self._declared.values()),
                    consents=tuple(self._consents), has_facts=bool(self._facts), outputs=len(outputs))  # fmt: skip

    # What is needed

    def _note(self, node: Node) -> None:
        match node:
            case FieldValue() | Flag():
                columns = self._traits if node.field.source == "trait" else self._profile
                columns[node.field.name] = f"{node.field.source}_{node.field.name}"
            case Declared():
                self._declared.setdefault((node.key, node.kind), node)
            case Consented():
                self._consents.setdefault((node.purpose, node.channel), len(self._consents))
            case Fact():
                self._facts.setdefault(node.key, len(self._facts))
            case Compare():
                if (one := bounded(node)) is not None and one.end is not None:
                    self._ends[one.field.name, one.end] = one.field
            case Between() | OneOf():
                if (field := field_of(node)) is not None:
                    self._ends[field.name, "low"] = field

    def _keys(self) -> list[exp.Column]:
        names = ("candidate_id", "customer_id") if self._over_candidates else ("customer_id",)
        return [exp.column(name) for name in names]

    # One row a customer

    def _base(self) -> exp.Select:
        columns: list[exp.Expr] = [exp.column(name.name, "who") for name in self._keys()]
        if self._over_candidates:
            columns.append(exp.column("entry", "who"))
        joins: list[tuple[exp.Expr, str]] = []
        if self._over_candidates and self._traits:
            joins.append((exp.to_table("traits"), "t"))
        trait_table = "t" if self._over_candidates else "who"
        columns += [
            exp.alias_(exp.column(name, trait_table, quoted=True), alias) for name, alias in self._traits.items()
        ]
        columns += [self._end(field, end, trait_table) for (_, end), field in self._ends.items()]
        if self._profile or self._declared:
            joins.append((exp.to_table("profiles"), "p"))
            columns += self._profile_columns()
        if self._consents:
            joins.append((_consents_by_customer(len(self._consents)), "c"))
            columns += [exp.alias_(or_false(exp.column(f"c_{n}", "c")), f"c_{n}") for n in self._consents.values()]
        select = exp.select(*columns).from_(exp.alias_(exp.to_table(self._who), "who", table=True))
        for relation, alias in joins:
            select = left_join(select, relation, alias, "customer_id")
        return self._with_facts(select)

    @staticmethod
    def _end(field: Field, end: End, trait_table: str) -> exp.Expr:
        """A field with its unknown values moved to one end."""
        table = trait_table if field.source == "trait" else "p"
        known = exp.column(field.name, table, quoted=True)
        moved = exp.Coalesce(this=known, expressions=[end_sql(field.kind, end)])
        return exp.alias_(moved, f"{field.source}_{field.name}_{end}")

    @property
    def _who(self) -> str:
        return "candidates" if self._over_candidates else "traits"

    def _profile_columns(self) -> list[exp.Expr]:
        fields = [exp.alias_(exp.column(name, "p"), alias) for name, alias in self._profile.items()]
        declared = [exp.alias_(exp.column(f"declared_{n}", "p"), f"declared_{n}") for n in range(len(self._declared))]
        return [*fields, *declared]

    def _with_facts(self, select: exp.Select) -> exp.Select:
        key = "candidate_id" if self._over_candidates else "customer_id"
        relations = fact_relations(self._facts, self._now, per_candidate=self._over_candidates)
        for number, (relation, facts) in enumerate(relations):
            alias = f"f{number}"
            for fact in facts:
                counted = exp.Coalesce(this=exp.column(f"f_{fact}", alias), expressions=[exp.Literal.number(0)])
                select = select.select(exp.alias_(counted, f"f_{fact}"))
            select = left_join(select, relation.subquery(), alias, key)
        return select

    # Conditions

    def _condition(self, node: Condition) -> exp.Expr:  # noqa: PLR0911 - one return a node
        """The condition as SQL, NULL where a value is unknown.

        AND and OR only ever let NULL through as less than true, so a coalesce under each NOT is enough for every
        comparison with an unknown value to count as false: who reads the result takes NULL for false.
        """
        match node:
            case Every():
                return joined(exp.And, [self._condition(part) for part in node.parts])
            case Some():
                return joined(exp.Or, [self._condition(part) for part in node.parts])
            case Not():
                part = self._condition(node.part)
                return exp.Not(this=exp.Paren(this=part) if is_certain(node.part) else or_false(part))
            case Always():
                return exp.Boolean(this=node.holds)
            case Compare():
                return self._compare(node, bounded(node))
            case Consented():
                return exp.column(f"c_{self._consents[node.purpose, node.channel]}")
            case InSegment():
                return exp.column(f"s_{self._named[node.name]}")
            case Flag():
                return self._field(node)
        return self._test(node)

    def _compare(self, node: Compare, one: Bounded | None) -> exp.Expr:
        if one is None:
            return _COMPARISONS[node.sign](this=self._side(node.left), expression=self._side(node.right))
        constant = self._side(one.constant)
        if one.end is not None:
            field: exp.Expr = exp.column(f"{one.field.source}_{one.field.name}_{one.end}")
        else:
            field = exp.Coalesce(this=exp.column(f"{one.field.source}_{one.field.name}"), expressions=[constant.copy()])
        return _COMPARISONS[one.sign](this=field, expression=constant)

    def _tested(self, node: Between | OneOf) -> exp.Expr:
        """What a list or range is held against: where it can be, a column that is never NULL."""
        field = field_of(node)
        if field is None:
            return self._side(node.value)
        if node.negated and isinstance(node, OneOf):
            return exp.Coalesce(this=self._value(node.value), expressions=[self._value(node.options[0])])
        return exp.column(f"{field.source}_{field.name}_low")

    def _test(self, node: Between | OneOf | Like | Unknown) -> exp.Expr:
        test: exp.Expr
        match node:
            case Between():
                test = exp.Between(this=self._tested(node), low=self._side(node.low), high=self._side(node.high))
            case OneOf():
                test = exp.In(this=self._tested(node), expressions=[self._value(option) for option in node.options])
            case Like():
                kind = exp.ILike if node.ignores_case else exp.Like
                test = kind(this=self._side(node.value), expression=exp.Literal.string(node.pattern))
            case Unknown():
                test = exp.Is(this=self._side(node.value), expression=exp.Null())
        return exp.Not(this=exp.Paren(this=test)) if node.negated else test

    # Values

    def _side(self, value: Value) -> exp.Expr:
        """A value as one side of a comparison, in parentheses where it is computed."""
        written = self._value(value)
        return exp.Paren(this=written) if isinstance(written, exp.Binary) else written

    def _value(self, node: Value) -> exp.Expr:  # noqa: PLR0911 - one return a node
        match node:
            case FieldValue():
                return self._field(node)
            case Declared():
                return exp.column(f"declared_{list(self._declared).index((node.key, node.kind))}")
            case Number():
                return (
                    exp.Literal.number(f"{node.value:f}")
                    if node.value >= 0
                    else exp.Neg(this=exp.Literal.number(f"{-node.value:f}"))
                )
            case Text():
                return exp.Literal.string(node.value)
            case Day():
                return exp.cast(exp.Literal.string(node.value.isoformat()), "date")
            case MomentValue():
                return moment_sql(node.moment, self._now)
            case Fact():
                return exp.column(f"f_{self._facts[node.key]}")
        return self._computed(node)

    def _computed(self, node: Shifted | Arithmetic | Negative | DaysSince) -> exp.Expr:
        match node:
            case Shifted():
                return later(self._value(node.value), node.seconds)
            case Negative():
                return exp.Neg(this=exp.Paren(this=self._value(node.value)))
            case DaysSince():
                return exp.Paren(this=whole_days(self._value(node.value), moment_sql(Moment(base="now"), self._now)))
            case Arithmetic():
                left, right = double(self._value(node.left)), double(self._value(node.right))
                if node.sign == "/":
                    return exp.Div(this=left, expression=exp.func("nullif", right, exp.Literal.number(0)))
                return exp.Paren(this=_ARITHMETIC[node.sign](this=left, expression=right))

    def _field(self, node: FieldValue | Flag) -> exp.Column:
        return exp.column(f"{node.field.source}_{node.field.name}")


def _consents_by_customer(pairs: int) -> exp.Expr:
    columns = [
        exp.alias_(
            exp.EQ(this=exp.Max(this=case(equals("pair", n), exp.Literal.number(1))), expression=exp.Literal.number(1)),
            f"c_{n}",
        )
        for n in range(pairs)
    ]
    return exp.select("customer_id", *columns).from_("consents").group_by("customer_id").subquery()


def _references(conditions: Iterable[Condition]) -> list[str]:
    return [node.name for condition in conditions for node in walk(condition) if isinstance(node, InSegment)]
