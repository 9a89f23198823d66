"""Opening the lake of a home, with the engine that was chosen."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cordiale import home
from cordiale.lake import choosing
from cordiale.lake.choosing import EngineName
from cordiale.lake.lake import Lake
from cordiale.lake.spark_lake import SparkLake


def open_lake() -> Lake:
    """The lake of the current home; where Spark is chosen (`lake.choosing`), it computes there."""
    return _lake_at(home.current().prepare().lake, choosing.engine())


@lru_cache(maxsize=8)
def _lake_at(root: Path, engine: EngineName) -> Lake:
    return SparkLake(root) if engine is EngineName.SPARK else Lake(root)
