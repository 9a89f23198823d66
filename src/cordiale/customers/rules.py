"""What a customer's row may hold, and how text is folded so that accents and case do not hide anybody. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from cordiale import clock
from cordiale.errors import CordialeError

LENGTHS = {
    "reference": 64,
    "first_name": 80,
    "last_name": 80,
    "email": 254,
    "phone": 32,
    "street": 120,
    "postcode": 16,
    "city": 80,
    "country": 2,
    "language": 5,
    "timezone": 64,
}
COLUMNS = (*LENGTHS, "birth_on", "declared", "sources", "created_at")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_SEPARATORS = re.compile(r"[ \t\n\r\f\v\-'’.,;:_/+()@]+")
_PHONE = re.compile(r"[\d\s.+\-/()]{4,}")
_UPPER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}


class RowRefused(CordialeError):
    """A customer's row does not fit. Nothing was written."""


def check(row: Mapping[str, Any], number: int) -> tuple[Any, ...]:
    """The values of `row` in the order of COLUMNS, None for what it does not say. Raises RowRefused with the place."""
    for name in row:
        if name not in COLUMNS:
            raise RowRefused(f"row {number}: '{name}' is no field of a customer; it takes {', '.join(COLUMNS)}")
    if not str(row.get("reference") or "").strip():
        raise RowRefused(f"row {number}: 'reference' is missing; it is how the customer is recognised next time")
    texts = [_text(row, name, number) for name in LENGTHS]
    _check_address(row, number)
    return (*texts, _birth(row, number), _json(row, "declared", number), _json(row, "sources", number),
            _created(row, number))  # fmt: skip


def fold(text: str) -> str:
    """`text` without accents, A–Z as a–z, œ as oe: what the column `search` holds and searches are made of.

    Written a second time in SQL (`migrations/0002_search.py`); a test holds them equal.
    """
    split = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    return "".join(letter for letter in split if not "\u0300" <= letter <= "\u036f").translate(_UPPER)


def is_phone(text: str) -> bool:
    """Is it written as a telephone number, or the beginning of one?"""
    return _PHONE.fullmatch(text) is not None


def international(text: str, home: str) -> list[str]:
    """The beginnings an international number may have that is typed so; `home` is the country code dialled at home.

    `06 39` is +3363 9…, `33639` and `0033 639` too; the figures alone may also be those of another country.
    """
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if text.startswith("+"):
        return [f"+{digits}"] if digits else []
    if digits.startswith("00"):
        return [f"+{digits[2:]}"] if digits[2:] else []
    if digits.startswith("0"):
        return [f"+{home}{digits[1:]}"] if digits[1:] else []
    return [f"+{digits}", f"+{home}{digits}"] if digits else []


def words(text: str) -> list[str]:
    """The folded words of `text`, as `customers_words` in PostgreSQL splits a name; a test holds them equal."""
    return [word for word in _SEPARATORS.split(fold(text)) if word]


def tsquery(groups: Sequence[Sequence[str]], *, prefix: bool = True) -> str:
    """PostgreSQL's tsquery: of every group one of its words, as the beginning of a word where `prefix`."""
    mark = ":*" if prefix else ""
    return " & ".join("(" + " | ".join(f"{_quoted(word)}{mark}" for word in group) + ")" for group in groups)


def moment(text: Any) -> datetime | None:
    """The instant that `text` says, None where it says none with a zone."""
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def csv_cell(value: Any) -> str:
    """A cell no spreadsheet takes for a formula (OWASP: `= + - @`, tab and return get a quote before them)."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _quoted(prefix: str) -> str:
    return "'" + prefix.replace("\\", "\\\\").replace("'", "''") + "'"


def _text(row: Mapping[str, Any], name: str, number: int) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    text = str(value).strip()
    if len(text) > LENGTHS[name]:
        raise RowRefused(f"row {number}: '{name}' has {len(text)} characters, at most {LENGTHS[name]} fit")
    if "\x00" in text:
        raise RowRefused(f"row {number}: '{name}' holds a zero byte; remove it")
    return text


def _check_address(row: Mapping[str, Any], number: int) -> None:
    email = row.get("email")
    if email and not _EMAIL.fullmatch(email.strip()):
        raise RowRefused(f"row {number}: '{email}' is not an email address; correct it or leave it empty")
    if row.get("timezone"):
        try:
            clock.zone(row["timezone"])
        except CordialeError as error:
            raise RowRefused(f"row {number}: {error}") from error


def _birth(row: Mapping[str, Any], number: int) -> date | None:
    value = row.get("birth_on")
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise RowRefused(f"row {number}: 'birth_on' must be a day, not {value!r}")


def _created(row: Mapping[str, Any], number: int) -> datetime | None:
    value = row.get("created_at")
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise RowRefused(f"row {number}: 'created_at' must be an instant, not {value!r}")
    return clock.require_aware(value)


def _json(row: Mapping[str, Any], name: str, number: int) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise RowRefused(f"row {number}: '{name}' must be a mapping, not {value!r}")
    return json.dumps(value, ensure_ascii=False, default=str)
