"""`kill -9` between PostgreSQL and the lake: telling it all again ends with the orders an undisturbed run has."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection

from cordiale.lake import Lake
from cordiale.orders.actions import take, write_due
from cordiale.orders.models import Order
from cordiale.orders.rules.folding import fold

from .cast import in_lake
from .teller import ORDERS, statements

_KILLS = 8


@pytest.mark.slow
def test_a_killed_teller_leaves_nothing_to_mend_but_a_repetition(lake: Lake, now: datetime) -> None:
    chance = random.Random(11)
    for seed in range(_KILLS):
        _tell_and_kill(seed, chance.uniform(0.1, 1.5))
        assert _is_known_to_the_lake_as_written()
    take(statements(), now)
    for number in range(ORDERS):
        told = [one for one in statements() if one.order_id == f"o{number}"]
        lines = fold(told).lines
        assert in_lake(f"o{number}") == [(one.line_no, one.product_id, one.quantity, str(one.amount)) for one in lines]
    assert Order.objects.filter(written=0).exclude(lines=[]).count() == 0


def _tell_and_kill(seed: int, seconds: float) -> None:
    parts = connection.settings_dict
    url = f"postgresql://postgres@/{parts['NAME']}?host={parts['HOST']}"
    command = [sys.executable, "-m", "tests.orders.teller", str(seed)]
    with subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url}, cwd=Path(__file__).parents[2],
                          stdout=subprocess.PIPE, text=True) as teller:  # fmt: skip
        assert teller.stdout
        assert teller.stdout.readline() == "ready\n"
        time.sleep(seconds)
        teller.kill()


def _is_known_to_the_lake_as_written() -> bool:
    """After what is due was written, the lake has of each order what PostgreSQL says."""
    write_due()
    return all(
        in_lake(order.order_id)
        == [(one["line_no"], one["product_id"], one["quantity"], one["amount"]) for one in order.lines]
        for order in Order.objects.all()
    )
