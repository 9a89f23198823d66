"""`/api/v1/programmes`: what a programme did and changed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from cordiale.accounts.api import KeyAuth, Problem
from cordiale.measure import queries
from cordiale.measure.commands import as_json
from cordiale.measure.schemas import ProgrammeList, ProgrammeReport
from cordiale.programmes.models import Programme
from cordiale.ui import context

router = Router(tags=["programmes"], auth=KeyAuth("programmes.see"))


@router.get("", response=ProgrammeList, summary="All programmes")
def list_programmes(request: HttpRequest) -> dict[str, Any]:
    """Each with its status."""
    return {"programmes": list(Programme.objects.order_by("name").values("name", "status", "started_at")[:1_000])}


@router.get(
    "/{name}/report", response={200: ProgrammeReport, 404: Problem},
    summary="Key figures, and control against treated with the interval",
)  # fmt: skip
def report(request: HttpRequest, name: str) -> dict[str, Any]:
    """The same object as `programmes report NAME --json`. 404 for an unknown programme."""
    return as_json(queries.programme_report(name, context.present()))
