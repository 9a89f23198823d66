"""The life cycle and the traits on the pages, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from cordiale import home
from cordiale.accounts.models import Staff
from cordiale.insight import actions, changes, definitions, uses
from cordiale.insight.actions import declare
from cordiale.insight.models import Snapshot
from cordiale.ui import formats

from .conftest import BOTTLES, Shop, written

pytestmark = pytest.mark.django_db


def signed_in(client: Client, shop: Shop, role: str = "marketer", language: str = "en") -> Client:
    client.force_login(Staff.objects.create(email="m@example.org", role=role, language=language, created_at=shop.now))
    return client


def two_months(shop: Shop) -> None:
    shop.customers(1, 2)
    shop.order(1, days_ago=130)
    shop.order(1, days_ago=20, amount="31.50", category="wine")
    for days in (47, 16, 0):
        actions.snapshot_at(shop.now - timedelta(days=days))


def test_before_the_first_snapshot_the_page_says_how_to_get_one(client: Client, shop: Shop) -> None:
    page = signed_in(client, shop, role="analyst").get("/lifecycle/").content.decode()

    assert '<form method="post" action="/traits/days/">' in page
    assert "Compute now" in page


def test_stages_are_shown_with_counts_shares_and_rules_in_words(client: Client, shop: Shop) -> None:
    two_months(shop)

    page = signed_in(client, shop).get("/lifecycle/").content.decode()

    for text in ("Prospect", "50.0%", "Has not ordered yet.", "No order for 45 days or more.",
                 "recency_days &gt;= dormant_days", "everybody else"):  # fmt: skip
        assert text in page, text


def test_rules_changed_since_are_announced(client: Client, shop: Shop, fresh_home: home.Home) -> None:
    two_months(shop)
    path = fresh_home.company / "lifecycle.yaml"
    path.write_text(path.read_text().replace("dormant_days: 45", "dormant_days: 50"))

    page = signed_in(client, shop, role="analyst").get("/lifecycle/").content.decode()

    assert "Changed since these figures were computed:" in page
    assert "the stage Dormant" in page
    assert "Compute now" in page


def test_a_trait_that_nothing_uses_announces_no_change(client: Client, shop: Shop) -> None:
    two_months(shop)
    declare(written(), actor="test", now=shop.now)
    staff = signed_in(client, shop)
    assert "Changed since" not in staff.get("/lifecycle/").content.decode()

    uses.register("test", lambda name: [uses.Use(title="a segment")] if name == "bottles_30d" else [])
    try:
        page = staff.get("/lifecycle/").content.decode()
    finally:
        uses.register("test", lambda name: [])
    assert '<a href="/traits/bottles_30d/">the trait Bottles (new)</a>' in page
    assert "Compute now" not in page
    assert "./cordiale traits compute" in page


def test_words_for_readers_change_no_meaning_and_what_is_computed_does(shop: Shop) -> None:
    declare(written(), actor="test", now=shop.now)
    before = definitions.current().meanings
    declare(written(title="{fr: Vins, en: Wines}"), actor="test", now=shop.now)
    assert definitions.current().meanings == before
    declare(written(title="{fr: Vins, en: Wines}", window=31), actor="test", now=shop.now)
    after = definitions.current().meanings
    assert {name for name in after if after[name] != before.get(name)} == {"trait:bottles_30d"}


def test_flows_warn_of_changed_stages_and_not_of_other_traits(shop: Shop, fresh_home: home.Home) -> None:
    shop.customers(1)
    days = [actions.snapshot_at(shop.now - timedelta(days=20))]
    declare(written(), actor="test", now=shop.now)
    days.append(actions.snapshot_at(shop.now - timedelta(days=10)))
    first, second = (Snapshot.objects.get(day=day) for day in days)
    assert first.definition != second.definition
    assert changes.are_stages_alike([first, second])

    path = fresh_home.company / "lifecycle.yaml"
    path.write_text(path.read_text().replace("dormant_days: 45", "dormant_days: 50"))
    third = Snapshot.objects.get(day=actions.snapshot_at(shop.now))
    assert not changes.are_stages_alike([first, second, third])


def test_a_snapshot_of_before_meanings_were_kept_announces_nothing(client: Client, shop: Shop) -> None:
    two_months(shop)
    Snapshot.objects.update(meanings={})

    assert "Changed since" not in signed_in(client, shop).get("/lifecycle/").content.decode()


def test_a_mistake_in_the_rules_is_shown_with_its_place(client: Client, shop: Shop, fresh_home: home.Home) -> None:
    signed_in(client, shop).get("/lifecycle/")
    path = fresh_home.company / "lifecycle.yaml"
    path.write_text(path.read_text().replace("recency_days >= dormant_days", "recency >= dormant_days"))

    page = client.get("/lifecycle/")

    assert page.status_code == 422
    assert "Line 24, column 11:" in page.content.decode()


def test_the_catalogue_says_what_each_trait_means_and_who_has_it(client: Client, shop: Shop) -> None:
    two_months(shop)

    page = signed_in(client, shop, language="fr").get("/traits/").content.decode()

    for text in ("Indicateurs", "overdue_ratio", "Jours entiers écoulés depuis la dernière commande.",
                 "365 derniers jours", "50\u00a0%"):  # fmt: skip
        assert text in page, text


def test_an_agent_is_told_who_may_see_the_life_cycle(client: Client, shop: Shop) -> None:
    assert signed_in(client, shop, role="agent").get("/lifecycle/").status_code == 403


def test_a_customers_page_shows_stage_scores_and_values_with_units(client: Client, shop: Shop) -> None:
    two_months(shop)

    page = signed_in(client, shop).get("/customers/1/").content.decode()

    for text in ("Occasional", "Orders now and then.", "3 of 5", "20\u00a0days", "€31.50", "last 365 days", "wine"):
        assert text in page, text


def test_a_customer_newer_than_the_snapshot_is_said_to_wait(client: Client, shop: Shop) -> None:
    two_months(shop)
    shop.customers(9)

    assert "Not computed yet" in signed_in(client, shop).get("/customers/9/").content.decode()


def test_the_dashboard_shows_stages_and_what_changed(client: Client, shop: Shop) -> None:
    two_months(shop)
    shop.customers(5, 6)
    actions.snapshot_at(shop.now + timedelta(days=20))

    page = signed_in(client, shop).get("/").content.decode()

    assert "the change since 16 Nov 2026" in page
    assert "<strong>+2</strong>" in page


def test_a_trait_the_company_dropped_is_only_missing(client: Client, shop: Shop, fresh_home: home.Home) -> None:
    path = fresh_home.company / "traits.yaml"
    path.write_text(f"traits:\n{BOTTLES}")
    two_months(shop)
    path.unlink()

    assert signed_in(client, shop).get("/customers/1/").status_code == 200
    assert client.get("/traits/").status_code == 200


def test_a_stage_opens_the_list_of_its_customers(client: Client, shop: Shop) -> None:
    two_months(shop)
    staff = signed_in(client, shop)

    assert "/customers/?stage=prospect" in staff.get("/lifecycle/").content.decode()
    listed = [one.pk for one in staff.get("/customers/?stage=prospect").context["page"]]
    assert listed == [2]
    assert list(staff.get("/customers/?stage=no-such-stage").context["page"]) == []


def listed(client: Client, query: str) -> list[int]:
    return [one.pk for one in client.get(f"/customers/?{query}").context["page"]]


def test_the_list_says_who_was_in_a_stage_on_a_past_day(client: Client, shop: Shop) -> None:
    two_months(shop)
    staff, then = signed_in(client, shop), (shop.now - timedelta(days=47)).date()

    assert (listed(staff, "stage=dormant"), listed(staff, f"stage=dormant&on={then}")) == ([], [1])
    page = staff.get(f"/customers/?stage=dormant&on={then}&q=").content.decode()
    with translation.override("en"):
        told = f"Dormant on {formats.day(then)}"
    assert told in page
    assert 'href="?q="' in page
    assert f"/traits/days/?day={then}&amp;stage=dormant" in page


def test_a_day_that_was_not_computed_is_answered_by_the_nearest_and_says_so(client: Client, shop: Shop) -> None:
    two_months(shop)
    staff, then = signed_in(client, shop), (shop.now - timedelta(days=40)).date()

    assert listed(staff, f"stage=dormant&on={then}") == [1]
    with translation.override("en"):
        told = f"{formats.day(then)} was not computed"
    assert told in staff.get(f"/customers/?stage=dormant&on={then}").content.decode()


@pytest.mark.parametrize(("query", "said", "many"), [
    ("stage=dormant&on=soon", "Write a day as 2026-03-01.", 0), ("stage=dormant&on=2999-01-01", "still to come", 0),
    ("on=2026-03-01", "Choose as well what they were", 2),
])  # fmt: skip
def test_a_day_that_cannot_be_answered_is_told_beside_the_field(
    client: Client, shop: Shop, query: str, said: str, many: int
) -> None:
    two_months(shop)
    staff = signed_in(client, shop)

    assert said in staff.get(f"/customers/?{query}").content.decode()
    assert len(listed(staff, query)) == many


def test_past_numbers_open_the_list_of_that_day(client: Client, shop: Shop) -> None:
    two_months(shop)
    staff, then = signed_in(client, shop), (shop.now - timedelta(days=47)).date()

    assert f"/customers/?stage=dormant&amp;on={then}" in staff.get(f"/traits/days/?day={then}").content.decode()
    flows = staff.get(f"/lifecycle/?from={then}&to={shop.now.date()}").content.decode()
    assert f"/customers/?stage=dormant&amp;on={then}" in flows


def test_a_day_computed_before_there_were_customers_breaks_no_list(client: Client, shop: Shop) -> None:
    actions.ensure_snapshot(shop.now)
    staff = signed_in(client, shop)
    assert "No day was computed yet" in staff.get("/traits/days/?stage=dormant").content.decode()
    assert "Nobody matches" in staff.get("/customers/?stage=dormant").content.decode()
