"""Acknowledged means durable: rows gather while a COPY commits, and leave together with the next.

There is no timer: alone, a request is committed at once; under load, groups grow by themselves. Where the disk is slow
a large group does not wait for the one before: it leaves on another connection, and PostgreSQL makes both durable by
one sync. Where it is fast that costs more than it saves.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque

import psycopg
from psycopg import AsyncConnection

from cordiale.intake import wire
from cordiale.intake.copying import Copier

CONNECTIONS = 4
LARGE, GATHERED = 100, 150
"""Rows of one request, and of many, that leave beside a commit under way where the disk is slow. Fewer wait for its
end, since a commit costs what some 50 rows cost."""
SLOW, A_ROW, LOOKED_AT = 0.003, 2e-6, 32
"""A disk is slow when even the quickest of the last commits took more seconds than `SLOW`, and this for each row."""
RECONNECT_AFTER = 0.2  # seconds
PATIENCE = 30.0  # seconds a commit may take before its connection is given up
_COPY = wire.COPY.encode()


class NotCommitted(Exception):
    """PostgreSQL did not say that the rows are kept: their sender has to send them again."""


class Pace:
    """Whether the disk is slow, from how long commits take."""

    def __init__(self) -> None:
        self._waits: deque[float] = deque(maxlen=LOOKED_AT)
        self.is_slow = False

    def learn(self, seconds: float, rows: int) -> None:
        """Any one commit may have waited for a processor; the quickest of many has waited for the disk alone."""
        self._waits.append(seconds - A_ROW * rows)
        self.is_slow = len(self._waits) == LOOKED_AT and min(self._waits) > SLOW


class Committer:
    """A few connections, one commit at a time on each. `submit` returns once its rows are durable."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._rows: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._idle: list[asyncio.Future[None]] = []
        self._is_large = False
        self._up = self._committing = 0
        self._pace = Pace()
        self._loop = asyncio.get_running_loop()  # asked once: each time costs Python 3.11 a system call

    @property
    def is_up(self) -> bool:
        """Can anything be kept?"""
        return self._up > 0

    def submit(self, rows: list[bytes]) -> asyncio.Future[None]:
        """Rows of `wire.rows`; await the result. It raises NotCommitted."""
        future: asyncio.Future[None] = self._loop.create_future()
        if not self._up:
            future.set_exception(NotCommitted())
            return future
        self._rows += rows
        self._is_large = self._is_large or len(rows) >= LARGE
        self._waiting.append(future)
        if self._idle and self._may_leave():
            _done(self._idle.pop())
        return future

    async def run(self) -> None:
        """Keep the connections and commit, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(self._keep_one())

    async def _keep_one(self) -> None:
        while True:
            try:
                connection = await AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=5)
            except psycopg.OperationalError:
                await asyncio.sleep(RECONNECT_AFTER)
                continue
            self._up += 1
            try:
                await self._commit_groups(connection)
            except (psycopg.Error, TimeoutError) as error:
                sys.stderr.write(f"events: nothing can be kept: {str(error).strip()[:300] or type(error).__name__}\n")
            finally:
                self._up -= 1
                self._broken()
                await connection.close()
            await asyncio.sleep(RECONNECT_AFTER)

    async def _commit_groups(self, connection: AsyncConnection) -> None:
        copier = Copier(connection)
        while True:
            if not self._may_leave():
                await self._turn()
                continue
            rows, self._rows, self._is_large = self._rows, [], False
            waiting, self._waiting = self._waiting, []
            self._committing += 1
            started = time.perf_counter()
            try:
                async with asyncio.timeout(PATIENCE):
                    await copier.copy(_COPY, b"".join([wire.HEADER, *rows, wire.END]))
            except BaseException:
                _refuse(waiting)
                raise
            finally:
                self._committing -= 1
            self._pace.learn(time.perf_counter() - started, len(rows))
            for future in waiting:
                _done(future)

    def _may_leave(self) -> bool:
        """Is there a group for one more connection? The last one committing takes whatever has gathered meanwhile."""
        if not self._rows or not self._committing:
            return bool(self._rows)
        return self._pace.is_slow and (self._is_large or len(self._rows) >= GATHERED)

    async def _turn(self) -> None:
        turn: asyncio.Future[None] = self._loop.create_future()
        self._idle.append(turn)
        await turn

    def _broken(self) -> None:
        """Idle connections will have broken too, and would each cost a request; without any what gathered fails."""
        for turn in self._idle:
            turn.set_exception(psycopg.OperationalError("another connection broke"))
        self._idle.clear()
        if not self._committing:
            waiting, self._waiting, self._rows, self._is_large = self._waiting, [], [], False
            _refuse(waiting)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _refuse(waiting: list[asyncio.Future[None]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_exception(NotCommitted())
