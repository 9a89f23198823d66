"""Signed references in links: who, for which purpose and channel, in which message. Opaque, unguessable, for ever.

A reference is 16 bytes of numbers, the purpose and channel, and 16 bytes of HMAC-SHA-256 over both. There is no expiry:
an old message must still let its reader leave.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import lru_cache

from cordiale import home
from cordiale.errors import NotFound

_NUMBERS = struct.Struct(">QQ")
_SIGNATURE = 16
_LONGEST = 200


@dataclass(frozen=True)
class Reference:
    """What a link in a message stands for; `message_id` is 0 outside a message."""

    customer_id: int
    purpose: str
    channel: str
    message_id: int = 0


def sign(reference: Reference) -> str:
    """The token of `reference`, safe in a URL."""
    body = _NUMBERS.pack(reference.customer_id, reference.message_id)
    body += f"{reference.purpose}:{reference.channel}".encode()
    return base64.urlsafe_b64encode(_signature(body) + body).rstrip(b"=").decode()


def read(token: str) -> Reference:
    """What `token` stands for. Raises NotFound for anything we did not sign."""
    if len(token) > _LONGEST:
        raise NotFound("This link is not complete.")
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotFound("This link is not complete.") from error
    signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if len(body) <= _NUMBERS.size or not hmac.compare_digest(signature, _signature(body)):
        raise NotFound("This link is not complete.")
    customer_id, message_id = _NUMBERS.unpack_from(body)
    purpose, _, channel = body[_NUMBERS.size :].decode().partition(":")
    return Reference(customer_id, purpose, channel, message_id)


def _signature(body: bytes) -> bytes:
    return hmac.digest(_key(home.current()), body, hashlib.sha256)[:_SIGNATURE]


@lru_cache(maxsize=8)
def _key(of: home.Home) -> bytes:
    return of.secret("link_key").encode()
