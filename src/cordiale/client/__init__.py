"""The typed Python client of Cordiale's HTTP API. It stands alone: nothing of the server is imported.

    with Cordiale("https://crm.example.org", key) as client:
        client.customers.tell("shop", [ToldIn(identifiers=Identifiers(email="ana@example.org"))])

Methods are grouped as the API is (`client.segments.count(…)`), with typed values in and out: instants are aware, money
is Decimal. `groups/` is written by `config.client_source` from the OpenAPI description. Events of a site are sent with
the official Segment libraries, not with this one.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

import httpx

from cordiale.client.connection import Connection
from cordiale.client.errors import ApiError, ClientError, Fault, Unreachable
from cordiale.client.groups import Groups

__all__ = ["ApiError", "ClientError", "Cordiale", "Fault", "Unreachable"]


class Cordiale(Groups):
    """A server at `address`, asked with `key` (made by `keys add`; CORDIALE_KEY where none is given).

    Any number of threads may share one. `timeout` is in seconds, for connecting and for each read. A call that may be
    made twice without harm is tried up to `attempts` times while the server is busy or does not answer.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        timeout: float = 30.0,
        attempts: int = 4,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        key = key or os.environ.get("CORDIALE_KEY", "")
        if not key:
            raise ValueError("no key is given; pass one made by 'keys add', or set CORDIALE_KEY")
        if attempts < 1:
            raise ValueError("attempts is at least 1")
        self._connection = Connection(address, key, timeout=timeout, attempts=attempts, transport=transport)
        super().__init__(self._connection)

    def close(self) -> None:
        """End the connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
