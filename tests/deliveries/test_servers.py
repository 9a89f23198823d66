"""Whatever the next server does, each message is accepted once, surely not accepted, or honestly unknown."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from shutil import which
from typing import Any

import pytest

from cordiale.deliveries import actions, smtp
from cordiale.deliveries.models import Attempt, Outcome
from cordiale.deliveries.rules import parse_smtp_url
from cordiale.errors import CordialeError

from .conftest import Cast
from .difficult_server import DifficultServer, Script

Start = Callable[[Script], DifficultServer]


@pytest.fixture
def start(settings: Any) -> Iterator[Start]:
    running: list[DifficultServer] = []

    def begin(script: Script) -> DifficultServer:
        running.append(DifficultServer(script))
        settings.SMTP_URL = running[-1].url
        return running[-1]

    yield begin
    for server in running:
        server.stop()


def calm(verb: str, count: int) -> str | None:
    return ""


def outcomes() -> Counter[str]:
    return Counter(Outcome.objects.values_list("kind", flat=True))


def test_an_address_refused_for_good_stops_nobody_else(people: Cast, start: Start, now: datetime) -> None:
    people(5)
    start(lambda verb, count: "550 5.1.1 no such user" if "c2@" in verb else "")
    report = actions.deliver(now)
    assert (report.handed_over, report.refused, report.problem) == (4, 1, "")
    assert Outcome.objects.get(kind="refused").detail == "550 5.1.1 no such user"


def test_a_message_refused_after_its_text_is_refused(people: Cast, start: Start, now: datetime) -> None:
    people(3)
    start(lambda verb, count: "554 5.7.1 not wanted" if (verb, count) == ("TEXT", 2) else "")
    assert actions.deliver(now).refused == 1


def test_a_postponed_message_is_tried_again_at_the_next_run(people: Cast, start: Start, now: datetime) -> None:
    people(4)
    server = start(lambda verb, count: "451 4.7.1 come back" if "c1@" in verb else "")
    assert (actions.deliver(now).deferred, Attempt.objects.count()) == (1, 3)
    server.script = calm
    assert actions.deliver(now).handed_over == 1
    assert outcomes() == {"handed_over": 4}


def test_a_connection_lost_after_the_text_leaves_one_unknown_and_the_rest_goes(
    people: Cast, start: Start, now: datetime
) -> None:
    people(30)
    server = start(lambda verb, count: None if (verb, count) == ("TEXT", 3) else "")
    report = actions.deliver(now)
    assert report.unknown == 1
    actions.deliver(now)
    assert outcomes() == {"handed_over": 29, "unknown": 1}
    assert len(set(server.accepted)) == len(server.accepted) == 29


def test_a_connection_lost_before_the_text_loses_nothing(people: Cast, start: Start, now: datetime) -> None:
    people(10)
    start(lambda verb, count: None if verb == "DATA" and count == 4 else "")
    assert actions.deliver(now).handed_over == 3
    actions.deliver(now)
    assert outcomes() == {"handed_over": 10}


def test_a_silent_server_is_left_after_a_while(
    people: Cast, start: Start, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(3)
    start(lambda verb, count: "silence" if verb == "TEXT" and count == 2 else "")
    session = smtp.Session(parse_smtp_url(_url()), "us@example.org", timeout=0.3)
    session.open()
    letters = [smtp.Letter(f"c{one}@example.org", b"Subject: x\r\n\r\nx\r\n") for one in range(3)]
    answers = [reply.answer.value for reply in session.send(letters)]
    assert answers == ["accepted", "unknown", "not tried"]


def _url() -> str:
    from django.conf import settings

    return str(settings.SMTP_URL)


def test_a_server_that_refuses_our_sender_ends_the_run(people: Cast, start: Start, now: datetime) -> None:
    people(3)
    start(lambda verb, count: "553 5.7.1 not you" if verb.startswith("MAIL") else "")
    report = actions.deliver(now)
    assert "refuses our sender bonjour@maison-cordiale.example.org: 553 5.7.1 not you" in report.problem
    assert (Outcome.objects.count(), Attempt.objects.count()) == (0, 0)


@pytest.mark.parametrize("greeting", ["554 go away", "421 too busy", None])
def test_a_server_that_takes_nobody_loses_nothing(
    people: Cast, start: Start, now: datetime, greeting: str | None
) -> None:
    people(3)
    start(lambda verb, count: greeting if verb == "HELLO" else "")
    assert "check CORDIALE_SMTP_URL" in actions.deliver(now).problem
    assert (Outcome.objects.count(), Attempt.objects.count()) == (0, 0)


def test_a_server_that_always_hangs_up_is_left(people: Cast, start: Start, now: datetime) -> None:
    people(100)
    start(lambda verb, count: None if verb.startswith("RCPT") else "")
    assert "keeps closing the connection" in actions.deliver(now).problem
    assert Attempt.objects.count() == 0


def test_nobody_listening_is_said_plainly(people: Cast, settings: Any, now: datetime) -> None:
    people(1)
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    assert "127.0.0.1:9 does not take our messages" in actions.deliver(now).problem


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:port"])
def test_a_server_must_be_written_as_a_url(url: str) -> None:
    with pytest.raises(CordialeError, match="write smtp://user:password@host:587"):
        parse_smtp_url(url)


def test_a_real_server_takes_what_we_hand_over(people: Cast, settings: Any, now: datetime) -> None:
    program = which("smtp-sink", path="/usr/sbin:/usr/bin")
    if not program:
        pytest.skip("smtp-sink is not installed (package postfix)")
    people(25)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    owner = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([program, *owner, f"127.0.0.1:{port}", "20"], stderr=subprocess.PIPE)
    try:
        _wait_for(port)
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}"
        assert actions.deliver(now).handed_over == 25
    finally:
        sink.terminate()
        sink.communicate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")
