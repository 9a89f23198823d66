"""The door for SQL that a person typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cordiale import home
from cordiale.errors import Refused
from cordiale.lake import Lake, QueryFailed, open_lake
from cordiale.lake.commands import app

from .cast import events

_ANSWERED = {
    "SELECT count(*) AS n FROM events": 1,
    "FROM events": 3,
    "WITH e AS (FROM events) SELECT * FROM e WHERE customer_id = 1": 1,
    "DESCRIBE events": 10,
    "SHOW TABLES": 6,
    "SELECT * FROM range(4) t(x) JOIN events ON customer_id = x": 3,
    "SELECT unnest([1, 2, 3])": 3,
}
_REFUSED = [
    "COPY (SELECT 1) TO '/tmp/cordiale-copied.csv'",
    "EXPORT DATABASE '/tmp/cordiale-exported'",
    "ATTACH '/tmp/cordiale-attached.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET threads = 1",
    "SET VARIABLE x = 1",
    "CALL pragma_version()",
    "CREATE TABLE t (x INTEGER)",
    "INSERT INTO events SELECT 1",
    "DROP VIEW events",
    "SELECT 1; SELECT 2",
    "",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM events WHERE EXISTS (SELECT 1 FROM read_text('/etc/passwd'))",
    "WITH x AS (SELECT * FROM read_blob('/etc/passwd')) FROM x",
    "FROM '/etc/passwd'",
    'FROM "/etc/passwd"',
    "FROM 'https://example.org/x.parquet'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM information_schema.tables",
    "SELECT current_setting('temp_directory')",
    "SELECT getenv('HOME')",
]


@pytest.fixture
def filled(lake: Lake) -> Lake:
    lake.append("events", events([1, 2, 3]))
    return lake


@pytest.mark.parametrize(("sql", "rows"), _ANSWERED.items())
def test_reading_is_answered(filled: Lake, sql: str, rows: int) -> None:
    assert filled.query_readonly(sql).num_rows == rows


@pytest.mark.parametrize("sql", _REFUSED)
def test_anything_else_is_refused(filled: Lake, sql: str) -> None:
    with pytest.raises(Refused):
        filled.query_readonly(sql)
    assert not any(Path("/tmp").glob("cordiale-copied*"))


def test_a_mistake_is_told_in_the_engine_s_words(filled: Lake) -> None:
    with pytest.raises(QueryFailed, match="nope"):
        filled.query_readonly("SELECT nope FROM events")
    with pytest.raises(QueryFailed, match="selekt"):
        filled.query_readonly("selekt 1")


def test_rows_and_time_are_bounded(filled: Lake) -> None:
    assert filled.query_readonly("FROM events", limit=2).num_rows == 2
    with pytest.raises(QueryFailed, match=r"stopped after 0\.2 s; ask for less"):
        filled.query_readonly("SELECT count(*) FROM range(1000000000000)", seconds=0.2)
    assert filled.query_readonly("FROM events").num_rows == 3


def test_the_command_prints_rows_as_json(fresh_home: home.Home) -> None:
    open_lake().append("events", events([1, 2, 3]))
    outcome = CliRunner().invoke(app, ["query", "SELECT customer_id FROM events ORDER BY 1", "--limit", "2", "--json"])
    assert json.loads(outcome.stdout) == {
        "columns": ["customer_id"],
        "rows": [{"customer_id": 1}, {"customer_id": 2}],
        "truncated": True,
    }


def test_the_command_lists_the_tables(fresh_home: home.Home) -> None:
    open_lake().append("events", events([1, 2, 3]))
    tables = json.loads(CliRunner().invoke(app, ["tables", "--json"]).stdout)["tables"]
    assert {table["table"]: (table["rows"], table["unfolded"]) for table in tables} == {
        "order_lines": (0, 0),
        "events": (3, 3),
        "messages": (0, 0),
        "answers": (0, 0),
        "traits": (0, 0),
    }
