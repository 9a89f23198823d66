"""What is appended through the day is put in its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from cordiale import home
from cordiale.facts import folding
from cordiale.facts.actions import record
from cordiale.jobs import daily
from cordiale.lake import open_lake

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def _append(first: int, count: int) -> None:
    for number in range(first, first + count):
        record("events", pa.table({"customer_id": [1], "ts": [AT], "event_id": [f"e{number}"], "name": ["Seen"]}))


def test_every_table_is_folded_once_a_day(fresh_home: home.Home) -> None:
    _append(0, 3)
    work = next(one for one in daily.registered() if one.name == "fold")
    assert (work.run(AT), work.run(AT)) == (3, 0)
    assert open_lake().state().facts["events"].unfolded == ()


def test_a_table_of_many_files_is_folded_at_once(fresh_home: home.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "MANY_FILES", 4)
    _append(0, 3)
    assert folding.fold_due() == []
    _append(3, 1)
    assert folding.fold_due() == ["events"]
    assert open_lake().query("SELECT count(*) AS n FROM events")["n"].to_pylist() == [4]
