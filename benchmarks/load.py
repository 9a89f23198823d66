"""A load generator lighter than what it measures: raw sockets on uvloop, requests written beforehand.

    load = Load(port, clients=512, requests=single())         # then load.run(seconds=5) -> Outcome

One process of its own (`python -m benchmarks.load PORT CLIENTS BATCH SECONDS KEY`), so that it never shares a
processor thread with a server under test; it prints one JSON object.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections.abc import Iterator

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


def requests(key: str, batch: int, run: str) -> Iterator[bytes]:
    """Requests without end, each event with a message id of its own."""
    authorization = base64.b64encode(f"{key}:".encode()).decode()
    one = event_template(run)
    body = one if batch == 1 else '{"batch":[' + ",".join([one] * batch) + '],"sentAt":"2026-11-22T09:00:00.200Z"}'
    length = len(body % tuple(value for _ in range(batch) for value in (0, 0)))
    path = "/v1/track" if batch == 1 else "/v1/batch"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {authorization}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    template = head.replace("%", "%%").encode() + body.encode()
    number = 0
    while True:
        values: list[int] = []
        for _ in range(batch):
            number += 1
            values += (number % 100_000, number)
        yield template % tuple(values)


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
