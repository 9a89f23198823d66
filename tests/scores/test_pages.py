"""Scores on pages in both languages, in commands and over the API."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.test import Client
from typer.testing import CliRunner

from cordiale.accounts.keys import add_key
from cordiale.accounts.models import Staff
from cordiale.customers.models import Customer
from cordiale.insight import actions as insight
from cordiale.jobs.models import Job
from cordiale.scores import actions, queries, sections, watching
from cordiale.scores.commands import app
from cordiale.segments import queries as segments

from . import base

pytestmark = pytest.mark.django_db


def signed_in(client: Client, now: datetime, role: str = "analyst", language: str = "en") -> Client:
    client.force_login(Staff.objects.create(email="a@example.org", role=role, language=language, created_at=now))
    return client


@pytest.fixture
def fitted(filled: datetime) -> datetime:
    actions.fit("lapse_risk", actor="test", now=filled)
    insight.ensure_snapshot(filled)
    return filled


@pytest.mark.parametrize(("language", "said"), [("en", "In force"), ("fr", "En vigueur")])
def test_the_list_says_how_each_score_stands_in_both_languages(
    client: Client, fitted: datetime, language: str, said: str
) -> None:
    page = signed_in(client, fitted, language=language).get("/scores/").content.decode()

    assert said in page
    assert "One" in page or "Un" in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Back-test against the best simple rule", "Brier score", "What this score is not", "Data gate")),
        ("fr", ("Comparaison avec la meilleure règle simple", "Score de Brier", "Ce que ce score n’est pas")),
    ],
)
def test_the_card_tells_method_data_and_back_test(
    client: Client, fitted: datetime, language: str, said: tuple[str, ...]
) -> None:
    watching.watch(fitted)

    page = signed_in(client, fitted, language=language).get("/scores/lapse_risk/").content.decode()

    assert [text for text in said if text not in page] == []
    assert (page.count('"is_edge": true'), "Analyst" in page) == (2, True)


def test_a_refused_score_says_what_is_missing(client: Client, filled: datetime) -> None:
    base.declare(base.LAPSE.replace("buyers: 60", "buyers: 5000"))
    actions.fit("lapse_risk", actor="test", now=filled)

    page = signed_in(client, filled).get("/scores/lapse_risk/").content.decode()

    assert "customers who ordered: 240 of 5,000" in page
    assert "This score does not exist" in page


def test_only_who_may_edit_insight_may_ask_for_a_fit(client: Client, filled: datetime) -> None:
    assert signed_in(client, filled, role="marketer").post("/scores/lapse_risk/fit/").status_code == 403


def test_a_customer_s_page_says_what_moved_the_score(client: Client, fitted: datetime) -> None:
    customer = next(one for one in Customer.objects.order_by("pk") if sections.section(one, fitted))

    english = sections.section(customer, fitted)
    page = signed_in(client, fitted, language="fr").get(f"/customers/{customer.pk}/").content.decode()

    assert english is not None
    assert any("risk" in text for text in english[0]["drivers"]["en"])
    assert any("risque" in text for text in english[0]["drivers"]["fr"])
    assert "<dt>Probabilité</dt>" in page
    assert "pour l’ensemble des clients de l’évaluation" in page
    assert english[0]["drivers"]["fr"][0].split(" : ")[-1] in page


def test_the_drivers_sum_to_the_score(fitted: datetime) -> None:
    import numpy as np

    from cordiale.insight import queries as traits
    from cordiale.scores import probability
    from cordiale.scores.models import ScoreVersion

    rows = traits.traits_of(range(1, 200))
    rows = rows.filter(rows["lapse_risk"].is_valid())
    odds, parts = probability.model_of(ScoreVersion.objects.get()).contributions(rows, as_of=fitted)

    assert np.allclose(1 / (1 + np.exp(-(odds + parts.sum(axis=1)))), rows["lapse_risk"].to_numpy())


def test_a_restricted_customer_s_page_shows_no_score(client: Client, fitted: datetime) -> None:
    Customer.objects.filter(pk=1).update(restricted_at=fitted)

    page = signed_in(client, fitted).get("/customers/1/").content.decode()

    assert "Processing is restricted: no score is worked out." in page


def test_segments_may_ask_for_a_score(fitted: datetime) -> None:
    assert 0 < segments.count("lapse_risk >= 0.05", fitted).matching < 240


def test_the_api_gives_the_card(client: Client, fitted: datetime) -> None:
    key = add_key("k", "analyst", actor="test", now=fitted)

    answer = client.get("/api/v1/scores/lapse_risk", headers={"authorization": f"Bearer {key}"})
    listed = client.get("/api/v1/scores", headers={"authorization": f"Bearer {key}"}).json()

    assert answer.status_code == 200
    assert answer.json()["card"]["evaluation"]["measures"]["brier"]["value"] < 0.25
    assert [one["state"] for one in listed["scores"]] == ["in force"]


def test_the_command_prints_the_card_as_json(fitted: datetime) -> None:
    answer = json.loads(CliRunner().invoke(app, ["card", "lapse_risk", "--json"]).stdout)

    assert answer["version"]["state"] == "in force"
    assert answer["card"]["gate"][0] == {"measure": "buyers", "have": 240, "need": 60, "is_passed": True}


def test_commands_fit_list_and_go_back(filled: datetime) -> None:
    runner = CliRunner()
    fit = ["fit", "lapse_risk", "--now", filled.isoformat(), "--json"]

    first = json.loads(runner.invoke(app, fit).stdout)
    runner.invoke(app, fit)
    back = runner.invoke(
        app, ["roll-back", "lapse_risk", "1", "--reason", "test", "--now", filled.isoformat(), "--json"]
    )
    listed = json.loads(runner.invoke(app, ["list", "--json"]).stdout)

    assert [one["state"] for one in first] == ["in force"]
    assert json.loads(back.stdout)["number"] == 1
    assert listed[0]["version"]["number"] == 1


def test_a_version_is_put_back_on_its_page(client: Client, fitted: datetime) -> None:
    actions.fit("lapse_risk", actor="test", now=fitted)

    signed_in(client, fitted).post("/scores/lapse_risk/versions/1/back/", {"reason": "odd values"})

    assert queries.find_in_force("lapse_risk").number == 1  # type: ignore[union-attr]
    assert queries.terms_of("lapse_risk").first().reason == "odd values"  # type: ignore[union-attr]


def test_the_api_asks_for_a_fit(client: Client, filled: datetime) -> None:
    key = add_key("k", "analyst", actor="test", now=filled)

    answer = client.post("/api/v1/scores/lapse_risk/fit", headers={"authorization": f"Bearer {key}"})

    assert answer.status_code == 202
    assert Job.objects.get(pk=answer.json()["job"]).arguments == {"score": "lapse_risk"}


def test_a_score_never_learnt_says_so(client: Client, filled: datetime) -> None:
    page = signed_in(client, filled).get("/scores/lapse_risk/").content.decode()

    assert "It was never learnt" in page
