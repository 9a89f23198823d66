"""What a statement of consent is, which statements count, and how an address is recognised without being kept."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.errors import CordialeError

CHANNELS = ("email", "sms", "phone", "letter")
GRANTED, WITHDRAWN = "granted", "withdrawn"

PERSONAL_SOURCES = ("preference page", "one-click", "form", "shop", "phone call", "reply")
"""Sources that are the person speaking. Any other (an import, a purchase of data, ourselves) can neither override a
withdrawal nor resubscribe anybody."""


_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
OPPOSITION_REASONS = ("objection", "complaint", "hard bounce", "returned letter", "wrong number")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A purpose as `purposes.yaml` tells it. `title` and `wording` by language.

    `contact` says what a message of this purpose does: it informs (`informative`, we give), promotes (`promotional`)
    or questions (`survey`, we ask).
    """

    code: str
    title: Mapping[str, str]
    legal_basis: str
    version: str
    wording: Mapping[str, str]
    contact: str = "promotional"

    def text(self, language: str) -> str:
        """What the person reads in `language`, or in the first language written."""
        return self.wording.get(language) or next(iter(self.wording.values()))


@dataclass(frozen=True, kw_only=True)
class ConsentEntry:
    """One statement for the ledger: who said what, when, how, to which text."""

    customer_id: int
    purpose: str
    channel: str
    state: str
    at: datetime
    source: str
    wording: str = ""
    wording_version: str = ""
    language: str = ""
    form_url: str = ""
    ip_address: str | None = None
    user_agent: str = ""

    def __post_init__(self) -> None:
        clock.require_aware(self.at)
        if self.state not in {GRANTED, WITHDRAWN}:
            raise CordialeError(f"consent cannot be '{self.state}'; write {GRANTED} or {WITHDRAWN}")
        require_channel(self.channel)
        if not self.source:
            raise CordialeError("a statement of consent needs its source, e.g. 'form' or 'import 2026-11-22'")


def require_channel(channel: str) -> str:
    """Return `channel`; raise CordialeError when there is none of that name."""
    if channel not in CHANNELS:
        text = _("'%(channel)s' is not a channel; write one of %(channels)s")
        raise CordialeError(text % {"channel": channel, "channels": ", ".join(CHANNELS)})
    return channel


def normalise(channel: str, address: str) -> str:
    """One spelling for every way of writing an address, so that its hash finds it again.

    Emails lose spaces and the case of A–Z (no more, so that no locale matters); telephone numbers keep their digits
    and `+` (00 becomes +). Letters are one line. `queries.address_sql` says the same; a test holds them equal.
    """
    if channel == "email":
        return address.strip(" ").translate(_LOWER)
    if channel in {"sms", "phone"}:
        return re.sub(r"^00", "+", re.sub(r"[^0-9+]", "", address))
    return re.sub(r" +", " ", address.strip(" ")).translate(_LOWER)


def address_hash(key: bytes, channel: str, address: str) -> str:
    """HMAC-SHA-256 of the address in hexadecimal: recognised again by us, never read back by a thief of the table."""
    return hmac.new(key, f"{channel}:{normalise(channel, address)}".encode(), hashlib.sha256).hexdigest()


def masked(address: str) -> str:
    """An address its owner recognises and nobody else learns: `m•••@example.org`, `+33•••••42`."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}•••@{domain}"
    return f"{address[:3]}•••••{address[-2:]}" if len(address) > 6 else "•••"
