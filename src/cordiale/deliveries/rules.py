"""What a planned message is, how an SMTP answer is understood, and what a delivery run reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import Enum
from typing import Any
from urllib.parse import unquote, urlsplit

from cordiale.errors import CordialeError

GROUP = 20
"""Messages attempted between two commits: as many may be *unknown* after a crash."""

EXPIRY = timedelta(days=3)
"""A message that could not be handed over so long after it was planned is withheld: it speaks of a moment gone."""


@dataclass(frozen=True)
class PlannedMessage:
    """A contact that was decided. `template` is a template's name; its current version is the one sent."""

    proposal_id: int
    customer_id: int
    channel: str
    purpose: str
    programme: str
    step: str
    template: str


class Answer(Enum):
    """What the next server said of one message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good: never tried again
    DEFERRED = "deferred"  # surely not accepted: tried again at the next run
    UNKNOWN = "unknown"  # the connection ended after the message was sent: never tried again
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Reply:
    """An answer and the server's words."""

    answer: Answer
    detail: str = ""


@dataclass(kw_only=True)
class DeliveryReport:
    """What one run did. `deferred` messages wait for the next run; `problem` says why the run ended early."""

    handed_over: int = 0
    refused: int = 0
    withheld: int = 0
    unknown: int = 0
    deferred: int = 0
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the CLI's JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where messages are handed over. `security`: `none`, `starttls` or `tls`."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = "none"


def parse_smtp_url(url: str) -> SmtpServer:
    """Read `smtp://user:password@host:port` (STARTTLS, always, where there is a user) or `smtps://…` (TLS at once)."""
    mend = "write smtp://user:password@host:587 or smtps://user:password@host:465"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise CordialeError(f"CORDIALE_SMTP_URL is not an address of a server; {mend}") from error
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise CordialeError(f"CORDIALE_SMTP_URL is not an address of a server; {mend}")
    user = unquote(parts.username or "")
    security = "tls" if parts.scheme == "smtps" else "starttls" if user else "none"
    return SmtpServer(
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 587 if user else 25),
        user=user,
        password=unquote(parts.password or ""),
        security=security,
    )


def understand(codes: Sequence[int]) -> Answer:
    """The answer in the reply codes to MAIL, RCPT, DATA and the message itself, as far as they were asked."""
    for code in codes:
        if code >= 500:
            return Answer.REFUSED
        if code >= 400:
            return Answer.DEFERRED
    return Answer.ACCEPTED


def readable(words: bytes | str) -> str:
    """A server's words on one line, at most 300 characters."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()[:300]
