"""`up`, `down`, `status`, `worker`: the processes of one installation.

`up` leaves a supervisor in the background that keeps the web server, the event API, its flusher and one worker alive.
It is known by its number, its start time and the home it serves (`run/up.json`), so that `down` can never end somebody
else's process.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from cordiale import clock, home
from cordiale.config import children, postgres, serving
from cordiale.errors import CordialeError, Refused, Unavailable
from cordiale.ui import terminal

Port = Annotated[int, typer.Option(help="Port of the pages; the next free one is taken when it is in use.")]
EventsPort = Annotated[
    int | None,
    typer.Option(help="Port of the event API (default: after the pages'); the next free one is taken when in use."),
]
Host = Annotated[str, typer.Option(help="Address the pages and the event API listen on.")]
Foreground = Annotated[bool, typer.Option("--foreground", help="Stay, and end with Ctrl-C (for containers, systemd).")]
TICK_EVERY = 5.0  # seconds between two ticks of the worker
FLUSH_EVERY = 2.0  # seconds between two looks into the inbox of events
IDLE_SHARE, LONGEST_PAUSE = 20, 60.0  # while nothing happens, asking costs at most a twentieth of one core
START_PATIENCE = 120.0  # seconds a first start may take on a busy machine: PostgreSQL, migrations, two servers
RESTART_AFTER = (0.5, 1, 2, 5, 10, 30)  # seconds before a process that keeps failing is started again


@dataclass(frozen=True)
class Running:
    """A supervisor at work."""

    pid: int
    started: float
    host: str
    port: int
    events_port: int
    children: Sequence[int] = ()

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://{self.host}:{self.port}"

    @property
    def events_address(self) -> str:
        """Where events are sent."""
        return f"http://{self.host}:{self.events_port}"


def up(
    port: Port = 8000,
    events_port: EventsPort = None,
    host: Host = "127.0.0.1",
    foreground: Foreground = False,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Start what is missing (PostgreSQL, pages, event API, worker) and print the addresses."""
    running = find_running(home.current())
    if running is None:
        _end_what_was_left(home.current())
        ports = _ports(host, port, events_port)
        if foreground:
            _supervise(host, *ports)
            return
        running = _start_in_background(host, *ports)
    terminal.answer(
        {"address": running.address, "events_address": running.events_address, "pid": running.pid},
        as_json=json_,
        text=f"Cordiale is up: {running.address}\n"
        f"Events are sent to:  {running.events_address} (a write key: ./cordiale sources add NAME)\n"
        "A first sign-in link: ./cordiale staff invite you@example.org --role administrator",
    )


def down(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """End what `up` started. Nothing is lost: work under way is taken up again by the next `up`."""
    place = home.current()
    running = find_running(place)
    if running is not None:
        process = psutil.Process(running.pid)
        process.terminate()
        try:
            process.wait(30)
        except psutil.TimeoutExpired as error:
            raise Unavailable(f"process {running.pid} does not end; look at {place.run / 'up.log'}") from error
    else:
        _end_what_was_left(place)
    was_running = running is not None
    terminal.answer({"stopped": was_running}, as_json=json_, text="Stopped." if was_running else "Nothing was running.")


def status(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Say what runs in this home."""
    place = home.current()
    running = find_running(place)
    answering = running is not None and serving.answers(running.host, running.port)
    report: dict[str, Any] = {
        "home": str(place.root),
        "address": running.address if running else None,
        "pages": "up" if answering else ("starting" if running else "down"),
        "events_address": running.events_address if running else None,
        "events": _events_state(running),
        "worker": "up" if running else "down",
        "postgres": "external" if postgres.is_external() else ("up" if postgres.is_running(place) else "down"),
    }
    terminal.answer(
        report, as_json=json_, text=lambda: "\n".join(f"{name:<16}{value or '—'}" for name, value in report.items())
    )


def worker(
    every: Annotated[float, typer.Option(help="Seconds between two ticks.")] = TICK_EVERY,
    home_: terminal.HomeFolder = None,
) -> None:
    """Advance programmes and send, every few seconds, until ended. `up` runs one; more may run beside it."""
    from cordiale.webhooks import exchanging  # noqa: PLC0415 - other commands need not load the engine

    stopping = on_signal()
    with exchanging.in_background(stopping):
        while not stopping:
            _tick(every, stopping)


def _tick(every: float, stopping: list[int]) -> None:
    """One tick and the pause after it."""
    from cordiale.facts.folding import fold_due  # noqa: PLC0415 - as above
    from cordiale.programmes.engine import tick  # noqa: PLC0415

    started, is_idle = time.monotonic(), True
    try:
        is_idle = tick(clock.now()).is_idle()
        fold_due()
    except CordialeError as error:  # said, and tried again: a worker must outlive a bad template or a stopped relay
        terminal.errors.print(f"tick: {error}")
    spent = time.monotonic() - started
    pause = max(every, min(spent * IDLE_SHARE, LONGEST_PAUSE)) if is_idle else every
    while not stopping and time.monotonic() - started - spent < pause:
        time.sleep(0.2)


def find_running(place: home.Home) -> Running | None:
    """The supervisor of this home, None when it does not run (any more)."""
    running = _noted(place)
    if running is None:
        return None
    try:
        process = psutil.Process(running.pid)
        is_same = abs(process.create_time() - running.started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return running if is_same else None


def _noted(place: home.Home) -> Running | None:
    """The supervisor that last wrote of itself, whether it runs or not."""
    try:
        return Running(**json.loads((place.run / "up.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _end_what_was_left(place: home.Home) -> None:
    """End the children of a supervisor that was killed: they would go on answering on its ports."""
    if noted := _noted(place):
        children.end_groups(children.left_over(noted.children, noted.started, place))


def _events_state(running: Running | None) -> str:
    if running is None:
        return "down"
    return "up" if serving.answers(running.host, running.events_port) else "starting"


def _ports(host: str, pages: int, events: int | None) -> tuple[int, int]:
    """Free ports for the pages and for the event API."""
    first = _port(host, pages, "the pages are")
    if events is None:
        return first, serving.free_port(host, first + 1)
    return first, _port(host, events + (events == first), "the event API is")


def _port(host: str, wanted: int, what: str) -> int:
    port = serving.free_port(host, wanted)
    if port != wanted:
        terminal.errors.print(f"port {wanted} is taken, {what} on {port}")
    return port


def _start_in_background(host: str, port: int, events_port: int) -> Running:
    place = home.current()
    log = place.run / "up.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "cordiale", "up", "--foreground", "--host", host, "--port", str(port),
                "--events-port", str(events_port),
            ],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, "CORDIALE_HOME": str(place.root)},
        )  # fmt: skip
    try:
        for each in (port, events_port):
            serving.wait_until_up(host, each, process, seconds=START_PATIENCE)
    except Unavailable as error:
        children.end(process, seconds=60)  # it ends its own children first
        raise Unavailable(f"{error}; look at {log}") from error
    running = find_running(place)
    if running is None:
        raise Unavailable(f"the supervisor ended as soon as it had started; look at {log}")
    return running


def _supervise(host: str, port: int, events_port: int) -> None:
    """Keep the servers, the flusher and the worker alive until told to end."""
    place = home.current()
    os.environ["CORDIALE_HOME"] = str(place.root)  # by which children that outlive us are known
    os.environ.setdefault("CORDIALE_BASE_URL", f"http://{host}:{port}")  # for links in messages the worker sends
    stopping = on_signal()
    starters: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
        "web": lambda: serving.start_web(host, port),
        "events": lambda: serving.start_events(host, events_port, postgres.dsn(place)),
        "flusher": lambda: children.start(["cordiale", "events", "flush", "--every", str(FLUSH_EVERY)]),
        "worker": lambda: children.start(["cordiale", "worker"]),
        "jobs": lambda: children.start(["cordiale", "jobs", "work"]),
    }
    myself = psutil.Process()
    noted = Running(myself.pid, myself.create_time(), host, port, events_port)
    running: dict[str, subprocess.Popen[bytes]] = {}

    def start(name: str) -> None:
        running[name] = starters[name]()
        _write(place.run / "up.json", asdict(replace(noted, children=[one.pid for one in running.values()])))

    failures = dict.fromkeys(starters, 0)
    try:
        for name in starters:
            start(name)
        while not stopping:
            time.sleep(0.2)
            for name, child in list(running.items()):
                if child.poll() is not None and not stopping:
                    _prepare_again(name, child, failures)
                    start(name)
    finally:
        for child in running.values():
            children.end(child)
        with suppress(FileNotFoundError):
            (place.run / "up.json").unlink()


def _prepare_again(name: str, child: subprocess.Popen[bytes], failures: dict[str, int]) -> None:
    """End what an ended child left, wait a little, and see that PostgreSQL runs."""
    children.end(child)
    pause = RESTART_AFTER[min(failures[name], len(RESTART_AFTER) - 1)]
    failures[name] += 1
    terminal.errors.print(f"{name} ended with code {child.returncode}; started again in {pause} s")
    time.sleep(pause)
    if not postgres.is_external():
        postgres.hold(home.current())  # a killed PostgreSQL is what most often ends the others


def on_signal() -> list[int]:
    """A list that is empty until SIGTERM, SIGINT or SIGHUP comes; for loops that end between two steps."""
    received: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, lambda got, _frame: received.append(got))
    return received


def _write(path: Path, value: Any) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(value))
    draft.replace(path)


@contextmanager
def alone(place: home.Home, name: str) -> Iterator[None]:
    """Keep a second process from doing `name` in this home meanwhile. The kernel frees a killed one's lock."""
    with (place.run / f"{name}.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"another process is doing this in {place.root} right now; let it finish") from error
        yield


def refuse_while_running(place: home.Home) -> None:
    """Raise Refused when `up` serves this home."""
    if running := find_running(place):
        raise Refused(f"Cordiale runs in this home (process {running.pid}); end it first with ./cordiale down")
