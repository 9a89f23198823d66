"""Who asks, for views and for the endpoints of the API."""

from __future__ import annotations

from django.http import HttpRequest

from cordiale.accounts.models import Staff


def staff_of(request: HttpRequest) -> Staff:
    """The member of staff who is signed in; views behind `requires` always have one."""
    assert isinstance(request.user, Staff)
    return request.user


def key_of(request: HttpRequest) -> str:
    """How the audit trail names a program: by its key. Endpoints behind `KeyAuth` always have one."""
    return f"key {request.auth}"  # type: ignore[attr-defined] # set by KeyAuth
