"""When a group of events leaves beside the one before: only where the disk itself is slow."""

from __future__ import annotations

from cordiale.intake.committing import LOOKED_AT, Pace


def test_a_disk_is_slow_when_even_the_quickest_of_the_last_commits_was() -> None:
    pace = Pace()
    for _ in range(LOOKED_AT - 1):
        pace.learn(0.006, rows=100)
    assert not pace.is_slow
    pace.learn(0.006, rows=100)
    assert pace.is_slow


def test_one_quick_commit_among_slow_ones_tells_of_busy_processors() -> None:
    pace = Pace()
    for number in range(3 * LOOKED_AT):
        pace.learn(0.001 if number % LOOKED_AT == 0 else 0.05, rows=100)
        assert not pace.is_slow


def test_what_many_rows_take_is_not_the_disk() -> None:
    pace = Pace()
    for _ in range(LOOKED_AT):
        pace.learn(0.006, rows=2_000)
    assert not pace.is_slow
