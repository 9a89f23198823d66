"""Profiles of customers as Arrow, kept in memory until one changes."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection

from cordiale.consent.queries import address_sql
from cordiale.segments.rules.language import REACHED_BY, Kind
from cordiale.segments.rules.tree import Declared

_BIRTHDAY = "birth_on + make_interval(years => {years})"
_AGE = "extract(year from age(%(day)s::date, birth_on))::int"
_NEXT_BIRTHDAY = (
    f"(case when ({_BIRTHDAY.format(years=_AGE)})::date = %(day)s::date then %(day)s::date"
    f" else ({_BIRTHDAY.format(years=f'{_AGE} + 1')})::date end)"
)
_COLUMNS: dict[str, tuple[str, pa.DataType]] = {
    "reference": ("nullif(reference, '')", pa.string()),
    "language": ("nullif(language, '')", pa.string()),
    "city": ("nullif(city, '')", pa.string()),
    "postcode": ("nullif(postcode, '')", pa.string()),
    "country": ("nullif(country, '')", pa.string()),
    "timezone": ("nullif(timezone, '')", pa.string()),
    "birth_on": ("birth_on", pa.date32()),
    "created_at": ("(extract(epoch from created_at) * 1000000)::bigint", pa.int64()),
    "has_email": ("email <> ''", pa.bool_()),
    "has_phone": ("phone <> ''", pa.bool_()),
    "age": (_AGE, pa.int32()),
    "birthday_in": (f"{_NEXT_BIRTHDAY} - %(day)s::date", pa.int32()),
    **{
        column: (f"restricted_at is null and {address_sql(channel, 'customers_customer')} <> ''", pa.bool_())
        for channel, column in REACHED_BY.items()
    },
}
"""Each profile field as PostgreSQL computes it. A birthday of 29 February is on the 28th in other years."""
_OF_THE_DAY = frozenset({"age", "birthday_in"})
_NUMBER = (
    r"case when (declared ->> %({key})s) ~ '^-?\d{{1,15}}(\.\d{{1,30}})?$'"
    " then (declared ->> %({key})s)::float8 end"
)
_DAY = (
    r"case when (declared ->> %({key})s) ~ '^[1-9]\d{{3}}-(0[1-9]|1[0-2])-\d{{2}}$' then"
    " case when right(declared ->> %({key})s, 2)::int between 1 and extract(day from"
    " (left(declared ->> %({key})s, 7) || '-01')::date + interval '1 month - 1 day')"
    " then (declared ->> %({key})s)::date end end"
)
"""A day as it is declared; 30 February is none."""
_DECLARED = {
    Kind.TEXT: ("nullif(declared ->> %({key})s, '')", pa.string()),
    Kind.NUMBER: (_NUMBER, pa.float64()),
    Kind.BOOLEAN: ("case declared ->> %({key})s when 'true' then true when 'false' then false end", pa.bool_()),
    Kind.DATE: (_DAY, pa.date32()),
}
_FINGERPRINT = (
    "select count(*), sum(xmin::text::bigint), pg_current_xact_id_if_assigned() is null from customers_customer"
)
"""Any insert, update or delete that another transaction committed changes it: no clock and no sequence is involved."""

Column = str | tuple[str, Kind]
"""A profile field, or a declared key and how it is read."""


@dataclass(frozen=True, kw_only=True)
class _Cached:
    fingerprint: tuple[Any, ...]
    day: date
    columns: tuple[Column, ...]
    table: pa.Table


_guard = threading.Lock()
_cache: dict[str, _Cached] = {}


def profiles(
    fields: Sequence[str], declared: Sequence[Declared], day: date, only: Sequence[int] | None = None
) -> pa.Table:
    """The relation `profiles`: customer_id, these fields, and `declared_<n>`. `day` is today where customers live.

    With `only`, these customers; else everyone, from this process's cache while nobody's profile has changed.
    """
    columns: tuple[Column, ...] = (*fields, *((one.key, one.kind) for one in declared))
    table = _read(columns, day, only) if only is not None else _all(columns, day)
    picked = [table.column("customer_id"), *(table.column(_name(column)) for column in columns)]
    return pa.table(picked, names=["customer_id", *fields, *(f"declared_{n}" for n in range(len(declared)))])


def fingerprint() -> tuple[Any, ...] | None:
    """What differs once anybody's record has changed; None in a transaction that has written, which sees what others
    do not."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT)
        *found, is_reading = cursor.fetchone()
    return tuple(found) if is_reading else None


def _all(columns: tuple[Column, ...], day: date) -> pa.Table:
    now = fingerprint()
    if now is None:  # neither read nor fill the cache
        return _read(columns, day, None)
    database = str(connection.settings_dict["NAME"])
    with _guard:
        cached = _cache.get(database)
        if cached is None or cached.fingerprint != now:
            cached = _Cached(fingerprint=now, day=day, columns=columns, table=_read(columns, day, None))
        elif not _serves(cached, columns, day):
            wanted = tuple(dict.fromkeys((*columns, *cached.columns)))[:_MOST_COLUMNS]
            cached = _Cached(fingerprint=now, day=day, columns=wanted, table=_read(wanted, day, None))
        _cache[database] = cached
    return cached.table


_MOST_COLUMNS = 60


def _serves(cached: _Cached, columns: tuple[Column, ...], day: date) -> bool:
    return set(columns) <= set(cached.columns) and (day == cached.day or not _OF_THE_DAY.intersection(columns))


def _read(columns: Sequence[Column], day: date, only: Sequence[int] | None) -> pa.Table:
    values: dict[str, Any] = {"day": day, "only": listed(only)}
    types: dict[str, pa.DataType] = {"customer_id": pa.int64()}
    selected = ["id"]
    for number, column in enumerate(columns):
        sql, types[_name(column)] = _COLUMNS[column] if isinstance(column, str) else _DECLARED[column[1]]
        if not isinstance(column, str):
            values[f"key_{number}"] = column[0]
            sql = sql.format(key=f"key_{number}")
        selected.append(sql)
    chosen = f"select {', '.join(selected)} from customers_customer where merged_into_id is null{_only('id', only)}"
    statement = f"copy ({chosen}) to stdout (format csv)"
    return _instants(copied(statement, values, types))


def copied(statement: str, values: dict[str, Any], types: dict[str, pa.DataType]) -> pa.Table:
    """The rows of a CSV COPY, in these columns."""
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        with cursor.copy(statement, values) as copy:
            for block in copy:
                file.write(block)
        if not file.tell():
            return pa.schema(types).empty_table()
        file.seek(0)
        return pyarrow.csv.read_csv(
            file,
            read_options=pyarrow.csv.ReadOptions(column_names=list(types), block_size=8 << 20),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
                true_values=["t"], false_values=["f"],
            ),
        )  # fmt: skip


def _instants(table: pa.Table) -> pa.Table:
    if "created_at" not in table.column_names:
        return table
    place = table.column_names.index("created_at")
    return table.set_column(place, "created_at", table.column(place).cast(pa.timestamp("us", tz="UTC")))


def _name(column: Column) -> str:
    return column if isinstance(column, str) else f"{column[1]}:{column[0]}"


def _only(column: str, only: Sequence[int] | None) -> str:
    return "" if only is None else f" and {column} = any(%(only)s::bigint[])"


def listed(only: Sequence[int] | None) -> list[int]:
    """What a statement binds for `only`."""
    return [int(number) for number in only or ()]
