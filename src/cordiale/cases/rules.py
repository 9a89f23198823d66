"""What may happen to a case, and the fact each step leaves. Pure: values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SUBJECT_CHARACTERS, TEXT_CHARACTERS = 200, 20_000
BEST = 5
OPENED, ANSWERED, RESOLVED, REOPENED, RATED = (
    "Case Opened",
    "Case Answered",
    "Case Resolved",
    "Case Reopened",
    "Case Rated",
)
FACTS = (OPENED, ANSWERED, RESOLVED, REOPENED, RATED)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What somebody asks of us. `category` is a code of cases.yaml, `priority` 1 (high) to 3 (low)."""

    customer_id: int
    channel: str
    subject: str
    text: str = ""
    category: str = "other"
    priority: int = 2
    source: str = "staff"


def hours(since: datetime, until: datetime) -> float:
    """How long, in hours to two decimals."""
    return round((until - since) / timedelta(hours=1), 2)


def properties(
    *,
    number: int,
    channel: str,
    category: str,
    opened_at: datetime,
    first_answer_at: datetime | None,
    resolved_at: datetime | None,
    satisfaction: int | None,
) -> dict[str, Any]:
    """What a fact tells of its case at that step; what is not known yet is left out."""
    known: dict[str, Any] = {"case": number, "channel": channel, "category": category}
    if first_answer_at is not None:
        known["hours_to_first_answer"] = hours(opened_at, first_answer_at)
    if resolved_at is not None:
        known["hours_to_resolution"] = hours(opened_at, resolved_at)
    if satisfaction is not None:
        known["satisfaction"] = satisfaction
    return known
