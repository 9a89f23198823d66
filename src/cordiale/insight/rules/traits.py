"""`traits.yaml`: what is known of each customer, declared once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from cordiale.insight.rules import expressions
from cordiale.insight.rules.documents import Node, read
from cordiale.insight.rules.expressions import NUMERIC, Kind

TYPES = ("number", "integer", "money", "text", "instant", "share")
FACTS: Mapping[str, Mapping[str, Kind]] = {
    "order_lines": {
        "ts": "instant",
        "order_id": "text",
        "line_no": "integer",
        "product_id": "text",
        "category": "text",
        "department": "text",
        "brand": "text",
        "store": "text",
        "channel": "text",
        "quantity": "integer",
        "amount": "money",
        "discount": "money",
    },
    "events": {
        "ts": "instant",
        "event_id": "text",
        "name": "text",
        "source": "text",
        "category": "text",
        "topic": "text",
        "product_id": "text",
        "seconds": "integer",
    },
    "messages": {
        "ts": "instant",
        "message_id": "text",
        "programme": "text",
        "step": "text",
        "channel": "text",
        "purpose": "text",
        "kind": "text",
        "source": "text",
    },
    "answers": {
        "ts": "instant",
        "answer_id": "text",
        "survey": "text",
        "question": "text",
        "kind": "text",
        "value": "number",
        "text": "text",
        "channel": "text",
        "source": "text",
    },
}
"""The columns a trait may use, by table of the lake."""

RFM = ("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm")
STAGE = "lifecycle_stage"
_EXACT = ("integer", "money")
"""What can be summed: a sum of other numbers would depend on the order of the rows."""

_RESERVED = {"customer_id", "bucket", "day", *RFM, STAGE, *(column for columns in FACTS.values() for column in columns)}
_RFM_SOURCES = ("recency_days", "orders_365d", "spend_365d", "orders_total")


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """What is computed over a customer's facts.

    `name` is `count`, `sum`, `min`, `max`, `share`, `distinct`, `favourite` or `latest`.
    """

    name: str
    argument: exp.Expression | None = None
    weight: exp.Expression | None = None

    @property
    def is_by_value(self) -> bool:
        """Does it need the facts grouped by the argument's values first?"""
        return self.name in ("distinct", "favourite", "latest")

    @property
    def is_zero_without_facts(self) -> bool:
        """Is it 0 for a customer without such facts, not unknown?"""
        return self.name in ("count", "sum", "distinct")


@dataclass(frozen=True, kw_only=True)
class Trait:
    """One declared trait. `window` is in days and ends `ago` days before the snapshot; None looks at everything.

    `definition` is the text of its value as written, `source` the facts it is computed from, `derived`, or `score`
    where another package computes it. Of a declared one exactly one of `aggregate` and `formula` is set; `where`
    restricts the facts of an aggregate.
    """

    name: str
    type: str
    unit: Mapping[str, str] | None
    window: int | None
    ago: int
    source: str
    definition: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    aggregate: Aggregate | None = field(default=None, compare=False, repr=False)
    where: exp.Expression | None = field(default=None, compare=False, repr=False)
    formula: exp.Expression | None = field(default=None, compare=False, repr=False)


def parse(text: str, source: str) -> list[Trait]:
    """The traits declared in a YAML text, in its order. Raises Located at what is wrong."""
    root = read(text, source)
    entries = dict(root.fields(required=("traits",))["traits"].entries())
    types = {name: _declared_type(name, node) for name, node in entries.items()}
    for name in _RFM_SOURCES:
        if types.get(name) not in NUMERIC:
            root.refuse(f"the trait '{name}' is missing or not a number", hint="RFM scores are computed from it")
    traits = [_trait(name, node, types) for name, node in entries.items()]
    _refuse_circles(traits, entries)
    return traits


def references(trait: Trait) -> list[str]:
    """The traits that the formula of `trait` uses."""
    return [column.name.lower() for column in trait.formula.find_all(exp.Column)] if trait.formula else []


def _declared_type(name: str, node: Node) -> Kind:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
        node.refuse_name(f"'{name}' cannot name a trait", hint="small letters, digits and _ only")
    if name in _RESERVED or not expressions.is_plain_name(name):
        node.refuse_name(f"the name '{name}' is taken", hint="choose another")
    entries = dict(node.entries())
    if "type" not in entries:
        node.refuse_name(f"the trait '{name}' has no type", hint=f"choose {', '.join(TYPES)}")
    return entries["type"].choice(TYPES)


def _trait(name: str, node: Node, types: Mapping[str, Kind]) -> Trait:
    entries = node.fields(
        required=("type", "from", "value", "title", "description"), optional=("unit", "window", "ago", "where")
    )
    source, value, declared = entries["from"].choice((*FACTS, "derived")), entries["value"], types[name]
    trait: dict[str, Any] = {}
    if source == "derived":
        for key in ("window", "ago", "where"):
            if key in entries:
                entries[key].refuse_name(f"a derived trait has no {key}", hint="give it to those it is derived from")
        trait["formula"] = expressions.parse(value)
        found = expressions.kind_of(trait["formula"], types, value)
    else:
        columns = FACTS[source]
        trait["aggregate"], found = _aggregate(value, columns)
        trait["where"] = _condition(entries["where"], columns) if "where" in entries else None
    if not _fits(found, declared):
        entries["type"].refuse(f"the value of '{name}' is of kind {found}, not {declared}")
    return Trait(
        name=name,
        type=declared,
        source=source,
        definition=value.text(),
        unit=entries["unit"].languages() if "unit" in entries else None,
        window=entries["window"].days() if "window" in entries else None,
        ago=_ago(entries),
        title=entries["title"].languages(),
        description=entries["description"].languages(),
        **trait,
    )


def _ago(entries: Mapping[str, Node]) -> int:
    if "ago" in entries and "window" not in entries:
        entries["ago"].refuse_name("'ago' needs a window", hint="window: 90, ago: 90: the 90 days before the last 90")
    return entries["ago"].days() if "ago" in entries else 0


def _condition(node: Node, columns: Mapping[str, Kind]) -> exp.Expression:
    tree = expressions.parse(node)
    if expressions.kind_of(tree, columns, node) != "boolean":
        node.refuse("a condition is needed", hint="for instance amount > 0")
    return tree


def _fits(found: Kind, declared: Kind) -> bool:
    return found == declared or (declared in ("number", "share") and found in NUMERIC)


def _aggregate(node: Node, columns: Mapping[str, Kind]) -> tuple[Aggregate, Kind]:
    """The aggregate written at `node` and the kind of its value."""
    tree = expressions.parse(node)
    name, arguments = _call(tree)
    check = expressions.kind_of
    if name == "count" and (not arguments or isinstance(arguments[0], exp.Star)):
        return Aggregate(name="count"), "integer"
    if name in ("sum", "min", "max") and len(arguments) == 1:
        kind = check(arguments[0], columns, node)
        if kind in (_EXACT if name == "sum" else (*NUMERIC, "instant")):
            return Aggregate(name=name, argument=arguments[0]), kind
    if name == "share" and len(arguments) == 1 and check(arguments[0], columns, node) == "boolean":
        return Aggregate(name=name, argument=arguments[0]), "share"
    if name == "distinct" and _is_text_column(arguments, columns) and len(arguments) == 1:
        return Aggregate(name=name, argument=arguments[0]), "integer"
    is_pick = name in ("favourite", "latest") and _is_text_column(arguments, columns) and len(arguments) == 2
    if is_pick and check(arguments[1], columns, node) in _EXACT:
        return Aggregate(name=name, argument=arguments[0], weight=arguments[1]), "text"
    return node.refuse(f"'{node.value}' is not an aggregate that fits", hint=_AGGREGATES)


_AGGREGATES = (
    "count(), sum(x), min(x), max(x), share(condition), count(DISTINCT column), favourite(column, weight)"
    " or latest(column, weight); sums and weights are of whole numbers or money"
)


def _call(tree: exp.Expression) -> tuple[str, list[exp.Expression]]:
    if (called := expressions.call(tree)) is not None:
        return called
    if isinstance(tree, exp.Count) and isinstance(tree.this, exp.Distinct):
        return "distinct", list(tree.this.expressions)
    if isinstance(tree, exp.Count | exp.Sum | exp.Min | exp.Max):
        return tree.key, [argument for argument in (tree.this, *tree.expressions) if argument is not None]
    return "", []


def _is_text_column(arguments: list[exp.Expression], columns: Mapping[str, Kind]) -> bool:
    return bool(arguments) and isinstance(arguments[0], exp.Column) and columns.get(arguments[0].name) == "text"


def _refuse_circles(traits: list[Trait], entries: Mapping[str, Node]) -> None:
    uses = {trait.name: references(trait) for trait in traits}
    settled: set[str] = set()
    while open_names := [name for name in uses if name not in settled]:
        ready = [name for name in open_names if settled.issuperset(uses[name])]
        if not ready:
            entries[open_names[0]].refuse_name(
                f"'{open_names[0]}' is derived from itself", hint=f"the circle goes through {', '.join(open_names)}"
            )
        settled.update(ready)
