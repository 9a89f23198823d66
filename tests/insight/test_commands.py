"""`traits compute` and `traits list`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cordiale.insight import queries
from cordiale.insight.commands import app

from .conftest import Shop, written

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


def run(*arguments: str) -> object:
    outcome = CliRunner().invoke(app, [*arguments, "--json"])
    assert outcome.exit_code == 0, outcome.exception
    return json.loads(outcome.stdout)


def test_a_file_is_tried_out_then_added_and_retired(shop: Shop, tmp_path: Path) -> None:
    shop.customers(1)
    shop.order(1, days_ago=3, quantity=2)
    file = tmp_path / "wine.yaml"
    file.write_text(written(), encoding="utf-8")

    tried = run("add", str(file), "--dry-run", "--now", NOW)
    assert isinstance(tried, list)
    assert (tried[0]["known"], tried[0]["quantiles"]["50%"], tried[0]["sample"]) == (
        1, 2, [{"customer": 1, "value": 2}],
    )  # fmt: skip
    assert run("add", str(file), "--now", NOW) == [{"name": "bottles_30d", "version": 1}]
    assert run("add", str(file), "--now", NOW) == []
    assert "known for 1" in CliRunner().invoke(app, ["add", str(file), "--dry-run", "--now", NOW]).stdout
    retired = run("retire", "bottles_30d", "--now", NOW)
    assert isinstance(retired, dict)
    assert retired["version"] == 1


def test_a_fault_names_the_file_the_line_and_the_column(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "wine.yaml"
    file.write_text(written(value="sum(quantty)"), encoding="utf-8")

    assert "wine.yaml:7:14: 'quantty' is not known" in str(CliRunner().invoke(app, ["add", str(file)]).exception)
    assert "cannot read" in str(CliRunner().invoke(app, ["add", str(tmp_path / "none.yaml")]).exception)


def test_a_past_day_is_computed_and_a_customers_days_are_told(shop: Shop) -> None:
    shop.customers(1)
    shop.order(1, days_ago=200, amount="12.00")

    answer = run("compute", "--as-of", "2026-06-01", "--now", NOW)
    run("compute", "--now", NOW)
    rows = run("history", "C1", "--trait", "spend_365d", "--trait", "lifecycle_stage")

    assert isinstance(answer, dict)
    assert (answer["day"], answer["as_of"][:19]) == ("2026-06-01", "2026-06-01T22:00:00")
    assert rows == [{"day": "2026-06-01", "spend_365d": 12.0, "lifecycle_stage": "customer"},
                    {"day": "2026-11-16", "spend_365d": 12.0, "lifecycle_stage": "lost"}]  # fmt: skip
    assert "lifecycle_stage" in CliRunner().invoke(app, ["history", "1"]).stdout
    assert "'soon' is no day" in str(CliRunner().invoke(app, ["compute", "--as-of", "soon"]).exception)
