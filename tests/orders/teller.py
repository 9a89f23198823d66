"""A process that tells of orders until it is killed. Run as: python -m tests.orders.teller SEED, in the repository.

What it tells is always the same, the order it tells it in depends on the seed.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime

import django

django.setup()

from cordiale.lake import open_lake  # noqa: E402 - models first
from cordiale.orders.actions import OrderTold, take  # noqa: E402
from tests.orders.cast import line, told  # noqa: E402

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ORDERS, STATEMENTS = 30, 150


def statements() -> list[OrderTold]:
    """Statements about a few orders: placed, changed, given back, cancelled."""
    chance = random.Random(3)
    every = [told("completed", 0, line("a", "20", 2), line("b", "10"), order=f"o{n}") for n in range(ORDERS)]
    for hour in range(1, STATEMENTS - ORDERS):
        order = f"o{chance.randrange(ORDERS)}"
        kind = chance.choice(["updated", "refunded", "refunded", "cancelled"])
        lines = {"updated": [line("c", str(hour))], "refunded": [line("b", None)], "cancelled": []}[kind]
        every.append(told(kind, hour, *lines, order=order))
    return every


def main(seed: int) -> None:
    chance, waiting = random.Random(seed), statements()
    chance.shuffle(waiting)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while waiting:
        take(waiting[:7], NOW)
        waiting = waiting[7:]
        if chance.random() < 0.2:
            open_lake().fold("order_lines")


if __name__ == "__main__":
    main(int(sys.argv[1]))
