"""What PostgreSQL deleted is gone from its files, however the dead rows were cleared away before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from cordiale.rights.models import Expiry
from cordiale.rights.scrub import StillRead, scrub
from tests.rights import traces

pytestmark = pytest.mark.django_db(transaction=True)

WORD = "Wilhelmine-Ostrogradski"


def told(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def files() -> list[str]:
    told("checkpoint")
    return traces.in_files([WORD], django_settings.HOME.postgres / "data")


def expiry(customer_id: int, because: str, now: datetime) -> Expiry:
    return Expiry.objects.create(
        customer_id=customer_id, kept_because=because, last_active_at=now, proposed_at=now, due_on=now.date()
    )


def test_what_was_vacuumed_before_leaves_no_bytes_behind(now: datetime) -> None:
    expiry(1, "comes back", now)
    expiry(2, WORD, now).delete()
    told("select pg_stat_force_next_flush()", "vacuum (analyze) rights_expiry")
    assert any("(rights_expiry)" in path for path in files())

    scrub()

    assert files() == []


def test_a_table_is_not_written_anew_twice_for_the_same_changes(now: datetime) -> None:
    def file() -> int:
        with connection.cursor() as cursor:
            cursor.execute("select pg_relation_filenode('rights_expiry')")
            return int(cursor.fetchone()[0])

    expiry(1, "comes back", now)
    expiry(2, WORD, now).delete()
    scrub()
    first = file()
    scrub()
    assert file() == first
    Expiry.objects.update(kept_because="again")
    scrub()
    assert file() != first


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Somebody who began to read before, and goes on."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield other


def test_what_somebody_still_reads_is_waited_for(now: datetime, reader: psycopg.Connection) -> None:
    expiry(1, "comes back", now)
    gone = expiry(2, WORD, now)
    reader.execute("select 1 from rights_expiry")
    gone.delete()
    ending = threading.Timer(1.0, reader.rollback)
    ending.start()

    scrub()

    ending.join()
    assert files() == []


def test_what_another_session_deleted_a_moment_ago_is_not_overlooked(now: datetime, reader: psycopg.Connection) -> None:
    expiry(1, "comes back", now)
    expiry(2, WORD, now)
    scrub()
    assert any("(rights_expiry)" in path for path in files())
    reader.execute("delete from rights_expiry where customer_id = 2")
    reader.commit()

    scrub()

    assert files() == []


def test_an_erasure_is_not_called_done_while_somebody_still_reads(now: datetime, reader: psycopg.Connection) -> None:
    reader.execute("select 1 from rights_expiry")
    with pytest.raises(StillRead, match="again tonight"):
        scrub(patience=0.2)
