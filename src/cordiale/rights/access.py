"""Everything we hold about one person, gathered from every part that holds something."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cordiale.clock import require_aware
from cordiale.company import company
from cordiale.customers import holdings
from cordiale.customers.models import Customer
from cordiale.customers.rules import csv_cell
from cordiale.identity.queries import family
from cordiale.lake import open_lake
from cordiale.lake.tables import FACTS

ACCESS, PORTABILITY = "access", "portability"
SCOPES = (ACCESS, PORTABILITY)
_DERIVED = frozenset({"decisions", "segments", "duplicates", "traits"})
"""What we worked out ourselves: part of access (art. 15), not of portability (art. 20), which is about what the person
gave us and did."""


def gather(customer: Customer, now: datetime, scope: str = ACCESS) -> dict[str, Any]:
    """All parts by name: lists of mappings or mappings, JSON values only. Facts are under their table's name."""
    numbers = family(customer.pk)
    parts: dict[str, Any] = {one.name: one.export(numbers) for one in holdings.registered()}
    parts |= _facts(customer.pk)
    parts |= _traits(customer.pk)
    if scope == PORTABILITY:
        parts = {name: part for name, part in parts.items() if name not in _DERIVED}
    return {
        "about": {"customer": customer.pk, "reference": customer.reference, "numbers": numbers},
        "controller": {"name": company().name, "address": company().postal_address},
        "made_at": require_aware(now),
        "scope": scope,
        "parts": {name: part for name, part in parts.items() if part},
    }


def as_json(gathered: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON, indented: it is for machines and for people."""
    return json.dumps(gathered, ensure_ascii=False, indent=2, default=plain).encode()


def as_csv(gathered: Mapping[str, Any]) -> bytes:
    """A ZIP with one CSV file a part (UTF-8 with a mark, so that spreadsheets read it), values in plain words."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in gathered["parts"].items():
            archive.writestr(f"{name}.csv", _csv(rows_of(part)))
    return out.getvalue()


def rows_of(part: Any) -> list[dict[str, Any]]:
    """A part as a table: a list of flat mappings."""
    rows = part if isinstance(part, list) else [part]
    return [_flat(row) if isinstance(row, Mapping) else {"value": row} for row in rows]


def plain(value: Any) -> Any:
    """The JSON form of what JSON does not know."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value)


def _facts(customer_id: int) -> dict[str, Any]:
    lake = open_lake()
    return {
        name: [
            _known(row)
            for row in lake.query(f"SELECT * FROM {name} ORDER BY ts", only_customers=[customer_id]).to_pylist()
        ]
        for name in FACTS
    }


def _traits(customer_id: int) -> dict[str, Any]:
    rows = open_lake().query("SELECT * FROM traits", only_customers=[customer_id]).to_pylist()
    return {"traits": _known(rows[0])} if rows else {}


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name != "customer_id"}


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{name}.")
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            flat[before + name] = "; ".join(_text(one) for one in value)
        else:
            flat[before + str(name)] = value
    return flat


def _text(value: Any) -> str:
    return ", ".join(f"{name}: {one}" for name, one in value.items()) if isinstance(value, Mapping) else str(value)


def _csv(rows: list[dict[str, Any]]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([csv_cell(row.get(name)) for name in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
