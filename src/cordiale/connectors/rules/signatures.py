"""Is this really from the shop? Pure; every comparison takes the same time whatever differs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

SCHEMES = ("standard", "hmac-hex", "hmac-base64")
DEFAULT_HEADER = "X-Signature"
_TOLERANCE = timedelta(minutes=5)


def hmac_base64(secret: str, body: bytes, given: str) -> bool:
    """WooCommerce and Shopify: base64 of HMAC-SHA256 over the raw body."""
    expected = base64.b64encode(_digest(secret.encode(), body)).decode()
    return hmac.compare_digest(expected.encode(), given.strip().encode())


def hmac_hex(secret: str, body: bytes, given: str) -> bool:
    """Hexadecimal HMAC-SHA256 over the raw body, with or without `sha256=` before it."""
    expected = _digest(secret.encode(), body).hex()
    return hmac.compare_digest(expected.encode(), given.strip().lower().removeprefix("sha256=").encode())


def standard(secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Standard Webhooks: id, timestamp and body signed together, at most five minutes ago by the two clocks."""
    identifier, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not identifier or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    if abs(now.timestamp() - int(stamp)) > _TOLERANCE.total_seconds():
        return False
    key = key_of(secret)
    if key is None:
        return False
    expected = base64.b64encode(_digest(key, b".".join((identifier.encode(), stamp.encode(), body)))).decode()
    return any(
        hmac.compare_digest(f"v1,{expected}".encode(), one.encode())
        for one in headers.get("webhook-signature", "").split(" ")[:10]
    )


def key_of(secret: str) -> bytes | None:
    """The bytes behind `whsec_…`; None where it is not base64."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _digest(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()


def new_standard_secret() -> str:
    """A secret as Standard Webhooks writes them: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
