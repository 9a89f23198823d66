"""Taking events, durable commit on: ours against FastAPI with one INSERT per event, and against bare COPY.

    python -m benchmarks.intake [SECONDS]          # exit 1 when a ratio is missed

Every side runs in the same run on the same machine, served by granian with two processes, with the same load (see
`benchmarks.load`; each side is warmed for a second first) and the same PostgreSQL settings (fsync and
synchronous_commit on). The sides take turns, three times, and each is told by its median round. Bare COPY is one
connection that sends rows prepared before into the same table, 1 600 a commit.
Last, everything again with each fdatasync made 4 ms slower, where a C compiler is there to make that happen.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import load
from benchmarks.intake_peer import TABLE
from cordiale import home
from cordiale.config import postgres, serving
from cordiale.intake import calls, wire

SECONDS, ROUNDS = 2.5, 3
ONE_BY_ONE, BY_HUNDREDS, OF_COPY = 10.0, 8.0, 0.6
GROUP = 1_600  # rows a bare COPY commits at once: 16 clients with 100 events each
SYNCS = 200
SLOWED = 4.0  # milliseconds added to each fdatasync
OTHER_PEERS = {"pipelined": "pipelined (executemany)", "commits": "each with a commit of its own"}
_SLOW_CALL = 'int {0}(int fd) {{ int (*real)(int) = dlsym(RTLD_NEXT, "{0}"); nanosleep(&pause_, 0); return real(fd); }}'
SHIM = "\n".join([
    "#define _GNU_SOURCE",
    "#include <dlfcn.h>",
    "#include <time.h>",
    f"static const struct timespec pause_ = {{0, {int(SLOWED * 1e6)}}};",
    *(_SLOW_CALL.format(name) for name in ("fdatasync", "fsync")),
    "",
])  # fmt: skip


@contextmanager
def database(folder: Path, preload: str = "") -> Iterator[str]:
    """A PostgreSQL of this run's own with our tables and the peer's, and one source; its connection string."""
    os.environ["CORDIALE_HOME"] = str(folder)
    place = home.current()
    if preload:
        os.environ["LD_PRELOAD"] = preload
    postgres.hold(place)
    os.environ.pop("LD_PRELOAD", None)
    dsn = postgres.dsn(place)
    try:
        prepare(dsn)
        yield dsn
    finally:
        postgres.release(place)


def prepare(dsn: str) -> None:
    """Tables as the migrations make them."""
    environment = {**os.environ, "DATABASE_URL": dsn, "DJANGO_SETTINGS_MODULE": "cordiale.config.settings"}
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v", "0"], env=environment, check=True)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(TABLE)
        connection.execute(
            "INSERT INTO intake_source (name, kind, write_key, allowed_origins, created_at, last_error)"
            " VALUES ('bench', 'server', 'wk_bench', '[]', now(), '')"
        )


@contextmanager
def peer(dsn: str, port: int, kind: str = "each") -> Iterator[None]:
    """FastAPI on granian, two processes, as ours; `kind` as `intake_peer.KIND` has it."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", str(min(2, os.cpu_count() or 1)), "--runtime-threads", "1", "--loop", "uvloop", "--http", "1",
            "--no-ws", "--log-level", "error", "benchmarks.intake_peer:app",
        ],
        env={**os.environ, "CORDIALE_EVENTS_DATABASE": dsn, "CORDIALE_PEER": kind},
    )  # fmt: skip
    try:
        while not _listens(port):
            time.sleep(0.1)
        time.sleep(1)
        yield
    finally:
        serving.end(process)


@contextmanager
def ours(dsn: str, port: int) -> Iterator[None]:
    """The event API as `up` starts it."""
    process = serving.start_events("127.0.0.1", port, dsn)
    try:
        serving.wait_until_up("127.0.0.1", port, process)
        yield
    finally:
        serving.end(process)


class Bench:
    """One way of loading, the same for every side."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.seconds, self.generate = seconds, load.generator(folder)

    def load(self, port: int, clients: int, batch: int, run: str, seconds: float = 0) -> dict[str, Any]:
        """What the load generator says; ends the run when anything was refused."""
        answer = self.generate(
            port, clients=clients, batch=batch, seconds=seconds or self.seconds, key="wk_bench", run=run
        )
        if answer["refused"] or not answer["events"]:
            raise SystemExit(f"{answer['refused']} requests were refused, the first with: {answer['first_refusal']}")
        return answer


def bare_copy(dsn: str, seconds: float) -> float:
    """Rows a second of one connection that does nothing but COPY the same rows, and commits each group."""
    received = datetime.now(UTC)
    template = load.event_template("copy").encode()
    groups: list[bytes] = []
    for first in range(0, GROUP * 40, GROUP):
        items = b",".join(template % (number % 100_000, number) for number in range(first, first + GROUP))
        taken = calls.take_batch(b'{"batch":[' + items + b"]}", 1, received)
        groups.append(b"".join([wire.HEADER, *wire.rows(1, taken.rows, received), wire.END]))
    with psycopg.connect(dsn, autocommit=True) as connection:
        done, started = 0, time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds:
            with connection.cursor().copy(wire.COPY) as copy:
                copy.write(groups[done % len(groups)])
            done += 1
    return done * GROUP / spent


def compare(dsn: str, bench: Bench) -> list[str]:
    """Run all sides in turn, print what they did; the ratios that were missed."""
    port = serving.free_port("127.0.0.1", 18_900)
    other = serving.free_port("127.0.0.1", port + 1)
    with peer(dsn, other), ours(dsn, port):
        bench.load(other, 64, 1, "pw", seconds=1)
        bench.load(port, 64, 1, "ow", seconds=1)
        rounds = [one_round(dsn, bench, port, other, number) for number in range(ROUNDS)]
    mine, theirs = ([middle([one[side][place] for one in rounds]) for place in (0, 1)] for side in (0, 1))
    missed = told(mine, theirs, sorted(one[2] for one in rounds)[ROUNDS // 2])
    tell_bound(dsn, mine[1], theirs[1])
    for kind, words in OTHER_PEERS.items():
        with peer(dsn, other, kind):
            rate = bench.load(other, 16, 100, kind)["rate"]
        empty(dsn, "peer_event")
        print(f"the same batches with FastAPI's INSERTs {words}: {rate:,.0f} events/s, {mine[1]['rate'] / rate:.1f} ×")
    return missed


Outcomes = list[dict[str, Any]]
"""Of single events, and of batches."""


def one_round(dsn: str, bench: Bench, port: int, other: int, number: int) -> tuple[Outcomes, Outcomes, float]:
    """Each side for a while, the same kind of load one after the other; ours, theirs and the bare COPY's rows/s."""
    mine, theirs = [], []
    for clients, batch in ((512, 1), (16, 100)):
        theirs.append(bench.load(other, clients, batch, f"p{number}-{batch}"))
        empty(dsn, "peer_event")
        mine.append(bench.load(port, clients, batch, f"o{number}-{batch}"))
        check_kept(dsn, mine[-1]["events"])
        empty(dsn, "intake_inbox")
    copied = bare_copy(dsn, bench.seconds)
    empty(dsn, "intake_inbox")
    return mine, theirs, copied


def middle(outcomes: Outcomes) -> dict[str, Any]:
    """The one of median rate."""
    return sorted(outcomes, key=lambda one: one["rate"])[len(outcomes) // 2]


def told(mine: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]], copied: float) -> list[str]:
    """Print the figures; the ratios missed."""
    missed = []
    for name, one, other, target in zip(
        ("batch 1, 512 clients ", "batch 100, 16 clients"), mine, theirs, (ONE_BY_ONE, BY_HUNDREDS), strict=True
    ):
        ratio = one["rate"] / other["rate"]
        print(
            f"{name}  {one['rate']:9,.0f} events/s, acknowledged p50 {one['p50']:.0f} ms, p99 {one['p99']:.0f} ms; "
            f"FastAPI {other['rate']:,.0f} events/s, p99 {other['p99']:.0f} ms: {ratio:.1f} × (≥ {target:.0f} ×); "
            f"the load took {one['cpu']:.2f} and {other['cpu']:.2f} of a core"
        )
        if ratio < target:
            missed.append(name)
    share = mine[1]["rate"] / copied
    print(f"bare COPY, 1 connection {copied:9,.0f} rows/s: ours at batch 100 is {share:.2f} of it (≥ {OF_COPY})")
    return missed + (["bare COPY"] if share < OF_COPY else [])


def tell_bound(dsn: str, mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """What the load at batch 100 allows at most, where nobody is answered before the disk has what he sent."""
    sync, ours = sync_seconds(dsn), GROUP / mine["rate"]
    print(
        f"an empty commit takes {sync * 1e3:.1f} ms and 16 clients have {GROUP:,} events under way: "
        f"a server that did nothing but sync would take {GROUP / sync:,.0f}/s, {GROUP / sync / theirs['rate']:.1f} × "
        f"FastAPI; ours takes {ours * 1e3:.1f} ms for {GROUP:,}"
    )


def sync_seconds(dsn: str) -> float:
    """How long a commit that writes next to nothing takes here."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS peer_sync (at int)")
        started = time.perf_counter()
        for number in range(SYNCS):
            connection.execute("INSERT INTO peer_sync VALUES (%s)", [number])
    return (time.perf_counter() - started) / SYNCS


def check_kept(dsn: str, sent: int) -> None:
    """What was acknowledged is there, each event with a key of its own."""
    with psycopg.connect(dsn) as connection:
        kept = connection.execute("SELECT count(DISTINCT key) FROM intake_inbox").fetchone()
    if kept is None or kept[0] < sent:
        raise SystemExit(f"{sent} events were acknowledged and {kept} kept")


def empty(dsn: str, table: str) -> None:
    """Start the next side from nothing."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {table}")
        connection.execute("CHECKPOINT")


def shim(folder: Path) -> str | None:
    """A library that slows fdatasync down, None without a compiler."""
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(SHIM)
    return str(library) if load.compiled(source, library, "-shared", "-fPIC") else None


def _listens(port: int) -> bool:
    return serving.free_port("127.0.0.1", port) != port


def main() -> int:
    """How many ratios were missed with the disk as it is."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="cordiale-bench-") as root:
        Path(root).chmod(0o755)
        bench = Bench(Path(root), seconds)
        print(f"load generator: {bench.generate.name}")
        with database(Path(root) / "plain") as dsn:
            missed = compare(dsn, bench)
        library = shim(Path(root))
        if library is None:
            print("with fdatasync slowed: not run, there is no C compiler here")
        else:
            print(f"with each fdatasync {SLOWED:.0f} ms slower:")
            with database(Path(root) / "slow", library) as dsn:
                compare(dsn, bench)
    return len(missed)


if __name__ == "__main__":
    sys.exit(main())
