"""Tables of facts, and the engines that query them. The only package that knows DuckDB, Delta or Spark."""

from __future__ import annotations

from cordiale.lake.engine import QueryFailed
from cordiale.lake.lake import Lake
from cordiale.lake.opening import open_lake
from cordiale.lake.stopping import Stop, Stopped, until_interrupted
from cordiale.lake.tables import RowsRefused, conform, fact_table

__all__ = ["Lake", "QueryFailed", "RowsRefused", "Stop", "Stopped", "conform", "fact_table", "open_lake",
           "until_interrupted"]  # fmt: skip
