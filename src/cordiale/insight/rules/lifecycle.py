"""`lifecycle.yaml`: the stages of a customer's life and, in order, the rule that makes each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from cordiale.insight.rules import expressions
from cordiale.insight.rules.documents import Node, read
from cordiale.insight.rules.expressions import Kind
from cordiale.insight.rules.phrases import mark as _
from cordiale.insight.rules.phrases import say

STAGES = ("prospect", "customer", "occasional", "active", "ambassador", "dormant", "lost")
"""The stages of the product, in the order a life goes; each has exactly one rule."""

RFM_KINDS: Mapping[str, Kind] = {
    "rfm_recency": "integer",
    "rfm_frequency": "integer",
    "rfm_monetary": "integer",
    "rfm": "text",
}


@dataclass(frozen=True, kw_only=True)
class StageRule:
    """Customers for whom `condition` holds, and no rule before it, are in `stage`. The last rule has no condition."""

    stage: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    definition: str
    condition: exp.Expression | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The rules in the order they are tried, and the parameters the company chose."""

    rules: tuple[StageRule, ...]
    parameters: Mapping[str, int | float]

    def rule(self, stage: str) -> StageRule:
        """The rule that makes `stage`."""
        return next(rule for rule in self.rules if rule.stage == stage)


def parse(text: str, source: str, traits: Mapping[str, Kind]) -> Lifecycle:
    """The life cycle of a YAML text over these traits (name → type). Raises Located at what is wrong."""
    root = read(text, source)
    entries = root.fields(required=("stages",), optional=("parameters",))
    parameters = _parameters(entries.get("parameters"), traits)
    columns = {**traits, **RFM_KINDS}
    nodes = list(entries["stages"].items())
    if not nodes:
        entries["stages"].refuse(_("a life cycle needs stages"), hint=", ".join(STAGES))
    rules = tuple(_rule(node, parameters, columns, is_last=node is nodes[-1]) for node in nodes)
    for place, node in enumerate(nodes):
        if rules[place].stage in [rule.stage for rule in rules[:place]]:
            node.refuse(
                say(_("the stage '%(stage)s' already has a rule"), stage=rules[place].stage),
                hint=_("join conditions with OR"),
            )
    missing = [stage for stage in STAGES if stage not in [rule.stage for rule in rules]]
    if missing:
        entries["stages"].refuse(
            say(_("the stage '%(stage)s' has no rule"), stage=missing[0]), hint=_("each stage needs one")
        )
    return Lifecycle(rules=rules, parameters=parameters)


def _parameters(node: Node | None, traits: Mapping[str, Kind]) -> dict[str, int | float]:
    if node is None or node.value is None:
        return {}
    values: dict[str, int | float] = {}
    for name, entry in node.entries():
        if name in traits or name in RFM_KINDS:
            entry.refuse_name(say(_("'%(name)s' is already a trait"), name=name), hint=_("choose another name"))
        values[name] = entry.number()
    return values


def _rule(
    node: Node, parameters: Mapping[str, int | float], columns: Mapping[str, Kind], *, is_last: bool
) -> StageRule:
    entries = node.fields(required=("stage", "title", "description"), optional=("when",))
    if is_last and "when" in entries:
        entries["when"].refuse_name(
            _("the last stage takes everybody who is left and has no condition"),
            hint=_("leave `when` out, or move the stage up"),
        )
    if not is_last and "when" not in entries:
        node.refuse(
            say(_("the stage '%(stage)s' has no `when`"), stage=entries["stage"].value),
            hint=_("only the last goes without"),
        )
    condition = None
    if "when" in entries:
        condition = _condition(entries["when"], parameters, columns)
    title, description = entries["title"].languages(), entries["description"].languages()
    return StageRule(
        stage=entries["stage"].choice(STAGES),
        title=title,
        description={
            language: _filled(entries["description"], text, parameters) for language, text in description.items()
        },
        definition=entries["when"].text() if condition is not None else "",
        condition=condition,
    )


def _condition(node: Node, parameters: Mapping[str, int | float], columns: Mapping[str, Kind]) -> exp.Expression:
    tree = expressions.parse(node)
    kinds = {name: "number" if isinstance(value, float) else "integer" for name, value in parameters.items()}
    if expressions.kind_of(tree, {**columns, **kinds}, node) != "boolean":
        node.refuse(_("a condition is needed"), hint=say(_("for instance %(example)s"), example="recency_days >= 45"))

    def bound(part: exp.Expression) -> exp.Expression:
        if isinstance(part, exp.Column) and part.name.lower() in parameters:
            return exp.Literal.number(parameters[part.name.lower()])
        return part

    return tree.transform(bound)


def _filled(node: Node, text: str, parameters: Mapping[str, Any]) -> str:
    """The description with `{parameter}` replaced by its value."""
    try:
        return text.format_map({name: f"{value:g}" for name, value in parameters.items()})
    except (KeyError, ValueError, IndexError, AttributeError):
        return node.refuse(
            say(_("the description names a parameter that is not there: %(text)s"), text=repr(text)),
            hint=say(_("parameters are %(names)s"), names=", ".join(parameters)),
        )
