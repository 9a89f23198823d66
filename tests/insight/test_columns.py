"""Columns that higher packages add to a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from django.test import Client

from cordiale.errors import CordialeError
from cordiale.insight import actions, columns, queries
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.traits import Trait

from .conftest import Shop
from .test_pages import signed_in

pytestmark = pytest.mark.django_db


class Wealth:
    """A score of the spend: so many hundreds."""

    def __init__(self, name: str = "wealth", hundreds: float = 1.0) -> None:
        self.name, self.hundreds = name, hundreds

    def traits(self) -> Sequence[Trait]:
        said = {"fr": "Richesse", "en": "Wealth"}
        return [Trait(name=self.name, type="number", unit=None, window=None, ago=0, source="score",
                      definition="spend / 100", title=said, description=said)]  # fmt: skip

    def fingerprint(self) -> str:
        return f"{self.name} {self.hundreds}"

    def extend(self, part: pa.Table, moment: Moment) -> pa.Table:
        spend = pc.cast(part["spend_total"], pa.float64(), safe=False)
        return part.append_column(self.name, pc.divide(spend, 100 * self.hundreds))


@pytest.fixture
def wealth() -> Iterator[Wealth]:
    source = Wealth()
    columns.register("wealth", source)
    yield source
    columns.unregister("wealth")


def test_a_source_adds_its_columns_to_the_snapshot_and_the_catalogue(shop: Shop, wealth: Wealth) -> None:
    shop.customers(1, 2)
    shop.order(1, amount="250.00")
    actions.ensure_snapshot(shop.now)

    assert queries.traits_of([1, 2])["wealth"].to_pylist() == [2.5, 0.0]
    assert queries.traits()[-1].name == "wealth"


def test_a_source_that_changes_its_mind_has_the_day_computed_again(shop: Shop, wealth: Wealth) -> None:
    shop.customers(1)
    shop.order(1, amount="250.00")
    yesterday = actions.ensure_snapshot(shop.now - timedelta(days=1, hours=-2))
    actions.ensure_snapshot(shop.now)

    wealth.hundreds = 2.0
    actions.ensure_snapshot(shop.now)

    assert queries.traits_of([1])["wealth"].to_pylist() == [1.25]
    assert queries.traits_of([1], yesterday)["wealth"].to_pylist() == [2.5]


def test_a_source_may_not_take_the_name_of_a_trait(shop: Shop, wealth: Wealth) -> None:
    wealth.name = "spend_total"

    with pytest.raises(CordialeError, match="'spend_total' names a score and another trait"):
        queries.traits()


def test_scores_are_shown_on_the_catalogue_and_the_customers_page(client: Client, shop: Shop, wealth: Wealth) -> None:
    shop.customers(1)
    shop.order(1, amount="250.00")
    actions.ensure_snapshot(shop.now)
    staff = signed_in(client, shop)

    assert "a score" in staff.get("/traits/").content.decode()
    page = staff.get("/customers/1/").content.decode()
    assert ("Wealth" in page, "2.5" in page) == (True, True)
