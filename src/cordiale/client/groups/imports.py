"""The operations of `imports` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cordiale.client.connection import Connection, File, Instant, Shape, part


class ImportList(Shape, frozen=True, kw_only=True):
    """A page of imports, newest first."""

    page: int
    imports: list[ImportOut]


class ImportOut(Shape, frozen=True, kw_only=True):
    """An import and how far it is. `counts` and `report` (of an undoing) are numbers by name."""

    id: int
    kind: Literal["customers", "orders", "events", "consents", "answers"]
    file: str
    state: str
    rows: int | None
    rows_done: int
    counts: dict[str, int]
    report: dict[str, int]
    error: str
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    undo_until: Instant | None


class Imports:
    """`client.imports`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_imports(self, *, page: int = 1) -> ImportList:
        """The latest imports. Fifty a page."""
        return self._connection.call("GET", "/api/v1/imports", ImportList, query={"page": page}, is_repeatable=True)

    def every_import(self) -> Iterator[ImportOut]:
        """All that `list_imports` answers, page after page."""
        page = 1
        while rows := self.list_imports(page=page).imports:
            yield from rows
            page += 1

    def bring_in(
        self,
        kind: Literal["customers", "orders", "events", "consents", "answers"],
        mapping: str,
        file: File,
        *,
        basis: str = "",
    ) -> ImportOut:
        """Import a file. Begins at once; ask for its state afterwards. 422 with what to do for a file that cannot be
        taken.
        """
        return self._connection.call(
            "POST",
            "/api/v1/imports",
            ImportOut,
            form={"kind": kind, "mapping": mapping, "basis": basis},
            files={"file": file},
        )

    def show(self, number: int) -> ImportOut:
        """One import. How far it is, and what became of its rows. 404 for an unknown one."""
        return self._connection.call("GET", f"/api/v1/imports/{part(number)}", ImportOut, is_repeatable=True)

    def undo(self, number: int) -> ImportOut:
        """Take an import back. Within seven days; 422 after that."""
        return self._connection.call("POST", f"/api/v1/imports/{part(number)}/undo", ImportOut)
