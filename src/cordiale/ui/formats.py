"""Figures and moments in a reader's language, by Babel's tables (in French, thousands take a narrow no-break space)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeGuard

from babel import Locale, dates, numbers
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy, ngettext

from cordiale import clock
from cordiale.company import company

NOTHING = "–"
_CHANNELS = {
    "email": gettext_lazy("email"),
    "letter": gettext_lazy("letter"),
    "sms": gettext_lazy("SMS"),
    "phone": gettext_lazy("call"),
}
Figure = int | float | Decimal


def language() -> str:
    """The language of the page being written, two letters."""
    return (translation.get_language() or "en")[:2]


def locale() -> Locale:
    """Babel's tables for the page; English is written the British way, day before month."""
    return _locale(language())


@lru_cache(maxsize=16)
def _locale(code: str) -> Locale:
    return Locale.parse({"en": "en_GB"}.get(code, code))


def number(value: Figure | None, digits: int | None = None) -> str:
    """`value` with exactly `digits` decimals; by default none for whole numbers and at most two otherwise."""
    if not _is_figure(value):
        return NOTHING
    pattern = "#,##0.##" if digits is None else "#,##0" + _decimals(digits)
    return numbers.format_decimal(value, format=pattern, locale=locale())


def money(value: Figure | None, digits: int = 2) -> str:
    """`value` in the company's currency."""
    if not _is_figure(value):
        return NOTHING
    pattern = locale().currency_formats["standard"].pattern.replace("0.00", "0" + _decimals(digits))
    return numbers.format_currency(value, company().currency, format=pattern, locale=locale(), currency_digits=False)


def percent(value: Figure | None, digits: int = 0) -> str:
    """A share as a percentage: 0.12 becomes 12 %."""
    if not _is_figure(value):
        return NOTHING
    pattern = locale().percent_formats[None].pattern.replace("##0", "##0" + _decimals(digits))
    return numbers.format_percent(value, format=pattern, locale=locale())


def instant(value: datetime | None) -> str:
    """A moment to the minute, on the company's clock."""
    if value is None:
        return NOTHING
    there = clock.require_aware(value).astimezone(clock.zone(company().zone))
    return f"{_day(there)}, {dates.format_time(there, 'short', locale=locale())}"


def time_of_day(value: datetime) -> str:
    """The time of a moment to the minute, on the company's clock."""
    there = clock.require_aware(value).astimezone(clock.zone(company().zone))
    return dates.format_time(there, "short", locale=locale())


def day(value: date | datetime | None) -> str:
    """A calendar day; a moment's day is the company's."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = clock.local_day(value, company().zone)
    return _day(value)


def _day(value: date) -> str:
    text = dates.format_date(value, "medium", locale=locale())
    return f"1er{text[1:]}" if value.day == 1 and language() == "fr" else text  # CLDR writes « 1 mars »


def days(value: Figure | None) -> str:
    """A duration counted in days."""
    if not _is_figure(value):
        return NOTHING
    rounded = round(float(value), 1)
    whole = rounded == int(rounded)
    plural = int(abs(rounded)) if whole or language() == "fr" else 2  # "1.5 days", but « 1,5 jour »
    return ngettext("%(days)s day", "%(days)s days", plural) % {"days": number(int(rounded) if whole else rounded)}


def in_language(value: Any) -> str:
    """The page's language of a `{"fr": …, "en": …}` value, else any other it has; plain text is given back."""
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    chosen = value.get(language()) or value.get("en") or next((text for text in value.values() if text), "")
    return str(chosen)


def country(code: str) -> str:
    """The name of a country (ISO 3166), the code where it has none."""
    return str(locale().territories.get(code, code))


def language_name(code: str) -> str:
    """The name of a language, the code where it has none."""
    return str(locale().languages.get(code, code))


def channel(code: str) -> str:
    """The name of a channel, the code where it has none."""
    return str(_CHANNELS.get(code, code))


def figure(value: Figure | None, unit: str) -> str:
    """`value` by the name of its unit: number, integer, money, percent, share, days."""
    writers = {"money": money, "percent": _share, "share": _share, "days": days}
    return writers.get(unit, number)(value)


def count(value: int, one: str, many: str) -> str:
    """`value` with its noun: the messages `one` and `many` hold `%(count)s`."""
    return ngettext(one, many, value) % {"count": number(value)}


def yes_no(value: bool) -> str:
    """Yes or no in the page's language."""
    return gettext("Yes") if value else gettext("No")


def _share(value: Figure | None) -> str:
    return percent(value, 1)


def _decimals(digits: int) -> str:
    return "." + "0" * digits if digits else ""


def _is_figure(value: Any) -> TypeGuard[Figure]:
    if value is None or isinstance(value, bool | str):
        return False
    return math.isfinite(value)
