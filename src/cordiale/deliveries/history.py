"""Messages in a customer's timeline: ours from the outbox with what became of each, those of the past from the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cordiale import home
from cordiale.consent.purposes import purposes
from cordiale.customers import timeline
from cordiale.customers.timeline import Asked, Badge, Entry, Fact, Kind, Link
from cordiale.deliveries.models import Message, Outcome, OutcomeKind
from cordiale.deliveries.tokens import message_token
from cordiale.identity.queries import family
from cordiale.ui import formats

KIND = "message"
FACTS = """
    SELECT message_id AS key, min(ts) AS ts, min(channel) AS channel,
        to_json({'programme': min(programme), 'purpose': min(purpose), 'kinds': list(kind ORDER BY ts, kind)}) AS data
    FROM messages WHERE coalesce(source, '') <> 'cordiale' GROUP BY message_id"""
"""What we sent ourselves is in the outbox, from the moment it is planned; the lake has it too, a tick later."""
_OUTCOMES: dict[str, tuple[str, Any]] = {
    OutcomeKind.HANDED_OVER: ("ok", gettext_lazy("Handed over")),
    OutcomeKind.UNKNOWN: ("warning", gettext_lazy("Unknown, never sent again")),
    OutcomeKind.REFUSED: ("danger", gettext_lazy("Refused by the server")),
    OutcomeKind.WITHHELD: ("neutral", gettext_lazy("Withheld at the last moment")),
    OutcomeKind.BOUNCED: ("danger", gettext_lazy("Bounced")),
    OutcomeKind.CLICKED: ("info", gettext_lazy("Clicked")),
    OutcomeKind.UNSUBSCRIBED: ("warning", gettext_lazy("Unsubscribed")),
}


def register() -> None:
    """Called once, when Django is ready."""
    kind = Kind(
        name=KIND, order=30, label=gettext_lazy("Messages"), facts=FACTS, write=past, entries=ours, counts=counts
    )
    timeline.register(kind)


def past(facts: Sequence[Fact]) -> list[Entry]:
    """Messages sent before, or by others."""
    return [
        Entry(
            kind=KIND,
            key=fact.key,
            at=fact.at,
            icon=_icon(fact.channel),
            title=_title(fact.channel, fact.data["programme"] or ""),
            channel=fact.channel,
            detail=_purpose(fact.data["purpose"] or ""),
            badges=_badges(fact.data["kinds"]),
        )
        for fact in facts
    ]


def ours(asked: Asked) -> list[Entry]:
    """Messages of the outbox, by when they were planned."""
    found = Message.objects.filter(customer_id__in=family(asked.customer_id))
    if asked.channel:
        found = found.filter(channel=asked.channel)
    found = found.select_related("template_version__template")
    found = found.prefetch_related(Prefetch("outcomes", Outcome.objects.order_by("id")))
    return [_entry(message) for message in timeline.page(found, asked, KIND, "planned_at")]


def counts(asked: Asked) -> Mapping[str, int]:
    """How many messages of the outbox went through each channel."""
    found = timeline.within(Message.objects.filter(customer_id__in=family(asked.customer_id)), asked, "planned_at")
    return dict(found.values_list("channel").annotate(many=Count("id")))


def _entry(message: Message) -> Entry:
    outcomes = list(message.outcomes.all())
    details = [one.detail for one in outcomes if one.detail and one.kind != OutcomeKind.HANDED_OVER]
    token = message_token(message.pk)
    is_caught = (home.current().mail / f"{token}.eml").exists()
    return Entry(
        kind=KIND,
        key=timeline.key(message.pk),
        at=message.planned_at,
        icon=_icon(message.channel),
        title=_title(message.channel, message.programme),
        channel=message.channel,
        detail=" · ".join([message.template_version.template.name, _purpose(message.purpose), *details]),
        badges=_badges([one.kind for one in outcomes]) or (Badge("neutral", _("Waiting")),),
        links=(Link(reverse("deliveries:mail", args=[token]), _("See the message")),) if is_caught else (),
    )


def _title(channel: str, programme: str) -> str:
    name = formats.channel(channel)
    name = name[:1].upper() + name[1:]
    return _("%(channel)s, programme %(programme)s") % {"channel": name, "programme": programme} if programme else name


def _purpose(code: str) -> str:
    known = purposes().get(code)
    return formats.in_language(known.title) if known else code


def _badges(kinds: Sequence[str]) -> tuple[Badge, ...]:
    told = [_OUTCOMES.get(kind, ("neutral", kind)) for kind in dict.fromkeys(kinds)]
    return tuple(Badge(tone, str(words)) for tone, words in told)


def _icon(channel: str) -> str:
    return {"sms": "device-mobile", "phone": "phone", "letter": "mailbox"}.get(channel, "mail")
