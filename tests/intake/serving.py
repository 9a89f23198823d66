"""The event API as a process of its own, for tests: started, killed, restarted on the same port."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psutil
from psycopg.conninfo import make_conninfo

from cordiale.config import children, serving
from cordiale.errors import Unavailable
from tests.ports import free_port


def database() -> str:
    """The connection string of the database the test works on."""
    from django.db import connection

    values = connection.settings_dict
    return make_conninfo(dbname=values["NAME"], user=values["USER"], host=values["HOST"], port=values["PORT"] or None)


class EventServer:
    """One process of granian on a port; `post` gives status and answer."""

    def __init__(self, dsn: str, **environment: str) -> None:
        self.dsn, self.environment = dsn, environment
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, wait: bool = True) -> EventServer:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "granian", "--interface", "rsgi", "--host", "127.0.0.1", "--port", str(self.port),
                "--workers", "1", "--runtime-threads", "1", "--loop", "uvloop", "--http", "1", "--no-ws",
                "--log-level", "error", "cordiale.intake.app:app",
            ],
            env={**os.environ, "CORDIALE_EVENTS_DATABASE": self.dsn, **self.environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if wait:
            serving.wait_until_up("127.0.0.1", self.port, self.process)
        return self

    def kill(self) -> None:
        """As kill -9 does: the process and its children at once."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        for one in [*parent.children(recursive=True), parent]:
            one.kill()
        self.process.wait()

    def end(self) -> None:
        if self.process is not None:
            children.end(self.process)

    def memory(self) -> int:
        """Bytes its processes hold."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in [parent, *parent.children(recursive=True)])

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body or None, headers=dict(headers or {}))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Answer:
        """Send `body` (bytes as they are, else as JSON) with the key in the Authorization header."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["Authorization"] = basic(key)
        return self.request("POST", path, data, named)

    def batch(self, key: str, *events: Mapping[str, Any], **outer: Any) -> Answer:
        return self.post("/v1/batch", {"batch": list(events), **outer}, key)


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.raw = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def problems(self) -> list[tuple[int, str]]:
        """Index and field of each refused event."""
        return [(one["index"], one["field"]) for one in self.json["errors"]]


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def zipped(value: Any) -> bytes:
    return gzip.compress(json.dumps(value).encode())


def track(number: int | str, **more: Any) -> dict[str, Any]:
    """A track call with a message id of its own."""
    return {"type": "track", "userId": "ana", "event": "Product Viewed", "messageId": f"m-{number}", **more}


def tracks(numbers: Sequence[int] | range) -> list[dict[str, Any]]:
    return [track(number) for number in numbers]


@contextmanager
def running(dsn: str, **environment: str) -> Iterator[EventServer]:
    server = EventServer(dsn, **environment)
    try:
        yield server.start()
    finally:
        server.end()


def until(holds: Any, seconds: float = 30) -> Any:
    """What `holds` gives once it gives something; asked again and again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := holds():
                return found
        except (OSError, http.client.HTTPException, Unavailable):
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")
