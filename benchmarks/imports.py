"""Importing customers: rows a second from Parquet and from CSV, validation, matching, golden records and all.

    python -m benchmarks.imports                    # 1 000 000 customers; exit 1 when a target is missed
    python -m benchmarks.imports --rows 100000
    python -m benchmarks.imports --phases           # and where the time of each import goes

The file has reference, first_name, last_name, email, phone, postcode, city, birth_on. Beside it, in the same run and
the same PostgreSQL: a bare COPY of the same rows into a table without an index (the limit of any), the floor (what an
import has written, read out and written again into the same emptied tables by COPY alone, the indexes set aside as
imports do and built at the end: no file, no check, nobody looked up), and a loop that does what an application usually
does, row by row with the ORM (at a small size). Each import starts from an empty base.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 - the home is chosen before Django reads its settings
import argparse
import csv
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks import import_phases
from cordiale import home
from cordiale.config import postgres

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
TARGETS = {"parquet": 50_000, "csv": 20_000}
NAIVE_ROWS = 2_000
COLUMNS = ("reference", "first_name", "last_name", "email", "phone", "postcode", "city", "birth_on")
_FIRST = ("Jean", "Marie", "Élodie", "Théo", "Léa", "Hugo", "Zoé", "Aurélie", "Maël", "Inès", "Louis", "Chloé")
_LAST = ("Martin", "Bernard", "Lefèvre", "Dubois", "Müller", "Petit", "Garcia", "Roux", "N’Diaye", "Guérin")
_MAILBOXES = ("jean.martin", "m.bernard", "elodie", "theo.lefevre", "lea", "h.dubois", "zoe-petit", "aurelie.g")
_HOSTS = ("example.org", "mail.example.com", "example.fr", "post.example.net")
WRITTEN = ("customers_customer", "customers_submission", "identity_identity")
_CITIES = (
    ("69001", "Lyon"),
    ("75011", "Paris"),
    ("13001", "Marseille"),
    ("42000", "Saint-Étienne"),
    ("35000", "Rennes"),
)


def people(rows: int) -> pa.Table:
    """Always the same customers; each has an address and a telephone number of its own, in no order."""
    draw = random.Random(7)
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for number in range(rows):
        first, last = draw.choice(_FIRST), f"{draw.choice(_LAST)} {number % 9973:04x}"
        scattered = number * 7_654_321 % 10_000_000  # another one for each of ten million
        postcode, city = draw.choice(_CITIES)
        values = (
            f"R{number:08d}", first, last, f"{draw.choice(_MAILBOXES)}{scattered}@{draw.choice(_HOSTS)}",
            f"061{scattered:07d}", postcode, city,
            date(1940, 1, 1) + timedelta(days=draw.randrange(24_000)),
        )  # fmt: skip
        for name, value in zip(COLUMNS, values, strict=True):
            columns[name].append(value)
    return pa.table(columns)


def write(table: pa.Table, folder: Path) -> dict[str, Path]:
    """The same rows as Parquet and as the CSV a French spreadsheet writes."""
    files = {"parquet": folder / "people.parquet", "csv": folder / "people.csv"}
    pq.write_table(table, files["parquet"])
    with files["csv"].open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for batch in table.to_batches(50_000):
            cells = [column.to_pylist() for column in batch.columns]
            cells[-1] = [f"{day:%d/%m/%Y}" for day in cells[-1]]
            writer.writerows(zip(*cells, strict=True))
    return files


def imported(file: Path) -> float:
    """Seconds to import a file into an empty base, from reading it to the last commit."""
    from cordiale.imports import actions
    from cordiale.imports.files import parts_of
    from cordiale.imports.mapping import of_json
    from cordiale.jobs import running

    _empty()
    one = actions.receive("customers", file.name, parts_of(file), "benchmark", NOW)
    actions.prepare(one, of_json({**one.mapping, "basis": "none"}), {})
    start = time.perf_counter()
    running.run(actions.begin(one, "benchmark", NOW))
    seconds = time.perf_counter() - start
    one.refresh_from_db()
    if one.state != "done" or one.counts.get("refused"):
        raise SystemExit(f"the import ended as {one.state}: {one.counts} {one.job and one.job.error}")
    return seconds


def bare_copy(table: pa.Table) -> float:
    """Seconds to COPY the same rows into a table of texts without an index, the CSV text written beforehand."""
    from django.db import connection, transaction

    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(include_header=False))
    content = memoryview(sink.getvalue())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE benchmark_people ({', '.join(f'{name} text' for name in COLUMNS)})")
    start = time.perf_counter()
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY benchmark_people FROM STDIN (FORMAT csv)") as copy,
    ):
        for place in range(0, len(content), 1 << 20):
            copy.write(bytes(content[place : place + (1 << 20)]))
    seconds = time.perf_counter() - start
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE benchmark_people")
    return seconds


def floor(folder: Path) -> float:
    """Seconds COPY alone takes to write what the import before wrote, into the same tables with their indexes."""
    from django.db import connection, transaction

    from cordiale.customers import durability, indexes

    files = {name: folder / name for name in WRITTEN}
    with connection.cursor() as cursor:
        for name, path in files.items():
            with path.open("wb") as file, cursor.copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy:
                file.writelines(copy)
    _empty()
    indexes._drop()
    start = time.perf_counter()
    with durability.behind():
        for name, path in files.items():
            statement = f"COPY {name} FROM STDIN (FORMAT binary)"
            with (
                transaction.atomic(),
                connection.cursor() as cursor,
                path.open("rb") as file,
                cursor.copy(statement) as copy,
            ):
                while part := file.read(1 << 20):
                    copy.write(part)
        indexes.ensure()
    return time.perf_counter() - start


def naive(table: pa.Table) -> float:
    """Seconds a loop takes that looks each row up by its reference and saves it, a commit a row."""
    from cordiale.customers.models import Customer

    _empty()
    start = time.perf_counter()
    for row in table.to_pylist():
        known = Customer.objects.filter(reference=row["reference"]).first()
        one = known or Customer(reference=row["reference"], created_at=NOW)
        for name, value in row.items():
            setattr(one, name, value)
        one.updated_at = NOW
        one.save()
    return time.perf_counter() - start


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(WRITTEN)}, imports_import CASCADE")
        cursor.execute("CHECKPOINT")
    os.sync()  # what else was written, the files themselves, must not weigh on what comes now


@contextmanager
def _home() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="cordiale-benchmark-") as folder:
        os.environ["CORDIALE_HOME"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "cordiale.config.settings"
        os.environ.pop("DATABASE_URL", None)
        postgres.hold(home.current())
        try:
            import django

            django.setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0, interactive=False)
            yield
        finally:
            from django.db import connections

            connections.close_all()
            postgres.release(home.current())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; how many targets are missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=[*TARGETS], default=None)
    parser.add_argument("--phases", action="store_true", help="where the time of each import goes")
    chosen = parser.parse_args(arguments)
    missed = 0
    with _home(), tempfile.TemporaryDirectory() as folder:
        table = people(chosen.rows)
        files = write(table, Path(folder))
        copied = chosen.rows / bare_copy(table)
        slow = NAIVE_ROWS / naive(table.slice(0, NAIVE_ROWS))
        print(f"bare COPY into an unindexed table  {copied:>10,.0f} rows/s")
        print(f"row by row with the ORM            {slow:>10,.0f} rows/s ({NAIVE_ROWS} rows)")
        for kind, target in TARGETS.items():
            if chosen.only not in (None, kind):
                continue
            with import_phases.printed(chosen.rows) if chosen.phases else nullcontext():
                rate = chosen.rows / imported(files[kind])
            missed += rate < target
            ratios = f"{rate / copied:.2f} × the COPY, {rate / slow:.0f} × row by row"
            print(f"import from {kind:<8}               {rate:>10,.0f} rows/s (target {target:,}), {ratios}")
        print(f"the floor: COPY into our tables    {chosen.rows / floor(Path(folder)):>10,.0f} rows/s")
    return missed


if __name__ == "__main__":
    sys.exit(main())
