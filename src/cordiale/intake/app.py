"""The event API: a raw RSGI application beside Django, in a process of its own, wire-compatible with Segment's.

    CORDIALE_EVENTS_DATABASE=postgresql://… granian --interface rsgi cordiale.intake.app:app

What it answers, and the limits, are told in docs/how-to/send-events.md.
"""

from __future__ import annotations

import asyncio
import gc
import os
import zlib
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec

from cordiale import clock
from cordiale.home import PACKAGE
from cordiale.intake import calls, wire
from cordiale.intake.calls import Taken, Unreadable
from cordiale.intake.committing import Committer, NotCommitted
from cordiale.intake.routes import ONE, SETTINGS, SOURCE_CONFIG, batch_path, settings_of
from cordiale.intake.serving import Known, Sources

DATABASE = "CORDIALE_EVENTS_DATABASE"
HELD_BYTES = int(os.environ.get("CORDIALE_EVENTS_MEMORY", str(32 << 20)))
"""Of requests being read and rows being committed, in one process; beyond it senders are asked to wait."""
A_REQUEST = 2_048  # bytes of memory a request takes beside its body
GARBAGE_AFTER = 50_000
"""Objects made and not yet freed before cycles are looked for: at Python's 700 a sixth of the time goes into it."""
GZIP = 16 + zlib.MAX_WBITS
_JSON = ("content-type", "application/json")
_TAG = PACKAGE / "static" / "dist" / "tag.js"
_ALL_TAKEN: dict[int, str] = {}

Headers = list[tuple[str, str]]


class Answer(Exception):
    """A request that ends here: status, code and message."""

    def __init__(self, status: int, code: str, message: str, errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.errors = status, code, message, errors or []

    def body(self) -> bytes:
        """What the sender reads. `code` and `message` are what Segment's own clients look for."""
        return msgspec.json.encode(
            {"success": False, "accepted": 0, "code": self.code, "message": self.message, "errors": self.errors}
        )


class EventApp:
    """Takes requests, and answers once what they hold is durable."""

    def __init__(self) -> None:
        self._held = 0
        self._tasks: list[asyncio.Task[None]] = []

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by granian in each of its processes."""
        loop.run_until_complete(self._start(os.environ[DATABASE]))
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE_AFTER)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """What was acknowledged is durable already; what was not is sent again."""
        for task in self._tasks:
            task.cancel()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """One request."""
        headers: Headers = [_JSON]
        try:
            if scope.method == "POST":
                status, body = await self._post(scope, protocol, headers)
            else:
                status, body = await self._answer(scope, headers)
        except Answer as answer:
            status, body = answer.status, answer.body()
            if status in (429, 503):
                headers.append(("retry-after", "1"))
        if isinstance(body, str):
            protocol.response_str(status, headers, body)
        else:
            protocol.response_bytes(status, headers, body)

    async def _start(self, dsn: str) -> None:
        self._committer, self._sources = Committer(dsn), Sources(dsn)
        self._tasks = [asyncio.create_task(self._committer.run()), asyncio.create_task(self._sources.run())]

    async def _answer(self, scope: Any, headers: Headers) -> tuple[int, str | bytes]:
        asked = scope.headers
        origin = asked.get("origin")
        if scope.method == "OPTIONS":
            return self._preflight(asked, origin, headers)
        if scope.method not in ("GET", "HEAD"):
            raise Answer(405, "method", "send events by POST")
        if scope.path == "/health":
            return self._health()
        if scope.path == "/tag.js":
            return self._tag(headers)
        if scope.path.startswith(SETTINGS):
            return await self._settings(scope, origin, headers)
        if scope.path.rstrip("/") == SOURCE_CONFIG:
            return await self._source_config(scope, asked, origin, headers)
        raise Answer(404, "path", "there is nothing here; events are sent to /v1/batch")

    async def _post(self, scope: Any, protocol: Any, headers: Headers) -> tuple[int, str | bytes]:
        """All of it in one coroutine, and each header asked for once: at 50 000 a second each further step shows."""
        asked = scope.headers  # granian copies them each time
        told = asked.get("content-length")
        length = _length(told)
        held = length + A_REQUEST
        if self._held + held > HELD_BYTES:
            raise Answer(429, "overload", "more comes in than can be kept; send it again after the time of Retry-After")
        self._held += held
        try:
            body: bytes = await (protocol() if told is not None else _unmeasured(protocol))
            if encoding := asked.get("content-encoding"):
                body = _decoded(body, encoding)
            if len(body) > length:
                held, self._held = held + len(body) - length, self._held + len(body) - length
            path = scope.path
            kind = ONE.get(path)
            if kind is None and not batch_path(path):
                return self._elsewhere(path, asked.get("origin"), headers)
            source = self._sources.known(asked.get("authorization")) or await self._source(scope, asked, body)
            if source.is_browser:
                self._admit(source, asked.get("origin"), headers)
            received = clock.now()
            taken = self._taken(kind, body, source, received)
            if taken.rows:
                await self._committer.submit(wire.rows(source.number, taken.rows, received))
            return self._told(source, taken, received)
        except NotCommitted:
            raise Answer(503, "database", "nothing can be kept right now; send it again") from None
        finally:
            self._held -= held

    def _elsewhere(self, path: str, origin: str | None, headers: Headers) -> tuple[int, str]:
        if path != "/v1/m":  # what analytics-next measures of itself: nothing we keep
            raise Answer(404, "path", "there is nothing here; events are sent to /v1/batch, /v1/track, /v1/identify …")
        self._cross(headers, origin, self._sources.origins)
        return 200, _success(0)

    def _admit(self, source: Known, origin: str | None, headers: Headers) -> None:
        if origin is None:
            return
        if origin not in source.origins:
            raise Answer(403, "origin", "pages of this origin may not use this write key; add it to the source")
        self._cross(headers, origin, source.origins)

    def _taken(self, kind: str | None, body: bytes, source: Known, received: datetime) -> Taken:
        try:
            if kind is None:
                return calls.take_batch(body, source.number, received)
            return calls.take_one(kind, body, source.number, received)
        except Unreadable as error:
            self._sources.tell(source, 0, 1, str(error), received)
            raise Answer(400, "unreadable", str(error)) from None

    def _told(self, source: Known, taken: Taken, received: datetime) -> tuple[int, str | bytes]:
        if not taken.refusals:
            self._sources.tell(source, len(taken.rows), 0, "", received)
            return 200, _success(len(taken.rows))
        first = taken.refusals[0]
        reason = f"{first.field}: {first.reason}" if first.field else first.reason
        self._sources.tell(source, len(taken.rows), len(taken.refusals), reason, received)
        errors = [{"index": one.index, "field": one.field, "reason": one.reason} for one in taken.refusals]
        if not taken.rows:
            raise Answer(400, "refused", reason, errors)
        return 200, msgspec.json.encode({"success": True, "accepted": len(taken.rows), "errors": errors})

    async def _source(self, scope: Any, asked: Any, body: bytes) -> Known:
        header, key = asked.get("authorization"), None
        if not header:
            key = _query_key(scope.query_string)
            if key is None and body:
                try:
                    key = calls.write_key_in(body)
                except Unreadable as error:
                    raise Answer(400, "unreadable", str(error)) from None
        source = await self._sources.find(header, key)
        if source is None and not self._sources.is_known:
            raise Answer(503, "database", "nothing can be kept right now; send it again")
        if source is None:
            raise Answer(401, "key", "no source in use has this write key; see: cordiale sources list")
        return source

    def _preflight(self, asked: Any, origin: str | None, headers: Headers) -> tuple[int, str]:
        if origin is None or origin not in self._sources.origins:
            raise Answer(403, "origin", "pages of this origin may not send events; add it to a browser source")
        self._cross(headers, origin, self._sources.origins)
        wanted = asked.get("access-control-request-headers") or "content-type"
        headers += [
            ("access-control-allow-methods", "GET, POST"),
            ("access-control-allow-headers", wanted),
            ("access-control-max-age", "600"),
        ]
        return 200, ""

    async def _settings(self, scope: Any, origin: str | None, headers: Headers) -> tuple[int, bytes]:
        """What analytics-next asks its `cdnURL` for before it sends anything."""
        key = settings_of(scope.path)
        source = await self._sources.find(None, key) if key else None
        if source is None:
            raise Answer(404, "key", "no source in use has this write key")
        self._cross(headers, origin, source.origins)
        host = scope.headers.get("host") or scope.authority or ""
        scheme = scope.headers.get("x-forwarded-proto") or scope.scheme
        segment = {"apiKey": key, "apiHost": f"{host}/v1", "protocol": scheme, "unbundledIntegrations": []}
        return 200, msgspec.json.encode(
            {"integrations": {"Segment.io": segment}, "metrics": {"sampleRate": 0}, "plan": {}, "edgeFunction": {}}
        )

    async def _source_config(
        self, scope: Any, asked: Any, origin: str | None, headers: Headers
    ) -> tuple[int, str | bytes]:
        """What RudderStack's analytics-js asks its `configUrl` for: nothing is sent on, nothing of itself measured."""
        source = await self._source(scope, asked, b"")
        self._cross(headers, origin, source.origins)
        silent = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
        told = {"id": str(source.number), "enabled": True, "config": {"statsCollection": silent}, "destinations": []}
        return 200, msgspec.json.encode({"source": told})

    def _tag(self, headers: Headers) -> tuple[int, bytes]:
        """The page tag, which sends to where it was loaded from."""
        try:
            script = _TAG.read_bytes()
        except FileNotFoundError:
            raise Answer(404, "path", "the page tag has not been built; run: npm run build") from None
        headers[:] = [("content-type", "text/javascript; charset=utf-8"), ("cache-control", "public, max-age=3600")]
        return 200, script

    def _health(self) -> tuple[int, str]:
        if self._committer.is_up and self._sources.is_known:
            return 200, '{"database":"ok"}'
        raise Answer(503, "database", "PostgreSQL does not answer")

    def _cross(self, headers: Headers, origin: str | None, allowed: frozenset[str]) -> None:
        headers.append(("vary", "origin"))
        if origin is not None and origin in allowed:
            headers.append(("access-control-allow-origin", origin))


async def _unmeasured(protocol: Any) -> bytes:
    """A body that came without its length; never more of it in memory than a request may hold."""
    parts, size = [], 0
    async for part in protocol:
        size += len(part)
        if size > calls.BODY_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _decoded(body: bytes, encoding: str) -> bytes:
    name = encoding.lower()
    if name not in ("gzip", "identity"):
        raise Answer(415, "encoding", "the body may be compressed by gzip, or not at all")
    return _inflate(body) if name == "gzip" else body


def _inflate(body: bytes) -> bytes:
    inflating = zlib.decompressobj(GZIP)
    try:
        plain = inflating.decompress(body, calls.BODY_BYTES + 1)
    except zlib.error:
        raise Answer(400, "gzip", "the body is not valid gzip") from None
    if len(plain) > calls.BODY_BYTES:
        raise _too_large()
    if not inflating.eof:
        raise Answer(400, "gzip", "the body's gzip ends too early")
    return plain


def _length(text: str | None) -> int:
    if text is None:
        return calls.BODY_BYTES
    if not text.isascii() or not text.isdigit() or int(text) > calls.BODY_BYTES:
        raise _too_large()
    return int(text)


def _too_large() -> Answer:
    return Answer(413, "size", f"the body holds more than {calls.BODY_BYTES // 1024} KB; send smaller batches")


def _query_key(query: str) -> str | None:
    return parse_qs(query).get("writeKey", [None])[0] if "writeKey=" in query else None


def _success(accepted: int) -> str:
    answer = _ALL_TAKEN.get(accepted)
    if answer is None:
        answer = _ALL_TAKEN[accepted] = f'{{"success":true,"accepted":{accepted},"errors":[]}}'
    return answer


app = EventApp()
