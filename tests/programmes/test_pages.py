"""The pages of programmes and decisions, as a marketer and as others see them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from cordiale.accounts.models import AuditEntry, Staff
from cordiale.programmes import actions, engine
from cordiale.programmes.models import Programme

from .conftest import DAY, HOUR, WIN_BACK, Cast


@pytest.fixture
def marketer(cast: Cast, now: datetime) -> Client:
    return signed_in("marketer", now)


def signed_in(role: str, now: datetime) -> Client:
    staff = Staff.objects.create(email=f"{role}@example.org", name=role, role=role, language="en", created_at=now)
    client = Client()
    client.force_login(staff)
    return client


def read(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path, headers={"accept-language": "en"})
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def test_the_list_shows_status_panel_and_numbers(marketer: Client, cast: Cast, now: datetime):
    cast.apply()
    cast.customer()
    engine.tick(now + HOUR)
    page = read(marketer, "/programmes/")
    assert "Win back" in page
    assert "Live" in page


def test_an_empty_list_says_how_to_begin(marketer: Client):
    assert "cordiale programmes apply FILE" in read(marketer, "/programmes/")


def test_the_page_draws_the_tree_with_counts(marketer: Client, cast: Cast, now: datetime):
    cast.apply()
    cast.customer()
    engine.tick(now + HOUR)
    page = read(marketer, "/programmes/win-back/")
    assert "enters the segment “dormant”" in page
    assert "1 waiting here" in page
    assert "orders(since =&gt; entry) &gt; 0" in page
    assert 'style="' not in page


def test_people_inside_are_listed_by_step(marketer: Client, cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer(first_name="Ada", last_name="Lovelace")
    engine.tick(now + HOUR)
    assert "Ada Lovelace" in read(marketer, "/programmes/win-back/people/?step=1")
    assert "Ada Lovelace" not in read(marketer, "/programmes/win-back/people/?step=0")
    assert customer.pk


def test_a_version_shows_what_it_changed(marketer: Client, cast: Cast, now: datetime):
    cast.apply(start=False)
    cast.apply(WIN_BACK.replace("8 %", "9 %"), now + DAY, start=False)
    page = read(marketer, "/programmes/win-back/versions/2/")
    assert "+objective: {kind: reactivation, metric: order, target: 9 %, within: 30 days}" in page
    read(marketer, "/programmes/win-back/versions/3/", 404)


def test_start_and_pause_undo_each_other_and_are_kept(marketer: Client, cast: Cast):
    cast.apply(start=False)
    assert marketer.post("/programmes/win-back/start/").status_code == 302
    assert Programme.objects.get().status == "live"
    assert marketer.post("/programmes/win-back/pause/").status_code == 302
    assert Programme.objects.get().status == "paused"
    assert list(AuditEntry.objects.filter(noun="programme").order_by("id").values_list("verb", flat=True)) == [
        "apply", "start", "pause",
    ]  # fmt: skip


def test_a_get_never_starts(marketer: Client, cast: Cast):
    cast.apply(start=False)
    assert marketer.get("/programmes/win-back/start/").status_code == 405
    assert Programme.objects.get().status == "draft"


def test_what_stands_in_the_way_of_a_start_is_listed_and_the_button_disabled(marketer: Client, cast: Cast):
    cast.apply(WIN_BACK.replace(", control: 0 %", ""), start=False)
    page = read(marketer, "/programmes/win-back/")
    assert "One point to fix" in page
    assert "disabled" in page
    assert marketer.post("/programmes/win-back/start/").status_code == 422


def test_an_analyst_may_look_but_not_start(cast: Cast, now: datetime):
    cast.apply(start=False)
    analyst = signed_in("analyst", now)
    assert "Start the programme" not in read(analyst, "/programmes/win-back/")
    assert analyst.post("/programmes/win-back/start/").status_code == 403


def test_an_unknown_programme_is_not_found_and_the_nearest_named(marketer: Client, cast: Cast):
    cast.apply(start=False)
    assert "win-back" in read(marketer, "/programmes/win-bak/", 404)


def test_decisions_are_filtered_by_the_address(marketer: Client, cast: Cast, now: datetime):
    cast.apply()
    cast.customer(first_name="Ada", last_name="Lovelace")
    cast.customer(first_name="Alan", last_name="Turing", consents=False)
    engine.tick(now + HOUR)
    everything = read(marketer, "/decisions/")
    assert "Ada Lovelace" in everything
    assert "never consented" in everything
    assert "Alan Turing" not in read(marketer, "/decisions/?verdict=sent")
    assert "Ada Lovelace" not in read(marketer, "/decisions/?rule=consent&day=2026-11-16")
    assert "No decision matches" in read(marketer, "/decisions/?day=2026-11-17")
    read(marketer, "/decisions/?day=yesterday", 422)


def test_the_customers_page_says_why_and_why_not(marketer: Client, cast: Cast, now: datetime):
    cast.apply()
    contacted, other = cast.customer(), cast.customer(dormant=False)
    engine.tick(now + HOUR)
    assert "Consent for this purpose and channel stands since" in read(marketer, f"/customers/{contacted.pk}/")
    page = read(marketer, f"/customers/{other.pk}/?why=win-back")
    assert "Not in the panel’s segment “dormant”" in page
    assert "Does not hold: city = &#x27;Dormont&#x27; (city = Lyon)" in page


def test_a_paused_programme_can_be_started_again_from_its_page(marketer: Client, cast: Cast, now: datetime):
    cast.apply()
    actions.pause_programme("win-back", actor="test", now=now + HOUR)
    assert "Start again" in read(marketer, "/programmes/win-back/")
