"""A file on the disk, an import of it, and how the home looks after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from cordiale.customers.models import Customer
from cordiale.imports import actions, files
from cordiale.imports.mapping import of_json
from cordiale.imports.models import Import
from cordiale.jobs import running

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
PEOPLE = (
    "Réf;Prénom;Nom;Email;Téléphone;Né le;CP;Ville\n"
    "u1;Anaïs;Œuvrard;anais@example.org;06 12 34 56 78;31/12/1980;69001;Lyon\n"
    "u2;Bob;Petit;bob@example.org;;;75011;Paris\n"
    "u3;Chloé;Martin;chloe@example;0612345679;30/02/1990;13001;Marseille\n"
)
Give = Callable[..., Import]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def give(fresh_home: Any, db: None) -> Give:
    """Give a file as text or bytes; it is imported (or only prepared, with `run=False`)."""

    def give(
        content: str | bytes, kind: str = "customers", *, mapping: Mapping[str, Any] | None = None, basis: Any = "none",
        run: bool = True, name: str = "file.csv", now: datetime = NOW,
    ) -> Import:  # fmt: skip
        data = content.encode() if isinstance(content, str) else content
        imported = actions.receive(kind, name, [data], "test", now)
        document = {**imported.mapping, **(mapping or {})}
        if kind == "customers":
            document["basis"] = basis
        actions.prepare(imported, of_json(document), {})
        if run:
            running.run(actions.begin(imported, "test", now))
        imported.refresh_from_db()
        return imported

    return give


def golden() -> list[dict[str, Any]]:
    """All that is known of everybody, but for when and from where."""
    names = ("reference", "first_name", "last_name", "email", "phone", "birth_on", "postcode", "city", "declared")
    return list(Customer.objects.order_by("reference").values(*names))


def refused(imported: Import) -> str:
    """The file of refused rows."""
    path: Path = files.refused(imported.pk)
    return path.read_text("utf-8-sig") if path.is_file() else ""
