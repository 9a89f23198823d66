"""What changes staff, their sign-in links and the audit trail."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from cordiale.accounts.models import AuditEntry, FailedSignIn, Role, SignInLink, Staff
from cordiale.errors import CordialeError, NotFound, Refused

LINK_LIVES = timedelta(hours=24)
GUESSES = 5
GUESSING_WINDOW = timedelta(minutes=15)


def audit(
    noun: str, name: str, verb: str, actor: Staff | str, detail: Mapping[str, Any] | None, now: datetime
) -> AuditEntry:
    """Keep who did what to what. `actor` is a member of staff, or a word such as `cli` or `worker`."""
    staff = actor if isinstance(actor, Staff) else None
    return AuditEntry.objects.create(
        at=now, staff=staff, actor=str(actor), verb=verb, noun=noun, name=name, detail=dict(detail or {})
    )


@transaction.atomic
def invite(email: str, name: str, role: str, now: datetime, *, actor: Staff | str = "cli", language: str = "fr") -> str:
    """Create the member of staff (or keep the one with that email) and return a sign-in link good once, for a day.

    Name and role of somebody already here do not change; who was deactivated is refused.
    """
    _check(email, role)
    staff = Staff.objects.filter(email__iexact=email).first()
    if staff is None:
        staff = Staff(email=email.lower(), name=name, role=role, language=language, created_at=now)
        staff.set_unusable_password()
        staff.save()
        audit("staff", staff.email, "invite", actor, {"role": role}, now)
    if not staff.is_active:
        raise Refused(f"{email} is deactivated; activate the account before sending a link")
    return make_link(staff, now)


def make_link(staff: Staff, now: datetime) -> str:
    """A one-time sign-in link for `staff`, as a path of this site. Only its hash is kept: it cannot be shown again."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(staff=staff, token_hash=_hash(token), created_at=now, expires_at=now + LINK_LIVES)
    return reverse("accounts:link", args=[token])


def find_link(token: str, now: datetime) -> SignInLink | None:
    """The link `token` belongs to while it can still be used."""
    return (
        SignInLink.objects.filter(token_hash=_hash(token), used_at=None, expires_at__gt=now, staff__is_active=True)
        .select_related("staff")
        .first()
    )


def use_link(token: str, now: datetime) -> Staff:
    """Use the link up and return whom it signs in. Raises NotFound when it was used, has expired or never was."""
    link = find_link(token, now)
    if link is None or not SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now):
        raise NotFound(_("This link has been used or has expired. Ask for a new one."))
    audit("staff", link.staff.email, "sign in by link", link.staff, None, now)
    return link.staff


def refuse_guessing(keys: list[str], now: datetime) -> None:
    """Raise Refused while one of `keys` (an email, an address) failed too often lately."""
    since = now - GUESSING_WINDOW
    for key in keys:
        times = list(FailedSignIn.objects.filter(key=key, at__gt=since).order_by("-at").values_list("at")[:GUESSES])
        if len(times) == GUESSES:
            minutes = max(1, round((times[-1][0] + GUESSING_WINDOW - now).total_seconds() / 60))
            raise Refused(
                _("Too many failed attempts. Try again in %(minutes)s min, or ask for a sign-in link.")
                % {"minutes": minutes}
            )


def record_failure(keys: list[str], now: datetime) -> None:
    """Remember a failed attempt, and forget those that no longer count."""
    FailedSignIn.objects.filter(at__lte=now - GUESSING_WINDOW).delete()
    FailedSignIn.objects.bulk_create(FailedSignIn(key=key[:200], at=now) for key in keys)


def forget_failures(email: str) -> None:
    """A successful sign-in clears the email's count; the address's stays, others may guess from it."""
    FailedSignIn.objects.filter(key=f"email:{email.lower()}").delete()


def change_profile(staff: Staff, name: str, language: str) -> None:
    """What a member of staff decides alone."""
    staff.name, staff.language = name, language
    staff.save(update_fields=["name", "language"])


def _check(email: str, role: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise CordialeError(f"'{email}' is not an email address; write for instance name@company.example") from error
    if role not in Role.values:
        raise CordialeError(f"'{role}' is not a role; choose one of {', '.join(Role.values)}")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
