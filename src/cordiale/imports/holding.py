"""What imports hold of a person: the names of files that spoke of them, and for seven days the files themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cordiale.consent.models import ConsentProof
from cordiale.customers.holdings import Holding
from cordiale.customers.holdings import register as register_holding
from cordiale.customers.models import Customer, Submission
from cordiale.errors import CordialeError
from cordiale.identity.models import Identity
from cordiale.imports import actions, files
from cordiale.imports.converting import text_of
from cordiale.imports.models import Import
from cordiale.imports.reading import Reading, open_rows

_PREFIX = "import:"


def register() -> None:
    """Called once, when Django is ready."""
    register_holding(Holding(name="imports", order=900, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]] | None:
    """The imports that spoke of them."""
    named = [
        {"number": one.pk, "kind": one.kind, "file": one.file_name, "at": one.started_at and one.started_at.isoformat()}
        for one in Import.objects.filter(pk__in=_imports_of(customer_ids)).order_by("pk")
    ]
    return named or None


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Delete every kept file that spoke of them or holds one of their addresses, whole: with its refused rows."""
    words = _words(customer_ids)
    touched = _imports_of(customer_ids)
    kept = [one for one in Import.objects.filter(files_gone_at=None) if files.folder(one.pk).is_dir()]
    named = [one for one in kept if one.pk in touched or _names(one, words)]
    return sum(actions.forget_files(one, "erasure", now) for one in named)


def _imports_of(customer_ids: Sequence[int]) -> set[int]:
    said = Submission.objects.filter(customer_id__in=customer_ids, source__startswith=_PREFIX)
    proofs = ConsentProof.objects.filter(customer_id__in=customer_ids, source__startswith=_PREFIX)
    sources = {*said.values_list("source", flat=True), *proofs.values_list("source", flat=True)}
    numbers = {source.removeprefix(_PREFIX).split(" ")[0] for source in sources}
    return {int(number) for number in numbers if number.isdigit()}


def _words(customer_ids: Sequence[int]) -> dict[str, set[str]]:
    """What tells that a row is theirs: addresses and numbers; the two names where both stand in a row."""
    people = list(Customer.everyone.filter(id__in=customer_ids))
    values = {one.email.lower() for one in people} | {one.reference.lower() for one in people}
    values |= {one.value.lower() for one in Identity.objects.filter(customer_id__in=customer_ids)}
    phones = {_digits(one) for one in (*values, *(one.phone for one in people))}
    return {
        "values": values - {""},
        "phones": {one for one in phones if len(one) >= 9},
        "names": {one.full_name.lower() for one in people if one.first_name and one.last_name},
    }


def _digits(text: str) -> str:
    """A telephone number's last nine digits, the same however it is written."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return digits[-9:] if len(digits) in range(9, 16) else ""


def _names(imported: Import, words: dict[str, set[str]]) -> bool:
    """Does a kept file name them? One that cannot be read through may name anybody."""
    try:
        return any(_row_names(table, words) for table in _tables(imported))
    except CordialeError:
        return True


def _tables(imported: Import) -> Iterator[pa.Table]:
    path, refused = files.upload(imported.pk), files.refused(imported.pk)
    if path.is_file():
        yield from (batch.table for batch in open_rows(path, Reading(**imported.reading)))
    if refused.is_file():
        yield from _lines(refused)


def _lines(path: Path) -> Iterator[pa.Table]:
    reading = Reading(format="csv", delimiter=",", encoding="utf-8")
    yield from (batch.table for batch in open_rows(path, reading))


def _row_names(table: pa.Table, words: dict[str, set[str]]) -> bool:
    columns = [pc.utf8_lower(text_of(column.combine_chunks())) for column in table.columns]
    if any(_holds(column, words["values"]) for column in columns):
        return True
    for column in columns:
        digits = pc.replace_substring_regex(column, "[^0-9]", "")
        if _holds(pc.utf8_slice_codeunits(digits, -9), words["phones"]):
            return True
    return _holds_names(columns, words["names"])


def _holds(column: pa.Array, words: set[str]) -> bool:
    return bool(words) and bool(pc.any(pc.is_in(column, pa.array(sorted(words)))).as_py())


def _holds_names(columns: list[pa.Array], names: set[str]) -> bool:
    for name in names:
        parts = [part for part in name.split(" ") if part]
        found = np.ones(len(columns[0]) if columns else 0, dtype=bool)
        for part in parts:
            here = np.zeros(len(found), dtype=bool)
            for column in columns:
                here |= np.asarray(pc.fill_null(pc.match_substring(column, part), False).to_numpy(zero_copy_only=False))
            found &= here
        if found.any():
            return True
    return False
