"""One run of the linking: records in, scored pairs out. Memory is bounded; what does not fit goes to the disk."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from splink import DuckDBAPI, Linker

from cordiale import home
from cordiale.duplicates.linking import blocking
from cordiale.duplicates.linking.comparisons import COMPARISONS, TERMS, splink_settings
from cordiale.duplicates.linking.model import Model
from cordiale.duplicates.rules import records as written
from cordiale.duplicates.rules.writing import quoted

_PREFIX = "duplicates-"
MEMORY = "2GB"
CHUNK = 4_000_000
"""Pairs scored at once."""
_BLANKED = ("birth_on", "email", "loose_email", "local_part", "phone")
Watch = Callable[[int, int], None]


class Base:
    """The records of a run, as they are compared, in an engine of their own."""

    def __init__(self, api: DuckDBAPI) -> None:
        self._api = api

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement to its end; its rows."""
        return list(self._api.duckdb_con.execute(sql, list(values)).fetchall())

    def table(self, sql: str) -> pa.Table:
        """The rows of a SELECT as Arrow."""
        return self._api.duckdb_con.execute(sql).to_arrow_table()

    def count(self, table: str = "records") -> int:
        """How many rows a table of ours has."""
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def blank(self, model: Model) -> None:
        """Take as missing what so many share that it says nothing."""
        for column in _BLANKED:
            if common := list(model.common.get(column, ())):
                self.rows(
                    f"UPDATE records SET {column} = NULL WHERE md5({column}) IN (SELECT unnest(?::VARCHAR[]))", [common]
                )

    def linker(self, model: Model, table: str = "records") -> Linker:
        """Splink over `table` with a model's weights and term frequencies."""
        settings = splink_settings(model.weights, model.prior)
        linker = Linker(self._api.register(table), settings, log_level=logging.ERROR)
        for column in TERMS:
            self._make_terms(column, model)
            linker.table_management.register_term_frequency_lookup(self._api.register(f"terms_{column}"), column)
        return linker

    def pairs(self, *, only_new: bool) -> int:
        """Put together which pairs are compared; how many they are."""
        self.rows(
            f"CREATE OR REPLACE TABLE pairs AS SELECT *, '0' AS match_key"
            f" FROM ({blocking.pairs_sql('records', only_new=only_new)})"
        )
        return self.count("pairs")

    def score(self, model: Model, least: float, watch: Watch | None = None) -> Iterator[pa.Table]:
        """Pairs at least so probable, in parts: `smaller`, `larger` (unique ids), `weight` (bits), `gamma_…`."""
        total = self.count("pairs")
        parts = max(1, -(-total // CHUNK))
        linker = self.linker(model)
        for part in range(parts):
            self.rows(
                "CREATE OR REPLACE TABLE part AS"
                f" SELECT * FROM pairs WHERE hash(join_key_l, join_key_r) % {parts} = {part}"
            )
            linker.table_management.register_blocked_pairs_for_predict(self._api.register("part"))
            scored = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
            yield self.table(_FOUND.format(table=scored.physical_name))
            scored.drop_table_from_database_and_remove_from_cache()
            if watch:
                watch(min(total, (part + 1) * CHUNK), total)

    def _make_terms(self, column: str, model: Model) -> None:
        known = model.terms.get(column, {})
        self.rows("CREATE OR REPLACE TABLE known_terms AS"
                  " SELECT unnest(?::VARCHAR[]) AS value, unnest(?::DOUBLE[]) AS share",
                 [list(known), list(known.values())])  # fmt: skip
        self.rows(
            f"CREATE OR REPLACE TABLE terms_{column} AS"
            f" SELECT {column}, coalesce(share, ?) AS tf_{column}"
            f" FROM (SELECT DISTINCT {column} FROM records WHERE {column} IS NOT NULL)"
            f" LEFT JOIN known_terms ON value = {column}",
            [model.floors.get(column)],
        )


_FOUND = f"""
SELECT least(unique_id_l, unique_id_r) AS smaller, greatest(unique_id_l, unique_id_r) AS larger, match_weight AS weight,
    {", ".join(f"gamma_{one.name}" for one in COMPARISONS)}
FROM {{table}} ORDER BY smaller, larger
"""


def sweep() -> None:
    """Throw away what a run that was killed left on the disk. Only while no other run is on."""
    for folder in home.current().prepare().run.glob(f"{_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def opened(customers: pa.Table) -> Iterator[Base]:
    """A base of `customers` (unique_id, `rules.records.SOURCES`, is_new; anything else is kept beside)."""
    with tempfile.TemporaryDirectory(dir=home.current().prepare().run, prefix=_PREFIX) as folder:
        api = DuckDBAPI()
        connection: Any = api.duckdb_con
        try:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute("SET threads = 2")
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET temp_directory = " + quoted(folder))
            connection.register("customers", customers)
            connection.execute(f"CREATE TABLE records AS {written.sql('customers')}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield Base(api)
        finally:
            connection.close()
