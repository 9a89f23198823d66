"""Reading the life cycle: flows between two days, the forecast with its back-test, and how people buy."""

from __future__ import annotations

from cordiale.lifecycle.queries.flows import Flows, flows, movers
from cordiale.lifecycle.queries.forecasts import Forecast, forecast, missing_month_ends, month_ends

__all__ = ["Flows", "Forecast", "flows", "forecast", "missing_month_ends", "month_ends", "movers"]
