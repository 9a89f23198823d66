"""From checked expressions to one query for all of them, read by both engines.

The query is built as a tree, never as text: names come from closed lists and literals are quoted by sqlglot. Its shape:
one row a customer (or candidate) with every value any expression needs, each fact function computed once; then one
layer for each depth of `in_segment`; then one boolean column an expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlglot import exp

from cordiale.segments.rules.bounds import Bounded, End, bounded, end_sql, field_of, is_certain
from cordiale.segments.rules.facts import fact_relations
from cordiale.segments.rules.fragments import (
    double,
    joined,
    later,
    left_join,
    moment_sql,
    or_false,
    share_below,
    share_sql,
    whole_days,
)
from cordiale.segments.rules.language import GIVEN, REACHED_BY, Field, Kind
from cordiale.segments.rules.moments import Moment
from cordiale.segments.rules.plan import Mark, Plan
from cordiale.segments.rules.references import layers
from cordiale.segments.rules.sequences import sequence_relation
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
    Listed,
    MomentValue,
    Negative,
    Node,
    Not,
    Number,
    OneOf,
    Reachable,
    Sampled,
    SequenceKey,
    Shifted,
    Some,
    Text,
    Unknown,
    Value,
    walk,
)
from cordiale.segments.rules.tree import (
    Sequence as Walk,
)

_COMPARISONS = {"=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}
_ARITHMETIC = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


def to_sql(
    expressions: Sequence[Expression],
    now: datetime,
    segments: Mapping[str, Expression] | None = None,
    *,
    over_candidates: bool = False,
    without_merged: bool = False,
) -> Plan:
    """One pass for all `expressions`. `segments` holds every segment they name, directly or not.

    `without_merged` leaves out whoever is in the relation `merged`: the snapshot still holds customers merged since.
    """
    conditions = [expression.root for expression in expressions]
    return Compiler(now, segments or {}, over_candidates, without_merged).plan(conditions, [])


def to_sql_of_nodes(
    conditions: Sequence[Condition], values: Sequence[Value], now: datetime, segments: Mapping[str, Expression],
    *, over_candidates: bool,
) -> Plan:  # fmt: skip
    """The same for parts of expressions, and for values (columns `v_<n>`): what an explanation shows."""
    return Compiler(now, segments, over_candidates).plan(conditions, values)


class Compiler:
    """Collects what conditions need and names it; one use."""

    def __init__(
        self, now: datetime, segments: Mapping[str, Expression], over_candidates: bool, without_merged: bool = False
    ) -> None:
        self._now, self._without_merged = now, without_merged
        self._segments = segments
        self._over_candidates = over_candidates
        self._traits: dict[str, str] = {}
        self._profile: dict[str, str] = {}
        self._declared: dict[tuple[str, Kind], Declared] = {}
        self._marks: dict[Mark, int] = {}
        self._samples: dict[str, int] = {}
        self._facts: dict[FactKey | SequenceKey, int] = {}
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
        return Plan(
            select=select, profile=tuple(self._profile), declared=tuple(self._declared.values()),
            marks=tuple(self._marks), given=self._given(), has_facts=bool(self._facts), outputs=len(outputs),
            without_merged=self._without_merged,
        )  # fmt: skip

    def _given(self) -> dict[str, tuple[str, ...]]:
        given: dict[str, tuple[str, ...]] = {}
        for key in self._facts:
            if isinstance(key, FactKey) and key.measure.table in GIVEN:
                subjects = tuple(value for column, value in key.filters if column == key.measure.subject)
                given[key.measure.table] = given.get(key.measure.table, ()) + subjects
        return given

    # What is needed

    def _note(self, node: Node) -> None:
        match node:
            case FieldValue() | Flag():
                self._note_field(node.field)
            case Declared():
                self._declared.setdefault((node.key, node.kind), node)
            case Consented() | Reachable() | Listed():
                self._note_marks(node)
            case Sampled():
                self._samples.setdefault(node.salt, len(self._samples))
            case Fact() | Walk():
                self._facts.setdefault(node.key, len(self._facts))
            case Compare() | Between() | OneOf():
                self._note_end(node)

    def _note_marks(self, node: Consented | Reachable | Listed) -> None:
        for mark in _marks(node):
            self._marks.setdefault(mark, len(self._marks))
        if isinstance(node, Reachable):
            self._profile[REACHED_BY[node.channel]] = f"profile_{REACHED_BY[node.channel]}"

    def _note_end(self, node: Compare | Between | OneOf) -> None:
        """The bounded column a comparison is held against, where it is of that form."""
        if isinstance(node, Compare):
            one = bounded(node)
            if one is not None and one.end is not None:
                self._ends[one.field.name, one.end] = one.field
        elif (field := field_of(node)) is not None:
            self._ends[field.name, "low"] = field

    def _note_field(self, field: Field) -> None:
        if field.source == "trait":
            self._traits[field.name] = f"trait_{field.name}"
        elif field.source == "profile":
            self._profile[field.name] = f"profile_{field.name}"
        else:
            self._declared.setdefault((field.name, field.kind), Declared(place=(0, 0), key=field.name, kind=field.kind))

    def _declared_column(self, key: str, kind: Kind) -> str:
        return f"declared_{list(self._declared).index((key, kind))}"

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
        for number in self._marks.values():
            joins.append((exp.to_table(f"mark_{number}"), f"m_{number}"))
            marked = exp.Not(this=exp.Is(this=exp.column("customer_id", f"m_{number}"), expression=exp.Null()))
            columns.append(exp.alias_(marked, f"c_{number}"))
        columns += [
            exp.alias_(share_sql(salt, exp.column("customer_id", "who")), f"h_{n}") for salt, n in self._samples.items()
        ]
        select = exp.select(*columns).from_(exp.alias_(exp.to_table(self._who), "who", table=True))
        for relation, alias in joins:
            select = left_join(select, relation, alias, "customer_id")
        if self._without_merged:
            select = left_join(select, exp.to_table("merged"), "gone", "customer_id")
            select = select.where(exp.Is(this=exp.column("customer_id", "gone"), expression=exp.Null()))
        return self._with_facts(select)

    def _end(self, field: Field, end: End, trait_table: str) -> exp.Expr:
        """A field with its unknown values moved to one end."""
        name = self._declared_column(field.name, field.kind) if field.source == "declared" else field.name
        known = exp.column(name, trait_table if field.source == "trait" else "p", quoted=True)
        moved = exp.Coalesce(this=known, expressions=[end_sql(field.kind, end)])
        return exp.alias_(moved, _end_name(field, end))

    @property
    def _who(self) -> str:
        return "candidates" if self._over_candidates else "traits"

    def _profile_columns(self) -> list[exp.Expr]:
        fields = [exp.alias_(exp.column(name, "p"), alias) for name, alias in self._profile.items()]
        declared = [exp.alias_(exp.column(f"declared_{n}", "p"), f"declared_{n}") for n in range(len(self._declared))]
        return [*fields, *declared]

    def _with_facts(self, select: exp.Select) -> exp.Select:
        key = "candidate_id" if self._over_candidates else "customer_id"
        facts_of = {number: key for key, number in self._facts.items()}
        over = self._over_candidates
        counted = {key: number for key, number in self._facts.items() if isinstance(key, FactKey)}
        walked = [(key, number) for key, number in self._facts.items() if isinstance(key, SequenceKey)]
        relations = fact_relations(counted, self._now, per_candidate=over)
        relations += [sequence_relation(key, number, self._now, per_candidate=over) for key, number in walked]
        for number, (relation, facts) in enumerate(relations):
            alias = f"f{number}"
            for fact in facts:
                value: exp.Expr = exp.column(f"f_{fact}", alias)
                if _is_counted(facts_of[fact]):
                    value = exp.Coalesce(this=value, expressions=[exp.Literal.number(0)])
                select = select.select(exp.alias_(value, f"f_{fact}"))
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
            case Consented() | Reachable() | Listed():
                return self._marked(node)
            case Sampled():
                return share_below(f"h_{self._samples[node.salt]}", node.share)
            case InSegment():
                return exp.column(f"s_{self._named[node.name]}")
            case Flag():
                return self._field(node.field)
        return self._test(node)

    def _marked(self, node: Consented | Reachable | Listed) -> exp.Expr:
        if not isinstance(node, Reachable):
            return exp.column(f"c_{self._marks[_marks(node)[0]]}")
        said, opposed = (exp.column(f"c_{self._marks[mark]}") for mark in _marks(node))
        consents: exp.Expr = said if node.needs_consent else exp.Not(this=said)
        reached = exp.column(f"profile_{REACHED_BY[node.channel]}")
        return joined(exp.And, [reached, consents, exp.Not(this=opposed)])

    def _compare(self, node: Compare, one: Bounded | None) -> exp.Expr:
        if one is None:
            return _COMPARISONS[node.sign](this=self._side(node.left), expression=self._side(node.right))
        constant = self._side(one.constant)
        if one.end is not None:
            field: exp.Expr = exp.column(_end_name(one.field, one.end))
        else:
            field = exp.Coalesce(this=self._field(one.field), expressions=[constant.copy()])
        return _COMPARISONS[one.sign](this=field, expression=constant)

    def _tested(self, node: Between | OneOf) -> exp.Expr:
        """What a list or range is held against: where it can be, a column that is never NULL."""
        field = field_of(node)
        if field is None:
            return self._side(node.value)
        if node.negated and isinstance(node, OneOf):
            return exp.Coalesce(this=self._value(node.value), expressions=[self._value(node.options[0])])
        return exp.column(_end_name(field, "low"))

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
                return self._field(node.field)
            case Declared():
                return exp.column(self._declared_column(node.key, node.kind))
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
            case Fact() | Walk():
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

    def _field(self, field: Field) -> exp.Column:
        if field.source == "declared":
            return exp.column(self._declared_column(field.name, field.kind))
        return exp.column(f"{field.source}_{field.name}")


def _marks(node: Consented | Reachable | Listed) -> tuple[Mark, ...]:
    match node:
        case Consented():
            return (("granted", node.purpose, node.channel),)
        case Listed():
            return (("listed", node.name),)
        case Reachable():
            said = "granted" if node.needs_consent else "withdrawn"
            return (said, node.purpose, node.channel), ("opposed", node.channel)


def _end_name(field: Field, end: End) -> str:
    return f"{end}_{field.source}_{field.name}"


def _is_counted(key: FactKey | SequenceKey) -> bool:
    return isinstance(key, SequenceKey) or key.measure.is_known


def _references(conditions: Iterable[Condition]) -> list[str]:
    return [node.name for condition in conditions for node in walk(condition) if isinstance(node, InSegment)]
