"""The same endpoint as most would write it: FastAPI, pydantic, one INSERT per event. Served by granian (ASGI)."""

from __future__ import annotations

import asyncio
import base64
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Depends, FastAPI, Header, HTTPException
from psycopg.types.json import Jsonb
from pydantic import BaseModel

CONNECTIONS = 10
KIND = os.environ.get("CORDIALE_PEER")
"""The INSERTs of a batch leave together (`pipelined`: psycopg's executemany), or one after the other as a loop would:
in one transaction, or each with a commit of its own (`commits`)."""
INSERT = """
INSERT INTO peer_event (key, kind, at, user_id, name, payload) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (key) DO NOTHING
"""
TABLE = """
CREATE TABLE IF NOT EXISTS peer_event (id bigserial PRIMARY KEY, key uuid UNIQUE, kind text, at timestamptz,
                                       user_id text, name text, payload jsonb)
"""
_free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()


class Event(BaseModel):
    """A call of the specification."""

    type: str | None = None
    messageId: str  # noqa: N815 - as it is sent
    userId: str  # noqa: N815
    event: str
    timestamp: datetime
    properties: dict[str, Any]
    context: dict[str, Any]


class Batch(BaseModel):
    """Many of them."""

    batch: list[Event]
    sentAt: datetime  # noqa: N815


@asynccontextmanager
async def lifespan(app: FastAPI):
    """A pool of connections for each process."""
    for _ in range(CONNECTIONS):
        _free.put_nowait(await psycopg.AsyncConnection.connect(os.environ["CORDIALE_EVENTS_DATABASE"], autocommit=True))
    yield


app = FastAPI(lifespan=lifespan)


async def source(authorization: Annotated[str, Header()]) -> str:
    """The write key."""
    key = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")[0]
    if not key:
        raise HTTPException(401)
    return key


async def keep(events: list[Event], key: str) -> None:
    """One INSERT per event, by default all of a request in one transaction."""
    rows = [
        (UUID(bytes=blake2b(f"{key}:{one.messageId}".encode(), digest_size=16).digest()), one.type or "track",
         min(one.timestamp, datetime.now(UTC)), one.userId, one.event, Jsonb({"p": one.properties, "c": one.context}))
        for one in events
    ]  # fmt: skip
    connection = await _free.get()
    try:
        if len(rows) == 1 or KIND == "commits":
            for row in rows:
                await connection.execute(INSERT, row)
        elif KIND == "pipelined":
            async with connection.transaction():
                await connection.cursor().executemany(INSERT, rows)
        else:
            async with connection.transaction():
                for row in rows:
                    await connection.execute(INSERT, row)
    finally:
        _free.put_nowait(connection)


@app.post("/v1/track")
async def track(event: Event, key: Annotated[str, Depends(source)]) -> dict[str, bool]:
    """One event."""
    await keep([event], key)
    return {"success": True}


@app.post("/v1/batch")
async def batch(many: Batch, key: Annotated[str, Depends(source)]) -> dict[str, bool]:
    """Many events."""
    await keep(many.batch, key)
    return {"success": True}
