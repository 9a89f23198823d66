"""A running event API on the test's database, and a source to send with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from cordiale.home import Home
from cordiale.intake.actions import add_source
from cordiale.intake.models import Source
from tests.intake.serving import EventServer, database, running


@pytest.fixture(scope="session")
def event_server(django_db_setup: None, django_db_blocker: object) -> Iterator[EventServer]:
    """One for all tests of a run: it finds new sources by itself."""
    with running(database()) as server:
        yield server


@pytest.fixture
def server(event_server: EventServer, transactional_db: None) -> EventServer:
    return event_server


@pytest.fixture
def source(transactional_db: None, fresh_home: Home, now: datetime) -> Source:
    return add_source("shop", actor="test", now=now)


@pytest.fixture
def site(transactional_db: None, fresh_home: Home, now: datetime) -> Source:
    return add_source("site", kind="browser", origins=["https://www.example.fr"], actor="test", now=now)
