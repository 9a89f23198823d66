"""A real HTTP server on this machine that stands for other people's: fast, slow, failing, redirecting, endless."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Received:
    """One call, as it came. `began` and `ended` are seconds of one steady clock."""

    headers: dict[str, str]
    body: bytes
    began: float
    ended: float = 0.0


@dataclass
class Other:
    """Somebody else's server. `behave` answers; it may be changed while it runs."""

    behave: Behaviour
    url: str = ""
    received: list[Received] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    @property
    def keys(self) -> list[str]:
        """The `webhook-id` of each call."""
        return [one.headers["webhook-id"] for one in self.received]

    def secure(self, context: ssl.SSLContext) -> None:
        """From now on connections are encrypted; `url` stays as it is."""
        assert self.server is not None
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)


@contextmanager
def serving(behave: Behaviour) -> Iterator[Other]:
    """A server that runs while the block does."""
    other = Other(behave)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            one = Received(headers, body, time.monotonic())
            other.received.append(one)
            try:
                other.behave(self)
            except (BrokenPipeError, ConnectionResetError):  # who called had enough
                self.close_connection = True
            one.ended = time.monotonic()

        def log_message(self, *_args: object) -> None:
            """Nothing: the tests look at what was received."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other.server = server
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    other.url = f"http://127.0.0.1:{server.server_port}/hooks"
    try:
        yield other
    finally:
        server.shutdown()
        server.server_close()


def answering(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Always this; header names are written with underscores."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def waiting(until: threading.Event) -> Behaviour:
    """Says nothing until the event comes, 30 s at most, then takes it."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        until.wait(30)
        answering(200)(handler)

    return behave


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Takes it, then talks for as long as somebody listens (64 MB)."""
    handler.send_response(200)
    handler.send_header("content-length", str(1 << 40))
    handler.end_headers()
    for _ in range(1_024):
        handler.wfile.write(b"x" * 65_536)
    handler.close_connection = True
