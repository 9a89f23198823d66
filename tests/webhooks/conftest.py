"""Other people's servers, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
from django.utils import translation

from cordiale.home import Home
from cordiale.webhooks import actions, rules
from cordiale.webhooks.actions import Added
from tests.webhooks.servers import Behaviour, Other, answering, serving

Listen = Callable[..., tuple[Other, Added]]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def listen(transactional_db: None, fresh_home: Home, settings: Any, now: datetime) -> Iterator[Listen]:
    """Start a server and add a webhook that calls it."""
    settings.WEBHOOKS_ALLOW = frozenset({"loopback"})
    with ExitStack() as servers:

        def start(name: str = "crm", behave: Behaviour | None = None) -> tuple[Other, Added]:
            other = servers.enter_context(serving(behave or answering(204)))
            return other, actions.add(name, other.url, rules.EVENTS, actor="test", now=now)

        yield start
