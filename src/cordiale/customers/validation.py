"""What a value must look like, one at a time. `tables` does the same to whole columns and gives the same answers."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import phonenumbers
from babel import Locale
from babel.core import get_global
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from cordiale import clock
from cordiale.company import company
from cordiale.customers import fields
from cordiale.customers.fields import Field
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError

_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_OTHER_POSTCODE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,8}[A-Z0-9])?")
_YES, _NO = {"true", "yes", "oui", "1", "vrai", "y", "o"}, {"false", "no", "non", "0", "faux", "n"}
FICTION = re.compile(r"\+33(?:19900|26191|35301|46571|53649|63998)[0-9]{4}")
"""Numbers Arcep keeps for works of fiction: nobody is ever reached by them, so examples and tests may use them."""
_OVERSEAS = ("GP", "RE", "MQ", "GF")
"""Where 0690, 0692, 0696 and 0694 lead from France: their country codes are not 33."""
FIVE_DIGITS = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "MC", "BL", "MF"})
"""Countries and territories whose postcodes are La Poste's five digits."""


class NotValid(CordialeError):
    """Values that do not fit; `problems` says of each field what is wrong and how to mend it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"'{name}': {reason}" for name, reason in self.problems.items()))


class _Wrong(ValueError):
    """One value does not fit; its text is the reason."""


def clean_values(values: Mapping[str, Any], country: str = "") -> dict[str, Any]:
    """The values as they are kept, None for an empty one. Raises UnknownField, or NotValid with all that is wrong."""
    cleaned, problems = sift(values, country)
    if problems:
        for name in problems:
            fields.get_field(name)
        raise NotValid(problems)
    return cleaned


def sift(values: Mapping[str, Any], country: str = "") -> tuple[dict[str, Any], dict[str, str]]:
    """The values that are valid, as they are kept, and of each of the others (by field) what is wrong."""
    known = fields.fields()
    region = country_of(values.get("country")) or country_of(country) or company_country()
    cleaned, problems = {}, {}
    for name, value in values.items():
        if name not in known:
            problems[name] = _("No field has this name; declare it in company/fields.yaml, or leave it out.")
            continue
        try:
            cleaned[name] = clean(known[name], value, region)
        except _Wrong as wrong:
            problems[name] = str(wrong)
    return cleaned, problems


def problem(field: Field, value: Any, country: str) -> str:
    """What is wrong with a value, empty where nothing is."""
    try:
        clean(field, value, country)
    except _Wrong as wrong:
        return str(wrong)
    return ""


def clean(field: Field, value: Any, country: str) -> Any:
    """The value as it is kept: text, int, float, bool, date; None for an empty one. Raises ValueError (the reason)."""
    if isinstance(value, str):
        value = _tidy(value)
    if value is None or value == "":
        return None
    if isinstance(value, dict | list | tuple | set | bytes):
        raise _Wrong(_("One value is needed, not a list."))
    cleaned = _CLEANERS[field.type](field, value, country)
    if isinstance(cleaned, str) and len(cleaned) > field.max_length:
        reason = _("%(length)s characters, at most %(most)s fit; shorten it.")
        raise _Wrong(reason % {"length": len(cleaned), "most": field.max_length})
    return cleaned


def current_values(customer: Customer) -> dict[str, Any]:
    """What is known of a customer by field, as `clean` gives values; None for nothing."""
    core = {name: getattr(customer, name) or None for name in fields.CORE}
    return core | dict(customer.declared)


def company_country() -> str:
    """The country (ISO 3166) of the company, by its time zone: numbers and postcodes without one are read as its."""
    found: Mapping[str, str] = get_global("zone_territories")
    return found.get(company().zone, "FR")


def dialling_code() -> str:
    """What numbers of the company's country begin with, `33` for France."""
    return str(phonenumbers.country_code_for_region(company_country()))


def country_of(value: Any) -> str:
    """The code of a country given as code or name (French, English); empty for anything else."""
    if not isinstance(value, str) or not value:
        return ""
    names = _countries()
    return names.get(_tidy(value).casefold(), "")


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _text(field: Field, value: Any, country: str) -> str:
    text = str(value)
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in text):
        raise _Wrong(_("It holds a character that cannot be written; remove it."))
    return text


def _email(field: Field, value: Any, country: str) -> str:
    try:
        return validate_email(str(value), check_deliverability=False, strict=True).normalized.lower()
    except EmailNotValidError as error:
        raise _Wrong(_("Not an email address; write for instance name@example.org.")) from error


def _phone(field: Field, value: Any, country: str) -> str:
    for region in (country, *(_OVERSEAS if country == "FR" else ())):
        try:
            number = phonenumbers.parse(str(value), region)
        except phonenumbers.NumberParseException as error:
            raise _Wrong(_no_phone()) from error
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if not number.extension and (phonenumbers.is_valid_number(number) or FICTION.fullmatch(written)):
            return written
    raise _Wrong(_no_phone())


def _no_phone() -> str:
    return _("Not a telephone number; write it with its country, for instance +33 6 12 34 56 78.")


def _date(field: Field, value: Any, country: str) -> date:
    if isinstance(value, datetime):
        raise _Wrong(_no_day())
    day = value if isinstance(value, date) else _read_day(str(value))
    if not 1850 <= day.year <= 2200:
        raise _Wrong(_("No day between 1850 and 2200; correct the year."))
    return day


def _read_day(text: str) -> date:
    try:
        if found := _DAY_FIRST.fullmatch(text):
            day, month, year = (int(part) for part in found.groups())
            return date(year, month, day)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    except ValueError as error:
        raise _Wrong(_no_day()) from error
    raise _Wrong(_no_day())


def _no_day() -> str:
    return _("Not a day; write for instance 1980-12-31 or 31/12/1980.")


def _integer(field: Field, value: Any, country: str) -> int:
    number = _number(field, value, country)
    if number != int(number) or abs(number) > 2**53:
        raise _Wrong(_("Not a whole number; write for instance 42."))
    return int(number)


def _number(field: Field, value: Any, country: str) -> float:
    text = str(value).replace(" ", "").replace(",", ".")
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?\d{1,18}(\.\d+)?([eE][+-]?\d{1,2})?", text):
        raise _Wrong(_("Not a number; write for instance 12.5."))
    number = float(text)
    if not math.isfinite(number):
        raise _Wrong(_("Not a number; write for instance 12.5."))
    return number


def _boolean(field: Field, value: Any, country: str) -> bool:
    text = str(value).casefold()
    if text not in _YES | _NO:
        raise _Wrong(_("Neither yes nor no; write true or false."))
    return text in _YES


def _choice(field: Field, value: Any, country: str) -> str:
    wanted = str(value).casefold()
    for code, titles in field.options.items():
        if wanted in {code.casefold(), *(title.casefold() for title in titles.values())}:
            return code
    reason = _("None of the choices; it takes %(options)s.")
    raise _Wrong(reason % {"options": ", ".join(list(field.options)[:20])})


def _country(field: Field, value: Any, country: str) -> str:
    code = country_of(str(value))
    if not code:
        raise _Wrong(_("Not a country; write its two letters, for instance FR."))
    return code


def _language(field: Field, value: Any, country: str) -> str:
    code = _languages().get(str(value).casefold().replace("_", "-").partition("-")[0])
    if code is None:
        raise _Wrong(_("Not a language; write its two letters, for instance fr."))
    return code


def _timezone(field: Field, value: Any, country: str) -> str:
    try:
        return str(clock.zone(str(value)))
    except CordialeError as error:
        raise _Wrong(_("Not a time zone; write for instance Europe/Paris.")) from error


def _postcode(field: Field, value: Any, country: str) -> str:
    text = str(value).upper()
    if country not in FIVE_DIGITS:
        if not _OTHER_POSTCODE.fullmatch(text):
            raise _Wrong(_("Not a postcode; only letters, figures, spaces and hyphens, ten at most."))
        return text
    digits = text.replace(" ", "")
    if re.fullmatch(r"[0-9]{4}", digits):  # spreadsheets eat the zero of the departments 01 to 09: no other has four
        digits = "0" + digits
    if not re.fullmatch(r"[0-9]{5}", digits) or digits.startswith("00"):
        raise _Wrong(_("Not a French postcode; write its five figures, for instance 75011."))
    return digits


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    names = {}
    for language in ("en", "fr"):
        for code, name in Locale.parse(language).territories.items():
            if re.fullmatch(r"[A-Z]{2}", code) and code not in ("ZZ", "EU", "EZ", "UN", "QO", "XA", "XB"):
                names[name.casefold()] = names[code.casefold()] = code
    return names


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, str]:
    names = {}
    for language in ("en", "fr"):
        for code, name in Locale.parse(language).languages.items():
            if re.fullmatch(r"[a-z]{2}", code):
                names[name.casefold()] = names[code] = code
    return names


_CLEANERS: dict[str, Callable[[Field, Any, str], Any]] = {
    "text": _text, "email": _email, "phone": _phone, "date": _date, "integer": _integer, "number": _number,
    "boolean": _boolean, "choice": _choice, "country": _country, "language": _language, "postcode": _postcode,
    "timezone": _timezone,
}  # fmt: skip
