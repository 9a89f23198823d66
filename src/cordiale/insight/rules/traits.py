"""Traits: what is known of each customer, each declared once, in a YAML text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from cordiale.insight.rules import aggregates, expressions
from cordiale.insight.rules.aggregates import Aggregate
from cordiale.insight.rules.documents import Node, read, written
from cordiale.insight.rules.expressions import NUMERIC, Kind
from cordiale.insight.rules.facts import FACTS
from cordiale.insight.rules.phrases import mark as _
from cordiale.insight.rules.phrases import say

TYPES = ("number", "integer", "money", "text", "instant", "share")
RFM = ("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm")
STAGE = "lifecycle_stage"
PRODUCT, FILE, PAGE = "product", "file", "page"
"""Where a trait was declared: it comes with us, in the company's `traits.yaml`, on the page or by `traits add`."""

_PAGES = ("new", "check", "days", "customers")
_RESERVED = {
    "customer_id", "bucket", "day", *RFM, STAGE, *_PAGES, *(column for columns in FACTS.values() for column in columns),
}  # fmt: skip
RFM_SOURCES = ("recency_days", "orders_365d", "spend_365d", "orders_total")
_REQUIRED = ("type", "from", "value", "title", "description")
_OPTIONAL = ("unit", "window", "ago", "where", "owner")


@dataclass(frozen=True, kw_only=True)
class Trait:
    """One trait. `window` is in days and ends `ago` days before the snapshot; None looks at everything.

    `definition` is the text of its value as written, `source` the facts it is computed from, `derived`, or `score`
    where another package computes it. Of a declared one exactly one of `aggregate` and `formula` is set; `where`
    (written `condition`) restricts the facts of an aggregate. `owner` answers for it, empty where it comes with us.
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
    condition: str = ""
    owner: str = ""
    origin: str = PRODUCT
    aggregate: Aggregate | None = field(default=None, compare=False, repr=False)
    where: exp.Expression | None = field(default=None, compare=False, repr=False)
    formula: exp.Expression | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A YAML text that declares traits. `source` is what errors call it, `origin` where it comes from."""

    text: str
    source: str
    origin: str = PRODUCT


@dataclass(frozen=True)
class Entry:
    """One trait as it is written: `node` is its `name: …` with its place."""

    name: str
    node: Node
    document: Document


def parse(documents: Sequence[Document]) -> list[Trait]:
    """The traits that some texts declare, those of the first text first. Raises Located at what is wrong."""
    entries = _merged(documents)
    types: dict[str, Kind] = {entry.name: _declared_type(entry) for entry in entries.values()}
    for name in RFM_SOURCES:
        if types.get(name) not in NUMERIC:
            Node(None, 1, 1, documents[0].source).refuse(
                say(_("the trait '%(name)s' is missing or not a number"), name=name),
                hint=_("RFM scores are computed from it"),
            )
    traits = [_trait(entry, types) for entry in entries.values()]
    _refuse_circles(traits, entries)
    return traits


def entries_of(document: Document) -> list[Entry]:
    """The traits a text declares, not looked into: under `traits:`, or at its top. Raises Located."""
    root = read(document.text, document.source)
    if isinstance(root.value, dict) and (document.origin != PAGE or list(root.value) == ["traits"]):
        root = root.fields(required=("traits",))["traits"]
    if root.value is None and document.origin == FILE:
        return []
    return [Entry(name, node, document) for name, node in root.entries()]


def references(trait: Trait) -> list[str]:
    """The traits that the formula of `trait` uses."""
    return [column.name.lower() for column in trait.formula.find_all(exp.Column)] if trait.formula else []


def alone(entry: Entry) -> str:
    """The YAML of one trait out of several, what it shares with others written out."""
    return written({entry.name: entry.node.value})


def needed(wanted: Iterable[str], traits: Sequence[Trait]) -> list[Trait]:
    """Those traits and all they are derived from, in the order of `traits`."""
    by_name = {trait.name: trait for trait in traits}
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(by_name[name]))
    return [trait for trait in traits if trait.name in found]


def _merged(documents: Sequence[Document]) -> dict[str, Entry]:
    merged: dict[str, Entry] = {}
    for entry in (entry for document in documents for entry in entries_of(document)):
        there = merged.get(entry.name)
        if there is None:
            merged[entry.name] = entry
        elif not _is_old_copy(entry, there):
            refuse_taken(entry, there.document.origin)
    return merged


def _is_old_copy(entry: Entry, there: Entry) -> bool:
    """The company's file used to be a copy of ours: what it repeats word for word is no clash."""
    return there.document.origin == PRODUCT and entry.document.origin == FILE and entry.node.value == there.node.value


def refuse_taken(entry: Entry, by: str) -> None:
    """Raise Located at the name of an entry that is declared elsewhere already."""
    told, hint = {
        PRODUCT: (_("the trait '%(name)s' comes with the product already"), _("give it another name")),
        FILE: (
            _("the trait '%(name)s' is declared in the company's traits.yaml already"),
            _("change it there, or give it another name"),
        ),
        PAGE: (
            _("the trait '%(name)s' is declared on the page already"),
            _("retire it on its page first, or give it another name"),
        ),
    }[by]
    entry.node.refuse_name(say(told, name=entry.name), hint=hint)


def _declared_type(entry: Entry) -> Kind:
    name, node = entry.name, entry.node
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
        node.refuse_name(
            say(_("'%(name)s' cannot name a trait"), name=name), hint=_("small letters, digits and _ only")
        )
    if name in _RESERVED or not expressions.is_plain_name(name):
        node.refuse_name(say(_("the name '%(name)s' is taken"), name=name), hint=_("choose another"))
    entries = dict(node.entries())
    if "type" not in entries:
        node.refuse_name(
            say(_("the trait '%(name)s' has no type"), name=name),
            hint=say(_("choose %(names)s"), names=", ".join(TYPES)),
        )
    return entries["type"].choice(TYPES)


def _trait(entry: Entry, types: Mapping[str, Kind]) -> Trait:
    name, node, origin = entry.name, entry.node, entry.document.origin
    entries = node.fields(required=_REQUIRED, optional=_OPTIONAL)
    if origin != PRODUCT and "owner" not in entries:
        node.refuse_name(
            say(_("the trait '%(name)s' has no owner"), name=name),
            hint=_("owner: who answers for it, a person or a team"),
        )
    source, value, declared = entries["from"].choice((*FACTS, "derived")), entries["value"], types[name]
    trait: dict[str, Any] = {}
    if source == "derived":
        for key in ("window", "ago", "where"):
            if key in entries:
                entries[key].refuse_name(
                    say(_("a derived trait has no %(key)s"), key=key), hint=_("give it to those it is derived from")
                )
        trait["formula"] = expressions.parse(value)
        found = expressions.kind_of(trait["formula"], types, value)
    else:
        trait["aggregate"], found = aggregates.parse(value, FACTS[source])
        trait["where"] = _condition(entries["where"], FACTS[source]) if "where" in entries else None
    if not _fits(found, declared):
        entries["type"].refuse(
            say(_("the value of '%(name)s' is of kind %(found)s, not %(type)s"), name=name, found=found, type=declared)
        )
    return Trait(
        name=name,
        type=declared,
        source=source,
        origin=origin,
        definition=value.text(),
        condition=entries["where"].text() if "where" in entries else "",
        owner=entries["owner"].text() if "owner" in entries else "",
        unit=entries["unit"].languages() if "unit" in entries else None,
        window=entries["window"].days() if "window" in entries else None,
        ago=_ago(entries),
        title=entries["title"].languages(),
        description=entries["description"].languages(),
        **trait,
    )


def _ago(entries: Mapping[str, Node]) -> int:
    if "ago" in entries and "window" not in entries:
        entries["ago"].refuse_name(
            _("'ago' needs a window"), hint=_("window: 90, ago: 90: the 90 days before the last 90")
        )
    return entries["ago"].days() if "ago" in entries else 0


def _condition(node: Node, columns: Mapping[str, Kind]) -> exp.Expression:
    tree = expressions.parse(node)
    if expressions.kind_of(tree, columns, node) != "boolean":
        node.refuse(_("a condition is needed"), hint=say(_("for instance %(example)s"), example="amount > 0"))
    return tree


def _fits(found: Kind, declared: Kind) -> bool:
    return found == declared or (declared in ("number", "share") and found in NUMERIC)


def _refuse_circles(traits: list[Trait], entries: Mapping[str, Entry]) -> None:
    uses = {trait.name: references(trait) for trait in traits}
    settled: set[str] = set()
    while open_names := [name for name in uses if name not in settled]:
        ready = [name for name in open_names if settled.issuperset(uses[name])]
        if not ready:
            circle = _circle(open_names, uses)
            entries[circle[0]].node.refuse_name(
                say(_("'%(name)s' is derived from itself"), name=circle[0]),
                hint=say(_("the circle goes through %(names)s"), names=", ".join(circle)),
            )
        settled.update(ready)


def _circle(stuck: Sequence[str], uses: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of a circle among traits of which each uses another one of them; the newest declared comes first."""
    walked = [stuck[-1]]
    while (following := next(used for used in uses[walked[-1]] if used in stuck)) not in walked:
        walked.append(following)
    circle = walked[walked.index(following) :]
    newest = max(range(len(circle)), key=lambda place: stuck.index(circle[place]))
    return circle[newest:] + circle[:newest]
