"""The server from the wheel: started once, stopped by the last one, back after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from cordiale.config import postgres
from cordiale.home import Home

HOLDER = """
import sys, time
from pathlib import Path
from cordiale.config import postgres
from cordiale.home import Home
place = Home(Path(sys.argv[1]))
postgres.hold(place)
print("held", flush=True)
sys.stdin.readline()
postgres.release(place)
"""


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home(tmp_path / "somewhere").prepare()


def hold_elsewhere(place: Home) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def postmaster(place: Home) -> int:
    return int((place.postgres / "data" / "postmaster.pid").read_text().split()[0])


def test_the_last_process_to_leave_stops_the_server(place: Home) -> None:
    first, second = hold_elsewhere(place), hold_elsewhere(place)
    first.communicate("\n")
    assert postgres.is_running(place)
    second.communicate("\n")
    assert not postgres.is_running(place)


def test_a_killed_holder_does_not_keep_the_server_running_for_ever(place: Home) -> None:
    killed, other = hold_elsewhere(place), hold_elsewhere(place)
    killed.kill()
    killed.communicate()
    other.communicate("\n")
    assert not postgres.is_running(place)


def test_a_killed_server_is_started_again_at_once_with_its_data(place: Home) -> None:
    """At once: the killed process may not have been reaped yet, and others of that server may still be ending."""
    holders = [hold_elsewhere(place)]
    with psycopg.connect(postgres.dsn(place), autocommit=True) as connection:
        connection.execute("create table kept (n int)")
    for number in range(4):
        with psycopg.connect(postgres.dsn(place), autocommit=True) as connection:
            connection.execute("insert into kept values (%s)", [number])
        os.kill(postmaster(place), signal.SIGKILL)
        holders.append(hold_elsewhere(place))
    with psycopg.connect(postgres.dsn(place)) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (4,)
    for holder in holders:
        holder.communicate("\n")
    assert not postgres.is_running(place)


def test_the_server_listens_on_no_network_address(place: Home) -> None:
    holder = hold_elsewhere(place)
    with psycopg.connect(postgres.dsn(place)) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    assert oct(postgres.socket_folder(place).stat().st_mode & 0o077) in {"0o0", "0o1"}
    holder.communicate("\n")


def test_a_long_path_gets_a_short_socket_folder(tmp_path: Path) -> None:
    deep = Home(tmp_path / ("x" * 120))
    assert len(str(postgres.socket_folder(deep))) < 94
    assert postgres.socket_folder(deep) != postgres.socket_folder(Home(tmp_path / ("y" * 120)))


def test_half_made_data_of_a_killed_first_start_is_made_again(place: Home) -> None:
    (place.postgres / "data.new").mkdir(parents=True)
    (place.postgres / "data.new" / "PG_VERSION").write_text("18")
    holder = hold_elsewhere(place)
    assert postgres.is_running(place)
    holder.communicate("\n")
