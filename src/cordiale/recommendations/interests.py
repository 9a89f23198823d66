"""What customers and prospects care for, by category and content topic: bought, looked at, read about, told us."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cordiale.customers.models import Customer
from cordiale.recommendations import facts

BOUGHT_FADE, SEEN_FADE = 120.0, 45.0
"""Days after which a purchase, or a look, weighs exp(-1)."""
_SHOWN = 5
_VIEW, _CART, _TOLD = 20.0, 120.0, 600.0
"""Seconds that a view, an addition to the cart and an answer in a guide stand for, beside reading time itself."""
_A_PURCHASE = 300.0


@dataclass(frozen=True)
class Affinity:
    """A category or topic, its share of all the interest shown (0–1), and what of (`bought`, `seen`)."""

    name: str
    share: float
    bought: int
    seen: int


@dataclass
class Interests:
    """One customer's: weights in seconds, faded. `viewed`: products looked at, with when, newest first."""

    categories: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    topics: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    bought: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    viewed: dict[str, datetime] = field(default_factory=dict)

    def strongest(self, of: Mapping[str, float], many: int = _SHOWN) -> list[Affinity]:
        """The `many` strongest of `categories` or `topics`."""
        total = sum(of.values())
        ordered = sorted(of.items(), key=lambda pair: (-pair[1], pair[0]))[:many]
        return [
            Affinity(name, weight / total, self.bought.get(name, 0), self.seen.get(name, 0))
            for name, weight in ordered if weight > 0
        ]  # fmt: skip


@dataclass(frozen=True)
class Affinities:
    """What a customer cares for most; empty where nothing is known."""

    categories: list[Affinity]
    topics: list[Affinity]


def affinities(customer_ids: Sequence[int], now: datetime) -> list[Affinities]:
    """Of each customer, in the order given; empty for those whose data must not be processed."""
    allowed = permitted(customer_ids)
    found = of(allowed, now)
    nothing = Interests()
    each = [found.get(one, nothing) for one in customer_ids]
    return [Affinities(one.strongest(one.categories), one.strongest(one.topics)) for one in each]


def permitted(customer_ids: Iterable[int]) -> list[int]:
    """Those who are present and whose data may be processed."""
    ids = set(customer_ids)
    return sorted(Customer.objects.filter(id__in=ids, restricted_at__isnull=True).values_list("id", flat=True))


def of(customer_ids: Sequence[int], now: datetime, *, with_purchases: bool = True) -> dict[int, Interests]:
    """The interests of each who has any."""
    found: dict[int, Interests] = defaultdict(Interests)
    if not customer_ids:
        return found
    for row in facts.seen(customer_ids, now).to_pylist():
        _add_seen(found[row["customer_id"]], row, now)
    if with_purchases:
        for row in facts.own(customer_ids, now).to_pylist():
            if row["category"]:
                one = found[row["customer_id"]]
                one.categories[row["category"]] += _A_PURCHASE * _faded(row["last_at"], now, BOUGHT_FADE)
                one.bought[row["category"]] += 1
    return found


def _add_seen(one: Interests, row: Mapping[str, Any], now: datetime) -> None:
    faded = _faded(row["ts"], now, SEEN_FADE)
    if row["name"] == facts.GUIDE_ANSWERED:
        for category in _told(row["properties"]):
            one.categories[category] += _TOLD * faded
        return
    weight = {"Product Added": _CART, "Content Read": float(row["seconds"] or 0)}.get(row["name"], _VIEW)
    for name, kept in ((row["category"], one.categories), (row["topic"], one.topics)):
        if name:
            kept[name] += weight * faded
            one.seen[name] += 1
    if row["product_id"]:
        one.viewed.setdefault(row["product_id"], row["ts"])


def _told(properties: str | None) -> list[str]:
    try:
        told = json.loads(properties or "{}").get("categories", [])
    except (ValueError, AttributeError):  # an event of this name that was not ours
        return []
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []


def _faded(at: datetime, now: datetime, fade: float) -> float:
    return math.exp(-max((now - at).total_seconds(), 0) / 86_400 / fade)
