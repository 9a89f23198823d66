"""DuckDB for what is not in the lake: tables at hand, and a DuckDB file somebody else wrote.

Nothing here reads or writes any file but the one it is given, and that one read-only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cordiale.errors import NotFound, Unavailable
from cordiale.lake.engine import QueryFailed, Session, one_select

_MEMORY = "2GB"
BATCH_ROWS = 65_536


def query_tables(sql: str, bind: Sequence[Any] | None = None, /, **relations: pa.Table) -> pa.Table:
    """The rows of one SELECT over `relations`, in a private DuckDB: no file, no network, no setting. Zone UTC.

    `bind` fills `?`. Raises QueryFailed with the engine's words.
    """
    with closing(_open(":memory:")) as connection:
        session = Session(connection)
        with session.joined(relations):
            return session.run(sql, bind)


def read_duckdb(
    path: Path, sql: str, bind: Sequence[Any] | None = None, *, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """The rows of one SELECT over the tables of a DuckDB file, in batches; the file is opened read-only.

    Raises NotFound where there is no such file, Unavailable where it is no DuckDB file or another process writes it,
    QueryFailed with the engine's words.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    with closing(_open(str(path))) as connection:
        try:
            one_select(connection, sql)
            yield from connection.sql(sql, params=bind or None).to_arrow_reader(batch_rows)
        except duckdb.Error as error:
            raise QueryFailed(str(error)) from error


def _open(database: str) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(
            database,
            read_only=database != ":memory:",
            config={
                "threads": max(1, os.cpu_count() or 1),
                "memory_limit": _MEMORY,
                "temp_directory": "",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
            },
        )
    except duckdb.Error as error:
        raise Unavailable(f"{database} cannot be read as a DuckDB file: {error}") from error
    connection.execute("SET GLOBAL timezone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
