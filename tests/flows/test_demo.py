"""The demo: whose home it may use, the data it makes, starting over."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cordiale import clock, home
from cordiale.config import serving
from cordiale.customers.models import Customer
from cordiale.demo import actions, people
from cordiale.demo.journey import Journey
from cordiale.demo.people import Household
from cordiale.demo.state import find_state
from cordiale.errors import Refused

TODAY = date(2026, 11, 22)


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "cordiale", "demo", "--once", "--json", "--today", str(TODAY)]
    return subprocess.run(
        [*command, "--home", str(folder), *words],
        capture_output=True, text=True, env=environment, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("today", "last"),
    [(22, date(2026, 11, 15)), (23, date(2026, 11, 22)), (24, date(2026, 11, 22))],
)
def test_the_last_day_is_the_sunday_of_last_week(today: int, last: date) -> None:
    assert actions.last_day(date(2026, 11, today)) == last
    assert last.isoweekday() == 7


def test_people_are_the_same_each_time_and_marked_synthetic() -> None:
    household = Household(7, datetime(2026, 1, 5, 18, tzinfo=UTC), {"age_band": "25-34"})
    once, again = (next(iter(people.customers([household], today=TODAY))) for _ in range(2))
    assert once == again
    assert once["email"].endswith("@example.org")
    assert once["sources"]["email"]["source"] == "synthetic"
    assert once["sources"]["declared.age_band"]["source"] == people.JOURNEY
    assert 24 <= (TODAY - once["birth_on"]).days // 365 <= 35
    assert once["created_at"] < household.first_order_at


@pytest.mark.django_db
def test_a_home_with_real_customers_is_left_alone(fresh_home: home.Home) -> None:
    now = datetime(2026, 11, 16, tzinfo=UTC)
    Customer.objects.create(reference="real", created_at=now, updated_at=now)
    with pytest.raises(Refused, match="--home DIR"):
        actions.prepare(days=2, sample=None, today=TODAY)
    with pytest.raises(Refused, match="nothing was removed"):
        actions.reset()
    assert Customer.objects.count() == 1
    assert find_state() is None


def test_a_demo_with_other_options_is_refused_and_can_be_started_over(tmp_path: Path) -> None:
    first = figures(demo(tmp_path, "--days", "1", "--households", "40"))
    assert first["customers"] == 40
    refused = demo(tmp_path, "--days", "2", "--households", "40")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "--reset" in refused.stderr
    again = figures(demo(tmp_path, "--reset", "--days", "1", "--households", "50"))
    assert again["customers"] == 50
    assert again["messages_sent"] == again["mails_caught"]


def figures(outcome: subprocess.CompletedProcess[str]) -> Any:
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_a_taken_port_gives_the_next_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serving.free_port("127.0.0.1", port) > port


def test_all_of_the_data_is_there(fresh_home: home.Home) -> None:
    journey = Journey(today=TODAY, zone="Europe/Paris")
    households = journey.households()
    numbers = pa.array([one.number for one in households], pa.int64())
    ids = pa.table({"household_id": numbers, "customer_id": numbers})
    assert (len(households), sum(bool(one.declared) for one in households)) == (2469, 801)
    assert (journey.mailings(ids).num_rows, journey.redemptions(ids).num_rows) == (6589, 2102)
    lines = journey.order_lines(ids)
    assert lines.num_rows == 1_469_307
    last = pc.max(lines["ts"]).as_py()
    assert clock.local_day(last, "Europe/Paris") == date(2026, 11, 15)
