"""Who may use the HTTP API: `Authorization: Bearer <key>`, with the rights of the key's role."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from cordiale.accounts.keys import find_key
from cordiale.accounts.models import AccessKey
from cordiale.accounts.permissions import MATRIX, may


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
