"""Who may do what: one matrix of roles against verbs, asked by every view.

`administrator` may do everything. A verb is `noun.what`; an unknown one is a mistake of ours and raises KeyError.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

View = TypeVar("View", bound=Callable[..., Any])

_EVERYONE = frozenset({"administrator", "marketer", "analyst", "agent"})
_PLANNERS = frozenset({"administrator", "marketer"})
_READERS = _PLANNERS | {"analyst"}
_FRONT = _PLANNERS | {"agent"}
_ADMINISTRATORS = frozenset({"administrator"})

MATRIX: dict[str, frozenset[str]] = {
    "customers.see": _EVERYONE,
    "customers.edit": _FRONT,
    "customers.merge": _PLANNERS,
    "customers.export": _READERS,
    "cases.see": _EVERYONE,
    "cases.edit": _FRONT,
    "jobs.see": _EVERYONE,
    "jobs.cancel": _READERS,
    "imports.see": _READERS,
    "imports.run": _READERS,
    "sources.see": _READERS,
    "sources.edit": frozenset({"administrator", "analyst"}),
    "quality.see": _READERS,
    "quality.edit": _PLANNERS,
    "rights.see": _FRONT,
    "rights.answer": _PLANNERS,
    "rights.erase": _PLANNERS,
    "consent.see": _EVERYONE,
    "consent.edit": _FRONT,
    "insight.see": _READERS,
    "insight.edit": frozenset({"administrator", "analyst"}),
    "segments.see": _READERS,
    "segments.edit": _READERS,
    "programmes.see": _READERS,
    "programmes.edit": _PLANNERS,
    "programmes.start": _PLANNERS,
    "decisions.see": _EVERYONE,
    "mail.see": _READERS,
    "audit.see": _ADMINISTRATORS,
    "staff.invite": _ADMINISTRATORS,
}

ROLE_NAMES = {
    "administrator": gettext_lazy("administrator"),
    "marketer": gettext_lazy("marketer"),
    "analyst": gettext_lazy("analyst"),
    "agent": gettext_lazy("agent"),
}


def may(role: str, verb: str) -> bool:
    """Does `role` allow `verb`?"""
    return role in MATRIX[verb]


def require(user: Any, verb: str) -> None:
    """Raise PermissionDenied, with the reason in the reader's language, where `user`'s role does not allow `verb`."""
    if may(user.role, verb):
        return
    allowed = ", ".join(str(name) for role, name in ROLE_NAMES.items() if role in MATRIX[verb])
    raise PermissionDenied(
        _("Your role (%(role)s) does not allow this; these roles do: %(allowed)s. Ask an administrator.")
        % {"role": ROLE_NAMES[user.role], "allowed": allowed}
    )


def requires(verb: str) -> Callable[[View], View]:
    """Let a view through only for roles that allow `verb`; the others get the 403 page with the reason."""
    if verb not in MATRIX:
        raise KeyError(verb)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            require(request.user, verb)
            return view(request, *args, **kwargs)

        guarded.verb = verb  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate
