"""One door to the server: sends, tries again where that is safe, decodes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Annotated, Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from cordiale import __version__
from cordiale.client.errors import ApiError, ClientError, Unreachable, from_answer

T = TypeVar("T")
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware datetime; one without an offset is refused."""
File = tuple[str, bytes | IO[bytes]]
"""A file to send: its name, and its content or an open binary file."""
BUSY = frozenset({429, 502, 503, 504})
"""Answers of a server that cannot just now."""
LONGEST_WAIT = 60.0
"""Seconds to wait before a new attempt at most, whatever the server asks for."""
_FIRST_WAIT = 0.5
_LONGEST_BACKOFF = 8.0
_jitter = random.SystemRandom()


class Shape(msgspec.Struct, frozen=True, omit_defaults=True):
    """What goes in or comes out. Fields that a newer server adds are passed over."""


class Connection:
    """Kept-alive connections to one server, for any number of threads."""

    def __init__(
        self,
        address: str,
        key: str,
        *,
        timeout: float,
        attempts: int,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._attempts = attempts
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {key}", "User-Agent": f"cordiale-python/{__version__}"},
            timeout=timeout,
            transport=transport,
        )

    def call(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: Mapping[str, Any] | None = None,
        body: Shape | None = None,
        form: Mapping[str, Any] | None = None,
        files: Mapping[str, File] | None = None,
        is_repeatable: bool = False,
    ) -> T:
        """Send, and decode the answer as `answer`. Raises ApiError, and Unreachable without any answer."""
        given: dict[str, Any] = {"params": _given(query), "data": _given(form), "files": files}
        if body is not None:
            given |= {"content": msgspec.json.encode(body), "headers": {"Content-Type": "application/json"}}
        found = self._send(method, path, given, is_repeatable=is_repeatable)
        if not found.is_success:
            raise from_answer(found.status_code, found.content)
        try:
            return msgspec.json.decode(found.content or b"null", type=answer)
        except msgspec.MsgspecError as error:
            said = f"the answer is not as described ({error}); is the server of version {__version__}?"
            raise ApiError(found.status_code, said) from error

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def _send(self, method: str, path: str, given: dict[str, Any], *, is_repeatable: bool) -> httpx.Response:
        for attempt in range(1, self._attempts + 1):
            is_last = attempt == self._attempts
            wait = min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_BACKOFF) * _jitter.uniform(0.5, 1.0)
            try:
                found = self._http.request(method, path, **given)
            except httpx.TransportError as error:
                never_arrived = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if is_last or not (is_repeatable or never_arrived):
                    raise Unreachable(f"{method} {path}: no answer ({error or type(error).__name__})") from error
            else:
                if is_last or not is_repeatable or found.status_code not in BUSY:
                    return found
                wait = max(wait, _asked_wait(found.headers.get("Retry-After", "")))
            self._sleep(wait)
        raise ClientError("at least one attempt is needed")


def part(value: object) -> str:
    """A value as one part of an address."""
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError(f"'{text}' names nothing; give a reference, a name or a number")
    return quote(text, safe="")


def _given(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: value for name, value in values.items() if value is not None}


def _asked_wait(retry_after: str) -> float:
    """Seconds the server asks us to wait (a number, or an instant as HTTP writes it), 0 where it says nothing."""
    if retry_after.isdecimal():
        return min(float(retry_after), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WAIT) if at.tzinfo else 0.0
