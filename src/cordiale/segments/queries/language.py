"""What expressions can speak of today, and expressions read with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cordiale.company import company
from cordiale.consent.purposes import purposes
from cordiale.consent.rules import CHANNELS
from cordiale.customers.fields import Field as CustomerField
from cordiale.customers.fields import fields as customer_fields
from cordiale.errors import NotFound
from cordiale.insight import queries as insight
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.segments import rules
from cordiale.segments.models import Segment
from cordiale.segments.rules import PROFILE, BadExpression, Expression, Field, Kind, Vocabulary, tree_json
from cordiale.segments.rules.problems import refuse
from cordiale.segments.rules.references import check_chain
from cordiale.segments.rules.tree import InSegment, walk
from cordiale.segments.rules.writing import BadTree, written


def _score(name: str, kind: Kind, fr: str, en: str, choices: tuple[str, ...] = ()) -> Field:
    return Field(name=name, kind=kind, source="trait", titles={"fr": fr, "en": en}, choices=choices)


_SCORES = (
    _score("rfm_recency", Kind.INTEGER, "note de récence (1 à 5)", "recency score (1 to 5)"),
    _score("rfm_frequency", Kind.INTEGER, "note de fréquence (1 à 5)", "frequency score (1 to 5)"),
    _score("rfm_monetary", Kind.INTEGER, "note de dépense (1 à 5)", "monetary score (1 to 5)"),
    _score("rfm", Kind.TEXT, "code RFM", "RFM code"),
    _score("lifecycle_stage", Kind.TEXT, "étape du cycle de vie", "life-cycle stage", tuple(STAGES)),
)
"""What every snapshot holds besides the declared traits."""


def vocabulary() -> Vocabulary:
    """Fields, segments, purposes and channels as they are now. Raises Located where a company file is wrong."""
    known = customer_fields()
    fields = {one.name: _declared(one) for one in known.values() if not one.is_core and not one.is_sensitive}
    fields |= dict(PROFILE) | {one.name: one for one in _SCORES}
    for trait in insight.traits():
        fields[trait.name] = Field(name=trait.name, kind=Kind(trait.type), source="trait", titles=trait.title)
    segments = list(Segment.objects.values_list("name", "expression", "is_static"))
    return Vocabulary(
        fields={name.lower(): one for name, one in fields.items()},  # names are read in any case
        segments={name: expression for name, expression, _ in segments},
        purposes=tuple(purposes()),
        channels=tuple(CHANNELS),
        lists=frozenset(name for name, _, is_static in segments if is_static),
        unasked=frozenset(code for code, purpose in purposes().items() if purpose.legal_basis != "consent"),
        sensitive=frozenset(one.name for one in known.values() if one.is_sensitive),
        zone=company().zone,
    )


_DECLARED_KINDS = {"integer": Kind.NUMBER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN, "date": Kind.DATE}


def _declared(one: CustomerField) -> Field:
    """A field of `company/fields.yaml` under its own name; whole numbers are read like the others."""
    kind = _DECLARED_KINDS.get(one.type, Kind.TEXT)
    return Field(name=one.name, kind=kind, source="declared", titles=one.labels, choices=tuple(one.options))


def parse(text: str, *, in_scenario: bool = False) -> Expression:
    """The checked expression, and that what it names is in order. Raises BadExpression at the exact place."""
    words = vocabulary()
    expression = rules.parse(text, words, in_scenario=in_scenario)
    check_chain("", expression, named_by([expression], words))
    return expression


def parse_tree(data: object, *, in_scenario: bool = False) -> Expression:
    """The same for a tree of JSON. Raises BadTree with the path of the node that is wrong."""
    words = vocabulary()
    expression = tree_json.load(data, words, in_scenario=in_scenario)
    try:
        check_chain("", expression, named_by([expression], words))
    except BadExpression as error:  # a segment that it names is wrong by now
        raise BadTree.of(written(data), error) from error
    return expression


def named_by(expressions: Iterable[Expression], words: Vocabulary) -> dict[str, Expression]:
    """Every segment these name, directly or through others, read.

    Raises BadExpression where one of them is wrong by now, at the `in_segment` that leads there.
    """
    found: dict[str, Expression] = {}
    for expression in expressions:
        _read_named(expression, words, found)
    return found


def _read_named(expression: Expression, words: Vocabulary, found: dict[str, Expression]) -> None:
    for node in walk(expression.root):
        if not isinstance(node, InSegment) or node.name in found:
            continue
        try:
            found[node.name] = rules.parse(words.segments[node.name], words)
            _read_named(found[node.name], words, found)
        except BadExpression as error:
            refuse(expression.text, node.place, "spoilt", name=node.name, reason=(_why(error, "en"), _why(error, "fr")))


def _why(error: BadExpression, language: str) -> str:
    said, mend = error.told(language)
    return f"{said} ({mend})" if mend else said


def read_all(words: Vocabulary) -> tuple[dict[str, Expression], dict[str, str]]:
    """All saved segments that can be evaluated, and why the others cannot (name → reason).

    A company file may have changed since a segment was saved; one that names a wrong one is wrong too.
    """
    good: dict[str, Expression] = {}
    wrong: dict[str, str] = {}
    for name, text in words.segments.items():
        try:
            good[name] = rules.parse(text, words)
        except BadExpression as error:
            wrong[name] = str(error)
    while spoilt := _spoilt(good):
        for name, inner in spoilt.items():
            wrong[name] = f"in_segment('{inner}'): {wrong.get(inner, 'it would contain itself')}"
            del good[name]
    return good, wrong


def _spoilt(good: Mapping[str, Expression]) -> dict[str, str]:
    """Segments that name one which is not among `good`, and which."""
    return {
        name: inner
        for name, expression in good.items()
        if (inner := next((one for one in expression.references if one not in good), None)) is not None
    }


def get_segment(name: str) -> Segment:
    """The segment called `name`. Raises NotFound."""
    try:
        return Segment.objects.get(name=name)
    except Segment.DoesNotExist:
        raise NotFound(f"there is no segment '{name}'; 'segments list' shows those there are") from None


def naming(name: str) -> list[str]:
    """The segments whose expression names `name`."""
    words = vocabulary()
    good, _ = read_all(words)
    return [other for other, expression in good.items() if name in expression.references]
