"""What happened with one customer, newest first: orders, events and messages from the lake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from cordiale.facts.categories import category_label
from cordiale.lake import open_lake
from cordiale.ui import formats

KINDS = ("order", "event", "message")
PAGE = 50
_PARTS = {
    "order": """
        SELECT 'order' AS kind, order_id AS key, min(ts) AS ts, min(store) AS title, min(channel) AS channel,
            count(*) AS lines, sum(amount) AS amount, sum(discount) AS discount,
            string_agg(DISTINCT category, chr(10) ORDER BY category) AS detail, NULL AS source
        FROM order_lines GROUP BY order_id""",
    "event": """
        SELECT 'event' AS kind, event_id AS key, ts, name AS title, NULL AS channel, NULL AS lines, NULL AS amount,
            NULL AS discount, properties AS detail, source
        FROM events""",
    "message": """
        SELECT 'message' AS kind, message_id AS key, ts, kind AS title, channel, NULL AS lines, NULL AS amount,
            NULL AS discount, programme AS detail, source
        FROM messages""",
}
_OUTCOMES = {
    "handed_over": _("Handed over"),
    "unknown": _("Unknown: stopped while handing over, never sent again"),
    "refused": _("Refused by the receiving server"),
    "withheld": _("Withheld at the last moment"),
    "bounced": _("Bounced"),
    "clicked": _("Clicked"),
    "unsubscribed": _("Unsubscribed"),
}
_LISTED_PROPERTIES = 6
_LISTED_CATEGORIES = 4


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `title` is the store, the event's name or the message's outcome, by `kind`.

    `amount` and `discount` are of the whole order and negative where goods came back; `detail` says more in words.
    """

    kind: str
    key: str
    at: datetime
    title: str
    channel: str
    lines: int
    amount: Decimal | None
    discount: Decimal | None
    detail: str

    @property
    def channel_name(self) -> str:
        """The channel in the page's language."""
        return formats.channel(self.channel)

    @property
    def outcome(self) -> str:
        """What became of a message, in the page's language."""
        return str(_OUTCOMES.get(self.title, self.title))


def entries(customer_id: int, *, kind: str, page: int, language: str) -> tuple[list[Entry], bool]:
    """A page (from 1) of at most 50 entries of a kind (all when empty), and whether there are more."""
    parts = [_PARTS[kind]] if kind else list(_PARTS.values())
    sql = f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ts DESC, kind, key LIMIT ? OFFSET ?"
    rows = open_lake().query(sql, only_customers=[customer_id], bind=[PAGE + 1, (page - 1) * PAGE]).to_pylist()
    return [_entry(row, language) for row in rows[:PAGE]], len(rows) > PAGE


def counts(customer_id: int) -> dict[str, int]:
    """How many entries of each kind there are."""
    sql = """
        SELECT (SELECT count(DISTINCT order_id) FROM order_lines) AS "order",
            (SELECT count(*) FROM events) AS event, (SELECT count(*) FROM messages) AS message
    """
    found: dict[str, int] = open_lake().query(sql, only_customers=[customer_id]).to_pylist()[0]
    return found


def _entry(row: Mapping[str, Any], language: str) -> Entry:
    return Entry(
        kind=row["kind"],
        key=row["key"],
        at=row["ts"],
        title=row["title"] or "",
        channel=row["channel"] or "",
        lines=int(row["lines"] or 0),
        amount=row["amount"],
        discount=row["discount"],
        detail=_DETAILS[row["kind"]](row["detail"] or "", language),
    )


def _categories(text: str, language: str) -> str:
    codes = [code for code in text.split("\n") if code]
    names = ", ".join(category_label(code, language) for code in codes[:_LISTED_CATEGORIES])
    return names + (f" + {len(codes) - _LISTED_CATEGORIES}" if len(codes) > _LISTED_CATEGORIES else "")


def _properties(text: str, language: str) -> str:
    try:
        values = json.loads(text or "{}")
    except ValueError:  # facts are kept as they came: what is no JSON is shown as it is
        return text
    if not isinstance(values, Mapping):
        return text
    return " · ".join(f"{name}: {value}" for name, value in list(values.items())[:_LISTED_PROPERTIES])


def _programme(text: str, language: str) -> str:
    return text


_DETAILS = {"order": _categories, "event": _properties, "message": _programme}
