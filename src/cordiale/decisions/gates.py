"""What the gates compare with: the standing of customers, the clock in their zones, the law of their countries.

Each is worked out once per distinct value and joined in SQL, so that the cost does not grow with the customers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cordiale import clock
from cordiale.company import company
from cordiale.consent import queries as consent
from cordiale.decisions.rules.hours import quiet_until
from cordiale.decisions.rules.law import Law, Parameter
from cordiale.decisions.rules.plan import Plan
from cordiale.errors import CordialeError


def standings(asked: Iterable[tuple[int, str, str]]) -> dict[str, list[Any]]:
    """(customer, purpose, channel) → what consent and opposition say, one statement a purpose and channel."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for customer_id, purpose, channel in asked:
        groups[purpose, channel].append(customer_id)
    rows = [
        (customer_id, purpose, channel, standing)
        for (purpose, channel), customers in sorted(groups.items())
        for customer_id, standing in consent.standing(customers, purpose, channel).items()
    ]
    return _columns(rows, "standing_customers", "standing_purposes", "standing_channels", "standings")


def zones(asked: Iterable[tuple[str, str]], plan: Plan, now: datetime) -> dict[str, list[Any]]:
    """(zone, channel) → is it a zone, the time on the wall, and until when it is quiet there."""
    rows = [(zone, channel, *_on_the_wall(zone, channel, plan, now)) for zone, channel in sorted(set(asked))]
    return _columns(rows, "zones", "zone_channels", "zone_known", "zone_times", "quiet_untils")


def _on_the_wall(name: str, channel: str, plan: Plan, now: datetime) -> tuple[bool, str | None, datetime | None]:
    try:
        zone = clock.zone(name)
    except CordialeError:
        return False, None, None
    hours = plan.quiet_hours.get(channel)
    return True, f"{now.astimezone(zone):%H:%M}", quiet_until(now, zone, hours) if hours else None


def laws(asked: Iterable[tuple[str, str]], law: Law, now: datetime) -> dict[str, list[Any]]:
    """(country, channel) → the rules on consent and objection that hold there today, with their sources."""
    day = clock.local_day(now, company().zone)
    rows = []
    for country, channel in sorted(set(asked)):
        found = [law.find(name, channel=channel, country=country, day=day) for name in ("prior_consent", "objection")]
        rows.append((country, channel, *(_cited(parameter) for parameter in found)))
    return _columns(rows, "law_countries", "law_channels", "consent_laws", "objection_laws")


def _cited(parameter: Parameter | None) -> str | None:
    return f"{parameter.rule_id} · {parameter.source}" if parameter else None


def _columns(rows: Sequence[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
