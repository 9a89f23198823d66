"""Which engine computes, and where: `CORDIALE_ENGINE` (or `--engine`) and `CORDIALE_SPARK_…`."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cordiale.errors import CordialeError

ENGINE, MASTER, FILES = "CORDIALE_ENGINE", "CORDIALE_SPARK_MASTER", "CORDIALE_SPARK_FILES"
_HERE = "local[*]"
_MASTERS = ("spark://", "local", "yarn", "k8s://")


class EngineName(StrEnum):
    """The engines that compute over the lake; both read the same files and give the same rows."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def engine() -> EngineName:
    """The engine of this process. Raises CordialeError where the environment names none we know."""
    said = os.environ.get(ENGINE, "").strip().lower() or EngineName.DUCKDB
    try:
        return EngineName(said)
    except ValueError:
        raise CordialeError(f"{ENGINE}={said} is no engine; write {' or '.join(EngineName)}") from None


def choose(name: EngineName | None) -> None:
    """Compute with this engine from now on, in this process and those it starts; None leaves it as it is."""
    if name is not None:
        os.environ[ENGINE] = name


def master() -> str:
    """Where Spark runs: a cluster's address, or this machine. Raises CordialeError for what is no such address."""
    said = os.environ.get(MASTER, "").strip() or _HERE
    if said.startswith("sc://"):
        raise CordialeError(
            f"{MASTER}={said} is a Spark Connect server, which Cordiale does not speak to; name the cluster's master"
            " instead: spark://HOST:7077"
        )
    if not said.startswith(_MASTERS):
        raise CordialeError(f"{MASTER}={said} is no address of Spark; write spark://HOST:7077, or local[4]")
    return said


def as_spark_sees(path: str | Path, lake: Path) -> str:
    """A file of the lake under the name that Spark's machines have for it.

    `CORDIALE_SPARK_FILES` stands for the lake's folder; without it they see it where this machine does.
    """
    root = os.environ.get(FILES, "").strip().rstrip("/")
    if not root:
        return f"file://{path}"
    return "/".join([root, *Path(path).relative_to(lake).parts])


def _chosen(name: EngineName | None) -> EngineName | None:
    choose(name)
    return name


Engine = Annotated[
    EngineName | None,
    typer.Option(
        "--engine",
        callback=_chosen,
        help=f"What computes (default: ${ENGINE}, or duckdb). spark runs where ${MASTER} says.",
        show_default=False,
    ),
]
"""The option of every command that computes; declaring it is enough."""
