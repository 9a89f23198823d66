"""What a segment asks of everybody's consent, looked at again wherever its members of the last refresh are read.

The text is read word by word and not checked: a segment that names a trait that is gone keeps its members, and the
consents it asks of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.db.models import Exists, OuterRef, Q

from cordiale.consent.models import Consent, ConsentState
from cordiale.consent.purposes import purposes
from cordiale.customers.models import Customer
from cordiale.segments.models import Segment
from cordiale.segments.queries import given
from cordiale.segments.rules import BadExpression
from cordiale.segments.rules.reading import Term, read


def standing(text: str, customer: str = "pk") -> Q:
    """What still has to hold of whoever was in it at the last refresh; `customer` is the column of the number.

    Consent, and for `reachable` no opposition and no restriction either. Nobody stands in a text that cannot be read.
    """
    return _Asked(customer).of_text(text, ()) or Q()


def still_granted(text: str, customer_ids: Sequence[int]) -> list[int]:
    """Those of some members who have not withdrawn since, by number."""
    left = Customer.objects.filter(standing(text), pk__in=customer_ids)
    return list(left.order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True)
class _Asked:
    """Conditions without which an expression cannot hold; None where it may hold whatever anybody consented to."""

    customer: str

    def of_text(self, text: str, above: tuple[str, ...]) -> Q | None:
        try:
            return self._of(read(text), above)
        except BadExpression:
            return Q(**{f"{self.customer}__in": []})

    def _of(self, term: Term, above: tuple[str, ...]) -> Q | None:
        if term.kind in ("and", "or"):
            return self._joined(term, above)
        if term.kind == "call" and all(part.kind == "text" for part in term.parts):
            return self._called(term.value, [part.value for part in term.parts], above)
        return None

    def _joined(self, term: Term, above: tuple[str, ...]) -> Q | None:
        asked = [self._of(part, above) for part in term.parts]
        known = [one for one in asked if one is not None]
        if not known or (term.kind == "or" and len(known) < len(asked)):
            return None
        return reduce(and_ if term.kind == "and" else or_, known)

    def _called(self, function: str, names: list[str], above: tuple[str, ...]) -> Q | None:
        match function, names:
            case "consent", [purpose, channel]:
                return self._said(purpose, channel, ConsentState.GRANTED)
            case "reachable", [purpose, channel]:
                return self._reachable(purpose, channel)
            case "in_segment", [name] if name not in above:
                text = Segment.objects.filter(name=name).values_list("expression", flat=True).first()
                return None if text is None else self.of_text(text, (*above, name))
        return None

    def _said(self, purpose: str, channel: str, state: ConsentState) -> Q:
        said = Consent.objects.filter(
            customer_id=OuterRef(self.customer), purpose_id=purpose, channel=channel, state=state
        )
        return Q(Exists(said))

    def _reachable(self, purpose: str, channel: str) -> Q:
        known = purposes().get(purpose)
        is_asked = known is None or known.legal_basis == "consent"
        said = self._said(purpose, channel, ConsentState.GRANTED if is_asked else ConsentState.WITHDRAWN)
        restricted = Customer.everyone.filter(pk=OuterRef(self.customer), restricted_at__isnull=False)
        opposed = given.marks([("opposed", channel)])["mark_0"].column("customer_id").to_pylist()
        free = ~Q(Exists(restricted)) & ~Q(**{f"{self.customer}__in": opposed})
        return free & (said if is_asked else ~said)
