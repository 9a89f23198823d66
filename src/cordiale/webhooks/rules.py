"""What can be told, how it is signed, when it is tried again, and where we refuse to call. Pure."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _

from cordiale.connectors.rules.signatures import key_of
from cordiale.errors import CordialeError, Refused

CUSTOMERS, CONSENTS, ERASED = "customers.changed", "consents.changed", "customers.erased"
STARTED, PAUSED, APPLIED = "programme.started", "programme.paused", "programme.applied"
TEST = "test"
EVENTS = (CUSTOMERS, CONSENTS, ERASED, STARTED, PAUSED, APPLIED)
MANY = {CUSTOMERS: "customers.many_changed", CONSENTS: "consents.many_changed"}
"""What is told to who listens to the first where too many changed to name them."""
MOST_CUSTOMERS = 500
"""Customers of one message."""
MOST_LISTED = 10_000
"""Customers told by their number at one time; of more, only how many they are."""

SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000)
)
"""Pauses after the first, second … failed attempt: about three days in all, then the delivery is given up."""
GIVEN_UP_AFTER = timedelta(days=3)
"""What waits longer is given up where its endpoint failed more often in a row than the schedule has pauses."""
OUTAGE = 4
"""After more failures in a row than this an endpoint was down, not a message bad."""
NEVER_TAKEN = gettext_noop("Given up: no attempt was taken for three days.")
FAILED = "no answer: "
"""What the reason of a connection that failed begins with; the rest is what the machine said."""
GONE = gettext_noop("Not sent: the address answered 410, gone, to another message.")
LONGEST_WAIT = timedelta(hours=24)
_JITTER = 0.2
_PAUSES = (5, 15, 60, 300, 900)  # seconds an address is left in peace after so many failures in a row


@dataclass(frozen=True)
class Answer:
    """What came back. `status` 0: nothing; then `reason` says why."""

    status: int
    reason: str = ""
    retry_after: str = ""
    milliseconds: int = 0

    @property
    def is_taken(self) -> bool:
        """Did the other side take it?"""
        return 200 <= self.status < 300


def in_words(status: int, reason: str) -> str:
    """Why an attempt was not taken, in the reader's language as far as it is ours to say; "" where it was."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        text = _("Answered %(status)s: it redirects, and redirections are not followed; give the final address.")
        return text % {"status": status}
    if status:
        return _("Answered %(status)s") % {"status": status}
    if reason.startswith(FAILED):
        return _("No answer: %(why)s") % {"why": reason.removeprefix(FAILED)}
    return gettext(reason) if reason else ""


def check_events(events: Collection[str]) -> list[str]:
    """The kinds of events, each once. Raises CordialeError for an unknown one."""
    if not events:
        raise CordialeError(_("Say what to tell: one or more of %(events)s.") % {"events": ", ".join(EVENTS)})
    for event in events:
        if event not in EVENTS:
            raise CordialeError(f"'{event}' is no kind of event; write one or more of {', '.join(EVENTS)}")
    return [event for event in EVENTS if event in events]


def check_url(url: str, allowed: Collection[str]) -> str:
    """`url` where it may be called at all. `allowed` may hold `loopback` and `private`. Raises CordialeError."""
    no_address = _("'%(url)s' is no address; write for instance https://crm.example.org/hooks") % {"url": url[:80]}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise CordialeError(no_address) from error
    is_written_well = url.isascii() and len(url) <= 500 and not any(one.isspace() for one in url)
    if parts.scheme not in {"https", "http"} or not host or port == 0 or not is_written_well:
        raise CordialeError(no_address)
    if parts.username or parts.password:
        raise CordialeError(_("An address with a password in it would show it; leave it out, messages are signed."))
    if parts.scheme == "http" and not {"loopback", "private"} & set(allowed):
        raise Refused(_("Only https is called; inside your own network set CORDIALE_WEBHOOKS_ALLOW_PRIVATE=1."))
    return url


def is_allowed(address: str, allowed: Collection[str]) -> bool:
    """May we call this IP address? Public ones, and what `allowed` names; never those of a cloud's own services."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    if ip.is_loopback:
        return "loopback" in allowed
    if ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip.is_site_local or ip in _NAT64):
        return False
    return ip.is_global or (ip.is_private and "private" in allowed)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def subscriptions(kind: str) -> list[str]:
    """What endpoints ask for that are told of `kind`.

    Whoever was told of customers or consents is told of an erasure too: GDPR article 19 asks it of us, not of them.
    """
    if kind == ERASED:
        return [ERASED, CUSTOMERS, CONSENTS]
    return [next((asked for asked, many in MANY.items() if many == kind), kind)]


def sign(secret: str, key: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    stamp = str(int(at.timestamp()))
    signed = hmac.new(key_of(secret) or b"", b".".join((key.encode(), stamp.encode(), body)), hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def next_attempt(attempts: int, answer: Answer, now: datetime, chance: float) -> datetime | None:
    """When to try again after `attempts` failures; None to give up. `chance` in [0, 1) spreads the crowd."""
    if attempts > len(SCHEDULE):
        return None
    due = now + SCHEDULE[attempts - 1] * (1 + _JITTER * (2 * chance - 1))
    asked = retry_after(answer, now)
    return max(due, asked) if asked else due


def pause(failures: int, answer: Answer, now: datetime) -> datetime:
    """Until when an address is left in peace after so many failures in a row."""
    calm = now + timedelta(seconds=_PAUSES[min(failures, len(_PAUSES)) - 1])
    asked = retry_after(answer, now)
    return max(calm, asked) if asked else calm


def retry_after(answer: Answer, now: datetime) -> datetime | None:
    """The moment a 429 or 503 asks for, at most a day away; None where it does not say."""
    text = answer.retry_after.strip()
    if answer.status not in {429, 503} or not text:
        return None
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return min(max(moment, now), now + LONGEST_WAIT)
