"""Messages are handed over once, to those who may be written to at that moment, and nothing is lost on the way."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from cordiale.consent import actions as consent
from cordiale.consent.actions import Origin
from cordiale.deliveries import actions
from cordiale.deliveries.catcher import Catcher, CaughtCounts, caught
from cordiale.deliveries.models import Attempt, Chunk, Message, Outcome
from cordiale.errors import CordialeError

from .conftest import Cast, planned

PAGE = Origin(source="preference page")


def kinds() -> Counter[str]:
    return Counter(Outcome.objects.values_list("kind", flat=True))


def test_every_planned_message_is_caught_once(people: Cast, catcher: Catcher, tmp_path: Path, now: datetime) -> None:
    people(45)
    assert actions.deliver(now).handed_over == 45
    assert actions.deliver(now).handed_over == 0
    assert caught(tmp_path / "mail") == CaughtCounts(45, 0)
    assert set(Outcome.objects.values_list("kind", "at")) == {("handed_over", now)}
    assert Chunk.objects.filter(finished_at=None).count() == 0


def test_planning_the_same_proposals_again_changes_nothing(people: Cast, now: datetime) -> None:
    made = people(3)
    assert actions.plan([planned(one) for one in made], now) == 0
    assert (Message.objects.count(), Chunk.objects.count()) == (3, 1)


def test_an_unknown_template_plans_nothing(people: Cast, now: datetime) -> None:
    (one,) = people(1)
    with pytest.raises(CordialeError, match="no template 'nowhere'"):
        actions.plan([planned(one, "nowhere")], now)


def test_who_unsubscribes_between_planning_and_sending_is_not_sent_to(
    people: Cast, catcher: Catcher, tmp_path: Path, now: datetime
) -> None:
    ada, bob, cleo = people(3)
    consent.withdraw(ada.pk, "offers", "email", now, PAGE)
    consent.oppose("email", bob.email.upper(), "complaint", now)
    report = actions.deliver(now)
    assert (report.handed_over, report.withheld) == (1, 2)
    reasons = dict(Outcome.objects.filter(kind="withheld").values_list("message__customer_id", "detail"))
    assert reasons == {ada.pk: "withdrawn", bob.pk: "opposed"}
    assert not Attempt.objects.exclude(message__customer=cleo).exists()


def test_messages_of_a_stopped_programme_and_stale_ones_are_withheld(
    people: Cast, catcher: Catcher, now: datetime
) -> None:
    people(2)
    assert actions.deliver(now, is_live=lambda programme: programme != "win-back").withheld == 2
    assert set(Outcome.objects.values_list("detail", flat=True)) == {"programme-not-live"}


def test_a_message_too_old_is_withheld(people: Cast, catcher: Catcher, now: datetime) -> None:
    people(1)
    assert actions.deliver(now + timedelta(days=4)).withheld == 1
    assert Outcome.objects.get().detail == "expired"


def test_a_bad_address_is_refused_and_the_others_go(people: Cast, catcher: Catcher, now: datetime) -> None:
    made = people(3)
    Message.objects.filter(customer=made[1]).update(to_address="a@b.org>\r\nRCPT TO:<c@d.org")
    report = actions.deliver(now)
    assert (report.handed_over, report.refused) == (2, 1)
    assert "is not an email address" in Outcome.objects.get(kind="refused").detail


def test_a_name_cannot_add_headers(people: Cast, catcher: Catcher, tmp_path: Path, now: datetime) -> None:
    people(1, first_name="Eve\r\nBcc: all@example.org\r\n\r\n", last_name="<script>")
    actions.deliver(now)
    (file,) = (tmp_path / "mail").glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["Bcc"] is None
    assert message["To"].addresses[0].display_name == "Eve Bcc: all@example.org <script>"
    assert "<script>" not in message.get_body(("html",)).get_content()


def test_without_a_mail_server_nothing_is_sent_and_the_report_says_so(
    people: Cast, settings: Any, now: datetime
) -> None:
    people(2)
    settings.SMTP_URL = ""
    assert "2 messages wait; set CORDIALE_SMTP_URL" in actions.deliver(now).problem
    assert Attempt.objects.count() == 0


def test_a_run_can_be_stopped_between_groups(people: Cast, catcher: Catcher, now: datetime) -> None:
    people(45)
    asked = iter([False, False, True, True])
    assert actions.deliver(now, stop=lambda: next(asked)).handed_over == 20
    assert actions.deliver(now).handed_over == 25


def test_two_deliverers_share_the_work_and_send_nothing_twice(
    people: Cast, catcher: Catcher, tmp_path: Path, now: datetime
) -> None:
    made = people(120)
    Chunk.objects.bulk_create(Chunk() for _ in range(5))
    for number, chunk in enumerate(Chunk.objects.order_by("id")):
        ids = [one.pk for one in made[number * 20 : number * 20 + 20]]
        Message.objects.filter(customer_id__in=ids).update(chunk=chunk)
    sent: list[int] = []

    def work() -> None:
        sent.append(actions.deliver(now).handed_over)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == 120
    assert min(sent) > 0
    assert caught(tmp_path / "mail") == CaughtCounts(120, 0)


def test_what_a_dead_worker_attempted_is_unknown_and_never_sent_again(
    people: Cast, catcher: Catcher, tmp_path: Path, now: datetime
) -> None:
    people(3)
    first = Message.objects.order_by("id").first()
    Chunk.objects.update(leased_by=12345)  # no session holds this lock: its worker is dead
    Attempt.objects.create(message=first, at=now)
    report = actions.deliver(now)
    assert (report.unknown, report.handed_over) == (1, 2)
    assert Outcome.objects.get(message=first).kind == "unknown"
    assert caught(tmp_path / "mail") == CaughtCounts(2, 0)
