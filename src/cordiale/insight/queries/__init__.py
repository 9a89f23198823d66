"""Reading what is known: traits, stages, the flows between them, and how all that was on past days."""

from __future__ import annotations

from cordiale.insight.queries.declared import Edition, editions, history_of, is_declared, sql_of, text_of
from cordiale.insight.queries.history import (
    Point,
    distribution,
    get_trait,
    history,
    traits_on,
    trend,
)
from cordiale.insight.queries.snapshots import (
    Coverage,
    Flow,
    compute_for,
    coverage,
    customers_in_stage,
    find_snapshot,
    flows,
    get_snapshot,
    lifecycle,
    month_ends,
    stages,
    traits,
    traits_of,
)

__all__ = [
    "Coverage",
    "Edition",
    "Flow",
    "Point",
    "compute_for",
    "coverage",
    "customers_in_stage",
    "distribution",
    "editions",
    "find_snapshot",
    "flows",
    "get_snapshot",
    "get_trait",
    "history",
    "history_of",
    "is_declared",
    "lifecycle",
    "month_ends",
    "sql_of",
    "stages",
    "text_of",
    "traits",
    "traits_of",
    "traits_on",
    "trend",
]
