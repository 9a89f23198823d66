"""The filters a template may use. Each is total: whatever the value, it answers with something that can be printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}
_THIN, _NO_BREAK = "\u202f", "\u00a0"


@dataclass(frozen=True)
class Filter:
    """A filter and how many arguments it takes at most (beside the value)."""

    function: Callable[..., Any]
    arguments: int = 0


def filters(language: str, currency: str) -> Mapping[str, Filter]:
    """The filters by name, speaking `language` (fr or en; any other is written as en)."""
    tongue = language if language in _MONTHS else "en"
    return {
        "upcase": Filter(lambda value: _text(value).upper()),
        "downcase": Filter(lambda value: _text(value).lower()),
        "capitalize": Filter(lambda value: _text(value).capitalize()),
        "strip": Filter(lambda value: _text(value).strip()),
        "default": Filter(_default, 1),
        "number": Filter(lambda value, digits=0: _number(value, tongue, digits), 1),
        "money": Filter(lambda value: _money(value, tongue, currency)),
        "date": Filter(lambda value: _date(value, tongue)),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _default(value: Any, other: Any = "") -> Any:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    return value if value else other


def _number(value: Any, language: str, digits: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _text(value)
    shown = f"{value:,.{digits if isinstance(digits, int) and 0 <= digits <= 6 else 0}f}"
    if language == "fr":
        return shown.replace(",", _THIN).replace(".", ",")
    return shown


def _money(value: Any, language: str, currency: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _text(value)
    symbol = _SYMBOLS.get(currency, currency)
    shown = _number(value, language, 2)
    return f"{shown}{_NO_BREAK}{symbol}" if language == "fr" else f"{symbol}{shown}"


def _date(value: Any, language: str) -> str:
    if not isinstance(value, date | datetime):
        return _text(value)
    month = _MONTHS[language][value.month - 1]
    if language == "fr":
        return f"{'1er' if value.day == 1 else value.day} {month} {value.year}"
    return f"{value.day} {month} {value.year}"
