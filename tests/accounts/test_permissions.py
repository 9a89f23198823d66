"""The matrix of roles against verbs, read the other way round: by role."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from cordiale.accounts import permissions
from cordiale.accounts.models import Role, Staff

SEEN_BY_ALL = {"customers.see", "cases.see", "consent.see", "decisions.see", "jobs.see"}
EXPECTED = {
    "administrator": set(permissions.MATRIX),
    "marketer": set(permissions.MATRIX) - {"insight.edit", "audit.see", "staff.invite", "sources.edit"},
    "analyst": SEEN_BY_ALL
    | {
        "customers.export",
        "insight.see",
        "insight.edit",
        "segments.see",
        "segments.edit",
        "programmes.see",
        "mail.see",
        "imports.see",
        "imports.run",
        "sources.see",
        "sources.edit",
        "quality.see",
        "jobs.cancel",
    },
    "agent": SEEN_BY_ALL | {"consent.edit", "customers.edit", "cases.edit", "rights.see"},
}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("verb", permissions.MATRIX)
def test_the_matrix(role: str, verb: str) -> None:
    assert permissions.may(role, verb) is (verb in EXPECTED[role])


def test_a_refusal_names_the_role_and_those_that_may() -> None:
    with translation.override("en"), pytest.raises(PermissionDenied) as refusal:
        permissions.require(Staff(role="agent"), "programmes.start")
    assert "Your role (agent)" in str(refusal.value)
    assert "administrator, marketer" in str(refusal.value)


def test_an_unknown_verb_is_a_mistake_found_when_the_view_is_written() -> None:
    with pytest.raises(KeyError):
        permissions.requires("programmes.explode")


OPEN_TO_ALL_STAFF = {"ui:dashboard", "accounts:profile", "accounts:sign-out"}


def _views(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[tuple[str, object]]:
    found = []
    for one in patterns:
        if isinstance(one, URLResolver):
            found += _views(one.url_patterns, f"{one.namespace}:" if one.namespace else prefix)
        else:
            found.append((f"{prefix}{one.name}", one.callback))
    return found


def test_every_page_is_public_or_asks_for_a_permission() -> None:
    unguarded = {
        name
        for name, view in _views(get_resolver().url_patterns)
        if not getattr(view, "is_public", False) and not getattr(view, "verb", None)
        if not name.startswith("api:")  # asks for a key, whose role is checked by `accounts.api.KeyAuth`
    }
    assert unguarded == OPEN_TO_ALL_STAFF
