"""What PostgreSQL deleted is gone from its files, however the dead rows were cleared away before."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.conf import settings as django_settings
from django.db import connection

from cordiale.rights.models import Expiry
from cordiale.rights.scrub import scrub
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
