"""DuckDB over the files of Delta snapshots. Its connections may read the lake's folder and nothing else."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from cordiale.errors import CordialeError, Unavailable
from cordiale.lake.views import listed, quoted

_DAY_SECONDS = 86_400
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result makes an extra copy")  # see run_often


class QueryFailed(CordialeError):
    """The engine refused a query; the message is the engine's."""


class Engine(Protocol):
    """What runs a query over the lake. Both engines read the same snapshot and give the same rows."""

    name: str

    def query(self, sql: str, day: date | None = None, **relations: pa.Table) -> pa.Table:
        """The rows of `sql`, read-only, in UTC."""
        ...


@contextmanager
def _told() -> Iterator[None]:
    """The engine's errors as ours: a file that cannot be read is the lake's fault, the rest the query's."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise Unavailable(f"the lake cannot be read: {error}") from error
    except duckdb.Error as error:
        raise QueryFailed(str(error)) from error


class Session:
    """One connection, with the views it knows. Used by one thread at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._views: dict[str, str] = {}

    def show(self, views: Mapping[str, str]) -> None:
        """Make these views; those it already has with the same files are kept."""
        with _told():
            for name, sql in views.items():
                if self._views.get(name) != sql:
                    self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {sql}")
                    self._views[name] = sql

    @contextmanager
    def joined(self, relations: Mapping[str, pa.Table]) -> Iterator[None]:
        """Have these tables under their names while the block runs."""
        try:
            for name, table in relations.items():
                self._connection.register(name, table)
            yield
        finally:
            for name in relations:
                self._connection.unregister(name)

    def run(self, sql: str, bind: Sequence[Any] | None = None, *, limit: int | None = None) -> pa.Table:
        """The rows of one SELECT, the first `limit` of them. Raises QueryFailed with the engine's words."""
        with _told():
            one_select(self._connection, sql)
            rows = self._connection.sql(sql, params=bind or None)
            return (rows if limit is None else rows.limit(limit)).to_arrow_table()

    def run_often(self, sql: str, bind: Sequence[Any] | None = None) -> pa.Table:
        """As `run`, for a long text that is run over and over: it is parsed and bound once a call instead of twice.

        That is 10 ms of a bucket's 100; the price is a second copy of the rows for a moment.
        """
        with _told():
            self._connection.execute(one_select(self._connection, sql), bind or None)
            return self._connection.to_arrow_table()

    def interrupt(self) -> None:
        """Stop the running query, from another thread."""
        self._connection.interrupt()

    def close(self) -> None:
        """End the connection; it can run nothing more."""
        self._connection.close()


def one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The statement in `sql`. Raises QueryFailed unless it is exactly one SELECT."""
    statements = connection.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise QueryFailed("one SELECT at a time is answered; nothing was changed")
    return statements[0]


def run_each(instances: Sequence[Instance], tasks: Iterable[Callable[[Session], pa.Table]]) -> Iterator[pa.Table]:
    """Run tasks, one at a time on each instance; their results in order, with at most one in advance an instance."""
    pool = ThreadPoolExecutor(len(instances), thread_name_prefix="lake")
    free: SimpleQueue[Instance] = SimpleQueue()
    for instance in instances:
        free.put(instance)

    def run(task: Callable[[Session], pa.Table]) -> pa.Table:
        instance = free.get()
        try:
            with instance.session() as session:
                return task(session)
        finally:
            free.put(instance)

    remaining = iter(tasks)
    running = deque(pool.submit(run, task) for task in islice(remaining, len(instances)))
    try:
        while running:
            result = running.popleft().result()
            running.extend(pool.submit(run, task) for task in islice(remaining, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


class Instance:
    """A DuckDB in memory and its idle connections."""

    def __init__(self, lake: Path, *, threads: int, memory: str) -> None:
        self._spill = lake / "_tmp" / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._root = open_instance(lake, self._spill, threads=threads, memory=memory)
        self._idle: list[Session] = []
        self._guard = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection for one query; one that failed is not used again."""
        with self._guard:
            session = self._idle.pop() if self._idle else Session(self._root.cursor())
        try:
            yield session
        except BaseException:
            session.close()
            raise
        with self._guard:
            self._idle.append(session)

    def close(self) -> None:
        """Close all connections; spilled pages go with them."""
        with self._guard:
            for session in self._idle:
                session.close()
            self._idle.clear()
            self._root.close()


def sweep_spills(lake: Path) -> None:
    """Throw away what killed engines had spilled. Folders are named after the process."""
    for folder in (lake / "_tmp").glob("*"):
        if not _is_running(folder.name.partition("-")[0]) or time.time() - folder.stat().st_mtime > _DAY_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def open_instance(lake: Path, spill: Path, *, threads: int, memory: str) -> duckdb.DuckDBPyConnection:
    """A locked DuckDB: UTC, no extension from elsewhere, no file but the lake's, no Python variable as a table."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    connection.execute("SET GLOBAL timezone = 'UTC'")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute(f"SET allowed_directories = {listed([str(lake)])}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
