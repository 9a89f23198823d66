"""First purchases of a category: a named one, and the one each customer will most probably buy next."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cordiale import home
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.insight import actions as insight
from cordiale.lake import open_lake
from cordiale.scores import actions, categories, sections
from cordiale.scores.models import ScoreVersion

from . import base

pytestmark = pytest.mark.django_db
TASTES = (("wine", "cheese", "bread", "olives", "ham", "oil"), ("tea", "cake", "jam", "honey", "milk", "sugar"))
LIKED = (0.55, 0.25, 0.1, 0.05, 0.03, 0.02)


def propensity(name: str, category: str) -> str:
    return (
        f"\n  {name}:\n    kind: propensity\n    {base.TEXTS}\n    horizon: 28\n    target: first purchase\n"
        f"    category: {category}\n    {base.GATE}\n"
    )


def fill(now: datetime) -> None:
    """Two tastes of six categories each, some liked much and some found late; now and then soap."""
    random = np.random.default_rng(3)
    table = base.lines(now)
    order = {pk: random.permutation(6) for pk in range(1, base.CUSTOMERS + 1)}
    columns = [
        TASTES[pk % 2][order[pk][random.choice(6, p=LIKED)]] if random.random() < 0.96 else "soap"
        for pk in table["customer_id"].to_pylist()
    ]
    place = table.column_names.index("category")
    open_lake().append("order_lines", table.set_column(place, table.schema.field(place), pa.array(columns)))


@pytest.fixture
def tasted(db: None, fresh_home: home.Home, now: datetime) -> datetime:
    known = now - timedelta(days=base.DAYS + 1)
    Customer.objects.bulk_create(
        Customer(pk=pk, reference=f"C{pk}", created_at=known, updated_at=known) for pk in range(1, base.CUSTOMERS + 1)
    )
    fill(now)
    return now - timedelta(days=150)  # while many are still new


def bought(now: datetime, category: str) -> list[int]:
    sql = "SELECT DISTINCT customer_id FROM order_lines WHERE category = ? AND ts < ?"
    ids: list[int] = open_lake().query(sql, bind=[category, now])["customer_id"].to_pylist()
    return ids


def test_who_bought_a_category_has_no_score_for_its_first_purchase(tasted: datetime) -> None:
    base.declare(propensity("soap", "soap").replace("positives: 15", "positives: 5"))
    actions.fit("soap", actor="test", now=tasted)
    insight.ensure_snapshot(tasted)

    rows = open_lake().query("SELECT customer_id, soap FROM traits WHERE orders_total > 0")
    scored = rows.filter(rows["soap"].is_valid())["customer_id"].to_pylist()
    assert scored
    assert not set(scored) & set(bought(tasted, "soap"))


def test_the_next_category_is_one_never_bought_and_near_to_what_is(tasted: datetime) -> None:
    base.declare(propensity("next_one", "best"))
    version = actions.fit("next_one", actor="test", now=tasted)
    insight.ensure_snapshot(tasted)

    rows = open_lake().query("SELECT customer_id, next_one, next_one_category FROM traits WHERE next_one IS NOT NULL")
    told = dict(zip(rows["customer_id"].to_pylist(), rows["next_one_category"].to_pylist(), strict=True))
    assert version.is_usable
    assert all(pk not in bought(tasted, name) for pk, name in list(told.items())[:20])
    assert pc.min(rows["next_one"]).as_py() >= 0
    assert version.card["evaluation"]["measures"]["auc"]["value"] > 0.6


def test_the_file_of_a_next_category_gives_the_same_model_again_and_its_drivers_are_told(tasted: datetime) -> None:
    base.declare(propensity("next_one", "best"))
    actions.fit("next_one", actor="test", now=tasted)
    insight.ensure_snapshot(tasted)
    model = categories.model_of(ScoreVersion.objects.get())

    assert categories.load(model.dump()).dump() == model.dump()
    with pytest.raises(CordialeError, match="fit it again"):
        categories.load((2).to_bytes(8, "big") + b"{}")
    rows = open_lake().query("SELECT customer_id FROM traits WHERE next_one IS NOT NULL ORDER BY customer_id")
    told = sections.section(Customer.objects.get(pk=rows["customer_id"][0].as_py()), tasted)
    assert told is not None
    assert told[0]["drivers"]["en"]
