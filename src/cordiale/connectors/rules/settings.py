"""What each kind of connector is told when it is added. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cordiale import clock
from cordiale.connectors.rules import mapping, signatures
from cordiale.errors import CordialeError

PULLED = ("postgresql", "mysql", "duckdb", "parquet")
_CURSORS = ("number", "instant")
TAKES = {
    "woocommerce": ("zone", "purpose", "opt_in"),
    "shopify": ("purpose",),
    "prestashop": ("zone", "purpose", "scheme", "header"),
    "generic": ("zone", "purpose", "scheme", "header", "mapping"),
    **dict.fromkeys(PULLED, ("zone", "purpose", "mapping", "query", "cursor", "cursor_kind", "overlap", "every")),
}
_PARQUET_LACKS = ("query",)
DEFAULT_OVERLAP = {"number": 1_000, "instant": 15}
"""Read again before the highest value seen, for rows that were committed late: so many numbers, or minutes."""


def check(kind: str, told: Mapping[str, Any], declared: tuple[str, ...] = mapping.PROFILE) -> dict[str, Any]:
    """The settings of a connector, complete; `declared` are the fields of a customer.

    Raises CordialeError naming the one that is wrong.
    """
    given = {name: value for name, value in told.items() if value not in (None, "")}
    known = [name for name in TAKES[kind] if kind != "parquet" or name not in _PARQUET_LACKS]
    for name in given:
        if name not in known:
            raise CordialeError(f"{kind} takes no '{name}'; it takes {', '.join(known) or 'no setting'}")
    clock.zone(str(given.get("zone", "UTC")))
    if "scheme" in given and given["scheme"] not in signatures.SCHEMES:
        raise CordialeError(f"'{given['scheme']}' is no way to sign; write one of {', '.join(signatures.SCHEMES)}")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", str(given.get("header", signatures.DEFAULT_HEADER))):
        raise CordialeError(f"'{given['header']}' is not the name of a header; write for instance X-Signature")
    if "mapping" in known:
        if "mapping" not in given:
            raise CordialeError(
                f"{kind} needs a mapping: which place is which field; see docs/how-to/connect-a-shop.md"
            )
        mapping.parse(str(given["mapping"]), declared)
    return _check_pull(kind, given) if kind in PULLED else given


def _check_pull(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    if kind != "parquet" and not str(given.get("query", "")).strip():
        raise CordialeError(f"{kind} needs a query: one SELECT whose columns the mapping names")
    if "cursor" not in given:
        raise CordialeError(f"{kind} needs a cursor: a column that grows, so that only what is new is read")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", str(given["cursor"])):
        raise CordialeError(f"'{given['cursor']}' cannot be a cursor; name a column of the query")
    cursor_kind = given.setdefault("cursor_kind", "instant")
    if cursor_kind not in _CURSORS:
        raise CordialeError(f"'{cursor_kind}' is no kind of cursor; write one of {', '.join(_CURSORS)}")
    given["overlap"] = _whole(given.get("overlap", DEFAULT_OVERLAP[cursor_kind]), "overlap", 0, 1_000_000)
    given["every"] = _whole(given.get("every", 60), "every", 1, 7 * 24 * 60)
    if "query" in given:
        given["query"] = str(given["query"]).strip().rstrip(";").strip()
    return given


def check_secret(kind: str, settings: Mapping[str, Any], secret: str) -> str:
    """The secret as it is kept. Raises CordialeError, without any part of it."""
    if kind in PULLED and not secret:
        raise CordialeError(f"{kind} needs its address (a connection, a file), or env:NAME that holds it")
    is_standard = kind in {"prestashop", "generic"} and settings.get("scheme", "standard") == "standard"
    if is_standard and not secret.startswith("env:") and not signatures.key_of(secret):
        raise CordialeError("a Standard Webhooks secret is whsec_ and base64; leave it empty to have one made")
    if len(secret) > 2_000:
        raise CordialeError("this secret is longer than 2000 characters")
    return secret


def _whole(value: Any, name: str, lowest: int, highest: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = lowest - 1
    if not lowest <= number <= highest:
        raise CordialeError(f"{name} is a whole number from {lowest} to {highest}, not {value!r}")
    return number
