"""`kill -9` amid refreshes, two at once: every coming and going is told once, and in turn."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection

from cordiale.segments import actions, queries
from cordiale.segments.models import Membership, Segment
from tests.segments.conftest import NOW
from tests.segments.refresher import CITIES

SEGMENTS, KILLS = 12, 6
LAST = NOW + timedelta(hours=10)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_refreshes_open_and_close_each_stay_once(snapshot: dict[str, int]) -> None:
    for number in range(SEGMENTS):
        actions.save_segment(f"s{number}", f"city = '{CITIES[number % 3]}' or age = {number}", actor="t", now=NOW)
    chance = random.Random(5)
    for run in range(KILLS):
        kill_amid(chance.uniform(0.2, 1.2), 60 * run, 60 * run + 1)
        assert Membership.objects.filter(left_at=None).count() == in_turn()
    actions.refresh(LAST)
    for segment in Segment.objects.all():
        ids = set(queries.members(segment.name, LAST).customer_ids)
        stays = segment.memberships.filter(left_at=None)
        assert set(stays.values_list("customer_id", flat=True)) == ids
        assert segment.size == len(ids)
    assert Membership.objects.exclude(left_at=None).count() > SEGMENTS
    told = [queries.moves(f"s{number}", NOW - timedelta(days=1), LAST) for number in range(SEGMENTS)]
    assert all(len(set(moves)) == len(moves) for moves in told)


def kill_amid(seconds: float, *minutes: int) -> None:
    parts = connection.settings_dict
    url = f"postgresql://postgres@/{parts['NAME']}?host={parts['HOST']}"
    workers = [
        subprocess.Popen([sys.executable, "-m", "tests.segments.refresher", str(minute)], stdout=subprocess.PIPE,
                         text=True, env={**os.environ, "DATABASE_URL": url}, cwd=Path(__file__).parents[2])
        for minute in minutes
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    time.sleep(seconds)
    for worker in workers:
        worker.kill()
        worker.wait()
        assert worker.stdout
        worker.stdout.close()


def in_turn() -> int:
    """Of each customer in each segment, one stay ends before the next begins; how many are open."""
    stays = defaultdict(list)
    for segment, customer, start, end in Membership.objects.order_by("entered_at", "id").values_list(
        "segment_id", "customer_id", "entered_at", "left_at"
    ):
        stays[segment, customer].append((start, end))
    for each in stays.values():
        for (start, end), (following, _) in pairwise(each):
            assert end is not None
            assert start <= end <= following
    return sum(each[-1][1] is None for each in stays.values())
