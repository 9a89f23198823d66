"""Stages, flows and forecast on pages in both languages, as commands and over the API."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from cordiale.accounts.keys import add_key
from cordiale.accounts.models import Staff
from cordiale.insight import actions
from cordiale.jobs.models import Job
from cordiale.lifecycle.commands import app

from .conftest import MONTH_ENDS, Shop, keep
from .test_flows import three_people

pytestmark = pytest.mark.django_db
BETWEEN = "?from=2026-09-30&to=2026-11-16"


def signed_in(client: Client, shop: Shop, role: str = "analyst", language: str = "en") -> Client:
    client.force_login(Staff.objects.create(email="a@example.org", role=role, language=language, created_at=shop.now))
    return client


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            ("Where people went", "Not known before", "50.0% of those known on both days", "Lost to Occasional (1)"),
        ),
        ("fr", ("Passages d’une étape à l’autre", "Pas connus avant", "50,0", "Perdu vers Occasionnel (1)")),
    ],
)
def test_the_page_draws_flows_and_tells_them_in_words(
    client: Client, shop: Shop, language: str, said: tuple[str, ...]
) -> None:
    three_people(shop)

    page = signed_in(client, shop, language=language).get(f"/lifecycle/{BETWEEN}").content.decode()

    assert '"kind": "sankey"' in page
    for text in said:
        assert text in page, text


def test_each_number_opens_the_list_of_those_who_moved(client: Client, shop: Shop) -> None:
    three_people(shop)
    staff = signed_in(client, shop)

    page = staff.get(f"/lifecycle/{BETWEEN}")
    url = next(cell["url"] for row in page.context["flow_rows"] for cell in row["cells"] if cell["url"])
    people = staff.get("/lifecycle/people/" + BETWEEN + "&origin=lost&target=occasional").content.decode()

    assert url.startswith("/lifecycle/people/?from=2026-09-30&to=2026-11-16&origin=")
    assert "1 customer" in people
    assert "/customers/1/" in people
    assert staff.get("/lifecycle/people/?from=x").status_code == 404


def test_days_that_were_not_computed_are_said_and_can_be_asked_for(client: Client, shop: Shop) -> None:
    three_people(shop)
    staff = signed_in(client, shop)

    page = staff.get("/lifecycle/?from=2026-10-10&to=2026-11-16").content.decode()
    asked = staff.post("/lifecycle/compute/", {"from": "2026-10-10", "to": "2026-11-16"})

    assert "10 Oct 2026 was not computed" in page
    assert "Compute these days" in page
    assert asked.status_code == 302
    assert Job.objects.get().arguments["days"] == ["2026-10-10", "2026-11-16"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?from=x&to=2026-11-16", "Write a day as 2026-03-01."),
        ("?from=2026-11-16&to=2026-09-30", "must lie before"),
        ("?from=2026-09-30&to=2031-01-01", "still to come"),
        ("?from=2026-10-01&to=2026-10-02", "the same nearest snapshot"),
    ],
)
def test_days_that_make_no_sense_are_told_beside_the_form(client: Client, shop: Shop, query: str, said: str) -> None:
    three_people(shop)

    page = signed_in(client, shop).get(f"/lifecycle/{query}")

    assert page.status_code == 422
    assert said in page.content.decode()


def test_the_flows_are_a_file(client: Client, shop: Shop) -> None:
    three_people(shop)

    lines = signed_in(client, shop).get(f"/lifecycle/flows.csv{BETWEEN}").content.decode().splitlines()

    assert lines == ["from,to,origin,target,customers", "2026-09-30,2026-11-16,prospect,prospect,1",
                     "2026-09-30,2026-11-16,lost,occasional,1", "2026-09-30,2026-11-16,new,prospect,1"]  # fmt: skip


def test_before_the_first_snapshot_pages_say_how_to_get_one(client: Client, shop: Shop) -> None:
    staff = signed_in(client, shop)

    for page in ("", "forecast/"):
        assert "No traits are computed yet" in staff.get(f"/lifecycle/{page}").content.decode()


def test_one_snapshot_has_no_flows_yet(client: Client, shop: Shop) -> None:
    shop.customers(1)
    actions.ensure_snapshot(shop.now)

    assert "Flows appear once" in signed_in(client, shop).get("/lifecycle/").content.decode()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("How right such forecasts were", "One month ahead", "What it does not know", "Foretold for 31 Dec")),
        ("fr", ("Justesse de ces prévisions", "À un mois", "Ce qu’elle ne sait pas", "Prévu pour le 31 déc.")),
    ],
)
def test_the_forecast_shows_intervals_back_test_and_limits(
    client: Client, year: Shop, language: str, said: tuple[str, ...]
) -> None:
    page = signed_in(client, year, language=language).get("/lifecycle/forecast/?months=2").content.decode()

    for text in said:
        assert text in page, text


def test_a_forecast_that_is_no_better_than_naive_says_so(client: Client, shop: Shop) -> None:
    for day in MONTH_ENDS:  # nobody ever moves: "as last month" is always right
        keep(day, {1: "prospect", 2: "active"})

    page = signed_in(client, shop).get("/lifecycle/forecast/").content.decode()

    assert "does not beat the naive rules" in page


def test_too_few_months_offer_to_compute_those_of_the_past(client: Client, shop: Shop) -> None:
    shop.customers(1)
    shop.order(1, days_ago=300)
    actions.ensure_snapshot(shop.now)
    staff = signed_in(client, shop)

    page = staff.get("/lifecycle/forecast/").content.decode()
    staff.post("/lifecycle/forecast/prepare/")

    assert "Too few months for a forecast" in page
    assert "10 month ends" in page
    assert len(Job.objects.get().arguments["days"]) == 10
    assert "Past days are being computed" in staff.get("/lifecycle/forecast/").content.decode()


@pytest.mark.parametrize("address", ["", "forecast/", "people/", "flows.csv"])
def test_an_agent_may_not_see_the_life_cycle(client: Client, shop: Shop, address: str) -> None:
    assert signed_in(client, shop, role="agent").get(f"/lifecycle/{address}").status_code == 403


@pytest.mark.parametrize("address", ["compute/", "forecast/prepare/"])
def test_a_marketer_may_look_but_not_compute(client: Client, shop: Shop, address: str) -> None:
    assert signed_in(client, shop, role="marketer").post(f"/lifecycle/{address}").status_code == 403


def ask(client: Client, shop: Shop, path: str) -> tuple[int, Any]:
    key = add_key("reader", "analyst", actor="tests", now=shop.now)
    answer = client.get(f"/api/v1/lifecycle/{path}", headers={"authorization": f"Bearer {key}"})
    return answer.status_code, answer.json()


def test_the_api_tells_flows(client: Client, shop: Shop) -> None:
    three_people(shop)

    status, told = ask(client, shop, "flows?from=2026-09-30&to=2026-11-20")

    assert status == 200
    assert (told["from"], told["to"], told["asked_to"]) == ("2026-09-30", "2026-11-16", "2026-11-20")
    assert {"origin": "lost", "target": "occasional", "customers": 1} in told["flows"]


def test_the_api_refuses_more_months_than_are_foretold(client: Client, shop: Shop) -> None:
    assert ask(client, shop, "forecast?months=99")[0] == 422


def test_the_api_tells_the_forecast(client: Client, year: Shop) -> None:
    status, told = ask(client, year, "forecast?months=2")

    assert status == 200
    assert [month["day"] for month in told["months"]] == ["2026-11-30", "2026-12-31"]
    assert told["months"][0]["stages"][0].keys() == {"stage", "expected", "low", "high"}
    assert [one["months_ahead"] for one in told["back_test"]] == [1, 2, 3]


def test_the_commands_tell_flows_and_forecast(year: Shop) -> None:
    flows = CliRunner().invoke(app, ["flows", "--from", "2026-09-30", "--to", "2026-10-31", "--json"])
    assert json.loads(flows.stdout)["from"] == "2026-09-30"
    assert "Stage on 2026-09-30 (rows)" in CliRunner().invoke(app, ["flows", "--from", "2026-09-30"]).stdout

    told = json.loads(CliRunner().invoke(app, ["forecast", "--months", "1", "--json"]).stdout)
    assert told["month_ends"] == len(MONTH_ENDS)
    assert len(told["months"]) == 1
    assert "past forecasts" in CliRunner().invoke(app, ["forecast"]).stdout


def test_the_commands_compute_days_and_month_ends(shop: Shop) -> None:
    shop.customers(1)
    shop.order(1, days_ago=250)
    now = ["--now", shop.now.isoformat()]

    done = json.loads(CliRunner().invoke(app, ["month-ends", "--json", *now]).stdout)
    flows = CliRunner().invoke(
        app, ["flows", "--from", "2026-05-05", "--to", "2026-08-08", "--compute", "--json", *now]
    )

    assert (len(done["computed"]), done["in_a_row"]) == (8, 8)
    assert json.loads(flows.stdout)["from"] == "2026-05-05"
    assert date.fromisoformat(done["computed"][0]) == date(2026, 3, 31)
