"""Apache Spark over the same snapshot, without any jar: it reads the files the Delta log lists, with Delta's schema.

Installed as the extra `cordiale[spark]`. Where it runs, `lake.choosing` tells.
"""

from __future__ import annotations

import os
import secrets
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot

from cordiale import home
from cordiale.errors import CordialeError, Unavailable
from cordiale.lake import choosing, dialect, spark_session, state, tables, views
from cordiale.lake.engine import QueryFailed
from cordiale.lake.lake import Lake
from cordiale.lake.snapshots import DataFile, Snapshot
from cordiale.lake.stopping import Stop

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SENT_BYTES = 32 << 20
"""Tables larger than this reach the workers as a file beside the lake's, not through the driver's memory."""

LEAST_PIECES = 4
"""Groups and joins are computed in so many pieces, two a bucket of a larger lake; Spark's 200 are for neither."""
_SHUFFLE = "spark.sql.shuffle.partitions"
_OUTSIDE = (
    "PATH_NOT_FOUND",
    "FILE_NOT_EXIST",
    "FileNotFound",
    "FAILED_READ_FILE",
    "SparkContext was shut down",
    "stopped SparkContext",
)
"""What Spark says where a statement is right and something else is not."""


class SparkEngine:
    """Runs the lake's queries on Apache Spark. Each has views of its own, so several may run at once."""

    name = "Spark"

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def query(
        self,
        sql: str,
        day: date | None = None,
        *,
        bind: Sequence[Any] | None = None,
        stop: Stop | None = None,
        **relations: pa.Table,
    ) -> pa.Table:
        """The rows of one portable SELECT, as `Lake.query` gives them, in Spark's types.

        Raises NotPortable naming the construct the engines read differently, QueryFailed with Spark's words, Stopped.
        """
        return self.answer(self._lake.state(), sql, day, bind, relations, stop or Stop())

    def answer(
        self,
        now: state.State,
        sql: str,
        day: date | None,
        bind: Sequence[Any] | None,
        relations: Mapping[str, pa.Table],
        stop: Stop,
    ) -> pa.Table:
        """The same over the tables as of `now`."""
        text = dialect.to_spark(sql)
        with self._over(now, sql, day, relations) as reading, stop.over(_Job(reading.session)), _told():
            return _collected(reading.answer(text, bind))

    def parts(
        self, now: state.State, sql: str, day: date | None, relations: Mapping[str, pa.Table], many: int, stop: Stop
    ) -> Iterator[pa.Table]:
        """The rows in about `many` parts, each customer in one of them: memory here holds one part at a time.

        They are computed at once, by all workers, into files of the lake's scratch folder that all machines see.
        """
        text = dialect.to_spark(sql)
        with self._over(now, sql, day, relations) as reading:
            folder = reading.scratch() / "rows"
            with stop.over(_Job(reading.session)), _told():
                frame = reading.answer(text)
                divided = many > 1 and "customer_id" in frame.columns
                if divided:
                    frame.repartition(many, "customer_id").write.parquet(reading.uri(folder))
                rows = None if divided else _collected(frame)
            if rows is not None:
                yield rows
            for path in sorted(folder.glob("part-*.parquet")):
                stop.check()
                yield pq.read_table(path)

    def close(self) -> None:
        """Stop Spark; the next query would start it again."""
        spark_session.stop()

    @contextmanager
    def _over(
        self, now: state.State, sql: str, day: date | None, relations: Mapping[str, pa.Table]
    ) -> Iterator[_Reading]:
        root = spark_session.session(home.current().prepare().run, choosing.master())
        reading = _Reading(root.newSession(), self._lake.root, now)
        try:
            with _told():
                reading.show(state.named(sql), day, relations)
            yield reading
        finally:
            reading.close()


class _Reading:
    """The views of one query, over one snapshot of each table."""

    def __init__(self, session: SparkSession, lake: Path, now: state.State) -> None:
        self.session = session
        self._lake = lake
        self._now = now
        self._scratch = lake / "_tmp" / f"{os.getpid()}-{secrets.token_hex(4)}"
        if not session.sparkContext.getConf().contains(_SHUFFLE):
            most = max(snapshot.buckets for snapshot in now.facts.values())
            session.conf.set(_SHUFFLE, str(max(LEAST_PIECES, 2 * most)))

    def show(self, wanted: Sequence[str], day: date | None, relations: Mapping[str, pa.Table]) -> None:
        """Make the views a query names, and those of the tables given."""
        if self._now.is_aliased:
            relations = {**relations, "_aliases": self._now.aliases}
        for name, table in relations.items():
            self._given(name, table).createOrReplaceTempView(name)
        for name in wanted:
            self._view(name, day)

    def answer(self, text: str, bind: Sequence[Any] | None = None) -> DataFrame:
        """What a statement in Spark's SQL gives; nothing runs yet."""
        return self.session.sql(text, args=dialect.named_values(bind or ()))

    def uri(self, path: str | Path) -> str:
        """A file of the lake as Spark's machines name it."""
        return choosing.as_spark_sees(path, self._lake)

    def scratch(self) -> Path:
        """A folder of this query alone; `lake.engine.sweep_spills` removes what killed processes left."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch

    def close(self) -> None:
        """Remove the scratch folder."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _view(self, name: str, day: date | None) -> None:
        now = self._now
        if name in now.facts:
            self._facts(name)
            return
        snapshot = now.traits
        files = snapshot.files if name == "traits_history" else snapshot.of_day(now.day(day))
        frame = self._frame("traits", snapshot, files)
        frame.select(*views.day_last(snapshot.columns).names).createOrReplaceTempView(name)

    def _facts(self, name: str) -> None:
        snapshot = self._now.facts[name]
        frame = self._frame(name, snapshot, snapshot.files)
        if snapshot.superseded.path:
            frame = self._unsuperseded(name, frame, snapshot)
        frame = frame.drop(*tables.INTERNAL)
        if self._now.is_aliased:
            frame.createOrReplaceTempView(f"_raw_{name}")
            frame = self._translated(views.resolved(f"SELECT * FROM _raw_{name}", snapshot.columns))
        frame.createOrReplaceTempView(name)

    def _unsuperseded(self, name: str, frame: DataFrame, snapshot: Snapshot) -> DataFrame:
        frame.createOrReplaceTempView(f"_all_{name}")
        superseded = f"_superseded_{name}"
        self._given(superseded, snapshot.superseded.entries()).createOrReplaceTempView(superseded)
        return self._translated(f"SELECT r.* FROM _all_{name} r {views.unsuperseded('r', superseded)}")

    def _translated(self, text: str) -> DataFrame:
        return self.session.sql(sqlglot.transpile(text, read="duckdb", write="spark")[0])

    def _frame(self, table: str, snapshot: Snapshot, files: tuple[DataFile, ...]) -> DataFrame:
        if not files:
            return self._given(table, snapshot.columns.empty_table())
        reader = self.session.read.schema(_struct(snapshot.columns)).option("basePath", self.uri(self._lake / table))
        return reader.parquet(*(self.uri(file.path) for file in files))

    def _given(self, name: str, table: pa.Table) -> DataFrame:
        if table.nbytes > SENT_BYTES:
            path = self.scratch() / f"{name}.parquet"
            pq.write_table(table, path, coerce_timestamps="us")
            return self.session.read.schema(_struct(table.schema)).parquet(self.uri(path))
        with _without_pandas_warning():
            return self.session.createDataFrame(table)


class _Job:
    """The Spark jobs that this thread starts, to be stopped from another one."""

    def __init__(self, session: SparkSession) -> None:
        self._context = session.sparkContext
        self._group = f"cordiale-{secrets.token_hex(8)}"
        self._context.setJobGroup(self._group, "cordiale", interruptOnCancel=False)

    def interrupt(self) -> None:
        """Cancel what of them runs."""
        self._context.cancelJobGroup(self._group)


@contextmanager
def _told() -> Iterator[None]:
    """Spark's errors as ours: what cannot be read is the lake's or the cluster's fault, the rest the query's."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra

    try:
        yield
    except (PySparkException, Py4JError, OSError) as error:
        words = str(error).splitlines()[0]
        raise _kind(str(error))(f"Spark: {words}") from error


def _kind(words: str) -> type[CordialeError]:
    return Unavailable if any(sign in words for sign in _OUTSIDE) else QueryFailed


def _collected(frame: DataFrame) -> pa.Table:
    with _without_pandas_warning():
        return frame.toArrow()


@contextmanager
def _without_pandas_warning() -> Iterator[None]:
    """PySpark frowns on a new pandas, which Arrow tables never meet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _struct(columns: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 - an extra

    return from_arrow_schema(columns)
