"""Traits on their pages: the catalogue, one trait, its editor with check and dry run, and past days."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client

from cordiale import home
from cordiale.insight import actions, computation, queries
from cordiale.insight.models import TraitVersion
from cordiale.jobs.models import Job
from cordiale.jobs.progress import Progress

from .conftest import BOTTLES, Shop, written
from .test_pages import signed_in, two_months

pytestmark = pytest.mark.django_db


def declared(shop: Shop) -> None:
    two_months(shop)
    actions.declare(written(), actor="ana@example.org", now=shop.now)
    actions.declare(written(window=60), actor="ana@example.org", now=shop.now)
    actions.ensure_snapshot(shop.now + timedelta(hours=1))


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [("?q=wine", "bottles_30d", "orders_90d"), ("?source=derived", "recency_days", "bottles_30d"),
     ("?owner=Cellar+team", "bottles_30d", "recency_days"), ("?q=zzz", "No trait matches", "bottles_30d")],
)  # fmt: skip
def test_the_catalogue_is_searched_by_words_source_and_owner(
    client: Client, shop: Shop, query: str, shown: str, hidden: str
) -> None:
    declared(shop)

    page = signed_in(client, shop).get(f"/traits/{query}").content.decode()

    assert shown in page
    assert f"<code>{hidden}</code>" not in page


@pytest.mark.parametrize(
    ("language", "texts"),
    [("en", ("Bottles", "Cellar team", "Version 2", "+  window: 60", "As SQL", "sum(quantity)", "Nothing uses it yet")),
     ("fr", ("Bouteilles", "Responsable", "Version 2", "En SQL", "Rien ne l’utilise encore"))],
)  # fmt: skip
def test_a_traits_page_tells_all_of_it_in_both_languages(
    client: Client, shop: Shop, language: str, texts: tuple[str, ...]
) -> None:
    declared(shop)

    page = signed_in(client, shop, role="analyst", language=language).get("/traits/bottles_30d/").content.decode()

    for text in texts:
        assert text in page, text


@pytest.mark.parametrize("name", ["spend_total", "favourite_category", "last_order_at", "promotion_share", "rfm_none"])
def test_every_type_of_trait_has_its_page(client: Client, shop: Shop, name: str) -> None:
    two_months(shop)

    answer = signed_in(client, shop).get(f"/traits/{name}/")

    assert answer.status_code == (404 if name == "rfm_none" else 200)


def test_values_and_their_trend_are_drawn_with_a_summary(client: Client, shop: Shop) -> None:
    two_months(shop)

    page = signed_in(client, shop).get("/traits/spend_total/").content.decode()

    assert "Known for 2 of 2 customers. Half of them have less than €0.00, or as much." in page
    assert "on 30 Sept 2026, €20.75 on 16 Nov 2026" in page


def test_an_editor_saves_and_shows_a_fault_at_its_place(client: Client, shop: Shop) -> None:
    analyst = signed_in(client, shop, role="analyst")

    refused = analyst.post("/traits/new/", {"text": written(value="sum(quantty)").replace("\n", "\r\n")})
    saved = analyst.post("/traits/new/", {"text": written().replace("\n", "\r\n")})

    assert refused.status_code == 422
    assert "Line 7, column 14:" in refused.content.decode()
    assert "<mark>quantty)</mark>" in refused.content.decode()
    assert (saved.status_code, saved["Location"]) == (302, "/traits/bottles_30d/")
    assert TraitVersion.objects.get().author == "m@example.org"


def test_two_editors_do_not_overwrite_each_other_unseen(client: Client, shop: Shop) -> None:
    declared(shop)
    analyst = signed_in(client, shop, role="analyst")

    late = analyst.post("/traits/bottles_30d/edit/", {"text": written(window=7), "seen": "1"})
    again = analyst.post("/traits/bottles_30d/edit/", {"text": written(window=7), "seen": "2"})

    assert (late.status_code, again.status_code) == (422, 302)
    assert "Somebody saved version 2 meanwhile" in late.content.decode()
    assert queries.history_of("bottles_30d")[0].version == 3


def test_a_trait_of_ours_is_not_edited_on_the_page(client: Client, shop: Shop) -> None:
    assert signed_in(client, shop, role="analyst").get("/traits/orders_90d/edit/").status_code == 404


def test_the_check_follows_the_typing_and_keeps_nothing(client: Client, shop: Shop) -> None:
    analyst = signed_in(client, shop, role="analyst")

    good = analyst.post("/traits/check/", {"text": written()}).content.decode()
    bad = analyst.post("/traits/check/", {"text": "bottles_30d: {type: integer"}).content.decode()

    assert "In order: Bottles (whole number), from order lines; owner Cellar team." in good
    assert "Line 1" in bad
    assert not TraitVersion.objects.exists()


def test_a_dry_run_tells_time_sample_and_spread(client: Client, shop: Shop) -> None:
    two_months(shop)

    page = signed_in(client, shop, role="analyst").post("/traits/check/?try", {"text": written()}).content.decode()

    for text in ("Computed for all 2 customers in", "Some customers, from the lowest", "Known for 2"):
        assert text in page, text
    assert not TraitVersion.objects.exists()


def test_a_trait_is_retired_once_its_name_is_typed(client: Client, shop: Shop) -> None:
    declared(shop)
    analyst = signed_in(client, shop, role="analyst")

    unsure = analyst.post("/traits/bottles_30d/retire/", {"typed": "bottles"})
    sure = analyst.post("/traits/bottles_30d/retire/", {"typed": "bottles_30d"})

    assert (unsure.status_code, sure.status_code) == (422, 302)
    assert analyst.get("/traits/bottles_30d/").status_code == 404


@pytest.mark.parametrize("address", ["/traits/new/", "/traits/bottles_30d/edit/"])
def test_a_marketer_reads_and_an_agent_does_not(client: Client, shop: Shop, address: str) -> None:
    declared(shop)
    marketer = signed_in(client, shop, role="marketer")

    assert marketer.get("/traits/bottles_30d/").status_code == 200
    assert "Edit</a>" not in marketer.get("/traits/bottles_30d/").content.decode()
    assert marketer.get(address).status_code == 403
    assert marketer.post("/traits/check/", {"text": written()}).status_code == 403


def test_an_agent_does_not_see_traits(client: Client, shop: Shop) -> None:
    agent = signed_in(client, shop, role="agent")

    for address in ("/traits/", "/traits/spend_total/", "/traits/days/"):
        assert agent.get(address).status_code == 403, address


def test_who_was_in_a_stage_on_a_past_day_is_listed(client: Client, shop: Shop) -> None:
    two_months(shop)

    page = signed_in(client, shop).get("/traits/days/?day=2026-10-31&stage=dormant")

    assert [one["number"] for one in page.context["people"]] == []
    dormant = client.get("/traits/days/?day=2026-09-30&stage=dormant")
    assert [(one["number"], one["now"]) for one in dormant.context["people"]] == [(1, "Occasional")]
    assert dormant.context["snapshot"].day.isoformat() == "2026-09-30"


def test_a_day_that_was_not_computed_shows_the_nearest_and_can_be_asked_for(client: Client, shop: Shop) -> None:
    two_months(shop)
    analyst = signed_in(client, shop, role="analyst")

    page = analyst.get("/traits/days/?day=2026-10-15").content.decode()
    asked = analyst.post("/traits/days/", {"day": "2026-10-15"})
    job = Job.objects.get(kind=computation.KIND)
    Job.objects.filter(pk=job.pk).update(state="running")
    job.refresh_from_db()
    computation.run(Progress(job, shop.now))

    assert "15 Oct 2026 was not computed; the nearest day kept is 30 Sept 2026." in page
    assert asked["Location"] == f"/jobs/{job.pk}/"
    assert analyst.get("/traits/days/?day=2026-10-15").context["snapshot"].day.isoformat() == "2026-10-15"


@pytest.mark.parametrize(("day", "says"), [("soon", "Write a day as"), ("2999-01-01", "still to come")])
def test_a_day_that_is_none_is_said(client: Client, shop: Shop, day: str, says: str) -> None:
    page = signed_in(client, shop).get(f"/traits/days/?day={day}").content.decode()

    assert says in page


def test_a_customers_values_are_shown_day_by_day(client: Client, shop: Shop) -> None:
    two_months(shop)

    page = signed_in(client, shop).get("/traits/customers/1/?trait=spend_total")

    assert [row["value"] for row in page.context["rows"]] == ["€41.50", "€41.50", "€10.00"]
    assert "From €10.00 on 30 Sept 2026 to €41.50 on 16 Nov 2026." in page.content.decode()
    assert "/traits/customers/1/" in client.get("/customers/1/").content.decode()


@pytest.mark.parametrize(("text", "said"), [
    (written(value="sum(quantty)"), "«.quantty.» n’est pas connu.*sont connus"),
    (written(owner=""), "l’indicateur «.bottles_30d.» n’a pas de responsable"),
    (written(type="colour"), "«.colour.» ne convient pas pour type .choisissez parmi number"),
    (written(value="sum(quantity) +"), "ceci ne se lit pas, près de «"),
    (written(window="soon"), "window doit être un nombre entier de jours"),
    ("a: b: c\n", "un «.:.» n’a pas sa place ici"),
    ("a: {b\n", "il manque|une accolade n’est pas fermée"),
    ("a: [\n", "ce n’est pas du YAML|un crochet n’est pas fermé|n’a pas sa place"),
    (written(name="spend_total"), "est déjà fourni avec le produit .donnez-lui un autre nom"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_the_readers_language(client: Client, shop: Shop, text: str, said: str) -> None:
    page = (
        signed_in(client, shop, role="analyst", language="fr").post("/traits/check/", {"text": text}).content.decode()
    )

    assert re.search(said, html.unescape(page).replace("\n", " ")), page


def test_the_page_of_a_wrong_file_speaks_french(client: Client, shop: Shop, fresh_home: home.Home) -> None:
    (fresh_home.company / "traits.yaml").write_text(f"traits:\n{BOTTLES.replace('quantity', 'quantty')}")
    page = signed_in(client, shop, language="fr").get("/traits/")

    assert page.status_code == 422
    assert "n’est pas connu" in page.content.decode()
