"""Reads of the quality board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count
from django.utils.translation import gettext as _

from cordiale.consent.models import Opposition
from cordiale.quality.actions import cost_between
from cordiale.quality.measures import Measure, all_measures
from cordiale.quality.models import Cost, Measurement
from cordiale.ui import formats

TREND_DAYS = 365
COMPARED_DAYS = 30
POINTS_AT_MOST = 53


@dataclass(frozen=True)
class Line:
    """A measure with its number, its share among those it looks at, and the change of that share (in points)."""

    measure: Measure
    count: int
    among: int
    share: float | None
    change: float | None

    @property
    def counted(self) -> str:
        """How many of how many, in the page's language."""
        return _("%(count)s of %(among)s customers") % {
            "count": formats.number(self.count),
            "among": formats.number(self.among),
        }

    @property
    def points(self) -> float | None:
        """The change in percentage points, None where there is none to speak of."""
        return None if self.change is None or abs(self.change) < 0.0005 else self.change * 100

    @property
    def is_worse(self) -> bool:
        """Did it move the wrong way by half a point or more?"""
        return self.change is not None and (self.change if self.measure.is_problem else -self.change) >= 0.005


@dataclass(frozen=True)
class Board:
    """The newest measurement, line by line, beside the one of about a month before."""

    measurement: Measurement
    before: Measurement | None
    lines: list[Line]
    duplicates: int

    def of(self, kind: str) -> list[Line]:
        """The lines of one kind."""
        return [one for one in self.lines if one.measure.kind == kind]


@dataclass(frozen=True)
class BaseCost:
    """What the base cost in the twelve months up to a day, and for each reachable customer (None without any)."""

    total: Decimal
    by_kind: list[tuple[str, Decimal]]
    per_reachable: Decimal | None
    since: date
    until: date


def board(now: datetime) -> Board | None:
    """The board of the latest measured day; None before the first measurement."""
    latest = Measurement.objects.order_by("-day").first()
    if latest is None:
        return None
    before = Measurement.objects.filter(day__lte=latest.day - timedelta(days=COMPARED_DAYS)).order_by("-day").first()
    lines = [_line(one, latest, before) for one in all_measures(now).values()]
    return Board(latest, before, lines, int(latest.counts.get("duplicates", 0)))


def trend(name: str) -> list[tuple[date, float | None]]:
    """The share of a measure over the last year, oldest first, at most 53 points."""
    latest = Measurement.objects.order_by("-day").first()
    if latest is None:
        return []
    found = list(Measurement.objects.filter(day__gt=latest.day - timedelta(days=TREND_DAYS)).order_by("day"))
    step = max(1, -(-len(found) // POINTS_AT_MOST))
    return [(one.day, _share(one, name)) for one in found[(len(found) - 1) % step :: step]]


def invalid_contacts() -> dict[tuple[str, str], int]:
    """How many addresses are on the opposition list, by channel and reason."""
    rows = Opposition.objects.values("channel", "reason").annotate(n=Count("id")).order_by("channel", "reason")
    return {(row["channel"], row["reason"]): row["n"] for row in rows}


def base_cost(today: date, reachable: int | None) -> BaseCost:
    """What the base cost in the year that ends before `today`."""
    since = today.replace(year=today.year - 1) if (today.month, today.day) != (2, 29) else date(today.year - 1, 2, 28)
    costs = list(Cost.objects.all())
    kinds: dict[str, Decimal] = {}
    for one in costs:
        title = one.get_kind_display()
        kinds[title] = kinds.get(title, Decimal(0)) + cost_between([one], since, today)
    total = sum(kinds.values(), Decimal(0))
    per = (total / reachable).quantize(Decimal("0.01")) if reachable else None
    return BaseCost(total, sorted(kinds.items()), per, since, today)


def _line(measure: Measure, latest: Measurement, before: Measurement | None) -> Line:
    share, earlier = _share(latest, measure.name), _share(before, measure.name) if before else None
    return Line(
        measure=measure,
        count=int(latest.counts.get(measure.name, 0)),
        among=_among(latest, measure.name),
        share=share,
        change=None if share is None or earlier is None else share - earlier,
    )


def _share(measurement: Measurement, name: str) -> float | None:
    among = _among(measurement, name)
    return measurement.counts[name] / among if among and name in measurement.counts else None


def _among(measurement: Measurement, name: str) -> int:
    return int(measurement.counts.get(f"{name}.among", measurement.customers))
