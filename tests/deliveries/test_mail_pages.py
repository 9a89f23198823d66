"""Caught mail is shown to who may see it, harmlessly."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client

from cordiale.accounts.models import Staff
from cordiale.consent import links
from cordiale.consent.links import Reference
from cordiale.deliveries import actions, catcher
from cordiale.deliveries.catcher import Catcher
from cordiale.deliveries.models import Message, Outcome
from cordiale.deliveries.tokens import message_of, message_token
from cordiale.home import Home

from .conftest import Cast


@pytest.fixture
def marketer(transactional_db: None, now: datetime, client: Client) -> Client:
    staff = Staff.objects.create(email="m@example.org", name="Mia", role="marketer", language="en", created_at=now)
    client.force_login(staff)
    return client


@pytest.fixture
def sent(people: Cast, catcher: Catcher, fresh_home: Home, now: datetime) -> str:
    """The token of a message that was caught in the home's folder."""
    people(2, last_name="Durand <b>")
    actions.deliver(now)
    return message_token(Message.objects.earliest("id").pk)


def test_caught_mail_is_listed_newest_first_and_found_by_customer(marketer: Client, sent: str) -> None:
    page = marketer.get("/mail/").content.decode()
    assert page.index("Zoé 1") < page.index("Zoé 0")
    found = marketer.get("/mail/?q=c0@example").content.decode()
    assert "Zoé 0" in found
    assert "Zoé 1" not in found
    assert "No caught mail matches" in marketer.get("/mail/?q=nobody").content.decode()


def test_a_message_shows_its_headers_text_and_customer(marketer: Client, sent: str) -> None:
    page = marketer.get(f"/mail/{sent}/").content.decode()
    assert "List-Unsubscribe=One-Click" in page
    assert "Durand &lt;b&gt;" in page
    assert f'src="/mail/{sent}/html/" sandbox' in page


def test_the_html_of_a_message_can_run_and_fetch_nothing(marketer: Client, sent: str) -> None:
    policy = marketer.get(f"/mail/{sent}/html/")["Content-Security-Policy"]
    rules = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    assert rules["default-src"] == ["'none'"]
    assert rules["style-src"] == ["'unsafe-inline'"]
    assert "sandbox" in rules
    assert "script-src" not in rules


@pytest.mark.parametrize("token", ["m000000000099-0123456789abcdef", "..%2f..%2fetc%2fpasswd", "X"])
def test_a_message_that_is_not_there_is_not_found(marketer: Client, token: str) -> None:
    assert marketer.get(f"/mail/{token}/").status_code == 404


def test_an_agent_may_not_read_mail(client: Client, transactional_db: None, now: datetime) -> None:
    client.force_login(Staff.objects.create(email="a@example.org", name="Al", role="agent", created_at=now))
    assert client.get("/mail/").status_code == 403


def test_a_second_message_with_the_same_token_cannot_hide(tmp_path: Path) -> None:
    content = b"Message-ID: <m1-a@x.org>\r\n\r\nhello\r\n"
    assert catcher.keep(_folder(tmp_path), content).name == "m1-a.eml"
    assert catcher.keep(tmp_path, content).parent.name == "duplicates"
    assert catcher.caught(tmp_path) == catcher.CaughtCounts(1, 1)


@pytest.mark.parametrize("header", [b"", b"Message-ID: <../../x@x.org>\r\n", b"Message-ID: <A B@x>\r\n"])
def test_a_strange_message_id_never_becomes_a_path(tmp_path: Path, header: bytes) -> None:
    kept = catcher.keep(_folder(tmp_path), header + b"Subject: x\r\n\r\nhello\r\n")
    assert kept.parent == tmp_path
    assert kept.name.startswith("x-")


def _folder(path: Path) -> Path:
    (path / "duplicates").mkdir()
    return path


def test_unsubscribing_is_noted_on_the_message_that_caused_it(sent: str, client: Client) -> None:
    message = Message.objects.earliest("id")
    link = links.sign(Reference(message.customer_id, "offers", "email", message.pk))
    for _ in range(2):
        client.post(f"/c/{link}/", {"List-Unsubscribe": "One-Click"})
    assert Outcome.objects.filter(message=message, kind="unsubscribed").count() == 1


def test_only_our_tokens_name_a_message() -> None:
    assert message_of(message_token(42)) == 42
    assert message_of("m000000000042-0123456789abcdef") is None


def test_the_customers_page_says_what_became_of_each_message(marketer: Client, sent: str) -> None:
    message = Message.objects.earliest("id")
    page = marketer.get(f"/customers/{message.customer_id}/").content.decode()
    assert "Handed over" in page
    assert f"/mail/{sent}/" in page
    assert "Record the withdrawal" in page
