"""Signatures, schedules and addresses, as rules."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from cordiale.errors import CordialeError
from cordiale.webhooks import calling, rules
from cordiale.webhooks.rules import Answer

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MOMENTS = st.integers(10**9, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.binary(min_size=24, max_size=64), st.text(), MOMENTS)
def test_a_signature_is_the_one_the_library_makes(key: bytes, text: str, at: datetime) -> None:
    secret, body = "whsec_" + base64.b64encode(key).decode(), json.dumps({"text": text})
    headers = rules.sign(secret, "msg_1", at, body.encode())
    assert headers["webhook-signature"] == Webhook(secret).sign("msg_1", at, body)
    assert headers["webhook-timestamp"] == str(int(at.timestamp()))


@given(st.integers(1, 30), st.sampled_from([0, 301, 404, 429, 500, 503]), st.text(max_size=20), st.floats(0, 0.999))
def test_the_next_attempt_is_later_and_within_two_days_or_never(
    attempts: int, status: int, asked: str, chance: float
) -> None:
    due = rules.next_attempt(attempts, Answer(status, retry_after=asked), NOW, chance)
    assert (due is None) == (attempts > len(rules.SCHEDULE))
    assert due is None or NOW < due < NOW + timedelta(days=2)


def test_attempts_go_on_for_about_three_days_and_are_spread() -> None:
    assert timedelta(days=2.5) < sum(rules.SCHEDULE, timedelta()) < timedelta(days=3.5)
    early, late = (rules.next_attempt(5, Answer(500), NOW, chance) for chance in (0.0, 0.99))
    assert early is not None
    assert late is not None
    assert late - early > timedelta(minutes=30)


@pytest.mark.parametrize(("said", "seconds"), [
    ("120", 120), ("0", 0), ("999999999999", 86_400), ("Mon, 16 Nov 2026 09:10:00 GMT", 600),
    ("Mon, 16 Nov 2020 09:10:00 GMT", 0),
])  # fmt: skip
def test_peace_is_asked_for_in_seconds_or_with_a_date(said: str, seconds: int) -> None:
    for status in (429, 503):
        assert rules.retry_after(Answer(status, retry_after=said), NOW) == NOW + timedelta(seconds=seconds)
    assert rules.retry_after(Answer(500, retry_after=said), NOW) is None


@given(st.text())
def test_no_wish_for_peace_is_an_accident(said: str) -> None:
    asked = rules.retry_after(Answer(503, retry_after=said), NOW)
    assert asked is None or NOW <= asked <= NOW + rules.LONGEST_WAIT


@pytest.mark.parametrize("url", [
    "", "crm.example.org", "ftp://crm.example.org/", "https://", "https:///hooks", "https://a b.fr/", "https://é.fr/",
    "https://user:secret@crm.example.org/", "https://crm.example.org:0/", "https://crm.example.org:99999/",
    "https://[::1/", "javascript:alert(1)", "https://crm.example.org/" + "x" * 500, "http://crm.example.org/",
])  # fmt: skip
def test_what_is_no_address_to_call_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(CordialeError):
        rules.check_url(url, frozenset())


@given(st.text())
def test_no_text_in_place_of_an_address_is_an_accident(url: str) -> None:
    with suppress(CordialeError):
        assert rules.check_url(url, frozenset()) == url


@given(st.ip_addresses())
def test_nothing_that_is_not_public_may_be_called(address: object) -> None:
    is_public = getattr(address, "is_global") and not getattr(address, "is_multicast")  # noqa: B009 - either kind
    assert is_public or not rules.is_allowed(str(address), frozenset())


@pytest.mark.parametrize("events", [[], ["customers"], ["customers.changed", ""]])
def test_kinds_of_events_are_checked(events: list[str]) -> None:
    with pytest.raises(CordialeError, match=r"customers\.changed"):
        rules.check_events(events)


@pytest.mark.parametrize(("reason", "words"), [
    (calling.PRIVATE, "mène dans un réseau privé"),
    (calling.NO_NAME, "Aucun serveur ne porte"),
    (f"{rules.FAILED}connection refused", "Pas de réponse\u202f: connection refused"),
    ("", ""),
])  # fmt: skip
def test_why_nothing_was_answered_is_said_in_the_reader_s_language(reason: str, words: str) -> None:
    with translation.override("fr"):
        told = rules.in_words(0, reason)
    assert told == words if not words else words in told
