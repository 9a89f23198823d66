"""The API of `recommendations`."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["recommendations"])
