"""Where words are still found: in every table of the database, and in every file of a home."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
from django.db import connection

_TABLES = """
select format('%I.%I', table_schema, table_name) from information_schema.tables
where table_type = 'BASE TABLE' and table_schema not in ('information_schema')
"""


def in_tables(words: Sequence[str]) -> list[str]:
    """The tables (those of the server's own catalogue included) with a row in which a word stands, in any case."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"select count(*) from {table} as one where one::text ilike any(%s)", [[f"%{word}%" for word in words]]
            )
            if cursor.fetchone()[0]:
                found.append(str(table))
    return found


def in_files(words: Sequence[str], *folders: Path) -> list[str]:
    """The files that hold a word as bytes, or as a value of a Parquet file, or inside an archive."""
    wanted = [word.encode() for word in words] + [word.lower().encode() for word in words]
    return sorted(
        {
            _named(path)
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink()
            for content in _contents(path)
            if any(word in content for word in wanted)
        }
    )


def _named(path: Path) -> str:
    """The path, of the database's files with what they hold."""
    number = path.name.partition(".")[0]
    if path.parent.parent.name != "base" or not number.isdigit():
        return str(path)
    with connection.cursor() as cursor:
        cursor.execute("select pg_filenode_relation(0, %s)::regclass::text", [int(number)])
        return f"{path} ({cursor.fetchone()[0]})"


def _contents(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw
    if path.suffix == ".parquet":
        for column in pq.read_table(path).columns:
            yield "\n".join(str(value) for value in column.unique().to_pylist()).encode()
    elif path.suffix == ".gz":
        yield gzip.decompress(raw)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
