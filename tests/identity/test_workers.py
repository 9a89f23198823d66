"""Two workers at once: the same person is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connection

from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.identity.actions import Seen, Told, resolve_events, tell
from cordiale.identity.models import Alias, Visitor

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, WORKERS = 15, 2


def together(work: object) -> None:
    """Let two workers do `work(round)` at the same moment, round after round."""
    gate = Barrier(WORKERS)

    def run() -> None:
        try:
            for number in range(ROUNDS):
                gate.wait(timeout=30)
                work(number)  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(run) for _ in range(WORKERS)]:
            done.result()


def test_two_workers_told_of_the_same_people_make_each_once(now: datetime, fresh_home: Home) -> None:
    def work(number: int) -> None:
        tell([
            Told(identifiers={"email": f"a{number}@b.fr", "card": f"{number}7"}, values={}, source="shop", at=now),
            Told(identifiers={"reference": f"u{number}", "card": f"{number}7"}, values={}, source="till", at=now),
        ], now)  # fmt: skip

    together(work)
    assert Customer.objects.count() == ROUNDS


def test_two_workers_who_see_the_same_browsers_agree(now: datetime, fresh_home: Home) -> None:
    def work(number: int) -> None:
        resolve_events([
            Seen(user_id=None, anonymous_id=f"x{number}", at=now),
            Seen(user_id=f"u{number}", anonymous_id=f"x{number}", at=now),
        ], now)  # fmt: skip

    together(work)
    assert (Customer.objects.count(), Visitor.objects.count()) == (ROUNDS, ROUNDS)
    assert Alias.objects.filter(is_published=True).count() == ROUNDS
