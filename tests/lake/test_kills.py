"""`kill -9` at any moment of an append, a fold or a replaced day: what was acknowledged is there, once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cordiale.lake import Lake

from .replacer import ORDERS
from .writer import ROWS

_REPOSITORY = Path(__file__).parents[2]
_KILLS = 20


def _write_and_kill(folder: Path, first: int, seconds: float, module: str = "writer") -> list[int]:
    """The versions acknowledged before the kill, `seconds` after the writer was ready."""
    command = [sys.executable, "-m", f"tests.lake.{module}", str(folder), str(first)]
    with subprocess.Popen(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
        time.sleep(seconds)
        writer.kill()
        return [int(line) for line in writer.stdout.read().splitlines()]


def _versions(lake: Lake) -> dict[int, int]:
    """Rows by version, from the event's number."""
    rows = lake.query(
        f"SELECT CAST(substring(event_id, 2) AS BIGINT) // {ROWS} AS version, count(*) AS n,"
        " count(DISTINCT event_id) AS ids FROM events GROUP BY 1"
    )
    assert all(row["n"] == row["ids"] for row in rows.to_pylist())
    return {row["version"]: row["n"] for row in rows.to_pylist()}


def _days_are_whole(lake: Lake) -> bool:
    """Of the days there are; a writer killed after its first events has left none, nor the columns they have."""
    if not lake.query("SELECT day FROM traits_history").num_rows:
        return True
    days = lake.query("SELECT count(*) AS n, count(DISTINCT version) AS v FROM traits_history GROUP BY day")
    return all((row["n"], row["v"]) == (3, 1) for row in days.to_pylist())


@pytest.mark.slow
def test_killed_writers_lose_nothing_acknowledged_and_leave_nothing_half_done(tmp_path: Path) -> None:
    chance, folder, acknowledged, following = random.Random(7), tmp_path / "lake", 0, 0
    for _ in range(_KILLS):
        done = _write_and_kill(folder, following, chance.uniform(0.0, 0.4))
        versions = _versions(Lake(folder))
        assert set(versions) == set(range(len(versions)))
        assert set(versions.values()) <= {ROWS}
        assert len(versions) >= following + len(done)
        if len(versions) and following + len(done) < len(versions):
            assert len(versions) == following + len(done) + 1
        assert _days_are_whole(Lake(folder))
        acknowledged, following = acknowledged + len(done), len(versions)
    assert acknowledged > _KILLS
    _nothing_is_left_behind(Lake(folder, rows_a_bucket=150))


def _nothing_is_left_behind(lake: Lake) -> None:
    rows = sum(_versions(lake).values())
    lake.fold("events")
    for store in (lake.facts["events"], lake.traits):
        store.vacuum(retention_hours=0)
        assert {str(path) for path in store.folder.rglob("*.parquet")} == {file.path for file in store.snapshot().files}
        assert not any(store.drafts.glob("*"))
    assert sum(_versions(lake).values()) == rows


@pytest.mark.slow
def test_a_killed_replacer_leaves_all_orders_old_or_all_new(tmp_path: Path) -> None:
    chance, folder, last = random.Random(5), tmp_path / "lake", 0
    for _ in range(_KILLS // 2):
        done = _write_and_kill(folder, last + 1, chance.uniform(0.1, 0.6), "replacer")
        rows = Lake(folder).query("SELECT order_id, amount FROM order_lines").to_pylist()
        amounts = {int(row["amount"]) for row in rows}
        assert sorted(row["order_id"] for row in rows) == (ORDERS if amounts else [])
        assert len(amounts) <= 1
        before, last = last, max(amounts, default=0)
        assert len(done) <= last - before <= len(done) + 1
    Lake(folder).fold("order_lines")
    assert Lake(folder).facts["order_lines"].snapshot().rows == len(ORDERS)
    assert last > _KILLS // 2
