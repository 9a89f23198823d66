"""What all routers of the HTTP API share.

`Authorization: Bearer <key>` with the rights of the key's role, the shape of a refusal, and what an instant is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer
from pydantic import AwareDatetime

from cordiale.accounts.keys import find_key
from cordiale.accounts.models import AccessKey
from cordiale.accounts.permissions import MATRIX, may

Moment = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""An instant that a request tells: with an offset, from 1900 to 2199, which all stores hold in all zones."""


class Fault(Schema):
    """What is wrong with one value: where it stands (`body.orders.0.at`) and why it cannot be taken."""

    place: str
    message: str


class Problem(Schema):
    """Every refusal of the API. `line`, `column` and `hint` where a text somebody wrote is wrong; `problems` where
    several values are."""

    error: str
    line: int | None = None
    column: int | None = None
    hint: str = ""
    problems: Annotated[list[Fault], Field(default_factory=list)]


class KeyAuth(HttpBearer):
    """Opens an endpoint to keys whose role allows `verb`; the others get 403 with the reason."""

    def __init__(self, verb: str) -> None:
        super().__init__()
        if verb not in MATRIX:
            raise KeyError(verb)
        self.verb = verb

    def authenticate(self, request: HttpRequest, token: str) -> AccessKey | None:
        """The key, None for an unknown or revoked one (the answer is 401)."""
        key = find_key(token)
        if key is not None and not may(key.role, self.verb):
            roles = ", ".join(sorted(MATRIX[self.verb]))
            raise HttpError(403, f"the key's role '{key.role}' does not allow {self.verb}; these do: {roles}")
        return key
