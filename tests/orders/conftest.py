from __future__ import annotations

import pytest

from cordiale import home
from cordiale.lake import Lake, open_lake


@pytest.fixture
def lake(fresh_home: home.Home, transactional_db: None) -> Lake:
    """An empty lake; the lake is told once PostgreSQL has committed, so tests commit too."""
    return open_lake()
