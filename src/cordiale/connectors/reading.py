"""Reading from the company's own databases and files: one SELECT, in the cursor's order, read-only, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pymysql
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from cordiale.connectors.models import Kind
from cordiale.errors import CordialeError, NotFound, Unavailable
from cordiale.lake import outside

BATCH = 1_000
_UNREADABLE = "the address of this database cannot be read; write it as {}, with %-codes for /, @ and : in a password"
STATEMENT_SECONDS, CONNECT_SECONDS = 300, 10
Row = dict[str, Any]
Value = int | datetime | None


def read(kind: str, address: str, query: str, cursor: str, start: Value) -> Iterator[list[Row]]:
    """Rows whose cursor is at least `start` (None: all), at most `BATCH` at once, lowest first.

    Raises Unavailable where nobody answers, CordialeError where the query or a column is wrong; never with the address.
    """
    readers = {Kind.POSTGRESQL: _postgresql, Kind.MYSQL: _mysql, Kind.DUCKDB: _duckdb, Kind.PARQUET: _parquet}
    return readers[Kind(kind)](address, query, cursor, start)


def _postgresql(address: str, query: str, cursor: str, start: Value) -> Iterator[list[Row]]:
    statement = sql.SQL(
        "select * from ({query}\n) as pulled where {column} is not null {since} order by {column}"
    ).format(
        query=sql.SQL(query),  # the query an administrator wrote
        column=sql.Identifier(cursor),
        since=sql.SQL("and {} >= %s").format(sql.Identifier(cursor)) if start is not None else sql.SQL(""),
    )
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s -c timezone=UTC"
    told = _postgresql_parts(address)
    try:
        with psycopg.connect(**told, options=options, connect_timeout=CONNECT_SECONDS) as connection:
            connection.read_only = True
            with connection.cursor("cordiale_pull", row_factory=psycopg.rows.dict_row) as rows:
                rows.execute(_escaped(statement, connection, start), [start] if start is not None else None)
                yield from iter(lambda: rows.fetchmany(BATCH), [])
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database does not answer: {_first_line(error)}") from None
    except psycopg.Error as error:
        raise CordialeError(f"the query fails: {_first_line(error)}") from None


def _postgresql_parts(address: str) -> dict[str, Any]:
    """Read it first: libpq's complaint about an address it cannot read quotes all of it, with the password."""
    try:
        told = conninfo_to_dict(address)
    except psycopg.Error:
        raise CordialeError(_UNREADABLE.format("postgresql://user:password@host:5432/database")) from None
    return {name: value for name, value in told.items() if name not in {"options", "connect_timeout"}}


def _escaped(statement: sql.Composed, connection: Any, start: Value) -> Any:
    """A % the administrator wrote is his own: it is doubled where parameters are bound."""
    if start is None:
        return statement
    *before, last = statement.as_string(connection).rsplit(">= %s", 1)
    return (before[0].replace("%", "%%") + ">= %s" + last.replace("%", "%%")).encode()


def _mysql(address: str, query: str, cursor: str, start: Value) -> Iterator[list[Row]]:
    since = f"and `{cursor}` >= %s" if start is not None else ""
    statement = (
        f"select * from ({_doubled(query, start)}\n) as pulled where `{cursor}` is not null {since} order by `{cursor}`"
    )
    parts = _mysql_parts(address)
    try:
        connection = pymysql.connect(
            **parts, charset="utf8mb4", connect_timeout=CONNECT_SECONDS, read_timeout=STATEMENT_SECONDS,
            cursorclass=pymysql.cursors.SSDictCursor,
        )  # fmt: skip
    except pymysql.Error as error:
        raise Unavailable(f"the database does not answer: {_first_line(error)}") from None
    with closing(connection):
        try:
            with connection.cursor() as rows:
                _limit_mysql(rows)
                told = start.replace(tzinfo=None) if isinstance(start, datetime) else start
                rows.execute(statement, [told] if told is not None else None)
                yield from iter(lambda: list(rows.fetchmany(BATCH)), [])
        except pymysql.OperationalError as error:
            raise Unavailable(f"the database does not answer: {_first_line(error)}") from None
        except pymysql.Error as error:
            raise CordialeError(f"the query fails: {_first_line(error)}") from None


def _mysql_parts(address: str) -> dict[str, Any]:
    unreadable = CordialeError(_UNREADABLE.format("mysql://user:password@host:3306/database"))
    try:
        parts = urlsplit(address)
        port = parts.port or 3306
    except ValueError:  # it quotes what it cannot read
        raise unreadable from None
    database = unquote(parts.path.strip("/"))
    if parts.scheme not in {"mysql", "mariadb"} or not database:
        raise unreadable
    return {
        "host": parts.hostname or "127.0.0.1", "port": port, "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""), "database": database,
    }  # fmt: skip


def _limit_mysql(rows: Any) -> None:
    """Read-only, times in UTC, and an end to every statement (MariaDB and MySQL name it differently)."""
    rows.execute("set session time_zone = '+00:00'")
    for limit in (f"max_statement_time = {STATEMENT_SECONDS}", f"max_execution_time = {STATEMENT_SECONDS * 1000}"):
        with suppress(pymysql.Error):
            rows.execute(f"set session {limit}")
    rows.execute("start transaction read only")


def _duckdb(address: str, query: str, cursor: str, start: Value) -> Iterator[list[Row]]:
    since = f'and "{cursor}" >= ?' if start is not None else ""
    statement = f'select * from ({query}\n) as pulled where "{cursor}" is not null {since} order by "{cursor}"'
    told = start.replace(tzinfo=None) if isinstance(start, datetime) else start
    bind = [told] if told is not None else None
    for batch in outside.read_duckdb(Path(address), statement, bind, batch_rows=BATCH):
        yield from _sliced(batch.to_pylist())


def _parquet(address: str, query: str, cursor: str, start: Value) -> Iterator[list[Row]]:
    """Files have no order: what is new is sorted here. `address` is a file or a folder of files."""
    path = Path(address)
    if not path.exists():
        raise NotFound(f"there is no file or folder {path}")
    names = sorted(str(one) for one in path.rglob("*.parquet")) if path.is_dir() else [str(path)]
    if not names:
        raise NotFound(f"there is no file *.parquet in {path}")
    try:
        files = ds.dataset(names, format="parquet")
        column = files.schema.field(cursor)
        wanted = pc.field(cursor).is_valid() if start is None else pc.field(cursor) >= _scalar(start, column.type)
        found = files.to_table(filter=wanted).sort_by(cursor)
    except KeyError:
        raise CordialeError(f"the files have no column '{cursor}'") from None
    except (pa.ArrowException, OSError) as error:
        raise CordialeError(f"{path} cannot be read as Parquet: {_first_line(error)}") from None
    for batch in found.to_batches(max_chunksize=BATCH):
        yield batch.to_pylist()


def _scalar(start: Value, kind: pa.DataType) -> pa.Scalar:
    if isinstance(start, datetime) and pa.types.is_timestamp(kind) and kind.tz is None:
        start = start.replace(tzinfo=None)
    return pa.scalar(start).cast(kind)


def _sliced(rows: Sequence[Row]) -> Iterator[list[Row]]:
    for first in range(0, len(rows), BATCH):
        yield list(rows[first : first + BATCH])


def _doubled(query: str, start: Value) -> str:
    return query if start is None else query.replace("%", "%%")


def _first_line(error: Exception) -> str:
    """What the other side said, without the addresses and passwords that drivers add to it."""
    said = str(error.args[-1]) if error.args else type(error).__name__
    return said.strip().splitlines()[0][:200] if said.strip() else type(error).__name__


@contextmanager
def closed(rows: Iterator[list[Row]]) -> Iterator[Iterator[list[Row]]]:
    """Let go of the source at once when the reader stops early."""
    try:
        yield rows
    finally:
        rows.close()  # type: ignore[attr-defined]
