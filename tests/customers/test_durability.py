from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from cordiale.customers import durability

pytestmark = pytest.mark.django_db(transaction=True)


def settings() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('wal_init_zero')")
        return list(cursor.fetchone())


def test_commits_wait_for_the_disk_but_in_large_loads() -> None:
    before = settings()
    with durability.behind():
        assert settings() == ["off", "off"]
    assert settings() == before == ["on", "on"]


def test_they_wait_again_after_a_load_that_failed() -> None:
    with pytest.raises(DatabaseError), durability.behind(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
    assert settings() == ["on", "on"]


def test_a_lost_connection_is_no_failure() -> None:
    with durability.behind():
        connection.close()
    assert settings() == ["on", "on"]
