"""Expected value: how many orders, worth how much, and when the next one."""

from __future__ import annotations

from datetime import datetime

import pyarrow.compute as pc
import pytest

from cordiale import home
from cordiale.customers.models import Customer
from cordiale.insight import actions as insight
from cordiale.lake import open_lake
from cordiale.scores import actions, artifacts, sections, valuing
from cordiale.scores.models import ScoreVersion

from . import base

pytestmark = pytest.mark.django_db


@pytest.fixture
def valued(db: None, fresh_home: home.Home, now: datetime) -> datetime:
    base.declare(base.VALUE)
    base.fill(now)
    actions.fit("customer_value", actor="test", now=now)
    insight.ensure_snapshot(now)
    return now


def test_values_are_in_keeping_with_each_other_and_with_the_past(valued: datetime) -> None:
    rows = open_lake().query("SELECT * FROM traits WHERE expected_orders_12m IS NOT NULL")

    assert (
        rows.num_rows
        == pc.sum(pc.greater(open_lake().query("SELECT orders_total FROM traits")["orders_total"], 0)).as_py()
    )
    assert pc.all(pc.and_(pc.greater_equal(rows["p_active"], 0), pc.less_equal(rows["p_active"], 1))).as_py()
    assert pc.min(rows["next_order_at"]).as_py() > valued
    due = pc.sum(rows["expected_value_12m"].cast("float64")).as_py() / pc.sum(rows["expected_orders_12m"]).as_py()
    assert 5 < due < 25


def test_the_card_tells_models_parameters_and_what_came(valued: datetime) -> None:
    card = ScoreVersion.objects.get().card

    assert {one["model"] for one in card["models"]} == {"bg/nbd", "mbg/nbd", "pareto/nbd", "nbd"}
    assert [one["is_chosen"] for one in card["models"]].count(True) == 1
    assert 0.8 < card["cumulative"][-1]["predicted"] / card["cumulative"][-1]["observed"] < 1.25
    assert set(card["compared"]) == {"orders", "spend"}


def test_the_file_gives_the_same_model_again(valued: datetime) -> None:
    version = ScoreVersion.objects.get()
    content = artifacts.read(version.artifact, version.digest)

    assert valuing.load(content).dump() == content


def test_a_customer_s_value_is_told_by_its_history(valued: datetime) -> None:
    told = sections.section(Customer.objects.get(pk=3), valued)

    assert told is not None
    assert "Last order" in told[0]["drivers"]["en"][0]
    assert "Dernière commande" in told[0]["drivers"]["fr"][0]
