"""Acknowledged means durable: rows gather while one COPY commits, and leave together with the next.

There is no timer: alone, a request is committed at once; under load, groups grow by themselves.
"""

from __future__ import annotations

import asyncio
import sys

import psycopg
from psycopg import AsyncConnection

from cordiale.intake import wire

RECONNECT_AFTER = 0.2  # seconds
PATIENCE = 30.0  # seconds a commit may take before its connection is given up


class NotCommitted(Exception):
    """PostgreSQL did not say that the rows are kept: their sender has to send them again."""


class Committer:
    """One connection, one commit at a time. `submit` returns once its rows are durable."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._rows: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._has_rows = asyncio.Event()
        self.is_up = False

    def submit(self, rows: list[bytes]) -> asyncio.Future[None]:
        """Rows of `wire.rows`; await the result. It raises NotCommitted."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self.is_up:
            future.set_exception(NotCommitted())
            return future
        self._rows += rows
        self._waiting.append(future)
        self._has_rows.set()
        return future

    async def run(self) -> None:
        """Keep a connection and commit, until cancelled."""
        while True:
            try:
                connection = await AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=5)
            except psycopg.OperationalError:
                await asyncio.sleep(RECONNECT_AFTER)
                continue
            self.is_up = True
            try:
                await self._commit_groups(connection)
            except (psycopg.Error, TimeoutError) as error:
                sys.stderr.write(f"events: nothing can be kept: {str(error).strip()[:300] or type(error).__name__}\n")
            finally:
                self.is_up = False
                self._fail()
                await connection.close()
            await asyncio.sleep(RECONNECT_AFTER)

    async def _commit_groups(self, connection: AsyncConnection) -> None:
        cursor = connection.cursor()
        while True:
            await self._has_rows.wait()
            self._has_rows.clear()
            rows, self._rows = self._rows, []
            waiting, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(PATIENCE), cursor.copy(wire.COPY) as copy:
                    await copy.write(b"".join([wire.HEADER, *rows, wire.END]))
            except BaseException:
                self._waiting = waiting + self._waiting
                raise
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    def _fail(self) -> None:
        waiting, self._waiting, self._rows = self._waiting, [], []
        for future in waiting:
            if not future.done():
                future.set_exception(NotCommitted())
