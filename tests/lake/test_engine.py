"""Reading: views, aliases, some customers only, bucket by bucket, from many threads."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest

from cordiale.lake import Lake, QueryFailed, dialect

from .cast import START, events, traits

BY_CUSTOMER = "SELECT customer_id, count(*) AS n FROM events GROUP BY customer_id ORDER BY customer_id"


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """200 events of 40 customers, most of them folded into four buckets."""
    lake.append("events", events([n * 7 % 40 for n in range(150)]))
    lake.fold("events")
    lake.append("events", events([n * 11 % 40 for n in range(50)], first=150))
    return lake


def _counts(rows: pa.Table) -> dict[int, int]:
    return {row["customer_id"]: row["n"] for row in rows.to_pylist()}


def test_a_merged_customer_s_facts_are_read_as_the_other_s(filled: Lake) -> None:
    before = _counts(filled.query(BY_CUSTOMER))
    filled.publish_aliases(pa.table({"alias_id": [3, 4], "customer_id": [7, 7]}))
    after = _counts(filled.query(BY_CUSTOMER))
    assert after[7] == before[7] + before[3] + before[4]
    assert set(before) - set(after) == {3, 4}


def test_an_unmerged_customer_has_his_facts_back(filled: Lake) -> None:
    before = filled.query(BY_CUSTOMER)
    filled.publish_aliases(pa.table({"alias_id": [3], "customer_id": [7]}))
    filled.publish_aliases(pa.table({"alias_id": [], "customer_id": []}))
    assert filled.query(BY_CUSTOMER).equals(before)


@pytest.mark.parametrize("aliases", [{}, {3: 7, 4: 7, 30: 2, 99: 8}])
def test_some_customers_only_see_what_they_see_in_the_whole(filled: Lake, aliases: dict[int, int]) -> None:
    filled.publish_aliases(pa.table({"alias_id": list(aliases), "customer_id": list(aliases.values())}))
    whole = _counts(filled.query(BY_CUSTOMER))
    for wanted in ([7], [2, 5, 8, 39], [3, 7], [1000], []):
        some = _counts(filled.query(BY_CUSTOMER, only_customers=wanted))
        assert some == {customer: n for customer, n in whole.items() if customer in wanted}


def test_some_customers_traits_are_theirs(lake: Lake) -> None:
    lake.replace_day(date(2026, 1, 5), traits([1, 2, 3], orders_total=[4, 5, 6]))
    rows = lake.query("SELECT orders_total AS o FROM traits", only_customers=[3, 1])
    assert sorted(rows["o"].to_pylist()) == [4, 6]


@pytest.mark.parametrize("aliases", [{}, {3: 7, 4: 7, 30: 2, 99: 8}])
def test_bucket_by_bucket_gives_the_whole_query_s_rows(filled: Lake, aliases: dict[int, int]) -> None:
    filled.publish_aliases(pa.table({"alias_id": list(aliases), "customer_id": list(aliases.values())}))
    people = pa.table({"customer_id": pa.array(range(60), pa.int64())})
    names = pa.table({"name": ["Product Viewed"]})
    sql = f"""SELECT p.customer_id, count(event_id) AS n, count(*) FILTER (WHERE ts > {dialect.instant(START)}) AS later
              FROM people p LEFT JOIN (SELECT * FROM events JOIN names USING (name)) e ON e.customer_id = p.customer_id
              GROUP BY p.customer_id"""
    parts = list(filled.per_customer(sql, people=people, names=names))
    whole = filled.query(sql, people=people, names=names)
    assert len(parts) == filled.facts["events"].snapshot().buckets == 4
    assert pa.concat_tables(parts).sort_by("customer_id").equals(whole.sort_by("customer_id"))


def test_a_failing_query_bucket_by_bucket_says_why(filled: Lake) -> None:
    with pytest.raises(QueryFailed, match="nope"):
        list(filled.per_customer("SELECT nope FROM events"))
    assert filled.query(BY_CUSTOMER).num_rows == 40


def test_tables_join_in_under_their_names_for_one_query(lake: Lake) -> None:
    rows = lake.query("SELECT x * ? AS y FROM numbers ORDER BY 1", bind=[2], numbers=pa.table({"x": [1, 2]}))
    assert rows["y"].to_pylist() == [2, 4]
    with pytest.raises(QueryFailed, match="numbers"):
        lake.query("FROM numbers")


def test_a_given_table_cannot_take_a_view_s_name(lake: Lake) -> None:
    with pytest.raises(ValueError, match="'events' is a name of the lake's own"):
        lake.query("FROM events", events=events([1]))


def test_instants_are_utc_whatever_their_offset(lake: Lake) -> None:
    lake.append("events", events([1]))
    paris = datetime(2026, 1, 5, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    rows = lake.query(f"SELECT ts FROM events WHERE ts = {dialect.instant(paris)}")
    assert rows["ts"][0].as_py() == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def test_the_engine_changes_nothing_and_reads_no_other_file(filled: Lake) -> None:
    for sql in (
        f"COPY (SELECT 1) TO '{filled.root}/x.parquet'",
        "CREATE TABLE t (x INTEGER)",
        "SET threads = 1",
        "SELECT * FROM read_csv('/etc/passwd')",
        "FROM '/etc/passwd'",
        "SELECT 1; SELECT 2",
    ):
        with pytest.raises(QueryFailed):
            filled.query(sql)
    assert not (filled.root / "x.parquet").exists()


def test_a_python_variable_is_no_table(lake: Lake) -> None:
    secret = events([1])
    with pytest.raises(QueryFailed, match="secret"):
        lake.query("FROM secret")
    assert secret.num_rows == 1


def test_many_threads_read_while_one_writes(lake: Lake) -> None:
    failures: list[str] = []

    def read() -> None:
        for _ in range(20):
            row = lake.query("SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM events").to_pylist()[0]
            if row["n"] % 10 or row["n"] != row["ids"]:
                failures.append(str(row))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for batch in range(10):
        lake.append("events", events(list(range(10)), first=batch * 10))
        if batch % 4 == 3:
            lake.fold("events")
    for reader in readers:
        reader.join()
    assert failures == []
