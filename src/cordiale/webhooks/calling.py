"""The one door to other people's servers: POST, no redirect, no private address, a little answer, a time limit."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cache
from types import TracebackType

import httpx
from django.utils.translation import gettext_noop

from cordiale import __version__
from cordiale.errors import CordialeError, Refused
from cordiale.webhooks import rules
from cordiale.webhooks.rules import Answer

SECONDS = 10.0
"""Until an answer begins, in all: a server that sends a byte a second does not hold us longer."""
NO_ANSWER = gettext_noop("No answer within 10 seconds.")
NO_NAME = gettext_noop("No server has the name in this address.")
PRIVATE = gettext_noop("The address leads into a private network, which is not called.")
ONLY_HTTPS = gettext_noop("Only https is called.")
LARGEST_ANSWER = 64 * 1024
_DRAIN_SECONDS = 2.0


class Caller:
    """Calls one after the other on a connection kept open. `allowed`: `loopback`, `private`."""

    def __init__(self, allowed: Collection[str], seconds: float = SECONDS) -> None:
        self._allowed, self._seconds = frozenset(allowed), seconds
        self._runner = asyncio.Runner()
        self._client: httpx.AsyncClient | None = None

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._runner.run(self._client.aclose())
        self._runner.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What the other side answers; a failure is an answer with status 0, never an exception."""
        started = time.monotonic()
        status, reason, retry_after = self._runner.run(self._within_time(url, body, headers))
        return Answer(status, reason, retry_after, int((time.monotonic() - started) * 1000))

    async def _within_time(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, str]:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(url, body, headers)
        except TimeoutError:
            return 0, NO_ANSWER, ""
        except CordialeError as error:
            return 0, str(error), ""
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, UnicodeError) as error:
            return 0, f"{rules.FAILED}{str(error)[:200] or type(error).__name__}", ""
        try:
            await _drain(answer)
        finally:
            await answer.aclose()
        return answer.status_code, "", answer.headers.get("retry-after", "")

    async def _ask(self, url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """The answer's head; the next address is tried where one takes no connection."""
        rules.check_url(url, self._allowed)
        target = httpx.URL(url)
        sent = {
            "Host": target.netloc.decode(), "Content-Type": "application/json", "User-Agent": f"Cordiale/{__version__}",
            "Accept-Encoding": "identity", **headers,
        }  # fmt: skip
        *others, last = await self._resolve(target)
        for address in others:
            with suppress(httpx.ConnectError):
                return await self._send(target, address, body, sent)
        return await self._send(target, last, body, sent)

    async def _send(self, target: httpx.URL, address: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        request = self._open().build_request(
            "POST",
            target.copy_with(host=address),
            content=body,
            headers=headers,
            extensions={"sni_hostname": target.host},
        )
        return await self._open().send(request, stream=True)

    async def _resolve(self, target: httpx.URL) -> list[str]:
        """The addresses to connect to: what is checked is what is called, wherever the name leads a moment later."""
        port = target.port or (443 if target.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Refused(NO_NAME) from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(rules.is_allowed(one.partition("%")[0], self._allowed) for one in addresses):
            raise Refused(PRIVATE)
        if target.scheme == "http" and not {"loopback", "private"} & self._allowed:
            raise Refused(ONLY_HTTPS)
        return list(dict.fromkeys(addresses))[:4]

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=_trusted(), trust_env=False, follow_redirects=False, timeout=self._seconds
            )
        return self._client


@cache
def _trusted() -> ssl.SSLContext:
    """Who vouches for servers; reading their certificates costs more than a call."""
    return httpx.create_ssl_context(trust_env=False)


async def _drain(answer: httpx.Response) -> None:
    """Read what is said, so that the connection can be used again. The status has told all: no more than a little."""
    size = 0
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for part in answer.aiter_raw(LARGEST_ANSWER):
                size += len(part)
                if size >= LARGEST_ANSWER:
                    return
