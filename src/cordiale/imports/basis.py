"""On what ground we may write to the people of a file: none, or a consent with its proof (where, when, to what text).

An import of addresses without a basis is refused. A basis never overrides what a person said: see `consent.actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from cordiale.consent.purposes import get_purpose
from cordiale.consent.rules import CHANNELS, require_channel
from cordiale.errors import CordialeError

NONE = "none"
_KEYS = ("purpose", "channel", "source", "obtained", "wording")
_SYNTAX = (
    "write none, or for instance"
    " 'purpose=offers;channel=email;source=shop till;obtained=2026-01-05;wording=I wish to receive offers by email'"
)


@dataclass(frozen=True, kw_only=True)
class Basis:
    """A consent all people of a file gave in the same way; without a purpose it says that they gave none."""

    purpose: str = ""
    channels: tuple[str, ...] = ()
    source: str = ""
    obtained_on: date | None = None
    wording: str = ""

    @property
    def is_none(self) -> bool:
        """Does it say that nobody may be written to on the ground of this file?"""
        return not self.purpose

    def as_json(self) -> dict[str, Any]:
        """Plain values for the database and the YAML file, the shape `of_mapping` reads."""
        if self.is_none or self.obtained_on is None:
            return {}
        return {
            "purpose": self.purpose,
            "channel": list(self.channels),
            "source": self.source,
            "obtained": self.obtained_on.isoformat(),
            "wording": self.wording,
        }


def parse(text: str, today: date) -> Basis:
    """Read `--basis`: `none`, or `key=value` pairs with `;` between; the last one may hold `;` itself."""
    if text.strip().lower() == NONE:
        return Basis()
    values: dict[str, str] = {}
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        if equals and key.strip() in _KEYS:
            values[key.strip()] = value.strip()
        elif values:
            values[list(values)[-1]] += ";" + part
        else:
            raise CordialeError(f"'{part}' is no part of a basis; {_SYNTAX}")
    if lack := _lack(values):
        raise CordialeError(f"{lack}; {_SYNTAX}")
    return of_mapping(values, today)


def of_mapping(values: Any, today: date) -> Basis:
    """Read the YAML form: `none`, or a mapping of purpose, channel (one or several), source, obtained, wording."""
    if values in (NONE, {}):
        return Basis()
    if not isinstance(values, Mapping):
        raise CordialeError(f"this is no basis; {_SYNTAX}")
    for key in values:
        if key not in _KEYS:
            raise CordialeError(f"a basis has no '{key}'; it takes {', '.join(_KEYS)}")
    if lack := _lack(values):
        raise CordialeError(lack)
    channels = values["channel"]
    names = [str(one).strip() for one in (channels.split(",") if isinstance(channels, str) else channels)]
    return Basis(
        purpose=get_purpose(str(values["purpose"])).code,
        channels=tuple(require_channel(one) for one in names),
        source=str(values["source"]),
        obtained_on=_day(values["obtained"], today),
        wording=str(values["wording"]),
    )


def _lack(values: Mapping[str, Any]) -> str:
    """What is missing, in words; empty where nothing is."""
    named = {"purpose": _("purpose"), "channel": _("channel"), "source": _("source"), "obtained": _("day obtained"),
             "wording": _("wording")}  # fmt: skip
    missing = ", ".join(named[key] for key in _KEYS if not values.get(key))
    return _("the basis lacks %(parts)s: a consent is only worth its proof") % {"parts": missing} if missing else ""


def _day(value: Any, today: date) -> date:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise CordialeError(
            _("the consent was obtained on a day such as 2026-01-05, not '%(value)s'") % {"value": value}
        ) from error
    if day > today:
        raise CordialeError(
            _("the consent cannot have been obtained on %(day)s, which is still to come") % {"day": day}
        )
    return day


def reached(basis: Basis) -> tuple[str, ...]:
    """The channels a basis speaks of, in the usual order."""
    return tuple(one for one in CHANNELS if one in basis.channels)
