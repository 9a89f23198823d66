"""The operations of `programmes` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from typing import Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class ProgrammeList(Shape, frozen=True, kw_only=True):
    """All programmes by name, at most 1 000."""

    programmes: list[ProgrammeOut]


class ProgrammeOut(Shape, frozen=True, kw_only=True):
    """A programme and where it stands."""

    name: str
    status: str
    started_at: Instant | None


class BalanceOut(Shape, frozen=True, kw_only=True):
    """Control customers found against those expected of the draw; alarming groups are not to be compared."""

    control: int
    expected: float
    p_value: float
    is_alarming: bool


class GroupOut(Shape, frozen=True, kw_only=True):
    """One side of the comparison; `mean` is a customer's, in the unit."""

    customers: int
    events: int
    mean: float


class IntervalOut(Shape, frozen=True, kw_only=True):
    """An interval of confidence (95 %)."""

    low: float
    high: float


class KpiOut(Shape, frozen=True, kw_only=True):
    """A key figure; `part` over `whole` where it is a quotient. `value` is null where nothing can be said."""

    measure: Literal["count", "number", "share", "money"]
    period: str
    value: float | None
    part: float | None
    whole: float | None
    target: float | None
    interval: IntervalOut | None


class OutcomeOut(Shape, frozen=True, kw_only=True):
    """Treated minus control, in `unit` a customer. `often` is the interval to rely on: it holds however often one
    looks; `once` for one look. Where it is not measurable, only `reason` and the groups are there.
    """

    unit: Literal["share", "orders", "money"]
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


class PanelOut(Shape, frozen=True, kw_only=True):
    """Whom the comparison is about: customers whose window of `window_days` has passed at `known_until`."""

    window_days: float
    known_until: Instant | None
    compared: int
    still_open: int
    other_draws: int
    control_share: float
    balance: BalanceOut


class ProgrammeCounts(Shape, frozen=True, kw_only=True):
    """How many of everything it did; refusals by rule, exits by reason. `control` is no refusal."""

    enrolled: int
    customers: int
    proposed: int
    sent: int
    control: int
    refused: dict[str, int]
    postponed: int
    exited: dict[str, int]


class ProgrammeReport(Shape, frozen=True, kw_only=True):
    """What a programme did and changed, as known at `now`. `title` by language, `kpis` by name; `outcomes` starts
    with the metric of the objective. Money is in `currency`.
    """

    programme: str
    title: dict[str, str]
    now: Instant
    currency: str
    counts: ProgrammeCounts
    panel: PanelOut
    kpis: dict[str, KpiOut]
    outcomes: list[OutcomeOut]


class Programmes:
    """`client.programmes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_programmes(self) -> ProgrammeList:
        """All programmes. Each with its status."""
        return self._connection.call("GET", "/api/v1/programmes", ProgrammeList, is_repeatable=True)

    def report(self, name: str) -> ProgrammeReport:
        """Key figures, and control against treated with the interval. The same object as `programmes report NAME
        --json`. 404 for an unknown programme.
        """
        return self._connection.call(
            "GET", f"/api/v1/programmes/{part(name)}/report", ProgrammeReport, is_repeatable=True
        )
