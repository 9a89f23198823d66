"""Which views may be seen without signing in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def public(view: F) -> F:
    """Mark a view as open to people who are not signed in (sign-in itself, unsubscribing, preferences)."""
    view.is_public = True  # type: ignore[attr-defined]
    return view
