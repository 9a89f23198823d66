"""From the inbox to the lake: each event once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from cordiale.customers.models import Customer, Submission
from cordiale.errors import Refused, Unavailable
from cordiale.intake import actions, calls, flushing, holding, queries, readers, wire
from cordiale.intake.actions import flush
from cordiale.intake.models import Inbox, Rejected, Source
from cordiale.intake.readers import Happened, Reader
from cordiale.lake import open_lake
from tests.intake.serving import track, tracks

pytestmark = pytest.mark.django_db(transaction=True)


def arrive(source: Source, now: datetime, *events: Any) -> None:
    """What the event API does with a batch."""
    arrive_bytes(source, now, json.dumps({"batch": events}).encode())


def arrive_bytes(source: Source, now: datetime, body: bytes) -> None:
    taken = calls.take_batch(body, source.pk, now)
    assert not taken.refusals
    with connection.cursor() as cursor, cursor.copy(wire.COPY) as copy:
        copy.write(b"".join([wire.HEADER, *wire.rows(source.pk, taken.rows, now), wire.END]))


def lake(sql: str = "SELECT name, properties, source FROM events ORDER BY ts, event_id") -> list[dict[str, Any]]:
    return open_lake().query(sql).to_pylist()


@pytest.fixture
def reading() -> Iterator[list[Happened]]:
    """A reader that keeps what it is given."""
    seen: list[Happened] = []
    readers.register(Reader("test", 1, lambda events, now: seen.extend(events)))
    yield seen
    readers.register(Reader("test", 1, lambda events, now: None))


def test_a_key_given_twice_is_set_aside_with_its_name(source: Source, now: datetime) -> None:
    twice = b'{"type":"track","userId":"ana","event":"Viewed","properties":{"price":1,"price":2}}'
    arrive_bytes(source, now, b'{"batch":[' + twice + b"," + json.dumps(track(1)).encode() + b"]}")
    assert flush(now) == actions.Flushed(events=1, rejected=1, chunks=1)
    row = Rejected.objects.get()
    assert row.reason == "price: this key is given twice in one object; give it once"
    assert bytes(row.payload) == twice


def test_an_event_is_recorded_once_however_often_it_is_sent(source: Source, now: datetime) -> None:
    arrive(source, now, track(1), track(2), track(1))
    assert flush(now) == actions.Flushed(events=2, duplicates=1, chunks=1)
    arrive(source, now, track(2), track(3))
    assert flush(now) == actions.Flushed(events=1, duplicates=1, chunks=1)
    assert len(lake()) == 3
    assert not Inbox.objects.exists()
    assert flush(now) == actions.Flushed()


def test_calls_become_events_with_their_properties(source: Source, now: datetime) -> None:
    arrive(
        source, now,
        {"type": "page", "anonymousId": "b1", "name": "Home", "category": "Shop", "properties": {"url": "https://x.fr"}},
        {"type": "screen", "anonymousId": "b1", "name": "Basket"},
        {"type": "group", "userId": "ana", "groupId": "g1", "traits": {"plan": "gold"}},
        {"type": "identify", "userId": "ana", "traits": {"shoe": 39}},
        {"type": "alias", "userId": "ana", "previousId": "b1"},
        {"type": "track", "userId": "ana", "event": "Bought", "properties": {"big": 10**25, "é": "ü"}},
    )  # fmt: skip
    flush(now)
    found = {row["name"]: json.loads(row["properties"]) for row in lake()}
    assert found == {
        "Page Viewed": {"name": "Home", "category": "Shop", "url": "https://x.fr"},
        "Screen Viewed": {"name": "Basket"},
        "Group Joined": {"group_id": "g1", "plan": "gold"},
        "Identified": {"shoe": 39},
        "Alias Created": {"previous_id": "b1"},
        "Bought": {"big": 10**25, "é": "ü"},
    }
    assert {row["source"] for row in lake()} == {"shop"}


def test_identify_tells_who_somebody_is(source: Source, now: datetime) -> None:
    traits = {"firstName": "Ana", "lastName": "Lima", "email": "Ana@Example.fr", "birthday": "1990-04-01T00:00:00Z",
              "phone": "not a phone", "address": {"city": "Lyon", "postalCode": "69001"}, "shoe": 39}  # fmt: skip
    arrive(source, now, {"type": "identify", "userId": "ana", "traits": traits})
    flush(now)
    ana = Customer.objects.get(reference="ana")
    assert (ana.first_name, ana.last_name, ana.city, ana.postcode) == ("Ana", "Lima", "Lyon", "69001")
    assert ana.email.lower() == "ana@example.fr"
    assert (str(ana.birth_on), ana.phone) == ("1990-04-01", "")
    assert Submission.objects.get(customer_id=ana.pk).source == "shop"


def test_what_a_browser_did_before_becomes_the_customers(source: Source, now: datetime) -> None:
    arrive(source, now, {"type": "page", "anonymousId": "b1"}, {"type": "page", "anonymousId": "b2"})
    flush(now)
    arrive(source, now, {"type": "identify", "userId": "ana", "anonymousId": "b1", "traits": {"firstName": "Ana"}})
    arrive(source, now, {"type": "alias", "userId": "ana", "previousId": "b2"})
    flush(now)
    rows = lake("SELECT customer_id FROM events WHERE name = 'Page Viewed'")
    assert {row["customer_id"] for row in rows} == {Customer.objects.get(reference="ana").pk}


@pytest.mark.parametrize("failure", [Unavailable("the lake of orders does not answer"), OperationalError("gone")])
def test_a_flush_cut_after_the_lake_is_repeated_without_a_second_copy(
    source: Source, now: datetime, failure: Exception
) -> None:
    def fail(events: Sequence[Happened], now: datetime) -> None:
        raise failure

    readers.register(Reader("test", 1, fail))
    arrive(source, now, *tracks(range(50)))
    with pytest.raises(type(failure)):
        flush(now)
    assert (len(lake()), Inbox.objects.count()) == (50, 50)
    assert queries.count().acknowledged == 50
    arrive(source, now, *tracks(range(40, 60)))
    assert queries.count() == queries.Counted(recorded=50, waiting=10, rejected=0)
    seen: list[Happened] = []
    readers.register(Reader("test", 1, lambda events, now: seen.extend(events)))
    flush(now)
    assert (len(lake()), len({one.event_id for one in seen})) == (60, 60)
    readers.register(Reader("test", 1, lambda events, now: None))


def test_a_bad_event_stands_aside_and_is_tried_again(source: Source, now: datetime, reading: list[Happened]) -> None:
    def picky(events: Sequence[Happened], now: datetime) -> None:
        if any(one.properties.get("price") == "?" for one in events):
            raise Refused("a price is a number")
        reading.extend(events)

    readers.register(Reader("test", 1, picky))
    arrive(source, now, *tracks(range(20)), track("bad", properties={"price": "?"}), *tracks(range(20, 40)))
    assert flush(now).rejected == 1
    assert (len(lake()), len(reading)) == (41, 40)
    row = Rejected.objects.get()
    assert (row.reader, row.reason) == ("test", "Refused: a price is a number")
    with pytest.raises(Refused, match="a price is a number"):
        actions.replay(row.pk, actor="test", now=now)
    readers.register(Reader("test", 1, lambda events, now: reading.extend(events)))
    actions.replay(row.pk, actor="test", now=now)
    assert (len(lake()), len(reading), Rejected.objects.count()) == (41, 41, 0)


def test_a_payload_that_cannot_be_read_is_kept_aside_with_its_reason(source: Source, now: datetime) -> None:
    arrive(source, now, track(1))
    Inbox.objects.create(source_id=source.pk, key=UUID(int=7), kind=0, at=now, received_at=now, payload=b"\xff{")
    assert flush(now) == actions.Flushed(events=1, rejected=1, chunks=1)
    assert "JSON" in Rejected.objects.get().reason
    assert queries.count() == queries.Counted(recorded=1, waiting=0, rejected=1)
    actions.replay(Rejected.objects.get().pk, actor="test", now=now)
    assert (Inbox.objects.count(), flush(now).rejected, queries.count().acknowledged) == (1, 1, 2)


def test_two_flushers_at_once_record_everything_once(
    source: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flushing, "CHUNK_ROWS", 50)
    arrive(source, now, *tracks(range(500)))

    def run() -> None:
        try:
            flush(now)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lake()) == 500
    assert lake("SELECT count(DISTINCT event_id) AS n FROM events") == [{"n": 500}]


def test_chunks_are_bounded_in_bytes(source: Source, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "CHUNK_BYTES", 20_000)
    arrive(source, now, *[track(n, properties={"t": "x" * 9_000}) for n in range(5)])
    assert flush(now) == actions.Flushed(events=5, chunks=3)


def test_events_are_counted_once_wherever_they_are(source: Source, now: datetime) -> None:
    page = {"type": "page", "anonymousId": "b1", "messageId": "p1"}
    arrive(source, now, *tracks(range(5)), *tracks(range(3)), page)
    assert queries.count() == queries.Counted(recorded=0, waiting=6, rejected=0)
    flush(now)
    arrive(source, now, *tracks(range(4, 8)), page)
    assert queries.count() == queries.Counted(recorded=6, waiting=3, rejected=0)
    for type_, expected in {"track": 8, "page": 1, "Page Viewed": 1, "Product Viewed": 8, "alias": 0}.items():
        assert queries.count(type_).acknowledged == expected
    flush(now)
    assert queries.count().acknowledged == queries.count().recorded == 9


def test_what_waits_or_was_rejected_of_a_person_is_given_out_and_erased(source: Source, now: datetime) -> None:
    arrive(
        source,
        now,
        {"type": "identify", "userId": "ana", "traits": {"email": "ana@example.fr"}},
        track("x", userId="bo"),
    )
    flush(now)
    ana = Customer.objects.get(reference="ana")
    arrive(source, now, track(1), track(2, userId="bo"), track(3, userId="bo", properties={"to": "Ana@Example.fr"}))
    Rejected.objects.create(
        source_id=source.pk, key=UUID(int=3), kind=0, at=now, received_at=now, payload=b'{"userId": "ana"} \xff',
        reason="", rejected_at=now,
    )  # fmt: skip
    assert len(holding.export([ana.pk]) or []) == 3
    with transaction.atomic():
        assert holding.erase([ana.pk], now) == 3
    assert (Inbox.objects.count(), Rejected.objects.count()) == (1, 0)
    assert holding.export([ana.pk]) is None
