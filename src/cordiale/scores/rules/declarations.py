"""`scores.yaml`: which scores there are, what each foretells, and what it takes for one to exist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cordiale.insight.rules.documents import Node, read
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.insight.rules.phrases import Phrase, say
from cordiale.insight.rules.phrases import mark as _
from cordiale.insight.rules.traits import RFM, STAGE

VALUE, LAPSE, PROPENSITY = "expected value", "lapse risk", "propensity"
KINDS = (VALUE, LAPSE, PROPENSITY)
PURCHASE, FIRST_PURCHASE, EVENT = "purchase", "first purchase", "event"
TARGETS = (PURCHASE, FIRST_PURCHASE, EVENT)
BEST = "best"
"""The category of a first purchase that is another for each customer."""
VALUE_COLUMNS: Mapping[str, str] = {"orders": "number", "value": "money", "active": "share", "next_order": "instant"}
"""What an expected value says of a customer, and the type of each column."""

_COMMON = ("kind", "title", "description", "owner", "horizon")
_OPTIONAL = ("gate", "refit")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")
_MOST_HORIZONS = 6
_TAKEN = ("customer_id", "bucket", "day", STAGE, *RFM)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What the past must hold: customers with an order, days since the first one, and customers on either side."""

    buyers: int = 500
    history: int = 180
    positives: int = 50


@dataclass(frozen=True, kw_only=True)
class Score:
    """One declared score. `horizons` are days; the first that suits the base is taken.

    `among` are the stages that get it, empty for everyone who ever ordered. `columns` maps what it says to names of
    the snapshot. What a kind does not use is at its default.
    """

    name: str
    kind: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    owner: str
    horizons: tuple[int, ...]
    columns: Mapping[str, str]
    among: tuple[str, ...] = ()
    target: str = PURCHASE
    category: str = ""
    event: str = ""
    judged_on: int = 84
    margin: float = 1.0
    discount: float = 0.0
    gate: Gate = Gate()
    refit: int = 30

    @property
    def is_best_category(self) -> bool:
        """Does it name a category for each customer?"""
        return self.target == FIRST_PURCHASE and self.category == BEST


def parse(text: str, source: str) -> list[Score]:
    """The scores declared in a YAML text, in its order. Raises Located at what is wrong."""
    entries = list(read(text, source).fields(required=("scores",))["scores"].entries())
    scores = []
    names: dict[str, str] = dict.fromkeys(_TAKEN, "")
    for name, node in entries:
        if not _NAME.fullmatch(name):
            node.refuse_name(
                say(_("'%(name)s' cannot name a score"), name=name), hint=_("small letters, digits and _ only")
            )
        score = _score(name, node)
        for column in score.columns.values():
            if column in names:
                node.refuse_name(_taken(column, names[column]), hint=_("choose another name"))
            names[column] = name
        scores.append(score)
    return scores


def _taken(column: str, score: str) -> Phrase:
    if score:
        return say(_("the column '%(column)s' is taken by the score '%(score)s'"), column=column, score=score)
    return say(_("the column '%(column)s' is taken by the snapshot itself"), column=column)


def _score(name: str, node: Node) -> Score:
    kind = dict(node.entries()).get("kind")
    if kind is None:
        node.refuse_name(
            say(_("the score '%(name)s' has no kind"), name=name),
            hint=say(_("choose %(names)s"), names=", ".join(KINDS)),
        )
    return {VALUE: _value, LAPSE: _lapse, PROPENSITY: _propensity}[kind.choice(KINDS)](name, node)


def _value(name: str, node: Node) -> Score:
    entries = node.fields(required=(*_COMMON, "columns"), optional=(*_OPTIONAL, "judged_on", "margin", "discount"))
    columns = entries["columns"].fields(required=tuple(VALUE_COLUMNS))
    score = _common(name, entries, {key: _column(one) for key, one in columns.items()})
    if len(score.horizons) != 1:
        entries["horizon"].refuse(_("an expected value has one horizon"))
    return replace(
        score,
        judged_on=entries["judged_on"].days() if "judged_on" in entries else score.judged_on,
        margin=_share(entries["margin"]) if "margin" in entries else score.margin,
        discount=_share(entries["discount"]) if "discount" in entries else score.discount,
    )


def _lapse(name: str, node: Node) -> Score:
    entries = node.fields(required=_COMMON, optional=(*_OPTIONAL, "among"))
    return replace(_common(name, entries, {"probability": name}), among=_among(entries))


def _propensity(name: str, node: Node) -> Score:
    entries = node.fields(required=(*_COMMON, "target"), optional=(*_OPTIONAL, "among", "category", "event"))
    target = entries["target"].choice(TARGETS)
    needed = {FIRST_PURCHASE: "category", EVENT: "event"}.get(target)
    for key in ("category", "event"):
        if key in entries and key != needed:
            entries[key].refuse_name(say(_("a %(target)s has no %(key)s"), target=target, key=key))
        if key not in entries and key == needed:
            entries["target"].refuse(
                say(_("a %(target)s needs '%(key)s'"), target=target, key=key),
                hint=say(_("%(key)s: the name of the %(key)s"), key=key),
            )
    category = entries["category"].text() if "category" in entries else ""
    columns = {"probability": name} | ({"category": f"{name}_category"} if category == BEST else {})
    return replace(
        _common(name, entries, columns),
        among=_among(entries), target=target, category=category,
        event=entries["event"].text() if "event" in entries else "",
    )  # fmt: skip


def _common(name: str, entries: Mapping[str, Node], columns: Mapping[str, str]) -> Score:
    return Score(
        name=name,
        kind=str(entries["kind"].value),
        title=entries["title"].languages(),
        description=entries["description"].languages(),
        owner=entries["owner"].text(),
        horizons=_horizons(entries["horizon"]),
        columns=columns,
        gate=_gate(entries["gate"]) if "gate" in entries else Gate(),
        refit=entries["refit"].days() if "refit" in entries else 30,
    )


def _horizons(node: Node) -> tuple[int, ...]:
    if not isinstance(node.value, list):
        return (node.days(),)
    days = tuple(item.days() for item in node.items())
    if not days or len(days) > _MOST_HORIZONS or list(days) != sorted(set(days)):
        node.refuse(say(_("1 to %(most)s different horizons are needed, the shortest first"), most=_MOST_HORIZONS))
    return days


def _gate(node: Node) -> Gate:
    entries = node.fields(required=(), optional=("buyers", "history", "positives"))
    return Gate(**{name: _count(one) for name, one in entries.items()})


def _count(node: Node) -> int:
    value = node.number()
    if not isinstance(value, int) or value < 1:
        node.refuse(say(_("%(what)s must be a whole number, at least 1"), what=node.called))
    return int(value)


def _share(node: Node) -> float:
    value = float(node.number())
    if not 0 <= value <= 1:
        node.refuse(say(_("%(what)s must lie between 0 and 1"), what=node.called), hint=_("0.3 is 30 %"))
    return value


def _among(entries: Mapping[str, Node]) -> tuple[str, ...]:
    return tuple(_stage(item) for item in entries["among"].items()) if "among" in entries else ()


def _stage(node: Node) -> str:
    if node.value not in STAGES:
        node.refuse(
            say(_("'%(value)s' is not a stage"), value=node.value),
            hint=say(_("choose %(names)s"), names=", ".join(STAGES)),
        )
    return str(node.value)


def _column(node: Node) -> str:
    if not _NAME.fullmatch(node.text()):
        node.refuse(
            say(_("'%(name)s' cannot name a column"), name=node.value), hint=_("small letters, digits and _ only")
        )
    return str(node.value)
