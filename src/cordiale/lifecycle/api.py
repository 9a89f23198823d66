"""`/api/v1/lifecycle`: flows between stages, and the forecast of their sizes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from cordiale.accounts.api import KeyAuth, Problem
from cordiale.lifecycle import days, queries, schemas
from cordiale.lifecycle.queries.forecasts import LONGEST_WINDOW, MONTHS, MOST_MONTHS, WINDOW
from cordiale.lifecycle.rules.backtest import LEAST_MONTHS

router = Router(tags=["lifecycle"], auth=KeyAuth("insight.see"))


class Flow(Schema):
    """So many went from a stage to a stage; null: not known that day."""

    origin: str | None
    target: str | None
    customers: int


class FlowsOut(Schema):
    """Between the snapshots of `from` and `to`, which are the nearest to the days asked for."""

    from_: Annotated[date, Field(alias="from")]
    to: date
    asked_from: date
    asked_to: date
    flows: list[Flow]


class Size(Schema):
    """How many customers a stage will hold: expected, and the bounds of the interval."""

    stage: str
    expected: float
    low: float
    high: float


class Month(Schema):
    """The stages at the end of a month to come."""

    day: date
    stages: list[Size]


class Transition(Schema):
    """The share of `origin` that is in `target` a month later; `new`: not known before, `gone`: no longer."""

    origin: str
    target: str
    share: float


class Errors(Schema):
    """Mean absolute error in customers: the model's, of "as last month", of "the same change as last month"."""

    stage: str
    model: float
    same: float
    drifted: float


class BackTest(Schema):
    """How past forecasts fared. `ratio`: the model's error over the better naive rule's; below 1 it is better."""

    months_ahead: int
    forecasts: int
    is_enough: bool
    is_better_than_naive: bool
    ratio: float | None
    coverage: float
    mean_absolute_error: list[Errors]


class ForecastOut(Schema):
    """Without `needed` month ends in a row nothing is foretold, and the lists are empty."""

    month_ends: int
    needed: int
    from_: Annotated[date | None, Field(alias="from")]
    window: int
    interval: float
    months: list[Month]
    transitions: list[Transition]
    new_customers_a_month: float | None
    back_test: list[BackTest]


@router.get(
    "/flows", response={200: FlowsOut, 404: Problem, 422: Problem}, by_alias=True, summary="Flows between stages"
)
def flows(
    request: HttpRequest,
    from_: Annotated[date | None, Query(alias="from")] = None,
    to: date | None = None,
) -> dict[str, Any]:
    """Between two days; without them, between the last two month ends. 404 before the first snapshot."""
    return schemas.flows(queries.flows(*days.chosen(from_, to)))


@router.get("/forecast", response={200: ForecastOut}, by_alias=True, summary="Forecast of stage sizes")
def forecast(
    request: HttpRequest,
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS)] = MONTHS,
    window: Annotated[int, Query(ge=LEAST_MONTHS, le=LONGEST_WINDOW)] = WINDOW,
) -> dict[str, Any]:
    """`months` months ahead, learnt from the moves of at most the last `window` months."""
    return schemas.forecast(queries.forecast(months, window))
