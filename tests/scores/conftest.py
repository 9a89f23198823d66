from __future__ import annotations

from datetime import datetime

import pytest

from cordiale import home

from . import base


@pytest.fixture
def filled(db: None, fresh_home: home.Home, now: datetime) -> datetime:
    """A base with one year of orders and one lapse risk with a low gate; the present."""
    base.declare(base.LAPSE)
    base.fill(now)
    return now
