"""Cohorts, intervals and baskets on pages in both languages, as files, and counted in the background."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from cordiale.accounts.models import Staff
from cordiale.insight import actions
from cordiale.insight import queries as insight
from cordiale.jobs import running
from cordiale.jobs.models import Job, JobState
from cordiale.lifecycle import counting
from cordiale.lifecycle.models import Kept
from cordiale.lifecycle.queries import buying

from .conftest import Shop, keep
from .test_buying import seasons

pytestmark = pytest.mark.django_db


def signed_in(client: Client, shop: Shop, role: str = "analyst", language: str = "en") -> Client:
    client.force_login(Staff.objects.create(email="a@example.org", role=role, language=language, created_at=shop.now))
    return client


def regulars(shop: Shop) -> None:
    """One customer who orders every ten days, and the snapshot of the day."""
    shop.customers(1)
    for days in (45, 35, 25, 15):
        shop.order(1, days_ago=days, amount="12.50")
    actions.ensure_snapshot(shop.now)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Aug 2026", "Of 3 customers, 33.3% ordered in the month after", "Spend per customer so far", "€52")),
        ("fr", ("août 2026", "Sur 3 clients, 33,3", "Dépense cumulée par client")),
    ],
)
def test_cohorts_are_a_table_with_its_definition(
    client: Client, shop: Shop, language: str, said: tuple[str, ...]
) -> None:
    seasons(shop)

    page = signed_in(client, shop, language=language).get("/lifecycle/cohorts/").content.decode()

    for text in said:
        assert text in page, text


def test_cohorts_by_quarter_and_as_a_file(client: Client, shop: Shop) -> None:
    seasons(shop)
    staff = signed_in(client, shop)

    assert "Q3 2026" in staff.get("/lifecycle/cohorts/?by=quarter").content.decode()
    lines = staff.get("/lifecycle/cohorts.csv").content.decode().splitlines()
    assert lines[0] == "cohort,customers,months_later,share_ordering,spend_per_customer_so_far"
    assert lines[1:4] == ["2026-08-01,2,0,1.0,25.0", "2026-08-01,2,1,0.5,37.5", "2026-08-01,2,2,0.5,52.5"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Half of the orders came within 10 days", "Later than usual", "100.0%", "3 intervals before")),
        ("fr", ("La moitié des commandes suivent", "Plus tard que d’habitude")),
    ],
)
def test_intervals_show_how_long_and_who_is_late(
    client: Client, shop: Shop, language: str, said: tuple[str, ...]
) -> None:
    regulars(shop)

    page = signed_in(client, shop, language=language).get("/lifecycle/intervals/").content.decode()

    for text in said:
        assert text in page, text
    assert client.get("/lifecycle/intervals.csv").content.decode().splitlines()[1:] == ["10,3"]
    assert client.get("/lifecycle/intervals/?stage=lost").status_code == 200


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Average basket", "€12.50", "Worth of an order", "No two categories")),
        ("fr", ("Panier moyen", "12,50", "Montant d’une commande", "Aucune paire")),
    ],
)
def test_baskets_show_worth_lines_categories(client: Client, shop: Shop, language: str, said: tuple[str, ...]) -> None:
    regulars(shop)

    page = signed_in(client, shop, language=language).get("/lifecycle/baskets/").content.decode()

    for text in said:
        assert text in page, text


@pytest.mark.parametrize("page", ["cohorts", "intervals", "baskets"])
def test_pages_without_anything_say_what_they_wait_for(client: Client, shop: Shop, page: str) -> None:
    staff = signed_in(client, shop)
    assert "No traits are computed yet" in staff.get(f"/lifecycle/{page}/").content.decode()

    keep(date(2026, 11, 16), {1: "prospect"})

    assert "Nothing to show yet" in staff.get(f"/lifecycle/{page}/").content.decode()
    assert staff.get(f"/lifecycle/{page}/?day=soon").status_code == 422
    assert "the nearest day kept is 16 Nov 2026" in staff.get(f"/lifecycle/{page}/?day=2026-01-01").content.decode()


def test_a_large_base_is_counted_by_a_job(client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seasons(shop)
    monkeypatch.setattr(buying, "SMALL", 0)
    staff = signed_in(client, shop)
    assert "Not counted yet" in staff.get("/lifecycle/baskets/").content.decode()
    assert staff.get("/lifecycle/baskets.csv").status_code == 404

    staff.post("/lifecycle/count/baskets/", {"day": "2026-11-16"})
    assert "This is being counted" in staff.get("/lifecycle/baskets/").content.decode()
    done = running.run(Job.objects.get())

    assert done.state == JobState.DONE
    assert "Average basket" in staff.get("/lifecycle/baskets/").content.decode()


def test_each_night_all_views_are_counted_and_old_ones_forgotten(shop: Shop) -> None:
    seasons(shop)
    old = buying.count(buying.BASKETS, insight.get_snapshot())
    Kept.objects.filter(pk=old.pk).update(day=shop.now.date() - timedelta(days=91))

    counting.every_night(shop.now)

    assert {(kept.kind, kept.day) for kept in Kept.objects.all()} == {
        (kind, date(2026, 11, 16)) for kind in buying.KINDS
    }


@pytest.mark.parametrize("address", ["cohorts/", "intervals/", "baskets/", "cohorts.csv", "baskets.csv"])
def test_an_agent_may_not_see_them(client: Client, shop: Shop, address: str) -> None:
    assert signed_in(client, shop, role="agent").get(f"/lifecycle/{address}").status_code == 403


def test_a_category_that_looks_like_a_formula_is_written_as_text(client: Client, shop: Shop) -> None:
    shop.customers(1)
    shop.order(1, days_ago=2, category="=1+1")
    keep(date(2026, 11, 16), {1: "active"})

    assert "'=1+1,'=1+1,1" in signed_in(client, shop).get("/lifecycle/baskets.csv").content.decode()


@pytest.mark.parametrize("page", ["", "forecast/", "cohorts/", "intervals/", "baskets/"])
def test_a_day_computed_before_there_were_customers_breaks_no_page(client: Client, shop: Shop, page: str) -> None:
    actions.ensure_snapshot(shop.now)
    answer = signed_in(client, shop).get(f"/lifecycle/{page}")
    assert answer.status_code == 200
    assert "No customer yet" in answer.content.decode()
