"""Traits, scores and stages are the same on Apache Spark."""

from __future__ import annotations

import textwrap
import warnings
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from cordiale import home
from cordiale.customers.models import Customer
from cordiale.demo.journey import Journey
from cordiale.insight import actions, computing, definitions
from cordiale.insight.rules import compilation
from cordiale.insight.rules.compilation import Moment
from cordiale.lake import open_lake
from cordiale.lake.spark import SparkEngine

from .conftest import Shop
from .test_language import NEW, facts
from .test_traits import write

pytestmark = [pytest.mark.spark, pytest.mark.django_db]
HOUSEHOLDS = 300


def load_the_journey(shop: Shop) -> None:
    journey = Journey(today=date(2026, 11, 16), zone="Europe/Paris", sample=HOUSEHOLDS)
    households = journey.households()
    shop.customers(*(household.number for household in households))
    numbers = pa.array([household.number for household in households], pa.int64())
    ids = pa.table({"household_id": numbers, "customer_id": numbers})
    open_lake().append("order_lines", journey.order_lines(ids))
    open_lake().append("events", journey.redemptions(ids))
    open_lake().append("messages", journey.mailings(ids))
    open_lake().fold("order_lines")


@pytest.mark.parametrize("source", ["real data", "edges"])
def test_both_engines_give_every_customer_the_same_values(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory, source: str
) -> None:
    if source == "real data":
        load_the_journey(shop)
    else:
        shop.customers(*range(1, 151))
        (home.current().company / "traits.yaml").write_text(f"traits:\n{textwrap.indent(''.join(NEW.values()), '  ')}")
        rows = facts(7, customers=120)
        write(shop, rows)
        shop.write("answers", rows["answers"])
    rules, moment = definitions.current(), Moment(shop.now, ZoneInfo("Europe/Paris"))
    known = actions.known_customers(shop.now)
    actions.ensure_snapshot(shop.now)
    here = open_lake().query("SELECT * EXCLUDE (day) FROM traits").sort_by("customer_id")

    spark = SparkEngine(open_lake())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySpark's own, about pandas
        traits = spark.query(compilation.statement(rules.traits, moment), customers=known)
        spool = computing.Spool(tmp_path_factory.mktemp("spool"))
        spool.fill([computing.typed(traits)])
        there = spark.query(computing.scored_sql(rules, moment, spool.scales(), "part"), part=computing.typed(traits))
        spark.close()

    assert here.num_rows == Customer.objects.count()
    for name in there.column_names:
        assert here[name].to_pylist() == computing.typed(there).sort_by("customer_id")[name].to_pylist(), name
