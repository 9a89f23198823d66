"""A trait that is taken away is unknown from then on: scores that read it go on, and are learnt anew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from django.utils.translation import override

from cordiale.insight import actions as insight
from cordiale.lake import open_lake
from cordiale.lake.tables import FACTS
from cordiale.scores import actions, cards, queries, schemas, watching

from . import base

pytestmark = pytest.mark.django_db
VISITS = """
visits_28d:
  type: integer
  owner: Marketing
  from: events
  window: 28
  value: count()
  title: {fr: Visites, en: Visits}
  description: {fr: Visites., en: Visits.}
"""


def visits(now: datetime) -> None:
    """Of two orders in five a visit was seen 28 days before."""
    orders = base.lines(now).select(["customer_id", "ts"]).to_pylist()
    rows = [{"customer_id": one["customer_id"], "ts": one["ts"] - timedelta(days=28), "event_id": f"e{place}",
             "name": "Visit", "properties": "{}", "source": "test"}
            for place, one in enumerate(orders) if place % 5 < 2]  # fmt: skip
    columns = FACTS["events"].columns
    schema = pa.schema([columns.field(name) for name in rows[0]])
    open_lake().append("events", pa.Table.from_pylist(rows, schema=schema))


@pytest.fixture
def retired(filled: datetime) -> datetime:
    """Scores learnt with a trait of the company's own, which was retired a day later; that day."""
    visits(filled)
    insight.declare(VISITS, actor="test", now=filled)
    actions.fit("lapse_risk", actor="test", now=filled)
    insight.ensure_snapshot(filled)
    insight.retire("visits_28d", actor="test", now=filled)
    later = filled + timedelta(days=1)
    insight.ensure_snapshot(later)
    return later


def known(column: str = "lapse_risk") -> int:
    return int(open_lake().query(f"SELECT count({column}) AS n FROM traits")["n"][0].as_py())


def test_a_score_goes_on_without_it(retired: datetime) -> None:
    assert "visits_28d" in queries.standing("lapse_risk").version.parameters["features"]
    assert known() > 50


def test_it_is_said_and_mended_the_next_night(retired: datetime) -> None:
    standing = queries.standing("lapse_risk")
    with override("en"):
        assert "without a trait that is no longer declared (visits_28d)" in cards.row(standing)["quality"]
    assert schemas.score(standing)["missing"] == ["visits_28d"]
    assert actions.ask_due(retired) == ["lapse_risk"]

    actions.fit("lapse_risk", actor="test", now=retired)
    assert queries.standing("lapse_risk").missing == []
    assert not actions.is_due(queries.standing("lapse_risk"), retired)


def test_customers_have_not_changed_by_it(retired: datetime) -> None:
    (watch,) = watching.watch(retired)
    assert "visits_28d" not in watch.drift
    assert watch.worst == 0
