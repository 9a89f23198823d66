"""How long people are kept: `company/retention.yaml` in the home. The company edits it; defaults come with us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from cordiale import documents, home
from cordiale.errors import Located
from cordiale.rights.deadlines import months_later

PROSPECTS, CUSTOMERS, VISITORS = "prospects", "customers", "visitors"
ERASE, ANONYMISE = "erase", "anonymise"
_WHO, _THEN = (PROSPECTS, CUSTOMERS, VISITORS), (ERASE, ANONYMISE)
_KEYS = ("who", "keep", "then", "notice", "source")
_LENGTH = re.compile(r"([0-9]{1,4}) ?(day|month|year)s?")
_FILE = "retention.yaml"
_DEFAULT = Path(__file__).parent / "data" / _FILE
_HINT = "write for instance  {who: prospects, keep: 3 years, then: erase, notice: 30 days, source: CNIL}"


@dataclass(frozen=True)
class Length:
    """A length of time as calendars count it."""

    number: int
    unit: str  # day, month or year

    def before(self, day: date) -> date:
        """The day this long before `day`; the last day of a month that is too short."""
        if self.unit == "day":
            return day - timedelta(days=self.number)
        return months_later(day, -self.number * (12 if self.unit == "year" else 1))

    def after(self, day: date) -> date:
        """The day this long after `day`."""
        if self.unit == "day":
            return day + timedelta(days=self.number)
        return months_later(day, self.number * (12 if self.unit == "year" else 1))

    def words(self) -> str:
        """In the page's language."""
        if self.unit == "day":
            return ngettext("%(n)s day", "%(n)s days", self.number) % {"n": self.number}
        if self.unit == "month":
            return ngettext("%(n)s month", "%(n)s months", self.number) % {"n": self.number}
        return ngettext("%(n)s year", "%(n)s years", self.number) % {"n": self.number}


@dataclass(frozen=True, kw_only=True)
class Period:
    """How long one kind of people is kept after their last active contact, and what is done then."""

    who: str
    keep: Length
    then: str
    notice: Length
    source: str

    def title(self) -> str:
        """Whose data, in the page's language."""
        return {
            PROSPECTS: _("Prospects (never ordered)"),
            CUSTOMERS: _("Customers (ordered at least once)"),
            VISITORS: _("Visitors who never said who they are"),
        }[self.who]

    def words(self) -> str:
        """How long and then what, in the page's language."""
        then = _("then erased") if self.then == ERASE else _("then anonymised")
        return _("%(length)s from the last active contact, %(then)s") % {"length": self.keep.words(), "then": then}


def periods() -> list[Period]:
    """All periods, in the order of the file. Read again when it changes. Raises Located where it is wrong."""
    path = home.current().company_file(_FILE, _DEFAULT)
    return list(_read(path, path.stat().st_mtime_ns).values())


def find_period(who: str) -> Period | None:
    """The period of one kind of people, None where the file says nothing of them: they are kept."""
    return next((one for one in periods() if one.who == who), None)


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Mapping[str, Period]:
    document = documents.load_file(path)
    if not isinstance(document, CommentedMap) or not isinstance(document.get("periods"), CommentedSeq):
        raise Located("a mapping with a list 'periods' is needed", line=1, column=1, source=_FILE, hint=_HINT)
    rows = document["periods"]
    found = [_period(rows, place) for place in range(len(rows))]
    for place, one in enumerate(found):
        if one.who in [each.who for each in found[:place]]:
            raise _wrong(rows, place, f"'{one.who}' is written twice")
    return {one.who: one for one in found}


def _period(rows: CommentedSeq, place: int) -> Period:
    values = rows[place]
    if not isinstance(values, CommentedMap) or set(values) != set(_KEYS):
        raise _wrong(rows, place, f"a period takes {', '.join(_KEYS)}")
    if values["who"] not in _WHO:
        raise _wrong(rows, place, f"who is one of {', '.join(_WHO)}")
    if values["then"] not in _THEN:
        raise _wrong(rows, place, f"then is one of {', '.join(_THEN)}")
    return Period(
        who=values["who"],
        keep=_length(rows, place, values["keep"]),
        then=values["then"],
        notice=_length(rows, place, values["notice"]),
        source=str(values["source"]),
    )


def _length(rows: CommentedSeq, place: int, text: Any) -> Length:
    match = _LENGTH.fullmatch(str(text))
    if not match:
        raise _wrong(rows, place, f"'{text}' is no length of time; write for instance 3 years, 13 months, 30 days")
    return Length(int(match[1]), match[2])


def _wrong(rows: CommentedSeq, place: int, message: str) -> Located:
    line, column = rows.lc.item(place)
    return Located(message, line=line + 1, column=column + 1, source=_FILE, hint=_HINT)
