"""A mail server with a temper, for tests: a script decides what it answers, and when it hangs up or falls silent."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from typing import Any

Script = Callable[[str, int], str | None]
"""From a verb (`HELLO` for the greeting, `MAIL`, `RCPT …`, `DATA`, `TEXT`) and how many times it came, to an answer.

None hangs up; `silence` says nothing more until the client goes; "" means the usual answer.
"""
USUAL = {"HELLO": "220 hi", "EHLO": "250-here\r\n250 PIPELINING", "DATA": "354 go on", "QUIT": "221 bye"}


class DifficultServer:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.accepted: list[str] = []
        self.counts: dict[str, int] = {}
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.converse(self)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, words: str) -> str | None:
        verb = words.split(":", maxsplit=1)[0].split(" ", maxsplit=1)[0].upper()
        self.counts[verb] = self.counts.get(verb, 0) + 1
        said = self.script(words, self.counts[verb])
        return USUAL.get(verb, "250 ok") if said == "" else said

    def converse(self, client: Any) -> None:
        recipient = ""
        if not self._say(client, "HELLO"):
            return
        while line := client.rfile.readline().decode().strip():
            if line.upper().startswith("RCPT"):
                recipient = line
            said = self._say(client, line)
            if not said:
                return
            if said.startswith("354"):
                while (text := client.rfile.readline()) not in {b".\r\n", b""}:
                    pass
                said = self._say(client, "TEXT") if text else ""
                if not said:
                    return
                if said.startswith("250"):
                    self.accepted.append(recipient)

    def _say(self, client: Any, words: str) -> str:
        said = self.answer(words)
        if said == "silence":
            client.rfile.read()
            return ""
        if said is None:
            return ""
        client.wfile.write(f"{said}\r\n".encode())
        return said
