"""`traits compute` and `traits list`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cordiale.insight import queries
from cordiale.insight.commands import app

from .conftest import Shop

pytestmark = pytest.mark.django_db
NOW = "2026-11-16T10:00:00+01:00"


def test_compute_answers_with_the_stages(shop: Shop) -> None:
    shop.customers(1, 2)
    shop.order(2, days_ago=3)

    answer = json.loads(CliRunner().invoke(app, ["compute", "--now", NOW, "--json"]).stdout)

    assert (answer["day"], answer["customers"], answer["traits"]) == ("2026-11-16", 2, len(queries.traits()))
    assert answer["lifecycle"] == {"prospect": 1, "customer": 1, "occasional": 0, "active": 0, "ambassador": 0,
                                   "dormant": 0, "lost": 0}  # fmt: skip


def test_list_names_each_trait_with_coverage_and_median(shop: Shop) -> None:
    shop.customers(1, 2, 3)
    for customer, amount in ((1, "10"), (2, "30")):
        shop.order(customer, days_ago=3, amount=amount)
    assert "known" not in json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)[0]
    CliRunner().invoke(app, ["compute", "--now", NOW])

    rows = {row["name"]: row for row in json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)}

    assert rows["average_basket"] == {"name": "average_basket", "type": "money", "unit": None, "window": None,
                                      "title": "Average basket", "known": 2, "median": 10.0}  # fmt: skip
    assert (rows["orders_90d"]["window"], rows["orders_90d"]["median"]) == (90, 1.0)


def test_an_instant_without_an_offset_is_refused(shop: Shop) -> None:
    outcome = CliRunner().invoke(app, ["compute", "--now", "2026-11-16T10:00:00"])

    assert "add an offset" in str(outcome.exception)
