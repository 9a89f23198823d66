"""Whoever owns a score hears of customers who changed: once for each version."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client, RequestFactory
from django.utils import translation

from cordiale.accounts.models import Staff
from cordiale.scores import actions, told
from cordiale.scores.models import Watch
from cordiale.ui.notices import Notice

from . import base

pytestmark = pytest.mark.django_db


def person(role: str, now: datetime) -> Staff:
    return Staff.objects.create(email=f"{role}@example.org", role=role, language="en", created_at=now)


def notices_of(staff: Staff) -> list[Notice]:
    request = RequestFactory().get("/")
    request.user = staff
    with translation.override("en"):
        return told.news(request)


def heard(staff: Staff) -> list[str]:
    return [notice["text"] for notice in notices_of(staff)]


@pytest.fixture
def drifted(filled: datetime) -> datetime:
    version = actions.fit("lapse_risk", actor="test", now=filled)
    Watch.objects.create(version=version, day=filled.date(), drift={"recency_days": 0.4}, worst=0.4)
    return filled


def test_the_owner_s_role_is_told_once_and_nobody_else(drifted: datetime) -> None:
    analyst, marketer = person("analyst", drifted), person("marketer", drifted)
    assert heard(marketer) == []
    assert [text.startswith("One: customers have moved far") for text in heard(analyst)] == [True]
    assert heard(analyst) == []


def test_a_new_version_that_drifts_is_told_again_and_an_old_one_no_more(drifted: datetime) -> None:
    analyst = person("analyst", drifted)
    version = actions.fit("lapse_risk", actor="test", now=drifted)
    assert heard(analyst) == []
    Watch.objects.create(version=version, day=drifted.date(), drift={}, worst=0.3)
    assert len(heard(analyst)) == 1


def test_administrators_hear_of_a_score_whose_owner_is_no_role(drifted: datetime) -> None:
    base.declare(base.LAPSE.replace("owner: analyst", "owner: Ms Martin"))
    assert (len(heard(person("analyst", drifted))), len(heard(person("administrator", drifted)))) == (0, 1)


def test_the_notice_leads_to_what_has_moved(drifted: datetime, client: Client) -> None:
    analyst = person("analyst", drifted)
    client.force_login(analyst)
    assert '<a href="/scores/lapse_risk/#drift">' in client.get("/").content.decode()
    assert 'id="drift"' in client.get("/scores/lapse_risk/").content.decode()
