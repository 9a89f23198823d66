"""What the API says of programmes: the shape of `programmes report NAME --json`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Schema

Unit = Literal["share", "orders", "money"]


class ProgrammeOut(Schema):
    """A programme and where it stands."""

    name: str
    status: str
    started_at: datetime | None


class ProgrammeList(Schema):
    """All programmes by name, at most 1 000."""

    programmes: list[ProgrammeOut]


class IntervalOut(Schema):
    """An interval of confidence (95 %)."""

    low: float
    high: float


class ProgrammeCounts(Schema):
    """How many of everything it did; refusals by rule, exits by reason. `control` is no refusal."""

    enrolled: int
    customers: int
    proposed: int
    sent: int
    control: int
    refused: dict[str, int]
    postponed: int
    exited: dict[str, int]


class BalanceOut(Schema):
    """Control customers found against those expected of the draw; alarming groups are not to be compared."""

    control: int
    expected: float
    p_value: float
    is_alarming: bool


class PanelOut(Schema):
    """Whom the comparison is about: customers whose window of `window_days` has passed at `known_until`."""

    window_days: float
    known_until: datetime | None
    compared: int
    still_open: int
    other_draws: int
    control_share: float
    balance: BalanceOut


class KpiOut(Schema):
    """A key figure; `part` over `whole` where it is a quotient. `value` is null where nothing can be said."""

    measure: Literal["count", "number", "share", "money"]
    period: str
    value: float | None
    part: float | None
    whole: float | None
    target: float | None
    interval: IntervalOut | None


class GroupOut(Schema):
    """One side of the comparison; `mean` is a customer's, in the unit."""

    customers: int
    events: int
    mean: float


class OutcomeOut(Schema):
    """Treated minus control, in `unit` a customer. `often` is the interval to rely on: it holds however often one
    looks; `once` for one look. Where it is not measurable, only `reason` and the groups are there."""

    unit: Unit
    treated: GroupOut
    control: GroupOut
    is_measurable: bool
    is_shown: bool
    verdict: str
    reason: str | None = None
    difference: float | None = None
    once: IntervalOut | None = None
    often: IntervalOut | None = None
    reduction: float | None = None
    deviation: float | None = None
    lift: float | None = None
    detectable: float | None = None


class ProgrammeReport(Schema):
    """What a programme did and changed, as known at `now`. `title` by language, `kpis` by name; `outcomes` starts with
    the metric of the objective. Money is in `currency`."""

    programme: str
    title: dict[str, str]
    now: datetime
    currency: str
    counts: ProgrammeCounts
    panel: PanelOut
    kpis: dict[str, KpiOut]
    outcomes: list[OutcomeOut]
