"""Decisions in a customer's timeline: why each message was sent, and what was proposed and not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cordiale import clock
from cordiale.company import company
from cordiale.customers import timeline
from cordiale.customers.timeline import Asked, Badge, Entry, Kind, Link
from cordiale.decisions import queries
from cordiale.decisions.models import Decision, Proposal, Verdict
from cordiale.deliveries.history import KIND as MESSAGE
from cordiale.deliveries.models import Message
from cordiale.identity.queries import family
from cordiale.ui import formats

KIND = "decision"
_BADGES = {Verdict.SENT: "ok", Verdict.POSTPONED: "warning", Verdict.REFUSED: "neutral"}


def register() -> None:
    """Called once, when Django is ready."""
    timeline.register(Kind(name=KIND, order=35, label=gettext_lazy("Not sent"), entries=entries, counts=counts))
    timeline.register_explainer(MESSAGE, why_sent)


def why_sent(messages: Sequence[Entry]) -> Mapping[str, Entry]:
    """Our messages, each with the words of the decision that let it go."""
    numbers = {int(one.key): one for one in messages if one.key.isdecimal() and len(one.key) == 19}
    proposals = dict(Message.objects.filter(pk__in=numbers).values_list("proposal_id", "id"))
    decisions = Decision.objects.filter(proposal__in=proposals, verdict=Verdict.SENT).select_related("proposal")
    explained = {}
    for decision in decisions:
        entry = numbers[proposals[decision.proposal_id]]
        said = queries.told(decision).words
        links = (*entry.links, _all_decisions(decision.proposal.programme, entry))
        explained[entry.key] = replace(entry, said=(_("Sent: %(why)s") % {"why": said},), links=links)
    return explained


def entries(asked: Asked) -> list[Entry]:
    """What was proposed and is not sent: refused, kept back, or still waiting."""
    found = _not_sent(asked)
    if asked.channel:
        found = found.filter(channel=asked.channel)
    rows = timeline.page(found.prefetch_related("decisions"), asked, KIND, "proposed_at")
    return [_entry(proposal) for proposal in rows]


def counts(asked: Asked) -> Mapping[str, int]:
    """How many through each channel."""
    found = timeline.within(_not_sent(asked), asked, "proposed_at")
    return dict(found.values_list("channel").annotate(many=Count("id")))


def _not_sent(asked: Asked) -> QuerySet[Proposal]:
    sent = Decision.objects.filter(proposal=OuterRef("pk"), verdict=Verdict.SENT)
    return Proposal.objects.filter(~Exists(sent), customer_id__in=family(asked.customer_id))


def _entry(proposal: Proposal) -> Entry:
    decisions = sorted(proposal.decisions.all(), key=lambda one: (one.at, one.pk), reverse=True)
    told = [queries.told(one) for one in decisions]
    channel = formats.channel(proposal.channel)
    if told:
        badge = Badge(_BADGES[Verdict(told[0].verdict)], str(Verdict(told[0].verdict).label))
    else:
        badge = Badge("info", _("Waiting"))
    entry = Entry(
        kind=KIND,
        key=timeline.key(proposal.pk),
        at=proposal.proposed_at,
        icon="scale",
        title=_("Not sent: %(channel)s of the programme %(programme)s")
        % {"channel": channel, "programme": proposal.programme},
        channel=proposal.channel,
        detail=told[0].words if told else _("It will be decided at the next advance."),
        badges=(badge,),
        said=tuple(f"{formats.instant(one.at)} – {one.words}" for one in told[1:]),
    )
    return replace(entry, links=(_all_decisions(proposal.programme, entry),))


def _all_decisions(programme: str, entry: Entry) -> Link:
    return Link(
        f"{reverse('decisions:list')}?programme={programme}&day={_day(entry)}", _("Decisions of that day and programme")
    )


def _day(entry: Entry) -> str:
    return clock.local_day(entry.at, company().zone).isoformat()
