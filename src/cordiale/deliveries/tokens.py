"""A message's name for ever: its Message-ID, and its file where mail is caught. Only we can make one."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache

from cordiale import home

_TOKEN = re.compile(r"m(\d{12,18})-([0-9a-f]{16})")


def message_token(message_id: int) -> str:
    """`m000000000042-9f…`: sorted by name, the newest messages come last."""
    return f"m{message_id:012d}-{_signature(message_id)}"


def message_of(token: str) -> int | None:
    """The message a token names; None for a token we did not make."""
    found = _TOKEN.fullmatch(token)
    if found and hmac.compare_digest(found[2], _signature(int(found[1]))):
        return int(found[1])
    return None


def _signature(message_id: int) -> str:
    return hmac.digest(_key(home.current()), str(message_id).encode(), hashlib.sha256)[:8].hex()


@lru_cache(maxsize=8)
def _key(of: home.Home) -> bytes:
    return of.secret("message_key").encode()
