"""Refreshes segments until it is killed. Run as: python -m tests.segments.refresher MINUTE, in the repository."""

from __future__ import annotations

import sys
from datetime import timedelta

import django

django.setup()

from cordiale.customers.models import Customer  # noqa: E402 - models first
from cordiale.segments import actions  # noqa: E402
from tests.segments.conftest import NOW  # noqa: E402

CITIES = ("Lyon", "Paris", "Nice")


def main(minute: int) -> None:
    """Everybody moves house, then all segments are refreshed, minute by minute."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for number in range(1, 6):
            Customer.objects.filter(id=number).update(city=CITIES[(number + minute) % 3])
        actions.refresh(NOW + timedelta(minutes=minute))
        minute += 1


if __name__ == "__main__":
    main(int(sys.argv[1]))
