"""A tick may die at any moment, and two may start at once: everything still happens exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from cordiale import home
from cordiale.content.actions import apply_templates
from cordiale.decisions.models import Contact, Decision, Proposal
from cordiale.deliveries import catcher
from cordiale.deliveries.models import Message, Outcome
from cordiale.programmes import engine
from cordiale.programmes.models import Enrolment, Passage

from .conftest import HOUR, Cast

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys, django
django.setup()
from cordiale import clock
from cordiale.programmes import engine
engine.tick(clock.parse_instant(sys.argv[1]), lambda phase: print(phase, flush=True), smtp_url=sys.argv[2])
print("done", flush=True)
"""


@pytest.fixture
def mail(cast: Cast, fresh_home: home.Home) -> Iterator[catcher.Catcher]:
    server = catcher.start_catcher(fresh_home.mail)
    yield server
    server.stop()


def start_tick(now: datetime, server: catcher.Catcher) -> subprocess.Popen[str]:
    database = settings.DATABASES["default"]
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, now.isoformat(), f"smtp://{server.host}:{server.port}"],
        env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def kill_at(phase: str, tick: subprocess.Popen[str]) -> None:
    assert tick.stdout is not None
    with tick.stdout:
        for line in tick.stdout:
            if line.strip() == phase:
                time.sleep(random.uniform(0, 0.05))
                break
    os.kill(tick.pid, signal.SIGKILL)
    tick.wait()


def assert_once(cast: Cast, fresh_home: home.Home, people: int) -> None:
    assert Enrolment.objects.count() == Proposal.objects.count() == people
    assert Decision.objects.count() == Contact.objects.count() == Message.objects.count() == people
    assert Passage.objects.count() == people
    outcomes = list(Outcome.objects.values_list("kind", flat=True))
    assert len(outcomes) == people
    caught = catcher.caught(fresh_home.mail)
    assert caught.duplicates == 0
    assert outcomes.count("handed_over") <= caught.messages <= people


def prepare(cast: Cast, now: datetime, people: int) -> None:
    apply_templates(ROOT / "programmes" / "templates", now=now)
    cast.apply()
    for _ in range(people):
        cast.customer(first_name="Ada", last_name="Lovelace")


@pytest.mark.slow
def test_a_tick_killed_in_every_phase_is_finished_by_the_next(
    cast: Cast, mail: catcher.Catcher, fresh_home: home.Home, now: datetime
):
    prepare(cast, now, 12)
    for phase in engine.PHASES:
        kill_at(phase, start_tick(now + HOUR, mail))
    engine.tick(now + HOUR, smtp_url=f"smtp://{mail.host}:{mail.port}")
    assert_once(cast, fresh_home, 12)
    assert engine.tick(now + 2 * HOUR).is_idle()


@pytest.mark.slow
def test_two_ticks_at_once_double_nothing(cast: Cast, mail: catcher.Catcher, fresh_home: home.Home, now: datetime):
    prepare(cast, now, 12)
    ticks = [start_tick(now + HOUR, mail) for _ in range(2)]
    assert [tick.wait(timeout=120) for tick in ticks] == [0, 0]
    for tick in ticks:
        assert tick.stdout is not None
        tick.stdout.close()
    assert_once(cast, fresh_home, 12)
    assert set(Outcome.objects.values_list("kind", flat=True)) == {"handed_over"}
