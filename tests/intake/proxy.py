"""A bad network between a client and the event API: it passes requests on and loses answers."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_PASSED_BACK = ("content-type", "access-control-allow-origin", "access-control-allow-methods", "retry-after",
                "access-control-allow-headers", "access-control-max-age", "vary")  # fmt: skip


class Proxy:
    """The first `lose` answers to POSTs are cut off after the event API gave them; the POST after those first calls
    `then`, once, before it is passed on."""

    def __init__(self, port: int, lose: int = 0, then: Callable[[], Any] | None = None) -> None:
        self.backend, self.left, self.then = port, lose, then
        self.lost = 0
        self._counting = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def is_lost(self) -> bool:
        """Is this answer one of those to lose?"""
        with self._counting:
            self.left -= 1
            self.lost += self.left >= 0
            return self.left >= 0

    def arrived(self) -> None:
        """A POST is about to be passed on."""
        with self._counting:
            then = self.then if self.left < 0 else None
            self.then = None if then else self.then
        if then:
            then()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"proxy": proxy})


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy

    def do_POST(self) -> None:
        self.proxy.arrived()
        self.pass_on(may_be_lost=True)

    def do_GET(self) -> None:
        self.pass_on()

    do_OPTIONS = do_GET  # noqa: N815

    def pass_on(self, *, may_be_lost: bool = False) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = self.ask(body)
        if answer is None:
            self.send_error(502)
        elif may_be_lost and self.proxy.is_lost():
            self.close_connection = True
            self.connection.close()
        else:
            self.answer(*answer)

    def ask(self, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes] | None:
        """What the event API says, None where it is not there."""
        backend = http.client.HTTPConnection("127.0.0.1", self.proxy.backend, timeout=20)
        try:
            backend.request(self.command, self.path, body or None, dict(self.headers))
            answer = backend.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            backend.close()

    def answer(self, status: int, headers: http.client.HTTPMessage, content: bytes) -> None:
        self.send_response(status)
        for name in _PASSED_BACK:
            if value := headers.get(name):
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):  # the connection was cut on purpose
            self.close_connection = True
