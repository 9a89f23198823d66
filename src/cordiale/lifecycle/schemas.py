"""Flows and forecasts as plain data, for commands and the API."""

from __future__ import annotations

from typing import Any

from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lifecycle.queries.flows import Flows
from cordiale.lifecycle.queries.forecasts import LEAST, Forecast
from cordiale.lifecycle.rules import backtest, chain
from cordiale.lifecycle.rules.backtest import Verdict


def flows(found: Flows) -> dict[str, Any]:
    """Every pair of stages with somebody in it; an origin or target of None: not known that day."""
    return {
        "from": found.start.day,
        "to": found.end.day,
        "asked_from": found.asked[0],
        "asked_to": found.asked[1],
        "flows": [
            {"origin": origin, "target": target, "customers": customers}
            for (origin, target), customers in sorted(found.customers.items(), key=lambda pair: _order(*pair[0]))
        ],
    }


def forecast(found: Forecast) -> dict[str, Any]:
    """Sizes by month and stage with their interval, the shares behind them, and the back-test."""
    return {
        "month_ends": len(found.snapshots),
        "needed": LEAST,
        "from": found.snapshots[-1].day if found.snapshots else None,
        "window": found.window,
        "interval": chain.NOMINAL,
        "months": _months(found),
        "transitions": _transitions(found),
        "new_customers_a_month": round(found.chain.inflow, 2) if found.chain else None,
        "back_test": [verdict(one) for one in found.verdicts],
    }


def verdict(one: Verdict) -> dict[str, Any]:
    """A line of the back-test."""
    return {
        "months_ahead": one.ahead,
        "forecasts": one.forecasts,
        "is_enough": one.forecasts >= backtest.ENOUGH,
        "is_better_than_naive": one.is_better,
        "ratio": None if one.ratio is None else round(one.ratio, 4),
        "coverage": round(one.coverage, 4),
        "mean_absolute_error": [
            {"stage": stage, "model": round(float(one.errors[place]), 2), "same": round(float(one.same[place]), 2),
             "drifted": round(float(one.drifted[place]), 2)}
            for place, stage in enumerate(STAGES)
        ],
    }  # fmt: skip


def _months(found: Forecast) -> list[dict[str, Any]]:
    path = found.path
    if path is None:
        return []
    return [
        {"day": day, "stages": [
            {"stage": stage, "expected": round(float(path.expected[month, place]), 1),
             "low": round(float(path.low[month, place]), 1), "high": round(float(path.high[month, place]), 1)}
            for place, stage in enumerate(STAGES)
        ]}
        for month, day in enumerate(found.months)
    ]  # fmt: skip


def _transitions(found: Forecast) -> list[dict[str, Any]]:
    if found.chain is None:
        return []
    return [
        {"origin": origin, "target": target, "share": round(float(found.chain.shares[row, column]), 6)}
        for row, origin in enumerate(chain.ORIGINS)
        for column, target in enumerate(chain.TARGETS)
        if found.chain.shares[row, column] > 0
    ]


def _order(origin: str | None, target: str | None) -> tuple[int, int]:
    return chain.ORIGINS.index(origin or chain.NEW), chain.TARGETS.index(target or chain.GONE)
