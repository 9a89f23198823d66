"""Why a customer is in a segment or not: every rule of the expression, with this customer's values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from cordiale.clock import require_aware
from cordiale.segments.queries.evaluation import count_each, run_over
from cordiale.segments.queries.language import named_by, parse, vocabulary
from cordiale.segments.rules import Expression
from cordiale.segments.rules.compilation import to_sql_of_nodes
from cordiale.segments.rules.tree import (
    Condition,
    DaysSince,
    Declared,
    Every,
    Fact,
    FieldValue,
    Flag,
    Not,
    Sequence,
    Some,
    Value,
    walk,
)

Shape = Literal["every", "some", "not", "rule"]
Shown = str | int | float | bool | Decimal | datetime | date | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One condition of an expression, and how deep it is nested.

    `shape` is `every` (AND), `some` (OR), `not`, or `rule` for a leaf. `line` and `column` count from 1. `path` leads
    to the condition in the tree (`tree_json`), as in `parts/0/part`; empty for the whole.
    """

    path: str
    text: str
    line: int
    column: int
    depth: int
    shape: Shape

    @property
    def steps(self) -> range:
        """As many as it is deep, for a template to indent by."""
        return range(self.depth)


@dataclass(frozen=True, kw_only=True)
class RuleResult(Rule):
    """A rule, whether it holds for one customer, and the values it looked at (as written → value, None: unknown)."""

    held: bool
    values: dict[str, Shown]

    @property
    def shown(self) -> list[tuple[str, Shown]]:
        """The values in pairs, for a template: a name as written may hold any character."""
        return list(self.values.items())


@dataclass(frozen=True, kw_only=True)
class RuleCount(Rule):
    """A rule, and for how many customers it holds by itself."""

    matching: int


def explain(text: str, customer_id: int, now: datetime) -> list[RuleResult]:
    """Every rule of `text` for one customer, outermost first, each before its parts; the first is the whole.

    Raises BadExpression; a customer without traits yet has unknown values.
    """
    expression = parse(text)
    nodes = conditions(expression.root)
    looked_at = [_values(expression, node) for node, *_ in nodes]
    plan = to_sql_of_nodes(
        [node for node, *_ in nodes], [one for values in looked_at for one in values.values()], now,
        named_by([expression], vocabulary()), over_candidates=True,
    )  # fmt: skip
    row = run_over(plan, _alone(customer_id, now), now).to_pylist()[0]
    shown = (row[f"v_{number}"] for number in range(sum(map(len, looked_at))))
    return [
        RuleResult(
            **rule(expression, *found),
            held=bool(row[f"o_{number}"]),
            values=dict(zip(values, shown, strict=False)),
        )
        for number, (found, values) in enumerate(zip(nodes, looked_at, strict=True))
    ]


def count_rules(text: str, now: datetime) -> list[RuleCount]:
    """Every rule of `text` with how many customers it holds for, all in one pass; the first is the whole."""
    expression = parse(text)
    nodes = conditions(expression.root)
    counts = count_each([Expression(text=text, root=node) for node, *_ in nodes], now)
    return [
        RuleCount(**rule(expression, *found), matching=one.matching) for found, one in zip(nodes, counts, strict=True)
    ]


def conditions(root: Condition) -> list[tuple[Condition, int, str]]:
    """Every condition of a tree, outermost first, each before its parts, with its depth and its path."""
    return list(_conditions(root, 0, ""))


def _conditions(node: Condition, depth: int, path: str) -> Iterator[tuple[Condition, int, str]]:
    yield node, depth, path
    below = f"{path}/" if path else ""
    match node:
        case Every() | Some():
            for number, part in enumerate(node.parts):
                yield from _conditions(part, depth + 1, f"{below}parts/{number}")
        case Not():
            yield from _conditions(node.part, depth + 1, f"{below}part")


def rule(expression: Expression, node: Condition, depth: int, path: str) -> dict[str, Any]:
    """What a `Rule` says of a condition."""
    line, column = expression.line_and_column(node)
    return {
        "path": path, "text": expression.written(node), "line": line, "column": column, "depth": depth,
        "shape": _shape(node),
    }  # fmt: skip


def _shape(node: Condition) -> Shape:
    match node:
        case Every():
            return "every"
        case Some():
            return "some"
        case Not():
            return "not"
    return "rule"


def _values(expression: Expression, node: Condition) -> dict[str, Value]:
    """What a leaf looks at in a customer, as written; nothing for AND, OR and NOT, whose parts show theirs."""
    if _shape(node) != "rule":
        return {}
    if isinstance(node, Flag):
        return {expression.written(node): FieldValue(place=node.place, field=node.field)}
    return {
        expression.written(one): one
        for one in walk(node)
        if isinstance(one, FieldValue | Declared | Fact | Sequence | DaysSince)
    }


def _alone(customer_id: int, now: datetime) -> pa.Table:
    instant = pa.timestamp("us", tz="UTC")
    return pa.table({
        "candidate_id": pa.array([customer_id], pa.int64()),
        "customer_id": pa.array([customer_id], pa.int64()),
        "entry": pa.array([require_aware(now)], instant),
    })  # fmt: skip
