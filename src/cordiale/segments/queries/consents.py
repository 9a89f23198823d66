"""What a segment asks of everybody's consent, looked at again wherever its members of the last refresh are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Exists, OuterRef, Q

from cordiale.consent.models import Consent, ConsentState
from cordiale.segments.queries.language import named_by, parse, vocabulary
from cordiale.segments.rules import BadExpression, Expression
from cordiale.segments.rules.tree import Condition, Consented, Every, InSegment, Reachable


def required(text: str) -> set[tuple[str, str]]:
    """The (purpose, channel) without whose consent nobody is in the segment; none for a text that is wrong now."""
    try:
        expression = parse(text)
        named = named_by([expression], vocabulary())
    except BadExpression:
        return set()
    return set(_required(expression.root, named))


def _required(node: Condition, named: Mapping[str, Expression]) -> Iterator[tuple[str, str]]:
    match node:
        case Every():
            for part in node.parts:
                yield from _required(part, named)
        case InSegment():
            yield from _required(named[node.name].root, named)
        case Consented():
            yield node.purpose, node.channel
        case Reachable() if node.needs_consent:
            yield node.purpose, node.channel


def standing(text: str, customer: str = "pk") -> Q:
    """What still has to hold of whoever was in it at the last refresh; `customer` is the column of the number."""
    condition = Q()
    for purpose, channel in sorted(required(text)):
        granted = Consent.objects.filter(
            customer_id=OuterRef(customer), purpose_id=purpose, channel=channel, state=ConsentState.GRANTED
        )
        condition &= Q(Exists(granted))
    return condition


def still_granted(text: str, customer_ids: Sequence[int]) -> list[int]:
    """Those of some members who have not withdrawn since."""
    left = set(customer_ids)
    for purpose, channel in sorted(required(text)):
        granted = Consent.objects.filter(
            customer_id__in=left, purpose_id=purpose, channel=channel, state=ConsentState.GRANTED
        )
        left = set(granted.values_list("customer_id", flat=True))
    return sorted(left)
