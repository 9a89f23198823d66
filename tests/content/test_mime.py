"""A built message is a valid message, whatever the person is called."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.content.rules.mime import BadAddress, Envelope, build, require_address
from cordiale.content.rules.templates import compile_mail
from cordiale.errors import CordialeError

from .cast import ADA, VARIABLES

MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>Hi {{ customer.first_name }}, {% if traits.orders_total > 2 %}\
thanks{% endif %} <a href='{{ links.unsubscribe }}'>stop</a></mj-text></mj-column></mj-section></mj-body></mjml>"
TEXTS = {"subject": "Hello {{ customer.first_name }}", "mjml": MJML, "text": "Hi {{ customer.first_name }}\n.dot\n"}
MAIL = compile_mail("hello", "en", TEXTS, VARIABLES, "EUR")


def envelope(**changes: str) -> Envelope:
    values = {
        "sender_name": "Maison « Cordiale »", "sender_email": "us@shop.example.org", "to_name": "Zoé",
        "to_address": "zoe@example.org", "token": "m1-ab", "unsubscribe": "https://x.org/c/abc/", "list_name": "offers",
    }  # fmt: skip
    return Envelope(
        **(values | changes), at=datetime(2026, 11, 16, 9, tzinfo=UTC), feedback=("0", "win back", "offers")
    )


@settings(max_examples=200, deadline=None)
@given(name=st.text(max_size=200))
def test_a_name_stays_inside_its_header(name: str) -> None:
    context = {**ADA, "customer": {"first_name": name}}
    raw = build(MAIL, context, envelope(to_name=name))
    head = raw.split(b"\r\n\r\n")[0]
    assert head.isascii()
    assert all(len(line) <= 78 and b"\n" not in line for line in head.split(b"\r\n"))
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"List-ID",
                     b"List-Unsubscribe", b"List-Unsubscribe-Post", b"Feedback-ID", b"Content-Type"]  # fmt: skip
    assert not any(line.startswith(b".") for line in raw.split(b"\r\n"))


def test_a_message_reads_back_as_it_was_meant() -> None:
    mail = message_from_bytes(build(MAIL, ADA, envelope()), policy=policy.default)
    assert (mail["Subject"], str(mail["To"])) == ("Hello Ada", "Zoé <zoe@example.org>")
    assert mail["From"].addresses[0].display_name == "Maison « Cordiale »"
    assert (mail["Message-ID"], mail["List-ID"]) == ("<m1-ab@shop.example.org>", "<offers.shop.example.org>")
    assert (mail["List-Unsubscribe"], mail["Feedback-ID"]) == ("<https://x.org/c/abc/>", "0:win-back:offers")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail.get_body(("plain",)).get_content().splitlines() == ["Hi Ada", ".dot"]
    assert "Hi Ada, thanks <a href='https://x.org/c/abc/'>" in mail.get_body(("html",)).get_content().replace('"', "'")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "a b@x.org",
        "a@x.org\r\nBcc: b@x.org",
        "é@x.org",
        "a@x.org>",
        '"a"@x.org',
        "a@-x.org",
        "a" * 65 + "@x.org",
    ],
)
def test_what_is_not_an_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        require_address(address)


def test_a_base_url_that_is_no_url_is_refused() -> None:
    with pytest.raises(CordialeError, match="CORDIALE_BASE_URL"):
        build(MAIL, ADA, envelope(unsubscribe="https://x.org/> evil"))
