"""Reads on decisions: why, and why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.company import company
from cordiale.decisions.models import Decision, Proposal
from cordiale.decisions.rules import words
from cordiale.errors import CordialeError

_STORIES = 200


@dataclass(frozen=True, kw_only=True)
class Told:
    """One decision on a proposal, in words and with the values it saw."""

    at: datetime
    verdict: str
    rule: str
    words: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Story:
    """A proposed contact and everything decided on it, newest first. No decision yet: it waits for its first."""

    proposal_id: int
    programme: str
    step: str
    channel: str
    purpose: str
    template: str
    proposed_at: datetime
    is_open: bool
    decisions: tuple[Told, ...]

    @property
    def last(self) -> Told | None:
        """What was decided last."""
        return self.decisions[0] if self.decisions else None


@dataclass(frozen=True, kw_only=True)
class WhyNot:
    """Why a customer is not in a programme: the rule, in words, with the values."""

    programme: str
    rule: str
    words: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Everything about one customer: what was proposed and why it went or not, and why nothing was proposed."""

    customer_id: int
    proposals: tuple[Story, ...]
    why_not: tuple[WhyNot, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it, the last decision also as the proposal's own."""
        proposals = []
        for story in self.proposals:
            last = asdict(story.last) if story.last else {"verdict": "open", "rule": "", "words": "", "values": {}}
            proposals.append(asdict(story) | {key: last[key] for key in ("verdict", "rule", "words", "values")})
        return {
            "customer_id": self.customer_id,
            "proposals": proposals,
            "why_not": [asdict(one) for one in self.why_not],
        }


WhyNotProvider = Callable[[int, datetime], Iterable[WhyNot]]
_providers: dict[str, WhyNotProvider] = {}


def register_why_not(provider: WhyNotProvider) -> None:
    """Let a higher package say why nothing was proposed to a customer; from its `AppConfig.ready`."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = provider


def explain(customer_id: int, now: datetime, programme: str = "") -> Explanation:
    """Why and why not, for one customer at `now`: of one programme where it is named. At most 200 proposals."""
    proposals = Proposal.objects.filter(customer_id=customer_id).order_by("-proposed_at", "-id")
    if programme:
        proposals = proposals.filter(programme=programme)
    found = list(proposals.prefetch_related("decisions")[:_STORIES])
    why_not = [one for provider in _providers.values() for one in provider(customer_id, now)]
    return Explanation(
        customer_id=customer_id,
        proposals=tuple(_story(proposal) for proposal in found),
        why_not=tuple(one for one in why_not if programme in ("", one.programme)),
    )


def _story(proposal: Proposal) -> Story:
    decisions = sorted(proposal.decisions.all(), key=lambda one: (one.at, one.pk), reverse=True)
    return Story(
        proposal_id=proposal.pk,
        programme=proposal.programme,
        step=proposal.step,
        channel=proposal.channel,
        purpose=proposal.purpose,
        template=proposal.template,
        proposed_at=proposal.proposed_at,
        is_open=proposal.is_open,
        decisions=tuple(told(one) for one in decisions),
    )


def told(decision: Decision) -> Told:
    """A decision in words."""
    return Told(
        at=decision.at,
        verdict=decision.verdict,
        rule=decision.rule,
        words=words.in_words(decision.verdict, decision.rule, decision.values, _until(decision)),
        values=decision.values,
    )


def _until(decision: Decision) -> datetime | None:
    until = decision.values.get("until")
    return datetime.fromisoformat(until) if until else None


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the page of decisions shows; empty means all. `day` is the company's."""

    programme: str = ""
    verdict: str = ""
    rule: str = ""
    customer: str = ""
    day: str = ""


def list_decisions(filters: Filters, customer_ids: Iterable[int] | None = None) -> QuerySet[Decision]:
    """Decisions, newest first. `customer_ids` are those `filters.customer` found. Raises for a bad day."""
    rows = Decision.objects.select_related("proposal", "proposal__customer").order_by("-at", "-id")
    wanted: dict[str, Any] = {
        "proposal__programme": filters.programme,
        "verdict": filters.verdict,
        "rule": filters.rule,
    }
    rows = rows.filter(**{key: value for key, value in wanted.items() if value})
    if customer_ids is not None:
        rows = rows.filter(proposal__customer_id__in=list(customer_ids))
    if filters.day:
        start, end = _bounds(filters.day)
        rows = rows.filter(at__gte=start, at__lt=end)
    return rows


def _bounds(text: str) -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CordialeError(_("“%(text)s” is not a day; write it as 2026-11-22.") % {"text": text}) from error
    zone = company().zone
    return clock.start_of_day(day, zone), clock.start_of_day(day + timedelta(days=1), zone)


def counts_by_rule(rows: QuerySet[Decision]) -> list[dict[str, Any]]:
    """How often each rule decided among `rows`, the most frequent first."""
    counted = rows.order_by().values("verdict", "rule").annotate(number=Count("id")).order_by("-number", "rule")
    return [one | {"title": words.rule_title(one["rule"])} for one in counted]


def programmes() -> list[str]:
    """The programmes that proposed anything."""
    return list(Proposal.objects.order_by("programme").values_list("programme", flat=True).distinct())


def rules() -> list[str]:
    """The rules that decided anything."""
    return list(Decision.objects.order_by("rule").values_list("rule", flat=True).distinct())
