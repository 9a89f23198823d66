"""The load both sides of a comparison are given: `generator(folder)(port, clients=512, batch=1, ...)`.

It comes from `load.c`, one thread on epoll that takes a few microseconds a request: on two cores whatever the load
takes is missing to the server, and to the faster server most. Without a C compiler it comes from Python (raw sockets on
uvloop, requests written beforehand), which takes half as much again. Either is a process of its own
(`python -m benchmarks.load PORT CLIENTS BATCH SECONDS KEY RUN`) that prints one JSON object.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

PROPERTIES = (
    '{"product_id":"507f1f77bcf86cd799439011","sku":"G-32","category":"Games","name":"Monopoly","brand":"Hasbro",'
    '"price":18.99,"quantity":1,"currency":"EUR","position":3}'
)
CONTEXT = (
    '{"library":{"name":"analytics.js","version":"2.1.0"},"page":{"path":"/p/1","title":"Monopoly",'
    '"url":"https://www.example.org/p/1"},"locale":"fr-FR"}'
)
EVENT = (
    '{{"type":"track","userId":"u%06d","event":"Product Viewed","messageId":"load-{run}-%012d",'
    '"timestamp":"2026-11-22T09:00:00.123Z","properties":{properties},"context":{context}}}'
)


def event_template(run: str) -> str:
    """An event as `% (person, number)` makes it, about 450 bytes."""
    return EVENT.format(run=run, properties=PROPERTIES.replace("%", "%%"), context=CONTEXT.replace("%", "%%"))


def marked(key: str, batch: int, run: str) -> str:
    """A request whose numbers are still `%06d` (person) and `%012d` (event), in turn."""
    authorization = base64.b64encode(f"{key}:".encode()).decode()
    one = event_template(run)
    body = one if batch == 1 else '{"batch":[' + ",".join([one] * batch) + '],"sentAt":"2026-11-22T09:00:00.200Z"}'
    length = len(body % tuple(value for _ in range(batch) for value in (0, 0)))
    path = "/v1/track" if batch == 1 else "/v1/batch"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {authorization}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    return head.replace("%", "%%") + body


def requests(key: str, batch: int, run: str) -> Iterator[bytes]:
    """Requests without end, each event with a message id of its own."""
    template = marked(key, batch, run).encode()
    number = 0
    while True:
        values: list[int] = []
        for _ in range(batch):
            number += 1
            values += (number % 100_000, number)
        yield template % tuple(values)


@dataclass(frozen=True, slots=True)
class Generator:
    """Loads a server; `program` is the compiled one, None where there is no compiler."""

    program: Path | None

    @property
    def name(self) -> str:
        """For people."""
        return "load.c" if self.program else "Python (there is no C compiler here)"

    def __call__(self, port: int, *, clients: int, batch: int, seconds: float, key: str, run: str) -> dict[str, Any]:
        """What came of it: events, rate, p50, p99 (milliseconds), refused, first_refusal, cpu (share of one core)."""
        words, sent = [str(port), str(clients), str(batch), str(seconds)], b""
        if self.program:
            request = marked(key, batch, run).replace("%06d", "@" * 6).replace("%012d", "@" * 12)
            sent = request.replace("%%", "%").encode()
            command = [str(self.program), *words]
        else:
            command = [sys.executable, "-m", "benchmarks.load", *words, key, run]
        outcome = subprocess.run(command, input=sent, check=True, stdout=subprocess.PIPE)
        answer: dict[str, Any] = json.loads(outcome.stdout)
        return answer


def generator(folder: Path) -> Generator:
    """The lightest there is; `folder` is where the program is built."""
    program = folder / "load"
    source = Path(__file__).with_suffix(".c")
    return Generator(program if compiled(source, program) else None)


def compiled(source: Path, target: Path, *flags: str) -> bool:
    """Build a C program; False without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is not None:
        subprocess.run([compiler, "-O2", *flags, "-o", target, source], check=True)
    return compiler is not None


class Client(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last one is there."""

    def __init__(self, load: Load) -> None:
        self.load = load

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start at once."""
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send the next request while there is time."""
        load = self.load
        self.sent_at = time.perf_counter()
        if self.sent_at > load.ends_at:
            self.transport.close()
            load.done()
            return
        self.transport.write(next(load.requests))

    def data_received(self, data: bytes) -> None:
        """Answers are small: each comes in one piece."""
        if data.startswith(b"HTTP/1.1 200"):
            self.load.latencies.append(time.perf_counter() - self.sent_at)
        else:
            self.load.refused += 1
            self.load.first_refusal = self.load.first_refusal or data[:400].decode(errors="replace")
        self.ask()


class Load:
    """All connections together."""

    def __init__(self, port: int, clients: int, stream: Iterator[bytes], seconds: float) -> None:
        self.port, self.clients, self.requests, self.seconds = port, clients, stream, seconds
        self.latencies: list[float] = []
        self.refused, self.first_refusal = 0, ""

    async def run(self) -> float:
        """Seconds it took."""
        loop = asyncio.get_running_loop()
        self.left, self.finished = self.clients, loop.create_future()
        started = time.perf_counter()
        self.ends_at = started + self.seconds
        await asyncio.gather(
            *(loop.create_connection(lambda: Client(self), "127.0.0.1", self.port) for _ in range(self.clients))
        )
        await self.finished
        return time.perf_counter() - started

    def done(self) -> None:
        """One connection is through."""
        self.left -= 1
        if not self.left:
            self.finished.set_result(None)


def main() -> None:
    """Load a server and print what came of it."""
    port, clients, batch, seconds, key, run = sys.argv[1:]
    load = Load(int(port), int(clients), requests(key, int(batch), run), float(seconds))
    spent_before = time.process_time()
    spent = uvloop.run(load.run())
    latencies = sorted(load.latencies)
    print(
        json.dumps(
            {
                "rate": len(latencies) * int(batch) / spent,
                "events": len(latencies) * int(batch),
                "p50": latencies[len(latencies) // 2] * 1_000 if latencies else None,
                "p99": latencies[len(latencies) * 99 // 100] * 1_000 if latencies else None,
                "refused": load.refused,
                "first_refusal": load.first_refusal,
                "cpu": (time.process_time() - spent_before) / spent,
            }
        )
    )


if __name__ == "__main__":
    main()
