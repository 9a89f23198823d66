"""Whatever comes over HTTP: no 5xx, what is acknowledged is kept, the rest leaves nothing behind."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale.intake import actions, queries
from cordiale.intake.models import Inbox, Rejected, Source
from tests.intake.serving import EventServer
from tests.intake.test_calls import fields, json_values

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ["/v1/batch", "/v1/import", "/v1/track", "/v1/identify", "/v1/page", "/v1/alias", "/v1/t", "/v1/b", "/v1/group"]
names = st.sampled_from(["ana", "b1", "Viewed", "2026-11-16T08:00:00Z", "track", "identify", "alias", "page", "group"])
near_events = st.dictionaries(fields, names | json_values, min_size=1)
bodies = (
    near_events.map(lambda one: json.dumps({"batch": [one, {"type": "track", "userId": "a", "event": "V"}]}).encode())
    | st.builds(lambda one: json.dumps(one).encode(), near_events | json_values)
    | st.binary()
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=bodies, zipped=st.booleans(), cut=st.integers(0, 40))
def test_any_body_is_taken_or_refused(
    server: EventServer, source: Source, path: str, body: bytes, zipped: bool, cut: int
) -> None:
    before = Inbox.objects.count()
    sent: dict[str, Any] = {"Content_Encoding": "gzip"} if zipped else {}
    data = gzip.compress(body)[: -cut or None] if zipped else body
    answer = server.post(path, data, source.write_key, **sent)
    assert answer.status in (200, 400, 413)
    assert Inbox.objects.count() - before == answer.json["accepted"]


def test_a_flush_of_fuzzed_events_leaves_nothing_behind(server: EventServer, source: Source, now: datetime) -> None:
    sent = []

    @settings(max_examples=60, deadline=None, database=None)
    @given(near_events)
    def collect(event: dict[str, Any]) -> None:
        sent.append({**event, "messageId": f"m{len(sent)}", "userId": event.get("userId") or "ana"})

    collect()
    accepted = server.post("/v1/batch", {"batch": sent}, source.write_key).json["accepted"]
    flushed = actions.flush(now)
    assert flushed.events + Rejected.objects.filter(reader="").count() == accepted
    assert queries.count().acknowledged == accepted
    assert not Inbox.objects.exists()
