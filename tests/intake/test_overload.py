"""More than can be kept, and nobody to keep it: senders are asked to wait, and memory stays flat."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from cordiale.intake.models import Inbox, Source
from tests.intake.serving import EventServer, database, running, track, until

pytestmark = pytest.mark.django_db(transaction=True)
MEGABYTE = 1 << 20


def big_batch(number: int) -> dict[str, object]:
    return {"batch": [track(f"{number}-{one}", properties={"text": "x" * 30_000}) for one in range(15)]}


def send(server: EventServer, key: str, number: int) -> int:
    answer = server.post("/v1/batch", big_batch(number), key)
    if answer.status != 200:
        assert answer.status in (429, 503)
        assert answer.headers["retry-after"] == "1"
    return answer.status


def test_overload_is_answered_before_memory_grows(source: Source) -> None:
    """PostgreSQL takes nothing for a while: the inbox is locked."""
    with running(database(), CORDIALE_EVENTS_MEMORY=str(4 * MEGABYTE)) as server:
        until(lambda: server.post("/v1/track", track("first"), source.write_key).status == 200)
        before = server.memory()
        with psycopg.connect(database()) as blocking, ThreadPoolExecutor(60) as pool:
            blocking.execute("LOCK TABLE intake_inbox")
            sending = [pool.submit(send, server, source.write_key, number) for number in range(60)]
            until(lambda: sum(one.done() for one in sending) >= 45)
            assert server.request("GET", "/health").status == 200
            grown = server.memory() - before
            blocking.rollback()
            statuses = [one.result() for one in sending]
        assert statuses.count(429) >= 45
        assert grown < 64 * MEGABYTE
        assert Inbox.objects.count() == 1 + 15 * statuses.count(200)


def test_without_a_database_senders_wait_and_go_on_when_it_is_back(source: Source) -> None:
    """Its connections are cut and new ones refused, as while PostgreSQL restarts."""
    with running(database()) as server:
        until(lambda: server.post("/v1/track", track("first"), source.write_key).status == 200)
        name = psycopg.conninfo.conninfo_to_dict(database())["dbname"]
        with psycopg.connect(database(), dbname="postgres", autocommit=True) as ruler:
            ruler.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
            ruler.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            ruler.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE %s",
                [name, "COPY intake_inbox%"],
            )
            answer = until(
                lambda: (found := server.post("/v1/track", track(1), source.write_key)).status == 503 and found
            )
            assert answer.headers["retry-after"] == "1"
            until(lambda: server.request("GET", "/health").status == 503)
            ruler.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            ruler.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
        until(lambda: server.post("/v1/track", track(2), source.write_key).status == 200)
        assert threading.active_count() < 50
