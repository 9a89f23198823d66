"""Tables of facts, and the engines that query them. The only package that knows DuckDB, Delta or Spark."""

from __future__ import annotations

from cordiale.lake.lake import Lake, open_lake

__all__ = ["Lake", "open_lake"]
