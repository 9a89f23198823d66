"""Writing: appends, folds, days of traits, aliases."""

from __future__ import annotations

import shutil
import threading
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from cordiale.errors import NotFound, Unavailable
from cordiale.lake import Lake, QueryFailed, RowsRefused
from cordiale.lake.fold import buckets_for

from .cast import events, traits

DAY, NEXT = date(2026, 1, 5), date(2026, 1, 6)


def _count(lake: Lake, sql: str = "SELECT count(*) AS n FROM events") -> int:
    return int(lake.query(sql)["n"][0].as_py())


def test_a_table_nothing_was_written_to_reads_as_empty_with_its_columns(lake: Lake) -> None:
    assert _count(lake) == 0
    assert lake.query("FROM messages").column_names[:3] == ["customer_id", "ts", "message_id"]
    assert lake.query("FROM traits").column_names == ["customer_id", "day"]


def test_an_application_s_version_is_appended_once(lake: Lake) -> None:
    assert lake.append("events", events([1, 2]), app=("demo", 0))
    assert not lake.append("events", events([1, 2]), app=("demo", 0))
    assert lake.append("events", events([3]), app=("demo", 1))
    assert not lake.append("events", events([1, 2]), app=("demo", 0))
    assert _count(lake) == 3


def test_an_append_survives_checkpoints_and_a_fold_with_its_version(lake: Lake) -> None:
    for version in range(105):
        lake.append("events", events([version], first=version), app=("demo", version))
    lake.fold("events")
    assert not Lake(lake.root).append("events", events([1]), app=("demo", 104))
    assert _count(lake) == 105


def test_two_writers_at_once_lose_nothing_and_double_nothing(lake: Lake) -> None:
    def write() -> None:
        other = Lake(lake.root)
        for version in range(10):
            other.append("events", events([version] * 5), app=("shared", version))
            other.append("events", events([version]))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    folded = lake.fold("events")
    for writer in writers:
        writer.join()
    assert folded + lake.fold("events") == _count(lake) == 10 * 5 + 2 * 10


def test_another_tool_may_append_while_we_fold(lake: Lake) -> None:
    lake.append("events", events([1, 2]))
    stale = DeltaTable(lake.root / "events")
    lake.fold("events")
    rows = lake.query("FROM events").append_column("bucket", pa.array([-1, -1], pa.int32()))
    from deltalake import write_deltalake

    write_deltalake(stale, rows.select(["bucket", *rows.column_names[:-1]]).cast(pa.schema(stale.schema())),
                    mode="append")  # fmt: skip
    assert _count(lake) == 4


def test_a_fold_sorts_rows_into_buckets_and_doubles_their_number(lake: Lake) -> None:
    lake.append("events", events(list(range(30))))
    assert lake.fold("events") == 30
    assert lake.facts["events"].snapshot().buckets == 1
    lake.append("events", events(list(range(100)), first=30))
    assert lake.fold("events") == 100
    snapshot = lake.facts["events"].snapshot()
    assert (snapshot.buckets, snapshot.rows, snapshot.unfolded) == (4, 130, ())
    assert lake.fold("events") == 0


def test_buckets_double_only_beyond_their_share_of_rows() -> None:
    assert [buckets_for(rows, 1) for rows in (0, 1_300_000, 1_300_001, 5_200_001)] == [1, 1, 2, 8]
    assert buckets_for(10, 16) == 16


def test_a_fold_leaves_no_file_behind_once_queries_are_through(lake: Lake) -> None:
    for first in range(3):
        lake.append("events", events([1, 2, 3], first=first * 3))
    lake.fold("events")
    store = lake.facts["events"]
    assert store.vacuum(retention_hours=0) == 3
    assert {str(path) for path in store.folder.rglob("*.parquet")} == {file.path for file in store.snapshot().files}
    assert _count(lake) == 9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"customer_id": [1, None, 3]}, "customer_id is empty in row 1"),
        ({"ts": pa.array([0, 1, 2], pa.timestamp("us"))}, "give instants with a zone"),
        ({"name": None}, "column 'name' is missing"),
        ({"colour": ["red"] * 3}, "no column 'colour'"),
        ({"customer_id": ["1", "x", "3"]}, "customer_id must be int64"),
    ],
)
def test_rows_that_do_not_fit_are_refused_whole(lake: Lake, change: dict[str, object], words: str) -> None:
    columns = {**{name: events([1, 2, 3])[name] for name in events([]).column_names}, **change}
    rows = pa.table({name: values for name, values in columns.items() if values is not None})
    with pytest.raises(RowsRefused, match=words):
        lake.append("events", rows)
    assert _count(lake) == 0


def test_an_unknown_table_is_named(lake: Lake) -> None:
    with pytest.raises(NotFound, match="no table 'clicks'; it has order_lines, events, messages, answers"):
        lake.append("clicks", events([1]))


def test_a_day_of_traits_is_replaced_as_a_whole(lake: Lake) -> None:
    lake.replace_day(DAY, traits([1, 2, 3], orders_total=[1, 2, 3]))
    assert lake.replace_day(NEXT, iter([traits([1], orders_total=[5]), traits([2], orders_total=[6])])) == 2
    assert lake.replace_day(DAY, traits([9], orders_total=[7])) == 1
    assert lake.days() == (DAY, NEXT)
    assert lake.query("SELECT customer_id AS c FROM traits", day=DAY)["c"].to_pylist() == [9]
    assert sorted(lake.query("SELECT orders_total AS o FROM traits")["o"].to_pylist()) == [5, 6]


def test_a_day_may_be_emptied(lake: Lake) -> None:
    lake.replace_day(DAY, traits([1], orders_total=[1]))
    assert lake.replace_day(DAY, traits([], orders_total=pa.array([], pa.int64()))) == 0
    assert (lake.days(), lake.query("FROM traits").num_rows) == ((), 0)


def test_a_trait_may_be_added_but_not_change_its_type(lake: Lake) -> None:
    lake.replace_day(DAY, traits([1], orders_total=[1]))
    lake.replace_day(NEXT, traits([1], orders_total=[1], favourite=["WINE"]))
    history = lake.query("SELECT day, favourite FROM traits_history ORDER BY day").to_pylist()
    assert history == [{"day": DAY, "favourite": None}, {"day": NEXT, "favourite": "WINE"}]
    assert lake.query("SELECT customer_id, favourite FROM traits", day=DAY)["favourite"].to_pylist() == [None]
    with pytest.raises(RowsRefused, match="orders_total was int64 on earlier days and is now string"):
        lake.replace_day(NEXT, traits([1], orders_total=["many"]))
    assert lake.query("SELECT favourite FROM traits")["favourite"].to_pylist() == ["WINE"]


def test_another_process_s_commits_are_seen_at_once(lake: Lake) -> None:
    other = Lake(lake.root)
    for number in range(3):
        other.append("events", events([number]))
        assert _count(lake) == number + 1


def test_a_table_with_features_we_do_not_know_is_refused(lake: Lake) -> None:
    lake.append("events", events([1]))
    DeltaTable(lake.root / "events").alter.set_table_properties({"delta.enableDeletionVectors": "true"})
    with pytest.raises(Unavailable, match="deletionVectors"):
        Lake(lake.root).query("FROM events")


def test_a_draft_left_by_a_killed_writer_is_swept(lake: Lake, tmp_path: Path) -> None:
    lake.append("events", events([1]))
    left = lake.facts["events"].draft()
    left.write_bytes(b"half a file")
    lake.fold("events")
    assert not left.exists()
    assert _count(lake) == 1


def test_a_lake_deleted_and_begun_anew_is_read_anew(lake: Lake) -> None:
    lake.append("events", events([1, 2, 3]))
    assert _count(lake) == 3
    shutil.rmtree(lake.root)
    assert _count(lake) == 0
    Lake(lake.root).append("events", events([1]))
    assert _count(lake) == 1


def test_a_damaged_file_is_told_as_such(lake: Lake) -> None:
    lake.append("events", events([1, 2, 3]))
    Path(lake.facts["events"].snapshot().files[0].path).write_bytes(b"not Parquet")
    with pytest.raises((Unavailable, QueryFailed)):
        lake.query("FROM events")
    with pytest.raises(Unavailable, match="could not be folded, nothing was changed"):
        lake.fold("events")


def test_parts_of_a_day_must_agree_on_types(lake: Lake) -> None:
    with pytest.raises(RowsRefused, match="have different types"):
        lake.replace_day(DAY, iter([traits([1], orders_total=[1]), traits([2], orders_total=["x"])]))
    assert lake.days() == ()
