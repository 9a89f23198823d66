"""Reads: the report of a programme, its counts, the figures of the dashboard."""

from __future__ import annotations

from cordiale.measure.queries.dashboard import dashboard_figures
from cordiale.measure.queries.programme import programme_counts, programme_report

__all__ = ["dashboard_figures", "programme_counts", "programme_report"]
