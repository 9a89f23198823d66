"""What a request may hold, and the words in which the rest is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.intake import calls
from cordiale.intake.calls import CallRefused, Taken, Unreadable

RECEIVED = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def take(*events: Any, **outer: Any) -> Taken:
    return calls.take_batch(json.dumps({"batch": events, **outer}).encode(), 1, RECEIVED)


def refusal(**changes: Any) -> tuple[str, str]:
    event = {"type": "track", "userId": "ana", "event": "Viewed", **changes}
    found = take({name: value for name, value in event.items() if value is not ...}).refusals
    return (found[0].field, found[0].reason) if found else ("", "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "shout"}, "type"),
        ({"type": ...}, "type"),
        ({"userId": ...}, "userId"),
        ({"userId": "  "}, "userId"),
        ({"userId": "a" * 65}, "userId"),
        ({"userId": ["a"]}, "userId"),
        ({"anonymousId": "a" * 101}, "anonymousId"),
        ({"event": ...}, "event"),
        ({"event": " "}, "event"),
        ({"event": "x" * 201}, "event"),
        ({"event": 7}, "event"),
        ({"messageId": "m" * 101}, "messageId"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-11-16T09:00:00"}, "timestamp"),
        ({"timestamp": 1763283600}, "timestamp"),
        ({"timestamp": "1999-12-31T23:59:59Z"}, "timestamp"),
        ({"timestamp": "0001-01-01T00:00:00Z", "sentAt": "9999-12-31T00:00:00Z"}, "timestamp"),
        ({"properties": [1]}, "properties"),
        ({"type": "group"}, "groupId"),
        ({"type": "alias"}, "previousId"),
        ({"type": "alias", "userId": ..., "anonymousId": "b", "previousId": "c"}, "userId"),
    ],
)
def test_what_is_wrong_is_said_by_field(changes: dict[str, Any], field: str) -> None:
    found, reason = refusal(**changes)
    assert found == field
    assert reason


def test_a_bad_item_does_not_keep_the_others_out() -> None:
    good = {"type": "track", "userId": 7, "event": "Viewed"}
    taken = take(good, {**good, "event": None}, good, "nonsense", good)
    assert len(taken.rows) == 3
    assert [one.index for one in taken.refusals] == [1, 3]


@pytest.mark.parametrize(
    "value",
    [b'"\\u0000"', b'"\\ud83d"', b'"\\udc00 \\ud83d"', b"[" * 40 + b"]" * 40, b'{"\\u0000": 1}',
     b"[" * 900 + b"]" * 900, b'"\xff"'],
)  # fmt: skip
def test_a_broken_value_costs_its_own_event_only(value: bytes) -> None:
    good = b'{"type":"track","userId":"ana","event":"Viewed","properties":{"a":1}}'
    body = b'{"batch":[' + good + b"," + good.replace(b":1}", b":" + value + b"}") + b"," + good + b"]}"
    if b"\xff" in value or value.startswith(b"[" * 900):
        try:
            taken = calls.take_batch(body, 1, RECEIVED)
        except Unreadable:
            return
    else:
        taken = calls.take_batch(body, 1, RECEIVED)
    assert [one.index for one in taken.refusals] == [1]
    assert len(taken.rows) == 2


@pytest.mark.parametrize("value", [b"1e999", b"-1e400", b"9" * 5_000])
def test_a_number_no_machine_holds_is_refused_when_it_is_flushed(value: bytes) -> None:
    (row,) = calls.take_one(
        "track", b'{"userId":"ana","event":"Viewed","properties":{"a":' + value + b"}}", 1, RECEIVED
    ).rows
    with pytest.raises(CallRefused, match=r"[Nn]umber|Integer|JSON"):
        calls.read(row.payload)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    ),
    st.sampled_from(["properties", "traits", "context", "event", "timestamp"]),
)
def test_taking_refuses_what_reading_refuses(value: Any, field: str) -> None:
    payload = json.dumps({"type": "track", "userId": "a", "event": "V", field: value}, ensure_ascii=False).encode()
    try:
        calls.read(payload)
        expected = ""
    except CallRefused as refused:
        expected = str(refused)
    found = calls.take_one("track", payload, 1, RECEIVED).refusals
    assert not expected or f"{found[0].field}: {found[0].reason}".removeprefix(": ") == expected


def test_limits_are_those_of_the_specification() -> None:
    room = 32 * 1024 - len(json.dumps({"type": "track", "userId": "a", "event": "V", "properties": {"t": ""}}))
    event = {"type": "track", "userId": "a", "event": "V", "properties": {"t": "x" * room}}
    assert len(take(event).rows) == 1
    event["properties"] = {"t": "x" * (room + 1)}
    assert "32768" in take(event).refusals[0].reason
    assert len(take(*[{"type": "track", "userId": "a", "event": "V"}] * 2_500).rows) == 2_500
    with pytest.raises(Unreadable, match="2500"):
        take(*[{"type": "track", "userId": "a", "event": "V"}] * 2_501)


def test_a_wrong_clock_is_corrected_by_what_it_was_wrong() -> None:
    a_year_behind = {"timestamp": "2025-11-16T08:59:00Z", "sentAt": "2025-11-16T09:00:00Z"}
    row = take({"type": "track", "userId": "a", "event": "V", **a_year_behind}).rows[0]
    assert row.at == RECEIVED - timedelta(minutes=1)
    late = take({"type": "track", "userId": "a", "event": "V", "timestamp": "2026-11-16T10:30:00+00:00"}).rows[0]
    assert late.at == RECEIVED
    old = take({"type": "track", "userId": "a", "event": "V", "timestamp": "2019-03-01T12:00:00+01:00"}).rows[0]
    assert old.at == datetime(2019, 3, 1, 11, tzinfo=UTC)


def test_the_same_message_of_the_same_source_has_the_same_key() -> None:
    event = {"type": "track", "userId": "a", "event": "V", "messageId": "m1"}
    body = json.dumps({"batch": [event, {**event, "event": "Other"}, {**event, "messageId": "m2"}]}).encode()
    first, again, other = (row.key for row in calls.take_batch(body, 1, RECEIVED).rows)
    elsewhere = calls.take_batch(body, 2, RECEIVED).rows[0].key
    assert first == again
    assert len({first, other, elsewhere}) == 3
    unnamed = take({"type": "track", "userId": "a", "event": "V"}, {"type": "track", "userId": "a", "event": "V"})
    assert len({row.key for row in unnamed.rows}) == 2


def test_the_context_of_a_batch_is_that_of_its_events() -> None:
    taken = take(
        {"type": "track", "userId": "a", "event": "V"},
        {"type": "track", "userId": "a", "event": "V", "context": {"ip": "2"}},
        context={"ip": "1", "app": "x"},
    )
    assert [calls.read(row.payload).context for row in taken.rows] == [{"ip": "1", "app": "x"}, {"ip": "2", "app": "x"}]


@pytest.mark.parametrize("outside", ["", ',"context":{"app":"x"}'])
def test_a_key_given_twice_stays_as_it_was_sent_and_is_named(outside: str) -> None:
    event = '{"type":"track","userId":"a","event":"V","properties":{"deep":[{"price":1,"price":2,"n":9}]}}'
    taken = calls.take_batch(f'{{"batch":[{event}]{outside}}}'.encode(), 1, RECEIVED)
    with pytest.raises(CallRefused, match="price: this key is given twice"):
        calls.check_keys(taken.rows[0].payload)
    calls.check_keys(event.replace('"price":2,', "").encode())


def test_a_batch_written_again_keeps_the_keys_given_twice() -> None:
    twice = '{"type":"track","userId":"a","event":"V","properties":{"p":1,"p":2}}'
    broken = '{"type":"track","userId":"a","event":"\\ud83d"}'
    taken = calls.take_batch(f'{{"batch":[{twice},{broken}]}}'.encode(), 1, RECEIVED)
    assert [one.index for one in taken.refusals] == [1]
    with pytest.raises(CallRefused, match="p: this key is given twice"):
        calls.check_keys(taken.rows[0].payload)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)
fields = st.sampled_from(["type", "userId", "anonymousId", "event", "messageId", "timestamp", "properties", "sentAt",
                          "traits", "context", "groupId", "previousId", "batch", "name"])  # fmt: skip


@given(st.dictionaries(fields, json_values) | json_values, st.sampled_from([*calls.KINDS, None]))
def test_whatever_json_comes_is_taken_or_refused_never_dropped(value: Any, kind: str | None) -> None:
    try:
        body = json.dumps({"batch": [value]} if kind is None else value).encode()
    except RecursionError:
        return
    taken = calls.take_batch(body, 1, RECEIVED) if kind is None else calls.take_one(kind, body, 1, RECEIVED)
    assert len(taken.rows) + len(taken.refusals) == 1
    for row in taken.rows:
        assert calls.read(row.payload)
        calls.check_keys(row.payload)
        assert row.at <= RECEIVED


@given(st.binary())
def test_bytes_that_are_no_batch_are_refused(body: bytes) -> None:
    try:
        taken = calls.take_batch(body, 1, RECEIVED)
    except Unreadable:
        return
    assert not taken.rows
