"""A mail server that keeps everything it is given in a folder and sends nothing on. For the demo and for tests.

A message is on disk under its token's name before it is acknowledged. A second one with the same token goes to
`duplicates/`: a double send cannot hide.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

from aiosmtpd import smtp as protocol

from cordiale.errors import Unavailable

_TOKEN = re.compile(r"<([a-z0-9][a-z0-9-]{0,63})@[^>]*>")
_LARGEST = 10_000_000


@dataclass(frozen=True)
class CaughtCounts:
    """How many messages are in a folder, and how many more came with a token that was there already."""

    messages: int
    duplicates: int


class _Handler:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: protocol.SMTP, session: protocol.Session, envelope: protocol.Envelope) -> str:  # noqa: N802 - aiosmtpd's name and arguments
        """Keep the message; only then say so."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        try:
            await asyncio.to_thread(keep, self.folder, content)
        except OSError as error:
            return f"451 cannot keep the message: {error.strerror}"
        return "250 kept"


@dataclass
class Catcher:
    """A running catcher. It listens on this machine only."""

    host: str
    port: int
    _loop: asyncio.AbstractEventLoop
    _thread: threading.Thread

    @property
    def url(self) -> str:
        """For CORDIALE_SMTP_URL."""
        return f"smtp://{self.host}:{self.port}"

    def stop(self) -> None:
        """Stop listening, cut connections. What was caught stays."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def start_catcher(folder: Path, port: int = 0) -> Catcher:
    """Listen on 127.0.0.1 in a thread of this process (`port` 0: any free one). Raises Unavailable for a taken port."""
    (folder / "duplicates").mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.part"):  # a killed catcher never acknowledged it
        left.unlink(missing_ok=True)
    handler = _Handler(folder)
    loop = asyncio.new_event_loop()

    def conversation() -> protocol.SMTP:
        return protocol.SMTP(
            handler, loop=loop, data_size_limit=_LARGEST, ident="Cordiale catcher", hostname="localhost", timeout=300
        )

    try:
        server = loop.run_until_complete(loop.create_server(conversation, "127.0.0.1", port))
    except OSError as error:
        loop.close()
        raise Unavailable(f"port {port} for the mail catcher is taken; choose another or leave it free") from error
    thread = threading.Thread(target=_run, args=(loop, server), name="catcher", daemon=True)
    thread.start()
    return Catcher("127.0.0.1", server.sockets[0].getsockname()[1], loop, thread)


def _run(loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> None:
    loop.run_forever()
    server.close()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def keep(folder: Path, content: bytes) -> Path:
    """Write a message under its token's name, durably; into `duplicates/` when there is one of that name."""
    found = _TOKEN.search(str(message_from_bytes(content, policy=SMTP).get("Message-ID", "")))
    token = found[1] if found else f"x-{secrets.token_hex(8)}"
    draft = folder / f"{secrets.token_hex(8)}.part"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    target = folder / f"{token}.eml"
    try:
        os.link(draft, target)  # unlike a rename, this never replaces what is there
    except FileExistsError:
        target = folder / "duplicates" / f"{token}.{secrets.token_hex(4)}.eml"
        os.link(draft, target)
    draft.unlink()
    _sync(target.parent)
    return target


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def caught(folder: Path) -> CaughtCounts:
    """What a folder holds."""
    return CaughtCounts(sum(1 for _ in tokens(folder)), sum(1 for _ in tokens(folder / "duplicates")))


def tokens(folder: Path) -> Iterator[str]:
    """The tokens of the messages in a folder, in no order."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".eml"):
                yield entry.name.removesuffix(".eml")
