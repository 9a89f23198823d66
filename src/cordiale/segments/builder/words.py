"""What operators and units are called on the page, by kind of value."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cordiale.segments.rules import Kind

Said = str | Promise
Titles = tuple[tuple[str, Said], ...]

_KNOWN: Titles = (("known", _("is known")), ("unknown", _("is unknown")))
_TEXT: Titles = (
    ("=", _("is")), ("<>", _("is not")), ("in", _("is one of")), ("not in", _("is none of")),
    ("contains", _("contains")), ("not contains", _("does not contain")), ("starts", _("starts with")),
    ("ends", _("ends with")), ("ilike", _("fits the pattern")), ("not ilike", _("does not fit the pattern")),
    ("like", _("fits the pattern, case included")),
)  # fmt: skip
_NUMBER: Titles = (
    (">=", _("is at least")), ("<=", _("is at most")), ("=", _("is")), (">", _("is over")), ("<", _("is under")),
    ("<>", _("is not")), ("between", _("is between")), ("not between", _("is not between")), ("in", _("is one of")),
    ("not in", _("is none of")),
)  # fmt: skip
_INSTANT: Titles = (
    ("within", _("was less than … ago")), ("older", _("was more than … ago")), ("ahead", _("comes within")),
    ("beyond", _("comes later than")), ("<", _("is before")), (">", _("is after")), ("<=", _("is no later than")),
    (">=", _("is no earlier than")), ("between", _("is between")), ("not between", _("is not between")),
)  # fmt: skip
_DATE: Titles = (
    ("<", _("is before")), (">", _("is after")), ("<=", _("is no later than")), (">=", _("is no earlier than")),
    ("=", _("is")), ("<>", _("is not")), ("between", _("is between")), ("not between", _("is not between")),
)  # fmt: skip
_COUNTED: Titles = (("once", _("at least once")), ("never", _("never")))
_BY_KIND = {Kind.TEXT: _TEXT, Kind.INSTANT: _INSTANT, Kind.DATE: _DATE,
            Kind.BOOLEAN: (("yes", _("yes")), ("no", _("no")))}  # fmt: skip
_OF_ROWS = frozenset({"known", "unknown", "between", "not between"})

UNITS: Titles = (("day", _("days")), ("hour", _("hours")), ("minute", _("minutes")))
WINDOWS: Titles = (("ever", _("since ever")), ("last", _("in the last")), ("since", _("since")))
STEPS: Titles = (("orders", _("an order")), ("events", _("the event")), ("messages", _("a message")),
                 ("answers", _("an answer to")))  # fmt: skip
GROUP_KINDS: Titles = (("all", _("all of these hold (AND)")), ("any", _("at least one of these holds (OR)")))
VALUELESS = frozenset({"known", "unknown", "never", "once", "yes", "no"})
RELATIVE = frozenset({"within", "older", "ahead", "beyond"})


def operators(kind: str, *, is_counted: bool = False, may_be_unknown: bool = True) -> Titles:
    """The operators of a value; `is_counted`: it is how often something happened."""
    own = _BY_KIND.get(Kind(kind), _NUMBER)
    known = _KNOWN if may_be_unknown and kind != Kind.BOOLEAN else ()
    return (*(_COUNTED if is_counted else ()), *own, *known)


def row_operators(kind: str) -> Titles:
    """The operators of a column of a row."""
    return tuple(one for one in operators(kind, may_be_unknown=False) if one[0] not in _OF_ROWS)
