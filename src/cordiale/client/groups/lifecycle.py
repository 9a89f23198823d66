"""The operations of `lifecycle` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from datetime import date

from msgspec import field

from cordiale.client.connection import Connection, Shape


class Flow(Shape, frozen=True, kw_only=True):
    """So many went from a stage to a stage; null: not known that day."""

    origin: str | None
    target: str | None
    customers: int


class FlowsOut(Shape, frozen=True, kw_only=True):
    """Between the snapshots of `from` and `to`, which are the nearest to the days asked for."""

    from_: date = field(name="from")
    to: date
    asked_from: date
    asked_to: date
    flows: list[Flow]


class BackTest(Shape, frozen=True, kw_only=True):
    """How past forecasts fared. `ratio`: the model's error over the better naive rule's; below 1 it is better."""

    months_ahead: int
    forecasts: int
    is_enough: bool
    is_better_than_naive: bool
    ratio: float | None
    coverage: float
    mean_absolute_error: list[Errors]


class Errors(Shape, frozen=True, kw_only=True):
    """Mean absolute error in customers: the model's, of "as last month", of "the same change as last month"."""

    stage: str
    model: float
    same: float
    drifted: float


class ForecastOut(Shape, frozen=True, kw_only=True):
    """Without `needed` month ends in a row nothing is foretold, and the lists are empty."""

    month_ends: int
    needed: int
    from_: date | None = field(name="from")
    window: int
    interval: float
    months: list[Month]
    transitions: list[Transition]
    new_customers_a_month: float | None
    back_test: list[BackTest]


class Month(Shape, frozen=True, kw_only=True):
    """The stages at the end of a month to come."""

    day: date
    stages: list[Size]


class Size(Shape, frozen=True, kw_only=True):
    """How many customers a stage will hold: expected, and the bounds of the interval."""

    stage: str
    expected: float
    low: float
    high: float


class Transition(Shape, frozen=True, kw_only=True):
    """The share of `origin` that is in `target` a month later; `new`: not known before, `gone`: no longer."""

    origin: str
    target: str
    share: float


class Lifecycle:
    """`client.lifecycle`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def flows(self, *, from_: date | None = None, to: date | None = None) -> FlowsOut:
        """Flows between stages. Between two days; without them, between the last two month ends. 404 before the first
        snapshot.
        """
        return self._connection.call(
            "GET", "/api/v1/lifecycle/flows", FlowsOut, query={"from": from_, "to": to}, is_repeatable=True
        )

    def forecast(self, *, months: int = 6, window: int = 12) -> ForecastOut:
        """Forecast of stage sizes. `months` months ahead, learnt from the moves of at most the last `window` months."""
        return self._connection.call(
            "GET",
            "/api/v1/lifecycle/forecast",
            ForecastOut,
            query={"months": months, "window": window},
            is_repeatable=True,
        )
