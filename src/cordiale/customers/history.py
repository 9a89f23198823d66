"""Where each value of a profile comes from: what every source said of it, which one is kept, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cordiale.customers import fields, golden, profile
from cordiale.customers.models import Customer, Submission
from cordiale.customers.survivorship import LATEST, Rule, Said, choose

READ_AT_MOST = 2_000
SHOWN_AT_MOST = 20
_WHY: dict[str, str | Promise] = {
    "only": gettext_lazy("Only one source says it."),
    "own": gettext_lazy("The person’s own word, or a correction, counts before anything else; of several the latest."),
    "known": gettext_lazy("What was only filled in counts no more once somebody says it."),
    "latest": gettext_lazy("The latest counts."),
    "most_certain": gettext_lazy("The most certain counts; of equals the latest."),
    "first": gettext_lazy("The first counts."),
}
_STANDINGS: dict[str, str | Promise] = {
    "fill": gettext_lazy("filled in"),
    "normal": gettext_lazy("told by a source"),
    "own": gettext_lazy("own word or correction"),
}


@dataclass(frozen=True)
class Told:
    """One value as one source told it. `value` is written for the reader, empty where it says that there is none."""

    value: str
    raw: Any
    source: str
    at: datetime
    received_at: datetime
    certainty: float
    standing: str
    is_kept: bool

    @property
    def standing_title(self) -> str:
        """How much it weighs, in words."""
        return str(_STANDINGS[self.standing])


@dataclass(frozen=True)
class FieldHistory:
    """All that was told of a field, the value kept first, then the latest; `more` are left out."""

    name: str
    label: str
    why: str
    told: list[Told]
    more: int


def of(customer: Customer) -> list[FieldHistory]:
    """The history of each field that anybody spoke of, in the order of company/fields.yaml, others after them."""
    members = golden.families([customer.pk]).get(customer.pk, [])
    found = Submission.objects.filter(customer_id__in=members).order_by("-at", "-id")[:READ_AT_MOST]
    received = {one.id: one.received_at for one in found}
    by_field: dict[str, list[Said]] = {}
    for one in found:
        for name in one.values:
            by_field.setdefault(name, []).append(golden.as_said(one))
    order = [*fields.fields(), *sorted(set(by_field) - set(fields.fields()))]
    return [_history(name, by_field[name], received) for name in order if name in by_field]


def _history(name: str, said: list[Said], received: dict[int, datetime]) -> FieldHistory:
    field = fields.fields().get(name)
    rule = field.rule if field else LATEST
    kept = choose(name, said, rule)
    ordered = sorted(said, key=lambda one: (one.number != kept.said.number, -one.at.timestamp(), -one.number))
    told = [
        Told(
            value=profile.written(field, one.values[name]), raw=one.values[name], source=one.source, at=one.at,
            received_at=received[one.number], certainty=one.certainty, standing=one.standing,
            is_kept=one.number == kept.said.number,
        )
        for one in ordered[:SHOWN_AT_MOST]
    ]  # fmt: skip
    return FieldHistory(name, profile.label(name), _why(kept.why, rule), told, max(len(said) - SHOWN_AT_MOST, 0))


def _why(code: str, rule: Rule) -> str:
    if code == "sources":
        return _("By the order of sources: %(sources)s; of equals the latest counts.") % {
            "sources": ", ".join(rule.sources)
        }
    return str(_WHY[code])
