"""Access keys of programs that use the HTTP API."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from cordiale.accounts.actions import audit
from cordiale.accounts.models import AccessKey, Role, Staff
from cordiale.errors import CordialeError, NotFound, Refused

_PREFIX = "cordiale_"


def add_key(name: str, role: str, *, actor: Staff | str, now: datetime) -> str:
    """Make a key and return it; it cannot be shown again. Raises Refused when the name is taken."""
    if role not in Role.values:
        raise CordialeError(f"'{role}' is not a role; write one of {', '.join(Role.values)}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
        raise CordialeError(f"'{name}' cannot name a key; write small letters, digits and hyphens")
    secret = _PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            AccessKey.objects.create(name=name, role=role, key_hash=_hash(secret), created_at=now)
            audit("key", name, "add", actor, {"role": role}, now)
    except IntegrityError as error:
        raise Refused(f"there is a key '{name}' already; revoke it or take another name") from error
    return secret


def revoke_key(name: str, *, actor: Staff | str, now: datetime) -> None:
    """Let the key `name` open nothing from now on. Raises NotFound when there is none in use."""
    with transaction.atomic():
        if not AccessKey.objects.filter(name=name, revoked_at=None).update(revoked_at=now):
            raise NotFound(f"there is no key '{name}' in use; see: cordiale keys list")
        audit("key", name, "revoke", actor, None, now)


def find_key(secret: str) -> AccessKey | None:
    """The key in use with this secret. Found by its hash: no comparison can leak the secret through timing."""
    return AccessKey.objects.filter(key_hash=_hash(secret), revoked_at=None).first()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
