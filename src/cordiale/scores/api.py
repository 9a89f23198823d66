"""The API of `scores`."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["scores"])
