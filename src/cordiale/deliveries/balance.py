"""What we gave one customer and what we asked of him, over twelve months.

Higher packages add lines (points, surveys) with `register`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cordiale.cases.models import Case
from cordiale.consent.purposes import purposes
from cordiale.lake import open_lake

PERIOD = timedelta(days=365)
_FACTS = """
    SELECT 'discount' AS what, '' AS purpose, count(DISTINCT CASE WHEN discount > 0 THEN order_id END) AS many,
        sum(discount) AS amount
    FROM order_lines WHERE ts > $1 AND ts <= $2
    UNION ALL
    SELECT 'coupon', '', count(*), NULL FROM events WHERE name = 'Coupon Redeemed' AND ts > $1 AND ts <= $2
    UNION ALL
    SELECT 'message', coalesce(purpose, ''), count(DISTINCT message_id), NULL
    FROM messages WHERE kind = 'handed_over' AND ts > $1 AND ts <= $2 GROUP BY ALL"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing given or asked: how often, and what it was worth to the customer where that is money."""

    is_given: bool
    label: str | Promise
    definition: str | Promise
    count: int
    amount: Decimal | None = None


Lines = Callable[[int, datetime, datetime], Iterable[Line]]
_more: dict[str, Lines] = {}


def register(name: str, lines: Lines) -> None:
    """Let a higher package add lines: a function of the customer and the period (after the first instant, up to the
    second). Registering a name again replaces it."""
    _more[name] = lines


def of_customer(customer_id: int, now: datetime) -> list[Line]:
    """All lines over the twelve months before `now`, those at zero too: what was not done is told as well."""
    since = now - PERIOD
    rows = open_lake().query(_FACTS, only_customers=[customer_id], bind=[since, now]).to_pylist()
    found = {row["what"]: row for row in rows if row["what"] != "message"}
    sent = _by_contact({row["purpose"]: row["many"] for row in rows if row["what"] == "message"})
    answered = Case.objects.filter(customer_id=customer_id, first_answer_at__gt=since, first_answer_at__lte=now).count()
    lines = [
        Line(
            is_given=True, label=_("Informative messages"), count=sent["informative"],
            definition=_("Messages handed over whose purpose informs or serves: news, advice, account."),
        ),
        Line(
            is_given=True, label=_("Orders with a discount"), count=found["discount"]["many"],
            amount=found["discount"]["amount"] or Decimal(0),
            definition=_("Orders with at least one discounted product, and what was taken off their prices in all."),
        ),
        Line(
            is_given=True, label=_("Coupons used"), count=found["coupon"]["many"],
            definition=_("Coupons of ours that the customer used; what they took off is in the discounts."),
        ),
        Line(
            is_given=True, label=_("Answered cases"), count=answered,
            definition=_("Requests of the customer that got their first answer."),
        ),
        Line(
            is_given=False, label=_("Promotional messages"), count=sent["promotional"],
            definition=_("Messages handed over whose purpose is to sell: offers, promotions."),
        ),
        Line(
            is_given=False, label=_("Survey requests"), count=sent["survey"],
            definition=_("Messages handed over that ask for an opinion."),
        ),
    ]  # fmt: skip
    return [*lines, *(line for more in _more.values() for line in more(customer_id, since, now))]


def _by_contact(sent: dict[str, int]) -> Counter[str]:
    """Messages by what their purpose does; a purpose the company has dropped counts as promotional."""
    known, counted = purposes(), Counter[str]()
    for purpose, many in sent.items():
        counted[known[purpose].contact if purpose in known else "promotional"] += many
    return counted
