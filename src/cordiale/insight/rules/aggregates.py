"""What a trait may compute over a customer's facts: `sum(amount)`, `favourite(category, amount)`, `latest(value)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from cordiale.insight.rules import expressions
from cordiale.insight.rules.documents import Node
from cordiale.insight.rules.expressions import NUMERIC, Kind
from cordiale.insight.rules.phrases import mark as _
from cordiale.insight.rules.phrases import say

EXACT = ("integer", "money")
"""What can be summed: a sum of other numbers would depend on the order of the rows."""

ENDS = ("latest", "first")
HELP = _(
    "count(), sum(x), average(x), min(x), max(x), share(condition), count(DISTINCT column), latest(x), first(x),"
    " favourite(column, weight), latest(column, weight) or first(column, weight); sums and weights are of whole numbers"
    " or money"
)


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """What is computed over a customer's facts.

    `name` is `count`, `sum`, `average`, `min`, `max`, `share`, `distinct`, `favourite`, `latest` or `first`; `kind` is
    that of the argument. With a `weight`, facts are grouped by the argument's values first.
    """

    name: str
    argument: exp.Expression | None = None
    weight: exp.Expression | None = None
    kind: Kind = ""

    @property
    def is_by_value(self) -> bool:
        """Does it need the facts grouped by the argument's values first?"""
        return self.name == "distinct" or self.weight is not None

    @property
    def is_zero_without_facts(self) -> bool:
        """Is it 0 for a customer without such facts, not unknown?"""
        return self.name in ("count", "sum", "distinct")


def parse(node: Node, columns: Mapping[str, Kind]) -> tuple[Aggregate, Kind]:
    """The aggregate written at `node`, and the kind of its value. Raises Located."""
    tree = expressions.parse(node)
    name, arguments = _call(tree)
    if name == "count" and (not arguments or isinstance(arguments[0], exp.Star)):
        return Aggregate(name="count"), "integer"
    by_arity = {1: _of_one, 2: _of_two}.get(len(arguments))
    found = by_arity(name, arguments, columns, node) if by_arity else None
    return found or node.refuse(say(_("'%(text)s' is not an aggregate that fits"), text=node.value), hint=HELP)


def _of_one(
    name: str, arguments: list[exp.Expression], columns: Mapping[str, Kind], node: Node
) -> tuple[Aggregate, Kind] | None:
    argument = arguments[0]
    if name == "distinct":
        return (Aggregate(name=name, argument=argument), "integer") if _is_text_column(argument, columns) else None
    if name not in _RESULTS:
        return None
    kind = expressions.kind_of(argument, columns, node)
    allowed, result = _RESULTS[name]
    if kind not in allowed:
        return None
    return Aggregate(name=name, argument=argument, kind=kind), result.get(kind, kind)


def _of_two(
    name: str, arguments: list[exp.Expression], columns: Mapping[str, Kind], node: Node
) -> tuple[Aggregate, Kind] | None:
    argument, weight = arguments
    if name not in ("favourite", *ENDS) or not _is_text_column(argument, columns):
        return None
    if expressions.kind_of(weight, columns, node) not in EXACT:
        return None
    return Aggregate(name=name, argument=argument, weight=weight, kind="text"), "text"


_ORDERED = (*NUMERIC, "instant")
_RESULTS: Mapping[str, tuple[tuple[Kind, ...], Mapping[Kind, Kind]]] = {
    "sum": (EXACT, {}),
    "average": (NUMERIC, {"integer": "number", "share": "number"}),
    "min": (_ORDERED, {}),
    "max": (_ORDERED, {}),
    "share": (("boolean",), {"boolean": "share"}),
    "latest": ((*_ORDERED, "text"), {}),
    "first": ((*_ORDERED, "text"), {}),
}
"""By aggregate of one argument: the kinds it takes, and the kind of its value where that is another."""


def _call(tree: exp.Expression) -> tuple[str, list[exp.Expression]]:
    if (called := expressions.call(tree)) is not None:
        return called
    if isinstance(tree, exp.Count) and isinstance(tree.this, exp.Distinct):
        return "distinct", list(tree.this.expressions)
    if isinstance(tree, exp.Count | exp.Sum | exp.Min | exp.Max | exp.First):
        given = (tree.this, tree.args.get("expression"), *tree.expressions)
        return tree.key, [argument for argument in given if argument is not None]
    return "", []


def _is_text_column(argument: exp.Expression, columns: Mapping[str, Kind]) -> bool:
    return isinstance(argument, exp.Column) and columns.get(argument.name.lower()) == "text"
