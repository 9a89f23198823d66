"""`/api/v1/relations`."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["relations"])
