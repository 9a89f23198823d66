"""Expressions people write in `traits.yaml` and `lifecycle.yaml`: a small, typed part of DuckDB's SQL.

Only what both engines compute alike is allowed; everything else is an error that points at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from cordiale.insight.rules.documents import Node
from cordiale.insight.rules.phrases import Phrase, say
from cordiale.insight.rules.phrases import mark as _

Kind = str
"""`integer`, `number`, `money`, `share`, `text`, `instant`, `boolean`, or `null`."""

NUMERIC = ("integer", "number", "money", "share")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_SIGNATURES: Mapping[str, tuple[tuple[tuple[Kind, ...], ...], Kind]] = {
    "days_since": ((("instant",),), "integer"),
    "days_between": ((("instant",), ("instant",)), "number"),
    "ratio": ((NUMERIC, NUMERIC), "number"),
    "average": ((("money",), ("integer",)), "money"),
    "is_weekend": ((("instant",),), "boolean"),
    "hour_of": ((("instant",),), "integer"),
    "weekday_of": ((("instant",),), "integer"),
}
FUNCTIONS = tuple(_SIGNATURES)
"""`days_since(x)` whole days of 24 hours until the snapshot · `days_between(a, b)` days, with fractions · `ratio(a, b)`
empty where b is 0 · `average(money, n)` to the cent, empty where n is 0 · `is_weekend(x)`, `hour_of(x)` (0 to 23) and
`weekday_of(x)` (1 Monday to 7 Sunday) on the clock of the company's zone."""


def parse(node: Node) -> exp.Expression:
    """The expression written at `node`, its functions and columns not looked at yet. Raises Located."""
    text = node.text()
    try:
        statements = sqlglot.parse(text, read="duckdb")
    except ParseError as error:
        found = error.errors[0]
        word = found["highlight"]
        node.refuse(
            say(_("this cannot be read near '%(word)s'"), word=word),
            hint=_("a value, an operator, a comma or a bracket is missing there, or one too many"),
            offset=max(found["col"] - len(word), 0),
        )
    except TokenError:
        node.refuse(_("a quote or a bracket is not closed"))
    if len(statements) != 1 or not isinstance(statements[0], exp.Expression):
        node.refuse(_("one expression is expected"))
    return statements[0]


def is_plain_name(name: str) -> bool:
    """Is `name` read as a column, not as a word of the language?"""
    try:
        return isinstance(sqlglot.parse_one(name, read="duckdb"), exp.Column)
    except ParseError:
        return False


def kind_of(tree: exp.Expression, columns: Mapping[str, Kind], node: Node) -> Kind:
    """What kind of value `tree` gives. Raises Located where it is not allowed or its parts do not fit together."""
    return _Checker(columns, node).kind(tree)


def call(tree: exp.Expression) -> tuple[str, list[exp.Expression]] | None:
    """Name and arguments of a function that SQL itself does not know, else None."""
    if isinstance(tree, exp.Anonymous):
        return str(tree.this).lower(), list(tree.expressions)
    return None


def refuse(node: Node, tree: exp.Expression, message: str | Phrase, *, hint: str | Phrase = "") -> NoReturn:
    """Raise Located at the first letter of `tree` within the text of `node`."""
    starts = [part.meta["start"] for part in tree.walk() if "start" in part.meta]
    node.refuse(message, hint=hint, offset=min(starts, default=0))


class _Checker:
    """Kinds, bottom up. One method a family of nodes; a node without a method is not allowed."""

    def __init__(self, columns: Mapping[str, Kind], node: Node) -> None:
        self.columns = columns
        self.node = node
        self.methods: tuple[tuple[tuple[type[exp.Expression], ...], Callable[[exp.Expression], Kind]], ...] = (
            ((exp.Column,), self.column),
            ((exp.Literal, exp.Boolean, exp.Null), self.literal),
            ((exp.Paren,), lambda tree: self.kind(tree.this)),
            ((exp.Neg,), lambda tree: self.require(tree.this, NUMERIC)),
            ((exp.Not,), lambda tree: self.require(tree.this, ("boolean",))),
            ((exp.And, exp.Or), self.logic),
            (_COMPARISONS, lambda tree: self.comparison(tree, tree.this, tree.expression)),
            ((exp.Between,), lambda tree: self.comparison(tree, tree.this, tree.args["low"], tree.args["high"])),
            ((exp.In,), self.membership),
            ((exp.Like,), self.likeness),
            ((exp.Greatest, exp.Least), lambda tree: self.extreme([tree.this, *tree.expressions])),
            ((exp.Abs,), lambda tree: self.require(tree.this, NUMERIC)),
            ((exp.Is,), self.emptiness),
            ((exp.Add, exp.Sub, exp.Mul), self.arithmetic),
            ((exp.Case,), self.case),
            ((exp.Coalesce,), lambda tree: self.common([tree.this, *tree.expressions])),
            ((exp.Nullif,), lambda tree: self.common([tree.this, tree.expression])),
            ((exp.Anonymous,), self.function),
        )

    def kind(self, tree: exp.Expression) -> Kind:
        for types, method in self.methods:
            if isinstance(tree, types):
                return method(tree)
        return refuse(
            self.node,
            tree,
            say(_("'%(text)s' is not allowed here"), text=tree.sql("duckdb")),
            hint=say(
                _("allowed are comparisons, AND, OR, NOT, IN, LIKE, CASE, + - * and the functions %(names)s"),
                names=", ".join(("coalesce", "nullif", "abs", "greatest", "least", *FUNCTIONS)),
            ),
        )

    def require(self, tree: exp.Expression, allowed: tuple[Kind, ...]) -> Kind:
        found = self.kind(tree)
        if found not in allowed and found != "null":
            self.unfit(tree, found, *allowed)
        return found

    def unfit(self, tree: exp.Expression, found: Kind, *wanted: Kind) -> NoReturn:
        refuse(
            self.node, tree, say(_("'%(text)s' is of kind %(kind)s"), text=tree.sql("duckdb"), kind=found),
            hint=say(_("needed here: %(kinds)s"), kinds=", ".join(wanted)),
        )  # fmt: skip

    def column(self, tree: exp.Expression) -> Kind:
        name = tree.name.lower()
        if tree.args.get("table") or name not in self.columns:
            refuse(
                self.node, tree, say(_("'%(text)s' is not known"), text=tree.sql("duckdb")),
                hint=say(_("known are %(names)s"), names=", ".join(self.columns)),
            )  # fmt: skip
        return self.columns[name]

    def literal(self, tree: exp.Expression) -> Kind:
        if isinstance(tree, exp.Boolean):
            return "boolean"
        if isinstance(tree, exp.Null):
            return "null"
        if tree.is_string:
            return "text"
        return "integer" if tree.is_int else "number"

    def logic(self, tree: exp.Expression) -> Kind:
        for side in (tree.this, tree.expression):
            self.require(side, ("boolean",))
        return "boolean"

    def comparison(self, tree: exp.Expression, *sides: exp.Expression) -> Kind:
        self.common(list(sides))
        return "boolean"

    def membership(self, tree: exp.Expression) -> Kind:
        if not tree.expressions:
            refuse(self.node, tree, _("IN takes a list of values"), hint="channel IN ('store', 'web')")
        return self.comparison(tree, tree.this, *tree.expressions)

    def likeness(self, tree: exp.Expression) -> Kind:
        self.require(tree.this, ("text",))
        pattern = tree.expression
        if not isinstance(pattern, exp.Literal) or not pattern.is_string or "\\" in pattern.name:
            refuse(
                self.node, pattern, _("LIKE takes a text without \\"),
                hint=_("category LIKE 'WINE%'; % is any letters"),
            )  # fmt: skip
        return "boolean"

    def extreme(self, trees: list[exp.Expression]) -> Kind:
        for tree in trees:
            self.require(tree, (*NUMERIC, "instant"))
        return self.common(trees)

    def emptiness(self, tree: exp.Expression) -> Kind:
        if not isinstance(tree.expression, exp.Null):
            refuse(self.node, tree, _("IS is only used as IS NULL or IS NOT NULL"))
        self.kind(tree.this)
        return "boolean"

    def arithmetic(self, tree: exp.Expression) -> Kind:
        kinds = {self.require(side, NUMERIC) for side in (tree.this, tree.expression)}
        return next((kind for kind in ("number", "share", "money") if kind in kinds), "integer")

    def case(self, tree: exp.Expression) -> Kind:
        if tree.this is not None:
            refuse(self.node, tree.this, _("write CASE WHEN condition THEN value … END"))
        for branch in tree.args["ifs"]:
            self.require(branch.this, ("boolean",))
        values = [branch.args["true"] for branch in tree.args["ifs"]]
        return self.common([*values, *([tree.args["default"]] if tree.args.get("default") else [])])

    def common(self, trees: list[exp.Expression]) -> Kind:
        """The kind of values that stand for one another: equal, or all numeric."""
        first = "null"
        for tree in trees:
            found = self.kind(tree)
            if first == "null":
                first = found
            elif found not in ("null", first) and not (found in NUMERIC and first in NUMERIC):
                self.unfit(tree, found, first)
            elif first == "integer" and found in NUMERIC:
                first = found
        return first

    def function(self, tree: exp.Expression) -> Kind:
        name, arguments = call(tree) or ("", [])
        if name not in _SIGNATURES:
            refuse(
                self.node, tree, say(_("'%(name)s' is no function here"), name=name),
                hint=say(_("known are %(names)s"), names=", ".join(FUNCTIONS)),
            )  # fmt: skip
        parameters, result = _SIGNATURES[name]
        if len(arguments) != len(parameters):
            told = _("%(name)s takes %(number)s value(s), not %(given)s")
            refuse(self.node, tree, say(told, name=name, number=len(parameters), given=len(arguments)))
        for argument, allowed in zip(arguments, parameters, strict=True):
            self.require(argument, allowed)
        return result
