"""Reads of the outbox and of caught mail."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from cordiale.consent import rules as consent
from cordiale.deliveries import catcher
from cordiale.deliveries.models import Message, Outcome
from cordiale.deliveries.tokens import message_of, message_token
from cordiale.errors import NotFound

PAGE = 50
_SHOWN_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "List-ID", "List-Unsubscribe", "List-Unsubscribe-Post")


def counts(programme: str | None = None) -> dict[str, int]:
    """How many messages were planned, and how many outcomes of each kind there are (of one programme, or all)."""
    messages, outcomes = Message.objects.all(), Outcome.objects.all()
    if programme is not None:
        messages, outcomes = messages.filter(programme=programme), outcomes.filter(message__programme=programme)
    return {"planned": messages.count(), **Counter(outcomes.values_list("kind", flat=True))}


def messages_of(customer_id: int, limit: int = PAGE) -> list[Message]:
    """The customer's messages, newest first, each with its `outcomes` in order."""
    found = Message.objects.filter(customer_id=customer_id).select_related("template_version__template")
    ordered = Prefetch("outcomes", Outcome.objects.order_by("id"))
    return list(found.prefetch_related(ordered).order_by("-planned_at", "-id")[:limit])


@dataclass(frozen=True)
class CaughtMail:
    """A caught message in a list; `message` is None where it is not from this database."""

    token: str
    subject: str
    to: str
    message: Message | None


def caught_tokens(folder: Path, text: str) -> list[str]:
    """The tokens of caught mail, newest first: all, or what was sent to the customers and addresses matching `text`."""
    if not text:
        return sorted(catcher.tokens(folder), reverse=True)
    found = _matching(text).order_by("-id").values_list("id", flat=True)[: 20 * PAGE]
    return [token for token in map(message_token, found) if (folder / f"{token}.eml").exists()]


def _matching(text: str) -> QuerySet[Message]:
    words = text.split()[:4]
    condition = Q(to_address__icontains=text) | Q(customer__reference=text)
    names = Q()
    for word in words:
        names &= Q(customer__first_name__icontains=word) | Q(customer__last_name__icontains=word)
    return Message.objects.filter(condition | names)


def list_caught(folder: Path, tokens: Iterable[str]) -> list[CaughtMail]:
    """Caught mail of these tokens, in their order."""
    known = {token: message_of(token) for token in tokens}
    messages = Message.objects.select_related("customer").in_bulk([one for one in known.values() if one])
    return [_in_list(folder, token, messages.get(number or 0)) for token, number in known.items()]


def _in_list(folder: Path, token: str, message: Message | None) -> CaughtMail:
    parsed = read_caught(folder, token)
    return CaughtMail(token, str(parsed["Subject"] or ""), str(parsed["To"] or ""), message)


def read_caught(folder: Path, token: str) -> EmailMessage:
    """A caught message. Raises NotFound."""
    path = folder / f"{token}.eml"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", token) or not path.is_file():
        raise NotFound("There is no such message here; the demo may have been started over since.")
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def headers_of(mail: EmailMessage) -> list[tuple[str, str]]:
    """The headers worth reading."""
    return [(name, str(mail[name])) for name in _SHOWN_HEADERS if mail[name] is not None]


def part_of(mail: EmailMessage, kind: str) -> str:
    """The `html` or `plain` text of a message, empty where it has none."""
    part: Any = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def find_message(token: str) -> Message | None:
    """The message of a token, with its customer; None for a token that is not ours."""
    number = message_of(token)
    return Message.objects.select_related("customer").filter(pk=number).first() if number else None


def masked(message: Message) -> str:
    """Where a message went, recognisable and no more."""
    return consent.masked(message.to_address)
