from __future__ import annotations

from pathlib import Path

import pytest

from cordiale.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake whose buckets are small, so that a few rows make several."""
    return Lake(tmp_path / "lake", rows_a_bucket=40)
