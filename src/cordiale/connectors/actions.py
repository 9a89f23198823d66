"""Connecting and disconnecting shops and tables."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.connectors import happenings, keeping
from cordiale.connectors.models import Connector, Kind
from cordiale.connectors.rules import settings as rules
from cordiale.connectors.rules import signatures
from cordiale.customers.fields import fields
from cordiale.errors import CordialeError, NotFound, Refused


@dataclass(frozen=True)
class Added:
    """A new connector, and the secret the shop has to sign with, shown this once: empty where it is not ours."""

    connector: Connector
    secret: str


def add(
    kind: str, name: str, settings: Mapping[str, Any], *, secret: str = "", actor: Staff | str, now: datetime
) -> Added:
    """Connect a shop or a table. `secret`: the shop's own signing secret (Shopify gives one), the address of a
    database with its password, or `env:NAME`; where it is empty a signing secret is made.

    Raises CordialeError where a setting is wrong or missing, Refused where the name is taken.
    """
    if kind not in Kind.values:
        raise CordialeError(f"'{kind}' is no kind of connector; write one of {', '.join(Kind.values)}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", name) or name in {"new", "in"}:
        raise CordialeError(f"'{name}' cannot name a connector; write small letters, digits and hyphens, 30 at most")
    checked = rules.check(kind, settings, tuple(fields()))
    made = "" if secret or kind in rules.PULLED else _new_secret(kind, checked)
    told = rules.check_secret(kind, checked, secret or made)
    connector = Connector(
        name=name, kind=kind, token=secrets.token_urlsafe(24), secret=keeping.keep(told), settings=checked,
        created_at=clock.require_aware(now),
    )  # fmt: skip
    try:
        with transaction.atomic():
            connector.save()
            audit("connector", name, "add", actor, {"kind": kind}, now)
    except IntegrityError as error:
        keeping.forget(connector.secret)
        raise Refused(f"there is a connector '{name}' already; remove it or take another name") from error
    return Added(connector, made)


def remove(name: str, *, actor: Staff | str, now: datetime) -> None:
    """Disconnect: its address answers no more, its deliveries and its secret are deleted. What it brought stays."""
    connector = get_connector(name)
    happenings.write_due()  # what it told and the lake does not have yet stands on its deliveries
    with transaction.atomic():
        connector.delete()
        audit("connector", name, "remove", actor, None, now)
    keeping.forget(connector.secret)


def get_connector(name: str) -> Connector:
    """The connector called `name`. Raises NotFound naming those there are."""
    found = Connector.objects.filter(name=name).first()
    if found is None:
        names = ", ".join(Connector.objects.order_by("name").values_list("name", flat=True)[:20]) or "none yet"
        raise NotFound(f"there is no connector '{name}'; there are: {names}")
    return found


def _new_secret(kind: str, settings: Mapping[str, Any]) -> str:
    is_standard = kind in {Kind.PRESTASHOP, Kind.GENERIC} and settings.get("scheme", "standard") == "standard"
    return signatures.new_standard_secret() if is_standard else secrets.token_urlsafe(32)
