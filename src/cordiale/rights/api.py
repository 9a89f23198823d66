"""`/api/v1/rights`."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["rights"])
