"""A real Spark cluster on the loopback: one master, two workers of one core and a gigabyte each."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from cordiale.lake import spark_session
from tests.ports import free_port

PATIENCE = 60.0


class Cluster:
    """Its processes are started with it and end with `stop`, by their numbers."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        spark_session.choose_java(folder)
        self._folder = folder
        self._log = folder / "master.log"
        port = free_port()
        self.master = f"spark://127.0.0.1:{port}"
        self._master = self._start("master", "--port", str(port))
        self.workers = [self._worker() for _ in range(workers)]
        self._await(workers)

    def kill_a_worker(self) -> None:
        """End one worker and what it runs, at once."""
        _kill(self.workers.pop())

    def add_a_worker(self) -> None:
        """Start one more."""
        registered = self._registered()
        self.workers.append(self._worker())
        self._await(registered + 1)

    def stop(self) -> None:
        """End all of it."""
        for process in (*self.workers, self._master):
            _kill(process)

    def _worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", "--cores", "1", "--memory", "1g", self.master)

    def _start(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        spark = Path(str(find_spec("pyspark").origin)).parent  # type: ignore[union-attr]
        known = {"SPARK_HOME": spark, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
                 "SPARK_WORKER_DIR": self._folder / "work"}  # fmt: skip
        command = [spark / "bin" / "spark-class", f"org.apache.spark.deploy.{kind}.{kind.title()}",
                   "--host", "127.0.0.1", "--webui-port", "0", *words]  # fmt: skip
        with (self._folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                list(map(str, command)), stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **{name: str(value) for name, value in known.items()}},
            )  # fmt: skip

    def _registered(self) -> int:
        return self._log.read_text(errors="replace").count("Registering worker")

    def _await(self, workers: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._registered() < workers:
            if time.monotonic() > deadline:
                self.stop()
                raise TimeoutError(self._log.read_text(errors="replace")[-2000:])
            time.sleep(0.1)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process and the executors it started, which share its group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
