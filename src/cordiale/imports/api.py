"""`/api/v1/imports`: give a file under a kept mapping, and ask what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from cordiale import clock
from cordiale.accounts.api import KeyAuth, Problem
from cordiale.company import company
from cordiale.imports import actions, basis, queries
from cordiale.imports.models import Import, ImportState
from cordiale.ui import context

router = Router(tags=["imports"])
_MOST = 50
Kind = Literal["customers", "orders", "events", "consents", "answers"]
_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}


class Given(Schema):
    """What a file is: `mapping` names a kept one; `basis` as the command line writes it, where there are addresses."""

    kind: Kind
    mapping: Annotated[str, Field(min_length=1, max_length=80)]
    basis: Annotated[str, Field(max_length=200)] = ""


class ImportOut(Schema):
    """An import and how far it is. `counts` and `report` (of an undoing) are numbers by name."""

    id: int
    kind: Kind
    file: str
    state: str
    rows: int | None
    rows_done: int
    counts: dict[str, int]
    report: dict[str, int]
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    undo_until: datetime | None


class ImportList(Schema):
    """A page of imports, newest first."""

    page: int
    imports: list[ImportOut]


@router.get("", response=ImportList, auth=KeyAuth("imports.see"), summary="The latest imports")
def list_imports(request: HttpRequest, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> dict[str, Any]:
    """Fifty a page."""
    found = queries.list_imports()[(page - 1) * _MOST : page * _MOST]
    return {"page": page, "imports": [_out(one) for one in found]}


@router.post("", response={202: ImportOut, **_REFUSALS}, auth=KeyAuth("imports.run"), summary="Import a file")
def bring_in(request: HttpRequest, given: Form[Given], file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Begins at once; ask for its state afterwards. 422 with what to do for a file that cannot be taken."""
    now = context.present()
    actor = f"key {getattr(request, 'auth', '')}"
    document = actions.find_mapping(given.mapping, given.kind)
    if given.basis:
        said = basis.parse(given.basis, clock.local_day(now, company().zone))
        document = replace(document, basis=said.as_json() or basis.NONE)
    imported = actions.receive(given.kind, file.name or "file", file.chunks(), actor, now)
    try:
        actions.prepare(imported, document, {})
        actions.begin(imported, actor, now)
    finally:
        if imported.state == ImportState.DRAFT:
            actions.discard(imported, actor, now)
    return Status(202, _out(imported))


@router.get("/{number}", response=ImportOut, auth=KeyAuth("imports.see"), summary="One import")
def show(request: HttpRequest, number: int) -> dict[str, Any]:
    """How far it is, and what became of its rows. 404 for an unknown one."""
    return _out(queries.get_import(number))


@router.post("/{number}/undo", response={202: ImportOut}, auth=KeyAuth("imports.run"), summary="Take an import back")
def undo(request: HttpRequest, number: int) -> Status[dict[str, Any]]:
    """Within seven days; 422 after that."""
    imported = queries.get_import(number)
    actions.undo(imported, f"key {getattr(request, 'auth', '')}", context.present())
    return Status(202, _out(imported))


def _out(one: Import) -> dict[str, Any]:
    names = ("kind", "state", "rows", "rows_done", "counts", "report", "created_at", "started_at", "finished_at")
    values = {name: getattr(one, name) for name in names}
    error = one.job.error if one.job else ""
    return {"id": one.pk, "file": one.file_name, "undo_until": one.undo_until, "error": error, **values}
