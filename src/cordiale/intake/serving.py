"""What a serving process knows of the sources, and what it tells of them: read and written once a second."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import sys
import time
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import AsyncConnection

from cordiale import clock

EVERY, AT_ONCE, STALE = 1.0, 0.25, 5.0  # seconds
_SOURCES = "SELECT id, kind, write_key, allowed_origins::text FROM intake_source WHERE revoked_at IS NULL"
_HOUR = """
INSERT INTO intake_hour (source_id, at, taken, refused) VALUES (%s, date_trunc('hour', %s::timestamptz, 'UTC'), %s, %s)
ON CONFLICT (source_id, at) DO UPDATE SET taken = intake_hour.taken + excluded.taken,
                                          refused = intake_hour.refused + excluded.refused
"""
_ERROR = "UPDATE intake_source SET last_error = %s, last_error_at = %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Known:
    """A source that may send."""

    number: int
    is_browser: bool
    origins: frozenset[str]


@dataclass(slots=True)
class Tally:
    """What a source sent since the last writing."""

    taken: int = 0
    refused: int = 0
    error: str = ""
    error_at: datetime | None = None


class Sources:
    """Sources by write key, and what they sent. A new one is known as soon as it is used, a revoked one for 1 s."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._by_key: dict[str, Known] = {}
        self._by_header: dict[str, Known] = {}
        self._tallies: dict[int, Tally] = {}
        self._asked = asyncio.Event()
        self._refreshed = asyncio.Condition()
        self._read_at = float("-inf")
        self.origins: frozenset[str] = frozenset()

    @property
    def is_known(self) -> bool:
        """Was the list read lately?"""
        return time.monotonic() - self._read_at < STALE

    def known(self, header: str | None) -> Known | None:
        """The source of an Authorization header as it is usually written, where it is known already."""
        return self._by_header.get(header) if header else None

    async def find(self, header: str | None, key: str | None) -> Known | None:
        """The source of an Authorization header, else of a key; asked of PostgreSQL once more where it is unknown."""
        found = self._find(header, key)
        if found is not None or not (header or key):
            return found
        async with self._refreshed:
            self._asked.set()
            try:
                await asyncio.wait_for(self._refreshed.wait(), STALE)
            except TimeoutError:
                return None
        return self._find(header, key)

    def tell(self, source: Known, taken: int, refused: int, error: str, at: datetime) -> None:
        """Count what a request held; written within a second."""
        tally = self._tallies.get(source.number)
        if tally is None:
            tally = self._tallies[source.number] = Tally()
        tally.taken += taken
        tally.refused += refused
        if error:
            tally.error, tally.error_at = error[:300], at

    async def run(self) -> None:
        """Read and write once a second, at once when somebody asks for an unknown key, until cancelled."""
        while True:
            try:
                async with await AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=5) as connection:
                    while True:
                        await self._refresh(connection)
                        await self._pause()
            except psycopg.OperationalError:
                await asyncio.sleep(AT_ONCE)
            except psycopg.Error as error:
                sys.stderr.write(f"events: sources cannot be read: {str(error).strip()[:300]}\n")
                await asyncio.sleep(EVERY)

    async def _pause(self) -> None:
        await asyncio.sleep(AT_ONCE)
        try:
            await asyncio.wait_for(self._asked.wait(), EVERY - AT_ONCE)
        except TimeoutError:
            return

    async def _refresh(self, connection: AsyncConnection) -> None:
        self._asked.clear()
        rows = await (await connection.execute(_SOURCES)).fetchall()
        self._by_key = {key: Known(number, kind == "browser", frozenset(json.loads(origins)))
                        for number, kind, key, origins in rows}  # fmt: skip
        self._by_header = {_basic(key): source for key, source in self._by_key.items()}
        self.origins = frozenset().union(*(one.origins for one in self._by_key.values() if one.is_browser))
        self._read_at = time.monotonic()
        async with self._refreshed:
            self._refreshed.notify_all()
        await self._write(connection)

    async def _write(self, connection: AsyncConnection) -> None:
        tallies, self._tallies = self._tallies, {}
        for number, tally in tallies.items():
            moment = tally.error_at
            await connection.execute(_HOUR, [number, clock.now(), tally.taken, tally.refused])
            if moment:
                await connection.execute(_ERROR, [tally.error, moment, number])

    def _find(self, header: str | None, key: str | None) -> Known | None:
        if header:
            return self._by_header.get(header) or self._by_key.get(_user_of(header))
        return self._by_key.get(key or "")


def _basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def _user_of(header: str) -> str:
    """The user of a Basic header written otherwise than we expect (scheme in small letters, a password)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""
